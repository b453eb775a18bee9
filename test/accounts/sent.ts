/** Sequence numbers as senders, networks and attackers make them, and the true counts. */
import fc from 'fast-check';
import { SequenceStreams } from '../../src/accounts/sequence.js';

export interface Counts {
  lost: number;
  reordered: number;
  repeated: number;
}

/** A packet of one of several points that share a counter. */
export interface Shared {
  /** The point it belongs to: 0, 1 and so on. */
  readonly owner: number;
  readonly n: number;
}

function countsOf(s: SequenceStreams, tally: number): Counts & { received: number; jumps: number } {
  const { received, missing, reordered, repeated, jumps } = s.tallies;
  return {
    received: received[tally],
    lost: missing[tally],
    reordered: reordered[tally],
    repeated: repeated[tally],
    jumps: jumps[tally],
  };
}

/** The counts of a stream for numbers as they arrive. */
export function follow(numbers: readonly number[]): Counts & { received: number; jumps: number } {
  const s = new SequenceStreams();
  const tally = s.tallies.add();
  const stream = s.open(numbers[0], tally);
  for (let i = 1; i < numbers.length; i++) s.update(stream, numbers[i], tally);
  return countsOf(s, tally);
}

/** The counts of a shared stream for each of its owners; the first packet is owner 0's. */
export function followShared(packets: readonly Shared[], owners: number): ReturnType<typeof follow>[] {
  const s = new SequenceStreams();
  const alone = s.tallies.add();
  const first = s.open(packets[0].n, alone);
  const tallies = Array.from({ length: owners }, (_, i) =>
    i === 0 ? s.tallies.copy(alone) : s.tallies.add(),
  );
  const stream = s.copy(first, tallies[0]);
  for (let i = 1; i < packets.length; i++) s.update(stream, packets[i].n, tallies[packets[i].owner]);
  return tallies.map((t) => countsOf(s, t));
}

/** The true counts for arrivals of one uninterrupted counter, given as places in it (not wrapped). */
export function truth(places: readonly number[]): Counts {
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

/** Places of a counter as they arrive: each lost, duplicated, or late by up to `late` places. */
export function arrivals(length: number, late: number, least = 1): fc.Arbitrary<number[]> {
  const fate = fc.record({
    copies: fc.constantFrom(0, 1, 1, 1, 1, 1, 1, 2),
    delays: fc.tuple(fc.constantFrom(0, 0, 0, late), fc.nat(late)),
  });
  return fc
    .array(fate, { minLength: least, maxLength: length, size: 'max' })
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

/** Steps from one number to the next: a counter's, and those an attacker would choose. */
const steps = fc.oneof(
  { weight: 8, arbitrary: fc.constant(1) },
  { weight: 3, arbitrary: fc.integer({ min: -40, max: 40 }) },
  { weight: 2, arbitrary: fc.integer({ min: -1100, max: 1100 }) },
  { weight: 1, arbitrary: fc.integer({ min: -(2 ** 31), max: 2 ** 31 }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(0, 64, 1023, 1024, 1025, 2 ** 15, 2 ** 16, 2 ** 23, 2 ** 24, 2 ** 31),
        fc.constantFrom(-1, 1),
        fc.integer({ min: -2, max: 2 }),
      )
      .map(([step, sign, more]) => sign * step + more),
  },
);

/**
 * Numbers that no honest sender makes: runs of equal steps, forward and back, from anywhere, with repeats.
 */
export const strange: fc.Arbitrary<number[]> = fc
  .tuple(
    fc.oneof(
      fc.nat(0xffffffff),
      fc
        .constantFrom(0, 2 ** 16, 2 ** 24, 2 ** 31, 2 ** 32)
        .chain((end) => fc.integer({ min: -80, max: 80 }).map((d) => end + d)),
    ),
    fc.array(
      fc.record({ once: steps, each: steps, length: fc.integer({ min: 1, max: 45 }), again: fc.nat(9) }),
      {
        minLength: 1,
        maxLength: 40,
      },
    ),
  )
  .map(([start, runs]) => {
    let n = start >>> 0;
    const numbers = [n];
    for (const { once, each, length, again } of runs) {
      if (again < 3) {
        // Repeats some or all of the last numbers in ascending order, which is not the counter's across the
        // wrap.
        const last = [...new Set(numbers.slice(-length))].filter((m) => m % (again + 1) === 0);
        numbers.push(...last.sort((a, b) => a - b));
        continue;
      }
      n = (n + once) >>> 0;
      numbers.push(n);
      for (let i = 1; i < length; i++) {
        n = (n + each) >>> 0;
        numbers.push(n);
      }
    }
    return numbers;
  });
