import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { isServer } from '../model/store-location.js';
import { findCollector, findStore, type StoreOptions } from './find-store.js';
import { CONFIG_HELP, STORE_HELP } from './store-words.js';

interface ConsoleCommandOptions extends StoreOptions {
  listen: { host: string; port: number };
  control?: string;
  state?: string;
}

/** Where the console listens by default. */
export const DEFAULT_LISTEN = '127.0.0.1:9480';

export function registerConsole(program: Command): void {
  const command = program
    .command('console')
    .summary('look at the store in a browser')
    .description(
      'Serves a page over the store, and over a running collector if there is one: what is going on, its ' +
        'sessions, packets, hosts and mirrors. On a terminal it prints the link that signs in.',
    )
    .option('--store <store>', STORE_HELP)
    .option('--config <file>', CONFIG_HELP)
    .option('--control <path>', "the collector's control socket")
    .option('--listen <address>', 'HOST:PORT to serve it at', listenAt, listenAt(DEFAULT_LISTEN))
    .option(
      '--state <dir>',
      'a directory for the token (default: console/ in the store, or in ~/.local/state)',
    )
    .action(serve);
  command
    .command('url')
    .summary('print the link that signs in')
    .description('Prints the link of the console with its token.')
    .option('--store <store>', STORE_HELP)
    .option('--config <file>', CONFIG_HELP)
    .option('--listen <address>', 'HOST:PORT it is served at', listenAt, listenAt(DEFAULT_LISTEN))
    .option('--state <dir>', 'the directory of the token')
    .action(printUrl);
}

function listenAt(value: string): { host: string; port: number } {
  const part = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(value);
  const port = Number(part?.[3]);
  if (part === null || port > 65_535) throw new InvalidArgumentError('write HOST:PORT, as 127.0.0.1:9480.');
  return { host: part[1] ?? (part[2] || '127.0.0.1'), port };
}

async function serve(options: ConsoleCommandOptions): Promise<void> {
  const [{ serveConsole }, { keptToken, linkWith }, { createLogger }] = await Promise.all([
    import('../console/serve.js'),
    import('../console/token.js'),
    import('../observe/log.js'),
  ]);
  const token = keptToken(await stateOf(options));
  const log = createLogger('info', process.stderr.isTTY === true);
  const running = await serveConsole({
    listen: options.listen,
    find: () => findStore(options),
    collector: () => findCollector(options).catch(() => undefined),
    token,
    log,
  });
  // Journals and logs are read by others: the token is for a terminal.
  if (process.stdout.isTTY === true) process.stdout.write(`${linkWith(running.url, token)}\n`);
  else process.stdout.write(`${running.url} (mirrorlake console url prints the link that signs in)\n`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  await running.close();
}

async function printUrl(options: ConsoleCommandOptions): Promise<void> {
  const { keptToken, linkWith } = await import('../console/token.js');
  const { host, port } = options.listen;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
  process.stdout.write(`${linkWith(url, keptToken(await stateOf(options)))}\n`);
}

/** The directory of what the console keeps. */
async function stateOf(options: ConsoleCommandOptions): Promise<string> {
  if (options.state !== undefined) return options.state;
  const { location } = await findStore(options);
  if (!isServer(location)) return join(location, 'console');
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'mirrorlake/console');
}
