/**
 * Anybody can send any sequence numbers. The verdict depends on the distances between them alone, it stays
 * within what the rules allow, and its cost does not depend on the numbers.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Numbering, SequenceVerdict } from '../../src/accounts/numbering.js';
import { SequenceStreams } from '../../src/accounts/sequence.js';
import { RESTART_NEAR, RESTART_REPEATED, RESTART_RUN } from '../../src/accounts/sequence-window.js';
import type { PacketBatch } from '../../src/model/batch.js';
import { MirrorType } from '../../src/model/mirror-point.js';
import { MirrorRecord } from '../../src/model/mirror-record.js';
import { Collected } from '../demux/collect.js';
import { batchOf } from '../demux/outer.js';
import { MirrorSource } from '../support/traffic/mirror-source.js';
import { PacketBuilder } from '../support/traffic/packet.js';
import { arrivals, type Counts, follow, followShared, type Shared, strange, truth } from './sent.js';

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
const wrapped = (numbers: readonly number[]): number[] => numbers.map((n) => n >>> 0);
const sumOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/**
 * The most packets that may count as lost: an outage for every 32 numbers that confirm it, and the window
 * before each packet.
 */
const mostLost = (packets: number): number => Math.floor(packets / 33) * 2 ** 24 + packets * 1024;

describe('two ERSPAN sessions of one switch whose numbers run across 2^32', () => {
  /** ERSPAN type II packets with these numbers, of one of two sessions each. */
  function packets(numbers: readonly number[], sessionOf = (i: number): number => i % 2): PacketBatch {
    const sessions = [1, 2].map(
      (session) => new MirrorSource({ type: 'erspan2', source: '10.255.0.1', target: '10.255.0.2', session }),
    );
    const p = new PacketBuilder();
    const built = numbers.map((n, i) => {
      p.payload(new Uint8Array(60));
      sessions[sessionOf(i)].wrap(p, n >>> 0);
      return { bytes: p.take(), linkType: 1 };
    });
    return batchOf(built);
  }

  /** Microseconds of processor time for one batch, and the records of the two sessions. */
  function take(batch: PacketBatch): { cost: number; records: MirrorRecord[] } {
    const collected = new Collected();
    const before = process.cpuUsage();
    collected.demux.process(batch);
    collected.mirrors.finish();
    const { user, system } = process.cpuUsage(before);
    const records = collected.mirrors.points.map((point) => {
      const record = new MirrorRecord();
      collected.mirrors.totals(point, record);
      return record;
    });
    return { cost: user + system, records };
  }

  /** 57 numbers across the wrap, then 8 repeated ones: one from above it, then those from below it. */
  const attack = [...range(-32, 57), 5, ...range(-16, 7)];

  it('lose nothing if numbers repeat from both sides of the wrap', () => {
    const shares: [(i: number) => number, number][] = [
      [(i) => i % 2, 8],
      [() => 0, 8],
      // Five of the numbers are new to the second session.
      [(i) => (i < 60 ? 0 : 1), 3],
    ];
    for (const [sessionOf, repeated] of shares) {
      const { records } = take(packets(attack, sessionOf));
      expect(sumOf(records.map((r) => r.packets))).toBe(65);
      expect(records.map((r) => r.lost)).toEqual(records.map(() => 0));
      expect(sumOf(records.map((r) => r.repeated))).toBe(repeated);
    }
  });

  it('cost no more than other packets', () => {
    const ordinary = packets(range(1000, 1000));
    take(ordinary);
    let cost = 0;
    for (let i = 0; i < 20; i++) cost += take(ordinary).cost;
    // 65 packets against 20,000.
    expect(take(packets(attack)).cost).toBeLessThan(cost);
  });
});

/** One counter from start to end: its numbers as they arrive, with outages between them. */
interface Life {
  readonly start: number;
  readonly parts: readonly number[][];
  readonly outages: readonly number[];
}

/** A stretch of packets that confirms an outage before it. Its first and last packet are in order. */
const stretch = arrivals(300, 60).map((places) => [
  ...range(0, 64),
  ...places.map((p) => 64 + p),
  ...range(64 + Math.max(...places) + 1, 40),
]);

function life(start: fc.Arbitrary<number>, outage: fc.Arbitrary<number>, most: number): fc.Arbitrary<Life> {
  return fc.record({
    start,
    parts: fc.array(stretch, { minLength: 1, maxLength: most + 1 }),
    outages: fc.array(outage, { minLength: most, maxLength: most }),
  });
}

/** A life's places, not wrapped. An outage too long to be counted as one begins another list. */
function placesOf({ start, parts, outages }: Life): number[][] {
  const lives: number[][] = [];
  let from = start;
  for (const [i, part] of parts.entries()) {
    const places = part.map((p) => from + p);
    if (i === 0 || outages[i - 1] >= 2 ** 24) lives.push(places);
    else lives[lives.length - 1].push(...places);
    from = Math.max(...places) + 1 + (outages[i] ?? 0);
  }
  return lives;
}

function truthOfAll(lives: readonly number[][]): Counts {
  const all = lives.map(truth);
  return {
    lost: sumOf(all.map((t) => t.lost)),
    reordered: sumOf(all.map((t) => t.reordered)),
    repeated: sumOf(all.map((t) => t.repeated)),
  };
}

function assertCounts({ lost, reordered, repeated }: Counts, expected: Counts): void {
  assert.deepEqual({ lost, reordered, repeated }, expected);
}

/**
 * Whether late and repeated numbers look like a sender that has restarted: ascending from one near 0, and
 * some of them repeated (sequence-window.ts).
 */
function looksRestarted(places: readonly number[], size: number): boolean {
  const seen = new Set<number>();
  let highest = Number.NEGATIVE_INFINITY;
  let run: { place: number; again: boolean }[] = [];
  for (const p of places) {
    const last = run.at(-1)?.place ?? Number.NEGATIVE_INFINITY;
    if (p > highest) run = [];
    else if (p !== last) {
      if (p < last) run = [];
      if (run.length > 0 || p % size < RESTART_NEAR) run.push({ place: p, again: seen.has(p) });
      if (run.length >= RESTART_RUN && run.filter((n) => n.again).length >= RESTART_REPEATED) return true;
    }
    highest = Math.max(highest, p);
    seen.add(p);
  }
  return false;
}

/**
 * Whether a restart cannot be told from other causes: a step ends near 0 without one, or a restart ends where
 * numbers have ended before and seems to continue them, or something else looks like one.
 */
function isAmbiguous(lives: readonly number[][], size = 2 ** 32): boolean {
  if (lives.some((places) => looksRestarted(places, size))) return true;
  const ends: number[] = [];
  for (const places of lives) {
    for (const [i, p] of places.entries()) {
      const before = i > 0 ? places[i - 1] : Number.NEGATIVE_INFINITY;
      if (p - before <= 1024) continue;
      if (i > 0 && p % size < 64) return true;
      const isNear = (end: number): boolean => (p - end + 1100 + 2 ** 36) % size < 2200;
      if (ends.some(isNear)) return true;
      if (i > 0) ends.push(before);
    }
    ends.push(places[places.length - 1]);
  }
  return false;
}

describe('the packets of a counter', () => {
  const anywhere = fc.oneof(
    fc.nat(0xffffffff),
    fc.integer({ min: 2 ** 32 - 700, max: 2 ** 32 - 1 }),
    fc.integer({ min: 2 ** 31 - 700, max: 2 ** 31 }),
  );
  const outage = fc.oneof(
    fc.integer({ min: 1, max: 1100 }),
    fc.integer({ min: 1000, max: 1_000_000 }),
    fc.integer({ min: 2 ** 24 - 3, max: 2 ** 24 - 1 }),
    fc.integer({ min: 2 ** 24, max: 2 ** 24 + 3 }),
    fc.integer({ min: 2 ** 24, max: 2 ** 31 - 3000 }),
  );

  it('are counted exactly for 32 bits, through loss, disorder, repeats, outages and the wrap', () => {
    fc.assert(
      fc.property(life(anywhere, outage, 3), (sent) => {
        const lives = placesOf(sent);
        fc.pre(!isAmbiguous(lives));
        assertCounts(follow(wrapped(lives.flat())), truthOfAll(lives));
      }),
      { numRuns: 300 },
    );
  });

  it('are counted exactly for 32 bits when it restarts, near 0 or elsewhere', () => {
    const restart = fc.oneof(
      fc.nat(63).map((n) => ({ near0: true, step: n })),
      fc.integer({ min: 3000, max: 2 ** 31 }).map((step) => ({ near0: false, step: -step })),
    );
    fc.assert(
      fc.property(
        life(anywhere, outage, 1),
        restart,
        life(fc.constant(0), outage, 1),
        (sent, again, next) => {
          // Places below those of the first life are still above 0.
          const before = placesOf({ ...sent, start: sent.start + 2 ** 32 });
          const last = Math.max(...before.flat());
          const start = again.near0
            ? (Math.floor(last / 2 ** 32) + 1) * 2 ** 32 + again.step
            : last + again.step;
          // Not where it would be late, or only some numbers ahead.
          fc.pre(again.step < 0 || (start - last > 1024 && start - last < 2 ** 32 - 3000));
          const lives = [...before, ...placesOf({ ...next, start })];
          fc.pre(!isAmbiguous(lives));
          assertCounts(follow(wrapped(lives.flat())), truthOfAll(lives));
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([16, 24])('are counted exactly for %i bits once its wrap was seen', (bits) => {
    const size = 2 ** bits;
    const wrap = fc.integer({ min: size - 60, max: size - 1 });
    fc.assert(
      fc.property(life(wrap, fc.integer({ min: 1, max: size / 2 - 2 }), 3), (sent) => {
        const lives = placesOf(sent);
        const places = lives.flat();
        fc.pre(lives.length === 1 && !isAmbiguous(lives, size) && places[places.length - 1] < 4 * size);
        assertCounts(follow(places.map((p) => p % size)), truth(places));
      }),
      { numRuns: 200 },
    );
  });
});

/**
 * Pairs of a number and the same number shifted. A restart is recognised near 0, and so is the wrap of a
 * narrow counter; numbers near 0 before or after the shift are left out.
 */
function shifted(numbers: readonly number[], shift: number): [number, number][] {
  const both = numbers.map((n): [number, number] => [n, (n + shift) >>> 0]);
  return both.filter(([a, b]) => a >= 64 && b >= 64);
}

const shift = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(2 ** 16, 2 ** 24, 2 ** 31, 2 ** 32 - 64));

describe('shifted sequence numbers', () => {
  it('have the same counts', () => {
    fc.assert(
      fc.property(strange, shift, (numbers, by) => {
        const both = shifted(numbers, by);
        fc.pre(both.length > 0);
        assert.deepEqual(follow(both.map(([, b]) => b)), follow(both.map(([a]) => a)));
      }),
      { numRuns: 1500 },
    );
  });

  it('have the same counts just across the wrap', () => {
    fc.assert(
      fc.property(strange, fc.nat(3000), (numbers, below) => {
        const both = shifted(numbers, 2 ** 32 - numbers[0] - below);
        fc.pre(both.length > 0);
        assert.deepEqual(follow(both.map(([, b]) => b)), follow(both.map(([a]) => a)));
      }),
      { numRuns: 1500 },
    );
  });

  it('have the same counts per owner, whose sums are those of a single owner', () => {
    fc.assert(
      fc.property(
        strange,
        shift,
        fc.array(fc.nat(2), { minLength: 2000, maxLength: 2000, size: 'max' }),
        (numbers, by, owners) => {
          const both = shifted(numbers, by);
          fc.pre(both.length > 0);
          const [here, there] = [0, 1].map((side) =>
            both.map((pair, i): Shared => ({ owner: i === 0 ? 0 : owners[i % 2000], n: pair[side] })),
          );
          const each = followShared(here, 3);
          assert.deepEqual(followShared(there, 3), each);
          const one = follow(here.map((p) => p.n));
          for (const field of ['received', 'lost', 'reordered', 'repeated', 'jumps'] as const) {
            assert.equal(sumOf(each.map((c) => c[field])), one[field]);
          }
        },
      ),
      { numRuns: 600 },
    );
  });

  it('have the same verdict, whatever selects the counter', () => {
    fc.assert(
      fc.property(
        fc.array(strange, { minLength: 1, maxLength: 4 }),
        shift,
        fc.array(fc.nat(15), { minLength: 1, maxLength: 50 }),
        (lists, by, paths) => {
          const [here, there] = [0, 1].map((side) =>
            believed(
              shifted(lists.flat(), by).map((pair) => pair[side]),
              paths,
            ),
          );
          assert.deepEqual(there, here);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/**
 * The verdicts on two sessions of one switch. Each packet's session, hardware id and direction follow `paths`
 * in turn.
 */
function believed(numbers: readonly number[], paths: readonly number[]): SequenceVerdict[] {
  const numbering = new Numbering();
  const point = { type: MirrorType.Erspan3, source: new Uint8Array(16), target: new Uint8Array(16) };
  numbering.add(point);
  numbering.add(point);
  for (const [i, n] of numbers.entries()) {
    const path = paths[i % paths.length];
    numbering.update(path & 1, n, (path >>> 1) & 3, path >>> 3);
  }
  numbering.settle();
  return [0, 1].map((index) => {
    const verdict = new SequenceVerdict();
    numbering.verdict(index, verdict);
    return verdict;
  });
}

describe('sequence numbers of an attacker', () => {
  const isPossible = (counts: Counts, packets: number): void => {
    for (const n of [counts.lost, counts.reordered, counts.repeated]) assert.ok(n >= 0);
    assert.ok(counts.reordered + counts.repeated < packets);
    assert.ok(counts.lost <= mostLost(packets));
  };

  it('lose no more than the rules allow', () => {
    fc.assert(
      fc.property(strange, (numbers) => {
        const counts = follow(numbers);
        assert.equal(counts.received, numbers.length);
        assert.ok(counts.jumps >= 0);
        isPossible(counts, numbers.length);
      }),
      { numRuns: 3000 },
    );
  });

  it('lose no more if several owners share them', () => {
    fc.assert(
      fc.property(strange, fc.array(fc.nat(2), { minLength: 1, maxLength: 200 }), (numbers, owners) => {
        const packets = numbers.map((n, i) => ({ owner: i === 0 ? 0 : owners[i % owners.length], n }));
        const each = followShared(packets, 3);
        assert.equal(sumOf(each.map((c) => c.received)), numbers.length);
        for (const counts of each) {
          assert.ok(Math.min(counts.jumps, counts.lost, counts.reordered, counts.repeated) >= 0);
        }
        const sum = (field: keyof Counts): number => sumOf(each.map((c) => c[field]));
        isPossible(
          { lost: sum('lost'), reordered: sum('reordered'), repeated: sum('repeated') },
          numbers.length,
        );
      }),
      { numRuns: 1500 },
    );
  });

  it('give no impossible verdict', () => {
    fc.assert(
      fc.property(strange, fc.array(fc.nat(15), { minLength: 1, maxLength: 50 }), (numbers, paths) => {
        const verdicts = believed(numbers, paths);
        for (const v of verdicts) assert.ok(Math.min(v.lost, v.reordered, v.repeated) >= 0);
        assert.ok(sumOf(verdicts.map((v) => v.lost)) <= 2 * mostLost(numbers.length));
      }),
      { numRuns: 500 },
    );
  });
});

describe('the cost of a sequence number', () => {
  const COUNT = 50_000;
  const patterns: Record<string, (i: number) => number> = {
    'jumps of 2^31': (i) => (i % 2) * 2 ** 31 + i,
    'jumps of 2^24': (i) => i * 2 ** 24 + (i >>> 8),
    'one jump after the other': (i) => Math.imul(i + 1, 0x9e3779b1),
    'steps as long as the window': (i) => i * 1024,
    'steps as long as the window, and back': (i) => (i >>> 1) * 1024 - (i % 2) * 1023,
    'outages, each confirmed': (i) => Math.floor(i / 33) * 2 ** 24 + (i % 33),
    'outages before which numbers come late': (i) => Math.floor(i / 64) * 100_000 - (i % 64) * 16,
    'numbers from both sides of the wrap': (i) => ((i % 65) - 32) * (i % 65 < 57 ? 1 : 2),
    'numbers that begin near 0 again and again': (i) => i % 40,
    'numbers that wrap at 16 bits': (i) => i & 0xffff,
    'numbers backwards': (i) => -i,
  };

  /**
   * Microseconds to follow the numbers, alone and shared: the least of up to four measurements; stops once
   * below `enough`.
   */
  function cost(of: (i: number) => number, enough = 0): number {
    let least = Number.POSITIVE_INFINITY;
    for (let times = 0; times < 4 && least >= enough; times++) least = Math.min(least, costOnce(of));
    return least;
  }

  function costOnce(of: (i: number) => number): number {
    const numbers = Uint32Array.from({ length: COUNT }, (_, i) => of(i) >>> 0);
    const s = new SequenceStreams();
    const [a, b, c] = [s.tallies.add(), s.tallies.add(), s.tallies.add()];
    const alone = s.open(numbers[0], a);
    const shared = s.copy(alone, b);
    const before = process.cpuUsage();
    for (let i = 1; i < COUNT; i++) {
      s.update(alone, numbers[i], a);
      s.update(shared, numbers[i], (i & 1) === 0 ? b : c);
    }
    const { user, system } = process.cpuUsage(before);
    return user + system;
  }

  it('is within a small factor of that of an ordinary one', () => {
    const ordinary = (i: number): number => 2 ** 32 - COUNT / 2 + i;
    const most = 15 * cost(ordinary);
    for (const [name, of] of Object.entries(patterns)) expect(cost(of, most), name).toBeLessThan(most);
  });
});
