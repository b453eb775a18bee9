import { writeSync } from 'node:fs';
import { outputError } from '../model/errors.js';

/** Characters or bytes to gather before writing. */
export const CHUNK = 256 * 1024;
/** How long to wait for the reader of a full non-blocking pipe, in milliseconds. */
const RETRY = 2;

/** Writes lines to stdout, in large pieces. */
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

/** Writes all bytes to stdout. If the reader is gone, the program ends quietly, as with `| head`. */
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
