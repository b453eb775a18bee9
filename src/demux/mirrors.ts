/**
 * The mirror points seen, and what each sent: by minute for the `mirrors` table, and in all.
 *
 * A plain GRE tunnel or a PPTP call that is observed carries the two halves of a conversation one way each, so for
 * these types the two ends in either order are one mirror point, whose source is the end seen to send first.
 * ERSPAN and Mellanox mirrors go one way only.
 */
import { isTwoWay, type MirrorPoint, type MirrorType } from '../wire/mirror-point.js';
import { MirrorRecord, type MirrorSink } from '../wire/mirror-record.js';
import type { Mirrored } from '../wire/mirrored.js';
import type { OuterPacket } from '../wire/outer.js';
import { grownFloat64 } from './grow.js';
import { MirrorPoints } from './mirror-points.js';
import type { NumberLog } from './number-log.js';
import { Numbering, SequenceVerdict } from './numbering.js';

/** Mirror points kept at most, unless the options say otherwise. */
export const MIRROR_POINTS = 65_536;

export interface MirrorTableOptions {
  /**
   * Mirror points kept at most, {@link MIRROR_POINTS} unless given. What comes from others beyond is counted, and
   * stored under one point a type that has `::` as source and target.
   */
  capacity?: number;
  /** Where the minutes go. */
  sink?: MirrorSink;
  /** Asked once for each new mirror point; with false its packets are counted as refused and go no further. */
  admit?: (point: MirrorPoint) => boolean;
  /**
   * Where sequence numbers are written, for them to be judged together with those of other tables: see
   * {@link NumberLog}. This table says nothing of losses then.
   */
  numbers?: NumberLog;
}

const MINUTE = 60;
/** A packet this far from the clock, in seconds, moves it only when the next one agrees. */
const DOUBTFUL_JUMP = 3600;

/** What is counted of a mirror point, in {@link MirrorTable.total} and for its minute. */
const PACKETS = 0;
const BYTES = 1;
const TRUNCATED = 2;
const MALFORMED = 3;
/** Counted by sequence numbers, and reported in the minutes so far. */
const LOST = 4;
const REORDERED = 5;
const REPEATED = 6;
const FIRST_MINUTE = 7;
const COUNTS = 8;

/** The mirror points and their accounts. */
export class MirrorTable {
  /** Packets of points beyond the capacity, and of points not admitted. */
  overflowed = 0;
  refused = 0;
  private readonly table: MirrorPoints;
  private readonly capacity: number;
  private readonly sink: MirrorSink | undefined;
  private readonly admit: ((point: MirrorPoint) => boolean) | undefined;
  private readonly admitted: boolean[] = [];
  private readonly numbering = new Numbering();
  private readonly numbers: NumberLog | undefined;
  private readonly verdict = new SequenceVerdict();
  private readonly record = new MirrorRecord();
  /** COUNTS numbers a point: in all, and in the running minute. */
  private total = new Float64Array(16 * COUNTS);
  private minute = new Float64Array(16 * COUNTS);
  /** Points that have packets in the running minute. */
  private readonly active: number[] = [];
  /** The minute's first second, -1 before the first packet, and a time far from it that waits to be confirmed. */
  private start = -1;
  private doubtful = -1;

  constructor(options: MirrorTableOptions = {}) {
    this.capacity = options.capacity ?? MIRROR_POINTS;
    this.table = new MirrorPoints(this.capacity);
    this.sink = options.sink;
    this.admit = options.admit;
    this.numbers = options.numbers;
  }

  /** The mirror points seen so far, by index. */
  get points(): readonly MirrorPoint[] {
    return this.table.points;
  }

  /**
   * The mirror point of a packet, made when it is new.
   *
   * @param session ERSPAN session id, 0 for types without
   * @param key the GRE key, or NO_KEY
   * @returns undefined when its packets are refused
   */
  find(type: MirrorType, packet: OuterPacket, session: number, key: number): MirrorPoint | undefined {
    const index = this.table.find(type, packet, session, key);
    if (index === this.admitted.length) this.enter(this.table.points[index]);
    if (!this.admitted[index]) {
      this.refused++;
      return undefined;
    }
    if (index >= this.capacity) this.overflowed++;
    return this.table.points[index];
  }

  /** Whether the packet of the last {@link find} went from its point's target to its source (plain GRE, PPTP). */
  get reversed(): boolean {
    return this.table.reversed;
  }

  /**
   * Counts a packet of a mirror point.
   *
   * @param sec its time, seconds since 1970 and nanoseconds
   * @param bytes what it carried, encapsulation not included, as long as it was before any capture cut it
   */
  count(m: Mirrored, sec: number, nsec: number, bytes: number, truncated: boolean, malformed: boolean): void {
    if (sec - this.start >= MINUTE || sec < this.start) this.clock(sec);
    const index = m.point.index;
    const at = index * COUNTS;
    const minute = this.minute;
    if (minute[at + PACKETS] === 0) this.active.push(index);
    minute[at + PACKETS]++;
    minute[at + BYTES] += bytes;
    if (truncated) minute[at + TRUNCATED]++;
    if (malformed) minute[at + MALFORMED]++;
    if (m.sequence < 0) return;
    const direction = isTwoWay(m.point.type) ? (this.reversed ? 1 : 0) : m.direction;
    if (this.numbers === undefined) this.numbering.update(index, m.sequence, m.hardware, direction);
    else this.numbers.write(index, m.sequence, m.hardware, direction, sec, nsec);
  }

  /** Moves the clock to `sec` when no packets do: writes the running minute when it is over. */
  advance(sec: number): void {
    if (this.start >= 0 && sec - this.start >= MINUTE) this.turn(sec);
  }

  /** Writes the running minute, and settles what later packets might have changed: what comes next may be older. */
  finish(): void {
    this.numbering.restart();
    if (this.start >= 0) this.turn(this.start);
    this.start = -1;
    this.doubtful = -1;
  }

  /** Fills `record` with all that a mirror point sent; `minute` is the first one it sent in. */
  totals(point: MirrorPoint, record: MirrorRecord): void {
    const at = point.index * COUNTS;
    this.numbering.verdict(point.index, this.verdict);
    record.point = point;
    record.minute = this.total[at + PACKETS] > 0 ? this.total[at + FIRST_MINUTE] : this.start;
    record.packets = this.total[at + PACKETS] + this.minute[at + PACKETS];
    record.bytes = this.total[at + BYTES] + this.minute[at + BYTES];
    record.truncated = this.total[at + TRUNCATED] + this.minute[at + TRUNCATED];
    record.malformed = this.total[at + MALFORMED] + this.minute[at + MALFORMED];
    record.sequence = this.verdict.use;
    record.lost = this.verdict.lost;
    record.reordered = this.verdict.reordered;
    record.repeated = this.verdict.repeated;
    record.kernelDrops = 0;
  }

  /** Asks {@link MirrorTableOptions.admit} about every point again. */
  reconsider(): void {
    for (const point of this.table.points) this.admitted[point.index] = this.admit?.(point) ?? true;
  }

  private enter(point: MirrorPoint): void {
    this.admitted.push(this.admit?.(point) ?? true);
    this.numbering.add(point);
    if ((point.index + 1) * COUNTS > this.total.length) {
      this.total = grownFloat64(this.total);
      this.minute = grownFloat64(this.minute);
    }
  }

  /** Packets may come up to a minute late, from another interface say; they count in the running minute. */
  private clock(sec: number): void {
    if (this.start < 0) {
      this.start = sec - (sec % MINUTE);
      return;
    }
    if (sec < this.start && this.start - sec <= MINUTE) return;
    const far = Math.abs(sec - this.start) > DOUBTFUL_JUMP;
    if (far && (this.doubtful < 0 || Math.abs(sec - this.doubtful) > Math.abs(sec - this.start))) {
      this.doubtful = sec;
      return;
    }
    this.turn(sec);
  }

  private turn(sec: number): void {
    for (let i = 0; i < this.active.length; i++) this.write(this.active[i]);
    this.active.length = 0;
    this.start = sec - (sec % MINUTE);
    this.doubtful = -1;
  }

  /**
   * Writes a point's minute. What its numbers say may change later: a late packet makes a loss undone, more packets
   * another numbering likely. A minute has what the count has grown by since it was last written.
   */
  private write(index: number): void {
    const r = this.record;
    const at = index * COUNTS;
    this.numbering.review(index);
    this.numbering.verdict(index, this.verdict);
    r.minute = this.start;
    r.point = this.table.points[index];
    r.packets = this.minute[at + PACKETS];
    r.bytes = this.minute[at + BYTES];
    r.truncated = this.minute[at + TRUNCATED];
    r.malformed = this.minute[at + MALFORMED];
    r.sequence = this.verdict.use;
    r.lost = this.grown(at + LOST, this.verdict.lost);
    r.reordered = this.grown(at + REORDERED, this.verdict.reordered);
    r.repeated = this.grown(at + REPEATED, this.verdict.repeated);
    r.kernelDrops = 0;
    if (this.total[at + PACKETS] === 0) this.total[at + FIRST_MINUTE] = this.start;
    for (let i = PACKETS; i <= MALFORMED; i++) {
      this.total[at + i] += this.minute[at + i];
      this.minute[at + i] = 0;
    }
    this.sink?.mirror(r);
  }

  private grown(at: number, now: number): number {
    const growth = Math.max(now - this.total[at], 0);
    this.total[at] += growth;
    return growth;
  }
}
