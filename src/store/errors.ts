/** Errors of a store, whose messages say what to do next. */

/** Something that a store refuses or cannot do. */
export class StoreError extends Error {
  override name = 'StoreError';
  readonly exitCode: number = 1;
  /** ClickHouse's error number (system.errors), 0 if the error is not ClickHouse's. */
  readonly code: number;

  constructor(message: string, code = 0, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The store cannot be reached now, but perhaps later. It is unknown whether an insert succeeded. */
export class StoreUnavailable extends StoreError {
  override name = 'StoreUnavailable';
}

/** The store refuses this, now and later: bad SQL, missing table, wrong password, bad data. */
export class StoreRefused extends StoreError {
  override name = 'StoreRefused';
}

/** A statement does more than it may: wrong usage. */
export class StatementRefused extends StoreError {
  override name = 'StatementRefused';
  override readonly exitCode = 2;
}

/** No store can be at this location: wrong usage. */
export class StoreLocationError extends StoreError {
  override name = 'StoreLocationError';
  override readonly exitCode = 2;
}

/** The store refuses the content of this segment. */
export class SegmentRefused extends StoreRefused {
  override name = 'SegmentRefused';
}
