/** SHA-1 (FIPS 180-4) of a few bytes, without allocation: for so few, node:crypto takes twice as long. */

/** Bytes of a message that fit in one block with its end mark and its length. */
export const MOST_SHA1_BYTES = 55;

/** What the hash begins with. */
const H0 = 0x67452301;
const H1 = 0xefcdab89 | 0;
const H2 = 0x98badcfe | 0;
const H3 = 0x10325476;
const H4 = 0xc3d2e1f0 | 0;
/** What its four times twenty rounds add. */
const K0 = 0x5a827999;
const K1 = 0x6ed9eba1;
const K2 = 0x8f1bbcdc | 0;
const K3 = 0xca62c1d6 | 0;

const w = new Int32Array(80);

/** Writes the hash of the first `length` bytes of `message`, at most MOST_SHA1_BYTES, as five numbers. */
export function sha1(message: Uint8Array, length: number, hash: Int32Array): void {
  for (let i = 0; i < 16; i++) w[i] = 0;
  for (let i = 0; i < length; i++) w[i >>> 2] |= message[i] << (24 - 8 * (i & 3));
  w[length >>> 2] |= 0x80 << (24 - 8 * (length & 3));
  w[15] = length * 8;
  for (let i = 16; i < 80; i++) {
    const x = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16];
    w[i] = (x << 1) | (x >>> 31);
  }
  let a = H0;
  let b = H1;
  let c = H2;
  let d = H3;
  let e = H4;
  for (let i = 0; i < 20; i++) {
    const next = (((a << 5) | (a >>> 27)) + (d ^ (b & (c ^ d))) + e + K0 + w[i]) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 20; i < 40; i++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + K1 + w[i]) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 40; i < 60; i++) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) | (d & (b | c))) + e + K2 + w[i]) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 60; i < 80; i++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + K3 + w[i]) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  hash[0] = H0 + a;
  hash[1] = H1 + b;
  hash[2] = H2 + c;
  hash[3] = H3 + d;
  hash[4] = H4 + e;
}
