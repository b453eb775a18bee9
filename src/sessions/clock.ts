/**
 * The session table's clock, in seconds: packets move it, but one packet with an absurd time does not. If
 * packets continue far behind it, the clock is wrong: the machine's clock was set back, or a capture of
 * another time follows in the same file.
 */

/** A packet this far ahead of the clock (seconds) moves it only if the next one agrees. */
const DOUBTFUL_JUMP = 3600;
/**
 * Packets that far behind must continue for this many seconds of their own time, and none may move the clock
 * meanwhile.
 */
const SET_BACK = 60;

export interface Timeouts {
  readonly tcpIdle: number;
  readonly udpIdle: number;
  readonly otherIdle: number;
  readonly linger: number;
}

export const ClockMove = { None: 0, Forward: 1, Back: 2 } as const;
export type ClockMove = (typeof ClockMove)[keyof typeof ClockMove];

export class Clock {
  /** The clock's second, 0 before the first packet. */
  now = 0;
  /**
   * A second far ahead that waits for confirmation; and the first and last second of packets far behind; 0
   * for none.
   */
  private doubtful = 0;
  private behindSince = 0;
  private behind = 0;
  /** Packets this far behind, in seconds, may set the clock back. */
  private readonly farBehindFrom: number;

  /**
   * @param timeouts those of the sessions, in seconds: a clock is not set back by less than the longest, so
   * that sessions open then had packets since it last moved
   */
  constructor({ tcpIdle, udpIdle, otherIdle, linger }: Timeouts) {
    const longest = Math.max(tcpIdle, udpIdle, otherIdle, linger) + 1;
    this.farBehindFrom = Math.max(DOUBTFUL_JUMP, longest);
  }

  /** How a packet of the second `sec` moves the clock; {@link set} moves it. */
  judge(sec: number): ClockMove {
    if (sec > this.now) return this.ahead(sec);
    if (this.now - sec > this.farBehindFrom) return this.farBehind(sec);
    return ClockMove.None;
  }

  set(sec: number): void {
    this.now = sec;
    this.doubtful = 0;
    this.behindSince = 0;
  }

  private ahead(sec: number): ClockMove {
    const ahead = sec - this.now;
    if (this.now !== 0 && ahead > DOUBTFUL_JUMP) {
      if (this.doubtful === 0 || Math.abs(sec - this.doubtful) > ahead) {
        this.doubtful = sec;
        return ClockMove.None;
      }
    }
    return ClockMove.Forward;
  }

  private farBehind(sec: number): ClockMove {
    if (this.behindSince === 0 || sec < this.behindSince || Math.abs(sec - this.behind) > DOUBTFUL_JUMP)
      this.behindSince = sec;
    this.behind = sec;
    return sec - this.behindSince >= SET_BACK ? ClockMove.Back : ClockMove.None;
  }
}
