/** How many session threads `read` starts if nobody says so. */
import { fstatSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { plainSize } from '../receive/file/first-look.js';

/**
 * Bytes of captures from which on several threads are worth their start: each compiles the program anew,
 * which takes a second and a half of CPU time, and makes rows slowly until then.
 */
export const LARGE = 256 << 20;
/**
 * Bytes of captures up to which the thread that reads keeps the sessions too: another one takes longer to
 * start than all of that.
 */
export const SMALL = 4 << 20;
/** The least that a session takes of a file: half of a record's header, since it may have two frames. */
const BYTES_OF_SESSION = 8;
/** Sessions for which there is memory at least: a file may still grow while it is read. */
const SMALL_TABLE = 16_384;
/** The thread that reads and decodes feeds no more than these. */
export const MOST_FED = 3;

/**
 * The number is chosen before the first frame, because a conversation cannot move to another table. What is
 * no regular file has no known size: it is read with one thread, as small captures are, and its rows keep
 * their order.
 *
 * @param processors that the program may use: one of them is for the thread that reads and decodes
 */
export function workersFor(files: readonly string[], processors = availableParallelism()): number {
  const bytes = files.reduce((sum, file) => sum + sizeOf(file), 0);
  return bytes < LARGE ? 1 : Math.max(1, Math.min(processors - 1, MOST_FED));
}

/** Whether all is so little that it takes no thread. What is no regular file has no known size. */
export function areSmall(files: readonly string[]): boolean {
  const sizes = files.map(sizeOf);
  return sizes.every((size) => size > 0) && sizes.reduce((sum, size) => sum + size, 0) <= SMALL;
}

/**
 * The most sessions that captures can have, where their size tells; else infinity. Each takes a frame, and a
 * packet's record has a header of 16 bytes. Memory for a million sessions, though never touched, makes V8
 * collect garbage for as long as a small capture takes to read.
 */
export function sessionsIn(files: readonly string[]): number {
  const bytes = files.reduce((sum, file) => sum + plainSize(file), 0);
  return Math.max(SMALL_TABLE, Math.ceil(bytes / BYTES_OF_SESSION));
}

/** Bytes of a regular file, also on stdin; 0 for anything else. */
function sizeOf(file: string): number {
  try {
    const stat = file === '-' ? fstatSync(0) : statSync(file);
    return stat.isFile() ? stat.size : 0;
  } catch {
    // Reading it will say what is wrong.
    return 0;
  }
}
