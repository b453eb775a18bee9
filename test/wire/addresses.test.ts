import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  copyAddress16,
  formatIp,
  formatIpv4,
  formatMac,
  parseAddress,
  parseMac,
} from '../../src/wire/ip/addresses.js';

/** The 16 bytes of an IPv6 address written without ::. */
function bytes(text: string): Uint8Array {
  const groups = text.split(':').map((g) => Number.parseInt(g, 16));
  return new Uint8Array(groups.flatMap((g) => [g >> 8, g & 0xff]));
}

test.each([
  ['0:0:0:0:0:0:0:0', '::'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['1:0:0:0:0:0:0:0', '1::'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['fe80:0:0:0:200:86ff:fe05:80da', 'fe80::200:86ff:fe05:80da'],
  ['0:0:0:0:0:ffff:a00:1', '10.0.0.1'],
  ['0:0:0:0:0:ffff:0:0', '0.0.0.0'],
])('%s is formatted as %s', (long, short) => {
  expect(formatIp(bytes(long), 0)).toBe(short);
});

test('an address is formatted as in Node', () => {
  const group = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 0xffff }));
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      // Node formats the deprecated IPv4-compatible ::a.b.c.d and mapped addresses in its own way.
      fc.pre(groups.slice(0, 5).some((g) => g !== 0));
      const long = groups.map((g) => g.toString(16)).join(':');
      const node = new SocketAddress({ family: 'ipv6', address: long }).address;
      expect(formatIp(bytes(long), 0)).toBe(node);
    }),
  );
});

test('MAC addresses are formatted in lower case', () => {
  const b = new Uint8Array(20).map((_, i) => i * 13);
  expect(formatMac(b, 0)).toBe('00:0d:1a:27:34:41');
});

const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 });
/** Addresses with zeros in them, as real ones have. */
const sparse = fc
  .tuple(sixteen, fc.array(fc.nat(7)))
  .map(([b, groups]) => b.map((v, i) => (groups.includes(i >> 1) ? 0 : v)));

test('parsing reverses formatting, for IPv6, IPv4 and MAC addresses', () => {
  fc.assert(
    fc.property(fc.oneof(sixteen, sparse), fc.nat(8), (b, at) => {
      const to = new Uint8Array(at + 16);
      expect(parseAddress(formatIp(b, 0), to, at)).not.toBe(0);
      expect(to.subarray(at)).toEqual(b);
      const mapped = new Uint8Array(16);
      copyAddress16(b, at % 12, 4, mapped, 0);
      expect(formatIp(mapped, 0)).toBe(formatIpv4(b, at % 12));
      expect(parseAddress(formatIp(mapped, 0), to, at)).toBe(4);
      expect(to.subarray(at)).toEqual(mapped);
      copyAddress16(b, 0, 6, to, at);
      expect(to.subarray(at)).toEqual(b);
      expect(parseMac(formatMac(b, at), to, 0)).toBe(true);
      expect(to.subarray(0, 6)).toEqual(b.subarray(at, at + 6));
    }),
  );
});

test('exactly the texts that Node accepts are addresses', () => {
  const part = fc.constantFrom(
    '0',
    '1',
    '255',
    '256',
    '01',
    'ff',
    'abcd',
    '12345',
    '',
    'g',
    '::',
    '10.0.0.1',
    '%eth0',
    ' ',
  );
  const text = fc
    .tuple(fc.array(part, { maxLength: 9 }), fc.constantFrom(':', '.'))
    .map(([parts, by]) => parts.join(by));
  fc.assert(
    fc.property(text, (s) => {
      const want = isIPv4(s) ? 4 : isIPv6(s) && !s.includes('%') ? 6 : 0;
      expect(parseAddress(s, new Uint8Array(16), 0)).toBe(want);
    }),
    { numRuns: 5000 },
  );
});

test('a MAC address may have dashes; five bytes are none', () => {
  const to = new Uint8Array(6);
  expect(parseMac('02-00-5E-0-0-1', to, 0)).toBe(true);
  expect(formatMac(to, 0)).toBe('02:00:5e:00:00:01');
  for (const text of ['02:00:5e:00:00', '02:00:5e:00:00:001', '02:00:5e:00:00:0g', '']) {
    expect(parseMac(text, to, 0)).toBe(false);
  }
});
