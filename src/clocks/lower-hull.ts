/**
 * The lower convex hull of points that come from left to right (Andrew's monotone chain), in a bounded
 * number of vertices. Of all lines that lie below every point, the one with the least distance to them in
 * total continues the hull's edge at the points' mean abscissa: the estimate of a clock's offset and drift
 * from one-way delays of Zhang, Liu and Xia, "Clock synchronization algorithms for network measurements"
 * (INFOCOM 2002).
 */

/** Vertices kept. Random delays make a hull of about the logarithm of the number of points. */
const VERTICES = 64;

export class LowerHull {
  private readonly xs = new Float64Array(VERTICES);
  private readonly ys = new Float64Array(VERTICES);
  private size = 0;
  /** Points added, and the mean of their abscissas. */
  count = 0;
  mean = 0;

  clear(): void {
    this.size = 0;
    this.count = 0;
    this.mean = 0;
  }

  /** From the first point to the last. */
  get span(): number {
    return this.size === 0 ? 0 : this.xs[this.size - 1] - this.xs[0];
  }

  /** Adds a point; one that lies left of the last is left out. */
  add(x: number, y: number): void {
    const { xs, ys } = this;
    let n = this.size;
    if (n > 0 && x <= xs[n - 1]) {
      if (x < xs[n - 1] || y >= ys[n - 1]) return;
      n--;
    }
    this.count++;
    this.mean += (x - this.mean) / this.count;
    while (n >= 2 && (ys[n - 1] - ys[n - 2]) * (x - xs[n - 1]) >= (y - ys[n - 1]) * (xs[n - 1] - xs[n - 2]))
      n--;
    if (n === VERTICES) n = this.thin();
    xs[n] = x;
    ys[n] = y;
    this.size = n + 1;
  }

  /** Becomes the hull of the points of two others, of which `a` lies to the left. */
  join(a: LowerHull, b: LowerHull): void {
    this.clear();
    for (let i = 0; i < a.size; i++) this.add(a.xs[i], a.ys[i]);
    for (let i = 0; i < b.size; i++) this.add(b.xs[i], b.ys[i]);
    this.count = a.count + b.count;
    if (this.count > 0) this.mean = (a.mean * a.count + b.mean * b.count) / this.count;
  }

  /**
   * Writes the line below the points into `line`: through its value at the mean abscissa, with a slope of at
   * most `steepest`. With a single vertex its slope stays as it is.
   */
  fit(line: Line, steepest: number): void {
    const { xs, ys, mean, size } = this;
    if (size === 0) return;
    let i = 0;
    while (i + 2 < size && xs[i + 1] < mean) i++;
    line.x = mean;
    if (size === 1) {
      line.y = ys[0] + line.slope * (mean - xs[0]);
      return;
    }
    const slope = (ys[i + 1] - ys[i]) / (xs[i + 1] - xs[i]);
    line.y = ys[i] + slope * (mean - xs[i]);
    line.slope = Math.max(-steepest, Math.min(steepest, slope));
  }

  /**
   * Writes the line with the slope that `line` has which touches the points from below, for points too close
   * together to tell a slope.
   */
  touch(line: Line): void {
    const { xs, ys, mean, size } = this;
    if (size === 0) return;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < size; i++) least = Math.min(least, ys[i] - line.slope * (xs[i] - mean));
    line.x = mean;
    line.y = least;
  }

  /** Leaves out the inner vertex that the hull needs least: it rises a little there. @returns the others */
  private thin(): number {
    const { xs, ys } = this;
    let least = Number.POSITIVE_INFINITY;
    let at = 1;
    for (let i = 1; i + 1 < VERTICES; i++) {
      const dx = xs[i + 1] - xs[i - 1];
      const area = (ys[i + 1] - ys[i - 1]) * (xs[i] - xs[i - 1]) - (ys[i] - ys[i - 1]) * dx;
      if (area >= least) continue;
      least = area;
      at = i;
    }
    xs.copyWithin(at, at + 1);
    ys.copyWithin(at, at + 1);
    return VERTICES - 1;
  }
}

/** A line through (x, y). */
export class Line {
  x = 0;
  y = 0;
  slope = 0;

  at(x: number): number {
    return this.y + this.slope * (x - this.x);
  }
}
