import { HopFields } from './columns/fields.js';

/**
 * One row of the `hops` table: a conversation between the places of a pair. The object is reused: a sink
 * encodes or copies what it needs before it returns.
 */
export class HopRecord extends HopFields {}

/** Where hops go. */
export interface HopSink {
  hop(record: HopRecord): void;
}
