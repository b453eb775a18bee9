import { CommanderError } from 'commander';
import { MirrorlakeError } from '../model/errors.js';
import { withoutPasswordsOf } from './passwords.js';
import { createProgram } from './program.js';

/** Runs a command line and sets the exit status: 0 done, 1 failed, 2 wrong usage or configuration. */
export async function run(words: readonly string[]): Promise<void> {
  const program = await createProgram(words);
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    process.exitCode = report(words, error, program.opts().debug === true);
  }
}

/** Reports an error on stderr. @returns the exit status */
export function report(words: readonly string[], error: unknown, debug: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (debug && error instanceof Error) complain(words, `${error.stack}`);
  if (error instanceof MirrorlakeError) {
    complain(words, `mirrorlake: ${error.message}`);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  complain(words, `mirrorlake: internal error: ${message} (please report it; --debug shows where)`);
  return 1;
}

/** Writes to stderr without passwords: an error may repeat words of the command line. */
function complain(words: readonly string[], text: string): void {
  process.stderr.write(`${withoutPasswordsOf(words, text)}\n`);
}
