import { describe, expect, it } from 'vitest';
import { HASH_SECRET, KeyedHash } from '../../src/wire/keyed-hash.js';

/** The bytes 0, 1, 2 …: the key, and the messages, of the published values. */
const COUNTING = Uint8Array.from({ length: 64 }, (_, i) => i);
/**
 * HalfSipHash-1-3 of the first 3, 7, 11 … 63 of them (Linux: test_vectors_hsiphash of
 * lib/tests/siphash_kunit.c).
 */
const PUBLISHED = [
  0x01539939, 0x9d38d9d6, 0x959246ee, 0xd0257b04, 0x522aca67, 0x62512deb, 0xab64afd3, 0x08d8791a, 0x9b9851cc,
  0xfcc9aa1b, 0xa7d708a6, 0xd89c5267, 0x9c7e1390, 0x979ea4e8, 0xae3f0577, 0x87178304,
];

describe('the keyed hash', () => {
  it('is HalfSipHash-1-3', () => {
    const hash = new KeyedHash(COUNTING.subarray(0, HASH_SECRET));
    const view = new DataView(COUNTING.buffer);
    const values = PUBLISHED.map((_, count) => {
      const words = Int32Array.from({ length: count }, (_, i) => view.getInt32(4 * i, true));
      return hash.words(words, count, view.getUint32(4 * count, true) & 0xffffff) >>> 0;
    });
    expect(values).toEqual(PUBLISHED);
  });

  it('of the same words differs under another secret', () => {
    const words = new Int32Array([1, 2, 3]);
    const under = (secret: number[]) => new KeyedHash(Uint8Array.from(secret)).words(words, 3, 0);
    const values = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((byte) =>
      [1, 128].map((bit) => under([0, 1, 2, 3, 4, 5, 6, 7].map((b) => (b === byte ? bit : 0)))),
    );
    expect(new Set(values).size).toBe(16);
  });
});
