/** The kernel's monotonic clock, which eBPF programs read, and what time it is by the system's. */
import { clockGettime } from './libc.js';

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const SECOND = 1_000_000_000n;
const WORD = 2 ** 32;
/** Tries to read both clocks at once, of which the quickest counts. */
const TRIES = 4;
/** Both clocks go at one pace: a smaller difference is from reading them one after the other; nanoseconds. */
const NOTHING = 20_000n;

/** Converts times of the monotonic clock near now. */
export class MonotonicTime {
  private readonly time = new BigInt64Array(2);
  /** What the system's clock is ahead, nanoseconds. */
  private ahead = 0n;
  /** Words of a recent monotonic time, and the system's time then. */
  private high = 0;
  private low = 0;
  private baseSec = 0;
  private baseNsec = 0;
  /** What {@link convert} gives: seconds since 1970, and nanoseconds. */
  sec = 0;
  nsec = 0;

  constructor() {
    this.follow();
  }

  /** Reads both clocks: to be called several times a second, because the system's may be set. */
  follow(): void {
    let between = -1n;
    let ahead = 0n;
    let now = 0n;
    for (let i = 0; i < TRIES; i++) {
      const before = this.read(CLOCK_MONOTONIC);
      const system = this.read(CLOCK_REALTIME);
      now = this.read(CLOCK_MONOTONIC);
      if (between >= 0n && now - before >= between) continue;
      between = now - before;
      ahead = system - (before + now) / 2n;
    }
    const change = ahead - this.ahead;
    if (change > NOTHING || change < -NOTHING) this.ahead = ahead;
    this.high = Number(now >> 32n);
    this.low = Number(now & 0xffff_ffffn);
    const system = now + this.ahead;
    this.baseSec = Number(system / SECOND);
    this.baseNsec = Number(system % SECOND);
  }

  private read(clock: number): bigint {
    clockGettime(clock, this.time);
    return this.time[0] * SECOND + this.time[1];
  }

  /** Sets {@link sec} and {@link nsec} to what a monotonic time is, by the words of its nanoseconds. */
  convert(high: number, low: number): void {
    const nsec = this.baseNsec + (high - this.high) * WORD + (low - this.low);
    const seconds = Math.floor(nsec / 1e9);
    this.sec = this.baseSec + seconds;
    this.nsec = nsec - seconds * 1e9;
  }
}
