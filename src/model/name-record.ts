import { NameFields } from './columns/fields.js';

/**
 * One row of the `names` table: what an address was called. The object is reused: a sink encodes or copies
 * what it needs before it returns.
 */
export class NameRecord extends NameFields {}

/** Where names go. */
export interface NameSink {
  name(record: NameRecord): void;
}
