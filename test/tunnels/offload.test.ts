import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mapping } from '../../src/linux/memory.js';
import { VNET_HDR } from '../../src/linux/tun.js';
import { OuterPacket } from '../../src/model/outer-packet.js';
import { TunnelTable } from '../../src/tunnels/kernel/table.js';
import { GroWriter } from '../../src/tunnels/packet/gro.js';
import {
  emitSegmentHeaders,
  GsoPlan,
  planGso,
  segmentEnd,
  segmentStart,
} from '../../src/tunnels/packet/gso.js';
import { InnerPacket, parseInnerPacket } from '../../src/tunnels/packet/inner-packet.js';
import { findPartialChecksum, PartialChecksum } from '../../src/tunnels/packet/partial-checksum.js';
import { parseTunnelSpec } from '../../src/tunnels/spec/spec.js';
import { setU16, setU32, u16, u32 } from '../../src/wire/bytes.js';
import { checksum, foldChecksum, sumWords } from '../../src/wire/checksum.js';
import { outerPacket } from '../support/oracle-receiver.js';
import { TestTun } from '../support/test-tun.js';

const FIRST_SEGMENT = 1 << 16;

interface Stream {
  readonly ethernet: boolean;
  readonly ipv6: boolean;
  readonly tcp: boolean;
  readonly size: number;
  readonly payload: number;
  readonly push: boolean;
}

/**
 * A packet as a device with segmentation offload gives it: virtio_net_hdr, incomplete checksum, large
 * payload.
 */
function largePacket(s: Stream): Uint8Array {
  const ethernet = s.ethernet ? 14 : 0;
  const ip = s.ipv6 ? 40 : 20;
  const transport = s.tcp ? 32 : 8;
  const b = new Uint8Array(VNET_HDR + ethernet + ip + transport + s.payload);
  const at = VNET_HDR;
  const network = at + ethernet;
  const t = network + ip;
  if (s.ethernet) {
    b.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2], at);
    setU16(b, at + 12, s.ipv6 ? 0x86dd : 0x0800);
  }
  const protocol = s.tcp ? 6 : 17;
  let sum = protocol + transport + s.payload;
  if (s.ipv6) {
    setU32(b, network, 0x60012345);
    setU16(b, network + 4, transport + s.payload);
    b[network + 6] = protocol;
    b[network + 7] = 64;
    b.fill(0xfd, network + 8, network + 24);
    b.fill(0xfc, network + 24, network + 40);
    sum = sumWords(b, network + 8, network + 40, sum);
  } else {
    b[network] = 0x45;
    setU16(b, network + 2, b.length - network);
    setU16(b, network + 4, 0xfff0);
    setU16(b, network + 6, 0x4000);
    b[network + 8] = 64;
    b[network + 9] = protocol;
    b.set([10, 0, 0, 1, 10, 0, 0, 2], network + 12);
    setU16(b, network + 10, checksum(b, network, network + 20));
    sum = sumWords(b, network + 12, network + 20, sum);
  }
  setU16(b, t, 1234);
  setU16(b, t + 2, 80);
  if (s.tcp) {
    setU32(b, t + 4, 0xffffff00);
    setU32(b, t + 8, 77);
    b[t + 12] = 8 << 4;
    b[t + 13] = s.push ? 0x18 : 0x10;
    setU16(b, t + 14, 500);
    b.set([1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2], t + 20);
  } else setU16(b, t + 4, transport + s.payload);
  for (let i = 0; i < s.payload; i++) b[t + transport + i] = i * 7 + (i >>> 8);
  setU16(b, t + (s.tcp ? 16 : 6), ~foldChecksum(sum) & 0xffff);
  const segmented = s.payload > s.size;
  b[0] = 1;
  b[1] = !segmented ? 0 : s.tcp ? (s.ipv6 ? 4 : 1) : 5;
  b.set([ethernet + ip + transport, 0], 2);
  if (segmented) b.set([s.size & 0xff, s.size >>> 8], 4);
  b.set([ethernet + ip, 0], 6);
  b.set([s.tcp ? 16 : 6, 0], 8);
  return b;
}

/**
 * Cuts the packet, each segment to its own place in `arena`.
 *
 * @returns the places
 */
function cut(packet: Uint8Array, ethernet: boolean, arena: Uint8Array): [number, number][] {
  arena.set(packet);
  const p = new InnerPacket();
  p.bytes = arena;
  p.at = VNET_HDR;
  p.end = packet.length;
  expect(parseInnerPacket(p, ethernet)).toBe(true);
  const plan = new GsoPlan();
  expect(planGso(p, plan)).toBe(true);
  if (plan.segments === 1) return [[p.at, p.end]];
  const places: [number, number][] = [];
  let o = FIRST_SEGMENT + 2;
  for (let i = 0; i < plan.segments; i++) {
    const headers = emitSegmentHeaders(p, plan, i, o);
    arena.copyWithin(o + headers, segmentStart(plan, i), segmentEnd(p, plan, i));
    const end = o + headers + segmentEnd(p, plan, i) - segmentStart(plan, i);
    places.push([o, end]);
    o = (end + 3) & ~1;
  }
  return places;
}

const streams = fc.record({
  ethernet: fc.boolean(),
  ipv6: fc.boolean(),
  tcp: fc.boolean(),
  size: fc.integer({ min: 500, max: 1448 }),
  payload: fc.integer({ min: 1, max: 20_000 }),
  push: fc.boolean(),
});

describe('segmentation and receive offload', () => {
  const arena = Mapping.anonymous(1 << 18);
  const tun = new TestTun(-1, 't', false);

  /** What was written to the device since the last call. */
  const written = () => Buffer.concat(tun.takePackets().flatMap(({ header, bytes }) => [header, bytes]));
  const writer = (ethernet: boolean, mtu = 1476) =>
    new GroWriter(
      tun,
      arena,
      ethernet,
      () => mtu,
      () => 1500,
    );

  it('makes segments that are whole packets with correct lengths, checksums and sequence numbers', () => {
    fc.assert(
      fc.property(streams, (s) => {
        const places = cut(largePacket(s), s.ethernet, arena.bytes);
        expect(places).toHaveLength(Math.ceil(s.payload / s.size));
        places.forEach(([at, end], i) => {
          const b = arena.bytes;
          const n = s.ethernet ? at + 14 : at;
          const t = n + (s.ipv6 ? 40 : 20);
          if (s.ipv6) expect(u16(b, n + 4)).toBe(end - t);
          else {
            expect(u16(b, n + 2)).toBe(end - n);
            expect(checksum(b, n, t)).toBe(0);
            expect(u16(b, n + 4)).toBe((0xfff0 + i) & 0xffff);
          }
          const pseudo = s.ipv6 ? sumWords(b, n + 8, n + 40) : sumWords(b, n + 12, n + 20);
          expect(foldChecksum(sumWords(b, t, end, pseudo + (s.tcp ? 6 : 17) + end - t))).toBe(0);
          if (s.tcp) {
            expect(u32(b, t + 4)).toBe((0xffffff00 + i * s.size) >>> 0);
            expect((b[t + 13] & 0x08) !== 0).toBe(s.push && i === places.length - 1);
          } else expect(u16(b, t + 4)).toBe(end - t);
        });
      }),
    );
  });

  it('joins segments to the original packet', () => {
    fc.assert(
      fc.property(streams, (s) => {
        const large = largePacket(s);
        const places = cut(large, s.ethernet, arena.bytes);
        // In one of 65536 packets the incomplete checksum equals the complete one by chance.
        const type = s.ipv6 ? 0x86dd : 0x0800;
        const network = (at: number) => (s.ethernet ? at + 14 : at);
        const partial = new PartialChecksum();
        fc.pre(
          !places.some(([at, end]) => findPartialChecksum(arena.bytes, network(at), end, type, partial)),
        );
        const gro = writer(s.ethernet);
        for (const [at, end] of places) gro.write(arena.bytes, at, end, s.ipv6 ? 0x86dd : 0x0800);
        gro.flush();
        gro.close();
        const out = written();
        expect(gro.dropped).toBe(0);
        // A single segment is written as it is, with a complete checksum.
        const expected = places.length > 1 ? large : arena.bytes.slice(places[0][0] - VNET_HDR, places[0][1]);
        if (places.length === 1) expected.fill(0, 0, VNET_HDR);
        expect(Buffer.compare(out, expected)).toBe(0);
      }),
    );
  });

  it.each([
    ['another acknowledgment', (b: Uint8Array, t: number) => setU32(b, t + 8, 78)],
    ['a gap', (b: Uint8Array, t: number) => setU32(b, t + 4, 5)],
    ['another port', (b: Uint8Array, t: number) => setU16(b, t, 1235)],
    ['a FIN', (b: Uint8Array, t: number) => (b[t + 13] |= 1)],
    ['another timestamp', (b: Uint8Array, t: number) => (b[t + 27] = 9)],
    ['a wrong checksum', (b: Uint8Array, t: number) => (b[t + 17] ^= 1)],
    ['another TTL', (b: Uint8Array, t: number) => (b[t - 12] = 63)],
  ])('does not join a segment with %s', (_, change) => {
    const s = { ethernet: false, ipv6: false, tcp: true, size: 1000, payload: 2000, push: false };
    const [first, second] = cut(largePacket(s), false, arena.bytes);
    const b = arena.bytes;
    const t = second[0] + 20;
    const wrong = _ === 'a wrong checksum';
    change(b, t);
    if (!wrong) {
      setU16(b, t + 16, 0);
      setU16(
        b,
        t + 16,
        foldChecksum(sumWords(b, t, second[1], sumWords(b, second[0] + 12, t, 6 + second[1] - t))),
      );
    }
    const gro = writer(false);
    gro.write(b, ...first, 0x0800);
    gro.write(b, ...second, 0x0800);
    gro.flush();
    gro.close();
    const zero = new Uint8Array(VNET_HDR);
    const expected = Buffer.concat([zero, b.subarray(...first), zero, b.subarray(...second)]);
    expect(Buffer.compare(written(), expected)).toBe(0);
  });

  it.each([
    [false, false],
    [true, true],
  ])('passes on a packet that the kernel has already joined (Ethernet %s, IPv6 %s)', (ethernet, ipv6) => {
    const large = largePacket({ ethernet, ipv6, tcp: true, size: 1400, payload: 9000, push: true });
    const at = 100;
    arena.bytes.set(large.subarray(VNET_HDR), at);
    const end = at + large.length - VNET_HDR;
    const gro = writer(ethernet, 1400 + (ipv6 ? 40 : 20) + 32);
    gro.write(arena.bytes, at, end, ipv6 ? 0x86dd : 0x0800);
    gro.close();
    expect(Buffer.compare(written(), large)).toBe(0);
  });

  it('accepts a joined packet that has its first segment’s GRE checksum, and no other wrong checksum', () => {
    const large = largePacket({
      ethernet: false,
      ipv6: false,
      tcp: true,
      size: 1400,
      payload: 3000,
      push: true,
    });
    const inner = large.subarray(VNET_HDR);
    const outer = new Uint8Array(20 + 8 + inner.length);
    outer.set([
      0x45,
      0,
      outer.length >>> 8,
      outer.length & 0xff,
      0,
      0,
      0,
      0,
      64,
      47,
      0,
      0,
      10,
      9,
      0,
      2,
      10,
      9,
      0,
      1,
    ]);
    outer.set([0x80, 0, 8, 0, 0x12, 0x34, 0, 0], 20);
    outer.set(inner, 28);
    const table = new TunnelTable();
    table.add(parseTunnelSpec('t mode gre remote 10.9.0.2 local 10.9.0.1 csum'));
    expect(table.rcv(outerPacket(new OuterPacket(), outer))).toBe(true);
    outer[28 + 20 + 17] ^= 1;
    expect(table.rcv(outerPacket(new OuterPacket(), outer))).toBe(false);
  });

  it('survives any bytes from a device', () => {
    const p = new InnerPacket();
    const plan = new GsoPlan();
    fc.assert(
      fc.property(fc.uint8Array({ minLength: VNET_HDR, maxLength: 200 }), fc.boolean(), (bytes, ethernet) => {
        p.bytes = bytes;
        p.at = VNET_HDR;
        p.end = bytes.length;
        if (!parseInnerPacket(p, ethernet) || !planGso(p, plan) || plan.segments === 1) return;
        expect(plan.payload).toBeLessThan(p.end);
        expect(plan.segments).toBeLessThanOrEqual(200);
      }),
      { numRuns: 2000 },
    );
  });
});
