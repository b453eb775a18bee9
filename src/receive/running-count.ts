/** Extends a kernel counter that wraps at 32 bits. It must be read at least once per 2^32 counts. */
export class RunningCount {
  private total = 0;
  private last = 0;

  /** Starts counting from the counter's current value. */
  begin(now: number): void {
    this.total = 0;
    this.last = now;
  }

  /** @returns what the counter has counted since {@link begin}, given its value `now` */
  read(now: number): number {
    this.total += (now - this.last) >>> 0;
    this.last = now;
    return this.total;
  }
}
