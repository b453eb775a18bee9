import { grownFloat64 } from './grow.js';

/** Fresh packets of a tally after which the older half no longer counts. */
const FRESH = 8192;
const CHANGES = 2 ** 30 - 1;

/**
 * The counts from sequence numbers, by tally: several streams may share a tally, and one stream may have
 * several.
 */
export class SequenceTallies {
  received = new Float64Array(64);
  /** Numbers missing now: skipped, and not arrived since. */
  missing = new Float64Array(64);
  /**
   * Missing numbers that are not given up yet: missing since the last epoch began, and since the one before.
   */
  awaited = new Float64Array(64);
  private awaitedLong = new Float64Array(64);
  /** Numbers that arrived after they had been given up. */
  late = new Float64Array(64);
  reordered = new Float64Array(64);
  repeated = new Float64Array(64);
  /** Numbers far from the previous ones, except steps that turned out to be an outage. */
  jumps = new Float64Array(64);
  /** Runs of skipped numbers. */
  gaps = new Float64Array(64);
  /**
   * Recent packets: numbers that arrived again with a different packet; numbers that were missing for long,
   * or filled from far below; and the number of packets they are counted over.
   */
  differing = new Float64Array(64);
  distant = new Float64Array(64);
  fresh = new Float64Array(64);
  /** Calls of {@link skip} and {@link arrive}, modulo 2^30. */
  changes = 0;
  private count = 0;
  private readonly spare: number[] = [];

  /** A new tally, all 0. */
  add(): number {
    const spare = this.spare.pop();
    if (spare !== undefined) return spare;
    const t = this.count++;
    if (t === this.received.length) this.grow();
    return t;
  }

  /** Frees a tally: its index is reused, with counts of 0. */
  release(t: number): void {
    for (const counts of this.all()) counts[t] = 0;
    this.spare.push(t);
  }

  /** A new tally with the counts of another. */
  copy(from: number): number {
    const t = this.add();
    for (const counts of this.all()) counts[t] = counts[from];
    return t;
  }

  /** Numbers given up, including those that arrived late. */
  lost(t: number): number {
    return this.missing[t] + this.late[t] - this.awaited[t] - this.awaitedLong[t];
  }

  /**
   * Counts skipped numbers: in this epoch (`age` 0), in the one before (1), or earlier, which are given up at
   * once.
   */
  skip(t: number, age: number, count: number): void {
    this.changes = (this.changes + 1) & CHANGES;
    this.missing[t] += count;
    if (age === 0) this.awaited[t] += count;
    else if (age === 1) this.awaitedLong[t] += count;
  }

  /** A number skipped that long ago has arrived. */
  arrive(t: number, age: number): void {
    this.changes = (this.changes + 1) & CHANGES;
    this.missing[t]--;
    if (age === 0) this.awaited[t]--;
    else if (age === 1) this.awaitedLong[t]--;
    else this.late[t]++;
  }

  /** Skipped numbers that were not missing after all. */
  takeBack(t: number, count: number): void {
    this.missing[t] -= count;
    this.awaited[t] -= Math.min(count, this.awaited[t]);
  }

  /** A number counted as arrived has not arrived after all: it is awaited again, or given up as before. */
  forget(t: number, wasLate: boolean): void {
    this.missing[t]++;
    if (wasLate) this.late[t]--;
    else this.awaited[t]++;
  }

  /**
   * Gives up numbers missing since before the last epoch. @param given called for every tally that had some
   */
  turn(given: (tally: number) => void): void {
    for (let t = 0; t < this.count; t++) {
      if (this.awaitedLong[t] > 0) given(t);
      this.awaitedLong[t] = this.awaited[t];
      this.awaited[t] = 0;
      if (this.fresh[t] <= FRESH) continue;
      this.fresh[t] /= 2;
      this.differing[t] /= 2;
      this.distant[t] /= 2;
    }
  }

  /** Gives up everything that is missing. */
  giveUp(): void {
    this.awaitedLong.fill(0);
    this.awaited.fill(0);
  }

  /** Likewise, for one tally. */
  conclude(t: number): void {
    this.awaitedLong[t] = 0;
    this.awaited[t] = 0;
  }

  private all(): Float64Array[] {
    return [
      this.received,
      this.missing,
      this.awaited,
      this.awaitedLong,
      this.late,
      this.reordered,
      this.repeated,
      this.jumps,
      this.gaps,
      this.differing,
      this.distant,
      this.fresh,
    ];
  }

  private grow(): void {
    this.received = grownFloat64(this.received);
    this.missing = grownFloat64(this.missing);
    this.awaited = grownFloat64(this.awaited);
    this.awaitedLong = grownFloat64(this.awaitedLong);
    this.late = grownFloat64(this.late);
    this.reordered = grownFloat64(this.reordered);
    this.repeated = grownFloat64(this.repeated);
    this.jumps = grownFloat64(this.jumps);
    this.gaps = grownFloat64(this.gaps);
    this.differing = grownFloat64(this.differing);
    this.distant = grownFloat64(this.distant);
    this.fresh = grownFloat64(this.fresh);
  }
}
