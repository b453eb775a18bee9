/** What a rate is counted in. */
export interface Rate {
  /** Bits of IP packets, or packets. */
  readonly unit: 'bit' | 'packet';
  readonly perSecond: number;
}

/** How long a sender may catch up after a pause, as a part of a second's allowance. */
const BURST = 0.05;

/** A token bucket: so much a second, and after a pause a burst of a twentieth of that (but always one packet). */
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
   * Takes a packet's share, if it is there.
   *
   * @param bytes of the IP packet
   * @param now milliseconds of a clock that does not go back
   * @returns 0 when the packet may go; else milliseconds until it may
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
