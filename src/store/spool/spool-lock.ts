/**
 * Ownership of a spool's directory: whoever holds the lock (flock(2)) on its file LOCK. The process id in the
 * file is for people, and for versions that knew no other lock.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { lockFile } from '../../linux/lock.js';
import { openFile } from '../../model/files.js';
import { StoreError } from '../errors.js';
import { unlinkIfThere } from './spool-file.js';

const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;

export class SpoolLock {
  private constructor(
    private readonly file: string,
    private readonly fd: number,
  ) {}

  /**
   * Locks a directory for this process. Child programs do not inherit the lock. @throws StoreError if another
   * process holds it
   */
  static take(directory: string): SpoolLock {
    const file = join(directory, 'LOCK');
    for (;;) {
      const fd = openFile(file, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK);
      try {
        if (!fstatSync(fd).isFile())
          throw new StoreError(`${file} is no file: see what it is, and remove it`);
        const holder = holderIn(fd);
        if (!lockFile(fd)) throw inUse(directory, holder);
        if (holder?.here && holder.pid !== process.pid) throw inUse(directory, holder);
        if (lstatSync(file, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino) {
          sign(fd);
          return new SpoolLock(file, fd);
        }
      } catch (error) {
        closeSync(fd);
        throw error;
      }
      // The previous holder has removed the file since it was opened.
      closeSync(fd);
    }
  }

  /** Releases the lock. */
  release(): void {
    unlinkIfThere(this.file);
    closeSync(this.fd);
  }
}

/** The process named in LOCK. */
interface Holder {
  readonly pid: number;
  /** Whether it is known to be alive: a process of this host, or of this container. */
  readonly here: boolean;
}

function holderIn(fd: number): Holder | undefined {
  const bytes = Buffer.alloc(64);
  const text = bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0));
  const [, pid, start] = /^(\d+) (\d+)\n/.exec(text) ?? [];
  // Process ids are reused; with its start time, an id identifies one process.
  return pid === undefined ? undefined : { pid: Number(pid), here: startOf(Number(pid)) === start };
}

function inUse(directory: string, holder: Holder | undefined): StoreError {
  const who =
    holder === undefined
      ? 'another process'
      : `process ${holder.pid}${holder.here ? '' : ' of another container or host'}`;
  return new StoreError(
    `the spool ${directory} is in use by ${who}: stop it, or give this collector another \`spool.directory\``,
  );
}

/** Writes the holder. On a full disk the lock is held without it. */
function sign(fd: number): void {
  try {
    ftruncateSync(fd);
    writeSync(fd, `${process.pid} ${startOf(process.pid)}\n`, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

/**
 * When a process was started, in the kernel's ticks (proc(5), stat, field 22); empty if it does not exist.
 */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return '';
  }
}
