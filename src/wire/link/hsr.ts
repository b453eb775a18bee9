/**
 * The HSR tag (EtherType 0x892f; IEC 62439-3 section 5.7): path(4) size(12) of what follows with this tag,
 * sequence number (2), then the next EtherType. PRP has the same fields in a trailer, which the lengths
 * before it exclude.
 */
import { SHORT, setU16, u16 } from '../bytes.js';

/** Bytes from the tag to the next payload. */
export const HSR_LENGTH = 6;

export class HsrTag {
  path = 0;
  size = 0;
  sequence = 0;
  type = 0;
}

/** @returns the tag's length (6), or SHORT. */
export function parseHsr(b: Uint8Array, o: number, end: number, t: HsrTag): number {
  if (end - o < HSR_LENGTH) return SHORT;
  const first = u16(b, o);
  t.path = first >>> 12;
  t.size = first & 0xfff;
  t.sequence = u16(b, o + 2);
  t.type = u16(b, o + 4);
  return HSR_LENGTH;
}

export function emitHsr(t: HsrTag, b: Uint8Array, o: number): number {
  setU16(b, o, (t.path << 12) | t.size);
  setU16(b, o + 2, t.sequence);
  setU16(b, o + 4, t.type);
  return HSR_LENGTH;
}
