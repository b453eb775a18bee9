import { PathFields } from './columns/fields.js';

/**
 * One row of the `paths` table: a pair, a direction and a minute. The object is reused: a sink encodes or
 * copies what it needs before it returns.
 */
export class PathRecord extends PathFields {}

/** Where the minutes of paths go. */
export interface PathSink {
  path(record: PathRecord): void;
}
