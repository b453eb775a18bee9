/** Whose a spool's directory is: LOCK in it names the process. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from './errors.js';
import { unlinkIfThere } from './spool-file.js';

/** Takes the directory for this process. @throws StoreError when another has it. */
export function lock(directory: string): void {
  const file = join(directory, 'LOCK');
  const holder = holderOf(file);
  if (holder !== undefined)
    throw new StoreError(
      `the spool ${directory} is in use by process ${holder}: stop it, or give this collector another \`spool.directory\``,
    );
  writeFileSync(file, `${process.pid} ${startOf(process.pid)}\n`);
}

/** Lets it go. */
export function unlock(directory: string): void {
  unlinkIfThere(join(directory, 'LOCK'));
}

/** The process that has the directory, undefined when it is gone. */
function holderOf(file: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const [pid, start] = text.trim().split(' ');
  // A process id is used again; with the time it was started it is one process.
  return startOf(Number(pid)) === start && start !== '' ? Number(pid) : undefined;
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
