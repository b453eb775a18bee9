import { writeSync } from 'node:fs';
import { outputError } from '../model/errors.js';

/** Characters, or bytes, gathered before they are written. */
export const CHUNK = 256 * 1024;
/** How long to wait, in milliseconds, for a reader of a full non-blocking pipe. */
const RETRY = 2;

/** Lines on stdout, in large writes. */
export class LineWriter {
  private text = '';

  line(line: string): void {
    this.text += line;
    this.text += '\n';
    if (this.text.length >= CHUNK) this.flush();
  }

  flush(): void {
    const bytes = Buffer.from(this.text);
    this.text = '';
    writeOut(bytes);
  }
}

/** Writes bytes to stdout, all of them. A reader that has gone ends the program quietly, as with `| head`. */
export function writeOut(bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      const failure = error as NodeJS.ErrnoException;
      if (failure.code === 'EPIPE') process.exit(0);
      if (failure.code !== 'EAGAIN') throw outputError(failure);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY);
    }
  }
}
