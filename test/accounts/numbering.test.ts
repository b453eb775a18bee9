import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Numbering, SequenceVerdict } from '../../src/accounts/numbering.js';
import { NumberingShare } from '../../src/accounts/numbering-share.js';
import { MirrorType } from '../../src/model/mirror-point.js';
import { SEQUENCE_USE_NAMES } from '../../src/model/sequence-use.js';

/** A packet of a sender: its mirror point, hardware id and direction, which select its counter. */
interface Packet {
  readonly point: number;
  readonly hardware: number;
  readonly direction: number;
}

const POINT = { type: MirrorType.Erspan3, source: new Uint8Array(16), target: new Uint8Array(16) };

type CounterOf = (p: Packet) => string;

interface Sender {
  readonly points: number;
  readonly hardware: number;
  readonly directions: number;
  readonly counter: CounterOf;
  /** Where each counter starts, by the order in which they first appear. */
  readonly start: (order: number) => number;
  /** One packet in so many is lost. */
  readonly loss: number;
  readonly packets: number;
}

/** A number from 0 to 2^25 that looks random but is the same in every run. */
function hash(i: number, salt: number): number {
  const a = Math.imul((i + 1) ^ Math.imul(salt, 0x85ebca6b), 0x9e3779b1);
  const b = Math.imul(a ^ (a >>> 15), 0xc2b2ae35);
  return (b ^ (b >>> 13)) >>> 7;
}

/**
 * Runs a sender's packets. Returns the verdict on each of its points, and how many packets were really lost.
 */
function run(sender: Sender): { verdicts: SequenceVerdict[]; lost: number } {
  const numbering = new Numbering();
  for (let i = 0; i < sender.points; i++) numbering.add(POINT);
  const counters = new Map<string, { next: number; first: number; last: number; seen: number }>();
  for (let i = 0; i < sender.packets; i++) {
    const p: Packet = {
      point: hash(i, 1) % sender.points,
      hardware: hash(i, 2) % sender.hardware,
      direction: 1 + (hash(i, 3) % sender.directions),
    };
    const name = sender.counter(p);
    let c = counters.get(name);
    if (c === undefined) {
      const start = sender.start(counters.size);
      c = { next: start, first: -1, last: -1, seen: 0 };
      counters.set(name, c);
    }
    const n = c.next++;
    if (sender.loss > 0 && hash(i, 4) % sender.loss === 0) continue;
    if (c.first < 0) c.first = n;
    c.last = n;
    c.seen++;
    numbering.update(p.point, n >>> 0, p.hardware, p.direction);
  }
  numbering.settle();
  const verdicts = Array.from({ length: sender.points }, (_, i) => {
    const verdict = new SequenceVerdict();
    numbering.verdict(i, verdict);
    return verdict;
  });
  let lost = 0;
  for (const c of counters.values()) if (c.seen > 0) lost += c.last - c.first + 1 - c.seen;
  return { verdicts, lost };
}

const FROM_ZERO = (): number => 0;
const APART = (order: number): number => order * 50_000_000 + 17;
const NEAR = (order: number): number => order * 40;

const byPoint: CounterOf = (p) => `${p.point}`;
const byHardware: CounterOf = (p) => `${p.point} ${p.hardware}`;
const byDirection: CounterOf = (p) => `${p.point} ${p.direction}`;
const byBoth: CounterOf = (p) => `${p.point} ${p.hardware} ${p.direction}`;
const bySource: CounterOf = () => '';

const BASE: Sender = {
  points: 1,
  hardware: 1,
  directions: 1,
  counter: byPoint,
  start: FROM_ZERO,
  loss: 20,
  packets: 20_000,
};

const STARTS = { 'from 0': FROM_ZERO, 'far apart': APART, 'near each other': NEAR };

describe.each(Object.entries(STARTS))('counters that start %s', (_, start) => {
  it.each<[string, Partial<Sender>]>([
    ['session', {}],
    ['session', { hardware: 3, directions: 2 }],
    ['session', { points: 6 }],
    ['session', { points: 4, hardware: 2, directions: 2 }],
    ['hardware', { hardware: 4, counter: byHardware }],
    ['hardware', { hardware: 4, directions: 2, counter: byHardware }],
    ['hardware', { points: 2, hardware: 2, counter: byHardware }],
    ['direction', { directions: 2, counter: byDirection }],
    ['direction', { directions: 2, hardware: 3, counter: byDirection }],
    ['hardware_direction', { hardware: 3, directions: 2, counter: byBoth }],
    ['source', { points: 5, counter: bySource }],
    ['source', { points: 3, hardware: 2, directions: 2, counter: bySource }],
  ])('are found to be one per %s (%j)', (use, change) => {
    const { verdicts, lost } = run({ ...BASE, start, ...change });
    expect(verdicts.map((v) => SEQUENCE_USE_NAMES[v.use])).toEqual(verdicts.map(() => use));
    expect(verdicts.reduce((sum, v) => sum + v.lost, 0)).toBe(lost);
    expect(verdicts.reduce((sum, v) => sum + v.reordered + v.repeated, 0)).toBe(0);
  });
});

describe('losses', () => {
  it('are exact for any sender, start and loss rate', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(byPoint, byHardware, byDirection, byBoth, bySource),
        fc.record({
          points: fc.integer({ min: 1, max: 4 }),
          hardware: fc.integer({ min: 1, max: 4 }),
          directions: fc.integer({ min: 1, max: 2 }),
        }),
        fc.integer({ min: 3, max: 200 }),
        fc.array(fc.nat(0xffffffff), { minLength: 32, maxLength: 32 }),
        (counter, shape, loss, starts) => {
          const { verdicts, lost } = run({ ...BASE, ...shape, counter, loss, start: (i) => starts[i] });
          expect(verdicts.reduce((sum, v) => sum + v.lost, 0)).toBe(lost);
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** The verdict on a single point whose packets have these numbers. */
function believe(numbers: readonly number[]): string {
  const numbering = new Numbering();
  const verdict = new SequenceVerdict();
  numbering.add(POINT);
  for (const n of numbers) numbering.update(0, n >>> 0, 0, 0);
  numbering.settle();
  numbering.verdict(0, verdict);
  if (verdict.use !== 1) expect([verdict.lost, verdict.reordered, verdict.repeated]).toEqual([0, 0, 0]);
  return SEQUENCE_USE_NAMES[verdict.use];
}

describe('sequence numbers are unusable', () => {
  const list = (length: number, of: (i: number) => number): number[] =>
    Array.from({ length }, (_, i) => of(i));

  it('if they stay the same', () => {
    expect(believe(list(5, () => 0))).toBe('unusable');
    expect(believe(list(5000, () => 7))).toBe('unusable');
    expect(believe(list(5000, (i) => i >>> 6))).toBe('unusable');
  });

  it('if they have no order', () => {
    expect(believe(list(12, (i) => Math.imul(i + 1, 0x9e3779b1)))).toBe('unusable');
    expect(believe(list(5000, (i) => Math.imul(i + 1, 0x9e3779b1)))).toBe('unusable');
  });

  it('if they count bytes', () => {
    expect(believe(list(5000, (i) => i * 600 + (hash(i, 9) % 500)))).toBe('unusable');
  });

  it('but not if their sender restarts, loses much, or sends each packet twice', () => {
    expect(believe(list(5000, (i) => i % 1500))).toBe('session');
    expect(believe(list(5000, (i) => i * 3))).toBe('session');
    expect(believe(list(5000, (i) => i >>> 1))).toBe('session');
    expect(believe([1, 2])).toBe('session');
  });
});

it('two sessions that share a counter are detected within a hundred packets', () => {
  const numbering = new Numbering();
  numbering.add(POINT);
  numbering.add(POINT);
  for (let n = 0; n < 200; n++) numbering.update(n % 2, n, 0, 0);
  for (const index of [0, 1]) {
    const verdict = new SequenceVerdict();
    numbering.verdict(index, verdict);
    expect(verdict.lost).toBe(0);
    expect(SEQUENCE_USE_NAMES[verdict.use]).toBe('source');
  }
});

describe('when a share of the numbering memory is used up', () => {
  const useOf = (numbering: Numbering, point: number): string => {
    const verdict = new SequenceVerdict();
    numbering.verdict(point, verdict);
    return SEQUENCE_USE_NAMES[verdict.use];
  };
  const source = (last: number): Uint8Array => new Uint8Array(16).fill(last, 15);

  it('one more source has its sessions judged alone, not as a source', () => {
    const numbering = new Numbering();
    const share = new NumberingShare(2);
    for (let point = 0; point < 6; point++)
      numbering.add({ ...POINT, source: source(point >> 1) }, point, share);
    for (let n = 0; n < 400; n++) for (let of = 0; of < 3; of++) numbering.update(2 * of + (n & 1), n, 0, 0);
    expect(share.sources).toBe(0);
    expect([0, 1, 2, 3].map((point) => useOf(numbering, point))).toEqual(Array(4).fill('source'));
    for (const point of [4, 5]) expect(useOf(numbering, point)).not.toBe('source');
  });

  it('a mirror that needs one more counter is not judged by hardware id', () => {
    const numbering = new Numbering();
    const share = new NumberingShare(16, 32);
    for (const point of [0, 1]) numbering.add({ ...POINT, source: source(point) }, point, share);
    // A counter per hardware id of the first takes all there is.
    for (let n = 0; n < 2000; n++) numbering.update(0, n >> 4, n & 15, 1);
    for (let n = 0; n < 2000; n++) numbering.update(1, n >> 4, n & 15, 1);
    expect(useOf(numbering, 0)).toBe('hardware');
    expect(useOf(numbering, 1)).not.toMatch(/hardware|direction/);
  });
});

it('judging a source of many sessions costs less than their square', () => {
  const POINTS = 2048;
  /** Microseconds to judge every session, repeatedly, of sources with so many sessions each. */
  const cost = (sessions: number): number => {
    const numbering = new Numbering();
    const verdict = new SequenceVerdict();
    for (let i = 0; i < POINTS; i++) {
      const source = new Uint8Array(16);
      new DataView(source.buffer).setUint32(0, Math.floor(i / sessions));
      numbering.add({ ...POINT, source });
    }
    let spent = 0;
    for (let turn = 0; turn < 100; turn++) {
      // One counter per source, so that it is followed as one.
      for (let i = 0; i < POINTS; i++) numbering.update(i, turn * sessions + (i % sessions), 0, 0);
      const before = process.cpuUsage();
      for (let i = 0; i < POINTS; i++) {
        numbering.review(i);
        numbering.verdict(i, verdict);
      }
      const { user, system } = process.cpuUsage(before);
      spent += user + system;
    }
    return spent;
  };
  cost(2);
  expect(cost(POINTS)).toBeLessThan(20 * cost(2));
});
