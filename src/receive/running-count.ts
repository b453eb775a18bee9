/**
 * A counter of the kernel's that wraps at 32 bits, as a count that goes on. It has to be read before it comes
 * round.
 */
export class RunningCount {
  private total = 0;
  private last = 0;

  /** Counts anew from where the counter is. */
  begin(now: number): void {
    this.total = 0;
    this.last = now;
  }

  /** @returns what the counter has counted since {@link begin}, now that it is at `now` */
  read(now: number): number {
    this.total += (now - this.last) >>> 0;
    this.last = now;
    return this.total;
  }
}
