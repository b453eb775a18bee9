/** Sequence numbers of several workers, judged together. */
import type { MirrorPoint } from '../model/mirror-point.js';
import { indexOf, isEarlier, NumberLogReader } from './number-log.js';
import { Numbering, type SequenceVerdict } from './numbering.js';
import type { NumberingShare } from './numbering-share.js';

/** In place of a mirror point: it is forgotten, and numbers of it tell nothing. */
const GONE = -1;

/** One worker's log, and what its mirror points are here. */
class Path {
  readonly log: NumberLogReader;
  /** By the index in a worker's name: the name, and what it is here or {@link GONE}. */
  readonly names: number[] = [];
  readonly points: number[] = [];
  /** The log has a number that waits. */
  waiting = false;

  constructor(memory: SharedArrayBuffer) {
    this.log = new NumberLogReader(memory);
  }

  /**
   * The mirror point of the number that waits: {@link GONE} when it is forgotten, undefined when it is not
   * known yet.
   */
  get point(): number | undefined {
    const name = this.log.point;
    const index = indexOf(name);
    const known = this.names[index];
    if (known === name) return this.points[index];
    return known !== undefined && isEarlier(name, known) ? GONE : undefined;
  }
}

/**
 * Merges the logs of several workers by time and follows the numbers as one. What a worker has not said may still
 * come (see {@link NumberLog.advance}) holds the merge up, so its verdicts are as late as the slowest worker.
 */
export class NumberMerge {
  private readonly numbering = new Numbering();
  private readonly paths: Path[] = [];
  private points = 0;
  private readonly spare = new Set<number>();
  /**
   * Points whose numbers may say something else than at the last {@link changes}, and by point whether it is
   * one of them.
   */
  private readonly changed: number[] = [];
  private readonly isChanged: boolean[] = [];

  /** Adds a worker's log. @returns what to call the worker */
  addPath(memory: SharedArrayBuffer): number {
    return this.paths.push(new Path(memory)) - 1;
  }

  /** Adds a mirror point. @returns its index here */
  addPoint(point: Pick<MirrorPoint, 'type' | 'source' | 'target'>, share?: NumberingShare): number {
    const [index = this.points++] = this.spare;
    this.spare.delete(index);
    this.numbering.add(point, index, share);
    return index;
  }

  /** Gives up what is missing of a mirror point that is about to be forgotten. */
  conclude(point: number): void {
    this.numbering.conclude(point);
  }

  /** Forgets a mirror point, which no worker knows any more: its index may be another's. */
  removePoint(point: number): void {
    this.numbering.remove(point);
    this.spare.add(point);
    if (this.isChanged[point]) this.changed.splice(this.changed.indexOf(point), 1);
    this.isChanged[point] = false;
  }

  /** Says which mirror point a worker's `name` is. The worker's numbers wait until this is known. */
  define(path: number, name: number, point: number): void {
    const p = this.paths[path];
    p.names[indexOf(name)] = name;
    p.points[indexOf(name)] = point;
  }

  /** Says that a worker has forgotten the mirror point it called `name`. */
  forget(path: number, name: number): void {
    this.define(path, name, GONE);
  }

  /** Numbers that workers dropped because {@link run} was not called often enough. */
  get dropped(): number {
    return this.paths.reduce((n, p) => n + p.log.dropped, 0);
  }

  /** Follows all numbers that none can come before any more. */
  run(): void {
    this.take(false);
  }

  /** Follows all numbers there are, and settles: the workers have ended. */
  finish(): void {
    this.take(true);
    this.numbering.settle();
    for (let point = 0; point < this.points; point++) if (!this.spare.has(point)) this.mark(point);
  }

  /** Fills `verdict` with what is believed of a mirror point's numbers so far. */
  verdict(point: number, verdict: SequenceVerdict): void {
    this.numbering.verdict(point, verdict);
  }

  /**
   * Weighs what has come since the last time, and tells of every mirror point of which something else may be
   * believed now.
   */
  changes(tell: (point: number) => void): void {
    const { changed, numbering } = this;
    numbering.beginReviews();
    // The list grows by those that share a counter with its first ones.
    for (let i = 0; i < changed.length; i++) numbering.siblings(changed[i], this.mark);
    for (const point of changed) numbering.review(point);
    for (const point of changed) {
      this.isChanged[point] = false;
      tell(point);
    }
    changed.length = 0;
  }

  private readonly mark = (point: number): void => {
    if (this.isChanged[point]) return;
    this.isChanged[point] = true;
    this.changed.push(point);
  };

  private take(all: boolean): void {
    let horizon = Number.POSITIVE_INFINITY;
    for (const p of this.paths) horizon = Math.min(horizon, look(p, all));
    for (let p = this.oldest(); p !== undefined; p = this.oldest()) {
      const { log } = p;
      if (log.sec * 1e3 + log.nsec / 1e6 >= horizon) break;
      const { point } = p;
      if (point === undefined) break;
      if (point !== GONE) {
        this.numbering.clock(log.sec, false, this.mark);
        this.numbering.update(point, log.n, log.hardware, log.direction, log.trace);
        this.mark(point);
      }
      log.next();
      horizon = Math.min(horizon, look(p, all));
    }
    for (const p of this.paths) p.log.release();
    if (horizon !== Number.POSITIVE_INFINITY)
      this.numbering.clock(Math.floor(horizon / 1000), true, this.mark);
  }

  /** The path whose waiting number is the oldest. */
  private oldest(): Path | undefined {
    let oldest: Path | undefined;
    for (const p of this.paths) {
      if (p.waiting && (oldest === undefined || isBefore(p.log, oldest.log))) oldest = p;
    }
    return oldest;
  }
}

/** Looks for a path's next number. @returns the time, in milliseconds since 1970, up to which others may go on */
function look(p: Path, all: boolean): number {
  p.waiting = p.log.look();
  if (p.waiting || all) return Number.POSITIVE_INFINITY;
  const advanced = p.log.advanced;
  p.waiting = p.log.look();
  return p.waiting ? Number.POSITIVE_INFINITY : advanced;
}

function isBefore(a: NumberLogReader, b: NumberLogReader): boolean {
  return a.sec < b.sec || (a.sec === b.sec && a.nsec < b.nsec);
}
