import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER_ROOM } from '../../src/demux/fragment-runs.js';
import { bytes, erspan2, ethernet, gre, ipv4, ipv6, ipv6Fragment, udp } from '../support/frames.js';
import { Collected } from './collect.js';
import { batchOf, type Captured } from './outer.js';

const SOURCE = '10.0.0.1';
const TARGET = '10.0.0.9';
const SOURCE6 = '2001:db8:1::1';
const TARGET6 = '2001:db8:1::9';

interface Piece {
  readonly from: number;
  readonly to: number;
}

function frameOf(length: number, fill = 0): Uint8Array {
  const payload = Uint8Array.from({ length }, (_, i) => (i * 7 + fill) & 255);
  return ethernet(0x0800, ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, payload)));
}

/** The fragments of a GRE packet, one per piece, over IPv4 or IPv6. */
function fragments(
  packet: Uint8Array,
  pieces: readonly Piece[],
  six: boolean,
  id = 1,
  tos = 0,
): Uint8Array[] {
  return pieces.map(({ from, to }) => {
    const more = to < packet.length;
    const part = packet.subarray(from, to);
    if (six) return ipv6(SOURCE6, TARGET6, 44, ipv6Fragment(47, from, more, id, part));
    return ipv4(SOURCE, TARGET, 47, part, { id, fragment: [from, more], tos });
  });
}

/** Pieces of `length` bytes between cuts at multiples of 8. */
function cutAt(length: number, cuts: readonly number[]): Piece[] {
  const at = [...new Set(cuts.map((c) => (c % Math.ceil(length / 8)) * 8))]
    .filter((c) => c > 0)
    .sort((a, b) => a - b);
  return [0, ...at].map((from, i) => ({ from, to: at[i] ?? length }));
}

function demux(packets: readonly (Uint8Array | Captured)[], limits = {}): Collected {
  const out = new Collected({ reassembly: limits });
  out.demux.process(batchOf(packets));
  return out;
}

/** Bytes as text: comparing thousands of elements one by one is slow. */
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const CUTS = fc.array(fc.nat(1200), { minLength: 1, maxLength: 12 });

describe('reassembly', () => {
  it('gives each packet once, in whatever order its fragments come, and however often', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 9000 }),
        CUTS,
        fc.boolean(),
        fc.array(fc.nat(0xffff), { minLength: 30, maxLength: 30 }),
        (length, cuts, six, order) => {
          const packet = erspan2(9, 1, frameOf(length));
          const all = fragments(packet, cutAt(packet.length, cuts), six);
          fc.pre(all.length > 1);
          const shuffled = all
            .map((f, i) => [order[i % 30] + i / 100, f] as const)
            .sort((a, b) => a[0] - b[0])
            .map(([, f]) => f);
          // A fragment that is repeated before the packet is whole changes nothing.
          const twice = shuffled.slice(0, -1).flatMap((f) => [f, f]);
          const out = demux([...twice, shuffled[shuffled.length - 1]]);
          expect(out.frames.map((f) => textOf(f.bytes))).toEqual([textOf(frameOf(length))]);
          expect(out.frames[0].source).toBe(six ? SOURCE6 : SOURCE);
          expect(out.demux.counters.reassembly).toMatchObject({
            reassembled: 1,
            duplicates: all.length - 1,
            overlaps: 0,
          });
          expect(out.demux.counters.gre).toBe(1);
        },
      ),
    );
  });

  it('keeps packets apart that arrive interleaved', () => {
    const packets = Array.from({ length: 50 }, (_, i) => erspan2(9, i, frameOf(100 + i * 37, i)));
    const pieces = packets.map((p, i) => fragments(p, cutAt(p.length, [3, 9]), i % 2 === 0, 1000 + (i >> 1)));
    const out = demux([0, 1, 2].flatMap((n) => pieces.map((p) => p[n] ?? p[p.length - 1])));
    expect(out.frames.map((f) => f.bytes.length).sort((a, b) => a - b)).toEqual(
      packets.map((p) => p.length - 16),
    );
  });

  it('discards a packet whose fragments overlap, and reassembles the next', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(150), units: fc.integer({ min: 1, max: 60 }), last: fc.boolean() }), {
          minLength: 1,
          maxLength: 40,
        }),
        fc.boolean(),
        (parts, six) => {
          const data = new Uint8Array(2000);
          const list = parts.map(({ at, units, last }) => {
            const part = data.subarray(0, units * 8);
            return six
              ? ipv6(SOURCE6, TARGET6, 44, ipv6Fragment(47, at * 8, !last, 5, part))
              : ipv4(SOURCE, TARGET, 47, part, { id: 5, fragment: [at * 8, !last] });
          });
          const good = erspan2(9, 1, frameOf(500));
          const out = demux([...list, ...fragments(good, cutAt(good.length, [20]), six, 6)]);
          expect(out.frames.map((f) => textOf(f.bytes))).toContain(textOf(frameOf(500)));
          const r = out.demux.counters.reassembly;
          // Offset 0 without more fragments is no fragment.
          expect(r.fragments).toBe(parts.filter((p) => p.at > 0 || !p.last).length + 2);
          expect(r.reassembled).toBe(out.demux.counters.gre - (parts.length + 2 - r.fragments));
        },
      ),
    );
  });

  it('discards a partial overlap, and counts it', () => {
    const packet = erspan2(9, 1, frameOf(500));
    const pieces = [
      { from: 0, to: 160 },
      { from: 152, to: 320 },
      { from: 320, to: packet.length },
    ];
    for (const six of [false, true]) {
      const out = demux(fragments(packet, pieces, six));
      out.demux.finish();
      expect(out.frames).toEqual([]);
      expect(out.demux.counters.reassembly).toMatchObject({
        overlaps: 1,
        reassembled: 0,
        unfinished: 1,
        begun: 0,
      });
      expect(out.malformed).toEqual({ ip_fragment: 1, reassembly: 1 });
    }
  });

  it('refuses impossible fragments', () => {
    const part = new Uint8Array(16);
    const four = (at: number, more: boolean, data = part): Uint8Array =>
      ipv4(SOURCE, TARGET, 47, data, { id: 7, fragment: [at, more] });
    const six = ipv6(SOURCE6, TARGET6, 44, ipv6Fragment(47, 0, true, 1, part.subarray(0, 9)));
    const out = demux([
      four(65_528, false),
      four(64, false),
      four(128, true),
      six,
      four(8, true, part.subarray(0, 0)),
    ]);
    expect(out.demux.counters.reassembly.invalid).toBe(4);
    expect(out.malformed).toEqual({ ip_fragment: 4 });
  });

  it('refuses a packet with more headers than there is room for before its payload', () => {
    const packet = erspan2(9, 1, frameOf(500));
    const [a, b] = cutAt(packet.length, [20]).map(({ from, to }) => packet.subarray(from, to));
    for (const [units, frames] of [
      [58, 1],
      [59, 0],
    ]) {
      const options = new Uint8Array(8 * units);
      options.set([44, units - 1, 1, 4]);
      const piece = (at: number, more: boolean, part: Uint8Array): Uint8Array =>
        ipv6(SOURCE6, TARGET6, 60, bytes(options, ipv6Fragment(47, at, more, 1, part)));
      const out = demux([piece(0, true, a), piece(a.length, false, b)]);
      expect(out.frames.length).toBe(frames);
      expect(out.malformed).toEqual(frames === 1 ? {} : { ip_fragment: 2 });
      // The fragment header is one of them.
      expect(40 + options.length + 8 <= HEADER_ROOM).toBe(frames === 1);
    }
  });

  it('gives up after the timeout, by packet time', () => {
    const packet = erspan2(9, 1, frameOf(500));
    const [a, b] = fragments(packet, cutAt(packet.length, [20]), false);
    expect(
      demux([
        { bytes: a, sec: 100 },
        { bytes: b, sec: 130 },
      ]).frames.length,
    ).toBe(1);
    const out = demux([
      { bytes: a, sec: 100 },
      { bytes: b, sec: 131 },
    ]);
    expect(out.frames.map((f) => f.truncated)).toEqual([true]);
    expect(out.demux.counters.reassembly).toMatchObject({ timeouts: 1, incomplete: 1 });
    out.demux.advance(162);
    expect(out.demux.counters.reassembly).toMatchObject({ timeouts: 2, incomplete: 2 });
    expect(out.frames).toHaveLength(1);
    expect(out.malformed).toEqual({ reassembly: 1 });
  });

  it('also gives up packets that a wrong clock has put into the future', () => {
    const packet = erspan2(9, 1, frameOf(500));
    const [a, b] = fragments(packet, cutAt(packet.length, [20]), false);
    const [other] = fragments(packet, cutAt(packet.length, [20]), false, 2);
    const out = demux([
      { bytes: a, sec: 4_000_000_000 },
      { bytes: other, sec: 100 },
      { bytes: b, sec: 131 },
    ]);
    expect(out.frames.map((f) => f.truncated)).toEqual([true, true]);
    expect(out.demux.counters.reassembly.timeouts).toBe(2);
  });

  it('gives up the oldest packet if there are too many, or too little memory', () => {
    const packets = Array.from({ length: 6 }, (_, i) => erspan2(9, i, frameOf(3000, i)));
    const pieces = packets.map((p, i) => fragments(p, cutAt(p.length, [200]), false, i));
    const list = [...pieces.map((p) => p[0]), ...pieces.map((p) => p[1])];
    const few = demux(list, { datagrams: 4 });
    expect(few.frames.every((f) => f.truncated)).toBe(true);
    expect(few.demux.counters.reassembly.noPlace).toBeGreaterThan(0);
    few.demux.finish();
    expect(few.demux.counters.reassembly).toMatchObject({ incomplete: 12, begun: 6 });
    expect(few.frames).toHaveLength(6);
    expect(few.malformed).toEqual({ reassembly: 6 });
    const reversed = demux([...list.slice(0, 6), ...list.slice(8)], { datagrams: 4 });
    expect(reversed.frames.filter((f) => !f.truncated).map((f) => f.bytes)).toEqual(
      [2, 3, 4, 5].map((i) => frameOf(3000, i)),
    );
    const small = demux([...list.slice(0, 6), ...list.slice(9)], { memory: 13_000 });
    expect(small.frames.map((f) => f.bytes)).toContainEqual(frameOf(3000, 5));
    const { noMemory, incomplete } = small.demux.counters.reassembly;
    expect(noMemory).toBeGreaterThan(0);
    expect(incomplete).toBe(noMemory);
  });

  it('returns the beginning of an incomplete packet as a cut one, with the time it began', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 300, max: 9000 }),
        CUTS,
        fc.boolean(),
        fc.nat(11),
        fc.nat(0xffff),
        (length, cuts, six, missing, order) => {
          const frame = frameOf(length);
          const packet = erspan2(9, 1, frame);
          const pieces = cutAt(packet.length, cuts);
          fc.pre(pieces.length > 1);
          const gone = missing % pieces.length;
          const there = fragments(packet, pieces, six).filter((_, i) => i !== gone);
          const turned = there.map((_, i) => there[(i + order) % there.length]);
          const out = demux(turned.map((part, i) => ({ bytes: part, sec: 100 + i })));
          expect(out.frames).toEqual([]);
          out.demux.finish();
          const end = pieces[gone].from;
          const { counters } = out.demux;
          expect(counters.reassembly).toMatchObject({ incomplete: 1, begun: end > 0 ? 1 : 0 });
          if (end < 16 + 42) {
            // Not enough for the ports. Without any beginning it is malformed, as before.
            expect(out.malformed.reassembly).toBe(end > 0 ? undefined : 1);
            return;
          }
          expect(out.frames).toHaveLength(1);
          const [{ bytes: got, truncated, ports, sec, source }] = out.frames;
          expect(textOf(got)).toBe(textOf(frame.subarray(0, end - 16)));
          expect([truncated, ports, sec]).toEqual([true, [5000, 53], 100]);
          expect(source).toBe(six ? SOURCE6 : SOURCE);
          expect(out.malformed).toEqual({});
        },
      ),
    );
  });

  it('returns no beginning that may belong to a tunnel, whose payload is no frame', () => {
    const packet = gre(0x0800, ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, new Uint8Array(400))));
    const [first] = fragments(packet, cutAt(packet.length, [20]), false);
    for (const mayOwn of [true, false]) {
      const out = new Collected({ tunnels: { rcv: () => true, mayOwn: () => mayOwn } });
      out.demux.process(batchOf([first]));
      out.demux.finish();
      expect(out.frames).toHaveLength(mayOwn ? 0 : 1);
      expect(out.malformed).toEqual(mayOwn ? { reassembly: 1 } : {});
      expect(out.demux.counters.gre).toBe(mayOwn ? 0 : 1);
    }
  });

  it('returns no bytes for which there was no memory', () => {
    // One source may hold 128 KiB: this datagram has no room for its second half.
    const out = new Collected({ reassembly: { memory: 256 << 10, datagrams: 16 } });
    const packet = erspan2(9, 1, frameOf(60_000));
    const pieces = [0, 30_000, 59_992].map((from, i, all) => ({ from, to: all[i + 1] ?? packet.length }));
    for (let id = 0; id < 40; id++)
      out.demux.process(batchOf(fragments(packet, pieces.slice(0, 2), false, id)));
    out.demux.finish();
    const whole = Buffer.from(frameOf(60_000));
    // Vitest would take a second to compare one of them byte by byte.
    for (const f of out.frames) expect(whole.subarray(0, f.bytes.length).equals(f.bytes)).toBe(true);
    expect(out.demux.counters.reassembly.share).toBeGreaterThan(0);
    expect(out.demux.counters.reassembly).toMatchObject({ incomplete: 40, begun: 40 });
  });

  it('keeps using the same memory', () => {
    const out = new Collected({ reassembly: { memory: 1 << 18 } });
    for (let i = 0; i < 500; i++) {
      const packet = erspan2(9, i, frameOf(20 + ((i * 977) % 9000)));
      out.demux.process(batchOf(fragments(packet, cutAt(packet.length, [1, 180, 360, 540]), i % 2 === 0, i)));
    }
    expect(out.frames.length).toBe(500);
    expect(out.demux.counters.reassembly.noMemory).toBe(0);
  });

  it('combines ECN marks, and refuses contradictory ones', () => {
    const packet = gre(0x0800, ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, new Uint8Array(400))));
    const pieces = cutAt(packet.length, [20]);
    const marked = (...tos: number[]): Uint8Array[] =>
      pieces.map((p, i) => fragments(packet, [p], false, 3, tos[i])[0]);
    const tos: number[] = [];
    const out = new Collected({
      tunnels: {
        mayOwn: () => false,
        rcv: (p) => {
          tos.push(p.tos);
          return true;
        },
      },
    });
    for (const marks of [
      [0, 0],
      [2, 3],
      [3, 2],
      [2, 1],
      [0, 3],
      [2, 0],
    ])
      out.demux.process(batchOf(marked(...marks)));
    expect(tos).toEqual([0, 3, 3, 2]);
    expect(out.demux.counters.reassembly.ecn).toBe(2);
  });

  it('gives a cut packet if the capture cut its fragments', () => {
    const packet = erspan2(9, 1, frameOf(3000));
    const list = fragments(packet, cutAt(packet.length, [180]), false);
    const out = demux(list.map((bytes) => ({ bytes: bytes.subarray(0, 120), length: bytes.length })));
    expect(out.frames.map((f) => [f.ports, f.truncated, f.bytes.length])).toEqual([[[5000, 53], true, 84]]);
  });

  it('passes on an atomic fragment (IPv6)', () => {
    const packet = erspan2(9, 1, frameOf(100));
    const out = demux([ipv6(SOURCE6, TARGET6, 44, ipv6Fragment(47, 0, false, 1, packet))]);
    expect(out.frames.length).toBe(1);
    expect(out.demux.counters.reassembly.fragments).toBe(0);
  });

  it('finds GRE behind extension headers in the fragments (IPv6)', () => {
    const packet = erspan2(9, 1, frameOf(300));
    const whole = new Uint8Array(8 + packet.length);
    whole.set([47, 0, 1, 4, 0, 0, 0, 0]);
    whole.set(packet, 8);
    const list = [
      ipv6Fragment(60, 0, true, 1, whole.subarray(0, 160)),
      ipv6Fragment(60, 160, false, 1, whole.subarray(160)),
    ].map((f) => ipv6(SOURCE6, TARGET6, 44, f));
    expect(demux(list).frames.map((f) => f.bytes)).toEqual([frameOf(300)]);
  });

  it('leaves fragments of other protocols alone', () => {
    const out = demux([ipv4(SOURCE, TARGET, 17, new Uint8Array(64), { fragment: [0, true] })]);
    expect(out.demux.counters).toMatchObject({ notGre: 1, reassembly: { fragments: 0 } });
  });
});
