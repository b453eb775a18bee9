import { describe, expect, it } from 'vitest';
import { reverseAddress } from '../../src/names/reverse-name.js';
import { formatIp } from '../../src/wire/ip/addresses.js';

const nibbles = (text: string) => `${[...text].reverse().join('.')}.ip6.arpa`;

describe('the address of a reverse name', () => {
  it.each([
    ['7.31.20.10.in-addr.arpa', '10.20.31.7'],
    ['255.0.0.1.in-addr.arpa', '1.0.0.255'],
    [nibbles('20010db8000000000000000000000abc'), '2001:db8::abc'],
    [nibbles('00000000000000000000ffff0a000001'), '10.0.0.1'],
  ])('of %s is %s', (name, address) => {
    const to = new Uint8Array(16).fill(0xee);
    expect(reverseAddress(name, to)).toBe(true);
    expect(formatIp(to, 0)).toBe(address);
  });

  it.each([
    '31.20.10.in-addr.arpa',
    '1.7.31.20.10.in-addr.arpa',
    '256.31.20.10.in-addr.arpa',
    '7.31.20..in-addr.arpa',
    '.7.31.20.10.in-addr.arpa',
    '64/26.2.0.192.in-addr.arpa',
    '99999999999.1.1.1.in-addr.arpa',
    'in-addr.arpa',
    '.in-addr.arpa',
    'www.example.com',
    nibbles('20010db8'),
    nibbles('20010db8000000000000000000000abg'),
    nibbles('20010db8000000000000000000000abc').replace('c.b', 'c-b'),
    '.ip6.arpa',
    '',
  ])('is none of %j', (name) => {
    expect(reverseAddress(name, new Uint8Array(16))).toBe(false);
  });
});
