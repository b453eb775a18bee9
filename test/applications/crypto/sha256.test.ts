import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { SHA256_BYTES, Sha256 } from '../../../src/applications/crypto/sha256.js';

/** Bytes that differ from one to the next. */
const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 167 + (i >> 8)) & 0xff);

it('SHA-256 is what node:crypto makes of the same bytes, whole or in pieces', () => {
  const hash = new Sha256();
  const data = bytes(700);
  for (let length = 0; length <= 700; length += length < 140 ? 1 : 37)
    for (const piece of [700, 64, 63, 7]) {
      const digest = new Uint8Array(SHA256_BYTES + 2);
      hash.begin();
      for (let o = 3; o < length; o += piece) hash.update(data, o, Math.min(length, o + piece));
      hash.finish(digest, 1);
      const expected = createHash('sha256')
        .update(data.subarray(Math.min(3, length), length))
        .digest();
      expect(Buffer.from(digest.subarray(1, 1 + SHA256_BYTES)).equals(expected)).toBe(true);
      expect([digest[0], digest[1 + SHA256_BYTES]]).toEqual([0, 0]);
    }
});
