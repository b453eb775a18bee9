import { MirrorFields } from './columns/fields.js';
import type { MirrorPoint } from './mirror-point.js';

/**
 * One row of the `mirrors` table: what one mirror point sent in one minute. The object is reused: a sink
 * encodes or copies what it needs before it returns.
 */
export class MirrorRecord extends MirrorFields {
  /** Set before the record is handed on. */
  point!: MirrorPoint;
  /** Lost ones and, in totals, those missing now that may still arrive. */
  missing = 0;
}

/** Where the mirrors' minutes go. */
export interface MirrorSink {
  mirror(record: MirrorRecord): void;
}
