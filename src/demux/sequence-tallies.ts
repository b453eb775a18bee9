import { grownFloat64 } from './grow.js';

/** What sequence numbers add up to, by tally: several streams of numbers may share one, and one stream have several. */
export class SequenceTallies {
  received = new Float64Array(64);
  lost = new Float64Array(64);
  reordered = new Float64Array(64);
  repeated = new Float64Array(64);
  /** Numbers far from those before, not counting what turned out to be an outage. */
  jumps = new Float64Array(64);
  /** Runs of skipped numbers. */
  gaps = new Float64Array(64);
  private count = 0;
  private readonly spare: number[] = [];

  /** A new tally, all 0. */
  add(): number {
    const spare = this.spare.pop();
    if (spare !== undefined) return spare;
    const t = this.count++;
    if (t === this.received.length) {
      this.received = grownFloat64(this.received);
      this.lost = grownFloat64(this.lost);
      this.reordered = grownFloat64(this.reordered);
      this.repeated = grownFloat64(this.repeated);
      this.jumps = grownFloat64(this.jumps);
      this.gaps = grownFloat64(this.gaps);
    }
    return t;
  }

  /** Gives a tally up: its number is a later one's, whose counts begin at 0. */
  release(t: number): void {
    this.received[t] = 0;
    this.lost[t] = 0;
    this.reordered[t] = 0;
    this.repeated[t] = 0;
    this.jumps[t] = 0;
    this.gaps[t] = 0;
    this.spare.push(t);
  }

  /** A new tally with the counts of another. */
  copy(from: number): number {
    const t = this.add();
    this.received[t] = this.received[from];
    this.lost[t] = this.lost[from];
    this.reordered[t] = this.reordered[from];
    this.repeated[t] = this.repeated[from];
    this.jumps[t] = this.jumps[from];
    this.gaps[t] = this.gaps[from];
    return t;
  }
}
