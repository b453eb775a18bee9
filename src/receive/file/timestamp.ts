const TWO32 = 0x1_0000_0000;

/**
 * A pcapng interface's clock: converts its 64-bit timestamps to seconds and nanoseconds, in numbers only.
 * Exact for every resolution down to 10^-19 and 2^-32; finer ones to within a nanosecond. Times before 1970
 * become its first second, times after 2106 the last one of 32 bits; nothing throws.
 */
export class TimestampUnit {
  /** The result of {@link split}: seconds since 1970 (32 bits) and nanoseconds. */
  sec = 0;
  nsec = 0;
  private readonly binary: boolean;
  private readonly exponent: number;
  /** Decimal, down to 10^-9: units per second, and nanoseconds per unit. */
  private readonly perSecond: number;
  private readonly nanoseconds: number;

  /**
   * @param resolution if_tsresol (pcapng section 4.2): the exponent of 10^-n, or with the high bit of 2^-n
   * @param offset if_tsoffset: seconds to add
   */
  constructor(
    resolution = 6,
    private readonly offset = 0,
  ) {
    this.binary = (resolution & 0x80) !== 0;
    this.exponent = resolution & 0x7f;
    const digits = Math.min(this.exponent, 9);
    this.perSecond = 10 ** digits;
    this.nanoseconds = 10 ** (9 - digits);
  }

  /** @param high, low the timestamp's halves, unsigned 32 bits each */
  split(high: number, low: number): void {
    if (this.binary) this.splitBinary(high, low);
    else if (this.exponent <= 9) this.splitUnits(high, low, this.nanoseconds);
    else this.splitFine(high, low);
  }

  /** Long division by `perSecond` in 16-bit steps: every intermediate value is an exact number. */
  private splitUnits(high: number, low: number, nanoseconds: number): void {
    const d = this.perSecond;
    const q2 = Math.floor(high / d);
    const r2 = (high - q2 * d) * 65536 + (low >>> 16);
    const q1 = Math.floor(r2 / d);
    const r1 = (r2 - q1 * d) * 65536 + (low & 0xffff);
    const q0 = Math.floor(r1 / d);
    this.sec = within(q2 * TWO32 + q1 * 65536 + q0 + this.offset);
    this.nsec = (r1 - q0 * d) * nanoseconds;
  }

  /** Finer than nanoseconds: first reduced to those, then split. */
  private splitFine(high: number, low: number): void {
    if (this.exponent > 19) {
      const total = high * TWO32 + low;
      this.sec = within(this.offset);
      this.nsec = Math.floor(total / 10 ** (this.exponent - 9));
      return;
    }
    const d = 10 ** (this.exponent - 9);
    const q2 = Math.floor(high / d);
    const r2 = (high - q2 * d) * 65536 + (low >>> 16);
    const q1 = Math.floor(r2 / d);
    const r1 = (r2 - q1 * d) * 65536 + (low & 0xffff);
    this.splitUnits(q2, q1 * 65536 + Math.floor(r1 / d), 1);
  }

  private splitBinary(high: number, low: number): void {
    const n = this.exponent;
    let seconds = 0;
    let fraction = 0;
    if (n === 0) {
      seconds = high * TWO32 + low;
    } else if (n <= 32) {
      const unit = 2 ** n;
      seconds = high * 2 ** (32 - n) + Math.floor(low / unit);
      // The fraction as 32 bits.
      fraction = (low % unit) * 2 ** (32 - n);
    } else {
      const unit = 2 ** (n - 32);
      seconds = Math.floor(high / unit);
      fraction = Math.floor((high % unit) * (TWO32 / unit)) + Math.floor(low / unit);
    }
    this.sec = within(seconds + this.offset);
    const lowPart = Math.floor(((fraction % 65536) * 1_000_000_000) / 65536);
    this.nsec = Math.floor((Math.floor(fraction / 65536) * 1_000_000_000 + lowPart) / 65536);
  }
}

/** A time that does not fit into 32 bits must at least not become another plausible time. */
function within(seconds: number): number {
  return seconds < 0 ? 0 : seconds < TWO32 ? seconds : TWO32 - 1;
}
