/** The headers of mirrors in UDP that are no overlays. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BAD, SHORT } from '../../src/wire/bytes.js';
import { EtherType } from '../../src/wire/link/ethertypes.js';
import { radioLength } from '../../src/wire/link/radio.js';
import {
  GENEVE_CLASS_AWS,
  GeneveHeader,
  hasGeneveOption,
  parseGeneve,
} from '../../src/wire/tunnel/geneve.js';
import { ErmHeader, emitErm, parseErm } from '../../src/wire/tunnel/hp-erm.js';
import { emitJmirror, JmirrorHeader, jmirrorType, parseJmirror } from '../../src/wire/tunnel/jmirror.js';
import { emitTzsp, parseTzsp, TZSP_LONGEST, TzspHeader, TzspType } from '../../src/wire/tunnel/tzsp.js';
import { FIRST_FLOW_PORT, Flow, flowPort } from '../../src/wire/walk/flow.js';
import { FrameKind } from '../../src/wire/walk/layers.js';
import { bit, bits, codecProperties, mac, u8, u16, u32 } from '../support/codec.js';
import { ethernet, ipv4, udp } from '../support/frames.js';
import { hex } from '../support/hex.js';

const none = fc.constant(-1);

codecProperties('tzsp', {
  make: () => new TzspHeader(),
  parse: parseTzsp,
  emit: emitTzsp,
  fields: fc.oneof(
    fc.record({
      type: fc.constantFrom(0, 1, 2, 3),
      protocol: u16,
      sequence: fc.oneof(none, u32),
      frameLength: fc.oneof(none, u16),
      sensor: fc.oneof(fc.constant(0), mac),
    }),
    fc.record({ type: fc.constantFrom<number>(TzspType.Keepalive, TzspType.PortOpener), protocol: u16 }),
  ),
  // Fields that are not known, padding, and the order of all are not kept.
  wholeBytes: false,
});

codecProperties('jmirror', {
  make: () => new JmirrorHeader(),
  parse: parseJmirror,
  emit: emitJmirror,
  fields: fc.record({ intercept: u32, session: u32 }),
});

codecProperties('erm', {
  make: () => new ErmHeader(),
  parse: parseErm,
  emit: emitErm,
  fields: fc.record({
    first: u32,
    second: u32,
    third: u8,
    priority: bits(3),
    cfi: bit,
    vlan: bits(12),
    tagged: bit,
    last: bits(7),
  }),
});

describe('tzsp', () => {
  const h = new TzspHeader();
  const parse = (text: string): number => parseTzsp(hex(text), 0, hex(text).length, h);

  test("a MikroTik router's has no fields", () => {
    expect(parse('01 00 0001 01 ff')).toBe(5);
    expect(h).toMatchObject({ type: 0, protocol: 1, sequence: -1, frameLength: -1, sensor: 0 });
  });

  test('fields come in any order, with padding between; those of another length are skipped', () => {
    expect(parse('01 00 0012 00 3c06aabbccddeeff 00 0a01c4 2902 0600 2804 80000001 2803 ffffff 01')).toBe(33);
    expect(h).toMatchObject({
      protocol: 18,
      sequence: 0x80000001,
      frameLength: 1536,
      sensor: 0xaabbccddeeff,
    });
  });

  test('a keepalive and a port opener have none', () => {
    expect([parse('01 04 0000'), parse('01 05 0001 ff')]).toEqual([4, 4]);
  });

  test('another version or type is refused, and fields that do not end are short', () => {
    expect([parse('02 00 0001 01'), parse('01 06 0001 01')]).toEqual([BAD, BAD]);
    const short = ['01 00 00', '01 00 0001', '01 00 0001 0a', '01 00 0001 0a02 01', '01 00 0001 00'].map(
      parse,
    );
    expect(short).toEqual([SHORT, SHORT, SHORT, SHORT, SHORT]);
  });

  test('no header is longer than is said', () => {
    const longest = { sequence: 1, frameLength: 1, sensor: 1 };
    const b = new Uint8Array(64);
    expect(emitTzsp(Object.assign(new TzspHeader(), longest), b, 0)).toBe(TZSP_LONGEST);
  });
});

test('jmirror: the first bytes tell what is mirrored', () => {
  const type = (text: string): number => jmirrorType(hex(text), 0, hex(text).length);
  expect([type('45 00'), type('46 00'), type('6f ff')]).toEqual(Array(3).fill(EtherType.Ipv4));
  expect(type('ff03 c021')).toBe(EtherType.Ppp);
  expect([type('ff01'), type('0000'), type('45'), type('')]).toEqual([0, 0, 0, 0]);
});

test('radio headers: Prism in either byte order, AVS', () => {
  const length = (text: string, size: number): number => {
    const b = new Uint8Array(size);
    b.set(hex(text).subarray(0, size));
    return radioLength(b, 0, size);
  };
  expect(length('44000000 90000000', 200)).toBe(144);
  expect(length('00000041 00000090', 200)).toBe(144);
  expect([length('80211001 00000040', 64), length('80211002 00000044', 68)]).toEqual([64, 68]);
  expect([length('44000000 90000000', 143), length('80211001', 4)]).toEqual([SHORT, SHORT]);
  expect([
    length('45000000 90000000', 200),
    length('80211001 00000007', 200),
    length('44000000 00000100', 9000),
    length('80221001 00000040', 200),
  ]).toEqual([BAD, BAD, BAD, BAD]);
});

test('GENEVE: an option is found among others, and not beyond the options', () => {
  const h = new GeneveHeader();
  const has = (text: string): boolean => {
    const b = hex(text);
    expect(parseGeneve(b, 0, b.length, h)).toBeGreaterThan(0);
    return hasGeneveOption(b, 0, h, GENEVE_CLASS_AWS);
  };
  expect(has('0500 0800 000000 00 0103 00 02 0108010801080108 0108 01 01 00000000')).toBe(true);
  expect(has('0300 0800 000000 00 0103 00 02 0108010801080108 0108 01 01 00000000')).toBe(false);
  // A length beyond the end.
  expect(has('0100 0800 000000 00 0103 00 1f 0108 01 01')).toBe(false);
});

test('a flow has one hash in both directions, and ports of tunnels are in the dynamic range', () => {
  const flow = new Flow();
  const of = (from: string, to: string, fromPort: number, toPort: number): number => {
    const frame = ethernet(0x0800, ipv4(from, to, 17, udp(fromPort, toPort, new Uint8Array(9))));
    flow.read(frame, 0, frame.length, frame.length, FrameKind.Ethernet, 0);
    return flow.flow;
  };
  expect(of('10.0.0.1', '10.0.0.2', 1000, 53)).toBe(of('10.0.0.2', '10.0.0.1', 53, 1000));
  const ports = new Set(Array.from({ length: 500 }, (_, i) => flowPort(of('10.0.0.1', '10.0.0.2', i, 53))));
  expect(ports.size).toBeGreaterThan(450);
  expect(Math.min(...ports)).toBeGreaterThanOrEqual(FIRST_FLOW_PORT);
  expect(Math.max(...ports)).toBeLessThanOrEqual(65_535);
});
