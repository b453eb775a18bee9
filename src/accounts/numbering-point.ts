/** What is known of the numbers of one mirror point, and of the mirror points of one sender. */
import type { SequenceUse } from '../model/mirror-record.js';
import type { NumberingShare } from './numbering-share.js';

export const NONE = -1;

/** What is told of a mirror point, in this order. */
export const LOST = 0;
export const LATE = 1;
export const REORDERED = 2;
export const REPEATED = 3;
export const TOLD = 4;

/** One way to explain a mirror point's numbers, and what they add up to then. */
export class Explanation {
  /** What is told beside its own counts: by another explanation, before this one was thought of or believed. */
  readonly base = new Float64Array(TOLD);
  constructor(
    readonly use: SequenceUse,
    public tally: number,
  ) {}
}

/** The streams of a mirror point told apart by hardware id, direction or both. */
export class Level extends Explanation {
  readonly streams: Int32Array;
  count = 1;
  /** What speaks against it: streams that began where the others went on. */
  penalty = 0;
  /** Followed: since a second key was seen, and until it is hopeless. */
  followed = false;
  hopeless = false;
  constructor(
    use: SequenceUse,
    readonly shift: number,
    readonly mask: number,
    /** The one key seen so far. */
    readonly only: number,
  ) {
    super(use, NONE);
    this.streams = new Int32Array(mask + 1).fill(NONE);
  }
}

export class PointNumbers {
  stream = NONE;
  /** One counter for all of it, or, where two hosts send, for each of them. */
  own: Explanation | undefined;
  levels: Level[] | undefined;
  /** Its share of a counter that the sender's sessions have in common. */
  common: Explanation | undefined;
  /** Where two hosts send: the streams by direction and call. */
  parts: Map<number, number> | undefined;
  /** What is believed; undefined until it is known, which is since then not so (seconds since 1970). */
  believed: Explanation | undefined;
  since = 0;
  /** Its numbers are none that a counter makes, as it seems now. */
  unusable = false;
  /** Since when they look as if two senders made them, 0: they do not. */
  suspect = 0;
  readonly told = new Float64Array(TOLD);
  /** Hardware id and direction of the last packet. */
  combination = 0;
  /** Packets until the next look, and from the last to it. */
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
  /** Whether they do share it; undefined until it is known, which is since then not so. */
  common: boolean | undefined;
  since = 0;
  /** What speaks against counters of their own: sessions that began where the others went on. */
  penalty = 0;
  /** Not to be tried (any more). */
  apart = false;
  /** Packets since it was weighed. */
  unjudged = 0;
  /** Its mirror points that have had numbers, and how many it has in all. */
  readonly points: PointNumbers[] = [];
  holders = 0;
  /** Whose share its common counter is of. */
  share: NumberingShare | undefined;
  /** The rounds of reviews in which it was weighed, and in which its points were named. */
  weighed = -1;
  named = -1;
  constructor(readonly name: string) {}
}
