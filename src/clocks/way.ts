/** What packets of a way show. */
export class WayCounts {
  /** Packets that have their timestamp's time, and that were disbelieved. */
  stamped = 0;
  disbelieved = 0;
  /** The least delay, in nanoseconds. */
  leastDelay = Number.POSITIVE_INFINITY;
  /** Pairs of packets behind each other, and the sum of the differences between their delays. */
  compared = 0;
  variation = 0;

  /** The mean of these differences. */
  get jitter(): number {
    return this.compared === 0 ? 0 : this.variation / this.compared;
  }

  add(of: WayCounts): void {
    this.stamped += of.stamped;
    this.disbelieved += of.disbelieved;
    this.leastDelay = Math.min(this.leastDelay, of.leastDelay);
    this.compared += of.compared;
    this.variation += of.variation;
  }

  clear(): void {
    this.stamped = 0;
    this.disbelieved = 0;
    this.leastDelay = Number.POSITIVE_INFINITY;
    this.compared = 0;
    this.variation = 0;
  }
}

/** What is known of the way of one mirror point's packets from its switch, and of its timestamps. */
export class Way {
  /** The segment of its clock in which one of its packets last came about as fast as any. */
  segment = 0;
  /** Packets in a row that came too early for their timestamp, and when the first arrived. */
  early = 0;
  earlyFrom = 0;
  /** Packets in a row that were disbelieved, when the first arrived, and how far off the last was. */
  far = 0;
  farFrom = 0;
  farBy = 0;
  /** Packets in a row that came late, when the first arrived, its reading, and the least offset. */
  late = 0;
  lateFrom = 0;
  lateSince = 0;
  lateLeast = 0;

  /** What its packets show since the last row, and in the rows before. */
  readonly row = new WayCounts();
  readonly before = new WayCounts();
  /** Of the last packet, in nanoseconds. */
  private delay = 0;
  /** Jumps of its clock that its rows have told of. */
  jumps = 0;

  /** Counts a packet that took this many nanoseconds. */
  count(delay: number): void {
    const { row } = this;
    if (row.stamped > 0) {
      row.compared++;
      row.variation += Math.abs(delay - this.delay);
    }
    row.stamped++;
    if (delay < row.leastDelay) row.leastDelay = delay;
    this.delay = delay;
  }

  /** Begins the next row. */
  turn(): void {
    this.before.add(this.row);
    this.row.clear();
  }
}
