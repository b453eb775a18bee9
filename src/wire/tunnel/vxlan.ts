/**
 * VXLAN (RFC 7348 section 5): flags (1, bit 0x08 I: the network id is valid), reserved (3), network id (3),
 * reserved (1). An Ethernet frame follows.
 */
import { BAD, SHORT, setU24, u24 } from '../bytes.js';

export const VXLAN_PORT = 4789;
/** Linux' own port, from before the official one; Cilium and flannel use it. */
export const VXLAN_LINUX_PORT = 8472;
export const VXLAN_LENGTH = 8;
export const VXLAN_FLAG_I = 0x08;
/** Group policy (draft-smith-vxlan-group-policy): the low 16 reserved bits are a security group. */
export const VXLAN_FLAG_G = 0x80;

export class VxlanHeader {
  flags = VXLAN_FLAG_I;
  /** Reserved in RFC 7348; with {@link VXLAN_FLAG_G} the group is in the low 16 bits. */
  reserved = 0;
  /** VXLAN network identifier, 24 bits. */
  vni = 0;
  reserved2 = 0;
}

/** @returns the header's length (8); SHORT; BAD without the I flag. */
export function parseVxlan(b: Uint8Array, o: number, end: number, h: VxlanHeader): number {
  if (end - o < VXLAN_LENGTH) return SHORT;
  if ((b[o] & VXLAN_FLAG_I) === 0) return BAD;
  h.flags = b[o];
  h.reserved = u24(b, o + 1);
  h.vni = u24(b, o + 4);
  h.reserved2 = b[o + 7];
  return VXLAN_LENGTH;
}

export function emitVxlan(h: VxlanHeader, b: Uint8Array, o: number): number {
  b[o] = h.flags;
  setU24(b, o + 1, h.reserved);
  setU24(b, o + 4, h.vni);
  b[o + 7] = h.reserved2;
  return VXLAN_LENGTH;
}
