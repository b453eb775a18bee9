/**
 * What running numbers say: how many packets were lost, came late or came twice.
 *
 * A stream is numbers that one counter is thought to have made. It keeps a window of the last 1024 numbers, as
 * IPsec's replay check does (RFC 4303 section 3.4.3): a number that is skipped is lost, and no longer lost
 * when it arrives within the window. A number far from the stream opens a second track in it, up to four: the
 * sender has started again, or was out of reach for long, or several of its parts count for themselves under one
 * name; what comes next shows which (RFC 3550 appendix A.1 waits in the same way).
 *
 * Results go to a tally, so that several streams can be added up and one stream divided.
 */
import { grownFloat64, grownInt32, grownUint8, grownUint16, grownUint32 } from './grow.js';

/** Numbers a track remembers, and how late a packet may be. */
export const SEQUENCE_WINDOW = 1024;
/** A jump ahead by more is a sender that has started again. At a million packets a second this is 16 s. */
export const MAX_DROPOUT = 1 << 24;
/** Packets that must follow a jump ahead, the old numbers not seen again, until what lies between is lost. */
export const CONFIRM = 32;
/**
 * A sender that has started again while its old numbers are in the window: at least this many numbers below the highest
 * running, upwards from one near 0, and so many of them repeated. A run is looked at up to its longest.
 */
const RESTART_RUN = 8;
const RESTART_REPEATED = 4;
const RESTART_NEAR = 64;
const RUN_LONGEST = 32;
/** Counters of 16 or 24 bits are recognised by this many numbers at most being lost where they wrap. */
const NARROW_STEP = 64;
const TRACKS = 4;
/** A track that this many packets of its stream passed by is of a sender's life before. */
const STALE = 16_384;
const WORDS = SEQUENCE_WINDOW / 32;
const SLOT = SEQUENCE_WINDOW - 1;
const NONE = -1;

export class SequenceStreams {
  /** By tally. */
  received = new Float64Array(64);
  lost = new Float64Array(64);
  reordered = new Float64Array(64);
  repeated = new Float64Array(64);
  /** Numbers far from those before, not counting what turned out to be an outage. */
  jumps = new Float64Array(64);
  /** Runs of skipped numbers. */
  gaps = new Float64Array(64);
  private tallies = 0;

  /** By stream: its tracks, the one its last packet belonged to, and whether several tallies share it. */
  private track = new Int32Array(64 * TRACKS);
  private current = new Int32Array(64);
  private shared = new Uint8Array(64);
  private packets = new Float64Array(64);
  private streams = 0;
  private readonly spareStreams: number[] = [];

  /** By track: the highest number; how many numbers below it are covered; 32 minus the counter's width. */
  private highest = new Uint32Array(64);
  private span = new Uint16Array(64);
  private shift = new Uint8Array(64);
  private bits = new Uint32Array(64 * WORDS);
  private count = new Uint8Array(64);
  private used = new Float64Array(64);
  /** The track this one may carry on after an outage, and the numbers between. */
  private parent = new Int32Array(64);
  private gap = new Float64Array(64);
  private run = new Uint8Array(64);
  /** Numbers below the highest that came one after the other, how many had come before, and what they added to those lost. */
  private runNumbers = new Uint32Array(64 * RUN_LONGEST);
  private runRepeated = new Uint8Array(64);
  private runLost = new Int32Array(64);
  private tracks = 0;
  private readonly spareTracks: number[] = [];
  /** By track of a shared stream: the tally each number in the window was lost for. */
  private readonly losers: (Int32Array | undefined)[] = [];

  /** A new tally, all 0. */
  tally(): number {
    const t = this.tallies++;
    if (t === this.received.length) {
      this.received = grownFloat64(this.received);
      this.lost = grownFloat64(this.lost);
      this.reordered = grownFloat64(this.reordered);
      this.repeated = grownFloat64(this.repeated);
      this.jumps = grownFloat64(this.jumps);
      this.gaps = grownFloat64(this.gaps);
    }
    return t;
  }

  /** A new tally with the counts of another. */
  copyTally(from: number): number {
    const t = this.tally();
    this.received[t] = this.received[from];
    this.lost[t] = this.lost[from];
    this.reordered[t] = this.reordered[from];
    this.repeated[t] = this.repeated[from];
    this.jumps[t] = this.jumps[from];
    this.gaps[t] = this.gaps[from];
    return t;
  }

  /** A new stream whose first number is `n`. */
  open(n: number, tally: number): number {
    const s = this.stream(0);
    const t = this.newTrack(n, false);
    this.used[t] = 0;
    this.track[s * TRACKS] = t;
    this.current[s] = t;
    this.received[tally]++;
    return s;
  }

  /** A new stream in the state of another; `loser`, when given, makes it shared, with losses so far this tally's. */
  copy(from: number, loser = NONE): number {
    const s = this.stream(loser === NONE ? 0 : 1);
    this.packets[s] = this.packets[from];
    for (let i = 0; i < TRACKS; i++) {
      const t = this.track[from * TRACKS + i];
      if (t === NONE) continue;
      const mine = this.copyTrack(t, loser);
      this.track[s * TRACKS + i] = mine;
      if (this.current[from] === t) this.current[s] = mine;
    }
    for (let i = 0; i < TRACKS; i++) {
      const t = this.track[s * TRACKS + i];
      if (t !== NONE && this.parent[t] !== NONE) this.parent[t] = this.sibling(from, s, this.parent[t]);
    }
    return s;
  }

  close(s: number): void {
    for (let i = 0; i < TRACKS; i++) {
      const t = this.track[s * TRACKS + i];
      if (t !== NONE) this.spareTracks.push(t);
    }
    this.spareStreams.push(s);
  }

  /** Takes the next packet's number. */
  update(s: number, n: number, tally: number): void {
    this.received[tally]++;
    this.packets[s]++;
    const t = this.current[s];
    if (this.shift[t] !== 0 && n > 0xffffffff >>> this.shift[t]) this.shift[t] = 0;
    const shift = this.shift[t];
    const d = ((n - this.highest[t]) << shift) >> shift;
    if (d > 0 ? d <= SEQUENCE_WINDOW : d > -SEQUENCE_WINDOW) this.near(t, n, d, tally);
    else this.far(s, t, n, d, tally);
  }

  /** Counts outages that no longer can be confirmed by what follows: nothing will. */
  settle(s: number, tally: number): void {
    const t = this.current[s];
    if (this.parent[t] !== NONE && this.count[t] > 1) this.confirm(t, tally);
  }

  /** A number within the window of a track, `d` above its highest. */
  private near(t: number, n: number, d: number, tally: number): void {
    if (d > 0) this.ahead(t, n, d, tally);
    else this.behind(t, n, -d, tally);
    if (this.count[t] < CONFIRM) this.count[t]++;
    else if (this.parent[t] !== NONE) this.confirm(t, tally);
  }

  private ahead(t: number, n: number, d: number, tally: number): void {
    if (d > 1) this.skip(t, d, tally);
    this.bits[t * WORDS + ((n & SLOT) >>> 5)] |= 1 << (n & 31);
    this.highest[t] = n;
    this.run[t] = 0;
    const span = this.span[t] + d;
    this.span[t] = Math.min(span, SLOT);
  }

  private skip(t: number, d: number, tally: number): void {
    const base = t * WORDS;
    const from = this.highest[t] + 1;
    let slot = from & SLOT;
    for (let left = d - 1; left > 0; ) {
      const n = Math.min(32 - (slot & 31), left);
      this.bits[base + (slot >>> 5)] &= n === 32 ? 0 : ~(((1 << n) - 1) << (slot & 31));
      slot = (slot + n) & SLOT;
      left -= n;
    }
    this.lose(t, from, d - 1, tally);
    this.gaps[tally]++;
  }

  private behind(t: number, n: number, back: number, tally: number): void {
    const word = t * WORDS + ((n & SLOT) >>> 5);
    const bit = 1 << (n & 31);
    if (back <= this.span[t] && (this.bits[word] & bit) !== 0) {
      this.repeated[tally]++;
      this.extendRun(t, n, 1, 0, tally);
      return;
    }
    let lost = -1;
    if (back > this.span[t]) lost = this.extendDown(t, n, back, tally);
    else this.lost[this.losers[t] === undefined ? tally : this.losers[t][n & SLOT]]--;
    this.bits[word] |= bit;
    this.reordered[tally]++;
    this.extendRun(t, n, 0, lost, tally);
  }

  /** A number before the first one of the track: those between are skipped ones. @returns how many */
  private extendDown(t: number, n: number, back: number, tally: number): number {
    const skipped = back - this.span[t] - 1;
    this.lose(t, n + 1, skipped, tally);
    if (this.parent[t] !== NONE) this.gap[t] -= skipped + 1;
    this.span[t] = back;
    return skipped;
  }

  /**
   * A sender that starts again while its old numbers are still in the window sends numbers that look late or
   * repeated, one after the other.
   *
   * @param repeated 1 for a number that has come before, else 0
   * @param lost what the number has added to those lost
   */
  private extendRun(t: number, n: number, repeated: number, lost: number, tally: number): void {
    const at = t * RUN_LONGEST;
    const length = this.run[t];
    if (length > 0 && n > this.runNumbers[at + length - 1]) {
      this.runNumbers[at + length] = n;
      this.run[t]++;
      this.runRepeated[t] += repeated;
      this.runLost[t] += lost;
    } else if (length === 0 || n !== this.runNumbers[at + length - 1]) {
      this.runNumbers[at] = n;
      this.run[t] = n < RESTART_NEAR ? 1 : 0;
      this.runRepeated[t] = repeated;
      this.runLost[t] = lost;
    }
    // Packets that are merely late have not come before.
    if (this.run[t] >= RESTART_RUN && this.runRepeated[t] >= RESTART_REPEATED) this.restart(t, tally);
    else if (this.run[t] === RUN_LONGEST) this.run[t] = 0;
  }

  /** What the run's numbers were taken for is undone: they are the first of a new life. */
  private restart(t: number, tally: number): void {
    const at = t * RUN_LONGEST;
    const length = this.run[t];
    const first = this.runNumbers[at];
    const n = this.runNumbers[at + length - 1];
    this.repeated[tally] -= this.runRepeated[t];
    this.reordered[tally] -= length - this.runRepeated[t];
    this.lost[tally] -= this.runLost[t];
    this.reset(t, n);
    this.span[t] = n - first;
    for (let i = 0; i < length; i++) {
      const slot = this.runNumbers[at + i] & SLOT;
      this.bits[t * WORDS + (slot >>> 5)] |= 1 << (slot & 31);
    }
    this.lose(t, first + 1, n - first + 1 - length, tally);
  }

  private lose(t: number, from: number, numbers: number, tally: number): void {
    this.lost[tally] += numbers;
    const losers = this.losers[t];
    if (losers === undefined) return;
    for (let i = 0; i < numbers; i++) losers[(from + i) & SLOT] = tally;
  }

  /** A number outside the window of the stream's current track. */
  private far(s: number, t: number, n: number, d: number, tally: number): void {
    this.used[t] = this.packets[s];
    const step = this.narrowStep(t, n);
    if (step > 0) {
      this.near(t, n, step, tally);
      return;
    }
    for (let i = 0; i < TRACKS; i++) {
      const other = this.track[s * TRACKS + i];
      if (other === NONE || other === t || this.packets[s] - this.used[other] > STALE) continue;
      const shift = this.shift[other];
      const near = ((n - this.highest[other]) << shift) >> shift;
      if (near > SEQUENCE_WINDOW || near <= -SEQUENCE_WINDOW) continue;
      this.orphan(s, other);
      this.current[s] = other;
      this.near(other, n, near, tally);
      return;
    }
    this.jump(s, t, n, d, tally);
  }

  /** How far a counter of 16 or 24 bits went on across its end, recognising it; 0 when this is not that. */
  private narrowStep(t: number, n: number): number {
    if (this.shift[t] !== 0 || n >= NARROW_STEP) return 0;
    for (let shift = 16; shift >= 8; shift -= 8) {
      const mask = 0xffffffff >>> shift;
      const step = (n - this.highest[t]) & mask;
      if (this.highest[t] > mask - NARROW_STEP && this.highest[t] <= mask && step <= NARROW_STEP) {
        this.shift[t] = shift;
        return step;
      }
    }
    return 0;
  }

  private jump(s: number, from: number, n: number, d: number, tally: number): void {
    this.jumps[tally]++;
    const place = this.placeForTrack(s);
    const old = this.track[s * TRACKS + place];
    if (old !== NONE) {
      this.orphan(s, old);
      this.spareTracks.push(old);
    }
    const t = this.newTrack(n, this.shared[s] === 1);
    this.used[t] = this.packets[s];
    this.track[s * TRACKS + place] = t;
    this.current[s] = t;
    if (old !== from && d > 0 && d <= MAX_DROPOUT && n > this.highest[from]) {
      this.parent[t] = from;
      this.gap[t] = d - 1;
    }
  }

  private placeForTrack(s: number): number {
    let place = 0;
    for (let i = 0; i < TRACKS; i++) {
      const t = this.track[s * TRACKS + i];
      if (t === NONE) return i;
      if (this.used[t] < this.used[this.track[s * TRACKS + place]]) place = i;
    }
    return place;
  }

  /** A track has been seen again, or is gone: no other carries it on. */
  private orphan(s: number, parent: number): void {
    for (let i = 0; i < TRACKS; i++) {
      const t = this.track[s * TRACKS + i];
      if (t !== NONE && this.parent[t] === parent) this.parent[t] = NONE;
    }
  }

  /** A jump ahead was an outage. */
  private confirm(t: number, tally: number): void {
    this.parent[t] = NONE;
    this.lost[tally] += this.gap[t];
    this.gaps[tally]++;
    this.jumps[tally]--;
    const losers = this.losers[t];
    if (losers !== undefined) {
      for (let i = this.span[t] + 1; i <= SLOT; i++) losers[(this.highest[t] - i) & SLOT] = tally;
    }
    this.span[t] = SLOT;
  }

  private stream(shared: number): number {
    const spare = this.spareStreams.pop();
    const s = spare ?? this.streams++;
    if (s === this.current.length) {
      this.track = grownInt32(this.track);
      this.current = grownInt32(this.current);
      this.shared = grownUint8(this.shared);
      this.packets = grownFloat64(this.packets);
    }
    this.track.fill(NONE, s * TRACKS, (s + 1) * TRACKS);
    this.shared[s] = shared;
    this.packets[s] = 0;
    return s;
  }

  private newTrack(n: number, shared: boolean): number {
    const t = this.spareTracks.pop() ?? this.tracks++;
    if (t === this.highest.length) this.growTracks();
    this.losers[t] = shared ? (this.losers[t] ?? new Int32Array(SEQUENCE_WINDOW)) : undefined;
    this.reset(t, n);
    return t;
  }

  private reset(t: number, n: number): void {
    this.bits.fill(0, t * WORDS, (t + 1) * WORDS);
    this.bits[t * WORDS + ((n & SLOT) >>> 5)] = 1 << (n & 31);
    this.highest[t] = n;
    this.span[t] = 0;
    this.shift[t] = 0;
    this.count[t] = 1;
    this.parent[t] = NONE;
    this.gap[t] = 0;
    this.run[t] = 0;
  }

  private copyTrack(from: number, loser: number): number {
    const t = this.newTrack(this.highest[from], loser !== NONE);
    this.bits.copyWithin(t * WORDS, from * WORDS, (from + 1) * WORDS);
    this.span[t] = this.span[from];
    this.shift[t] = this.shift[from];
    this.count[t] = this.count[from];
    this.used[t] = this.used[from];
    this.parent[t] = this.parent[from];
    this.gap[t] = this.gap[from];
    this.run[t] = this.run[from];
    this.runRepeated[t] = this.runRepeated[from];
    this.runLost[t] = this.runLost[from];
    this.runNumbers.copyWithin(t * RUN_LONGEST, from * RUN_LONGEST, (from + 1) * RUN_LONGEST);
    this.losers[t]?.fill(loser);
    return t;
  }

  /** The copy in stream `s` of a track of stream `from`. */
  private sibling(from: number, s: number, track: number): number {
    for (let i = 0; i < TRACKS; i++) {
      if (this.track[from * TRACKS + i] === track) return this.track[s * TRACKS + i];
    }
    return NONE;
  }

  private growTracks(): void {
    this.highest = grownUint32(this.highest);
    this.span = grownUint16(this.span);
    this.shift = grownUint8(this.shift);
    this.bits = grownUint32(this.bits);
    this.count = grownUint8(this.count);
    this.used = grownFloat64(this.used);
    this.parent = grownInt32(this.parent);
    this.gap = grownFloat64(this.gap);
    this.run = grownUint8(this.run);
    this.runNumbers = grownUint32(this.runNumbers);
    this.runRepeated = grownUint8(this.runRepeated);
    this.runLost = grownInt32(this.runLost);
  }
}
