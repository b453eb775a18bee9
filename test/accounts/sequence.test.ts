import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SequenceStreams, TRACKS } from '../../src/accounts/sequence.js';
import { SEQUENCE_WINDOW } from '../../src/accounts/sequence-window.js';
import { arrivals, follow, truth } from './sent.js';

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

describe('a stream of sequence numbers', () => {
  it('counts loss, reordering and repeats exactly, wherever the counter starts and wraps', () => {
    fc.assert(
      fc.property(
        arrivals(3000, 60),
        fc.oneof(fc.nat(0xffffffff), fc.integer({ min: 0xffffffff - 3000, max: 0xffffffff })),
        (places, start) => {
          expect(follow(places.map((p) => (start + p) >>> 0))).toMatchObject({ ...truth(places), jumps: 0 });
        },
      ),
      { numRuns: 150 },
    );
  });

  it('counts exactly when packets are late by almost the window', () => {
    fc.assert(
      fc.property(arrivals(2500, 1000), (places) => {
        expect(follow(places.map((p) => 70_000 + p))).toMatchObject({ ...truth(places), jumps: 0 });
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
          // Ends and starts are as a restart leaves them: enough numbers before it, no loss in the first
          // packets.
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
          const counts = follow(lives.flat().map((p) => p + first));
          expect(counts).toMatchObject(sum);
          expect(counts.jumps).toBeLessThan(lives.length);
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

  it('counts what an outage lost once 32 later numbers confirm it', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffffffff),
        fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 2 ** 24 + 1000 })),
        fc.integer({ min: 1, max: 70 }),
        (start, gap, after) => {
          const later = start + 100 + gap;
          const numbers = [...range(start, 100), ...range(later, after)].map((n) => n >>> 0);
          // Near 0 it would be a restart.
          fc.pre(gap < 1024 || later >>> 0 >= 64);
          const isLost = gap < 1024 || (gap < 2 ** 24 && after > 32);
          const counts = { lost: isLost ? gap : 0, reordered: 0, repeated: 0, jumps: isLost ? 0 : 1 };
          expect(follow(numbers)).toMatchObject(counts);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes a step back, too far ahead, or to near 0 for a restart, without a loss', () => {
    for (const last of [2 ** 24 + 5000, 2 ** 31, 2 ** 32 - 70_000, 2 ** 32 - 2000]) {
      const next = [-(2 ** 31), -(2 ** 24), -5000, 2 ** 24 + 1, 2 ** 31 - 1].map((step) => last + step);
      for (const n of [...next, 2 ** 32, 2 ** 32 + 1, 2 ** 32 + 63]) {
        const numbers = [...range(last - 99, 100), ...range(n, 200)].map((m) => m >>> 0);
        expect(follow(numbers), `${last} ${n}`).toMatchObject({ lost: 0, reordered: 0, repeated: 0 });
      }
    }
  });

  it('combines outages that follow each other too soon to be confirmed one by one', () => {
    const numbers = [...range(100, 100), ...range(5000, 10), ...range(9000, 10), ...range(20_000, 33)];
    expect(follow(numbers)).toMatchObject({ lost: 20_033 - 100 - numbers.length, jumps: 0 });
    // Only one of them fits the longest outage.
    const far = [...range(100, 100), ...range(2 ** 23, 10), ...range(3 * 2 ** 23, 33)];
    expect(follow(far)).toMatchObject({ lost: 2 ** 24 - 10, jumps: 1 });
  });

  it('counts the late packets of an outage', () => {
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
    expect(follow(numbers)).toMatchObject({ lost: 4900 - 3, reordered: 3, repeated: 0, jumps: 0 });
  });

  it.each([16, 24])('recognises where a counter of %i bits wraps', (bits) => {
    fc.assert(
      fc.property(arrivals(2500, 30, 1100), (places) => {
        const start = 2 ** bits - 1500;
        // The packets around the wrap itself are not lost.
        const kept = [...places.filter((p) => p < 1480), 1480, 1499, 1500, ...places.filter((p) => p > 1500)];
        expect(follow(kept.map((p) => (start + p) % 2 ** bits))).toMatchObject({ ...truth(kept), jumps: 0 });
      }),
      { numRuns: 40 },
    );
  });

  it('treats a packet later than the window as a jump, and its number as lost', () => {
    const numbers = range(70_000, 3000).filter((n) => n !== 70_100);
    const at = (late: number): number[] => {
      const place = numbers.indexOf(70_100 + late);
      return [...numbers.slice(0, place + 1), 70_100, ...numbers.slice(place + 1)];
    };
    expect(follow(at(SEQUENCE_WINDOW - 1))).toMatchObject({ lost: 0, reordered: 1, jumps: 0 });
    expect(follow(at(SEQUENCE_WINDOW))).toMatchObject({ lost: 1, reordered: 0, jumps: 1 });
  });

  it('follows TRACKS counters under one name; beyond that it forgets the one unused for longest', () => {
    const counters = (count: number): { lost: number; jumps: number } => {
      const numbers: number[] = [];
      for (let i = 0; i < 100; i++) {
        for (let c = 0; c < count; c++) if (i !== 50) numbers.push(100_000_000 * (c + 1) + i);
      }
      return follow(numbers);
    };
    // Each has lost one.
    expect(counters(TRACKS)).toMatchObject({ lost: TRACKS, jumps: TRACKS - 1 });
    // In turn, each is forgotten just before its next packet.
    expect(counters(TRACKS + 1)).toMatchObject({ lost: 0, jumps: 99 * (TRACKS + 1) - 1 });
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

  it('divides the losses of a shared stream between the owners that had them', () => {
    const s = new SequenceStreams();
    const first = s.tallies.add();
    const alone = s.open(0, first);
    const mine = s.tallies.copy(first);
    const shared = s.copy(alone, mine);
    const other = s.tallies.add();
    s.update(shared, 2, mine);
    s.update(shared, 4, other);
    expect([s.tallies.missing[mine], s.tallies.missing[other]]).toEqual([1, 1]);
    s.update(shared, 1, other);
    expect([s.tallies.missing[mine], s.tallies.missing[other]]).toEqual([0, 1]);
    s.update(shared, 3, mine);
    expect([s.tallies.missing[mine], s.tallies.missing[other]]).toEqual([0, 0]);
  });
});
