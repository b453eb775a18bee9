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

/**
 * How many times the CPU time of `ordinary` work `other` work takes: the least of some runs in turn, after
 * one that is not counted. Each run gets its work made anew.
 */
export function cpuRatio(other: () => () => void, ordinary: () => () => void, runs = 3): number {
  const least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let run = 0; run <= runs; run++) {
    for (const [i, make] of [other, ordinary].entries()) {
      const cpu = cpuOf(make());
      if (run > 0) least[i] = Math.min(least[i], cpu);
    }
  }
  return least[0] / least[1];
}
