/** Counters over some seconds, and their rates. */

/** Milliseconds over which a rate is taken: a single second of a calm mirror says little. */
const OVER = 5000;

export type Counters = Readonly<Record<string, number>>;

interface Sample {
  readonly at: number;
  readonly counters: Counters;
}

/** Counters of some seconds. */
export class Samples {
  private kept: readonly Sample[] = [];

  /** @param at milliseconds */
  add(at: number, counters: Counters): void {
    const newest = this.kept.at(-1);
    if (newest !== undefined && at <= newest.at) return;
    // The oldest of those beyond the time is kept: the difference spans all of it.
    const within = this.kept.findIndex((one) => one.at >= at - OVER);
    const from = within < 0 ? this.kept.slice(-1) : this.kept.slice(Math.max(0, within - 1));
    this.kept = [...from, { at, counters }];
  }

  /** A second; undefined while there is one sample only, or the counter has begun anew. */
  rate(name: string): number | undefined {
    const newest = this.kept.at(-1);
    const first = this.kept.find(({ counters }) => counters[name] !== undefined);
    if (newest === undefined || first === undefined || first === newest) return undefined;
    const grown = (newest.counters[name] ?? Number.NaN) - first.counters[name]!;
    return grown >= 0 ? (grown * 1000) / (newest.at - first.at) : undefined;
  }
}
