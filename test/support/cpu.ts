import { expect } from 'vitest';

/**
 * The CPU time, in microseconds, that this process takes for some work: not the time of day, which others'
 * work lengthens.
 */
export function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Makes the work of one run anew. */
type Work = () => () => void;

/**
 * Expects `other` work to take less than `times` the CPU time of `ordinary` work, each the least of some runs
 * in turn: no more runs than it takes, and no more than `runs`.
 */
export function expectCpu(other: Work, ordinary: Work, times: number, runs = 4): void {
  expectCpuOfAll({ 'CPU time': other }, ordinary, times, runs);
}

/** The same of several kinds of other work, by name. */
export function expectCpuOfAll(
  others: Readonly<Record<string, Work>>,
  ordinary: Work,
  times: number,
  runs = 4,
): void {
  // Not counted: it is compiled meanwhile.
  ordinary()();
  let base = Number.POSITIVE_INFINITY;
  let left = Object.entries(others).map(([name, work]) => ({ name, work, least: Number.POSITIVE_INFINITY }));
  for (let run = 0; run < runs && left.length > 0; run++) {
    base = Math.min(base, cpuOf(ordinary()));
    for (const one of left) one.least = Math.min(one.least, cpuOf(one.work()));
    left = left.filter(({ least }) => least >= times * base);
  }
  for (const { name, least } of left) expect(least / base, name).toBeLessThan(times);
}
