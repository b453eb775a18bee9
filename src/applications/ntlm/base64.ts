/**
 * Decodes base64 (RFC 4648, 4) of bytes `o` to `end` into `to`, as far as there is room. Stops at the first
 * byte that is no digit.
 *
 * @returns bytes decoded
 */
export function decodeBase64(b: Uint8Array, o: number, end: number, to: Uint8Array): number {
  let bits = 0;
  let held = 0;
  let n = 0;
  for (let i = o; i < end && n < to.length; i++) {
    const digit = digitOf(b[i]);
    if (digit < 0) break;
    bits = ((bits << 6) | digit) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    to[n++] = bits >> held;
  }
  return n;
}

function digitOf(c: number): number {
  if (c >= 0x41 && c <= 0x5a) return c - 0x41;
  if (c >= 0x61 && c <= 0x7a) return c - 0x61 + 26;
  if (c >= 0x30 && c <= 0x39) return c - 0x30 + 52;
  if (c === 0x2b) return 62;
  return c === 0x2f ? 63 : -1;
}
