/**
 * Characters four at a time, as the bytes of a word, the first one lowest. What is added to all of them
 * carries from one into the next only where one is beyond 0x7f.
 */

export const UPPER_BITS = 0x80808080;
const SPACES = 0x20202020;
const ONES = 0x01010101;
/** What brings capitals, or small letters, and all behind them to the upper bit; and how many letters are. */
export const CAPITALS = 0x3f3f3f3f;
export const SMALL_LETTERS = 0x1f1f1f1f;
const LETTERS = 0x1a1a1a1a;

/** The last one to three bytes as a word, with spaces behind them. */
export function lastWord(b: Uint8Array, o: number, end: number): number {
  let w = SPACES;
  for (let i = o; i < end; i++) w ^= (b[i] ^ 0x20) << (8 * (i - o));
  return w;
}

/** A word with an upper bit set if not all of four are 0x20 to 0x7e: one below borrows, one above carries. */
export function oddities(w: number): number {
  return w | (w - SPACES) | (w + ONES);
}

/**
 * One to four characters, none beyond 0x7f, with another case.
 *
 * @param letters whose case changes: CAPITALS or SMALL_LETTERS
 */
export function changed(w: number, letters: number): number {
  const behind = (w + (letters | 0)) | 0;
  return w ^ ((behind & ~(behind - LETTERS) & UPPER_BITS) >>> 2);
}

/** A hash that goes on with a word. */
export function mixed(hash: number, w: number): number {
  const product = Math.imul(hash ^ w, 0x9e3779b1);
  return product ^ (product >>> 15);
}
