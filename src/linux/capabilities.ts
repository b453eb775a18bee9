/** Capabilities (capabilities(7)) of the calling thread, and what a program that it starts keeps of them. */
import { check } from './errors.js';
import * as libc from './libc.js';

export const CAP_NET_ADMIN = 12;

const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_RAISE = 2;
const PR_CAP_AMBIENT_LOWER = 3;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
/** _LINUX_CAPABILITY_VERSION_3: two words each of effective, permitted and inheritable. */
const CAPABILITY_VERSION_3 = 0x20080522;

/**
 * Keeps this thread's capabilities from the programs that it starts, and from the threads that it begins from
 * now on. They inherit the ambient set; a systemd unit's AmbientCapabilities= fills it.
 */
export function clearAmbientCapabilities(): void {
  // A kernel without ambient capabilities (before 4.3) hands none on.
  libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

/**
 * Does something that starts a program which needs `capability`, and is given it if this thread may hand it
 * on.
 */
export function withAmbientCapability<T>(capability: number, work: () => T): T {
  const raised = libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) === 0;
  try {
    return work();
  } finally {
    if (raised) libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, capability, 0, 0);
  }
}

/** Takes every capability from the calling thread alone. Other threads of the process keep theirs. */
export function dropCapabilities(): void {
  const header = new Uint8Array(new Uint32Array([CAPABILITY_VERSION_3, 0]).buffer);
  check(libc.capset(header, new Uint8Array(24)), 'give up capabilities');
}

/**
 * No program that this thread becomes or starts gains privileges, as by a set-user-ID file, or by being root.
 */
export function setNoNewPrivileges(): void {
  check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'forgo new privileges (PR_SET_NO_NEW_PRIVS)');
}
