/**
 * VXLAN-GPE (UDP port 4790; draft-ietf-nvo3-vxlan-gpe section 3): like VXLAN, but with version(2) and the
 * flags I, P, B and O in the first byte, and, if P is set, the next protocol in the fourth, by the numbers of
 * nsh.ts.
 */
import { BAD, SHORT, setU16, setU24, u16, u24 } from '../bytes.js';
import { NextProtocol } from './nsh.js';

export const VXLAN_GPE_PORT = 4790;
export const VXLAN_GPE_LENGTH = 8;
export const VXLAN_GPE_P = 0x04;
/** The packet is for the tunnel's end: it carries no frame. */
export const VXLAN_GPE_O = 0x01;
const VERSION = 0x30;

export class VxlanGpeHeader {
  /** The first byte without the version. */
  flags = 0x0c;
  reserved = 0;
  /** Ignored without P: Ethernet follows then. */
  nextProtocol: number = NextProtocol.Ethernet;
  /** VXLAN network identifier, 24 bits. */
  vni = 0;
  reserved2 = 0;
}

/** @returns the header's length (8); SHORT; BAD for another version. */
export function parseVxlanGpe(b: Uint8Array, o: number, end: number, h: VxlanGpeHeader): number {
  if (end - o < VXLAN_GPE_LENGTH) return SHORT;
  if ((b[o] & VERSION) !== 0) return BAD;
  h.flags = b[o];
  h.reserved = u16(b, o + 1);
  h.nextProtocol = b[o + 3];
  h.vni = u24(b, o + 4);
  h.reserved2 = b[o + 7];
  return VXLAN_GPE_LENGTH;
}

export function emitVxlanGpe(h: VxlanGpeHeader, b: Uint8Array, o: number): number {
  b[o] = h.flags;
  setU16(b, o + 1, h.reserved);
  b[o + 3] = h.nextProtocol;
  setU24(b, o + 4, h.vni);
  b[o + 7] = h.reserved2;
  return VXLAN_GPE_LENGTH;
}
