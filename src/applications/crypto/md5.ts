/** MD5 (RFC 1321) without allocation. It names things, it protects nothing. */
import { setU32 } from '../../wire/bytes.js';

const BLOCK = 64;
/** Bytes of a digest. */
export const MD5_BYTES = 16;

/** floor(2^32 * |sin(i + 1)|), and by how much each step rotates. */
const T = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 0x1_0000_0000));
const TURNS = Uint8Array.of(7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21);

/** One digest at a time: `begin`, `update` as often as needed, `finish`. */
export class Md5 {
  private readonly h = new Int32Array(4);
  private readonly w = new Int32Array(16);
  private readonly rest = new Uint8Array(BLOCK);
  private length = 0;

  begin(): void {
    const { h } = this;
    h[0] = 0x67452301;
    h[1] = 0xefcdab89;
    h[2] = 0x98badcfe;
    h[3] = 0x10325476;
    this.length = 0;
  }

  /** Adds bytes `o` to `end`. */
  update(b: Uint8Array, o: number, end: number): void {
    const { rest } = this;
    let at = this.length % BLOCK;
    this.length += end - o;
    for (; o < end; o++) {
      rest[at++] = b[o];
      if (at < BLOCK) continue;
      this.block();
      at = 0;
    }
  }

  /** Adds one byte. */
  add(byte: number): void {
    const at = this.length++ % BLOCK;
    this.rest[at] = byte;
    if (at === BLOCK - 1) this.block();
  }

  /** Writes the digest's 16 bytes to `to` at `at`. */
  finish(to: Uint8Array, at: number): void {
    const { rest, length, h } = this;
    let p = length % BLOCK;
    rest[p++] = 0x80;
    if (p > BLOCK - 8) {
      rest.fill(0, p);
      this.block();
      p = 0;
    }
    rest.fill(0, p, BLOCK - 8);
    setU32(rest, BLOCK - 8, turned(length << 3));
    setU32(rest, BLOCK - 4, turned(length >>> 29));
    this.block();
    for (let i = 0; i < 4; i++) setU32(to, at + 4 * i, turned(h[i]));
  }

  private block(): void {
    const { h, w, rest } = this;
    for (let i = 0; i < 16; i++)
      w[i] = rest[4 * i] | (rest[4 * i + 1] << 8) | (rest[4 * i + 2] << 16) | (rest[4 * i + 3] << 24);
    let a = h[0];
    let b = h[1];
    let c = h[2];
    let d = h[3];
    for (let i = 0; i < 64; i++) {
      let f: number;
      let word = i;
      if (i < 16) f = (b & c) | (~b & d);
      else if (i < 32) {
        f = (d & b) | (~d & c);
        word = (5 * i + 1) & 15;
      } else if (i < 48) {
        f = b ^ c ^ d;
        word = (3 * i + 5) & 15;
      } else {
        f = c ^ (b | ~d);
        word = (7 * i) & 15;
      }
      const sum = (a + f + T[i] + w[word]) | 0;
      const turn = TURNS[((i >> 4) << 2) | (i & 3)];
      a = d;
      d = c;
      c = b;
      b = (b + ((sum << turn) | (sum >>> (32 - turn)))) | 0;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
  }
}

/** The four bytes of a number in the other order. */
function turned(n: number): number {
  return ((n & 0xff) << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24);
}
