/**
 * The command line: its commands and what they have in common. `--help`, the man page and completions are
 * made from it.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, Help } from 'commander';
import { withoutPasswordsOf } from './passwords.js';

/** The commands, each in its own file, loaded when called. */
const COMMANDS: Record<string, () => Promise<(program: Command) => void>> = {
  read: async () => (await import('./read.js')).registerRead,
  collect: async () => (await import('./collect.js')).registerCollect,
  status: async () => (await import('./status.js')).registerStatus,
  doctor: async () => (await import('./doctor.js')).registerDoctor,
  query: async () => (await import('./query.js')).registerQuery,
  export: async () => (await import('./export.js')).registerExport,
  spool: async () => (await import('./spool.js')).registerSpool,
  networks: async () => (await import('./networks.js')).registerNetworks,
  schema: async () => (await import('./schema.js')).registerSchema,
  console: async () => (await import('./console.js')).registerConsole,
  mirror: async () => (await import('./mirror.js')).registerMirror,
  completion: async () => (await import('./completion.js')).registerCompletion,
};

/** The pages that came with the program, which it calls `docs/…`. */
export const DOCUMENTATION = fileURLToPath(new URL('../../docs/', import.meta.url));

/** The program with the command that `words` call; with all of them if they name none. */
export async function createProgram(words: readonly string[]): Promise<Command> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const program = new Command('mirrorlake')
    .description('Mirrored traffic (ERSPAN, GRE) as sessions in a columnar store, queried in SQL.')
    .version(version)
    .option('--debug', 'show a stack trace with an error')
    .exitOverride()
    .configureHelp({
      // The empty default of a repeatable option is not worth showing.
      optionDescription(option) {
        if (Array.isArray(option.defaultValue)) return option.description;
        return Help.prototype.optionDescription.call(this, option);
      },
    })
    .configureOutput({
      // One line like every other error, which says where to look.
      outputError: (text, write) =>
        write(
          `mirrorlake: ${withoutPasswordsOf(words, text)
            .replace(/^error: /, '')
            .trimEnd()
            .replaceAll('\n', ' ')
            .replace(/\.$/, '')} (see --help)\n`,
        ),
    });
  program.addHelpText('afterAll', `\nDocumentation: ${DOCUMENTATION}; man mirrorlake has examples`);
  const called = words.find((word) => !word.startsWith('-')) ?? '';
  // Completions cover all commands.
  const one = Object.hasOwn(COMMANDS, called) && called !== 'completion';
  const load = one ? [COMMANDS[called]] : Object.values(COMMANDS);
  for (const register of await Promise.all(load.map((command) => command()))) register(program);
  return program;
}
