import { expect } from 'vitest';

/**
 * The CPU time of some work in this process, in microseconds. Unlike elapsed time, it does not grow when
 * other processes are busy.
 */
export function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Prepares the work of one run. */
type Work = () => () => void;

/**
 * Expects `other` to take less than `times` the CPU time of `ordinary`. They run alternately, and the fastest
 * run of each counts. It stops as soon as the expectation holds, and fails after `runs` runs.
 */
export function expectCpu(other: Work, ordinary: Work, times: number, runs = 4): void {
  expectCpuOfAll({ 'CPU time': other }, ordinary, times, runs);
}

/** The same for several kinds of other work, by name. */
export function expectCpuOfAll(
  others: Readonly<Record<string, Work>>,
  ordinary: Work,
  times: number,
  runs = 4,
): void {
  // Does not count: the code is compiled during this run.
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
