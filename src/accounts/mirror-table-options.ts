/** Options of a table of mirror points, and its watcher. */
import type { MirrorPoint } from '../model/mirror-point.js';
import type { MirrorRecord, MirrorSink } from '../model/mirror-record.js';
import type { NumberLog } from './number-log.js';
import type { NumberWatch } from './number-watch.js';
import type { PointGate } from './point-gate.js';

/** The largest number of mirror points, unless a gate says otherwise. */
export const MIRROR_POINTS = 65_536;

/** Told of mirror points. */
export interface PointWatcher {
  /** A point is new, or another {@link PointGate} has assigned its pool. */
  made(point: MirrorPoint, pool: number, isNew: boolean): void;
  /**
   * A point is forgotten, and its index will be reused.
   *
   * @param totals everything that it sent; reused
   * @param name its name in the number log
   */
  forgotten(totals: MirrorRecord, name: number): void;
}

/** Says what rows tell of the clocks that times are of. */
export interface ClockTeller {
  /** Fills in what is known of a point's clock since its last row. */
  minute(point: MirrorPoint, record: MirrorRecord): void;
  /** Fills in what is known of it altogether. */
  totals(point: MirrorPoint, record: MirrorRecord): void;
  /** The point is gone. */
  forget(point: MirrorPoint): void;
}

export interface MirrorTableOptions {
  /**
   * Says which mirror points get a place; by default the first {@link MIRROR_POINTS}. Packets of others are
   * counted, and stored under one point per type and pool with `::` as source and target.
   */
  gate?: PointGate;
  watcher?: PointWatcher;
  /** Where the minutes go. */
  sink?: MirrorSink;
  /**
   * Where sequence numbers are written to be judged together with those of other tables: see
   * {@link NumberLog}. This table then reports no losses.
   */
  numbers?: NumberLog;
  /** Watches the numbers of some mirror points, if they are judged here. */
  watch?: NumberWatch;
  /** Knows the points' clocks, where some have hardware time. */
  clocks?: ClockTeller;
}
