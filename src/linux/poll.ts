/** Waits for several descriptors at once: poll(2). */

import { LinuxError } from './errors.js';
import { ERRNO, errno, poll, pollAside } from './libc.js';

export const POLLIN = 0x001;
export const POLLOUT = 0x004;
export const POLLERR = 0x008;
export const POLLHUP = 0x010;
export const POLLNVAL = 0x020;

/** A set of descriptors with the events to wait for; the order of adding gives their index. */
export class PollSet {
  // struct pollfd: int fd, short events, short revents; host byte order.
  private readonly fds: Int32Array;
  private count = 0;

  constructor(readonly capacity: number) {
    this.fds = new Int32Array(capacity * 2);
  }

  add(fd: number, events: number): number {
    if (this.count === this.capacity) throw new RangeError(`a poll set of ${this.capacity} is full`);
    this.set(this.count, fd, events);
    return this.count++;
  }

  /** Changes entry `index`; the kernel skips a negative `fd`. */
  set(index: number, fd: number, events: number): void {
    this.fds[index * 2] = fd;
    this.fds[index * 2 + 1] = events;
  }

  /**
   * Blocks this thread until an event or for `timeout` milliseconds (-1: forever).
   *
   * @returns how many entries have events; 0 after the timeout or an interrupting signal.
   */
  wait(timeout: number): number {
    const n = poll(this.fds as Int32Array, this.count, timeout);
    if (n >= 0) return n;
    const e = errno();
    if (e === ERRNO.EINTR) return 0;
    throw new LinuxError('wait for packets', e);
  }

  /** Like {@link wait}, without blocking this thread. */
  async waitAside(timeout: number): Promise<number> {
    const n = await pollAside(this.fds, this.count, timeout);
    // Interrupted, or failed for a reason that this thread will see again.
    return n >= 0 ? n : this.wait(0);
  }

  /** What happened at entry `index` in the last {@link wait}: POLLIN, POLLERR, … */
  events(index: number): number {
    return this.fds[index * 2 + 1] >>> 16;
  }
}
