import { writeSync } from 'node:fs';

/** Characters gathered before they are written. */
const CHUNK = 256 * 1024;
/** How long to wait, in milliseconds, for a reader of a full non-blocking pipe. */
const RETRY = 2;

/** Lines on stdout, in large writes. A reader that has gone ends the program quietly, as with `| head`. */
export class LineWriter {
  private text = '';

  line(line: string): void {
    this.text += line;
    this.text += '\n';
    if (this.text.length >= CHUNK) this.flush();
  }

  flush(): void {
    let bytes: Uint8Array = Buffer.from(this.text);
    this.text = '';
    while (bytes.length > 0) {
      try {
        bytes = bytes.subarray(writeSync(1, bytes));
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === 'EPIPE') process.exit(0);
        if (code !== 'EAGAIN') throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY);
      }
    }
  }
}
