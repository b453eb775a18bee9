/**
 * One counter's numbers within a window; {@link SequenceStreams} consist of these.
 *
 * Numbers are compared only by their distance, modulo the counter's width (RFC 1982), and no packet costs
 * more than a scan of the window: 32 words of bits, whatever its number.
 */
import { grownFloat64, grownInt16, grownInt32, grownUint8, grownUint16, grownUint32 } from './grow.js';
import { TrackShares } from './sequence-shares.js';
import type { SequenceTallies } from './sequence-tallies.js';
import {
  CONFIRM,
  MAX_DROPOUT,
  NARROW_STEP,
  RESTART_NEAR,
  RESTART_REPEATED,
  RESTART_RUN,
  RUN_LONGEST,
  SEQUENCE_WINDOW,
} from './sequence-window.js';

const WORDS = SEQUENCE_WINDOW / 32;
const SLOT = SEQUENCE_WINDOW - 1;
/**
 * Flags of a number in a run: it had arrived before, with another packet; or it arrived after it had been
 * given up.
 */
const REPEATED = 0x8000;
const DIFFERING = 0x4000;
const LATE = 0x2000;
/** A packet that is later than this was seldom just overtaken. */
const DISTANT = 32;
/** Numbers whose packets are remembered, by a trace of each. */
const TRACES = 256;
const NONE = -1;

export class SequenceTracks {
  /** By track: the highest number; how many numbers below it are covered; 32 minus the counter's width. */
  private highest = new Uint32Array(64);
  private span = new Uint16Array(64);
  private shift = new Uint8Array(64);
  private bits = new Uint32Array(64 * WORDS);
  private traces = new Uint8Array(64 * TRACES);
  /**
   * How far below the highest number the highest of one epoch ago is, and of two; at most the window's
   * length.
   */
  private epoch = new Uint16Array(64);
  private lastEpoch = new Uint16Array(64);
  /** The number of packets of its stream when it was last left. */
  used = new Float64Array(64);
  /**
   * The track that this one may continue after an outage, the numbers between, and how many have arrived
   * since.
   */
  parent = new Int32Array(64);
  private gap = new Int32Array(64);
  private count = new Uint8Array(64);
  /**
   * Consecutive numbers below the highest, as distances from it, and what each added to the losses; how many
   * there are, and how many of them had arrived before.
   */
  private run = new Uint8Array(64);
  private runRepeated = new Uint8Array(64);
  private runBack = new Uint16Array(64 * RUN_LONGEST);
  private runLost = new Int16Array(64 * RUN_LONGEST);
  private tracks = 0;
  private readonly spare: number[] = [];
  /** By track of a shared stream: whose counts are whose. */
  private readonly shares: (TrackShares | undefined)[] = [];

  constructor(private readonly tallies: SequenceTallies) {}

  /** A new track whose first number is `n`. */
  open(n: number, shared: boolean, tally: number, trace: number): number {
    const t = this.spare.pop() ?? this.tracks++;
    if (t === this.highest.length) this.grow();
    const shares = shared ? (this.shares[t] ?? new TrackShares()) : undefined;
    this.shares[t] = shares;
    if (shares !== undefined) shares.jumper = tally;
    this.shift[t] = 0;
    this.begin(t, n, tally, trace);
    return t;
  }

  /** A copy of a track; its losses so far count for `loser`, unless that is -1. */
  copy(from: number, loser: number): number {
    const t = this.open(this.highest[from], loser !== NONE, loser, 0);
    this.bits.copyWithin(t * WORDS, from * WORDS, (from + 1) * WORDS);
    this.traces.copyWithin(t * TRACES, from * TRACES, (from + 1) * TRACES);
    this.epoch[t] = this.epoch[from];
    this.lastEpoch[t] = this.lastEpoch[from];
    this.span[t] = this.span[from];
    this.shift[t] = this.shift[from];
    this.used[t] = this.used[from];
    this.parent[t] = this.parent[from];
    this.gap[t] = this.gap[from];
    this.count[t] = this.count[from];
    this.run[t] = this.run[from];
    this.runRepeated[t] = this.runRepeated[from];
    this.runBack.copyWithin(t * RUN_LONGEST, from * RUN_LONGEST, (from + 1) * RUN_LONGEST);
    this.runLost.copyWithin(t * RUN_LONGEST, from * RUN_LONGEST, (from + 1) * RUN_LONGEST);
    this.shares[t]?.fill(loser);
    return t;
  }

  close(t: number): void {
    this.spare.push(t);
  }

  /** Transfers the losses of a shared stream's track from one tally to another, from now on. */
  bequeath(t: number, from: number, to: number): void {
    this.shares[t]?.bequeath(from, to);
  }

  /** An epoch is over: skipped numbers become one epoch older. */
  turn(): void {
    this.lastEpoch.set(this.epoch);
    this.epoch.fill(0);
  }

  /** How far `n` is above a track's highest number (below it: negative), by the counter's width. */
  distance(t: number, n: number): number {
    const shift = this.shift[t];
    if (shift === 0 || n > 0xffffffff >>> shift) return (n - this.highest[t]) | 0;
    return ((n - this.highest[t]) << shift) >> shift;
  }

  /** Track `t` began with a step away from track `from`: `d` ahead, or 0 if it is no outage. */
  follow(t: number, from: number, d: number): void {
    if (this.highest[t] <= 0xffffffff >>> this.shift[from]) this.shift[t] = this.shift[from];
    if (d === 0) return;
    this.parent[t] = from;
    this.gap[t] = d - 1;
  }

  /** Takes a number within a track's window, `d` above its highest. */
  near(t: number, n: number, d: number, tally: number, trace: number): void {
    // A counter that exceeds 16 or 24 bits is wider.
    if (this.shift[t] !== 0 && n > 0xffffffff >>> this.shift[t]) this.shift[t] = 0;
    const isNew = d > 0 ? this.ahead(t, n, d, tally, trace) : this.behind(t, n, -d, tally, trace);
    if (this.parent[t] !== NONE && isNew && ++this.count[t] === CONFIRM) this.confirm(t, tally);
  }

  /**
   * How far a counter of 16 or 24 bits advanced across its wrap, which is recognised here; 0 if it is none.
   */
  narrowStep(t: number, n: number): number {
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

  /**
   * A step ahead was an outage, and so were the steps before it that had too few numbers of their own until
   * the next: together they lose no more than one step.
   */
  private confirm(t: number, tally: number): void {
    let left = MAX_DROPOUT;
    for (let c = t; this.parent[c] !== NONE && this.gap[c] <= left; ) {
      const up = this.parent[c];
      const loser = this.shares[c]?.jumper ?? tally;
      left -= this.gap[c];
      this.tallies.skip(loser, 0, this.gap[c]);
      this.tallies.gaps[loser]++;
      this.tallies.jumps[loser]--;
      this.span[c] = SLOT;
      this.parent[c] = NONE;
      c = up;
    }
  }

  private ahead(t: number, n: number, d: number, tally: number, trace: number): true {
    if (d > 1) this.skip(t, d, tally);
    this.mark(t, n, tally, trace);
    this.highest[t] = n;
    this.run[t] = 0;
    this.span[t] = Math.min(this.span[t] + d, SLOT);
    this.epoch[t] = Math.min(this.epoch[t] + d, SEQUENCE_WINDOW);
    this.lastEpoch[t] = Math.min(this.lastEpoch[t] + d, SEQUENCE_WINDOW);
    return true;
  }

  private skip(t: number, d: number, tally: number): void {
    const base = t * WORDS;
    let slot = (this.highest[t] + 1) & SLOT;
    for (let left = d - 1; left > 0; ) {
      const n = Math.min(32 - (slot & 31), left);
      this.bits[base + (slot >>> 5)] &= n === 32 ? 0 : ~(((1 << n) - 1) << (slot & 31));
      slot = (slot + n) & SLOT;
      left -= n;
    }
    this.tallies.skip(tally, 0, d - 1);
    this.tallies.gaps[tally]++;
  }

  /**
   * Marks `n` as arrived; the missing numbers directly below it are lost to `loser`. `trace` -1: keep the
   * previous one.
   */
  private mark(t: number, n: number, loser: number, trace: number): void {
    const slot = n & SLOT;
    if (trace >= 0) this.traces[t * TRACES + (n & (TRACES - 1))] = trace;
    this.bits[t * WORDS + (slot >>> 5)] |= 1 << (slot & 31);
    const shares = this.shares[t];
    if (shares !== undefined) shares.losers[slot] = loser;
  }

  /** @returns whether the number had not arrived before */
  private behind(t: number, n: number, back: number, tally: number, trace: number): boolean {
    const slot = n & SLOT;
    if (back > this.span[t]) {
      const skipped = this.extendDown(t, n, back, tally, trace);
      this.tallies.reordered[tally]++;
      this.extendRun(t, n, back, skipped, tally, tally);
      return true;
    }
    if ((this.bits[t * WORDS + (slot >>> 5)] & (1 << (slot & 31))) !== 0) {
      this.tallies.repeated[tally]++;
      const differs = back < TRACES && this.traces[t * TRACES + (n & (TRACES - 1))] !== trace;
      if (differs) this.tallies.differing[tally]++;
      this.extendRun(t, n, back | REPEATED | (differs ? DIFFERING : 0), 0, tally, tally);
      return false;
    }
    const loser = this.shares[t]?.losers[this.slotAbove(t, n)] ?? tally;
    this.mark(t, n, loser, trace);
    const age = this.age(t, back);
    this.tallies.arrive(loser, age);
    this.tallies.reordered[tally]++;
    if (age > 0 || back > DISTANT) this.tallies.distant[tally]++;
    this.extendRun(t, n, back | (age > 1 ? LATE : 0), -1, tally, loser);
    return true;
  }

  /** Epochs since a number that far below the highest was skipped: 0, 1, or 2 for more. */
  private age(t: number, back: number): 0 | 1 | 2 {
    if (back < this.epoch[t]) return 0;
    return back < this.lastEpoch[t] ? 1 : 2;
  }

  /** The slot of the nearest number above `n` that arrived: at the latest the highest. */
  private slotAbove(t: number, n: number): number {
    const base = t * WORDS;
    let word = ((n + 1) & SLOT) >>> 5;
    let bits = this.bits[base + word] & (-1 << ((n + 1) & 31));
    while (bits === 0) {
      word = (word + 1) & (WORDS - 1);
      bits = this.bits[base + word];
    }
    return (word << 5) | (31 - Math.clz32(bits & -bits));
  }

  /** A number before the track's first one: those between are skipped. @returns how many */
  private extendDown(t: number, n: number, back: number, tally: number, trace: number): number {
    const skipped = back - this.span[t] - 1;
    for (let b = this.span[t] + 1; b < back; b++) this.tallies.skip(tally, this.age(t, b), 1);
    const shares = this.shares[t];
    if (shares !== undefined) shares.losers[(this.highest[t] - this.span[t]) & SLOT] = tally;
    this.mark(t, n, shares?.jumper ?? tally, trace);
    if (this.parent[t] !== NONE) this.gap[t] -= skipped + 1;
    this.span[t] = back;
    return skipped;
  }

  /**
   * A sender that restarts while its old numbers are still in the window sends consecutive numbers that look
   * late or repeated.
   *
   * @param back how far the number is below the highest, with {@link REPEATED}, {@link DIFFERING} or
   * {@link LATE}
   * @param lost what the number has added to the missing numbers of `loser`
   */
  private extendRun(t: number, n: number, back: number, lost: number, tally: number, loser: number): void {
    const at = t * RUN_LONGEST;
    const length = this.run[t];
    if (length > 0) {
      const last = this.runBack[at + length - 1] & SLOT;
      if ((back & SLOT) === last) return;
      if ((back & SLOT) > last) this.run[t] = 0;
    }
    if (this.run[t] === 0) {
      if (n >= RESTART_NEAR) return;
      this.runRepeated[t] = 0;
    }
    const place = this.run[t]++;
    this.runBack[at + place] = back;
    this.runLost[at + place] = lost;
    if ((back & REPEATED) !== 0) this.runRepeated[t]++;
    const shares = this.shares[t];
    if (shares !== undefined) {
      shares.runTallies[place] = tally;
      shares.runLosers[place] = loser;
    }
    // Packets that are merely late have not arrived before.
    if (this.run[t] >= RESTART_RUN && this.runRepeated[t] >= RESTART_REPEATED) this.restart(t, tally);
    else if (this.run[t] === RUN_LONGEST) this.run[t] = 0;
  }

  /** Undoes what the run's numbers were taken for: they are the first after a restart. */
  private restart(t: number, tally: number): void {
    const { tallies } = this;
    const { shares, highest, runBack } = this;
    const at = t * RUN_LONGEST;
    const length = this.run[t];
    const old = highest[t];
    for (let i = 0; i < length; i++) {
      const taker = shares[t]?.runTallies[i] ?? tally;
      const loser = shares[t]?.runLosers[i] ?? tally;
      if ((runBack[at + i] & REPEATED) !== 0) tallies.repeated[taker]--;
      else tallies.reordered[taker]--;
      if ((runBack[at + i] & DIFFERING) !== 0) tallies.differing[taker]--;
      if (this.runLost[at + i] < 0) tallies.forget(loser, (runBack[at + i] & LATE) !== 0);
      else tallies.takeBack(loser, this.runLost[at + i]);
    }
    for (let i = 0; i < length; i++) {
      const taker = shares[t]?.runTallies[i] ?? tally;
      const n = (old - (runBack[at + i] & SLOT)) >>> 0;
      if (i === 0) this.begin(t, n, taker, NONE);
      else this.ahead(t, n, (runBack[at + i - 1] & SLOT) - (runBack[at + i] & SLOT), taker, NONE);
    }
  }

  /** Takes the first number after a start. */
  private begin(t: number, n: number, tally: number, trace: number): void {
    this.bits.fill(0, t * WORDS, (t + 1) * WORDS);
    this.mark(t, n, tally, trace);
    this.epoch[t] = SEQUENCE_WINDOW;
    this.lastEpoch[t] = SEQUENCE_WINDOW;
    this.highest[t] = n;
    this.span[t] = 0;
    this.parent[t] = NONE;
    this.gap[t] = 0;
    this.count[t] = 0;
    this.run[t] = 0;
  }

  private grow(): void {
    this.highest = grownUint32(this.highest);
    this.span = grownUint16(this.span);
    this.shift = grownUint8(this.shift);
    this.bits = grownUint32(this.bits);
    this.traces = grownUint8(this.traces);
    this.epoch = grownUint16(this.epoch);
    this.lastEpoch = grownUint16(this.lastEpoch);
    this.used = grownFloat64(this.used);
    this.parent = grownInt32(this.parent);
    this.gap = grownInt32(this.gap);
    this.count = grownUint8(this.count);
    this.run = grownUint8(this.run);
    this.runRepeated = grownUint8(this.runRepeated);
    this.runBack = grownUint16(this.runBack);
    this.runLost = grownInt16(this.runLost);
  }
}
