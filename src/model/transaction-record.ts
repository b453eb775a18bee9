import { TransactionFields } from './columns/fields.js';
import type { MirrorPoint } from './mirror-point.js';

/**
 * One row of the `transactions` table: a question and its answer. The object is reused: a sink encodes or
 * copies what it needs before it returns.
 */
export class TransactionRecord extends TransactionFields {
  /** Set before the record is handed on. */
  point!: MirrorPoint;
}

/** Where transactions go. */
export interface TransactionSink {
  transaction(record: TransactionRecord): void;
}
