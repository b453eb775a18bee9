/**
 * When a place's mirror lost packets, by its own sequence numbers: intervals between two packets, and how
 * many numbers are missing there. A packet that was due at the place within one of them may be among the
 * missing ones, so its absence says nothing of the network; each interval accounts for as many packets as it
 * lacks.
 *
 * Times are nanoseconds, since a second that the matcher chooses.
 */

/** Intervals remembered per place. */
export const GAPS = 4096;
/** A late packet returns its number to one of this many intervals. */
const RETURNS = 64;

export class PlaceGaps {
  /** Whether the place's mirror has sequence numbers that say what is missing. */
  numbered = false;
  /** Times of the first and of the last packet. */
  first = Number.POSITIVE_INFINITY;
  last = Number.NEGATIVE_INFINITY;
  /** Intervals that were forgotten before their time was over. */
  forgotten = 0;
  private readonly from = new Float64Array(GAPS);
  private readonly to = new Float64Array(GAPS);
  private readonly missing = new Uint32Array(GAPS);
  /** Intervals so far, and those that are over. */
  private count = 0;
  private done = 0;

  /** A packet of the place, whatever is in it. */
  seen(time: number): void {
    if (time < this.first) this.first = time;
    if (time > this.last) this.last = time;
  }

  /** `missing` numbers are missing between two packets; negative: as many of before have come after all. */
  add(from: number, to: number, missing: number): void {
    if (missing < 0) {
      this.giveBack(-missing);
      return;
    }
    if (this.count - this.done === GAPS) {
      this.done++;
      this.forgotten++;
    }
    const at = this.count++ % GAPS;
    this.from[at] = from;
    this.to[at] = to;
    this.missing[at] = missing;
  }

  /**
   * Whether a packet due between two times may be among the missing ones: if so, one less is missing for
   * others.
   */
  takes(from: number, to: number): boolean {
    const at = this.find(from, to);
    if (at >= 0) this.missing[at]--;
    return at >= 0;
  }

  /** Whether a packet due between two times may be among the missing ones. */
  covers(from: number, to: number): boolean {
    return this.find(from, to) >= 0;
  }

  /** Forgets intervals that ended before this time. */
  forget(time: number): void {
    while (this.done < this.count && this.to[this.done % GAPS] < time) this.done++;
  }

  /** Counts time from a later second on. */
  shift(by: number): void {
    this.first -= by;
    this.last -= by;
    for (let at = 0; at < GAPS; at++) {
      this.from[at] -= by;
      this.to[at] -= by;
    }
  }

  private find(from: number, to: number): number {
    for (let i = this.done; i < this.count; i++) {
      const at = i % GAPS;
      if (this.missing[at] > 0 && this.to[at] >= from && this.from[at] <= to) return at;
    }
    return -1;
  }

  private giveBack(count: number): void {
    let left = count;
    for (let i = this.count - 1; i >= Math.max(this.done, this.count - RETURNS) && left > 0; i--) {
      const taken = Math.min(left, this.missing[i % GAPS]);
      this.missing[i % GAPS] -= taken;
      left -= taken;
    }
  }
}
