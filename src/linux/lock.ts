/** Locks on open files (flock(2)): held by the descriptor, across containers, until its process exits. */
import { LinuxError } from './errors.js';
import { ERRNO, errno, flock } from './libc.js';

const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Locks a file for this descriptor.
 *
 * @returns false if another descriptor holds the lock
 * @throws LinuxError if the file system has no locks
 */
export function lockFile(fd: number): boolean {
  while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
    const code = errno();
    if (code === ERRNO.EWOULDBLOCK || code === ERRNO.EAGAIN) return false;
    if (code !== ERRNO.EINTR) throw new LinuxError('lock a file', code);
  }
  return true;
}
