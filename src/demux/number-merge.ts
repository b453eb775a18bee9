/** Sequence numbers of several workers, judged together. */
import type { MirrorPoint } from '../wire/mirror-point.js';
import { NumberLogReader } from './number-log.js';
import { Numbering, type SequenceVerdict } from './numbering.js';

/** One worker's log, and what its mirror points are here. */
class Path {
  readonly log: NumberLogReader;
  readonly points: number[] = [];
  /** The log has a number that waits. */
  waiting = false;

  constructor(memory: SharedArrayBuffer) {
    this.log = new NumberLogReader(memory);
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

  /** Adds a worker's log. @returns what to call the worker */
  addPath(memory: SharedArrayBuffer): number {
    return this.paths.push(new Path(memory)) - 1;
  }

  /** Adds a mirror point. @returns its index here */
  addPoint(point: Pick<MirrorPoint, 'type' | 'source' | 'target'>): number {
    this.numbering.add(point);
    return this.points++;
  }

  /** Says which mirror point a worker's index `local` is. The worker's numbers wait until this is known. */
  define(path: number, local: number, point: number): void {
    this.paths[path].points[local] = point;
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
  }

  /** Fills `verdict` with what is believed of a mirror point's numbers so far. */
  verdict(point: number, verdict: SequenceVerdict): void {
    this.numbering.review(point);
    this.numbering.verdict(point, verdict);
  }

  private take(all: boolean): void {
    let horizon = Number.POSITIVE_INFINITY;
    for (const p of this.paths) horizon = Math.min(horizon, look(p, all));
    for (let p = this.oldest(); p !== undefined; p = this.oldest()) {
      const { log } = p;
      if (log.sec * 1e3 + log.nsec / 1e6 >= horizon) break;
      const point = p.points[log.point];
      if (point === undefined) break;
      this.numbering.update(point, log.n, log.hardware, log.direction);
      log.next();
      horizon = Math.min(horizon, look(p, all));
    }
    for (const p of this.paths) p.log.release();
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
