/**
 * Hashes under a secret, for tables whose keys strangers choose.
 *
 * A lookup takes few steps only as long as nobody can choose keys that collide. A seed does not prevent that
 * if words are mixed by constants: a difference in the top bit of a word passes additions, exclusive ors and
 * odd multiplications unchanged, shifts move it to known bits, and there another word's difference cancels
 * it, whatever the seed. Odd multipliers let it pass even if they are secret.
 */
import { u16 } from './bytes.js';

/** Bytes of a secret. */
export const HASH_SECRET = 8;

/** The halves of "somepseudorandomlygeneratedbytes" that HalfSipHash begins with. */
const INITIAL_V2 = 0x6c796765;
const INITIAL_V3 = 0x74656462;
const ROUNDS_AT_END = 3;
/** What HalfSipHash with 64 bits of output adds: at the beginning, at the end, and between its halves. */
const WIDE_BEGIN = 0xee;
const WIDE_END = 0xee;
const WIDE_MORE = 0xdd;

/**
 * HalfSipHash-1-3: SipHash in words of 32 bits, the size that JavaScript computes with (Aumasson, Bernstein:
 * SipHash, a fast short-input PRF, 2012; Linux: hsiphash of lib/siphash.c, made for hash tables). It is a
 * pseudorandom function: without the secret and any of its values, the values look random, so no keys collide
 * more often than others. Therefore a secret is random, belongs to one table, and neither it nor the values
 * leave the table.
 */
export class KeyedHash {
  private readonly k0: number;
  private readonly k1: number;
  /** The second half of the last {@link twice}. */
  other = 0;

  /** @param secret HASH_SECRET bytes from a cryptographic random generator */
  constructor(secret: Uint8Array) {
    const view = new DataView(secret.buffer, secret.byteOffset, HASH_SECRET);
    this.k0 = view.getInt32(0, true);
    this.k1 = view.getInt32(4, true);
  }

  /**
   * The hash of a message of 4 * `count` + 3 bytes. The length is part of it, modulo 256.
   *
   * @param words little endian, as the message's bytes, `count` of them
   * @param last the three last bytes, 0 to 0xffffff
   * @returns 32 bits as a signed number
   */
  words(words: Int32Array, count: number, last: number): number {
    let v0 = this.k0;
    let v1 = this.k1;
    let v2 = INITIAL_V2 ^ v0;
    let v3 = INITIAL_V3 ^ v1;
    const end = ((4 * count + 3) << 24) | last;
    for (let i = 0; i <= count; i++) {
      const m = i < count ? words[i] : end;
      v3 ^= m;
      v0 = (v0 + v1) | 0;
      v2 = (v2 + v3) | 0;
      v1 = rotl(v1, 5) ^ v0;
      v3 = rotl(v3, 8) ^ v2;
      v0 = (rotl(v0, 16) + v3) | 0;
      v2 = (v2 + v1) | 0;
      v3 = rotl(v3, 7) ^ v0;
      v1 = rotl(v1, 13) ^ v2;
      v2 = rotl(v2, 16);
      v0 ^= m;
    }
    v2 ^= 0xff;
    for (let i = 0; i < ROUNDS_AT_END; i++) {
      v0 = (v0 + v1) | 0;
      v2 = (v2 + v3) | 0;
      v1 = rotl(v1, 5) ^ v0;
      v3 = rotl(v3, 8) ^ v2;
      v0 = (rotl(v0, 16) + v3) | 0;
      v2 = (v2 + v1) | 0;
      v3 = rotl(v3, 7) ^ v0;
      v1 = rotl(v1, 13) ^ v2;
      v2 = rotl(v2, 16);
    }
    return v1 ^ v3;
  }

  /**
   * The hash of the same message with 64 bits, another function than {@link words} (HalfSipHash-1-3-64).
   *
   * @returns 32 bits as a signed number; the others are {@link other}
   */
  twice(words: Int32Array, count: number, last: number): number {
    let v0 = this.k0;
    let v1 = this.k1 ^ WIDE_BEGIN;
    let v2 = INITIAL_V2 ^ this.k0;
    let v3 = INITIAL_V3 ^ this.k1;
    const end = ((4 * count + 3) << 24) | last;
    for (let i = 0; i <= count; i++) {
      const m = i < count ? words[i] : end;
      v3 ^= m;
      v0 = (v0 + v1) | 0;
      v2 = (v2 + v3) | 0;
      v1 = rotl(v1, 5) ^ v0;
      v3 = rotl(v3, 8) ^ v2;
      v0 = (rotl(v0, 16) + v3) | 0;
      v2 = (v2 + v1) | 0;
      v3 = rotl(v3, 7) ^ v0;
      v1 = rotl(v1, 13) ^ v2;
      v2 = rotl(v2, 16);
      v0 ^= m;
    }
    v2 ^= WIDE_END;
    let first = 0;
    for (let i = 0; i < 2 * ROUNDS_AT_END; i++) {
      v0 = (v0 + v1) | 0;
      v2 = (v2 + v3) | 0;
      v1 = rotl(v1, 5) ^ v0;
      v3 = rotl(v3, 8) ^ v2;
      v0 = (rotl(v0, 16) + v3) | 0;
      v2 = (v2 + v1) | 0;
      v3 = rotl(v3, 7) ^ v0;
      v1 = rotl(v1, 13) ^ v2;
      v2 = rotl(v2, 16);
      if (i !== ROUNDS_AT_END - 1) continue;
      first = v1 ^ v3;
      v1 ^= WIDE_MORE;
    }
    this.other = v1 ^ v3;
    return first;
  }
}

/** Bytes per pair of sums; each 16 bits of them get a factor. */
const BLOCK = 512;
const SUMS = 2;
/** Factors have 30 bits: 256 products with 16 bits add up to less than 2^53, the largest exact integer. */
const FACTOR_SHIFT = 2;
const TWO_32 = 2 ** 32;

/**
 * Shortens bytes to what {@link KeyedHash} takes: two sums per 512 bytes, of their 16-bit numbers times
 * factors derived from the secret. Different stretches of equal length have equal sums under one secret in
 * 2^60: given all other factors, a sum is equal for at most one of the 2^30 values of the factor where they
 * differ (multilinear hashing; Carter, Wegman: Universal Classes of Hash Functions, 1979). Unlike rounds,
 * products do not depend on each other: they take a third of the time.
 */
export class KeyedSums {
  private readonly factors: Float64Array;
  /** The bytes read last, and a view of them: whole batches of packets share them. */
  private bytes: Uint8Array = new Uint8Array(0);
  private view = new DataView(this.bytes.buffer);

  constructor(hash: KeyedHash) {
    const place = new Int32Array(1);
    this.factors = Float64Array.from({ length: (BLOCK / 2) * SUMS }, (_, i) => {
      place[0] = i;
      return hash.words(place, 1, 0) >> FACTOR_SHIFT;
    });
  }

  /** The largest number of words that {@link write} writes for this many bytes. */
  static words(length: number): number {
    return Math.ceil(length / BLOCK) * 2 * SUMS;
  }

  /**
   * Writes the sums of the bytes from `from` up to `to`; the caller hashes the number of bytes with them.
   *
   * @returns the index after the last word
   */
  write(bytes: Uint8Array, from: number, to: number, words: Int32Array, at: number): number {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    let w = at;
    for (let block = from; block < to; block += BLOCK) {
      this.sum(block, Math.min(block + BLOCK, to), words, w);
      w += 2 * SUMS;
    }
    return w;
  }

  private sum(from: number, to: number, words: Int32Array, at: number): void {
    const { factors, bytes, view } = this;
    // Four sums, so that additions do not depend on each other: two each for numbers at even and at odd
    // positions.
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let k = 0;
    let i = from;
    for (; i + 4 <= to; i += 4) {
      const word = view.getInt32(i);
      const x = word >>> 16;
      const y = word & 0xffff;
      a += factors[k] * x;
      b += factors[k + 1] * x;
      c += factors[k + 2] * y;
      d += factors[k + 3] * y;
      k += 2 * SUMS;
    }
    for (; i < to; i += 2) {
      const x = i + 2 <= to ? u16(bytes, i) : bytes[i] << 8;
      a += factors[k] * x;
      b += factors[k + 1] * x;
      k += SUMS;
    }
    words[at] = a + c;
    words[at + 1] = Math.floor((a + c) / TWO_32);
    words[at + 2] = b + d;
    words[at + 3] = Math.floor((b + d) / TWO_32);
  }
}

function rotl(v: number, bits: number): number {
  return (v << bits) | (v >>> (32 - bits));
}
