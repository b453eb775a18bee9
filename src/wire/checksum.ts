/**
 * The Internet checksum (RFC 1071): the ones' complement sum of 16-bit big-endian words. A last odd byte
 * counts as the high byte of a word.
 */

/**
 * Adds the bytes from `o` up to `end` to a running sum. Pass the result on to add more (every part but the
 * last of even length), or to {@link foldChecksum}. Exact for up to 2^37 bytes.
 */
export function sumWords(b: Uint8Array, o: number, end: number, sum = 0): number {
  let s = sum;
  const even = end - 1;
  let i = o;
  for (; i < even; i += 2) s += (b[i] << 8) | b[i + 1];
  if (i < end) s += b[i] << 8;
  return s;
}

/** Folds a running sum to 16 bits and complements it: the value of a header's checksum field. */
export function foldChecksum(sum: number): number {
  let s = sum;
  while (s > 0xffff) s = (s % 0x10000) + Math.floor(s / 0x10000);
  return ~s & 0xffff;
}

/** The Internet checksum of the bytes from `o` up to `end`; 0 over bytes that hold a correct checksum. */
export function checksum(b: Uint8Array, o: number, end: number): number {
  return foldChecksum(sumWords(b, o, end));
}
