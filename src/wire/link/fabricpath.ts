/**
 * Cisco FabricPath: an outer Ethernet header of switch addresses with EtherType 0x8903, then forwarding
 * tag(10) ttl(6). The whole inner Ethernet frame follows.
 */
import { SHORT, setU16, u16 } from '../bytes.js';

/** Bytes behind the EtherType. */
export const FABRICPATH_LENGTH = 2;

export class FabricPathTag {
  forwardingTag = 0;
  ttl = 0;
}

/** @returns the tag's length (2), or SHORT. */
export function parseFabricPath(b: Uint8Array, o: number, end: number, t: FabricPathTag): number {
  if (end - o < FABRICPATH_LENGTH) return SHORT;
  const word = u16(b, o);
  t.forwardingTag = word >>> 6;
  t.ttl = word & 0x3f;
  return FABRICPATH_LENGTH;
}

export function emitFabricPath(t: FabricPathTag, b: Uint8Array, o: number): number {
  setU16(b, o, (t.forwardingTag << 6) | t.ttl);
  return FABRICPATH_LENGTH;
}
