import { expect, it } from 'vitest';
import { Texts } from '../../../src/applications/engine/texts.js';
import { decodeBase64 } from '../../../src/applications/ntlm/base64.js';
import { Ntlm, NtlmType } from '../../../src/applications/ntlm/ntlm.js';
import { ntlmAuthenticate, ntlmMessage } from '../../support/ntlm-messages.js';

const texts = new Texts(1);
const ntlm = new Ntlm();
const found = (b: Uint8Array, end = b.length) => {
  const is = ntlm.find(texts, b, 0, end);
  return [is, ntlm.type, ntlm.user, ntlm.workstation];
};

it('tells the three messages', () => {
  expect(found(ntlmMessage(1))).toEqual([true, NtlmType.Negotiate, '', '']);
  expect(found(ntlmMessage(2))).toEqual([true, NtlmType.Challenge, '', '']);
  expect(found(ntlmAuthenticate('EXAMPLE', 'alice', 'PC-7'))).toEqual([
    true,
    NtlmType.Authenticate,
    'EXAMPLE\\alice',
    'PC-7',
  ]);
  expect(found(Buffer.from('NTLMSSP\0\x04\0\0\0', 'latin1'))[0]).toBe(false);
  expect(found(Buffer.from('NTLMSSP'))[0]).toBe(false);
});

it('tells users without a domain, of other alphabets, of old clients, and those who are nobody', () => {
  expect(found(ntlmAuthenticate('', 'bob@example.com', ''))[2]).toBe('bob@example.com');
  expect(found(ntlmAuthenticate('FIRMA', 'jürgen', 'PC'))[2]).toBe('FIRMA\\jürgen');
  expect(found(ntlmAuthenticate('OLD', 'carol', 'WIN98', true))).toEqual([true, 3, 'OLD\\carol', 'WIN98']);
  expect(found(ntlmAuthenticate('EXAMPLE', '', 'PC'))[2]).toBe('');
});

it('finds a message behind what comes before it', () => {
  const token = Buffer.concat([
    Buffer.from('6082010006062b0601050502a0', 'hex'),
    ntlmAuthenticate('D', 'u', 'w'),
  ]);
  expect(found(token)[2]).toBe('D\\u');
  expect(found(Buffer.concat([Buffer.alloc(600), ntlmMessage(1)]))[0]).toBe(false);
});

it('leaves out what is not all there, however much that is', () => {
  const whole = ntlmAuthenticate('EXAMPLE', 'alice', 'PC-7');
  for (let end = 0; end <= whole.length; end++) {
    const user = found(whole.subarray(0, end))[2];
    expect(user).toBe(end >= 72 + 2 * 12 ? 'EXAMPLE\\alice' : '');
  }
});

it('reads base64', () => {
  const text = ntlmAuthenticate('EXAMPLE', 'alice', 'PC-7').toString('base64');
  const b = Buffer.from(`${text}\r\n`);
  expect([ntlm.findBase64(texts, b, 0, b.length), ntlm.user]).toEqual([true, 'EXAMPLE\\alice']);
  const to = new Uint8Array(8);
  for (const word of ['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar', 'longer than room']) {
    const encoded = Buffer.from(Buffer.from(word).toString('base64'));
    const n = decodeBase64(encoded, 0, encoded.length, to);
    expect(Buffer.from(to.subarray(0, n)).toString()).toBe(word.slice(0, 8));
  }
});
