import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SequenceStreams } from '../../src/demux/sequence.js';

interface Counts {
  lost: number;
  reordered: number;
  repeated: number;
}

/** What a stream says of numbers as they arrive. */
function follow(numbers: readonly number[]): Counts & { jumps: number } {
  const s = new SequenceStreams();
  const tally = s.tallies.add();
  const stream = s.open(numbers[0], tally);
  for (const n of numbers.slice(1)) s.update(stream, n, tally);
  s.settle(stream, tally);
  expect(s.tallies.received[tally]).toBe(numbers.length);
  return {
    lost: s.tallies.lost[tally],
    reordered: s.tallies.reordered[tally],
    repeated: s.tallies.repeated[tally],
    jumps: s.tallies.jumps[tally],
  };
}

/** The truth about arrivals of one uninterrupted counter, given as places in it (not wrapped). */
function truth(places: readonly number[]): Counts {
  const seen = new Set<number>();
  let highest = -1;
  let lowest = Number.POSITIVE_INFINITY;
  const counts = { lost: 0, reordered: 0, repeated: 0 };
  for (const p of places) {
    if (seen.has(p)) counts.repeated++;
    else if (p < highest) counts.reordered++;
    seen.add(p);
    highest = Math.max(highest, p);
    lowest = Math.min(lowest, p);
  }
  counts.lost = highest - lowest + 1 - seen.size;
  return counts;
}

/** Places of a counter as they arrive: each lost, doubled, or late by up to `late` places. */
function arrivals(length: number, late: number): fc.Arbitrary<number[]> {
  const fate = fc.record({
    copies: fc.constantFrom(0, 1, 1, 1, 1, 1, 1, 2),
    delays: fc.tuple(fc.constantFrom(0, 0, 0, late), fc.nat(late)),
  });
  return fc
    .array(fate, { minLength: 1, maxLength: length, size: 'max' })
    .map((fates) => {
      const due: [number, number][] = [];
      fates.forEach(({ copies, delays }, place) => {
        for (let i = 0; i < copies; i++)
          due.push([place + (i === 0 ? Math.min(delays[0], delays[1]) : delays[1]), place]);
      });
      return due.sort((a, b) => a[0] - b[0]).map(([, place]) => place);
    })
    .filter((places) => places.length > 0);
}

describe('a stream of sequence numbers', () => {
  it('counts loss, reordering and repeats exactly, wherever the counter starts and wraps', () => {
    fc.assert(
      fc.property(
        arrivals(3000, 60),
        fc.oneof(fc.nat(0xffffffff), fc.integer({ min: 0xffffffff - 3000, max: 0xffffffff })),
        (places, start) => {
          expect(follow(places.map((p) => (start + p) >>> 0))).toEqual({ ...truth(places), jumps: 0 });
        },
      ),
      { numRuns: 150 },
    );
  });

  it('counts exactly with packets late by almost the window', () => {
    fc.assert(
      fc.property(arrivals(2500, 1000), (places) => {
        expect(follow(places.map((p) => 70_000 + p))).toEqual({ ...truth(places), jumps: 0 });
      }),
      { numRuns: 60 },
    );
  });

  it('counts exactly across restarts from 0', () => {
    fc.assert(
      fc.property(
        fc.array(arrivals(4000, 40), { minLength: 2, maxLength: 5 }),
        fc.nat(40),
        (epochs, first) => {
          // Ends and starts as a sender's own restart leaves them: enough behind it, nothing lost in the first packets.
          const lives = epochs.map((places) => [
            ...Array.from({ length: 1100 }, (_, i) => i),
            ...places.map((p) => p + 1100),
          ]);
          const sum = { lost: 0, reordered: 0, repeated: 0 };
          for (const life of lives) {
            const t = truth(life);
            sum.lost += t.lost;
            sum.reordered += t.reordered;
            sum.repeated += t.repeated;
          }
          const { jumps, ...counts } = follow(lives.flat().map((p) => p + first));
          expect(counts).toEqual(sum);
          expect(jumps).toBeLessThan(lives.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('counts exactly across restarts after fewer packets than the window holds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 300, max: 3000 }), { minLength: 2, maxLength: 4 }),
        fc.constantFrom(0, 0.01, 0.1, 0.3),
        fc.nat(1_000_000),
        (lengths, loss, salt) => {
          const isLost = (i: number): boolean => (Math.imul(i + salt, 0x9e3779b1) >>> 8) % 1000 < loss * 1000;
          let i = 0;
          const lives = lengths.map((length) =>
            Array.from({ length }, (_, n) => n).filter((n) => n === 0 || !isLost(++i)),
          );
          const lost = lives.reduce((sum, life) => sum + truth(life).lost, 0);
          const numbers = lives.flat();
          expect(follow(numbers)).toMatchObject({ lost, reordered: 0, repeated: 0 });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('counts what an outage lost', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000_000 }), fc.integer({ min: 2, max: 200 }), (gap, after) => {
        const before = Array.from({ length: 100 }, (_, i) => 5000 + i);
        const later = Array.from({ length: after }, (_, i) => 5100 + gap + i);
        expect(follow([...before, ...later])).toEqual({ lost: gap, reordered: 0, repeated: 0, jumps: 0 });
      }),
    );
  });

  it('counts late packets of an outage', () => {
    const before = Array.from({ length: 100 }, (_, i) => i);
    const after = Array.from({ length: 100 }, (_, i) => 5000 + i);
    const numbers = [
      ...before,
      ...after.slice(0, 10),
      4990,
      4980,
      ...after.slice(10, 60),
      4995,
      ...after.slice(60),
    ];
    expect(follow(numbers)).toEqual({ lost: 4900 - 3, reordered: 3, repeated: 0, jumps: 0 });
  });

  it.each([16, 24])('recognises a counter of %i bits where it wraps', (bits) => {
    fc.assert(
      fc.property(arrivals(2500, 30), (places) => {
        const start = 2 ** bits - 1500;
        // The wrap itself is not among what is lost.
        const kept = [...places.filter((p) => p < 1480), 1480, 1499, 1500, ...places.filter((p) => p > 1500)];
        const { jumps, ...counts } = follow(kept.map((p) => (start + p) % 2 ** bits));
        expect(counts).toEqual(truth(kept));
        expect(jumps).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('follows several counters under one name', () => {
    const numbers: number[] = [];
    let lost = 0;
    for (let i = 0; i < 5000; i++) {
      for (const base of [0, 100_000, 3_000_000_000]) {
        if ((i * 7 + base) % 13 === 5 && i > 10 && i < 4990) lost++;
        else numbers.push(base + i);
      }
    }
    expect(follow(numbers)).toMatchObject({ lost, reordered: 0, repeated: 0 });
  });

  it('divides the losses of a shared stream among those who had them', () => {
    const s = new SequenceStreams();
    const first = s.tallies.add();
    const alone = s.open(0, first);
    const mine = s.tallies.copy(first);
    const shared = s.copy(alone, mine);
    const other = s.tallies.add();
    s.update(shared, 2, mine);
    s.update(shared, 4, other);
    expect([s.tallies.lost[mine], s.tallies.lost[other]]).toEqual([1, 1]);
    s.update(shared, 1, other);
    expect([s.tallies.lost[mine], s.tallies.lost[other]]).toEqual([0, 1]);
    s.update(shared, 3, mine);
    expect([s.tallies.lost[mine], s.tallies.lost[other]]).toEqual([0, 0]);
  });
});
