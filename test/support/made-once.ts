/** What takes long to make and serves all tests of a run, whatever their process. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/**
 * Makes a directory, or waits for another process that is making it.
 *
 * @param name in the run's directory (temporary.ts)
 * @param make fills the directory with the path it is given, which does not exist yet
 * @returns its path; nobody writes to it
 */
export async function madeOnce(name: string, make: (path: string) => Promise<void>): Promise<string> {
  const made = join(process.env.MIRRORLAKE_TESTS!, name);
  const turn = `${made}-turn`;
  while (!existsSync(made)) {
    try {
      mkdirSync(turn);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      await setTimeout(20);
      continue;
    }
    try {
      const making = mkdtempSync(`${made}-`);
      await make(join(making, name));
      renameSync(join(making, name), made);
      rmSync(making, { recursive: true });
    } finally {
      rmdirSync(turn);
    }
  }
  return made;
}
