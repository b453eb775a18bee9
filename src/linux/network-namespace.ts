/**
 * A network namespace without a name (network_namespaces(7)): the kernel removes it, and everything in it,
 * with its last descriptor.
 */
import { closeSync, openSync } from 'node:fs';
import { check } from './errors.js';
import * as libc from './libc.js';

const CLONE_NEWNET = 0x40000000;
const THREADS_OWN = '/proc/thread-self/ns/net';

export class NetworkNamespace {
  private constructor(
    /** Its descriptor, and that of the thread's original namespace. */
    readonly fd: number,
    readonly outside: number,
  ) {}

  /** @throws LinuxError EPERM without CAP_SYS_ADMIN */
  static make(): NetworkNamespace {
    const outside = openSync(THREADS_OWN, 'r');
    try {
      check(libc.unshare(CLONE_NEWNET), 'make a network namespace', 'it takes CAP_SYS_ADMIN: run as root');
      try {
        return new NetworkNamespace(openSync(THREADS_OWN, 'r'), outside);
      } finally {
        check(libc.setns(outside, CLONE_NEWNET), 'go back to the network namespace');
      }
    } catch (e) {
      closeSync(outside);
      throw e;
    }
  }

  /** Runs `work` in it synchronously. Sockets opened there stay in it; programs started there run in it. */
  within<T>(work: () => T): T {
    check(libc.setns(this.fd, CLONE_NEWNET), 'enter a network namespace');
    try {
      return work();
    } finally {
      check(libc.setns(this.outside, CLONE_NEWNET), 'go back to the network namespace');
    }
  }

  close(): void {
    closeSync(this.fd);
    closeSync(this.outside);
  }
}
