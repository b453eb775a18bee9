/**
 * Landlock (landlock(7)): a thread gives up all access to files but those that it names, and to TCP. What it
 * begins or becomes afterwards, by clone or execve, is bound likewise; threads that exist already are not.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { check, LinuxError } from './errors.js';
import { errno, O_CLOEXEC, syscallDescriptor, syscallDescriptorMemory, syscallMemory } from './libc.js';

/** System calls, the same numbers on every architecture. */
const LANDLOCK_CREATE_RULESET = 444;
const LANDLOCK_ADD_RULE = 445;
const LANDLOCK_RESTRICT_SELF = 446;
const CREATE_RULESET_VERSION = 1;
const RULE_PATH_BENEATH = 1;

/** Rights to files (LANDLOCK_ACCESS_FS_…). */
const EXECUTE = 1n << 0n;
const WRITE_FILE = 1n << 1n;
const READ_FILE = 1n << 2n;
const READ_DIR = 1n << 3n;
const TRUNCATE = 1n << 14n;
const IOCTL_DEV = 1n << 15n;
/** Those that mean something for a file that is no directory. */
const OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;
/** How many rights to files each ABI knows, from ABI 1. */
const FILE_RIGHTS = [13, 14, 15, 15, 16];
/** Binding and connecting TCP sockets (ABI 4), abstract Unix sockets and signals of others (ABI 6). */
const NET_RIGHTS = 3n;
const SCOPES = 3n;
const NET_ABI = 4;
const SCOPE_ABI = 6;

const O_PATH = 0o10000000;

/** What a process may still reach. Paths that are not there are passed over. */
export interface Reach {
  /** Files and directories with all beneath them: read, and run. */
  readonly read: readonly string[];
  /** The same, read and write. */
  readonly write: readonly string[];
}

/**
 * The kernel's version of Landlock, 0 when it has none, or is not allowed to be asked (a container's seccomp
 * filter).
 */
export function landlockVersion(): number {
  return Math.max(0, syscallMemory(LANDLOCK_CREATE_RULESET, null, 0, CREATE_RULESET_VERSION));
}

/**
 * Restricts the calling thread. It has to have forgone new privileges (see capabilities.ts).
 *
 * @returns false where the kernel has no Landlock: nothing is restricted then
 * @throws LinuxError
 */
export function restrictSelf(reach: Reach): boolean {
  const version = landlockVersion();
  if (version === 0) return false;
  const files = (1n << BigInt(FILE_RIGHTS[Math.min(version, FILE_RIGHTS.length) - 1])) - 1n;
  // struct landlock_ruleset_attr: rights to files, to the network, scopes.
  const attributes = new BigUint64Array([
    files,
    version >= NET_ABI ? NET_RIGHTS : 0n,
    version >= SCOPE_ABI ? SCOPES : 0n,
  ]);
  // An older kernel takes a larger structure as long as what it does not know is 0.
  const ruleset = check(
    syscallMemory(LANDLOCK_CREATE_RULESET, attributes, attributes.byteLength, 0),
    'make a Landlock ruleset',
  );
  try {
    for (const path of reach.read) allow(ruleset, path, files & (EXECUTE | READ_FILE | READ_DIR));
    for (const path of reach.write) allow(ruleset, path, files);
    check(syscallDescriptor(LANDLOCK_RESTRICT_SELF, ruleset, 0), 'restrict itself with Landlock');
  } finally {
    closeSync(ruleset);
  }
  return true;
}

function allow(ruleset: number, path: string, rights: bigint): void {
  let fd: number;
  try {
    fd = openSync(path, O_PATH | O_CLOEXEC | constants.O_RDONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    if (addRule(ruleset, fd, rights)) return;
    // The rest of the rights are to directories.
    if (!addRule(ruleset, fd, rights & OF_FILES))
      throw new LinuxError(`allow ${path} with Landlock`, errno());
  } finally {
    closeSync(fd);
  }
}

/** struct landlock_path_beneath_attr, packed: rights (8), descriptor (4). */
function addRule(ruleset: number, fd: number, rights: bigint): boolean {
  const rule = new DataView(new ArrayBuffer(12));
  rule.setBigUint64(0, rights, true);
  rule.setInt32(8, fd, true);
  const bytes = new Uint8Array(rule.buffer);
  return syscallDescriptorMemory(LANDLOCK_ADD_RULE, ruleset, RULE_PATH_BENEATH, bytes, 0) === 0;
}
