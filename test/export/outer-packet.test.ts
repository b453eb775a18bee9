/** Frames put back into UDP are found again by the demux, as they were. */
import { expect, it } from 'vitest';
import { OuterPackets } from '../../src/export/outer-packet.js';
import { type Inputs, UDP_INPUT_KINDS, UDP_INPUT_PORTS } from '../../src/model/inputs.js';
import { MIRROR_TYPE_NAMES, MirrorPoint, type MirrorType } from '../../src/model/mirror-point.js';
import { PacketLayer } from '../../src/model/packet-layer.js';
import { PacketRow } from '../../src/store/packet-rows.js';
import { u16 } from '../../src/wire/bytes.js';
import { Collected } from '../demux/collect.js';
import { batchOf } from '../demux/outer.js';
import { bytes, ethernet, ipv4, ipv6, tcp } from '../support/frames.js';
import { hex } from '../support/hex.js';
import { ipBytes } from '../support/traffic/host.js';

const INPUTS: Inputs = {
  gre: false,
  udp: UDP_INPUT_KINDS.map((kind) => ({ kind, port: UDP_INPUT_PORTS[kind] })),
  span: [],
};
const IP = ipv4('10.1.0.1', '10.1.0.2', 6, tcp(40_000, 443, 2));
const IP6 = ipv6('2001:db8::a', '2001:db8::b', 6, tcp(40_000, 443, 2));
const FRAME = ethernet(0x0800, IP);
const WLAN = bytes(hex('8801 2c00 020000000aff 020000000101 020000000102 1000 0000 aaaa03 000000 0800'), IP);
const ETHERNET = { layer: PacketLayer.Ethernet, protocol: 0x6558, frame: FRAME };
const V4 = { layer: PacketLayer.Ipv4, protocol: 0x0800, frame: IP };
const V6 = { layer: PacketLayer.Ipv6, protocol: 0x86dd, frame: IP6 };
const PPP = { layer: PacketLayer.Ppp, protocol: 0x880b, frame: bytes(hex('ff03 0021'), IP) };

type Name = (typeof MIRROR_TYPE_NAMES)[number];
interface Kept {
  readonly layer: PacketLayer;
  readonly protocol: number;
  readonly frame: Uint8Array;
  readonly session?: number;
  readonly key?: number;
  readonly said?: object;
}

/** IPv4 as ::ffff:a.b.c.d. */
function address(text: string): Uint8Array {
  const b = ipBytes(text);
  return b.length === 16 ? b : bytes(new Uint8Array(10), [0xff, 0xff], b);
}

function rowOf(type: Name, ends: readonly [string, string], kept: Kept): PacketRow {
  const { session = 0, key = null, said = {} } = kept;
  const number = MIRROR_TYPE_NAMES.indexOf(type) as MirrorType;
  const point = new MirrorPoint(0, number, address(ends[0]), address(ends[1]), session, key);
  const row = new PacketRow();
  Object.assign(row.mirrored, { point, protocol: kept.protocol }, said);
  return Object.assign(row, {
    layer: kept.layer,
    frame: kept.frame,
    originalLength: kept.frame.length,
  });
}

const CASES: [Name, Kept][] = [
  ['vxlan', { ...ETHERNET, session: 0xffffff }],
  ['vxlan', { ...ETHERNET, session: 1, said: { securityGroup: 900 } }],
  ['vxlan-gpe', { ...ETHERNET, session: 2 }],
  ['vxlan-gpe', { ...V4, session: 2 }],
  ['vxlan-gpe', { ...V6, session: 2 }],
  ['vxlan-gpe', { layer: PacketLayer.Other, protocol: 0x8847, frame: bytes(hex('00064140'), IP) }],
  ['vxlan-gpe', { layer: PacketLayer.Other, protocol: 0x894f, frame: bytes(hex('0fc2020100000101'), IP) }],
  ['geneve', { ...ETHERNET, session: 3 }],
  ['geneve', { ...V4, session: 3 }],
  ['geneve', { ...V6, session: 3 }],
  ['gre-udp', { ...ETHERNET }],
  ['gre-udp', { ...ETHERNET, key: 77, said: { securityGroup: 900 } }],
  ['gre-udp', { ...V6, key: 78 }],
  ['tzsp', { ...ETHERNET, said: { sensor: 0x020000000077 } }],
  ['tzsp', { ...V4 }],
  ['tzsp', { ...V6, protocol: 0x0800 }],
  ['tzsp', { ...PPP }],
  ['tzsp', { layer: PacketLayer.Ieee80211, protocol: 0x8200, frame: WLAN }],
  ['jmirror', { ...V4, session: 0xfffffff0, said: { port: 0xfffffff1 } }],
  ['jmirror', { ...V6, protocol: 0x0800, session: 5 }],
  ['jmirror', { ...PPP, session: 6 }],
  ['erm', { ...ETHERNET, said: { vlan: 60, cos: 5 } }],
  ['erm', { ...ETHERNET }],
];

it.each(CASES)('%s: %o', (type, kept) => {
  for (const ends of [
    ['10.0.0.1', '10.0.0.9'],
    ['2001:db8:1::1', '2001:db8:1::9'],
  ] as const) {
    const outer = new OuterPackets();
    const n = outer.build(rowOf(type, ends, kept));
    expect(n).toBe(outer.length);
    const out = new Collected({ inputs: INPUTS });
    out.demux.process(batchOf([outer.bytes.slice(0, n)]));
    expect(out.malformed).toEqual({});
    const [frame] = out.frames;
    const { session = 0, key = null, said = {} } = kept;
    expect(frame).toMatchObject({ type, source: ends[0], target: ends[1], session, key, truncated: false });
    expect(frame.mirrored).toMatchObject({ protocol: kept.protocol, ...said });
    expect(frame.bytes).toEqual(kept.frame);
  }
});

it('a frame that was kept in part is cut, in UDP too', () => {
  const row = rowOf('vxlan', ['10.0.0.1', '10.0.0.9'], { ...ETHERNET, session: 1 });
  row.frame = FRAME.subarray(0, 40);
  const outer = new OuterPackets();
  const n = outer.build(row);
  expect(outer.length - n).toBe(FRAME.length - 40);
  const out = new Collected({ inputs: INPUTS });
  out.demux.process(batchOf([{ bytes: outer.bytes.slice(0, n), length: outer.length }]));
  expect(out.malformed).toEqual({});
  expect(out.frames[0].truncated).toBe(true);
});

it('both directions of a conversation have the source port that is the hash of their ends', () => {
  const outer = new OuterPackets();
  const back = ethernet(0x0800, ipv4('10.1.0.2', '10.1.0.1', 6, tcp(443, 40_000, 2)));
  const other = ethernet(0x0800, ipv4('10.1.0.2', '10.1.0.1', 6, tcp(443, 40_001, 2)));
  const ports = [FRAME, back, other].map((frame) => {
    outer.build(rowOf('vxlan', ['10.0.0.1', '10.0.0.9'], { ...ETHERNET, frame, session: 1 }));
    return u16(outer.bytes, 20);
  });
  expect(ports[0]).toBe(ports[1]);
  expect(ports[2]).not.toBe(ports[0]);
});

it.each([
  ['vxlan-gpe', 0],
  ['tzsp', 0],
] as const)('%s cannot carry a frame of which nothing is known', (type, protocol) => {
  const kept = { layer: PacketLayer.Other, protocol, frame: FRAME };
  expect(new OuterPackets().build(rowOf(type, ['10.0.0.1', '10.0.0.9'], kept))).toBe(0);
});
