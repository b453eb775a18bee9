import { SocketAddress } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIp, formatMac, formatUuid } from '../../src/wire/addresses.js';

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
])('%s is written %s', (long, short) => {
  expect(formatIp(bytes(long), 0)).toBe(short);
});

test('an address is written as Node writes it', () => {
  const group = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 0xffff }));
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      // Node writes the deprecated IPv4-compatible ::a.b.c.d and mapped addresses its own way.
      fc.pre(groups.slice(0, 5).some((g) => g !== 0));
      const long = groups.map((g) => g.toString(16)).join(':');
      const node = new SocketAddress({ family: 'ipv6', address: long }).address;
      expect(formatIp(bytes(long), 0)).toBe(node);
    }),
  );
});

test('MAC addresses and UUIDs are lower case', () => {
  const b = new Uint8Array(20).map((_, i) => i * 13);
  expect(formatMac(b, 0)).toBe('00:0d:1a:27:34:41');
  expect(formatUuid(b, 0)).toBe('000d1a27-3441-4e5b-6875-828f9ca9b6c3');
});
