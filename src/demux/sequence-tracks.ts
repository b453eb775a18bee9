/**
 * One counter's numbers as far as a window of them goes: what {@link SequenceStreams} is made of.
 */
import { grownFloat64, grownInt32, grownUint8, grownUint16, grownUint32 } from './grow.js';
import type { SequenceTallies } from './sequence-tallies.js';

/** Numbers a track remembers, and how late a packet may be. */
export const SEQUENCE_WINDOW = 1024;
/** Packets that must follow a jump ahead, the old numbers not seen again, until what lies between is lost. */
const CONFIRM = 32;
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
const WORDS = SEQUENCE_WINDOW / 32;
const SLOT = SEQUENCE_WINDOW - 1;
const NONE = -1;

export class SequenceTracks {
  /** By track: the highest number; how many numbers below it are covered; 32 minus the counter's width. */
  highest = new Uint32Array(64);
  private span = new Uint16Array(64);
  private shift = new Uint8Array(64);
  private bits = new Uint32Array(64 * WORDS);
  private count = new Uint8Array(64);
  /** How many packets its stream had when it was last left. */
  used = new Float64Array(64);
  /** The track this one may carry on after an outage, and the numbers between. */
  parent = new Int32Array(64);
  private gap = new Float64Array(64);
  private run = new Uint8Array(64);
  /** Numbers below the highest that came one after the other, how many had come before, and what they added to those lost. */
  private runNumbers = new Uint32Array(64 * RUN_LONGEST);
  private runRepeated = new Uint8Array(64);
  private runLost = new Int32Array(64);
  private tracks = 0;
  private readonly spare: number[] = [];
  /** By track of a shared stream: the tally each number in the window was lost for. */
  private readonly losers: (Int32Array | undefined)[] = [];

  constructor(private readonly tallies: SequenceTallies) {}

  /** A new track whose first number is `n`. */
  open(n: number, shared: boolean): number {
    const t = this.spare.pop() ?? this.tracks++;
    if (t === this.highest.length) this.grow();
    this.losers[t] = shared ? (this.losers[t] ?? new Int32Array(SEQUENCE_WINDOW)) : undefined;
    this.reset(t, n);
    return t;
  }

  /** A copy of a track; `loser`, unless it is -1, is who its losses so far are counted for. */
  copy(from: number, loser: number): number {
    const t = this.open(this.highest[from], loser !== NONE);
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

  close(t: number): void {
    this.spare.push(t);
  }

  /** How far above a track's highest number `n` is, below it negative, by the counter's width. */
  distance(t: number, n: number): number {
    if (this.shift[t] !== 0 && n > 0xffffffff >>> this.shift[t]) this.shift[t] = 0;
    const shift = this.shift[t];
    return ((n - this.highest[t]) << shift) >> shift;
  }

  /** Says that a track, begun by a jump ahead, carries on another after an outage, if it stays at that. */
  follow(t: number, parent: number, skipped: number): void {
    this.parent[t] = parent;
    this.gap[t] = skipped;
  }

  /** A number within the window of a track, `d` above its highest. */
  near(t: number, n: number, d: number, tally: number): void {
    if (d > 0) this.ahead(t, n, d, tally);
    else this.behind(t, n, -d, tally);
    if (this.count[t] < CONFIRM) this.count[t]++;
    else if (this.parent[t] !== NONE) this.confirm(t, tally);
  }

  /** How far a counter of 16 or 24 bits went on across its end, recognising it; 0 when this is not that. */
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

  /** A jump ahead was an outage. */
  confirm(t: number, tally: number): void {
    this.parent[t] = NONE;
    this.tallies.lost[tally] += this.gap[t];
    this.tallies.gaps[tally]++;
    this.tallies.jumps[tally]--;
    const losers = this.losers[t];
    if (losers !== undefined) {
      for (let i = this.span[t] + 1; i <= SLOT; i++) losers[(this.highest[t] - i) & SLOT] = tally;
    }
    this.span[t] = SLOT;
  }

  /** Counts an outage that what follows can no longer confirm. */
  settle(t: number, tally: number): void {
    if (this.parent[t] !== NONE && this.count[t] > 1) this.confirm(t, tally);
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
    this.tallies.gaps[tally]++;
  }

  private behind(t: number, n: number, back: number, tally: number): void {
    const word = t * WORDS + ((n & SLOT) >>> 5);
    const bit = 1 << (n & 31);
    if (back <= this.span[t] && (this.bits[word] & bit) !== 0) {
      this.tallies.repeated[tally]++;
      this.extendRun(t, n, 1, 0, tally);
      return;
    }
    let lost = -1;
    if (back > this.span[t]) lost = this.extendDown(t, n, back, tally);
    else this.tallies.lost[this.losers[t] === undefined ? tally : this.losers[t][n & SLOT]]--;
    this.bits[word] |= bit;
    this.tallies.reordered[tally]++;
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
    this.tallies.repeated[tally] -= this.runRepeated[t];
    this.tallies.reordered[tally] -= length - this.runRepeated[t];
    this.tallies.lost[tally] -= this.runLost[t];
    this.reset(t, n);
    this.span[t] = n - first;
    for (let i = 0; i < length; i++) {
      const slot = this.runNumbers[at + i] & SLOT;
      this.bits[t * WORDS + (slot >>> 5)] |= 1 << (slot & 31);
    }
    this.lose(t, first + 1, n - first + 1 - length, tally);
  }

  private lose(t: number, from: number, numbers: number, tally: number): void {
    this.tallies.lost[tally] += numbers;
    const losers = this.losers[t];
    if (losers === undefined) return;
    for (let i = 0; i < numbers; i++) losers[(from + i) & SLOT] = tally;
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

  private grow(): void {
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
