import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** Bits of a file's mode: others than its owner may write, and may remove only what is theirs. */
const WRITTEN_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** What `module` of Node.js 22.8 and newer has; the types are those of 20. */
interface CompileCache {
  enableCompileCache?(directory: string): unknown;
}

/**
 * Keeps what V8 compiles for the next start, threads included, in a directory of the user's own
 * ($XDG_CACHE_HOME/mirrorlake, else ~/.cache/mirrorlake): a fifth of the time that a run over a small
 * capture takes is compiling. Node.js before 22.8 cannot. Without such a directory the program just compiles.
 *
 * Code is run as it stands there, so nobody else may be able to put it there: with `sudo`, whose home can
 * still be the user's, nothing is kept.
 */
export function keepCompiled(): void {
  const { enableCompileCache } = module as CompileCache;
  const { env } = process;
  if (enableCompileCache === undefined || env.NODE_COMPILE_CACHE !== undefined) return;
  const directory = cacheDirectory();
  if (directory === undefined || !isOurs(directory)) return;
  enableCompileCache(directory);
  // Threads read it when they start.
  env.NODE_COMPILE_CACHE = directory;
}

/** By the XDG base directory specification, which has relative paths ignored; undefined without a home. */
function cacheDirectory(): string | undefined {
  const { XDG_CACHE_HOME: cache } = process.env;
  try {
    return join(cache && isAbsolute(cache) ? cache : join(homedir(), '.cache'), 'mirrorlake');
  } catch {
    // The user is in no list of users, and HOME is not set.
    return undefined;
  }
}

/** @returns whether the directory is there, made if need be, and only this user and root can change it */
function isOurs(directory: string): boolean {
  const user = process.geteuid?.();
  try {
    // Not `recursive`: without a home there is nothing to keep, and in /proc Node.js would try for ever.
    for (const made of [dirname(directory), directory]) make(made);
    if (lstatSync(directory).uid !== user) return false;
    for (let at = realpathSync(directory); ; at = dirname(at)) {
      const { uid, mode } = lstatSync(at);
      if (uid !== user && uid !== 0) return false;
      if ((mode & WRITTEN_BY_OTHERS) !== 0 && (mode & STICKY) === 0) return false;
      if (at === dirname(at)) return true;
    }
  } catch {
    return false;
  }
}

function make(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
