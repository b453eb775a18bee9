/** What can go wrong with a store, as errors whose message says what to do next. */

/** Anything a store refuses or cannot do. */
export class StoreError extends Error {
  override name = 'StoreError';
  readonly exitCode: number = 1;
  /** ClickHouse's number for it (system.errors), 0 where it is not ClickHouse that said so. */
  readonly code: number;

  constructor(message: string, code = 0, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The store cannot be reached now: later may be better. Nothing is known of what was being inserted. */
export class StoreUnavailable extends StoreError {
  override name = 'StoreUnavailable';
}

/**
 * The store was reached and refuses this, now and later: bad SQL, no such table, wrong password, bad data.
 */
export class StoreRefused extends StoreError {
  override name = 'StoreRefused';
}

/** A statement asks for more than it may: usage. */
export class StatementRefused extends StoreError {
  override name = 'StatementRefused';
  override readonly exitCode = 2;
}

/** The location is not one a store can be at: usage. */
export class StoreLocationError extends StoreError {
  override name = 'StoreLocationError';
  override readonly exitCode = 2;
}

/** The store was reached and cannot take this segment for what is in it. */
export class SegmentRefused extends StoreRefused {
  override name = 'SegmentRefused';
}
