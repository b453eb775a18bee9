/**
 * Delays of one minute, pair and direction, in nanoseconds with a sign: exact up to a number of them, and
 * beyond that in buckets whose width is 1 % of the delay, so that a quantile is at most 0.5 % wrong (as in
 * DDSketch; Masson, Rim, Lee, 2019). The least and the greatest are always exact.
 */

/** Half the width of a bucket, relative to its middle. */
export const DELAY_ERROR = 0.005;
const GROWTH = (1 + DELAY_ERROR) / (1 - DELAY_ERROR);
const LOG_GROWTH = Math.log(GROWTH);
/** The largest number of buckets on either side of 0: up to 10^13 ns. */
const BUCKETS = Math.ceil(Math.log(1e13) / LOG_GROWTH) + 1;
const FIRST_PLACES = 64;

export class Delays {
  count = 0;
  min = 0;
  max = 0;
  private exact: Float64Array | undefined = new Float64Array(FIRST_PLACES);
  private sorted = false;
  /** From the most negative delay to the greatest; the middle one is for less than a nanosecond. */
  private buckets: Float64Array | undefined;

  /** @param most delays that are kept exactly */
  constructor(private readonly most: number) {}

  add(delay: number): void {
    if (this.count === 0 || delay < this.min) this.min = delay;
    if (this.count === 0 || delay > this.max) this.max = delay;
    const { exact } = this;
    if (exact === undefined) this.buckets![bucketOf(delay)]++;
    else if (this.count < this.most) {
      if (this.count === exact.length) this.exact = grown(exact, this.most);
      this.exact![this.count] = delay;
      this.sorted = false;
    } else this.roughly(exact, delay);
    this.count++;
  }

  /**
   * The delay that a share of all does not exceed (nearest rank); 0 without any.
   *
   * @param share 0 to 1
   */
  quantile(share: number): number {
    if (this.count === 0) return 0;
    const rank = Math.max(1, Math.ceil(share * this.count));
    if (this.exact !== undefined) {
      if (!this.sorted) this.exact.subarray(0, this.count).sort();
      this.sorted = true;
      return this.exact[rank - 1];
    }
    let seen = 0;
    for (const [i, n] of this.buckets!.entries()) {
      seen += n;
      if (seen >= rank) return Math.min(Math.max(middleOf(i), this.min), this.max);
    }
    return this.max;
  }

  private roughly(exact: Float64Array, delay: number): void {
    this.buckets = new Float64Array(2 * BUCKETS + 1);
    for (const before of exact.subarray(0, this.count)) this.buckets[bucketOf(before)]++;
    this.buckets[bucketOf(delay)]++;
    this.exact = undefined;
  }
}

function bucketOf(delay: number): number {
  const size = Math.abs(delay);
  if (size < 1) return BUCKETS;
  const bucket = Math.min(BUCKETS, Math.ceil(Math.log(size) / LOG_GROWTH) + 1);
  return delay < 0 ? BUCKETS - bucket : BUCKETS + bucket;
}

/** A delay that is right within {@link DELAY_ERROR} for every delay of its bucket. */
function middleOf(bucket: number): number {
  const away = bucket - BUCKETS;
  if (away === 0) return 0;
  const size = (2 * GROWTH ** (Math.abs(away) - 1)) / (1 + GROWTH);
  return Math.round(away < 0 ? -size : size);
}

function grown(array: Float64Array, most: number): Float64Array {
  const larger = new Float64Array(Math.min(array.length * 2, most));
  larger.set(array);
  return larger;
}
