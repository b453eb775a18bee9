import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { MD5_BYTES, Md5 } from '../../../src/applications/crypto/md5.js';

it('MD5 is what node:crypto makes of the same bytes, whole, in pieces, one by one', () => {
  const hash = new Md5();
  const data = Uint8Array.from({ length: 700 }, (_, i) => (i * 167 + (i >> 8)) & 0xff);
  for (let length = 0; length <= 700; length += length < 140 ? 1 : 37)
    for (const piece of [700, 64, 63, 7]) {
      const digest = new Uint8Array(MD5_BYTES + 2);
      hash.begin();
      for (let o = 0; o < length; o += piece) hash.update(data, o, Math.min(length, o + piece));
      for (const byte of [0x3b, 0xff]) hash.add(byte);
      hash.finish(digest, 1);
      const expected = createHash('md5')
        .update(data.subarray(0, length))
        .update(Buffer.of(0x3b, 0xff))
        .digest();
      expect(Buffer.from(digest.subarray(1, 1 + MD5_BYTES)).equals(expected)).toBe(true);
      expect([digest[0], digest[1 + MD5_BYTES]]).toEqual([0, 0]);
    }
});
