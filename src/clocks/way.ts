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

  /** Since the last row: packets that have their timestamp's time, and that were disbelieved. */
  stamped = 0;
  disbelieved = 0;
  /** Since the last row: the least delay, and the sum of the differences between delays, in nanoseconds. */
  leastDelay = Number.POSITIVE_INFINITY;
  variation = 0;
  /** Of the last packet; NaN before the first. */
  delay = Number.NaN;
  /** Jumps of its clock that its rows have told of. */
  jumps = 0;

  /** Counts a packet that took this many nanoseconds. */
  count(delay: number): void {
    if (this.stamped++ > 0) this.variation += Math.abs(delay - this.delay);
    this.delay = delay;
    if (delay < this.leastDelay) this.leastDelay = delay;
  }

  /** Begins the next row. */
  turn(): void {
    this.stamped = 0;
    this.disbelieved = 0;
    this.leastDelay = Number.POSITIVE_INFINITY;
    this.variation = 0;
  }
}
