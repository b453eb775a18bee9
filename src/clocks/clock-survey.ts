/**
 * What a first look through captures finds of the clocks in them: where each was set or began anew, and what
 * its readings have to be added to be UTC. The second look then has the right times from the first packet on.
 */
import { Form } from './stamp.js';

/** Knots of a segment; beyond, every second goes, and later windows are twice as long. */
export const MOST_KNOTS = 4096;
/** Segments of a clock. One that is set more often is not worth following. */
export const MOST_SEGMENTS = 256;

/** A polygon through knots: what is added to a clock's readings, at each of them. */
export class Knots {
  readonly xs: number[] = [];
  readonly ys: number[] = [];
  /** Slope before the first knot, and behind the last. */
  before = 0;
  behind = 0;
  /** By how much windows are longer than at the start. */
  scale = 1;
  /** The knot that was used last. */
  private at = 0;

  add(x: number, y: number, slope: number): void {
    if (this.xs.length === 0) this.before = slope;
    this.behind = slope;
    this.xs.push(x);
    this.ys.push(y);
    if (this.xs.length <= MOST_KNOTS) return;
    this.scale *= 2;
    for (let i = 0; 2 * i < this.xs.length; i++) {
      this.xs[i] = this.xs[2 * i];
      this.ys[i] = this.ys[2 * i];
    }
    this.xs.length = this.ys.length = Math.ceil(this.xs.length / 2);
  }

  dropLast(): void {
    this.xs.pop();
    this.ys.pop();
  }

  raise(by: number): void {
    for (let i = 0; i < this.ys.length; i++) this.ys[i] += by;
  }

  /** The polygon's value; of one neighbouring the last asked for in constant time. */
  value(x: number): number {
    const { xs, ys } = this;
    this.seek(x);
    const i = this.at;
    if (x < xs[0]) return ys[0] + this.before * (x - xs[0]);
    return ys[i] + this.slope(x) * (x - xs[i]);
  }

  /** Its slope there. */
  slope(x: number): number {
    const { xs, ys } = this;
    this.seek(x);
    const i = this.at;
    if (x < xs[0]) return this.before;
    if (i + 1 === xs.length) return this.behind;
    return (ys[i + 1] - ys[i]) / (xs[i + 1] - xs[i]);
  }

  private seek(x: number): void {
    const { xs } = this;
    let i = Math.min(this.at, xs.length - 1);
    while (i + 1 < xs.length && xs[i + 1] <= x) i++;
    while (i > 0 && xs[i] > x) i--;
    this.at = i;
  }
}

/** Why a segment begins. */
export const Break = {
  First: 0,
  /** The clock was set, or its switch restarted. */
  Jump: 1,
  /** A shorter way was found: the same clock, whose readings were believed too late until then. */
  Way: 2,
} as const;
export type Break = (typeof Break)[keyof typeof Break];

/** A time in which a clock ran without being set. */
export class Segment {
  /** From arrivals, and from markers: if there are any, only these count. */
  readonly arrivals = new Knots();
  readonly markers = new Knots();

  constructor(
    /** When the first packet arrived that it holds for, in nanoseconds since the clock's base. */
    readonly from: number,
    readonly why: Break,
    readonly form: Form,
    /** Seconds by which absolute readings are ahead of UTC. */
    readonly ahead: number,
  ) {}

  get knots(): Knots {
    return this.markers.xs.length > 0 ? this.markers : this.arrivals;
  }

  get isAbsolute(): boolean {
    return this.form !== Form.None || this.markers.xs.length > 0;
  }
}

/** The clocks of the captures, by name, and the mirror points that turned out to have one of their own. */
export class ClockSurvey {
  readonly clocks = new Map<string, readonly Segment[]>();
  readonly alone = new Set<string>();
}

/**
 * Readings before a shorter way was found get the same constant as those after it, so that differences
 * across that moment are right.
 */
export function joinWays(segments: readonly Segment[]): void {
  for (let i = segments.length - 1; i > 0; i--) {
    const { why, arrivals } = segments[i];
    const before = segments[i - 1].arrivals;
    if (why !== Break.Way || arrivals.xs.length === 0 || before.xs.length === 0) continue;
    const x = arrivals.xs[0];
    before.raise(arrivals.value(x) - before.value(x));
  }
}
