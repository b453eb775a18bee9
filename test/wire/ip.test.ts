import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BAD, SHORT } from '../../src/wire/bytes.js';
import { AhHeader, emitAh, parseAh } from '../../src/wire/ip/ah.js';
import { IpProtocol } from '../../src/wire/ip/ip-protocol.js';
import { emitIpv4, Ipv4Header, ipv4ChecksumOk, parseIpv4, setIpv4Checksum } from '../../src/wire/ip/ipv4.js';
import { emitIpv6, Ipv6Header, parseIpv6 } from '../../src/wire/ip/ipv6.js';
import {
  emitIpv6Extension,
  Ipv6Extension,
  isIpv6Extension,
  parseIpv6Extension,
} from '../../src/wire/ip/ipv6-extension.js';
import { bits, codecProperties, u8, u16, u32 } from '../support/codec.js';
import { hex } from '../support/hex.js';

codecProperties('ipv4', {
  make: () => new Ipv4Header(),
  parse: parseIpv4,
  emit: emitIpv4,
  fields: fc.record({
    headerLength: fc.integer({ min: 5, max: 15 }).map((n) => n * 4),
    tos: u8,
    totalLength: u16,
    identification: u16,
    fragment: u16,
    ttl: u8,
    protocol: u8,
    checksum: u16,
    source: u32,
    destination: u32,
  }),
  tail: (h) => h.headerLength - 20,
});

codecProperties('ipv6', {
  make: () => new Ipv6Header(),
  parse: parseIpv6,
  // The caller writes the addresses; what is there stays.
  emit: emitIpv6,
  fields: fc.record({
    trafficClass: u8,
    flowLabel: bits(20),
    payloadLength: u16,
    nextHeader: u8,
    hopLimit: u8,
  }),
});

const length = u8.map((n) => (n + 1) * 8);
const KINDS: [string, number, fc.Arbitrary<Partial<Ipv6Extension>>][] = [
  [
    'hop-by-hop',
    IpProtocol.HopByHop,
    fc.record({ nextHeader: u8, length, jumboLength: u32.filter((n) => n > 0) }),
  ],
  ['routing', IpProtocol.Routing, fc.record({ nextHeader: u8, length, routingType: u8, segmentsLeft: u8 })],
  ['fragment', IpProtocol.Fragment, fc.record({ nextHeader: u8, fragment: u16, identification: u32 })],
  ['destination options', IpProtocol.DestinationOptions, fc.record({ nextHeader: u8, length })],
  ['mobility', IpProtocol.Mobility, fc.record({ nextHeader: u8, length })],
  ['hip', IpProtocol.Hip, fc.record({ nextHeader: u8, length })],
  ['shim6', IpProtocol.Shim6, fc.record({ nextHeader: u8, length })],
];
for (const [name, kind, fields] of KINDS) {
  codecProperties(`ipv6 ${name} header`, {
    make: () => new Ipv6Extension(),
    parse: (b, o, end, h) => parseIpv6Extension(kind, b, o, end, h),
    emit: (h, b, o) => emitIpv6Extension(kind, h, b, o),
    fields,
    // The fragment header has a reserved byte, and padding may precede a jumbo option.
    wholeBytes: kind !== IpProtocol.Fragment && kind !== IpProtocol.HopByHop,
  });
}

codecProperties('ah', {
  make: () => new AhHeader(),
  parse: parseAh,
  emit: emitAh,
  fields: fc.record({
    nextHeader: u8,
    length: fc.integer({ min: 3, max: 257 }).map((n) => n * 4),
    reserved: u16,
    spi: u32,
    sequence: u32,
  }),
});

/** A header whose checksum by RFC 1071 is published (Wikipedia, IPv4 header checksum). */
const KNOWN = '45000073000040004011b861c0a80001c0a800c7';

test('the IPv4 checksum is the published one, and covers options', () => {
  const b = hex(KNOWN);
  expect(ipv4ChecksumOk(b, 0)).toBe(true);
  b[10] = 0;
  b[11] = 0;
  setIpv4Checksum(b, 0);
  expect(b).toEqual(hex(KNOWN));
  const options = hex(`46${KNOWN.slice(2)}94040000`);
  setIpv4Checksum(options, 0);
  expect(ipv4ChecksumOk(options, 0)).toBe(true);
  options[21] ^= 1;
  expect(ipv4ChecksumOk(options, 0)).toBe(false);
});

test('an IPv4 header has version 4 and five words at least; with its options cut it is read', () => {
  const h = new Ipv4Header();
  expect(parseIpv4(hex(`65${KNOWN.slice(2)}`), 0, 20, h)).toBe(BAD);
  expect(parseIpv4(hex(`44${KNOWN.slice(2)}`), 0, 20, h)).toBe(BAD);
  expect(parseIpv4(hex(`46${KNOWN.slice(2)}`), 0, 20, h)).toBe(SHORT);
  expect(h.source).toBe(0xc0a80001);
});

test('a hop-by-hop option that runs past its header makes it bad', () => {
  const h = new Ipv6Extension();
  expect(parseIpv6Extension(IpProtocol.HopByHop, hex('3b00 c208 00010000'), 0, 8, h)).toBe(BAD);
  expect(parseIpv6Extension(IpProtocol.HopByHop, hex('3b00 00 00 0102 0000'), 0, 8, h)).toBe(8);
});

test('transports are no extension headers', () => {
  expect([0, 43, 44, 60, 135, 139, 140].every(isIpv6Extension)).toBe(true);
  expect([6, 17, 50, 51, 58, 59].some(isIpv6Extension)).toBe(false);
});
