/**
 * Whose a spool's directory is: who has LOCK in it locked (flock(2)). The process id in it is for people, and for
 * versions that knew no other lock.
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

  /** Takes a directory for this process. Programs that this one starts do not have it. @throws StoreError when another has it */
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
      // Whoever had it has removed it since it was opened.
      closeSync(fd);
    }
  }

  /** Lets it go. */
  release(): void {
    unlinkIfThere(this.file);
    closeSync(this.fd);
  }
}

/** The process that LOCK names. */
interface Holder {
  readonly pid: number;
  /** Whether it is known to be alive: a process of this host, or of this container. */
  readonly here: boolean;
}

function holderIn(fd: number): Holder | undefined {
  const bytes = Buffer.alloc(64);
  const text = bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0));
  const [, pid, start] = /^(\d+) (\d+)\n/.exec(text) ?? [];
  // A process id is used again; with the time it was started it is one process.
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

/** Writes who has it. On a full disk the lock is held all the same. */
function sign(fd: number): void {
  try {
    ftruncateSync(fd);
    writeSync(fd, `${process.pid} ${startOf(process.pid)}\n`, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

/** When a process was started, in the kernel's ticks (proc(5), stat, field 22); empty when there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return '';
  }
}
