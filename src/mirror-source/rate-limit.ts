/** The unit of a rate. */
export interface Rate {
  /** Bits of IP packets, or packets. */
  readonly unit: 'bit' | 'packet';
  readonly perSecond: number;
}

/** How long a sender may catch up after a pause, in seconds of its allowance. */
const BURST = 0.05;

/**
 * A token bucket: a rate per second, and after a pause a burst of a twentieth of a second's allowance (but at
 * least one packet).
 */
export class RateLimit {
  private tokens: number;
  private readonly burst: number;
  private last = 0;

  constructor(private readonly rate: Rate) {
    // A packet of full size always fits.
    this.burst = Math.max(rate.perSecond * BURST, rate.unit === 'bit' ? 65535 * 8 : 1);
    this.tokens = this.burst;
  }

  /**
   * Takes a packet's tokens, if there are enough.
   *
   * @param bytes of the IP packet
   * @param now milliseconds of a monotonic clock
   * @returns 0 if the packet may go; otherwise milliseconds until it may
   */
  take(bytes: number, now: number): number {
    const { rate } = this;
    if (this.last !== 0) {
      this.tokens = Math.min(this.burst, this.tokens + ((now - this.last) * rate.perSecond) / 1000);
    }
    this.last = now;
    const cost = rate.unit === 'bit' ? bytes * 8 : 1;
    if (this.tokens < cost) return ((cost - this.tokens) * 1000) / rate.perSecond;
    this.tokens -= cost;
    return 0;
  }
}
