/**
 * The clock of one switch, as its timestamps show it: unwrapped, and fitted to UTC.
 *
 * A reading is nanoseconds since {@link SwitchClock.base}, as if the clock had counted from 1970 on, up to
 * whole wraps. A packet arrives at its reading, plus the clock's offset from UTC, plus the time it took; the
 * offset changes slowly with the clock's drift, and no packet takes less than nothing. So the line below all
 * differences of arrival and reading ({@link LowerHull}) is the offset, up to the least time that packets
 * take. Where the timestamps are absolute they are UTC themselves; where markers say what time a reading is,
 * the line is fitted to these instead.
 *
 * Times follow the line without a step: they are corrected by running faster or slower for a while, so that
 * the order of readings is the order of times.
 */
import type { CiscoMarker } from '../wire/tunnel/cisco-marker.js';
import { Break, joinWays, type Knots, MOST_SEGMENTS, Segment } from './clock-survey.js';
import { Line, LowerHull } from './lower-hull.js';
import {
  absolute,
  Form,
  formsOf,
  Instant,
  isReadable,
  taiAhead,
  UNIT_NS,
  type Upper,
  WRAP_UNITS,
} from './stamp.js';
import type { Way } from './way.js';

const SECOND = 1e9;
const MILLISECOND = 1e6;
const MICROSECOND = 1e3;
/** No oscillator drifts more. */
const MAX_DRIFT = 500e-6;
/** A segment is settled once it has been observed for this long, and this many packets. */
const SETTLED_NS = 2 * SECOND;
const SETTLED_PACKETS = 64;
/**
 * The line is fitted to the packets of this window and the one before: as long as this, and this many; or
 * the longer time, where packets are few.
 */
const WINDOW_NS = 16 * SECOND;
const WINDOW_PACKETS = 2000;
const LONG_WINDOW_NS = 600 * SECOND;
const LONG_WINDOW_PACKETS = 128;
/** So few show a drift, if it has been that long. */
const FEW_PACKETS = 8;
/** How often the line is fitted anew, before and after the segment is settled, in readings. */
const UNSETTLED_FIT_NS = 50 * MILLISECOND;
const FIT_NS = SECOND;
/** By how much times run faster or slower at most while they are corrected. */
const UNSETTLED_SLEW = 0.1;
const SLEW = 1e-3;
/**
 * A packet this far below the line came too early, and one this far above late; how much farther per
 * nanosecond since the last packet, and since an unsettled segment's start.
 */
const TOLERANCE_NS = MILLISECOND;
const TOLERANCE_DRIFT = 2e-6;
/** Packets in a row that show that the clock was set, and how far apart their offsets may be. */
const JUMP_PACKETS = 8;
const JUMP_SPREAD_NS = 100 * MILLISECOND;
/** Late packets in a row show it only after this time. */
const LATE_NS = 16 * SECOND;
const LATE_PACKETS = 64;
/** The shortest time and fewest packets from which the last window of a capture tells a drift. */
const LAST_NS = 200 * MILLISECOND;
const LAST_PACKETS = 200;

/** What became of a timestamp. */
export const Verdict = {
  Believed: 0,
  Disbelieved: 1,
  /** The mirror point's timestamps are of another clock than those of others. */
  Alone: 2,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

export interface ClockLimits {
  /** Nanoseconds from arrival beyond which a timestamp is disbelieved. */
  within: number;
}

export class SwitchClock {
  /** The time of the last timestamp that was believed. */
  readonly time = new Instant();
  /** How often it was set, or its switch restarted. */
  jumps = 0;
  /** The arrival second of its last packet. */
  lastSec = 0;
  /** A clock that was silent for long is forgotten, and must not be used again. */
  isForgotten = false;
  private readonly unit: number;
  private readonly wrap: number;
  private base = -1;
  private baseUnits = 0;
  /** What was added to the last reading. */
  private offset = 0;

  /** The segment, from 1, in which readings are absolute by this form, and ahead of UTC by seconds. */
  private segment = 0;
  private form: Form = Form.None;
  private ahead = 0;
  private start = 0;
  private accepted = 0;
  private lastReading = 0;
  /** When the last packet arrived that came neither early nor late. */
  private lastPunctual = -1;

  private window = new LowerHull();
  private windowBefore = new LowerHull();
  private markers = new LowerHull();
  private markersBefore = new LowerHull();
  private readonly joined = new LowerHull();
  private readonly arrivalLine = new Line();
  private readonly markerLine = new Line();
  private hasMarkers = false;

  /** How a reading becomes a time: what is added at `from`, its slope, and a correction for some time. */
  private from = 0;
  private added = 0;
  private slope = 0;
  private slew = 0;
  private slewNs = 0;
  private nextFit = 0;

  private readonly instant = new Instant();
  /** In a first look: what was found. In a second: what the first found, and the segment that holds now. */
  private readonly found: Segment[] | undefined;
  private readonly known: readonly Segment[] | undefined;
  private at = 0;

  /**
   * @param limits may change
   * @param look `'first'` to gather {@link segments}; those of the first look; or undefined
   */
  constructor(
    readonly id: number,
    readonly name: string,
    private readonly granularity: number,
    readonly upper: Upper,
    private readonly limits: ClockLimits,
    look: 'first' | readonly Segment[] | undefined,
  ) {
    this.unit = UNIT_NS[granularity];
    this.wrap = WRAP_UNITS[granularity] * this.unit;
    if (look === 'first') this.found = [];
    else this.known = look;
  }

  /** Whether its times are UTC by what the switch says, not by when packets arrived. */
  get isAbsolute(): boolean {
    return this.known?.[this.at].isAbsolute ?? (this.form !== Form.None || this.hasMarkers);
  }

  /** Nanoseconds added to the clock's reading to make it UTC, within half a wrap. */
  get offsetNs(): number {
    return this.form !== Form.None ? -this.ahead * SECOND : this.offset;
  }

  /** By how many billionths it runs faster than UTC. */
  get driftPpb(): number {
    const knots = this.known?.[this.at].knots;
    const slope = knots === undefined ? this.fitted : knots.slope(this.lastReading);
    return -slope * SECOND;
  }

  private get fitted(): number {
    return this.hasMarkers ? this.markerLine.slope : this.arrivalLine.slope;
  }

  /**
   * Takes a timestamp. If it is believed, {@link time} is the packet's.
   *
   * @param sec and `nsec` when it arrived
   * @param upper the second word of the subheader
   */
  take(way: Way, sec: number, nsec: number, timestamp: number, upper: number): Verdict {
    this.lastSec = sec;
    if (this.base < 0) this.setBase(sec);
    const arrival = (sec - this.base) * SECOND + nsec;
    if (!isReadable(this.granularity, timestamp)) return this.disbelieve(way);
    if (this.known !== undefined) return this.follow(way, arrival, timestamp, upper, this.known);
    if (this.segment === 0) this.begin(Break.First, arrival, timestamp, upper, arrival);
    const reading = this.reading(arrival, timestamp, upper);
    if (Number.isNaN(reading)) return this.disbelieve(way);
    const time = this.timeOf(reading);
    if (Math.abs(arrival - time) > this.limits.within)
      return this.far(way, arrival, arrival - time, timestamp, upper);
    way.far = 0;
    this.judge(way, reading, arrival - reading, arrival);
    if (reading >= this.nextFit) this.fit(reading);
    return this.believe(way, arrival, this.timeOf(reading), reading);
  }

  /** Takes a marker of the clock's switch. @returns whether it says a time that can be right */
  mark(m: CiscoMarker, sec: number, nsec: number): boolean {
    if (this.base < 0 || this.known !== undefined || this.form !== Form.None) return false;
    if (m.granularity !== this.granularity || !isReadable(m.granularity, m.timestamp)) return false;
    const arrival = (sec - this.base) * SECOND + nsec;
    let utc = (m.seconds - this.base) * SECOND + m.microseconds * MICROSECOND;
    if (Math.abs(arrival - utc) > this.limits.within) utc -= (m.utcOffset || taiAhead(m.seconds)) * SECOND;
    if (Math.abs(arrival - utc) > this.limits.within) return false;
    const reading = this.reading(arrival, m.timestamp, 0);
    // Its time was cut to microseconds: with one more it is late by as much as it was cut, like an arrival.
    this.markers.add(reading, utc + MICROSECOND - reading);
    this.hasMarkers = true;
    if (this.isFull(this.markers, this.found?.at(-1)?.markers)) {
      this.knot(this.markers, this.found?.at(-1)?.markers);
      [this.markers, this.markersBefore] = [this.markersBefore, this.markers];
      this.markers.clear();
    }
    return true;
  }

  /** What a first look has found. */
  get segments(): readonly Segment[] {
    this.closeSegment();
    const found = this.found ?? [];
    joinWays(found);
    return found;
  }

  private setBase(sec: number): void {
    this.base = sec;
    // Seconds are whole wraps of nanoseconds within a second.
    this.baseUnits = this.wrap === SECOND ? 0 : Math.imul(sec, SECOND / this.unit) >>> 0;
  }

  private begin(why: Break, arrival: number, timestamp: number, upper: number, from: number): void {
    this.closeSegment();
    this.segment++;
    this.form = Form.None;
    this.ahead = 0;
    for (const form of formsOf(this.upper, this.granularity))
      if (this.settleForm(form, arrival, timestamp, upper)) break;
    this.offset = 0;
    const reading = this.reading(arrival, timestamp, upper);
    this.restart(reading, arrival - reading, why, from);
    this.from = reading;
    this.added = arrival - reading;
    this.slope = this.arrivalLine.slope;
    this.slew = 0;
    this.markers.clear();
    this.markersBefore.clear();
    this.hasMarkers = false;
  }

  /** Whether timestamps of this form are UTC, or TAI, as far as the arrival tells. */
  private settleForm(form: Form, arrival: number, timestamp: number, upper: number): boolean {
    if (!absolute(form, this.granularity, timestamp, upper, this.instant)) return false;
    const time = (this.instant.sec - this.base) * SECOND + this.instant.nsec;
    const ahead = taiAhead(this.instant.sec);
    const isUtc = Math.abs(arrival - time) <= this.limits.within;
    if (!isUtc && Math.abs(arrival - time + ahead * SECOND) > this.limits.within) return false;
    this.form = form;
    this.ahead = isUtc ? 0 : ahead;
    return true;
  }

  /** Forgets the packets seen, and looks at those from here on. */
  private restart(reading: number, offset: number, why: Break, from: number): void {
    this.window.clear();
    this.windowBefore.clear();
    this.arrivalLine.x = reading;
    this.arrivalLine.y = offset;
    this.start = reading;
    this.lastReading = reading;
    this.accepted = 0;
    this.nextFit = reading + UNSETTLED_FIT_NS;
    this.found?.push(new Segment(from, why, this.form, this.ahead));
  }

  /** NaN if the timestamp and the subheader do not belong together. */
  private reading(arrival: number, timestamp: number, upper: number): number {
    if (this.form !== Form.None) {
      if (!absolute(this.form, this.granularity, timestamp, upper, this.instant)) return Number.NaN;
      return (this.instant.sec - this.base - this.ahead) * SECOND + this.instant.nsec;
    }
    const reading = (timestamp - this.baseUnits) * this.unit;
    return reading + Math.round((arrival - this.offset - reading) / this.wrap) * this.wrap;
  }

  private timeOf(reading: number): number {
    if (this.form !== Form.None) return reading;
    const since = reading - this.from;
    return reading + this.added + this.slope * since + this.slew * Math.min(since, this.slewNs);
  }

  private get isSettled(): boolean {
    return this.lastReading - this.start >= SETTLED_NS && this.accepted >= SETTLED_PACKETS;
  }

  /** Fits the packet in: it came about as fast as any, late, or too early. */
  private judge(way: Way, reading: number, offset: number, arrival: number): void {
    const { arrivalLine, lastReading, isSettled } = this;
    const excess = offset - arrivalLine.at(reading);
    const tolerance = TOLERANCE_NS + TOLERANCE_DRIFT * Math.max(0, reading - lastReading);
    if (isSettled && excess < -tolerance) {
      this.early(way, reading, offset, arrival);
      return;
    }
    way.early = 0;
    if (isSettled && excess > tolerance) {
      this.late(way, reading, offset, arrival);
      return;
    }
    way.segment = this.segment;
    way.late = 0;
    this.lastPunctual = arrival;
    this.accepted++;
    if (reading > lastReading) this.lastReading = reading;
    this.window.add(reading, offset);
    if (!this.isFull(this.window, this.found?.at(-1)?.arrivals)) return;
    this.knot(this.window, this.found?.at(-1)?.arrivals);
    [this.window, this.windowBefore] = [this.windowBefore, this.window];
    this.window.clear();
  }

  private isFull(window: LowerHull, knots: Knots | undefined): boolean {
    const { count } = window;
    const span = window.span / (knots?.scale ?? 1);
    if (span < WINDOW_NS || count < LONG_WINDOW_PACKETS) return false;
    return count >= WINDOW_PACKETS || span >= LONG_WINDOW_NS;
  }

  private early(way: Way, reading: number, offset: number, arrival: number): void {
    way.late = 0;
    if (way.early === 0) way.earlyFrom = arrival;
    if (++way.early < JUMP_PACKETS || !this.mayBreak) return;
    const { earlyFrom } = way;
    way.early = 0;
    // What no other packet shows is the way's: it is shorter than those known.
    if (way.segment !== this.segment || this.lastPunctual > earlyFrom) {
      this.closeSegment();
      this.segment++;
      this.restart(reading, offset, Break.Way, earlyFrom);
    } else {
      this.jump(reading, offset, earlyFrom);
    }
    way.segment = this.segment;
  }

  private late(way: Way, reading: number, offset: number, arrival: number): void {
    if (way.late === 0) {
      way.lateFrom = arrival;
      way.lateSince = reading;
      way.lateLeast = offset;
    }
    way.late++;
    if (offset < way.lateLeast) way.lateLeast = offset;
    if (reading - way.lateSince < LATE_NS || way.late < LATE_PACKETS || !this.mayBreak) return;
    if (way.segment !== this.segment || this.lastPunctual > way.lateFrom) return;
    way.late = 0;
    this.jump(reading, way.lateLeast, way.lateFrom);
    way.segment = this.segment;
  }

  /** The clock was set by less than makes its timestamps unbelievable. */
  private jump(reading: number, offset: number, from: number): void {
    this.closeSegment();
    this.segment++;
    this.jumps++;
    this.restart(reading, offset, Break.Jump, from);
    this.from = reading;
    this.added = offset;
    this.slope = this.arrivalLine.slope;
    this.slew = 0;
    this.markers.clear();
    this.markersBefore.clear();
    this.hasMarkers = false;
  }

  /** A timestamp far from the arrival: the clock was set, if the next ones agree. */
  private far(way: Way, arrival: number, by: number, timestamp: number, upper: number): Verdict {
    if (way.far === 0 || Math.abs(by - way.farBy) > JUMP_SPREAD_NS) {
      way.far = 0;
      way.farFrom = arrival;
    }
    way.farBy = by;
    if (++way.far < JUMP_PACKETS || !this.mayBreak) return this.disbelieve(way);
    way.far = 0;
    if (this.lastPunctual > way.farFrom) {
      this.disbelieve(way);
      return Verdict.Alone;
    }
    this.jumps++;
    this.begin(Break.Jump, arrival, timestamp, upper, way.farFrom);
    way.segment = this.segment;
    const reading = this.reading(arrival, timestamp, upper);
    const time = this.timeOf(reading);
    if (!(Math.abs(arrival - time) <= this.limits.within)) return this.disbelieve(way);
    return this.believe(way, arrival, time, reading);
  }

  private get mayBreak(): boolean {
    return this.found === undefined || this.found.length < MOST_SEGMENTS;
  }

  /** Fits the line anew, and lets times run towards it. */
  private fit(reading: number): void {
    const { isSettled } = this;
    this.fitLine(this.windowBefore, this.window, this.arrivalLine);
    if (this.hasMarkers) this.fitLine(this.markersBefore, this.markers, this.markerLine);
    const line = this.hasMarkers ? this.markerLine : this.arrivalLine;
    const added = this.timeOf(reading) - reading;
    const most = isSettled ? SLEW : UNSETTLED_SLEW;
    this.slewNs = isSettled ? FIT_NS : 2 * UNSETTLED_FIT_NS;
    this.slew = Math.max(-most, Math.min(most, (line.at(reading) - added) / this.slewNs));
    this.from = reading;
    this.added = added;
    this.slope = line.slope;
    this.nextFit = reading + (isSettled ? FIT_NS : UNSETTLED_FIT_NS);
  }

  private fitLine(before: LowerHull, window: LowerHull, line: Line): void {
    const { joined } = this;
    joined.join(before, window);
    const { span, count } = joined;
    const isLong = span >= LONG_WINDOW_NS && count >= FEW_PACKETS;
    if (isLong || (span >= SETTLED_NS && count >= SETTLED_PACKETS)) joined.fit(line, MAX_DRIFT);
    else joined.touch(line);
  }

  /** In a first look: what a window tells. */
  private knot(window: LowerHull, knots: Knots | undefined): void {
    if (knots === undefined || window.count === 0) return;
    const line = new Line();
    line.slope = knots.xs.length > 0 ? knots.behind : this.fitted;
    const { span, count } = window;
    const isLong = span >= LONG_WINDOW_NS && count >= FEW_PACKETS;
    if (isLong || (span >= LAST_NS && count >= LAST_PACKETS)) window.fit(line, MAX_DRIFT);
    else window.touch(line);
    knots.add(line.x, line.y, line.slope);
  }

  /** In a first look: the last window, together with the one before if it is short. */
  private closeSegment(): void {
    const segment = this.found?.at(-1);
    if (segment === undefined) return;
    this.closeKnots(this.windowBefore, this.window, segment.arrivals);
    this.closeKnots(this.markersBefore, this.markers, segment.markers);
  }

  private closeKnots(before: LowerHull, window: LowerHull, knots: Knots): void {
    if (window.count === 0) return;
    const isShort = window.span < WINDOW_NS / 2 || window.count < WINDOW_PACKETS / 2;
    if (isShort && knots.xs.length > 0) {
      this.joined.join(before, window);
      knots.dropLast();
      this.knot(this.joined, knots);
    } else {
      this.knot(window, knots);
    }
    window.clear();
    before.clear();
  }

  /** In a second look: what the first one found holds. */
  private follow(
    way: Way,
    arrival: number,
    timestamp: number,
    upper: number,
    known: readonly Segment[],
  ): Verdict {
    if (this.segment === 0) this.hold(known[0]);
    while (this.at + 1 < known.length && arrival >= known[this.at + 1].from) {
      if (known[++this.at].why === Break.Jump) this.jumps++;
      this.hold(known[this.at]);
    }
    const { knots } = known[this.at];
    const reading = this.reading(arrival, timestamp, upper);
    if (Number.isNaN(reading) || knots.xs.length === 0) return this.disbelieve(way);
    this.lastReading = reading;
    const time = this.form !== Form.None ? reading : reading + knots.value(reading);
    if (Math.abs(arrival - time) > this.limits.within) return this.disbelieve(way);
    return this.believe(way, arrival, time, reading);
  }

  private hold(segment: Segment): void {
    this.segment++;
    this.form = segment.form;
    this.ahead = segment.ahead;
    this.offset = segment.knots.ys[0] ?? 0;
  }

  private believe(way: Way, arrival: number, time: number, reading: number): Verdict {
    this.offset = time - reading;
    const sec = Math.floor(time / SECOND);
    this.time.sec = this.base + sec;
    this.time.nsec = Math.floor(time - sec * SECOND);
    way.count(arrival - time);
    return Verdict.Believed;
  }

  private disbelieve(way: Way): Verdict {
    way.row.disbelieved++;
    return Verdict.Disbelieved;
  }
}
