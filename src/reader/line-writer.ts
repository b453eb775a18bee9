import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { outputError } from '../model/errors.js';

/** Characters or bytes to gather before writing. */
export const CHUNK = 256 * 1024;
/** How long to wait for the reader of a full non-blocking pipe, in milliseconds. */
const RETRY = 2;

/** What a thread ends with whose reader has gone. The program then ends with 0: nobody is left to be told. */
export const READER_GONE = 141;

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

/**
 * Writes all bytes to stdout. If the reader is gone, the program ends quietly, as with `| head`; in a thread
 * that is the thread alone, with READER_GONE.
 */
export function writeOut(bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      const failure = error as NodeJS.ErrnoException;
      if (failure.code === 'EPIPE') process.exit(isMainThread ? 0 : READER_GONE);
      if (failure.code !== 'EAGAIN') throw outputError(failure);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY);
    }
  }
}

/**
 * Whose turn it is to write to stdout: a pipe takes less than a thread writes at once, and lines would be
 * torn if two wrote. The lock of Ulrich Drepper's "Futexes are tricky" (mutex2).
 */
export class Turn {
  private readonly state: Int32Array;

  /** @param memory of 4 bytes, the same in every thread */
  constructor(memory: SharedArrayBuffer) {
    this.state = new Int32Array(memory);
  }

  /** Waits until no other thread writes. */
  take(): void {
    if (Atomics.compareExchange(this.state, 0, FREE, TAKEN) === FREE) return;
    while (Atomics.exchange(this.state, 0, AWAITED) !== FREE) Atomics.wait(this.state, 0, AWAITED);
  }

  give(): void {
    if (Atomics.exchange(this.state, 0, FREE) === AWAITED) Atomics.notify(this.state, 0, 1);
  }
}

/** States of {@link Turn}. */
const FREE = 0;
const TAKEN = 1;
/** Taken, and another thread may wait. */
const AWAITED = 2;
