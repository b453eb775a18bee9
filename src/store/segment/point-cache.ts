import { isKeyed, MirrorPoint, type MirrorType, pointKey } from '../../model/mirror-point.js';

/** Points compared before the map is consulted: making its key costs more than a few comparisons. */
const RECENT = 16;

/** The mirror points of a segment's rows, each created once. */
export class PointCache {
  private readonly points = new Map<string, MirrorPoint>();
  private readonly recent: MirrorPoint[] = [];
  private turn = 0;

  /** The point with this identity. Addresses are 16 bytes, copied for a new point. */
  get(
    type: MirrorType,
    source: Uint8Array,
    target: Uint8Array,
    session: number,
    key: number | null,
  ): MirrorPoint {
    for (const point of this.recent) {
      if (
        point.type === type &&
        point.session === session &&
        (point.key === key || !isKeyed(type)) &&
        same(point.source, source) &&
        same(point.target, target)
      )
        return point;
    }
    const id = pointKey({ type, source, target, session, key });
    let point = this.points.get(id);
    if (point === undefined) {
      point = new MirrorPoint(this.points.size, type, source.slice(), target.slice(), session, key);
      this.points.set(id, point);
    }
    this.recent[this.turn] = point;
    this.turn = (this.turn + 1) % RECENT;
    return point;
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 15; i >= 0; i--) if (a[i] !== b[i]) return false;
  return true;
}
