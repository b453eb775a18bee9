/**
 * The clocks of the switches that send ERSPAN type III. All mirror points of one sender share a clock, so
 * that their times can be compared; one whose timestamps turn out to be of another clock, as of another line
 * card, gets one of its own.
 */
import { ClockKind } from '../model/clock-kind.js';
import { type MirrorPoint, pointKey } from '../model/mirror-point.js';
import type { MirrorRecord } from '../model/mirror-record.js';
import { copyAddress16, formatIp } from '../wire/ip/addresses.js';
import type { CiscoMarker } from '../wire/tunnel/cisco-marker.js';
import { ErspanGranularity } from '../wire/tunnel/erspan.js';
import type { Frame } from '../wire/walk/frame-fields.js';
import { ClockSurvey } from './clock-survey.js';
import { Upper, upperOf } from './stamp.js';
import { type ClockLimits, SwitchClock, Verdict } from './switch-clock.js';
import { Way, WayCounts } from './way.js';

/** Clocks at once. */
export const MOST_CLOCKS = 1024;
/** Seconds without packets after which another may have a clock's place. */
export const FORGOTTEN = 3600;

const UNIT_NAMES = ['100us', '100ns', 'ieee1588'] as const;
/** The parts of a clock's number: which sender, what its subheader has, granularity, switch id. */
const SWITCHES = 1024;
const GRANULARITIES = 3;
const UPPERS = 3;

/** The timestamp in a header of ERSPAN type III. */
export interface Stamp {
  timestamp: number;
  granularity: number;
  /** Id of the platform subheader, -1 without one, its second word, and the switch it names. */
  platformId: number;
  upperTimestamp: number;
  switch: number;
}

/** The clock that the times of a mirror point are of. */
export interface PointClock {
  /** The same for points whose times can be compared to the nanosecond. */
  readonly id: number;
  readonly name: string;
  /** Whether they can also be compared with those of other absolute clocks. */
  readonly isAbsolute: boolean;
}

export interface ClocksOptions {
  /** Seconds from arrival beyond which a timestamp is disbelieved. */
  readonly within: number;
  /** Whether the mirror points have hardware time that {@link Clocks.use} has not been told of. */
  readonly all?: boolean;
  /**
   * `'first'`: times are only gathered, see {@link Clocks.survey}. What a first look has found: times are by
   * that.
   */
  readonly look?: 'first' | ClockSurvey;
}

/** A mirror point's use of clocks. */
class Use {
  readonly way = new Way();
  /** The number of its clock, and the clock. */
  key = -1;
  clock: SwitchClock | undefined;

  constructor(
    readonly point: MirrorPoint,
    readonly isOn: boolean,
    /** Its sender's number. */
    public sender: number,
    /** Whether its clock is shared with no other point. */
    public isAlone: boolean,
  ) {}
}

export class Clocks {
  /** When the packet of the last {@link time} was mirrored: seconds since 1970 and nanoseconds. */
  sec = 0;
  nsec = 0;
  /** Packets whose timestamp was disbelieved, and those whose clock has no place. */
  disbelieved = 0;
  crowded = 0;
  /** Markers that were believed. */
  markers = 0;
  private readonly uses: Use[] = [];
  private readonly senders = new Map<string, number>();
  private senderCount = 0;
  private readonly clocks = new Map<number, SwitchClock>();
  private readonly limits: ClockLimits;
  private readonly all: boolean;
  private readonly look: ClocksOptions['look'];
  private readonly surveyed = new ClockSurvey();
  private made = 0;
  private forgottenJumps = 0;
  private swept = 0;
  /** Captures begun that are older than the one before: their clocks are others. */
  private epoch = 0;
  private readonly address = new Uint8Array(16);
  private readonly sum = new WayCounts();

  constructor(options: ClocksOptions) {
    this.limits = { within: options.within * 1e9 };
    this.all = options.all ?? false;
    this.look = options.look;
  }

  /** Clocks known now. */
  get size(): number {
    return this.clocks.size;
  }

  /** How often clocks were set, or their switches restarted. */
  get jumps(): number {
    let jumps = this.forgottenJumps;
    for (const clock of this.clocks.values()) jumps += clock.jumps;
    return jumps;
  }

  /** Changes from how many seconds on a timestamp is disbelieved. */
  setWithin(within: number): void {
    this.limits.within = within * 1e9;
  }

  /** Says whether a point's packets have hardware time. To be called for every new point, unless all have. */
  use(point: MirrorPoint, isOn: boolean): void {
    const known = this.uses[point.index];
    if (known?.point === point && known.isOn === isOn) return;
    this.uses[point.index] = this.useOf(point, isOn);
  }

  /**
   * Finds when a packet was mirrored, by its timestamp: then it is in {@link sec} and {@link nsec}.
   *
   * @param sec and `nsec` when it arrived
   * @returns false if its time is that of its arrival
   */
  time(point: MirrorPoint, stamp: Stamp, sec: number, nsec: number): boolean {
    let use = this.uses[point.index];
    if (use?.point !== point) {
      if (!this.all) return false;
      use = this.useOf(point, true);
      this.uses[point.index] = use;
    }
    if (!use.isOn || stamp.granularity === ErspanGranularity.User) return false;
    const clock = this.clockOfUse(use, stamp, sec);
    if (clock === undefined) {
      this.crowded++;
      return false;
    }
    const { way } = use;
    const { timestamp, upperTimestamp } = stamp;
    const verdict = clock.take(way, sec, nsec, timestamp, upperTimestamp);
    if (verdict === Verdict.Believed) {
      this.sec = clock.time.sec;
      this.nsec = clock.time.nsec;
      return true;
    }
    this.disbelieved++;
    if (verdict === Verdict.Alone && !use.isAlone) this.separate(use);
    return false;
  }

  /** Gives a frame of a packet that arrived in the second `sec` the time of the last {@link time}. */
  put(f: Frame, sec: number): void {
    f.sec = this.sec;
    f.nsec = this.nsec;
    f.lag = sec - this.sec;
  }

  /** Takes a marker that arrived from an address, of 4 or 16 bytes. */
  marker(m: CiscoMarker, b: Uint8Array, source: number, ipVersion: number, sec: number, nsec: number): void {
    copyAddress16(b, source, ipVersion, this.address, 0);
    const sender = this.senders.get(this.address.join('.'));
    if (sender === undefined || m.granularity >= GRANULARITIES) return;
    const clock = this.clocks.get(keyOf(sender, Upper.None, m.granularity, 0));
    if (clock?.mark(m, sec, nsec) === true) this.markers++;
  }

  /** The clock of a point's last timestamps; undefined if its times are those of arrival. */
  clockOf(point: MirrorPoint): PointClock | undefined {
    const use = this.uses[point.index];
    return use?.point === point ? use.clock : undefined;
  }

  /** Forgets a point. */
  forget(point: MirrorPoint): void {
    delete this.uses[point.index];
  }

  /** Fills in what a row says of a point's clock since the last one. */
  minute(point: MirrorPoint, r: MirrorRecord): void {
    const use = this.uses[point.index];
    const clock = use?.point === point ? use.clock : undefined;
    if (use === undefined || clock === undefined) {
      nothing(r);
      return;
    }
    const { way } = use;
    told(clock, way.row, r);
    r.clockJumps = clock.jumps - way.jumps;
    way.jumps = clock.jumps;
    way.turn();
  }

  /** Fills in what is to be said of a point's clock altogether. */
  totals(point: MirrorPoint, r: MirrorRecord): void {
    const use = this.uses[point.index];
    const clock = use?.point === point ? use.clock : undefined;
    nothing(r);
    if (use === undefined || clock === undefined) return;
    const { sum } = this;
    sum.clear();
    sum.add(use.way.before);
    sum.add(use.way.row);
    told(clock, sum, r);
    r.clockJumps = clock.jumps;
  }

  /** Begins anew: the next packets are older, and nothing is known of the clocks then. */
  restart(): void {
    for (const clock of this.clocks.values()) this.dismiss(clock);
    this.clocks.clear();
    this.epoch++;
  }

  /** What a first look has found. */
  survey(): ClockSurvey {
    for (const clock of this.clocks.values()) this.note(clock);
    return this.surveyed;
  }

  private useOf(point: MirrorPoint, isOn: boolean): Use {
    const key = pointKey(point);
    const isAlone = this.look instanceof ClockSurvey && this.look.alone.has(key);
    return new Use(point, isOn, this.senderOf(isAlone ? key : point.source.join('.')), isAlone);
  }

  private senderOf(name: string): number {
    let sender = this.senders.get(name);
    if (sender === undefined) {
      // Of strangers with ever new addresses only some are remembered: a sender that comes back gets another
      // number, and another clock.
      if (this.senders.size >= 64 * MOST_CLOCKS) this.senders.clear();
      sender = this.senderCount++;
      this.senders.set(name, sender);
    }
    return sender;
  }

  private clockOfUse(use: Use, stamp: Stamp, sec: number): SwitchClock | undefined {
    const upper = upperOf(stamp.platformId);
    const key = keyOf(use.sender, upper, stamp.granularity, stamp.switch);
    if (use.key === key && use.clock?.isForgotten === false) return use.clock;
    const clock = this.clocks.get(key) ?? this.makeClock(use, key, upper, stamp, sec);
    if (clock === undefined) return undefined;
    if (use.clock !== clock) use.way.jumps = clock.jumps;
    use.key = key;
    use.clock = clock;
    return clock;
  }

  private makeClock(use: Use, key: number, upper: Upper, stamp: Stamp, sec: number): SwitchClock | undefined {
    if (this.clocks.size >= MOST_CLOCKS && !this.makeRoom(sec)) return undefined;
    const { granularity } = stamp;
    const parts = [formatIp(use.point.source, 0), UNIT_NAMES[granularity]];
    if (upper === Upper.Seconds) parts.push(`switch ${stamp.switch}`);
    if (use.isAlone) parts.push(`session ${use.point.session}`);
    const name = parts.join(' ');
    const { look: by } = this;
    const look = by instanceof ClockSurvey ? by.clocks.get(this.surveyName(name, upper)) : by;
    const clock = new SwitchClock(this.made++, name, granularity, upper, this.limits, look);
    this.clocks.set(key, clock);
    return clock;
  }

  /** Forgets clocks that have been silent for long; looked for once a second at most. */
  private makeRoom(sec: number): boolean {
    if (sec === this.swept) return false;
    this.swept = sec;
    for (const [key, clock] of this.clocks) {
      if (sec - clock.lastSec < FORGOTTEN) continue;
      this.dismiss(clock);
      this.clocks.delete(key);
    }
    return this.clocks.size < MOST_CLOCKS;
  }

  private dismiss(clock: SwitchClock): void {
    this.forgottenJumps += clock.jumps;
    clock.isForgotten = true;
    this.note(clock);
  }

  private separate(use: Use): void {
    const key = pointKey(use.point);
    use.isAlone = true;
    use.sender = this.senderOf(key);
    use.key = -1;
    this.surveyed.alone.add(key);
  }

  /** Clocks whose subheaders differ may have the same name. */
  private surveyName(name: string, upper: Upper): string {
    return `${this.epoch} ${name} ${upper}`;
  }

  private note(clock: SwitchClock): void {
    if (this.look !== 'first') return;
    const { segments } = clock;
    const name = this.surveyName(clock.name, clock.upper);
    if (segments.length > 0 && !this.surveyed.clocks.has(name)) this.surveyed.clocks.set(name, segments);
  }
}

function keyOf(sender: number, upper: Upper, granularity: number, id: number): number {
  return ((sender * UPPERS + upper) * GRANULARITIES + granularity) * SWITCHES + id;
}

function nothing(r: MirrorRecord): void {
  r.clock = '';
  r.clockKind = ClockKind.Arrival;
  r.clockOffsetNs = 0;
  r.clockDriftPpb = 0;
  r.clockDelayNs = 0;
  r.clockJitterNs = 0;
  r.clockDisbelieved = 0;
  r.clockJumps = 0;
}

function told(clock: SwitchClock, counts: WayCounts, r: MirrorRecord): void {
  r.clock = clock.name;
  r.clockKind = clock.isAbsolute ? ClockKind.Absolute : ClockKind.Fitted;
  r.clockOffsetNs = Math.round(clock.offsetNs);
  r.clockDriftPpb = Math.round(clock.driftPpb);
  r.clockDelayNs = counts.stamped === 0 ? 0 : Math.round(counts.leastDelay);
  r.clockJitterNs = Math.round(counts.jitter);
  r.clockDisbelieved = counts.disbelieved;
}
