/** Sequence numbers made up to be far apart, and around the end of their 32 bits. */
import { describe, expect, it } from 'vitest';
import { setU16, setU32 } from '../../src/wire/bytes.js';
import { expectCpu, expectCpuOfAll } from '../support/cpu.js';
import { erspan2, ethernet, ipv4, udp } from '../support/frames.js';
import { Random } from '../support/traffic/random.js';
import { copiesOf, type MirrorSums, type PathOptions, taking, WatchedPath } from './support/packet-path.js';

const FRAME = ethernet(0x0800, ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, new Uint8Array(40))));
const PACKET = ipv4('10.0.0.1', '10.0.0.9', 47, erspan2(5, 0, FRAME));
/** Offsets of the outer source, the sequence number and the ERSPAN session. */
const SOURCE = 12;
const SEQUENCE = 24;
const SESSION = 30;

interface Numbered {
  readonly source?: number;
  readonly session: number;
  readonly n: number;
}

function packets(list: readonly Numbered[]): ReturnType<typeof copiesOf> {
  return copiesOf(PACKET, list.length, (p, i) => {
    setU32(p, SOURCE, list[i].source ?? 0x0a000001);
    setU32(p, SEQUENCE, list[i].n >>> 0);
    setU16(p, SESSION, list[i].session);
  });
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
/** Two sessions of one source in turn, so that their numbers look like those of one counter. */
const shared = (numbers: readonly number[]): Numbered[] =>
  numbers.map((n, i) => ({ session: 1 + (i & 1), n }));

/** 65 numbers each. */
const FAMILIES: Readonly<Record<string, number[]>> = {
  'come again from both sides of the wrap': [...range(-32, 57), 5, ...range(-16, 7)],
  'go forward by 2^31 - 1': range(0, 65).map((i) => i * (2 ** 31 - 1)),
  'go forward by 2^31': range(0, 65).map((i) => i * 2 ** 31 + (i >>> 1)),
  'go back and forth by 2^31': range(0, 65).map((i) => (i & 1) * 2 ** 31 - (i >>> 1)),
  'go back and forth across the wrap': range(0, 65).map((i) => (i & 1 ? 1 : -1) * (i + 1) * 15),
  'go back by 1 from 0': range(0, 65).map((i) => -i),
};

/** Several senders do the same: the cost of a few packets cannot be measured. */
const SENDERS = 100;
const bySenders = (list: readonly Numbered[]): ReturnType<typeof copiesOf> =>
  packets(range(0, SENDERS).flatMap((s) => list.map((p) => ({ ...p, source: 0x0a010000 + s }))));

/** A single packet path judges its numbers itself; those of several are judged in the main thread. */
const JUDGES: readonly [string, PathOptions][] = [
  ['one packet path', {}],
  ['the main thread', { oneOfSeveral: true }],
];

describe.each(JUDGES)('hostile sequence numbers, judged by %s,', (_, options) => {
  it.each(Object.entries(FAMILIES))('that %s lose no more than numbers can be late by', (_, numbers) => {
    const path = new WatchedPath(options);
    path.process(packets(shared(numbers)));
    path.finish();
    const sums = [...path.minutes.values()];
    expect(sums.map((s) => s.packets)).toEqual([33, 32]);
    for (const { lost } of sums) {
      expect(lost).toBeGreaterThanOrEqual(0);
      expect(lost).toBeLessThan(33 * 1024);
    }
  });

  it('cost the same, whatever they are', () => {
    const work = (numbers: readonly number[]) => {
      const batches = bySenders(shared(numbers));
      return () => {
        const path = new WatchedPath(options);
        return () => {
          path.process(batches);
          path.watch();
        };
      };
    };
    const strange = Object.fromEntries(Object.entries(FAMILIES).map(([name, n]) => [name, work(n)]));
    expectCpuOfAll(strange, work(range(1000, 65)), 6);
  });
});

describe('293 hostile sequence numbers among 30,000 good ones', () => {
  const GOOD = 30_000;
  const STRANGE = 293;
  /** A counter that runs across the wrap; one in a hundred of its packets is lost. */
  const good: Numbered[] = range(-15_000, GOOD).map((n) => ({ session: 5, n: n + Math.floor(n / 99) }));
  const lost = Math.floor((GOOD - 1) / 99);

  function mixed(from: Omit<Numbered, 'n'>, number: (random: Random, i: number) => number): Numbered[] {
    const random = new Random(7);
    const all = [...good];
    for (let i = 0; i < STRANGE; i++)
      all.splice(random.int(1, all.length - 1), 0, { ...from, n: number(random, i) });
    return all;
  }

  function goodSums(list: readonly Numbered[], options: PathOptions = {}): MirrorSums | undefined {
    const path = new WatchedPath(options);
    path.process(packets(list));
    path.finish();
    return path.minutes.get('10.0.0.1 5');
  }

  const anywhere = (random: Random): number => random.u32();
  const near = (random: Random, i: number): number => random.pick([2 ** 31, 2 ** 31 - 1, random.u32()]) + i;

  it.each([
    ['another sender', { source: 0x0a000002, session: 5 }],
    ['another session of the same switch', { session: 6 }],
  ])('of %s leave the good counts as they are', (_, from) => {
    for (const [, options] of JUDGES) {
      for (const number of [anywhere, near]) {
        const sums = goodSums(mixed(from, number), options);
        expect(sums).toEqual({ packets: GOOD, lost, reordered: 0, repeated: 0 });
      }
    }
  });

  it('of a sender with a spoofed address add only themselves and the numbers missing between them', () => {
    const packets = GOOD + STRANGE;
    expect(goodSums(mixed({ session: 5 }, anywhere))).toEqual({ packets, lost, reordered: 0, repeated: 0 });
    const sums = goodSums(mixed({ session: 5 }, near));
    expect(sums?.packets).toBe(packets);
    expect(sums?.lost).toBeGreaterThanOrEqual(lost);
    expect(sums?.lost).toBeLessThan(lost + STRANGE * 1024);
  });

  it('cost no more than the others', () => {
    const all = mixed({ session: 6 }, near);
    expectCpu(taking(packets(all)), taking(packets(good)), 4);
  });
});
