/** FIFOs (fifo(7)). */
import { closeSync, constants, openSync } from 'node:fs';
import { check } from './errors.js';
import { mkfifo } from './libc.js';

/** Makes a FIFO that its owner alone may read and write. @throws LinuxError */
export function makeFifo(path: string): void {
  check(mkfifo(path, 0o600), `make the FIFO ${path}`);
}

/**
 * Opens both ends of a FIFO, so that its reader sees no end before the writing end is closed, whoever else has written
 * into it by then.
 */
export function openFifo(path: string): { read: number; write: number } {
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return { read, write: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) };
  } catch (error) {
    closeSync(read);
    throw error;
  }
}
