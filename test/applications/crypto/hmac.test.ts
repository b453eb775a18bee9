import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HmacSha256 } from '../../../src/applications/crypto/hmac.js';
import { hex } from '../../support/conversation.js';

function digest(key: Uint8Array, text: Uint8Array): string {
  const hmac = new HmacSha256();
  hmac.setKey(key, 0, key.length);
  const to = new Uint8Array(32);
  hmac.of(text, 0, text.length, to);
  return Buffer.from(to).toString('hex');
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

it('makes what the library does', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 300 }), (key, text) => {
      expect(digest(key, text)).toBe(createHmac('sha256', key).update(text).digest('hex'));
    }),
  );
});
