import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { FragmentTable, LONGEST_CHAIN, NO_DATAGRAM } from '../../src/demux/fragment-table.js';
import { OuterFragment } from '../../src/demux/outer.js';
import { FRAGMENT_KEPT, Reassembly } from '../../src/demux/reassembly.js';
import { HASH_SECRET, KeyedHash } from '../../src/wire/keyed-hash.js';
import { erspan2, ethernet, ipv4, ipv6, ipv6Fragment, udp } from '../support/frames.js';
import { Collected } from './collect.js';
import { batchOf, outer } from './outer.js';

const GOOD = ['10.0.0.1', '2001:db8::1'] as const;
const BAD = ['10.67.0.1', '2001:db8:66::1'] as const;
const TARGET = ['10.0.0.9', '2001:db8::9'] as const;
const QUARTER = 1024;

/** A fragment of a GRE packet, over IPv4 or IPv6. */
function fragment(
  source: readonly [string, string],
  six: boolean,
  id: number,
  at: number,
  more: boolean,
  part: Uint8Array,
): Uint8Array {
  return six
    ? ipv6(source[1], TARGET[1], 44, ipv6Fragment(47, at, more, id, part))
    : ipv4(source[0], TARGET[0], 47, part, { id, fragment: [at, more] });
}

function frameOf(length: number): Uint8Array {
  const payload = Uint8Array.from({ length }, (_, i) => (i * 7) & 255);
  return ethernet(0x0800, ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, payload)));
}

const WHOLE = frameOf(3000);

/** A mirrored frame in two fragments, from the honest sender. */
function halves(six: boolean, id: number): [Uint8Array, Uint8Array] {
  const packet = erspan2(9, id, WHOLE);
  return [
    fragment(GOOD, six, id, 0, true, packet.subarray(0, 1600)),
    fragment(GOOD, six, id, 1600, false, packet.subarray(1600)),
  ];
}

function process(out: Collected, packets: readonly Uint8Array[]): void {
  for (let i = 0; i < packets.length; i += 4096) out.demux.process(batchOf(packets.slice(i, i + 4096)));
}

/** The frames that are whole: not the beginning of a datagram that was given up. */
function whole(out: Collected): Uint8Array[] {
  return out.frames.filter((f) => !f.truncated).map((f) => f.bytes);
}

describe.each([
  ['IPv4', false],
  ['IPv6', true],
])('over %s', (_, six) => {
  const tiny = (source: readonly [string, string], id: number, at: number): Uint8Array =>
    fragment(source, six, id, at, true, new Uint8Array(8));

  it('a few bytes far into a datagram take no more room than a few bytes', () => {
    const out = new Collected({ reassembly: { memory: 8 << 20 } });
    const good = Array.from({ length: 50 }, (_, id) => halves(six, id));
    process(out, [
      ...good.map(([a]) => a),
      ...Array.from({ length: 1000 }, (_, id) => tiny(BAD, id, 65_000)),
      ...good.map(([, b]) => b),
    ]);
    assert.deepEqual(
      out.frames.map((f) => f.bytes),
      good.map(() => WHOLE),
    );
    expect(out.demux.counters.reassembly).toMatchObject({ noMemory: 0, noPlace: 0, share: 0 });
  });

  it('a source holds a quarter of the places at most, and then gives up its own oldest', () => {
    const out = new Collected();
    const good = Array.from({ length: 50 }, (_, id) => halves(six, id));
    const packet = erspan2(9, 1, frameOf(1000));
    const bad = Array.from({ length: 5000 }, (_, id) =>
      fragment(BAD, six, id, 0, true, packet.subarray(0, 800)),
    );
    process(out, [...good.map(([a]) => a), ...bad, ...good.map(([, b]) => b)]);
    assert.deepEqual(
      whole(out),
      good.map(() => WHOLE),
    );
    expect(out.demux.counters.reassembly).toMatchObject({ noPlace: 0, share: 5000 - QUARTER });
    expect(out.frames).toHaveLength(50 + 5000 - QUARTER);
    expect(out.malformed).toEqual({});
    // What it still has are the last ones.
    const last = bad.slice(-QUARTER).map((_, i) => 5000 - QUARTER + i);
    process(
      out,
      last.map((id) => fragment(BAD, six, id, 800, false, packet.subarray(800))),
    );
    expect(whole(out)).toHaveLength(50 + QUARTER);
  });

  it('a source holds a quarter of the memory at most, and then gives up its own oldest', () => {
    const out = new Collected({ reassembly: { memory: 1 << 20 } });
    const good = halves(six, 1);
    const large = new Uint8Array(1480);
    const bad = Array.from({ length: 40 }, (_, id) =>
      Array.from({ length: 20 }, (_, n) => fragment(BAD, six, id, 1480 * n, true, large)),
    );
    process(out, [good[0], ...bad.flat(), good[1]]);
    assert.deepEqual(
      out.frames.map((f) => f.bytes),
      [WHOLE],
    );
    const { noMemory, share } = out.demux.counters.reassembly;
    expect(noMemory).toBe(0);
    expect(share).toBeGreaterThan(20);
  });

  it('a single datagram may have the maximum length, however little memory there is', () => {
    const out = new Collected({ reassembly: { memory: 256 << 10, datagrams: 16 } });
    const packet = erspan2(9, 1, frameOf(64_000));
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < packet.length; at += 1480) {
      const part = packet.subarray(at, at + 1480);
      pieces.push(fragment(GOOD, six, 1, at, at + part.length < packet.length, part));
    }
    process(out, pieces);
    process(out, pieces.reverse());
    const longest = frameOf(64_000);
    assert.deepEqual(
      out.frames.map((f) => f.bytes),
      [longest, longest],
    );
  });

  it('many sources push out the oldest datagram of any source', () => {
    const out = new Collected({ reassembly: { datagrams: 64 } });
    const [first, second] = halves(six, 1);
    const sources = Array.from(
      { length: 64 },
      (_, n) => [`10.66.1.${n}`, `2001:db8:66::1:${n.toString(16)}`] as const,
    );
    process(out, [first, ...sources.map((s) => tiny(s, 1, 8)), second]);
    expect(whole(out)).toEqual([]);
    expect(out.demux.counters.reassembly).toMatchObject({ noPlace: 2, share: 0 });
  });
});

it('a source has its share, however many others have come and gone', () => {
  const out = new Collected({ reassembly: { datagrams: 64 } });
  const from = (n: number) => [`10.66.${n >> 8}.${n & 255}`, '::'] as const;
  const part = new Uint8Array(8);
  for (let round = 0; round < 3; round++) {
    process(
      out,
      Array.from({ length: 1000 }, (_, n) => fragment(from(n), false, round, 8, true, part)),
    );
    const before = out.demux.counters.reassembly.share;
    process(
      out,
      Array.from({ length: 100 }, (_, id) => fragment(BAD, false, 100 * round + id, 8, true, part)),
    );
    // A quarter of 64.
    expect(out.demux.counters.reassembly.share - before).toBe(100 - 16);
    process(
      out,
      Array.from({ length: 64 }, (_, n) => fragment(from(n), false, 1000 + round, 8, true, part)),
    );
  }
  out.demux.finish();
  const { fragments, noPlace, share, unfinished } = out.demux.counters.reassembly;
  expect(noPlace + share + unfinished).toBe(fragments);
  expect(unfinished).toBe(64);
});

describe('fragments in any order', () => {
  it('of eight bytes each, backwards, are reassembled', () => {
    const out = new Collected();
    const packet = erspan2(9, 1, frameOf(8000));
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < packet.length; at += 8) {
      const part = packet.subarray(at, at + 8);
      pieces.push(fragment(GOOD, false, 1, at, at + part.length < packet.length, part));
    }
    process(out, pieces.reverse());
    expect(out.frames.map((f) => f.bytes)).toEqual([frameOf(8000)]);
  });

  it('that the capture cut give a cut packet', () => {
    const packet = erspan2(9, 1, frameOf(3000));
    const list = [0, 1000, 2000].map((at) => {
      const part = packet.subarray(at, at + 1000 < packet.length ? at + 1000 : undefined);
      return fragment(GOOD, false, 1, at, at < 2000, part);
    });
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
    ]) {
      for (const cut of [0, 20, 120, 900]) {
        const out = new Collected();
        out.demux.process(
          batchOf(order.map((i) => ({ bytes: list[i].subarray(0, 20 + cut), length: list[i].length }))),
        );
        expect(out.frames.map((f) => f.bytes.length)).toEqual(cut < 16 ? [] : [cut - 16]);
      }
    }
  });
});

describe('colliding datagrams of an attacker who knows the hash secret', () => {
  const secret = new Uint8Array(HASH_SECRET).fill(7);
  const places = 256;
  const hashing = new KeyedHash(secret);
  const message = new Int32Array([0, 0x400 | 47, (10 << 24) | 1, (10 << 24) | 9]);
  const isAlike = (id: number): boolean => {
    message[0] = id;
    return (hashing.words(message, message.length, 0) & (2 * places - 1)) === 0;
  };
  const alike: number[] = [];
  for (let id = 0; alike.length < LONGEST_CHAIN; id++) if (isAlike(id)) alike.push(id);

  it('fill a chain up to its bound', () => {
    const table = new FragmentTable(places, secret);
    const packet = outer(GOOD[0], TARGET[0]);
    const fragment = Object.assign(new OuterFragment(), { protocol: 47 });
    const datagrams = alike.map((id) => {
      fragment.id = id;
      expect(table.find(packet, fragment)).toBe(NO_DATAGRAM);
      expect(table.crowded).toBe(NO_DATAGRAM);
      return table.add();
    });
    fragment.id = alike[5];
    expect(table.find(packet, fragment)).toBe(datagrams[5]);
    fragment.id = -1;
    while (!isAlike(fragment.id)) fragment.id--;
    expect(table.find(packet, fragment)).toBe(NO_DATAGRAM);
    expect(table.crowded).toBe(datagrams[0]);
    table.remove(table.crowded);
    expect(table.crowded).toBe(NO_DATAGRAM);
  });

  it('push out the oldest of them beyond that, which is counted, and no other', () => {
    const reassembly = new Reassembly({ datagrams: places }, undefined, secret);
    const packet = Object.assign(outer(GOOD[0], TARGET[0]), { ipVersion: 4, sec: 1 });
    const take = (id: number, offset: number, more: boolean): number => {
      packet.bytes = new Uint8Array(64).fill(0);
      packet.bytes.set([10, 0, 0, 1, 10, 0, 0, 9], 12);
      Object.assign(packet, { ip: 0, source: 12, destination: 16, end: 28, wireEnd: 28 });
      const fragment = { id, protocol: 47, offset, more, payload: 20 };
      return reassembly.take(packet, Object.assign(new OuterFragment(), fragment));
    };
    let other = 0;
    while (isAlike(other)) other++;
    for (const id of [other, ...alike]) expect(take(id, 8, true)).toBe(FRAGMENT_KEPT);
    expect(reassembly.counters.noPlace).toBe(0);
    let more = -1;
    while (!isAlike(more)) more--;
    expect(take(more, 8, true)).toBe(FRAGMENT_KEPT);
    expect(reassembly.counters.noPlace).toBe(1);
    // The one that was pushed out starts again, and pushes out another.
    expect(take(alike[0], 8, true)).toBe(FRAGMENT_KEPT);
    expect(reassembly.counters).toMatchObject({ noPlace: 2, duplicates: 0 });
    for (const id of [other, more, ...alike.slice(2)]) take(id, 8, true);
    expect(reassembly.counters).toMatchObject({ noPlace: 2, duplicates: LONGEST_CHAIN });
  });
});
