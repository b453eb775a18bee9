/** What a table of mirror points is told, and whom it tells. */
import type { MirrorPoint } from '../model/mirror-point.js';
import type { MirrorRecord, MirrorSink } from '../model/mirror-record.js';
import type { NumberLog } from './number-log.js';
import type { PointGate } from './point-gate.js';

/** Mirror points kept at most, unless a gate says otherwise. */
export const MIRROR_POINTS = 65_536;

/** Told of mirror points. */
export interface PointWatcher {
  /** A point is new, or another {@link PointGate} has said which pool it is of. */
  made(point: MirrorPoint, pool: number, isNew: boolean): void;
  /**
   * A point is forgotten, and its index will be another's.
   *
   * @param totals all that it sent; reused
   * @param name what it was called in the log of numbers
   */
  forgotten(totals: MirrorRecord, name: number): void;
}

export interface MirrorTableOptions {
  /**
   * Says which mirror points get a place: {@link MIRROR_POINTS} of any unless given. What comes from others
   * beyond is counted, and stored under one point a type and pool that has `::` as source and target.
   */
  gate?: PointGate;
  watcher?: PointWatcher;
  /** Where the minutes go. */
  sink?: MirrorSink;
  /**
   * Where sequence numbers are written, for them to be judged together with those of other tables: see
   * {@link NumberLog}. This table says nothing of losses then.
   */
  numbers?: NumberLog;
}
