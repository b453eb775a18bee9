import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expandLabel, HmacSha256, makeText } from '../../../src/applications/crypto/hmac.js';
import { HASH_WORDS, SCHEDULE_WORDS } from '../../../src/applications/crypto/sha256.js';
import { i32, setU32 } from '../../../src/wire/bytes.js';
import { hex } from '../../support/conversation.js';

const key = (bytes: Uint8Array) => Int32Array.from({ length: bytes.length / 4 }, (_, i) => i32(bytes, 4 * i));

function digest(keyBytes: Uint8Array, text: Uint8Array): string {
  const hmac = new HmacSha256();
  hmac.setKey(key(keyBytes));
  const block = new Int32Array(SCHEDULE_WORDS).fill(-1);
  makeText(block, Buffer.concat([Buffer.from('before'), text, Buffer.from('behind')]), 6, 6 + text.length);
  const words = new Int32Array(HASH_WORDS);
  // The same key and text again make the same.
  for (let i = 0; i < 2; i++) hmac.of(block, words);
  const to = Buffer.alloc(4 * HASH_WORDS);
  for (let i = 0; i < HASH_WORDS; i++) setU32(to, 4 * i, words[i]);
  return to.toString('hex');
}

it('makes what RFC 4231, 4.3 has', () => {
  expect(digest(Buffer.from('Jefe'), Buffer.from('what do ya want for nothing?'))).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});

it('makes the initial secret of RFC 9001, A.1', () => {
  expect(digest(hex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a'), hex('8394c8f03e515708'))).toBe(
    '7db5df06e7a69e432496adedb00851923595221596ae2ae9fb8115c1e9ed0a44',
  );
});

it('makes what the library does, of keys of some words and texts of less than a block', () => {
  const keys = fc
    .integer({ min: 0, max: 16 })
    .chain((n) => fc.uint8Array({ minLength: 4 * n, maxLength: 4 * n }));
  fc.assert(
    fc.property(keys, fc.uint8Array({ maxLength: 55 }), (bytes, text) => {
      expect(digest(bytes, text)).toBe(createHmac('sha256', bytes).update(text).digest('hex'));
    }),
  );
});

it('expands labels as HKDF of the library does', () => {
  const label = fc.string({ unit: fc.constantFrom(...'abcz 019'), minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), label, (secret, name) => {
      const hmac = new HmacSha256();
      hmac.setKey(key(secret));
      const words = new Int32Array(HASH_WORDS);
      hmac.of(expandLabel(name, 16), words);
      const text = Buffer.from(`tls13 ${name}`);
      const info = Buffer.concat([Buffer.from([0, 16, text.length]), text, Buffer.from([0, 1])]);
      expect(words[3]).toBe(createHmac('sha256', secret).update(info).digest().readInt32BE(12));
    }),
  );
});
