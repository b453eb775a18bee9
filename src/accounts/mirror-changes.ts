/** What a packet path says of its mirror points, as plain data. */
import type { MirrorPoint } from '../model/mirror-point.js';
import type { MirrorRecord } from '../model/mirror-record.js';

/** A mirror point as plain data. */
export interface PointData {
  readonly type: MirrorPoint['type'];
  readonly source: Uint8Array;
  readonly target: Uint8Array;
  readonly session: number;
  readonly key: number | null;
  /** Where plain frames come from; '' for others. */
  readonly origin: string;
  /**
   * For the point shared by all without a place: the name of their entry of `mirrors`, empty for unknown
   * ones.
   */
  readonly sharedBy: string | undefined;
}

/** What a mirror point sent, in one minute or in total. */
export interface MirrorCounts extends Readonly<Omit<MirrorRecord, 'point'>> {
  readonly point: PointData;
}

/** Changes of a packet path's mirror points since the last call. */
export interface MirrorChanges {
  /**
   * Forgotten points, with their last totals. They come first, because a new point may have the place of a
   * forgotten one.
   */
  readonly forgotten: readonly MirrorChange[];
  /** Points that were counted. */
  readonly counted: readonly MirrorChange[];
}

/** The totals of one mirror point. */
export interface MirrorChange extends Omit<MirrorCounts, 'point' | 'minute'> {
  /**
   * The packet path's name for it, see {@link NumberLog}; the next point in the place of a forgotten one has
   * another name.
   */
  readonly name: number;
  /** What it is; undefined if told before. */
  readonly point: PointData | undefined;
  /** Its frames come twice, and `deduplicate` is off. */
  readonly comesTwice: boolean;
  /** Sessions opened of it. */
  readonly sessions: number;
}
