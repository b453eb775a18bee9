import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BAD, SHORT } from '../../src/wire/bytes.js';
import { ErspanHeader, emitErspan, erspanPort, parseErspan } from '../../src/wire/tunnel/erspan.js';
import { emitEtherIp, parseEtherIp } from '../../src/wire/tunnel/etherip.js';
import { emitGeneve, GeneveHeader, parseGeneve } from '../../src/wire/tunnel/geneve.js';
import {
  emitGre,
  GRE_ACK,
  GRE_CSUM,
  GRE_KEY,
  GRE_ROUTING,
  GRE_SEQ,
  GreHeader,
  greChecksumOk,
  greHeaderLength,
  parseGre,
  setGreChecksum,
} from '../../src/wire/tunnel/gre.js';
import { emitGtpu, GtpuHeader, parseGtpu } from '../../src/wire/tunnel/gtpu.js';
import { emitMellanox, MELLANOX_LENGTH, parseMellanox } from '../../src/wire/tunnel/mellanox.js';
import { emitVxlan, parseVxlan, VxlanHeader } from '../../src/wire/tunnel/vxlan.js';
import { emitVxlanGpe, parseVxlanGpe, VxlanGpeHeader } from '../../src/wire/tunnel/vxlan-gpe.js';
import { emitWccp, parseWccp, WccpHeader } from '../../src/wire/tunnel/wccp.js';
import { bit, bits, codecProperties, u8, u16, u24, u32 } from '../support/codec.js';
import { hex } from '../support/hex.js';

/** Fields of a GRE header with each combination of flags. Absent fields are 0. */
const gre = fc
  .record({
    c: fc.boolean(),
    k: fc.boolean(),
    s: fc.boolean(),
    a: fc.boolean(),
    version: fc.constantFrom(0, 1),
    protocol: u16,
    checksum: u16,
    offset: u16,
    key: u32,
    sequence: u32,
    acknowledgment: u32,
  })
  .map((v) => {
    const ack = v.a && v.version === 1;
    const flags =
      (v.c ? GRE_CSUM : 0) | (v.k ? GRE_KEY : 0) | (v.s ? GRE_SEQ : 0) | (ack ? GRE_ACK : 0) | v.version;
    return {
      flags,
      version: v.version,
      protocol: v.protocol,
      checksum: v.c ? v.checksum : 0,
      offset: v.c ? v.offset : 0,
      key: v.k ? v.key : 0,
      sequence: v.s ? v.sequence : 0,
      acknowledgment: ack ? v.acknowledgment : 0,
      routingLength: 0,
    };
  });
codecProperties('gre', { make: () => new GreHeader(), parse: parseGre, emit: emitGre, fields: gre });

describe('gre', () => {
  test('source routing entries are part of the header, up to the empty one', () => {
    const h = new GreHeader();
    const b = hex('4000 0800 0000 0000 0800 00 04 0a000001 0000 00 00 45');
    expect(parseGre(b, 0, b.length, h)).toBe(b.length - 1);
    expect(h.routingLength).toBe(12);
    expect(h.flags & GRE_ROUTING).toBe(GRE_ROUTING);
    expect(parseGre(b, 0, b.length - 2, h)).toBe(BAD);
  });

  test('a checksum that was set is right over header and payload', () => {
    fc.assert(
      fc.property(u32, fc.uint8Array({ maxLength: 60 }), (key, payload) => {
        const h = Object.assign(new GreHeader(), { flags: GRE_CSUM | GRE_KEY, key });
        const b = new Uint8Array(greHeaderLength(h.flags) + payload.length);
        b.set(payload, emitGre(h, b, 0));
        setGreChecksum(b, 0, b.length);
        expect(greChecksumOk(b, 0, b.length)).toBe(true);
        b[9] ^= 0x40;
        expect(greChecksumOk(b, 0, b.length)).toBe(false);
      }),
    );
  });
});

const common = { vlan: bits(12), cos: bits(3), encapsulation: bits(2), truncated: bit, session: bits(10) };
const type3 = {
  ...common,
  type: fc.constant(3),
  timestamp: u32,
  securityGroup: u16,
  protocolData: bit,
  frameType: bits(5),
  hardware: bits(6),
  direction: bit,
  granularity: bits(2),
};
const withPlatform = { ...type3, platform: fc.constant(1) };
const ERSPAN: [string, fc.Arbitrary<Partial<ErspanHeader>>][] = [
  ['type II', fc.record({ ...common, type: fc.constant(2), reserved: bits(12), index: bits(20) })],
  ['type III', fc.record({ ...type3, platform: fc.constant(0) })],
  [
    'type III, platform 1',
    fc.record({
      ...withPlatform,
      platformId: fc.constant(1),
      platformReserved: bits(14),
      domain: bits(12),
      port: u32,
    }),
  ],
  [
    'type III, platform 3',
    fc.record({
      ...withPlatform,
      platformId: fc.constant(3),
      platformReserved: bits(12),
      port: bits(14),
      upperTimestamp: u32,
    }),
  ],
  [
    'type III, platforms 5 and 6',
    fc.record({
      ...withPlatform,
      platformId: fc.constantFrom(5, 6),
      switch: bits(10),
      port: bits(16),
      upperTimestamp: u32,
    }),
  ],
  [
    'type III, platforms 7 and 0',
    fc.record({
      ...withPlatform,
      platformId: fc.constantFrom(7, 0),
      platformReserved: bits(6),
      sourceIndex: bits(20),
      upperTimestamp: u32,
    }),
  ],
  [
    'type III, other platforms',
    fc.record({
      ...withPlatform,
      platformId: bits(6).filter((id) => ![0, 1, 3, 5, 6, 7].includes(id)),
      platformReserved: bits(26),
      upperTimestamp: u32,
    }),
  ],
];
for (const [name, fields] of ERSPAN) {
  codecProperties(`erspan ${name}`, {
    make: () => new ErspanHeader(),
    parse: (b, o, end, h) => parseErspan(b, o, end, true, h),
    emit: emitErspan,
    fields,
  });
}

describe('erspan', () => {
  const h = new ErspanHeader();

  test('type I has no header', () => {
    expect(parseErspan(hex('ffffffff'), 0, 4, false, h)).toBe(0);
    expect(h.type).toBe(1);
    expect(emitErspan(h, new Uint8Array(0), 0)).toBe(0);
  });

  test('type II from a switch has VLAN 100, CoS 3, trunk, session 30, index 123', () => {
    expect(parseErspan(hex('1064 781e 0000007b'), 0, 8, true, h)).toBe(8);
    expect(h).toMatchObject({
      type: 2,
      vlan: 100,
      cos: 3,
      encapsulation: 3,
      truncated: 0,
      session: 30,
      index: 123,
    });
    expect(erspanPort(h)).toBe(123);
  });

  test('type III has egress, hardware 17, 1588 timestamps, and a platform 5 subheader', () => {
    const b = hex('2000 041f 00000001 0007 0 11d 14010009 0000002a'.replace(' 0 11d ', ' 011d '));
    expect(parseErspan(b, 0, b.length, true, h)).toBe(20);
    expect(h).toMatchObject({ type: 3, truncated: 1, session: 31, timestamp: 1, securityGroup: 7 });
    expect(h).toMatchObject({ hardware: 17, direction: 1, granularity: 2, platform: 1, platformId: 5 });
    expect(h).toMatchObject({ switch: 1, port: 9, upperTimestamp: 42 });
    expect(erspanPort(h)).toBe(9);
  });

  test('versions 0, 3 and above are refused, and a header that is cut is short', () => {
    for (const version of ['00', '30', 'f0']) {
      expect(parseErspan(hex(`${version}00000000000000`), 0, 8, true, h)).toBe(BAD);
    }
    expect(parseErspan(hex('20000000000000000000'), 0, 10, true, h)).toBe(SHORT);
    expect(parseErspan(hex('2000000000000000 00000001'), 0, 12, true, h)).toBe(SHORT);
  });
});

codecProperties('vxlan', {
  make: () => new VxlanHeader(),
  parse: parseVxlan,
  emit: emitVxlan,
  fields: fc.record({ flags: u8.map((n) => n | 8), reserved: u24, vni: u24, reserved2: u8 }),
});

codecProperties('vxlan-gpe', {
  make: () => new VxlanGpeHeader(),
  parse: parseVxlanGpe,
  emit: emitVxlanGpe,
  fields: fc.record({
    flags: u8.map((n) => n & ~0x30),
    reserved: u16,
    nextProtocol: u8,
    vni: u24,
    reserved2: u8,
  }),
});

codecProperties('gtp-u', {
  make: () => new GtpuHeader(),
  parse: parseGtpu,
  emit: emitGtpu,
  fields: fc.oneof(
    fc.record({ flags: fc.constantFrom(0, 8), type: u8, length: u16, teid: u32 }),
    fc.record({
      flags: fc.constantFrom(1, 2, 3, 9, 10, 11),
      type: u8,
      length: u16,
      teid: u32,
      sequence: u16,
      npdu: u8,
      nextExtension: u8,
    }),
  ),
});

test('GTP-U extension headers are skipped, and refused without a length or without an end', () => {
  const h = new GtpuHeader();
  const long = (extensions: string): number => {
    const b = hex(`34ff 0000 00000009 00000085 ${extensions}`);
    return parseGtpu(b, 0, b.length, h);
  };
  expect(long('01 0000 00')).toBe(16);
  expect(long('01 0000 c0 02 000000000000 00')).toBe(24);
  expect([long('00 0000 00'), long('01 0000 85'.repeat(40))]).toEqual([BAD, BAD]);
  expect([long(''), long('01 0000'), long('01 0000 85')]).toEqual([SHORT, SHORT, SHORT]);
  expect(parseGtpu(hex('50ff 0000 00000009'), 0, 8, h)).toBe(BAD);
  expect(parseGtpu(hex('20ff 0000 00000009'), 0, 8, h)).toBe(BAD);
});

test('EtherIP has version 3', () => {
  const b = new Uint8Array(2);
  expect(emitEtherIp(b, 0)).toBe(2);
  expect(parseEtherIp(b, 0, 2)).toBe(2);
  expect(parseEtherIp(b, 0, 1)).toBe(SHORT);
  expect([parseEtherIp(hex('3001'), 0, 2), parseEtherIp(hex('4000'), 0, 2)]).toEqual([BAD, BAD]);
});

codecProperties('geneve', {
  make: () => new GeneveHeader(),
  parse: parseGeneve,
  emit: emitGeneve,
  fields: fc.record({
    optionsLength: bits(6).map((n) => n * 4),
    flags: u8,
    protocol: u16,
    vni: u24,
    reserved: u8,
  }),
  tail: (h) => h.optionsLength,
});

codecProperties('wccp', {
  make: () => new WccpHeader(),
  parse: parseWccp,
  emit: emitWccp,
  fields: fc.record({
    redirect: fc.constant(1),
    flags: u8.filter((n) => n >>> 4 !== 4),
    serviceId: u8,
    alternativeBucket: u8,
    primaryBucket: u8,
  }),
});

test('WCCP version 1 has no redirect header: the IPv4 packet starts at once', () => {
  const h = new WccpHeader();
  expect(parseWccp(hex('45'), 0, 1, h)).toBe(0);
  expect(emitWccp(h, new Uint8Array(0), 0)).toBe(0);
});

test('the header of Spectrum switches before a frame has 22 bytes, or is too short', () => {
  const b = new Uint8Array(30).fill(0xff);
  expect(emitMellanox(b, 4)).toBe(MELLANOX_LENGTH);
  expect(b).toEqual(Uint8Array.from({ length: 30 }, (_, i) => (i < 4 || i >= 26 ? 0xff : 0)));
  expect(parseMellanox(4, 26)).toBe(22);
  expect(parseMellanox(4, 25)).toBe(SHORT);
  expect(parseMellanox(4, 3)).toBe(SHORT);
});
