/**
 * Landlock (landlock(7)): a thread gives up access to all files except those that it names, and to TCP.
 * Everything it starts or becomes afterwards, by clone or execve, is restricted too; existing threads are
 * not.
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
/** Rights that apply to regular files. */
const OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;
/** The number of rights to files in each ABI, from ABI 1 on. */
const FILE_RIGHTS = [13, 14, 15, 15, 16];
/** Binding and connecting TCP sockets (ABI 4), abstract Unix sockets and signals of others (ABI 6). */
const NET_RIGHTS = 3n;
const SCOPES = 3n;
const NET_ABI = 4;
const SCOPE_ABI = 6;

const O_PATH = 0o10000000;

/** What a process may still reach. Missing paths are skipped. */
export interface Reach {
  /** Files, and directories with everything below: read and execute. */
  readonly read: readonly string[];
  /** The same, read and write. */
  readonly write: readonly string[];
}

/** The kernel's version of Landlock; 0 if it has none, or may not be asked (a container's seccomp filter). */
export function landlockVersion(): number {
  return Math.max(0, syscallMemory(LANDLOCK_CREATE_RULESET, null, 0, CREATE_RULESET_VERSION));
}

/**
 * Restricts the calling thread, which must have no_new_privs set (see capabilities.ts).
 *
 * @returns false if the kernel has no Landlock: nothing is restricted then
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
  // An older kernel accepts a larger structure if the fields it does not know are 0.
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
    // The other rights apply only to directories.
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
