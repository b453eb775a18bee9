/**
 * The R-tag of redundant paths (EtherType 0xf1c1; IEEE 802.1CB section 7.8): reserved (2), sequence number
 * (2), then the next EtherType.
 */
import { SHORT, setU16, u16 } from '../bytes.js';

/** Bytes from the tag to the next payload. */
export const RTAG_LENGTH = 6;

export class RTag {
  reserved = 0;
  sequence = 0;
  type = 0;
}

/** @returns the tag's length (6), or SHORT. */
export function parseRTag(b: Uint8Array, o: number, end: number, t: RTag): number {
  if (end - o < RTAG_LENGTH) return SHORT;
  t.reserved = u16(b, o);
  t.sequence = u16(b, o + 2);
  t.type = u16(b, o + 4);
  return RTAG_LENGTH;
}

export function emitRTag(t: RTag, b: Uint8Array, o: number): number {
  setU16(b, o, t.reserved);
  setU16(b, o + 2, t.sequence);
  setU16(b, o + 4, t.type);
  return RTAG_LENGTH;
}
