/** Errors on their way between threads and processes, which copy an Error's message and drop its class. */
import { asError, MirrorlakeError } from '../model/errors.js';

/** An error as plain data. */
export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Its own properties that are plain values: code, exitCode, hint, and what its class adds. */
  readonly own: Readonly<Record<string, PlainValue>>;
}

type PlainValue = string | number | boolean | null | undefined;

/** Classes by their names: those that whoever receives errors tells apart with `instanceof`. */
export type ErrorClasses = Readonly<Record<string, { readonly prototype: Error }>>;

/** An error of ours from elsewhere, of a class that is not told apart here. */
export class RemoteError extends MirrorlakeError {
  override readonly name: string = 'RemoteError';
}

export function packError(thrown: unknown): PackedError {
  const error = asError(thrown);
  const own = Object.entries(error).filter((entry): entry is [string, PlainValue] => isPlain(entry[1]));
  return {
    name: error.name,
    message: error.message,
    // Where a defect was thrown is worth knowing; of the others the message says all.
    stack: error instanceof MirrorlakeError ? undefined : error.stack,
    own: Object.fromEntries(own),
  };
}

function isPlain(value: unknown): value is PlainValue {
  return value === null || (typeof value !== 'object' && typeof value !== 'function');
}

/**
 * Makes an error of packed data again.
 *
 * @returns an error of the class of its name in `classes`; else a RemoteError for one of ours, an Error for a
 *   defect
 */
export function unpackError(packed: PackedError, classes: ErrorClasses = {}): Error {
  const error = new Error(packed.message);
  const kind = Object.hasOwn(classes, packed.name) ? classes[packed.name] : undefined;
  if (kind !== undefined) Object.setPrototypeOf(error, kind.prototype);
  else if (typeof packed.own.exitCode === 'number') Object.setPrototypeOf(error, RemoteError.prototype);
  if (packed.stack !== undefined) error.stack = packed.stack;
  return Object.assign(error, packed.own);
}
