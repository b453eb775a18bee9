import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EspHeader, emitEsp, parseEsp } from '../../src/wire/ip/esp.js';
import { emitIcmp, IcmpHeader, parseIcmp } from '../../src/wire/ip/icmp.js';
import { emitIcmp6, Icmp6Header, parseIcmp6 } from '../../src/wire/ip/icmp6.js';
import { emitIgmp, IgmpHeader, parseIgmp } from '../../src/wire/ip/igmp.js';
import { IpProtocol } from '../../src/wire/ip/ip-protocol.js';
import { emitOspf, OspfHeader, parseOspf } from '../../src/wire/ip/ospf.js';
import { emitPim, PimHeader, parsePim } from '../../src/wire/ip/pim.js';
import { emitSctp, parseSctp, SctpHeader, setSctpChecksum } from '../../src/wire/transport/sctp.js';
import { emitTcp, parseTcp, TcpHeader } from '../../src/wire/transport/tcp.js';
import { setTransportChecksum, transportChecksumOk } from '../../src/wire/transport/transport-checksum.js';
import { emitUdp, parseUdp, UdpHeader } from '../../src/wire/transport/udp.js';
import { bits, codecProperties, u8, u16, u32 } from '../support/codec.js';
import { hex } from '../support/hex.js';

codecProperties('tcp', {
  make: () => new TcpHeader(),
  parse: parseTcp,
  emit: emitTcp,
  fields: fc.record({
    sourcePort: u16,
    destinationPort: u16,
    sequence: u32,
    acknowledgment: u32,
    headerLength: fc.integer({ min: 5, max: 15 }).map((n) => n * 4),
    reserved: bits(4),
    flags: u8,
    window: u16,
    checksum: u16,
    urgent: u16,
  }),
  tail: (h) => h.headerLength - 20,
});

codecProperties('udp', {
  make: () => new UdpHeader(),
  parse: parseUdp,
  emit: emitUdp,
  fields: fc.record({ sourcePort: u16, destinationPort: u16, length: u16, checksum: u16 }),
});

codecProperties('sctp', {
  make: () => new SctpHeader(),
  parse: parseSctp,
  emit: emitSctp,
  fields: fc.record({ sourcePort: u16, destinationPort: u16, verificationTag: u32, checksum: u32 }),
});

const message = fc.record({ type: u8, code: u8, checksum: u16, rest: u32 });
codecProperties('icmp', { make: () => new IcmpHeader(), parse: parseIcmp, emit: emitIcmp, fields: message });
codecProperties('icmp6', {
  make: () => new Icmp6Header(),
  parse: parseIcmp6,
  emit: emitIcmp6,
  fields: message,
});

codecProperties('igmp', {
  make: () => new IgmpHeader(),
  parse: parseIgmp,
  emit: emitIgmp,
  fields: fc.record({ type: u8, maxResponse: u8, checksum: u16, group: u32 }),
});

const ospf = { type: u8, length: u16, routerId: u32, areaId: u32, checksum: u16 };
codecProperties('ospf', {
  make: () => new OspfHeader(),
  parse: parseOspf,
  emit: emitOspf,
  fields: fc.oneof(
    fc.record({
      ...ospf,
      version: fc.constant(2),
      authentication: u16,
      authenticationHigh: u32,
      authenticationLow: u32,
    }),
    fc.record({ ...ospf, version: fc.constant(3), instanceId: u8 }),
  ),
  // The last byte of version 3 is reserved.
  wholeBytes: false,
});

codecProperties('pim', {
  make: () => new PimHeader(),
  parse: parsePim,
  emit: emitPim,
  fields: fc.record({ version: bits(4), type: bits(4), reserved: u8, checksum: u16 }),
});

codecProperties('esp', {
  make: () => new EspHeader(),
  parse: parseEsp,
  emit: emitEsp,
  fields: fc.record({ spi: u32, sequence: u32 }),
});

const IPV4 = hex('4500000000000000400000000a000001 0a000002');
const IPV6 = hex('6000000000000040 20010db8000000000000000000000001 20010db8000000000000000000000002');

test('a checksum that was set is right, and with one more bit it is not', () => {
  const protocols = fc.constantFrom(
    IpProtocol.Tcp,
    IpProtocol.Udp,
    IpProtocol.Icmp,
    IpProtocol.Icmp6,
    IpProtocol.Igmp,
  );
  fc.assert(
    fc.property(
      fc.constantFrom(IPV4, IPV6),
      protocols,
      fc.uint8Array({ minLength: 20, maxLength: 99 }),
      fc.nat(),
      (ip, protocol, segment, at) => {
        const b = new Uint8Array([...ip, ...segment]);
        setTransportChecksum(b, 0, protocol, ip.length, b.length);
        expect(transportChecksumOk(b, 0, protocol, ip.length, b.length)).toBe(true);
        // Not in UDP's own field: there a change to zero would mean no checksum.
        const free = 8 + (at % (segment.length - 8));
        fc.pre(protocol !== IpProtocol.Tcp || free < 16 || free > 17);
        b[ip.length + free] ^= 1;
        expect(transportChecksumOk(b, 0, protocol, ip.length, b.length)).toBe(false);
      },
    ),
  );
});

test('a UDP checksum of zero is sent as all ones; none at all is right over IPv4 only', () => {
  // Pseudo header 0a00+0001+0a00+0002+0011+0008, header 0, 0, 8: the length makes the sum; the source port
  // completes it.
  const b = new Uint8Array([...IPV4, ...hex('ebdb 0000 0008 0000')]);
  setTransportChecksum(b, 0, IpProtocol.Udp, 20, 28);
  expect([b[26], b[27]]).toEqual([0xff, 0xff]);
  const none4 = new Uint8Array([...IPV4, ...hex('1234 0000 0008 0000')]);
  expect(transportChecksumOk(none4, 0, IpProtocol.Udp, 20, 28)).toBe(true);
  const none6 = new Uint8Array([...IPV6, ...hex('1234 0000 0008 0000')]);
  expect(transportChecksumOk(none6, 0, IpProtocol.Udp, 40, 48)).toBe(false);
});

test('protocols without an Internet checksum are left unchanged', () => {
  const b = new Uint8Array([...IPV4, ...hex('0102030405060708')]);
  setTransportChecksum(b, 0, IpProtocol.Esp, 20, 28);
  expect(b.subarray(20)).toEqual(hex('0102030405060708'));
});

test("SCTP's CRC32c has the published value (RFC 3720 appendix B.4: 32 bytes of zero)", () => {
  const b = new Uint8Array(32);
  setSctpChecksum(b, 0, 32);
  expect(b.subarray(8, 12)).toEqual(hex('aa36918a'));
});
