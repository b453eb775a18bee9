import { MirrorlakeError } from '../model/errors.js';

export interface RequestErrorOptions extends ErrorOptions {
  readonly hint?: string | undefined;
  readonly position?: number | undefined;
}

/** A request that cannot be answered: the page shows its message where the answer would be. */
export class RequestError extends MirrorlakeError {
  override readonly name = 'RequestError';
  readonly position: number | undefined;

  /** @param status of HTTP: 400 wrong, 403 not allowed, 404 not there, 429 too much, 503 not now */
  constructor(
    message: string,
    readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 500 | 503,
    { position, ...options }: RequestErrorOptions = {},
  ) {
    super(message, 'REQUEST', options);
    this.position = position;
  }
}
