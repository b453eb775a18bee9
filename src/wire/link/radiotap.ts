/**
 * Radiotap (www.radiotap.org), what radios say of an 802.11 frame before it: version 0 (1), padding (1),
 * length of all of it (2), then fields that a bitmap lists. Numbers are least significant byte first. Only
 * the length is needed to reach the frame.
 */
import { BAD, SHORT } from '../bytes.js';

const VERSION = 0;
const LENGTH = 2;
/** Version, padding, length and the first word of the bitmap. */
export const RADIOTAP_MIN_LENGTH = 8;

/** @returns the header's length; SHORT if the bytes end before its end; BAD if it is no radiotap header. */
export function radiotapLength(b: Uint8Array, o: number, end: number): number {
  if (end - o < RADIOTAP_MIN_LENGTH) return SHORT;
  if (b[o] !== VERSION) return BAD;
  const length = b[o + LENGTH] | (b[o + LENGTH + 1] << 8);
  if (length < RADIOTAP_MIN_LENGTH) return BAD;
  return end - o < length ? SHORT : length;
}

/** Writes a header without fields. @returns its length */
export function emitRadiotap(b: Uint8Array, o: number): number {
  b.fill(0, o, o + RADIOTAP_MIN_LENGTH);
  b[o + LENGTH] = RADIOTAP_MIN_LENGTH;
  return RADIOTAP_MIN_LENGTH;
}
