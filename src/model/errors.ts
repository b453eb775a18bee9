/** The one family of errors: what is thrown on purpose, with a message for a person to read. */

export interface MirrorlakeErrorOptions extends ErrorOptions {
  /** 1 (the default): it could not be done. 2: it was asked for, or configured, wrongly. */
  readonly exitCode?: 1 | 2;
  /** The command or setting that mends it, where it stands apart in the message. */
  readonly hint?: string | undefined;
}

/**
 * An error whose message is one line that names the thing, says what is wrong with it, and what to do next.
 * Everything else that is thrown is a defect. Its own properties are plain data, so that it crosses threads
 * (threads/packed-error.ts).
 */
export abstract class MirrorlakeError extends Error {
  abstract override readonly name: string;
  /** The exit status of a command that fails with it. */
  readonly exitCode: 1 | 2;
  readonly hint: string | undefined;

  constructor(
    message: string,
    /** What tells it from others of its class: USAGE, EPERM, STORE_UNAVAILABLE. */
    readonly code: string,
    options: MirrorlakeErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
    this.hint = options.hint;
  }
}

/** The command was used wrongly: exit status 2. */
export class UsageError extends MirrorlakeError {
  override readonly name = 'UsageError';

  constructor(message: string, options?: ErrorOptions) {
    super(message, 'USAGE', { ...options, exitCode: 2 });
  }
}

/** Something could not be done: exit status 1. */
export class CommandError extends MirrorlakeError {
  override readonly name = 'CommandError';

  constructor(message: string, options?: ErrorOptions) {
    super(message, 'COMMAND', options);
  }
}

/** Stdout could not be written. */
export function outputError(error: NodeJS.ErrnoException): CommandError {
  const full = error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === 'EFBIG';
  const what = full ? 'no space is left for it: free some, or write elsewhere' : error.message;
  return new CommandError(`stdout: cannot write it: ${what}`, { cause: error });
}

/** What was thrown, as an Error: other values are defects of whoever threw them. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
