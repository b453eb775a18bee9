import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeFrame,
  Frame,
  FrameKind,
  KNOWN_TUNNEL_PORTS,
  MAX_LAYERS,
  MAX_VLANS,
  Walk,
} from '../../src/wire/walk/frame.js';
import { MALFORMED_NAMES } from '../../src/wire/walk/malformed.js';
import { hex } from '../support/hex.js';
import { ethernet, extension, gre, ipv4, ipv6, join, mpls, tcp, udp, vlan } from '../support/stack.js';

const walk = new Walk(KNOWN_TUNNEL_PORTS);

const IP4 = ipv4(6, tcp(hex('68656c6c6f')));
const IP6 = ipv6(0, extension(0, extension(44, udp(53, hex('00')), { nextHeader: 17 }), { nextHeader: 44 }));
const SNAP = join(hex('aaaa03 000000 0800'), IP4);
/** One frame for every path of the walk, to be damaged. */
const SEEDS: [number, number, Uint8Array][] = [
  [FrameKind.Ethernet, 0, ethernet(0x8100, vlan(5, 0x0800, IP4))],
  [FrameKind.Ethernet, 0, ethernet(0x86dd, IP6)],
  [FrameKind.Ethernet, 0, ethernet(SNAP.length, SNAP)],
  [FrameKind.Ethernet, 0, ethernet(0x8847, mpls(16, 1, join(hex('00000000'), ethernet(0x0800, IP4))))],
  [FrameKind.Ethernet, 0, ethernet(0x8864, join(hex('1100 0001 002f 0021'), IP4))],
  [FrameKind.Ethernet, 0, ethernet(0x8909, join(hex('0101 0001 0007 0800'), IP4))],
  [
    FrameKind.Ethernet,
    0,
    ethernet(0x0800, ipv4(17, udp(4789, join(hex('0800000000006400'), ethernet(0x86dd, IP6))))),
  ],
  [
    FrameKind.Ethernet,
    0,
    ethernet(0x0800, ipv4(17, udp(6081, join(hex('0100655800006400 01020300'), ethernet(0x0800, IP4))))),
  ],
  [
    FrameKind.Ip,
    0,
    ipv4(47, gre(0x88be, join(hex('1000001e0000007b'), ethernet(0x0800, IP4)), { flags: 0x1000 })),
  ],
  [
    FrameKind.Ip,
    0,
    ipv4(
      47,
      gre(0x22eb, join(hex('2000001e000000000000000114000900 0000002a'), ethernet(0x0800, IP4)), {
        flags: 0x1000,
      }),
    ),
  ],
  // A later fragment with an option.
  [FrameKind.Ip, 0, hex('46000020 00210005 40110000 0a000001 0a000002 01010101 0102030405060708')],
  [FrameKind.Ip, 0, ipv6(51, join(hex('0402 0000 0000000100000001 00000000'), IP4))],
  [FrameKind.Ppp, 0, join(hex('ff030057'), IP6)],
  [FrameKind.EtherType, 0x883e, IP4],
  [
    FrameKind.Ieee80211,
    0,
    join(hex('8803 0000 0a0000000001 0a0000000002 0a0000000003 0000 0a0000000004 0000'), SNAP),
  ],
  [FrameKind.Amsdu, 0, ethernet(SNAP.length, SNAP)],
];

const kind = fc.constantFrom(...Object.values(FrameKind));
const type = fc.constantFrom(0x0800, 0x86dd, 0x8100, 0x8847, 0x8864, 0x8909, 0x6558, 0x880b, 0x0806, 0x1234);
const noise = fc.tuple(kind, type, fc.uint8Array({ maxLength: 300 }));
/** A seed with some bytes changed, cut somewhere. */
const damaged = fc
  .tuple(
    fc.constantFrom(...SEEDS),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
    fc.nat(),
  )
  .map(([[k, t, seed], changes, cut]): [number, number, Uint8Array] => {
    const b = seed.slice();
    for (const [at, value] of changes) b[at % b.length] = value;
    return [k, t, cut % 3 === 0 ? b.subarray(0, cut % (b.length + 1)) : b];
  });

function numbers(f: Frame): unknown[] {
  const layers = [...f.layerKind.subarray(0, f.layerCount), ...f.layerOffset.subarray(0, f.layerCount)];
  const scalars = Object.values(f).filter((v) => typeof v !== 'object');
  return [...scalars, ...layers, ...f.vlanIds.subarray(0, f.vlanCount)];
}

/** Asserts with Node.js, whose assertions take a tenth of the time of `expect`: there are many. */
function check(k: number, t: number, bytes: Uint8Array, missing: number, around: number): void {
  const lead = 7;
  const b = new Uint8Array(lead + bytes.length + 80).fill(around);
  b.set(bytes, lead);
  const end = lead + bytes.length;
  const f = new Frame();
  decodeFrame(walk, k, t, b, lead, end, end + missing, f);

  const within = (at: number, size: number) => at === -1 || (at >= lead && at + size <= end);
  const size = f.ipVersion === 6 ? 16 : 4;
  assert.ok(within(f.mac, 6) && within(f.macSource, 6));
  assert.ok(within(f.ip, f.ipVersion === 6 ? 40 : 20));
  assert.ok(within(f.source, size) && within(f.destination, size) && within(f.transport, 1));
  assert.ok([0, 4, 6].includes(f.ipVersion));
  const view = new DataView(b.buffer);
  const word = (at: number) => (f.ipVersion === 0 ? 0 : view.getInt32(at + size - 4));
  assert.deepEqual([f.sourceWord, f.destinationWord], [word(f.source), word(f.destination)]);
  assert.equal(f.ip === -1, f.ipVersion === 0);
  assert.ok(f.ipLength >= 0, `ipLength ${f.ipLength}`);
  assert.ok(f.payloadLength >= 0, `payloadLength ${f.payloadLength}`);
  assert.ok(f.payloadLength <= f.ipLength, `payloadLength ${f.payloadLength} of ${f.ipLength}`);
  assert.ok(f.vlanCount <= MAX_VLANS, `vlanCount ${f.vlanCount}`);
  assert.ok(f.layerCount <= MAX_LAYERS, `layerCount ${f.layerCount}`);
  for (let i = 0; i < f.layerCount; i++) assert.ok(within(f.layerOffset[i], 0), `layer ${i}`);
  assert.ok(f.malformed === 0 || MALFORMED_NAMES[f.malformed] !== '');

  // The bytes around the frame do not matter: with other ones the result is the same.
  const other = new Frame();
  const c = b.map((v, i) => (i < lead || i >= end ? v ^ 0xa5 : v));
  decodeFrame(walk, k, t, c, lead, end, end + missing, other);
  assert.deepEqual(numbers(other), numbers(f));
}

const missing = fc.constantFrom(0, 0, 1, 40, 1400);
const around = fc.integer({ min: 0, max: 255 });

test('no bytes make a walk throw, read beyond the frame or return an offset there', () => {
  fc.assert(
    fc.property(noise, missing, around, ([k, t, bytes], m, a) => check(k, t, bytes, m, a)),
    { numRuns: 2000 },
  );
});

test('frames of every kind with a few wrong bytes, or cut, do no harm either', () => {
  fc.assert(
    fc.property(damaged, missing, around, ([k, t, bytes], m, a) => check(k, t, bytes, m, a)),
    { numRuns: 6000 },
  );
});

test('cutting a frame never changes its conversation, only how much is known of it', () => {
  for (const [k, t, bytes] of SEEDS) {
    const whole = new Frame();
    decodeFrame(walk, k, t, bytes, 0, bytes.length, bytes.length, whole);
    expect(whole.malformed).toBe(0);
    for (let n = 0; n < bytes.length; n++) {
      const f = new Frame();
      decodeFrame(walk, k, t, bytes, 0, n, bytes.length, f);
      expect([n, f.malformed]).toEqual([n, 0]);
      expect(f.truncated).toBe(true);
      if (f.ip === whole.ip) expect(f.ipLength).toBe(whole.ipLength);
    }
  }
});
