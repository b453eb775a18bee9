#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { registerCollect } from './collect.js';
import { isExpected } from './errors.js';
import { registerMirror } from './mirror.js';
import { registerQuery } from './query.js';
import { registerRead } from './read.js';
import { registerSchema } from './schema.js';
import { registerStatus } from './status.js';

/** The program with all its commands. */
export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const program = new Command('mirrorlake')
    .description('Mirrored traffic (ERSPAN, GRE) as sessions in a columnar store, queried in SQL.')
    .version(version)
    .option('--debug', 'show a stack trace with an error')
    .exitOverride()
    .showHelpAfterError('(see --help)');
  registerRead(program);
  registerCollect(program);
  registerStatus(program);
  registerQuery(program);
  registerSchema(program);
  registerMirror(program);
  return program;
}

/** Runs the command line and settles the exit status: 0 done, 1 failed, 2 used or configured wrongly. */
async function main(): Promise<void> {
  const program = createProgram();
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = report(error, program.opts().debug === true);
  }
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

// A reader that has seen enough (| head) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

await main();
