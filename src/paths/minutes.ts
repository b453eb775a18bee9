/** The minutes of pairs and directions that are not complete yet. */
import { Delays } from './delays.js';

const MINUTE = 60;

/** What became of the packets of a pair and direction in one minute. */
export class Minute {
  matched = 0;
  lost = 0;
  unknown = 0;
  ambiguous = 0;
  unmatchable = 0;
  reordered = 0;
  elsewhere = 0;
  readonly delays: Delays;

  /** @param start its first second */
  constructor(
    readonly start: number,
    exact: number,
  ) {
    this.delays = new Delays(exact);
  }

  match(delay: number, reordered: number): void {
    this.matched++;
    this.reordered += reordered;
    this.delays.add(delay);
  }
}

/** One direction of a pair. */
class Way {
  readonly open: Minute[] = [];
  /** Delays matched lately: in this minute and in the one before. */
  recent: { start: number; min: number; max: number } | undefined;
  before: { start: number; min: number; max: number } | undefined;
}

export class Minutes {
  /** Two per pair: forward, reverse. */
  private readonly ways: Way[] = [];
  /** The first second of the earliest minute that is not written, or infinity. */
  private earliest = Number.POSITIVE_INFINITY;
  /** The first second that is in no written minute. */
  private written = 0;

  constructor(
    private readonly exact: number,
    private readonly write: (pair: number, forward: boolean, minute: Minute) => void,
  ) {}

  addPair(): void {
    this.ways.push(new Way(), new Way());
  }

  /** The minute of a second; if that is written, the first one that is not. */
  at(pair: number, forward: boolean, second: number): Minute {
    const sec = Math.max(second, this.written);
    const { open } = this.ways[pair * 2 + (forward ? 0 : 1)];
    for (let i = open.length - 1; i >= 0; i--) {
      const minute = open[i];
      if (sec >= minute.start && sec < minute.start + MINUTE) return minute;
    }
    const minute = new Minute(sec - (sec % MINUTE), this.exact);
    this.earliest = Math.min(this.earliest, minute.start);
    open.push(minute);
    open.sort((a, b) => a.start - b.start);
    return minute;
  }

  /** Remembers a delay of a packet seen in this second, by which others are expected. */
  expect(pair: number, forward: boolean, delay: number, sec: number): void {
    const way = this.ways[pair * 2 + (forward ? 0 : 1)];
    const start = sec - (sec % MINUTE);
    if (way.recent === undefined || way.recent.start < start) {
      way.before = way.recent;
      way.recent = { start, min: delay, max: delay };
    }
    if (delay < way.recent.min) way.recent.min = delay;
    if (delay > way.recent.max) way.recent.max = delay;
  }

  /** The least and the greatest delay matched lately. */
  least(pair: number, forward: boolean, otherwise: number): number {
    const { recent, before } = this.ways[pair * 2 + (forward ? 0 : 1)];
    return recent === undefined ? otherwise : Math.min(recent.min, before?.min ?? recent.min);
  }

  most(pair: number, forward: boolean, otherwise: number): number {
    const { recent, before } = this.ways[pair * 2 + (forward ? 0 : 1)];
    return recent === undefined ? otherwise : Math.max(recent.max, before?.max ?? recent.max);
  }

  /** Whether a minute that ended by this second is not written. */
  isDue(sec: number): boolean {
    return this.earliest + MINUTE <= sec;
  }

  /** Writes every minute; the next ones belong to another time. */
  finish(): void {
    this.flush(Number.POSITIVE_INFINITY);
    this.written = 0;
    for (const way of this.ways) {
      way.recent = undefined;
      way.before = undefined;
    }
  }

  /** Writes the minutes that ended by this second. */
  flush(sec: number): void {
    this.written = Number.isFinite(sec) ? sec - (sec % MINUTE) : 0;
    this.earliest = Number.POSITIVE_INFINITY;
    for (const [i, way] of this.ways.entries()) {
      while (way.open.length > 0 && way.open[0].start + MINUTE <= sec) {
        const minute = way.open.shift();
        if (minute !== undefined) this.write(i >> 1, (i & 1) === 0, minute);
      }
      if (way.open.length > 0) this.earliest = Math.min(this.earliest, way.open[0].start);
    }
  }
}
