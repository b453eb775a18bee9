/**
 * The mirror points seen, and what each sent: per minute for the `mirrors` table, and in total.
 *
 * An observed GRE tunnel or PPTP call carries the two halves of a conversation in its two directions, so for
 * these types the two ends in either order are one mirror point, whose source is the end seen to send first.
 * ERSPAN and Mellanox mirrors go one way only.
 */
import { isTwoWay, type MirrorPoint, type MirrorType } from '../model/mirror-point.js';
import { MirrorRecord, type MirrorSink } from '../model/mirror-record.js';
import type { Mirrored } from '../model/mirrored.js';
import type { OuterPacket } from '../model/outer-packet.js';
import { grownFloat64, grownUint8 } from './grow.js';
import type { RefusedCount } from './loudest.js';
import { MirrorPoints } from './mirror-points.js';
import {
  type ClockTeller,
  MIRROR_POINTS,
  type MirrorTableOptions,
  type PointWatcher,
} from './mirror-table-options.js';
import { type NumberLog, pointName } from './number-log.js';
import type { NumberWatch } from './number-watch.js';
import { Numbering, SequenceVerdict } from './numbering.js';
import { NumberingShare } from './numbering-share.js';
import { openGate, type PointGate, REFUSED } from './point-gate.js';

const MINUTE = 60;
/** A packet this far from the clock, in seconds, moves it only if the next packet agrees. */
const DOUBTFUL_JUMP = 3600;

/** Counts per mirror point, in {@link MirrorTable.total} and for the current minute. */
const PACKETS = 0;
const BYTES = 1;
const TRUNCATED = 2;
const MALFORMED = 3;
const INCOMPLETE = 4;
/** From sequence numbers, as reported in the minutes so far. */
const LOST = 5;
const REORDERED = 6;
const REPEATED = 7;
const LATE = 8;
const FIRST_MINUTE = 9;
const COUNTS = 10;
/** Points examined per call of {@link MirrorTable.sweep}. */
const SWEEP = 256;

/** The mirror points and their accounts. */
export class MirrorTable {
  private readonly table: MirrorPoints;
  private readonly watcher: PointWatcher | undefined;
  private readonly sink: MirrorSink | undefined;
  private shares: NumberingShare[];
  private readonly numbering: Numbering | undefined;
  private readonly numbers: NumberLog | undefined;
  private readonly watch: NumberWatch | undefined;
  private clocks: ClockTeller | undefined;
  private readonly verdict = new SequenceVerdict();
  private readonly record = new MirrorRecord();
  /** COUNTS numbers per point: in total, and in the current minute. */
  private total = new Float64Array(16 * COUNTS);
  private minute = new Float64Array(16 * COUNTS);
  /** Points with packets in the current minute. */
  private readonly active: number[] = [];
  /** Points counted since the last {@link changes}, and by point whether it is one of them. */
  private readonly changed: number[] = [];
  private isChanged = new Uint8Array(16);
  /**
   * By point: the second after its last minute with packets (0 before the first is over); and how many points
   * had its index before.
   */
  private quiet = new Float64Array(16);
  private generation = new Uint8Array(16);
  /** By point with two senders: whether its source has the higher address. */
  private turned = new Uint8Array(16);
  private swept = 0;
  /** Second of the last packet. */
  private second = -1;
  /**
   * The first second of the current minute, -1 before the first packet; and a distant time that waits for
   * confirmation.
   */
  private start = -1;
  private doubtful = -1;

  constructor(options: MirrorTableOptions = {}) {
    const gate = options.gate ?? openGate(MIRROR_POINTS);
    this.shares = sharesOf(gate);
    this.table = new MirrorPoints(gate, (point, pool, isNew) => this.made(point, pool, isNew));
    this.watcher = options.watcher;
    this.sink = options.sink;
    this.numbers = options.numbers;
    this.watch = options.watch;
    this.clocks = options.clocks;
    if (this.numbers === undefined) this.numbering = new Numbering();
  }

  /** The mirror points seen so far, by index; a forgotten one stays until its index is reused. */
  get points(): readonly MirrorPoint[] {
    return this.table.points;
  }

  /** Packets of points without a place. */
  get overflowed(): number {
    return this.table.overflowed;
  }

  /** Packets of refused points, and the loudest of these. */
  get refused(): number {
    return this.table.refused;
  }

  get loudestRefused(): RefusedCount[] {
    return this.table.loudest.list();
  }

  /**
   * The mirror point of a packet, created if it is new.
   *
   * @param session 0 for types without one
   * @param key the GRE key, or NO_KEY
   * @returns undefined if its packets are refused
   */
  find(type: MirrorType, packet: OuterPacket, session: number, key: number): MirrorPoint | undefined {
    const index = this.table.find(type, packet, session, key);
    return index === REFUSED ? undefined : this.table.points[index];
  }

  /**
   * The mirror point of plain frames, created if it is new.
   *
   * @param origin the interface or the capture that they come from
   * @returns undefined if its frames are refused
   */
  findOrigin(type: MirrorType, origin: string): MirrorPoint | undefined {
    const index = this.table.findOrigin(type, origin);
    return index === REFUSED ? undefined : this.table.points[index];
  }

  /**
   * {@link find} for a packet that another table counts: its point does not grow idle here.
   *
   * @param sec its time, seconds since 1970
   */
  findUncounted(
    type: MirrorType,
    packet: OuterPacket,
    session: number,
    key: number,
    sec: number,
  ): MirrorPoint | undefined {
    return this.uncounted(this.find(type, packet, session, key), sec);
  }

  /** The same for plain frames. */
  findOriginUncounted(type: MirrorType, origin: string, sec: number): MirrorPoint | undefined {
    return this.uncounted(this.findOrigin(type, origin), sec);
  }

  private uncounted(point: MirrorPoint | undefined, sec: number): MirrorPoint | undefined {
    if (point === undefined) return undefined;
    const { index } = point;
    this.quiet[index] = Math.max(this.quiet[index], sec);
    // Its sessions are counted here.
    if (this.isChanged[index] === 0) this.mark(index);
    return point;
  }

  /** Whether a fragment may belong to an admitted mirror point; if not, it is counted as refused. */
  mayAdmit(packet: OuterPacket): boolean {
    return this.table.mayAdmit(packet);
  }

  /** Whether a point stands for all points of its pool and type without a place. */
  isShared(point: MirrorPoint): boolean {
    return this.table.isShared(point.index);
  }

  /**
   * Whether the packet of the last {@link find} went from its point's target to its source (plain GRE, PPTP).
   */
  get reversed(): boolean {
    return this.table.reversed;
  }

  /**
   * Counts a packet of a mirror point.
   *
   * @param sec its time, seconds since 1970, and `nsec` nanoseconds
   * @param bytes its payload without encapsulation, in the original length before any cut
   * @param trace from packet-trace.ts
   */
  count(
    m: Mirrored,
    sec: number,
    nsec: number,
    bytes: number,
    truncated: boolean,
    malformed: boolean,
    trace = 0,
  ): void {
    if (sec - this.start >= MINUTE || sec < this.start) this.clock(sec);
    const index = m.point.index;
    const at = index * COUNTS;
    const minute = this.minute;
    if (minute[at + PACKETS] === 0) this.active.push(index);
    if (this.isChanged[index] === 0) this.mark(index);
    minute[at + PACKETS]++;
    minute[at + BYTES] += bytes;
    if (truncated) minute[at + TRUNCATED]++;
    if (malformed) minute[at + MALFORMED]++;
    if (m.sequence < 0) {
      this.watch?.unnumbered(index, sec, nsec);
      return;
    }
    let direction: number = m.direction;
    let part = m.hardware;
    if (isTwoWay(m.point.type)) {
      direction = (this.reversed ? 1 : 0) ^ this.turned[index];
      part = m.call;
    }
    const { numbers, numbering } = this;
    if (numbering === undefined) {
      numbers?.write(this.nameOf(index), m.sequence, part, direction, sec, nsec, trace);
      return;
    }
    if (sec !== this.second) {
      this.second = sec;
      numbering.clock(sec, false, this.markSibling);
    }
    numbering.update(index, m.sequence, part, direction, trace);
    this.watch?.taken(index, part, direction, sec, nsec, numbering);
  }

  /** Says of the packet counted last that some of its fragments never came. */
  countIncomplete(m: Mirrored): void {
    this.minute[m.point.index * COUNTS + INCOMPLETE]++;
  }

  /** Moves the clock to `sec` when no packets do: writes the current minute once it is over. */
  advance(sec: number): void {
    this.numbering?.clock(sec, true, this.markSibling);
    if (this.start >= 0 && sec - this.start >= MINUTE) this.turn(sec);
  }

  /**
   * Writes the current minute, and settles what later packets might have changed: the next ones may be older.
   */
  finish(): void {
    this.numbering?.restart();
    this.watch?.restart();
    if (this.start >= 0) {
      // Losses that became known after a point's last minute with packets.
      for (const { index } of this.table.points) {
        if (this.table.isLive(index) && this.minute[index * COUNTS + PACKETS] === 0 && this.hasGrown(index))
          this.active.push(index);
      }
      this.turn(this.start);
    }
    this.start = -1;
    this.doubtful = -1;
    for (const { index } of this.table.points) {
      if (this.table.isLive(index) && this.isChanged[index] === 0) this.mark(index);
    }
  }

  /** Fills `record` with everything that a mirror point sent; `minute` is the first one it sent in. */
  totals(point: MirrorPoint, record: MirrorRecord): void {
    const at = point.index * COUNTS;
    this.numbering?.verdict(point.index, this.verdict);
    record.point = point;
    record.minute = this.total[at + PACKETS] > 0 ? this.total[at + FIRST_MINUTE] : this.start;
    record.packets = this.total[at + PACKETS] + this.minute[at + PACKETS];
    record.bytes = this.total[at + BYTES] + this.minute[at + BYTES];
    record.truncated = this.total[at + TRUNCATED] + this.minute[at + TRUNCATED];
    record.malformed = this.total[at + MALFORMED] + this.minute[at + MALFORMED];
    record.incomplete = this.total[at + INCOMPLETE] + this.minute[at + INCOMPLETE];
    record.sequence = this.verdict.use;
    record.lost = this.verdict.lost;
    record.reordered = this.verdict.reordered;
    record.repeated = this.verdict.repeated;
    record.late = this.verdict.late;
    record.missing = this.verdict.missing;
    record.kernelDrops = 0;
    this.clocks?.totals(point, record);
  }

  /**
   * Reports every point whose counts have changed since the last call: its totals (reused), and its name in
   * the number log.
   */
  changes(tell: (totals: MirrorRecord, name: number) => void): void {
    const { changed, numbering } = this;
    if (numbering !== undefined) {
      numbering.beginReviews();
      // The list grows by points that share a counter with its first ones.
      for (let i = 0; i < changed.length; i++) numbering.siblings(changed[i], this.markSibling);
      for (const index of changed) numbering.review(index);
    }
    for (const index of changed) {
      this.totals(this.table.points[index], this.record);
      tell(this.record, this.nameOf(index));
      this.isChanged[index] = 0;
    }
    changed.length = 0;
  }

  /** Sets what knows the clocks of points. */
  setClocks(clocks: ClockTeller): void {
    this.clocks = clocks;
  }

  /** Takes new rules, for known points too. */
  setGate(gate: PointGate): void {
    this.shares = sharesOf(gate);
    this.table.regate(gate);
  }

  /**
   * Examines some of the points, others in each call, and forgets those without packets for as long as the
   * gate says. Their minutes are written.
   *
   * @param sec the time, seconds since 1970
   * @param isHeld whether something of a point is still open
   */
  sweep(sec: number, isHeld: (point: MirrorPoint) => boolean): void {
    const { table, quiet } = this;
    for (let n = Math.min(SWEEP, table.points.length); n > 0; n--) {
      this.swept = this.swept + 1 < table.points.length ? this.swept + 1 : 0;
      const index = this.swept;
      if (!table.isLive(index) || this.minute[index * COUNTS + PACKETS] > 0) continue;
      // The clock was set back, or the point has not been counted yet.
      if (quiet[index] === 0 || quiet[index] > sec + MINUTE) quiet[index] = sec;
      if (sec - quiet[index] >= table.idle(index) && !isHeld(table.points[index])) this.forget(index);
    }
  }

  private forget(index: number): void {
    const point = this.table.points[index];
    this.numbering?.conclude(index);
    this.totals(point, this.record);
    this.watcher?.forgotten(this.record, this.nameOf(index));
    if (this.isChanged[index] === 1) this.changed.splice(this.changed.indexOf(index), 1);
    this.isChanged[index] = 0;
    this.total.fill(0, index * COUNTS, (index + 1) * COUNTS);
    this.quiet[index] = 0;
    this.generation[index]++;
    this.numbering?.remove(index);
    this.clocks?.forget(point);
    this.table.remove(index);
  }

  private made(point: MirrorPoint, pool: number, isNew: boolean): void {
    const { index } = point;
    if (isNew) this.numbering?.add(point, index, this.shares[pool]);
    while ((index + 1) * COUNTS > this.total.length) {
      this.total = grownFloat64(this.total);
      this.minute = grownFloat64(this.minute);
      this.quiet = grownFloat64(this.quiet);
      this.isChanged = grownUint8(this.isChanged);
      this.generation = grownUint8(this.generation);
      this.turned = grownUint8(this.turned);
    }
    this.turned[index] = Buffer.compare(point.source, point.target) > 0 ? 1 : 0;
    this.watcher?.made(point, pool, isNew);
  }

  private nameOf(index: number): number {
    return pointName(index, this.generation[index]);
  }

  private mark(index: number): void {
    this.isChanged[index] = 1;
    this.changed.push(index);
  }

  private readonly markSibling = (index: number): void => {
    if (this.isChanged[index] === 0) this.mark(index);
  };

  /**
   * Packets may arrive up to a minute late, from another interface for instance; they count in the current
   * minute.
   */
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
    this.numbering?.beginReviews();
    for (let i = 0; i < this.active.length; i++) this.write(this.active[i]);
    this.active.length = 0;
    this.start = sec - (sec % MINUTE);
    this.doubtful = -1;
  }

  /**
   * Writes a point's minute: what its counts have grown by since they were last written. The verdict on its
   * numbers may change later: a late packet undoes a loss, and more packets may make another numbering
   * likely.
   */
  private write(index: number): void {
    const r = this.record;
    const at = index * COUNTS;
    this.numbering?.review(index);
    this.numbering?.verdict(index, this.verdict);
    r.minute = this.start;
    r.point = this.table.points[index];
    r.packets = this.minute[at + PACKETS];
    r.bytes = this.minute[at + BYTES];
    r.truncated = this.minute[at + TRUNCATED];
    r.malformed = this.minute[at + MALFORMED];
    r.incomplete = this.minute[at + INCOMPLETE];
    r.sequence = this.verdict.use;
    r.lost = this.grown(at + LOST, this.verdict.lost);
    r.reordered = this.grown(at + REORDERED, this.verdict.reordered);
    r.repeated = this.grown(at + REPEATED, this.verdict.repeated);
    r.late = this.grown(at + LATE, this.verdict.late);
    r.missing = r.lost;
    r.kernelDrops = 0;
    this.clocks?.minute(r.point, r);
    if (this.total[at + PACKETS] === 0) this.total[at + FIRST_MINUTE] = this.start;
    for (let i = PACKETS; i <= INCOMPLETE; i++) {
      this.total[at + i] += this.minute[at + i];
      this.minute[at + i] = 0;
    }
    this.quiet[index] = this.start + MINUTE;
    if (this.isChanged[index] === 0) this.mark(index);
    this.sink?.mirror(r);
  }

  /** Whether a point's numbers show more than was written. */
  private hasGrown(index: number): boolean {
    const at = index * COUNTS;
    const { verdict, total } = this;
    this.numbering?.verdict(index, verdict);
    return (
      verdict.lost > total[at + LOST] ||
      verdict.late > total[at + LATE] ||
      verdict.reordered > total[at + REORDERED] ||
      verdict.repeated > total[at + REPEATED]
    );
  }

  private grown(at: number, now: number): number {
    const growth = Math.max(now - this.total[at], 0);
    this.total[at] += growth;
    return growth;
  }
}

function sharesOf(gate: PointGate): NumberingShare[] {
  return gate.places.map(() => NumberingShare.oneOf(gate.places.length));
}
