import { FIRST_HOLD, LONGEST_HOLD, TRIAL } from './limits.js';

/** Whether packets arrive at a target, as ICMP says, and when to try again. Times are milliseconds. */
export class Refusal {
  /** The error's name while packets do not arrive. */
  error: string | undefined;
  private hold = 0;
  /** When to try again. */
  private next = 0;
  /** When it was tried, if nothing has been heard since. */
  private tried: number | undefined;
  /** When it was last up again. */
  private since = Number.NEGATIVE_INFINITY;

  /** Takes note of an error. @returns whether the target was up until now */
  heard(error: string, now: number): boolean {
    if (this.error !== undefined) {
      if (this.tried !== undefined) this.wait(now);
      return false;
    }
    this.error = error;
    if (now - this.since >= LONGEST_HOLD) this.hold = 0;
    this.wait(now);
    return true;
  }

  private wait(now: number): void {
    this.hold = Math.min(Math.max(FIRST_HOLD, 2 * this.hold), LONGEST_HOLD);
    this.next = now + this.hold;
    this.tried = undefined;
  }

  /** Whether a packet has to try the target. */
  due(now: number): boolean {
    return this.error !== undefined && this.tried === undefined && now >= this.next;
  }

  /** A packet has been sent because of {@link due}. */
  try(now: number): void {
    this.tried = now;
  }

  /** Whether the target has just come up: it was tried, and nothing was heard. */
  passed(now: number): boolean {
    if (this.tried === undefined || now - this.tried < TRIAL) return false;
    this.error = undefined;
    this.tried = undefined;
    this.since = now;
    return true;
  }
}
