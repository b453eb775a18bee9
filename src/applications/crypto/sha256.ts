/** SHA-256 (FIPS 180-4) without allocation: for short texts, node:crypto costs more than it saves. */
import { setU32, u32 } from '../../wire/bytes.js';

const BLOCK = 64;
/** Bytes of a digest. */
export const SHA256_BYTES = 32;

/** Fractional parts of the cube roots of the first 64 primes, and of the square roots of the first 8. */
const K = roots(64, Math.cbrt);
const H = roots(8, Math.sqrt);

/** One digest at a time: `begin`, `update` as often as needed, `finish`. */
export class Sha256 {
  private readonly h = new Int32Array(8);
  private readonly w = new Int32Array(64);
  private readonly rest = new Uint8Array(BLOCK);
  private length = 0;

  begin(): void {
    this.h.set(H);
    this.length = 0;
  }

  /** Begins with what another one was given. */
  beginAs(other: Sha256): void {
    this.h.set(other.h);
    this.rest.set(other.rest);
    this.length = other.length;
  }

  /** Adds bytes `o` to `end`. */
  update(b: Uint8Array, o: number, end: number): void {
    const { rest } = this;
    let at = this.length % BLOCK;
    this.length += end - o;
    if (at === 0) for (; o + BLOCK <= end; o += BLOCK) this.block(b, o);
    for (; o < end; o++) {
      rest[at++] = b[o];
      if (at < BLOCK) continue;
      this.block(rest, 0);
      at = 0;
    }
  }

  /** Writes the digest's 32 bytes to `to` at `at`. */
  finish(to: Uint8Array, at: number): void {
    const { rest, length, h } = this;
    let p = length % BLOCK;
    rest[p++] = 0x80;
    if (p > BLOCK - 8) {
      rest.fill(0, p);
      this.block(rest, 0);
      p = 0;
    }
    rest.fill(0, p, BLOCK - 8);
    setU32(rest, BLOCK - 8, Math.floor(length / 0x2000_0000));
    setU32(rest, BLOCK - 4, (length * 8) % 0x1_0000_0000);
    this.block(rest, 0);
    for (let i = 0; i < 8; i++) setU32(to, at + 4 * i, h[i]);
  }

  private block(b: Uint8Array, o: number): void {
    const { w, h } = this;
    for (let i = 0; i < 16; i++) w[i] = u32(b, o + 4 * i);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    let a = h[0];
    let b1 = h[1];
    let c = h[2];
    let d = h[3];
    let e = h[4];
    let f = h[5];
    let g = h[6];
    let k = h[7];
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (k + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b1) ^ (a & c) ^ (b1 & c))) | 0;
      k = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b1;
      b1 = a;
      a = (t1 + t2) | 0;
    }
    h[0] += a;
    h[1] += b1;
    h[2] += c;
    h[3] += d;
    h[4] += e;
    h[5] += f;
    h[6] += g;
    h[7] += k;
  }
}

/** The first 32 bits behind the point of the roots of the first primes. */
function roots(count: number, root: (prime: number) => number): Int32Array {
  const all = new Int32Array(count);
  for (let n = 2, found = 0; found < count; n++) {
    let prime = true;
    for (let i = 2; i * i <= n; i++) if (n % i === 0) prime = false;
    if (prime) all[found++] = Math.floor((root(n) % 1) * 0x1_0000_0000);
  }
  return all;
}
