import { MirrorPoint, type MirrorType } from '../wire/mirror-point.js';

/** The mirror points of a segment's rows, each made once. */
export class PointCache {
  private readonly points = new Map<string, MirrorPoint>();
  private last: MirrorPoint | undefined;

  /** The point with this identity. Addresses are 16 bytes, copied when the point is new. */
  get(
    type: MirrorType,
    source: Uint8Array,
    target: Uint8Array,
    session: number,
    key: number | null,
  ): MirrorPoint {
    const last = this.last;
    if (
      last !== undefined &&
      last.type === type &&
      last.session === session &&
      last.key === key &&
      same(last.source, source) &&
      same(last.target, target)
    )
      return last;
    const id = `${type} ${session} ${key} ${source} ${target}`;
    let point = this.points.get(id);
    if (point === undefined) {
      point = new MirrorPoint(this.points.size, type, source.slice(), target.slice(), session, key);
      this.points.set(id, point);
    }
    this.last = point;
    return point;
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 15; i >= 0; i--) if (a[i] !== b[i]) return false;
  return true;
}
