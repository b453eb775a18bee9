/**
 * IEEE 802.2 LLC: DSAP (1), SSAP (1), control (1, or 2 for I and S frames); and SNAP (IEEE 802, RFC 1042)
 * behind it when both SAPs are 0xAA and control is UI: OUI (3), protocol id (2).
 */
import { SHORT, setU16, setU24, u16, u24 } from '../bytes.js';

export const SAP_SNAP = 0xaa;
export const SAP_IP = 0x06;
export const LLC_UI = 0x03;
export const SNAP_LENGTH = 5;
/** OUIs under which the protocol id is an EtherType: RFC 1042, and IEEE 802.1H's bridge tunnel. */
export const OUI_ETHERNET = 0x000000;
export const OUI_BRIDGE_TUNNEL = 0x0000f8;
export const OUI_CISCO = 0x00000c;

export class LlcHeader {
  dsap = 0;
  ssap = 0;
  /** One byte for U frames (low two bits set), else two, the first in the high byte. */
  control = 0;
}

export class SnapHeader {
  oui = 0;
  protocol = 0;
}

/** @returns the header's length (3, or 4 for I and S frames), or SHORT. */
export function parseLlc(b: Uint8Array, o: number, end: number, h: LlcHeader): number {
  if (end - o < 3) return SHORT;
  h.dsap = b[o];
  h.ssap = b[o + 1];
  if ((b[o + 2] & 3) === 3) {
    h.control = b[o + 2];
    return 3;
  }
  if (end - o < 4) return SHORT;
  h.control = u16(b, o + 2);
  return 4;
}

export function emitLlc(h: LlcHeader, b: Uint8Array, o: number): number {
  b[o] = h.dsap;
  b[o + 1] = h.ssap;
  if (h.control <= 0xff) {
    b[o + 2] = h.control;
    return 3;
  }
  setU16(b, o + 2, h.control);
  return 4;
}

/** @returns the header's length (5), or SHORT. */
export function parseSnap(b: Uint8Array, o: number, end: number, h: SnapHeader): number {
  if (end - o < SNAP_LENGTH) return SHORT;
  h.oui = u24(b, o);
  h.protocol = u16(b, o + 3);
  return SNAP_LENGTH;
}

export function emitSnap(h: SnapHeader, b: Uint8Array, o: number): number {
  setU24(b, o, h.oui);
  setU16(b, o + 3, h.protocol);
  return SNAP_LENGTH;
}
