/**
 * The directory of a run's temporary files. It is in memory where the machine has room: the tests' stores
 * write tens of thousands of small files, and a disk's file system takes a fifth of the tests' CPU time to
 * find a place for each.
 */
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** Bytes that must be free there: many times what the tests have at once. */
const ROOM = 6 * 1024 ** 3;
const NAME = 'mirrorlake-tests-';

/** Makes the directory TMPDIR of the tests' processes. @returns removes it */
export default function setup(): (() => void) | undefined {
  // Each project calls this, in one process.
  if (process.env.MIRRORLAKE_TESTS !== undefined) return;
  // Whoever has chosen a place keeps it.
  const place = process.env.TMPDIR === undefined && memoryHasRoom() ? MEMORY : tmpdir();
  removeLeft(place);
  const directory = mkdtempSync(join(place, `${NAME}${process.pid}-`));
  // Like /tmp: tests run programs as other users.
  chmodSync(directory, 0o1777);
  process.env.TMPDIR = directory;
  process.env.MIRRORLAKE_TESTS = directory;
  // Processes that tests share may be ending.
  return () => rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
}

/** Removes what this user's runs have left that were killed: in memory nothing else does. */
function removeLeft(place: string): void {
  for (const name of readdirSync(place)) {
    if (!name.startsWith(NAME)) continue;
    const path = join(place, name);
    const [run] = name.slice(NAME.length).split('-');
    // Another run may remove it at the same time.
    const owner = statSync(path, { throwIfNoEntry: false })?.uid;
    if (owner === process.getuid?.() && !existsSync(`/proc/${run}`))
      rmSync(path, { recursive: true, force: true });
  }
}

/** Whether the tests fit into memory, and programs may run from there: tests install some. */
function memoryHasRoom(): boolean {
  const options = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .findLast(([, at]) => at === MEMORY)?.[3];
  if (options === undefined || /\b(noexec|ro)\b/.test(options)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  const kilobytes = /^MemAvailable: +(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  return Math.min(bavail * bsize, Number(kilobytes ?? 0) * 1024) > ROOM;
}
