/** Errors as the command line reports them: one line that names the thing, and an exit status. */

/** The command was used wrongly: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly exitCode = 2;
}

/** Something could not be done: exit status 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  readonly exitCode = 1;
}

/** Stdout could not be written. */
export function outputError(error: NodeJS.ErrnoException): CommandError {
  const full = error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === 'EFBIG';
  const what = full ? 'no space is left for it: free some, or write elsewhere' : error.message;
  return new CommandError(`stdout: cannot write it: ${what}`, { cause: error });
}

/** What the rooms' own error classes have in common: a message for people, and perhaps an exit status. */
interface Expected {
  readonly exitCode: number;
}

/** Whether an error is one of ours, made for a person to read, rather than a defect. */
export function isExpected(error: unknown): error is Error & Expected {
  return error instanceof Error && typeof (error as Partial<Expected>).exitCode === 'number';
}
