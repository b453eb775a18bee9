#!/usr/bin/env node
import { CommanderError } from 'commander';
import { MirrorlakeError, outputError } from '../model/errors.js';
import { shownWord, withoutPasswordsOf } from './passwords.js';
import { createProgram } from './program.js';

const WORDS = process.argv.slice(2);

/** Runs the command line and sets the exit status: 0 done, 1 failed, 2 wrong usage or configuration. */
async function main(): Promise<void> {
  hidePasswords();
  const program = await createProgram(WORDS);
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = report(error, program.opts().debug === true);
  }
}

/** Hides a password in a URL on the command line from `ps`. */
function hidePasswords(): void {
  const shown = WORDS.map(shownWord);
  if (shown.some((word, i) => word !== WORDS[i])) process.title = `mirrorlake ${shown.join(' ')}`;
}

function report(error: unknown, debug: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (debug && error instanceof Error) complain(`${error.stack}`);
  if (error instanceof MirrorlakeError) {
    complain(`mirrorlake: ${error.message}`);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  complain(`mirrorlake: internal error: ${message} (please report it; --debug shows where)`);
  return 1;
}

/** Prints what went wrong; the error may repeat words of the command line. */
function complain(text: string): void {
  process.stderr.write(`${withoutPasswordsOf(WORDS, text)}\n`);
}

// A reader that has left (| head) is no error; a full disk is.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.exit(report(outputError(error), process.argv.includes('--debug')));
});
// stderr is gone; ignore it.
process.stderr.on('error', () => undefined);

await main();
