/** Judges the sequence numbers of several workers together. */
import type { MirrorPoint } from '../model/mirror-point.js';
import { indexOf, isEarlier, NumberLogReader } from './number-log.js';
import type { NumberWatch } from './number-watch.js';
import { Numbering, type SequenceVerdict } from './numbering.js';
import type { NumberingShare } from './numbering-share.js';

/** Instead of a mirror point: it is forgotten, and its numbers are ignored. */
const GONE = -1;

/** One worker's log, and its mirror points. */
class Path {
  readonly log: NumberLogReader;
  /** By the index in a worker's name: the name, and the merge's index or {@link GONE}. */
  readonly names: number[] = [];
  readonly points: number[] = [];
  /** The log has a number that waits. */
  waiting = false;

  constructor(memory: SharedArrayBuffer) {
    this.log = new NumberLogReader(memory);
  }

  /** The mirror point of the waiting number: {@link GONE} if it is forgotten, undefined if not yet known. */
  get point(): number | undefined {
    const name = this.log.point;
    const index = indexOf(name);
    const known = this.names[index];
    if (known === name) return this.points[index];
    return known !== undefined && isEarlier(name, known) ? GONE : undefined;
  }
}

/**
 * Merges the logs of several workers by time and follows the numbers as one sequence. Numbers that a worker
 * may still send (see {@link NumberLog.advance}) hold up the merge, so its verdicts are as late as the
 * slowest worker.
 */
export class NumberMerge {
  private readonly numbering = new Numbering();
  private readonly paths: Path[] = [];
  private points = 0;
  private readonly spare = new Set<number>();
  /**
   * Points whose verdict may have changed since the last {@link changes}, and by point whether it is one of
   * them.
   */
  private readonly changed: number[] = [];
  private readonly isChanged: boolean[] = [];

  /** @param watch watches the numbers of some mirror points */
  constructor(private readonly watch?: NumberWatch) {}

  /** Adds a worker's log. @returns the worker's number */
  addPath(memory: SharedArrayBuffer): number {
    return this.paths.push(new Path(memory)) - 1;
  }

  /** Adds a mirror point. @returns its index in the merge */
  addPoint(point: Pick<MirrorPoint, 'type' | 'source' | 'target'>, share?: NumberingShare): number {
    const [index = this.points++] = this.spare;
    this.spare.delete(index);
    this.numbering.add(point, index, share);
    return index;
  }

  /** Gives up the missing numbers of a mirror point that is about to be forgotten. */
  conclude(point: number): void {
    this.numbering.conclude(point);
  }

  /** Forgets a mirror point that no worker knows any more: its index may be reused. */
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

  /** A worker has forgotten the mirror point that it called `name`. */
  forget(path: number, name: number): void {
    this.define(path, name, GONE);
  }

  /** Numbers dropped by workers because {@link run} was not called often enough. */
  get dropped(): number {
    return this.paths.reduce((n, p) => n + p.log.dropped, 0);
  }

  /** Follows all numbers that no earlier one can precede any more. */
  run(): void {
    this.take(false);
  }

  /** Follows all numbers, and settles: the workers have ended. */
  finish(): void {
    this.take(true);
    this.numbering.settle();
    for (let point = 0; point < this.points; point++) if (!this.spare.has(point)) this.mark(point);
  }

  /** Fills `verdict` with what is believed about a mirror point's numbers so far. */
  verdict(point: number, verdict: SequenceVerdict): void {
    this.numbering.verdict(point, verdict);
  }

  /**
   * Weighs what has arrived since the last call, and reports every mirror point whose verdict may have
   * changed.
   */
  changes(tell: (point: number) => void): void {
    const { changed, numbering } = this;
    numbering.beginReviews();
    // The list grows by points that share a counter with its first ones.
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
        this.watch?.taken(point, log.hardware, log.direction, log.sec, log.nsec, this.numbering);
        this.mark(point);
      }
      log.next();
      horizon = Math.min(horizon, look(p, all));
    }
    for (const p of this.paths) p.log.release();
    if (horizon !== Number.POSITIVE_INFINITY)
      this.numbering.clock(Math.floor(horizon / 1000), true, this.mark);
  }

  /** The path with the oldest waiting number. */
  private oldest(): Path | undefined {
    let oldest: Path | undefined;
    for (const p of this.paths) {
      if (p.waiting && (oldest === undefined || isBefore(p.log, oldest.log))) oldest = p;
    }
    return oldest;
  }
}

/**
 * Looks at a path's next number. @returns the time up to which other paths may continue, in milliseconds
 * since 1970
 */
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
