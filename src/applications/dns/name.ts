import { u16 } from '../../wire/bytes.js';
import type { Texts } from '../engine/texts.js';

/** A name has at most 255 bytes (RFC 1035, 2.3.4), so at most 127 labels, each behind one pointer. */
const MOST_BYTES = 255;
const MOST_POINTERS = 127;

/** Results of addName in place of a length. */
export const NAME_SHORT = -1;
export const NAME_BAD = -2;

/**
 * Adds the name at `o` of the message that begins at `start` to the text at hand: in lower case, without a
 * dot at its end, the root as `.`. Labels are a length and as many bytes; 11 in the upper bits is a pointer
 * from the message's beginning (RFC 1035, 3.1 and 4.1.4), which only leads backwards here.
 *
 * @returns bytes that it takes at `o`; NAME_SHORT if it goes on behind `end`, NAME_BAD if it is none
 */
export function addName(texts: Texts, b: Uint8Array, start: number, o: number, end: number): number {
  let p = o;
  let taken = -1;
  let least = o;
  let bytes = 0;
  for (let pointers = 0; ; ) {
    if (p >= end) return NAME_SHORT;
    const length = b[p];
    if (length === 0) {
      if (bytes === 0) texts.add(0x2e);
      return taken < 0 ? p + 1 - o : taken;
    }
    if (length >= 0xc0) {
      if (p + 2 > end) return NAME_SHORT;
      if (taken < 0) taken = p + 2 - o;
      const to = start + (u16(b, p) & 0x3fff);
      if (to >= least || ++pointers > MOST_POINTERS) return NAME_BAD;
      p = least = to;
      continue;
    }
    if (length > 63 || bytes + length + 1 >= MOST_BYTES) return NAME_BAD;
    if (bytes > 0) texts.add(0x2e);
    bytes += length + 1;
    const next = p + 1 + length;
    texts.addBytes(b, p + 1, Math.min(next, end), true);
    if (next > end) return NAME_SHORT;
    p = next;
  }
}

/** Passes over a name likewise, without looking where its pointers lead. */
export function skipName(b: Uint8Array, o: number, end: number): number {
  let p = o;
  for (;;) {
    if (p >= end) return NAME_SHORT;
    const length = b[p];
    if (length === 0) return p + 1 - o;
    if (length >= 0xc0) return p + 2 > end ? NAME_SHORT : p + 2 - o;
    if (length > 63 || p - o > MOST_BYTES) return NAME_BAD;
    p += 1 + length;
  }
}
