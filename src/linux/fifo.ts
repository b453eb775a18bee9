/** FIFOs (fifo(7)). */
import { closeSync, constants, openSync } from 'node:fs';
import { check } from './errors.js';
import { mkfifo, O_CLOEXEC, open } from './libc.js';

/** Creates a FIFO that only its owner may read and write. @throws LinuxError */
export function makeFifo(path: string): void {
  check(mkfifo(path, 0o600), `make the FIFO ${path}`);
}

/**
 * Opens both ends of a FIFO, so that its reader sees no end before the writing end is closed, whoever else
 * has written to it. The reading end is a raw descriptor for a stream, which closes it: if a Node.js worker
 * had opened it, the worker would close that number once more at its exit, whoever uses it then.
 *
 * @throws LinuxError
 */
export function openFifo(path: string): { read: number; write: number } {
  const read = open(path, constants.O_RDONLY | constants.O_NONBLOCK | O_CLOEXEC, 0);
  check(read, `open ${path}`);
  try {
    return { read, write: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) };
  } catch (error) {
    closeSync(read);
    throw error;
  }
}
