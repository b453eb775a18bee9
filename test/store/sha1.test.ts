import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_SHA1_BYTES, sha1 } from '../../src/store/ndjson/sha1.js';

function hashed(message: Uint8Array): string {
  const hash = new Int32Array(5);
  sha1(message, message.length, hash);
  return [...hash].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

// FIPS 180-4's example of one block, and the empty message.
test.each([
  ['', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
  ['abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
])('the hash of "%s"', (message, expected) => {
  expect(hashed(new TextEncoder().encode(message))).toBe(expected);
});

test("is OpenSSL's, of whatever fits in one block", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: MOST_SHA1_BYTES }), (message) => {
      expect(hashed(message)).toBe(createHash('sha1').update(message).digest('hex'));
    }),
    { numRuns: 500 },
  );
});

test('only the bytes that are named count', () => {
  const message = new TextEncoder().encode('abcdef');
  const hash = new Int32Array(5);
  sha1(message, 3, hash);
  expect(hash[0] >>> 0).toBe(0xa9993e36);
});
