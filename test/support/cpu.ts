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
  return cpuRatios({ other }, ordinary, runs).other;
}

/** The same of several kinds of other work, by name. */
export function cpuRatios<Name extends string>(
  others: Readonly<Record<Name, () => () => void>>,
  ordinary: () => () => void,
  runs = 3,
): Record<Name, number> {
  const names = Object.keys(others) as Name[];
  const all = [ordinary, ...names.map((name) => others[name])];
  const least = all.map(() => Number.POSITIVE_INFINITY);
  for (let run = 0; run <= runs; run++) {
    for (const [i, make] of all.entries()) {
      const cpu = cpuOf(make());
      if (run > 0) least[i] = Math.min(least[i], cpu);
    }
  }
  return Object.fromEntries(names.map((name, i) => [name, least[i + 1] / least[0]])) as Record<Name, number>;
}
