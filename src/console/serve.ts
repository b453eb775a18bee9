/** Starts the console. */
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { ConsoleConfig } from '../config/schema.js';
import { asError, CommandError, UsageError } from '../model/errors.js';
import type { Logger } from '../observe/log.js';
import { tablePrefix } from '../store/location.js';
import { AddressNames } from './address-names.js';
import { createApp } from './app.js';
import { Asker, type Place } from './asker.js';
import { Beside } from './beside.js';
import { Captures, LONGEST_READING } from './captures.js';
import { Doctor } from './doctor.js';
import { Downloads } from './downloads.js';
import type { Services } from './handler.js';
import { LiveFeed } from './live-feed.js';
import { MirrorEntries } from './mirror-entries.js';
import { askOpened } from './opened.js';
import { Questions } from './questions.js';
import { RunningStatements } from './running-statements.js';
import { checkExposure, hostInUrl, readTls, stateDirectory, tokenRights } from './settings.js';
import { SignIn } from './sign-in.js';
import { StoreFacts } from './store-facts.js';
import { Users } from './users.js';
import { Views } from './views.js';

export interface ConsoleOptions {
  readonly config: ConsoleConfig;
  /** The file of the collector's configuration, where it is known. */
  readonly configuration?: string | undefined;
  /** Where the store is, whenever it is asked. */
  readonly find: () => Promise<Place>;
  /** The collector's control socket, even of one that answers no questions; undefined: none runs. */
  readonly collector: () => Promise<string | undefined>;
  /** Of the printed link. */
  readonly token: string;
  readonly log: Logger;
  /** Whether somebody is about to look: what the overview asks is asked meanwhile. */
  readonly lookedAtSoon?: boolean;
}

export interface RunningConsole {
  /** Where it is served, with the path of its prefix, ending in /. */
  readonly url: string;
  close(): Promise<void>;
}

/** Connections that say nothing are closed after this, milliseconds. */
const SILENT = 65_000;

/** @throws UsageError for settings that are wrong; CommandError if it cannot listen there */
export async function serveConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { config, log } = options;
  const { listen, prefix } = config;
  checkExposure(config);
  const users = config.users === undefined ? undefined : new Users(config.users);
  const addressNames = new AddressNames(config.address_names);
  const beside = new Beside(options.collector);
  const file = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  const asker = new Asker(options.find);
  const questions = new Questions(asker);
  const place = await options.find();
  const { location } = place;
  const state = stateDirectory(config.state, location);
  const captures = new Captures(state, config.capture_limit);
  const host = hostInUrl(listen.host);
  const services: Services = {
    asker,
    questions,
    facts: new StoreFacts(questions, tablePrefix(location)),
    downloads: new Downloads(),
    beside,
    live: new LiveFeed(beside),
    addressNames,
    mirrorEntries: new MirrorEntries(options.configuration),
    doctor: new Doctor(),
    capture: '',
    captures,
    views: new Views(state),
    running: new RunningStatements(),
    version,
    log,
    links: config.links,
  };
  const app = createApp({
    services,
    signIn: new SignIn({
      token: options.token,
      tokenRights: tokenRights(config),
      users,
      proxy: config.header,
    }),
    names: [
      ...new Set(['localhost', '127.0.0.1', '[::1]', host, ...config.names].map((n) => n.toLowerCase())),
    ],
    prefix,
    secure: config.tls !== undefined,
    log,
  });
  const server = createAdaptorServer({ fetch: app.fetch, ...secured(config) });
  if ('keepAliveTimeout' in server) {
    server.keepAliveTimeout = SILENT;
    // A capture comes as fast as it is read; all else is there at once.
    server.requestTimeout = LONGEST_READING;
  }
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
  const closing = new AbortController();
  if (options.lookedAtSoon === true)
    askOpened(services, place, closing.signal).catch((error: unknown) =>
      log.debug(`the overview was not asked for in advance: ${asError(error).message}`),
    );
  return {
    url: `${config.tls === undefined ? 'http' : 'https'}://${host}:${port}${prefix}/`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      closing.abort();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
      await Promise.all([asker.close(), captures.close()]);
    },
  };
}

/** @throws UsageError for a certificate that is none */
function secured({ tls }: ConsoleConfig) {
  if (tls === undefined) return {};
  const serverOptions = readTls(tls);
  try {
    createTlsServer(serverOptions);
  } catch (error) {
    throw new UsageError(`console.tls: ${tls.cert}, ${tls.key}: ${(error as Error).message}`);
  }
  return { createServer: createTlsServer, serverOptions };
}
