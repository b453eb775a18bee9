import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fingerprint, pathKey } from '../../src/paths/fingerprint.js';
import { O, OBSERVATION_WORDS, ObservationKind } from '../../src/paths/observation.js';
import { decodeFrame, Frame, KNOWN_TUNNEL_PORTS, Walk } from '../../src/wire/walk/frame.js';
import { FrameKind } from '../../src/wire/walk/layers.js';
import { ipv4, ipv6, tcp, udp } from '../support/frames.js';
import { TEST_KEY } from '../support/path-world.js';

const walk = new Walk(KNOWN_TUNNEL_PORTS);
const IP = 0x0800;
const all = new Fingerprint(TEST_KEY, 1);

function framed(packet: Uint8Array, captured = packet.length): Frame {
  const f = new Frame();
  f.sec = 5;
  decodeFrame(walk, FrameKind.EtherType, IP, packet, 0, captured, packet.length, f);
  return f;
}

interface Print {
  kind: number;
  full: string;
  bare: string;
  length: number;
}

function printOf(f: Frame, fingerprint = all): Print | undefined {
  const o = new Int32Array(OBSERVATION_WORDS);
  if (!fingerprint.take(f, 3, true, o, 0)) return undefined;
  expect(o[O.KIND] >>> 8).toBe(3);
  return {
    kind: o[O.KIND] & 0xff,
    full: `${o[O.PRINT]} ${o[O.PRINT + 1]}`,
    bare: `${o[O.BARE_PRINT]} ${o[O.BARE_PRINT + 1]}`,
    length: o[O.LENGTH] >> 1,
  };
}

const PAYLOAD = Uint8Array.from({ length: 60 }, (_, i) => i);
const UDP = ipv4('10.0.0.1', '10.0.0.2', 17, udp(4000, 5000, PAYLOAD));
const ID = 4;

/** A packet with bytes changed. */
function changed(packet: Uint8Array, bytes: Readonly<Record<number, number>>): Uint8Array {
  const copy = packet.slice();
  for (const [at, byte] of Object.entries(bytes)) copy[Number(at)] = byte;
  return copy;
}

describe('a fingerprint', () => {
  it.each([
    ['TTL', { 8: 3 }],
    ['DSCP and ECN', { 1: 0xff }],
    ['DF', { 6: 0x40 }],
    ['the header checksum', { 10: 1, 11: 2 }],
    ['the checksum of UDP', { 26: 9, 27: 9 }],
  ])('does not depend on %s', (_, bytes) => {
    expect(printOf(framed(changed(UDP, bytes)))).toEqual(printOf(framed(UDP)));
  });

  it.each([
    ['the identification', { [ID]: 7 }],
    ['payload', { 28: 77 }],
    ['the last byte of it that counts', { 59: 77 }],
  ])('depends on %s', (_, bytes) => {
    expect(printOf(framed(changed(UDP, bytes)))?.full).not.toBe(printOf(framed(UDP))?.full);
    expect(printOf(framed(changed(UDP, bytes)))?.bare).not.toBe(printOf(framed(UDP))?.bare);
  });

  it('without addresses and ports is the same over a NAT', () => {
    const translated = ipv4('192.0.2.1', '10.0.0.2', 17, udp(1, 5000, PAYLOAD));
    expect(printOf(framed(translated))?.full).not.toBe(printOf(framed(UDP))?.full);
    expect(printOf(framed(translated))?.bare).toBe(printOf(framed(UDP))?.bare);
  });

  it('is the same for a packet and the first of those that it is split into', () => {
    const long = printOf(framed(ipv4('10.0.0.1', '10.0.0.2', 17, udp(4000, 5000, new Uint8Array(100)))));
    const short = printOf(framed(ipv4('10.0.0.1', '10.0.0.2', 17, udp(4000, 5000, new Uint8Array(40)))));
    expect(short?.full).toBe(long?.full);
    expect([long?.length, short?.length]).toEqual([100, 40]);
  });

  it('is missing where a mirror cut the packet too short, and says how much is there', () => {
    expect(printOf(framed(UDP, 28 + 31))).toMatchObject({ kind: ObservationKind.Cut, length: 31 });
    expect(printOf(framed(UDP, 28 + 32))).toMatchObject({ kind: ObservationKind.Whole, length: 60 });
    expect(printOf(framed(UDP, 22))).toMatchObject({ kind: ObservationKind.Cut });
  });

  it('differs with the key', () => {
    const other = new Fingerprint(pathKey(Buffer.from('another key')), 1);
    expect(printOf(framed(UDP), other)?.full).not.toBe(printOf(framed(UDP))?.full);
  });

  it('has no two alike of different TCP packets', () => {
    const prints = new Set<string>();
    for (let i = 0; i < 5000; i++)
      prints.add(printOf(framed(ipv4('10.0.0.1', '10.0.0.2', 6, tcp(80, 4000, 16, i))))?.full ?? '');
    expect(prints.size).toBe(5000);
  });

  it('is not taken of frames without IP', () => {
    const f = new Frame();
    decodeFrame(walk, FrameKind.EtherType, 0x0806, new Uint8Array(28), 0, 28, 28, f);
    expect(printOf(f)).toBeUndefined();
  });
});

describe('sampling', () => {
  it('takes its share, the same packets wherever they are seen, and over a NAT', () => {
    const eighth = new Fingerprint(TEST_KEY, 8);
    let sampled = 0;
    for (let i = 0; i < 8000; i++) {
      const payload = Uint8Array.of(i >> 8, i, 1, 2, 3, 4, 5, 6, 7, 8);
      const here = printOf(framed(ipv4('10.0.0.1', '10.0.0.2', 17, udp(4000, 53, payload))), eighth);
      const there = printOf(
        framed(changed(ipv4('192.0.2.9', '10.0.0.2', 17, udp(1, 53, payload)), { 8: 9 })),
        eighth,
      );
      expect(there?.bare).toBe(here?.bare);
      if (here !== undefined) sampled++;
    }
    expect(sampled).toBeGreaterThan(850);
    expect(sampled).toBeLessThan(1150);
  });

  it('takes every packet that is larger than Ethernet carries, for what may have been merged', () => {
    const rare = new Fingerprint(TEST_KEY, 1 << 20);
    const large = framed(ipv4('10.0.0.1', '10.0.0.2', 6, tcp(80, 4000, 16, 1, new Uint8Array(4000))));
    expect(printOf(large, rare)).toMatchObject({ kind: ObservationKind.Large, length: 4000 });
  });
});

it('takes any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 120 }), fc.nat(1), (bytes, six) => {
      bytes[0] = six === 1 ? 0x60 : 0x45;
      for (const share of [1, 8]) printOf(framed(bytes), new Fingerprint(TEST_KEY, share));
    }),
  );
  const v6 = ipv6('2001:db8::1', '2001:db8::2', 17, udp(4000, 5000, PAYLOAD));
  const f = new Frame();
  decodeFrame(walk, FrameKind.EtherType, 0x86dd, v6, 0, v6.length, v6.length, f);
  expect(printOf(f)?.kind).toBe(ObservationKind.Whole);
});
