import { type Command, InvalidArgumentError } from 'commander';
import type { ConsoleConfig } from '../config/schema.js';
import { CommandError, UsageError } from '../model/errors.js';
import { RIGHTS, type Right } from '../model/rights.js';
import { isServer } from '../model/store-location.js';
import { findCollector, findStore, isThere, type StoreOptions } from './find-store.js';
import { readPassword } from './read-password.js';
import { CONFIG_HELP, STORE_HELP } from './store-words.js';

interface ConsoleOptions extends StoreOptions {
  listen?: string;
  state?: string;
}

interface ServeOptions extends ConsoleOptions {
  control?: string;
  insecure?: boolean;
  open: boolean;
}

export function registerConsole(program: Command): void {
  const command = program
    .command('console')
    .summary('look at the store in a browser')
    .description('Serves a page over the store; without a further word, `serve`.');
  command
    .command('serve', { isDefault: true })
    .summary('serve the page')
    .description(
      'Serves a page over the store, and over a running collector if there is one: what is going on, its ' +
        'sessions, packets, hosts and mirrors. On a terminal it prints the link that signs in; elsewhere ' +
        'the address only, because logs are read by others.',
    )
    .option('--store <store>', STORE_HELP)
    .option('--config <file>', 'a configuration of collect: its key `console`, and the store')
    .option('--control <path>', "the collector's control socket")
    .option('--listen <host:port>', 'where to serve it (default: 127.0.0.1:9480)')
    .option('--state <dir>', 'a directory for its token and views (default: console/ in the store)')
    .option('--insecure', 'serve it beyond loopback without TLS, for everybody on the way to read')
    .option('--no-open', 'print the link only: do not open a browser')
    .action(serve);
  command
    .command('url')
    .summary('print the link that signs in')
    .description("Prints the console's link with its token, for the user who may read the token's file.")
    .option('--store <store>', STORE_HELP)
    .option('--config <file>', CONFIG_HELP)
    .option('--listen <host:port>', 'where it is served (default: that of --config, or 127.0.0.1:9480)')
    .option('--state <dir>', 'the directory of its token')
    .action(printUrl);
  command
    .command('passwd')
    .summary('make a line of the users file')
    .description(
      'Asks for a password, or reads it from stdin, and prints the line that lets this user in, for the ' +
        'file that `console.users` names.',
    )
    .argument('<name>', 'the user')
    .option('--rights <list>', `what the user may do: some of ${RIGHTS.join(',')}`, rightsIn, ['view'])
    .action(passwd);
}

function rightsIn(value: string): Right[] {
  const given = value.split(',').filter((right) => right !== '');
  for (const right of given)
    if (!(RIGHTS as readonly string[]).includes(right))
      throw new InvalidArgumentError(`${right} is none of ${RIGHTS.join(', ')}.`);
  return given as Right[];
}

/** What the configuration and the options say together. */
async function settings(options: ConsoleOptions & { insecure?: boolean }): Promise<ConsoleConfig> {
  const { consoleSchema } = await import('../config/schema.js');
  const given = consoleSchema.safeParse(options.listen === undefined ? {} : { listen: options.listen });
  if (!given.success) throw new UsageError(`console: --listen: ${given.error.issues[0].message}`);
  const configured =
    options.config === undefined
      ? undefined
      : (await import('../config/load.js')).loadConfig(options.config).console;
  return {
    ...given.data,
    ...configured,
    ...(options.listen !== undefined && { listen: given.data.listen }),
    ...(options.state !== undefined && { state: options.state }),
    ...(options.insecure === true && { insecure: true }),
  };
}

async function serve(options: ServeOptions): Promise<void> {
  const config = await settings(options);
  const [{ serveConsole }, { keptToken, linkWith }, { checkExposure, stateDirectory }, { createLogger }] =
    await Promise.all([
      import('../console/serve.js'),
      import('../console/token.js'),
      import('../console/settings.js'),
      import('../observe/log.js'),
    ]);
  checkExposure(config);
  const { location, collector } = await findStore(options);
  // Before anything is made in its place.
  if (!isServer(location) && collector === undefined && !isThere(location))
    throw new CommandError(
      `there is no store in ${location}: read a capture into it first, or name another with --store`,
    );
  const token = keptToken(stateDirectory(config.state, location));
  const byHand = process.stdout.isTTY === true;
  const running = await serveConsole({
    config,
    configuration: options.config,
    find: () => findStore(options),
    collector: () => findCollector(options).catch(() => undefined),
    token,
    log: createLogger('info', process.stderr.isTTY === true),
    lookedAtSoon: byHand,
  });
  if (byHand) {
    const link = linkWith(running.url, token);
    process.stdout.write(`${link}\n`);
    if (options.open) await openBrowser(link);
  } else process.stdout.write(`${running.url} (mirrorlake console url prints the link that signs in)\n`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  await running.close();
}

/** Opens the link on a desktop; without one, whoever reads the terminal opens it. */
async function openBrowser(link: string): Promise<void> {
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return;
  const { spawn } = await import('node:child_process');
  const opening = spawn('xdg-open', [link], { stdio: 'ignore', detached: true });
  opening.on('error', () => undefined);
  opening.unref();
}

async function printUrl(options: ConsoleOptions): Promise<void> {
  const config = await settings(options);
  const [{ madeToken, linkWith }, { hostInUrl, stateDirectory }] = await Promise.all([
    import('../console/token.js'),
    import('../console/settings.js'),
  ]);
  const { location } = await findStore(options);
  const { host, port } = config.listen;
  const url = `${config.tls === undefined ? 'http' : 'https'}://${hostInUrl(host)}:${port}${config.prefix}/`;
  process.stdout.write(`${linkWith(url, madeToken(stateDirectory(config.state, location)))}\n`);
}

async function passwd(name: string, { rights }: { rights: Right[] }): Promise<void> {
  const { checkUserName, userLine } = await import('../console/users.js');
  // Before anybody thinks of a password.
  checkUserName(name);
  const password = await readPassword(`Password for ${name}: `);
  process.stdout.write(`${await userLine(name, rights, password)}\n`);
}
