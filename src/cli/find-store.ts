/** Finds the store of a command: the one place that knows where to look, and in which order. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CommandError, UsageError } from '../model/errors.js';
import type { HeldStore } from '../model/status.js';
import {
  isLocation,
  isServer,
  NO_STORE,
  noStoreAt,
  withoutPassword,
  withoutUser,
} from '../model/store-location.js';
import { askCollector, ControlError, controlPath, RUN_CONTROL } from '../observe/control.js';
import { spoolDirectory } from '../store/spool/spool-directory.js';
import { DEFAULT_STORE, STORE_VARIABLE } from './store-words.js';

/** Where to look for a running collector, in this order. */
export const SOCKETS: readonly string[] = [RUN_CONTROL, controlPath(DEFAULT_STORE)];
/** How long to wait for a collector to name its store, in milliseconds. */
export const COLLECTOR_PATIENCE = 5000;

/** The store options of a command line. */
export interface StoreOptions {
  readonly store?: string | undefined;
  readonly config?: string | undefined;
}

/** A store to ask. */
export interface FoundStore {
  /** A directory, or a server's URL, with a password only if the user gave one. */
  readonly location: string;
  /** Where its segments wait. */
  readonly spool: string;
  /** The control socket of the collector that answers for it; undefined: open the store itself. */
  readonly collector: string | undefined;
  /** The collector that named this server but answers no questions itself. */
  readonly toldBy?: string;
}

/** A store that is named, or the default. */
export interface NamedStore {
  readonly location: string;
  readonly spool: string;
  /** Where a collector with this store has its socket. */
  readonly control: string;
  readonly by: 'store' | 'config' | 'environment' | 'default';
}

/**
 * Finds the store that a command asks: `--store`, `--config`, MIRRORLAKE_STORE, the running collector's (its
 * socket in /run/mirrorlake or ./data), or ./data. If it is named, no other place is tried.
 *
 * @throws CommandError if there is none, or the named one is wrong
 */
export async function findStore(
  options: StoreOptions,
  environment: NodeJS.ProcessEnv = process.env,
  sockets: readonly string[] = SOCKETS,
): Promise<FoundStore> {
  const named = await namedStore(options, environment);
  if (named !== undefined) return heldBy(named, sockets);
  const passed: string[] = [];
  for (const socket of sockets) {
    const held = await storeOf(socket);
    if (held === 'nobody') continue;
    if (held === 'denied' && socket !== RUN_CONTROL) throw notAllowed(socket);
    if (held === 'denied') passed.push(`${socket} may be asked by root and the collector's user and group`);
    else if (held.location === NO_STORE) passed.push(`the collector at ${socket} has no store`);
    else {
      tellOfOther(socket, held);
      return foundBy(socket, held, environment);
    }
  }
  if (isThere(DEFAULT_STORE)) {
    if (passed.length > 0) say(`asking ${DEFAULT_STORE}: ${passed.join('; ')}`);
    return { location: DEFAULT_STORE, spool: spoolDirectory(DEFAULT_STORE), collector: undefined };
  }
  const running = passed.length > 0 ? passed.join('; ') : `no collector is running (${sockets.join(', ')})`;
  throw new CommandError(
    `there is no store to ask: none is named (--store, --config, ${STORE_VARIABLE}), ${running}, and there ` +
      `is none in ${DEFAULT_STORE}; name one, start mirrorlake collect, or read a capture: mirrorlake read ` +
      'FILE',
  );
}

/**
 * The store that a command writes to or changes: `--store`, the configuration's, that of MIRRORLAKE_STORE, or
 * ./data. It is a running collector's only if it is named.
 */
export async function storeToWrite(
  options: StoreOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<NamedStore> {
  return (
    (await namedStore(options, environment)) ?? {
      location: DEFAULT_STORE,
      spool: spoolDirectory(DEFAULT_STORE),
      control: controlPath(DEFAULT_STORE),
      by: 'default',
    }
  );
}

/** A named store, with the collector that answers for it: a data directory belongs to one process. */
export async function heldBy(
  { location, spool, control, by }: NamedStore,
  sockets: readonly string[] = SOCKETS,
): Promise<FoundStore> {
  const itself = { location, spool, collector: undefined };
  // Whoever names a server has credentials for it, or not; a configuration also names its collector, which
  // has a user for questions.
  if (isServer(location)) {
    if (by !== 'config') return itself;
    const held = await storeOf(control).catch(() => undefined);
    if (typeof held !== 'object' || !held.answers || held.location !== withoutPassword(location))
      return itself;
    return { location: held.location, spool: held.spool, collector: control };
  }
  for (const socket of new Set([control, ...sockets])) {
    const own = socket === controlPath(location);
    const held = await storeOf(socket).catch((error: unknown) => {
      if (own) throw error;
    });
    if (held === 'denied' && own) throw notAllowed(socket);
    if (typeof held !== 'object' || !held.answers || isServer(held.location)) continue;
    // In a container the collector may know the directory under another name.
    if (own || isSame(held.location, location)) return { location, spool: held.spool, collector: socket };
  }
  return itself;
}

/**
 * The control socket of the running collector: `--control`, that of a named store, or the first in
 * /run/mirrorlake or ./data that is being served.
 *
 * @throws CommandError if none is running
 */
export async function findCollector(
  { control, ...options }: StoreOptions & { readonly control?: string | undefined },
  environment: NodeJS.ProcessEnv = process.env,
  sockets: readonly string[] = SOCKETS,
): Promise<string> {
  if (control !== undefined) return control;
  const named = await namedStore(options, environment, NO_STORE);
  if (named !== undefined) {
    const directory = !isServer(named.location) && named.location !== NO_STORE;
    const holder = directory ? (await heldBy(named, sockets)).collector : undefined;
    if (holder !== undefined) return holder;
    // The environment names a store for questions; the running collector may have another.
    if (named.by !== 'environment') return named.control;
    sockets = [named.control, ...sockets];
  }
  let denied: string | undefined;
  for (const socket of sockets) {
    const held = await storeOf(socket).catch(() => undefined);
    if (held === 'denied') denied ??= socket;
    else if (held !== 'nobody') return socket;
  }
  if (denied !== undefined) return denied;
  throw new CommandError(
    `no collector is running (${[...new Set(sockets)].join(', ')}): start one with mirrorlake collect, or ` +
      'name its store (--store), its configuration (--config) or its socket (--control)',
  );
}

/** @param allowed a value that names no store, and is accepted nevertheless */
async function namedStore(
  options: StoreOptions,
  environment: NodeJS.ProcessEnv,
  allowed?: string,
): Promise<NamedStore | undefined> {
  const config =
    options.config === undefined ? undefined : (await import('../config/load.js')).loadConfig(options.config);
  const variable = environment[STORE_VARIABLE] || undefined;
  const location = options.store ?? config?.store ?? variable;
  if (location === undefined) return undefined;
  const by = options.store !== undefined ? 'store' : config !== undefined ? 'config' : 'environment';
  // The user sees the command line, or a line of a file; the environment has to be named.
  const where = by === 'environment' ? `${STORE_VARIABLE}: ` : '';
  if (!isLocation(location)) throw new UsageError(`${where}${noStoreAt(withoutPassword(location))}`);
  if (location === NO_STORE && allowed !== NO_STORE)
    throw new UsageError(
      `${where}a store cannot be at ${NO_STORE}: so is called what a collector with tunnels ` +
        `alone has; a directory of that name is ./${NO_STORE}`,
    );
  return {
    location,
    spool: config?.spool.directory ?? spoolDirectory(location),
    control: config?.control ?? controlPath(location),
    by,
  };
}

/** The store behind a socket that answered. */
function foundBy(socket: string, held: HeldStore, environment: NodeJS.ProcessEnv): FoundStore {
  const { location, spool } = held;
  // Whoever created ./data may have created the socket in it, so passwords are not sent to a server that it
  // names.
  if (held.answers || socket !== RUN_CONTROL) return { location, spool, collector: socket };
  return { location: asAsker(location, environment), spool, collector: undefined, toldBy: socket };
}

/** A server's URL with the user who inserts, or without it if the environment names the asker. */
function asAsker(location: string, environment: NodeJS.ProcessEnv): string {
  const own = ['USER', 'USER_FILE', 'TOKEN', 'TOKEN_FILE'].some(
    (name) => environment[`${STORE_VARIABLE}_${name}`],
  );
  return own ? withoutUser(location) : location;
}

/** Says which of two stores is asked, if ./data has one too. */
function tellOfOther(socket: string, held: HeldStore): void {
  if (!isThere(DEFAULT_STORE) || isSame(held.location, DEFAULT_STORE)) return;
  say(
    `asking the collector at ${socket}, whose store is ${held.location}; for the one here: ` +
      `--store ${DEFAULT_STORE}`,
  );
}

function say(text: string): void {
  process.stderr.write(`mirrorlake: ${text}\n`);
}

async function storeOf(socket: string): Promise<HeldStore | 'nobody' | 'denied'> {
  try {
    return (await askCollector(socket, { command: 'store' }, { within: COLLECTOR_PATIENCE })) as HeldStore;
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    if (error.unreached !== undefined) return error.unreached;
    // It does not know the command.
    if (error.exitCode === 2)
      throw new ControlError(`${socket}: the collector is of an earlier version: restart it`);
    throw error;
  }
}

function notAllowed(socket: string): ControlError {
  return new ControlError(`${socket}: not allowed; run as root or as the collector's user`);
}

/** Whether a directory may hold a store; if it cannot be read, opening it will say so. */
export function isThere(directory: string): boolean {
  try {
    return statSync(join(directory, 'clickhouse')).isDirectory();
  } catch (error) {
    return !['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

function isSame(one: string, other: string): boolean {
  if (resolve(one) === resolve(other)) return true;
  try {
    const [a, b] = [statSync(one), statSync(other)];
    return a.ino === b.ino && a.dev === b.dev;
  } catch {
    return false;
  }
}
