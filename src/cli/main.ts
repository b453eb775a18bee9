#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { isExpected } from './errors.js';

/** The commands, each in a file of its own, loaded when it is called for. */
const COMMANDS: Record<string, () => Promise<(program: Command) => void>> = {
  read: async () => (await import('./read.js')).registerRead,
  collect: async () => (await import('./collect.js')).registerCollect,
  status: async () => (await import('./status.js')).registerStatus,
  doctor: async () => (await import('./doctor.js')).registerDoctor,
  query: async () => (await import('./query.js')).registerQuery,
  spool: async () => (await import('./spool.js')).registerSpool,
  schema: async () => (await import('./schema.js')).registerSchema,
  mirror: async () => (await import('./mirror.js')).registerMirror,
};

/** The program with the command that `words` call for; with all of them where they name none. */
export async function createProgram(words: readonly string[]): Promise<Command> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const program = new Command('mirrorlake')
    .description('Mirrored traffic (ERSPAN, GRE) as sessions in a columnar store, queried in SQL.')
    .version(version)
    .option('--debug', 'show a stack trace with an error')
    .exitOverride()
    .configureOutput({
      // One line like every other error's, which names where to look.
      outputError: (text, write) =>
        write(
          `mirrorlake: ${text
            .replace(/^error: /, '')
            .trimEnd()
            .replace(/\.$/, '')} (see --help)\n`,
        ),
    });
  const called = words.find((word) => !word.startsWith('-')) ?? '';
  const load = Object.hasOwn(COMMANDS, called) ? [COMMANDS[called]] : Object.values(COMMANDS);
  for (const register of await Promise.all(load.map((one) => one()))) register(program);
  return program;
}

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

// A reader that has seen enough (| head) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

await main();
