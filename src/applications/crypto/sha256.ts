/** SHA-256 (FIPS 180-4) without allocation: for short texts, node:crypto costs more than it saves. */
import { i32, setU32 } from '../../wire/bytes.js';

const BLOCK = 64;
/** Bytes of a digest. */
export const SHA256_BYTES = 32;

/** Fractional parts of the cube roots of the first 64 primes, and of the square roots of the first 8. */
const K = roots(64, Math.cbrt);
const H = roots(8, Math.sqrt);

/** Words of a hash, and of a block with its schedule. */
export const HASH_WORDS = 8;
export const SCHEDULE_WORDS = 64;

/** Makes `h` the hash of nothing. */
export function beginHash(h: Int32Array): void {
  for (let i = 0; i < HASH_WORDS; i++) h[i] = H[i];
}

/** Makes the schedule of the block that is the first 16 of the words (6.2.2, step 1). */
export function schedule(w: Int32Array): void {
  for (let i = 16; i < SCHEDULE_WORDS; i++) {
    const x = w[i - 15];
    const y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
}

/**
 * Adds a block, of which there is the schedule, to the hash that is the first 8 words of `h` (6.2.2, steps 2
 * to 4). Two rounds at a time are an eighth faster than one; more of them take longer to compile than they
 * save.
 */
export function addBlock(h: Int32Array, w: Int32Array): void {
  let a = h[0];
  let b = h[1];
  let c = h[2];
  let d = h[3];
  let e = h[4];
  let f = h[5];
  let g = h[6];
  let k = h[7];
  for (let i = 0; i < SCHEDULE_WORDS; i += 2) {
    let s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    let s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    let t = (k + s1 + (g ^ (e & (f ^ g))) + K[i] + w[i]) | 0;
    const e1 = (d + t) | 0;
    const a1 = (t + s0 + ((a & b) ^ (c & (a ^ b)))) | 0;
    s1 = ((e1 >>> 6) | (e1 << 26)) ^ ((e1 >>> 11) | (e1 << 21)) ^ ((e1 >>> 25) | (e1 << 7));
    s0 = ((a1 >>> 2) | (a1 << 30)) ^ ((a1 >>> 13) | (a1 << 19)) ^ ((a1 >>> 22) | (a1 << 10));
    t = (g + s1 + (f ^ (e1 & (e ^ f))) + K[i + 1] + w[i + 1]) | 0;
    k = f;
    g = e;
    f = e1;
    e = (c + t) | 0;
    d = b;
    c = a;
    b = a1;
    a = (t + s0 + ((a1 & c) ^ (d & (a1 ^ c)))) | 0;
  }
  h[0] += a;
  h[1] += b;
  h[2] += c;
  h[3] += d;
  h[4] += e;
  h[5] += f;
  h[6] += g;
  h[7] += k;
}

/** One digest at a time: `begin`, `update` as often as needed, `finish`. */
export class Sha256 {
  private readonly h = new Int32Array(HASH_WORDS);
  private readonly w = new Int32Array(SCHEDULE_WORDS);
  private readonly rest = new Uint8Array(BLOCK);
  private length = 0;

  begin(): void {
    beginHash(this.h);
    this.length = 0;
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
    for (let i = 0; i < 16; i++) w[i] = i32(b, o + 4 * i);
    schedule(w);
    addBlock(h, w);
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
