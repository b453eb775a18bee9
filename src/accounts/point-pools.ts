/**
 * The places taken in each pool of a {@link PointGate}, and the points that stand for all without a place.
 */
import { MIRROR_TYPE_NAMES } from '../model/mirror-point.js';
import { type PointGate, REFUSED } from './point-gate.js';

/** Codes of mirror types are smaller. */
const TYPES = MIRROR_TYPE_NAMES.length;
const NONE = -1;
/** A pool fuller than this keeps no point longer than necessary, so that new points find a place. */
const NEARLY_FULL = 7 / 8;

export class PointPools {
  private readonly used: Int32Array;
  /** By pool and type: the index of the point shared by all without a place. */
  private readonly shared: Int32Array;

  constructor(readonly gate: PointGate) {
    this.used = new Int32Array(gate.places.length);
    this.shared = new Int32Array(gate.places.length * TYPES).fill(NONE);
  }

  isFull(pool: number): boolean {
    return this.used[pool] >= this.gate.places[pool];
  }

  take(pool: number): void {
    this.used[pool]++;
  }

  giveBack(pool: number): void {
    this.used[pool]--;
  }

  /** @returns undefined if there is none yet */
  sharedPoint(pool: number, type: number): number | undefined {
    const index = this.shared[pool * TYPES + type];
    return index === NONE ? undefined : index;
  }

  share(pool: number, type: number, index: number): void {
    this.shared[pool * TYPES + type] = index;
  }

  /** A point is no longer shared. */
  unshare(index: number): void {
    const at = this.shared.indexOf(index);
    if (at >= 0) this.shared[at] = NONE;
  }

  /**
   * Seconds without packets after which a point is forgotten. A point that later rules refuse, or a shared
   * one, holds nothing that anybody waits for: it is forgotten as early as unknown ones.
   */
  idle(pool: number, isShared: boolean): number {
    const { gate } = this;
    if (pool === REFUSED || isShared) return gate.idle(gate.places.length - 1, true);
    return gate.idle(pool, this.used[pool] > NEARLY_FULL * gate.places[pool]);
  }
}
