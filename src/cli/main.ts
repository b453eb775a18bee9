#!/usr/bin/env node
import { CommanderError } from 'commander';
import { isExpected, outputError } from './errors.js';
import { createProgram } from './program.js';

/** Runs the command line and settles the exit status: 0 done, 1 failed, 2 used or configured wrongly. */
async function main(): Promise<void> {
  hidePasswords();
  const program = await createProgram(process.argv.slice(2));
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = report(error, program.opts().debug === true);
  }
}

/** A password in a URL on the command line is not for `ps` to show. */
function hidePasswords(): void {
  const hidden = process.argv.slice(2).map((word) => word.replace(/(:\/\/[^:@/?]*):[^@/?]*@/, '$1@'));
  if (hidden.some((word, i) => word !== process.argv[i + 2]))
    process.title = `mirrorlake ${hidden.join(' ')}`;
}

function report(error: unknown, debug: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (debug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  if (isExpected(error)) {
    process.stderr.write(`mirrorlake: ${error.message}\n`);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`mirrorlake: internal error: ${message} (please report it; --debug shows where)\n`);
  return 1;
}

// A reader that has seen enough (| head) is not an error; a full disk is.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.exit(report(outputError(error), process.argv.includes('--debug')));
});
// Nobody is left to be told of it, and the work is not worse for it.
process.stderr.on('error', () => undefined);

await main();
