/** What can go wrong with a store, as errors whose message says what to do next. */
import { MirrorlakeError } from '../model/errors.js';

/** Anything a store refuses or cannot do. */
export class StoreError extends MirrorlakeError {
  override readonly name: string = 'StoreError';

  constructor(
    message: string,
    /** ClickHouse's number for it (system.errors), 0 where it is not ClickHouse that said so. */
    readonly number = 0,
    cause?: unknown,
    code = 'STORE',
    exitCode: 1 | 2 = 1,
  ) {
    super(message, code, { cause, exitCode });
  }
}

/** The store cannot be reached now, but perhaps later. It is unknown whether an insert succeeded. */
export class StoreUnavailable extends StoreError {
  override readonly name = 'StoreUnavailable';

  constructor(message: string, number = 0, cause?: unknown) {
    super(message, number, cause, 'STORE_UNAVAILABLE');
  }
}

/** Whether nothing answered at all, which whoever stores rows says for all who ask. */
export function isAway(error: unknown): boolean {
  return error instanceof StoreUnavailable && error.number === 0;
}

/** The store refuses this, now and later: bad SQL, missing table, wrong password, bad data. */
export class StoreRefused extends StoreError {
  override readonly name: string = 'StoreRefused';

  constructor(message: string, number = 0, cause?: unknown, code = 'STORE_REFUSED') {
    super(message, number, cause, code);
  }
}

/** A statement does more than it may: wrong usage. */
export class StatementRefused extends StoreError {
  override readonly name = 'StatementRefused';

  constructor(message: string) {
    super(message, 0, undefined, 'STATEMENT_REFUSED', 2);
  }
}

/** No store can be at this location: wrong usage. */
export class StoreLocationError extends StoreError {
  override readonly name = 'StoreLocationError';

  constructor(message: string) {
    super(message, 0, undefined, 'STORE_LOCATION', 2);
  }
}

/** The data directory is open in another process. */
export class StoreHeld extends StoreError {
  override readonly name = 'StoreHeld';

  constructor(message: string) {
    super(message, 0, undefined, 'STORE_HELD');
  }
}

/** The store refuses the content of this segment. */
export class SegmentRefused extends StoreRefused {
  override readonly name = 'SegmentRefused';

  constructor(message: string, number = 0, cause?: unknown) {
    super(message, number, cause, 'SEGMENT_REFUSED');
  }
}
