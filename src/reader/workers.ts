/** How many session threads `read` starts if nobody says so. */
import { fstatSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';

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
