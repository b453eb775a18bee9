import { MirrorlakeError } from '../../model/errors.js';

/**
 * A capture that cannot be opened or read further. Its message is one line that names the file, the position,
 * the problem and what to do. Every packet before the damage has been delivered before it is thrown.
 */
export class CaptureError extends MirrorlakeError {
  override readonly name = 'CaptureError';

  constructor(
    /** The path as given, or `stdin`. */
    readonly file: string,
    what: string,
    /** Byte in the (uncompressed) capture where the damage begins; undefined if it has no position. */
    readonly offset?: number,
    options?: ErrorOptions,
  ) {
    const name = oneLine(file);
    super(
      offset === undefined ? `${name}: ${what}` : `${name}: at byte ${offset}: ${what}`,
      'CAPTURE',
      options,
    );
  }
}

/**
 * A file name on one line: characters that would end the line or control a terminal appear as `?`, as in ls.
 */
function oneLine(name: string): string {
  return name.replace(/\p{Cc}/gu, '?');
}

/** A CaptureError for a failed system call. */
export function systemError(file: string, doing: string, error: unknown): CaptureError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const why = WHY[code] ?? (error instanceof Error ? error.message : String(error));
  return new CaptureError(file, `cannot ${doing}: ${why}`, undefined, { cause: error });
}

const WHY: Record<string, string> = {
  ENOENT: 'there is no such file; check the path',
  ENOTDIR: 'a part of the path is not a directory; check the path',
  EACCES: 'permission denied; check who may read the file',
  EPERM: 'permission denied; check who may read the file',
  EISDIR: 'it is a directory; name the capture files in it',
  EIO: 'the device reports a read error; copy the file from its origin again',
  EMFILE: 'too many open files; raise the limit with ulimit -n',
  ENXIO: 'it is a socket or a device without a driver; name a file or a pipe',
};
