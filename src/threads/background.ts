import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { basename } from 'node:path';

/** A tenth of the processor time of a thread that has the usual one, where both want all of it (sched(7)). */
const NICENESS = constants.priority.PRIORITY_BELOW_NORMAL;

/**
 * Has the calling thread give way to others, for long work beside threads that receive packets: on Linux a
 * niceness is a thread's own. Elsewhere nothing changes.
 */
export function workInBackground(): void {
  try {
    // libuv hands the number on to setpriority(PRIO_PROCESS), which on Linux takes a thread's.
    const thread = Number(basename(readlinkSync('/proc/thread-self')));
    if (getPriority(thread) < NICENESS) setPriority(thread, NICENESS);
  } catch {
    // No /proc, or a seccomp filter that forbids it: the work is done all the same.
  }
}
