/** Capabilities (capabilities(7)) of the calling thread, and what its child programs inherit. */
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
 * Keeps this thread's capabilities from programs and threads that it starts from now on. They inherit the
 * ambient set, which a systemd unit's AmbientCapabilities= fills.
 */
export function clearAmbientCapabilities(): void {
  // A kernel without ambient capabilities (before 4.3) passes none on.
  libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

/**
 * Calls `work`, which starts a program that needs `capability`, and passes the capability on if this thread
 * may.
 */
export function withAmbientCapability<T>(capability: number, work: () => T): T {
  const raised = libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) === 0;
  try {
    return work();
  } finally {
    if (raised) libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, capability, 0, 0);
  }
}

/** Drops every capability of the calling thread. Other threads of the process keep theirs. */
export function dropCapabilities(): void {
  const header = new Uint8Array(new Uint32Array([CAPABILITY_VERSION_3, 0]).buffer);
  check(libc.capset(header, new Uint8Array(24)), 'give up capabilities');
}

/**
 * No program that this thread becomes or starts can gain privileges, as by a set-user-ID file, or by being
 * root.
 */
export function setNoNewPrivileges(): void {
  check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'forgo new privileges (PR_SET_NO_NEW_PRIVS)');
}
