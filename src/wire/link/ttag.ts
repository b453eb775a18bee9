/**
 * Cisco's timestamp tag, TTag (EtherType 0x8988; Nexus 3000 and 9000 stamp mirrored frames with it): 48 bits
 * of a clock, then the next EtherType. The unit of the clock depends on the switch.
 */
import { SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

/** Bytes from the tag to the next payload. */
export const TTAG_LENGTH = 8;

export class TTag {
  /** The upper 16 bits of the clock, and the lower 32. */
  high = 0;
  low = 0;
  type = 0;
}

/** @returns the tag's length (8), or SHORT. */
export function parseTTag(b: Uint8Array, o: number, end: number, t: TTag): number {
  if (end - o < TTAG_LENGTH) return SHORT;
  t.high = u16(b, o);
  t.low = u32(b, o + 2);
  t.type = u16(b, o + 6);
  return TTAG_LENGTH;
}

export function emitTTag(t: TTag, b: Uint8Array, o: number): number {
  setU16(b, o, t.high);
  setU32(b, o + 2, t.low);
  setU16(b, o + 6, t.type);
  return TTAG_LENGTH;
}
