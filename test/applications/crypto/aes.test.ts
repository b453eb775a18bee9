import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Aes128 } from '../../../src/applications/crypto/aes.js';
import { i32, setU32 } from '../../../src/wire/bytes.js';
import { hex } from '../../support/conversation.js';

function encrypt(key: Uint8Array, text: Uint8Array): Uint8Array {
  const aes = new Aes128();
  aes.setKey(Int32Array.from({ length: 4 }, (_, i) => i32(key, 4 * i)));
  aes.encrypt(i32(text, 0), i32(text, 4), i32(text, 8), i32(text, 12));
  const out = Buffer.alloc(16);
  for (let i = 0; i < 4; i++) setU32(out, 4 * i, aes.block[i]);
  return out;
}

it('encrypts as FIPS 197, appendix B and C.1 do', () => {
  expect(encrypt(hex('2b7e151628aed2a6abf7158809cf4f3c'), hex('3243f6a8885a308d313198a2e0370734'))).toEqual(
    hex('3925841d02dc09fbdc118597196a0b32'),
  );
  expect(encrypt(hex('000102030405060708090a0b0c0d0e0f'), hex('00112233445566778899aabbccddeeff'))).toEqual(
    hex('69c4e0d86a7b0430d8cdb78070b4c55a'),
  );
});

it('encrypts as the library does', () => {
  const block = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(block, block, (key, text) => {
      const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
      expect(encrypt(key, text)).toEqual(cipher.update(text));
    }),
  );
});
