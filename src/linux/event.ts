/** An eventfd(2): a descriptor that wakes a thread blocked in poll when it becomes readable. */
import { check } from './errors.js';
import * as libc from './libc.js';

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

export function openEvent(): number {
  return check(libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), 'open an event descriptor');
}

/** Makes the descriptor readable; any thread may. */
export function signalEvent(fd: number): void {
  libc.write(fd, new BigUint64Array([1n]), 8);
}

/** Makes it unreadable again. */
export function clearEvent(fd: number): void {
  libc.read(fd, new BigUint64Array(1), 8);
}
