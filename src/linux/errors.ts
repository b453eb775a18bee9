/** What the kernel refused, and what to do about it. */
import { MirrorlakeError } from '../model/errors.js';
import { ERRNO, errno } from './libc.js';

const NAMES = new Map<number, string>();
for (const [name, value] of Object.entries(ERRNO)) if (!NAMES.has(value)) NAMES.set(value, name);

/** The name of an error number: EPERM, ENODEV, … */
export function errnoName(number: number): string {
  return NAMES.get(number) ?? `errno ${number}`;
}

/** The words of strerror(3) for errors that are distinguished. */
const WORDS = new Map([
  ['Operation not permitted', ERRNO.EPERM],
  ['Address family not supported by protocol', ERRNO.EAFNOSUPPORT],
  ['Too many open files', ERRNO.EMFILE],
  ['Too many open files in system', ERRNO.ENFILE],
]);

/**
 * A system call that failed: its code is the error's name (EPERM, ENODEV, …), its message says what to do.
 */
export class LinuxError extends MirrorlakeError {
  override readonly name = 'LinuxError';

  constructor(
    /** What was attempted, in words: `open a packet socket on eth0`. */
    readonly attempt: string,
    number: number,
    hint?: string,
  ) {
    const code = errnoName(number);
    const fix = hint ?? explain(code);
    super(`cannot ${attempt}: ${code}${fix === undefined ? '' : ` (${fix})`}`, code, { hint: fix });
  }

  /** The same for a library that reports errors by the C library's words (strerror). */
  static fromMessage(attempt: string, error: unknown): LinuxError {
    const text = error instanceof Error ? error.message : String(error);
    return new LinuxError(attempt, WORDS.get(text) ?? errno());
  }
}

/** Capability lines are the same for every socket and device mirrorlake opens. */
const PRIVILEGE =
  'it needs CAP_NET_RAW (receiving and sending) and CAP_NET_ADMIN (devices, large buffers); run it as ' +
  'root, or: setcap cap_net_raw,cap_net_admin+ep $(readlink -f $(which node)), or in the systemd unit: ' +
  'AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN';

function explain(code: string): string | undefined {
  switch (code) {
    case 'EPERM':
    case 'EACCES':
      return PRIVILEGE;
    case 'ENODEV':
    case 'ENXIO':
      return 'no such interface; `ip link` lists them';
    case 'ENETDOWN':
      return 'the interface is down; `ip link set IF up`';
    case 'EBUSY':
      return 'another program holds it';
    case 'EADDRNOTAVAIL':
      return 'this host has no such address; `ip addr` lists them';
    case 'EAFNOSUPPORT':
      return 'this kernel does not have that address family';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many open files; raise LimitNOFILE= or `ulimit -n`';
    case 'ENOMEM':
    case 'ENOBUFS':
      return 'no memory for it; ask for a smaller buffer';
    default:
      return undefined;
  }
}

/**
 * Returns a system call's result.
 *
 * @throws LinuxError with the thread's errno if it is negative.
 */
export function check(result: number, attempt: string, hint?: string): number {
  if (result < 0) throw new LinuxError(attempt, errno(), hint);
  return result;
}
