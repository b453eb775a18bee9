/** Starts the console. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { CommandError } from '../model/errors.js';
import type { Logger } from '../observe/log.js';
import { tablePrefix } from '../store/location.js';
import { createApp } from './app.js';
import { Asker, type Place } from './asker.js';
import { Beside } from './beside.js';
import type { Right } from './contract/route.js';
import { Questions } from './questions.js';
import { SignIn } from './sign-in.js';
import { StoreFacts } from './store-facts.js';

export interface ConsoleOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** Where the store is, whenever it is asked. */
  readonly find: () => Promise<Place>;
  /** The collector's control socket, even one that answers no questions; undefined: none runs. */
  readonly collector: () => Promise<string | undefined>;
  readonly token: string;
  readonly rights?: readonly Right[];
  /** Names of this host beside the address that is listened on. */
  readonly names?: readonly string[];
  readonly prefix?: string;
  readonly links?: readonly { readonly name: string; readonly url: string }[];
  readonly log: Logger;
}

export interface RunningConsole {
  /** Where it is served, with the path of its prefix, ending in /. */
  readonly url: string;
  close(): Promise<void>;
}

/** Connections that say nothing are closed after this, milliseconds. */
const SILENT = 65_000;

/** @throws CommandError if it cannot listen there */
export async function serveConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { listen, prefix = '', names = [], links = [], log } = options;
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const asker = new Asker(options.find);
  const questions = new Questions(asker);
  const { location } = await options.find();
  const services = {
    asker,
    questions,
    facts: new StoreFacts(questions, tablePrefix(location)),
    beside: new Beside(options.collector),
    version,
    links,
  };
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  const app = createApp({
    services,
    signIn: new SignIn(options.token, options.rights),
    names: [
      ...new Set([
        'localhost',
        '127.0.0.1',
        '[::1]',
        host.toLowerCase(),
        ...names.map((n) => n.toLowerCase()),
      ]),
    ],
    prefix,
    secure: false,
    log,
  });
  const server = createAdaptorServer({ fetch: app.fetch });
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = SILENT;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new CommandError(
          `the console cannot listen on ${host}:${listen.port} (${error.code}): give another with --listen`,
        ),
      ),
    );
    server.listen(listen.port, listen.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}${prefix}/`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
      await asker.close();
    },
  };
}
