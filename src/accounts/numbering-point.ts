/** What is known about the numbers of one mirror point, and about the mirror points of one sender. */
import type { SequenceUse } from '../model/sequence-use.js';
import type { NumberingShare } from './numbering-share.js';

export const NONE = -1;

/** What is published of a mirror point, in this order. */
export const LOST = 0;
export const LATE = 1;
export const REORDERED = 2;
export const REPEATED = 3;
export const TOLD = 4;

/** One way to explain a mirror point's numbers, and the counts that follow from it. */
export class Explanation {
  /**
   * Published in addition to its own counts: by another explanation, before this one was considered or
   * believed.
   */
  readonly base = new Float64Array(TOLD);
  constructor(
    readonly use: SequenceUse,
    public tally: number,
  ) {}
}

/** The streams of a mirror point, told apart by hardware id, direction or both. */
export class Level extends Explanation {
  readonly streams: Int32Array;
  count = 1;
  /** Evidence against it: streams that began where others continued. */
  penalty = 0;
  /** Whether it is followed: from the second key until it is hopeless. */
  followed = false;
  hopeless = false;
  constructor(
    use: SequenceUse,
    readonly shift: number,
    readonly mask: number,
    /** The only key seen so far. */
    readonly only: number,
  ) {
    super(use, NONE);
    this.streams = new Int32Array(mask + 1).fill(NONE);
  }
}

export class PointNumbers {
  stream = NONE;
  /** One counter for all of it; with two senders, one for each of them. */
  own: Explanation | undefined;
  levels: Level[] | undefined;
  /** Its share of a counter that the sender's sessions have in common. */
  common: Explanation | undefined;
  /** With two senders: the streams by direction and call. */
  parts: Map<number, number> | undefined;
  /** The believed explanation, undefined until known; and since when it is not known (seconds since 1970). */
  believed: Explanation | undefined;
  since = 0;
  /** At present its numbers look as if no counter made them. */
  unusable = false;
  /** Since when they look as if two senders made them; 0: they do not. */
  suspect = 0;
  readonly told = new Float64Array(TOLD);
  /** Hardware id and direction of the last packet. */
  combination = 0;
  /** Packets until the next review, and from the last review to it. */
  untilJudged: number;
  constructor(
    readonly index: number,
    readonly source: SourceNumbers | undefined,
    readonly share: NumberingShare,
    public judgedEvery: number,
  ) {
    this.untilJudged = judgedEvery;
  }
}

/** The mirror points that may share one counter. */
export class SourceNumbers {
  stream = NONE;
  /** Whether they share it, undefined until known; and since when it is not known. */
  common: boolean | undefined;
  since = 0;
  /** Evidence against separate counters: sessions that began where others continued. */
  penalty = 0;
  /** Sharing is not to be considered (any more). */
  apart = false;
  /** Packets since the last weighing. */
  unjudged = 0;
  /** Its mirror points with numbers, and the number of all its points. */
  readonly points: PointNumbers[] = [];
  holders = 0;
  /** The share that its common counter is taken from. */
  share: NumberingShare | undefined;
  /** The rounds of reviews in which it was last weighed, and in which its points were reported. */
  weighed = -1;
  named = -1;
  constructor(readonly name: string) {}
}
