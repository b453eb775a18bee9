/** Asking a store a question, through the collector that holds it where one does. */
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { LONGEST_QUESTION, QUESTION_DEFAULTS } from '../model/question-limits.js';
import { isServer } from '../model/store-location.js';
import { ControlError, type ControlReply, controlPath, openReply } from '../observe/control.js';
import { openStore } from '../store/open.js';
import type { Store } from '../store/store.js';
import { isExpected, UsageError } from './errors.js';
import { addressHint } from './query/unquoted-address.js';

export interface Asked {
  /** The format of an answer whose statement names none. */
  readonly format: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly color?: boolean;
  /** Seconds after which the question is ended, or as long as it may take; undefined for the default. */
  readonly timeout?: number | 'longest' | undefined;
}

/**
 * Asks the store at `location` and gives the answer's bytes to `take` as they come. A data directory belongs to one
 * process: where a collector runs on it, the collector is asked.
 */
export async function ask(
  location: string,
  sql: string,
  asked: Asked,
  take: (answer: Readable) => Promise<void>,
): Promise<void> {
  return hinting(sql, async () => {
    const running = await throughCollector(location, { command: 'query', sql, ...asked });
    if (running !== undefined) return take(Readable.from(running.body, { objectMode: false }));
    const { timeout, ...options } = asked;
    const seconds = timeout === 'longest' ? LONGEST_QUESTION : (timeout ?? QUESTION_DEFAULTS.seconds);
    const limits = { ...QUESTION_DEFAULTS, seconds };
    await opened(location, async (store) => take(await store.query(sql, { ...options, limits })));
  });
}

/** Runs a statement that may change the store at `location`, which has to be nobody else's at the moment. */
export async function change(
  location: string,
  sql: string,
  { format, params = {} }: Asked,
  take: (answer: Readable) => Promise<void>,
): Promise<void> {
  const running = await throughCollector(location, { command: 'status' });
  if (running !== undefined)
    throw new UsageError(
      `query: a collector is filling ${location}, and nothing else may change it meanwhile: stop it first`,
    );
  await hinting(sql, () =>
    opened(location, async (store) => take(await store.change(sql, { format, params }))),
  );
}

/** Does what asks the store; an error about the statement says what people most often mean. */
async function hinting(sql: string, asks: () => Promise<void>): Promise<void> {
  try {
    await asks();
  } catch (error) {
    if (isExpected(error)) error.message += addressHint(error.message, sql);
    throw error;
  }
}

async function opened(location: string, use: (store: Store) => Promise<void>): Promise<void> {
  const store = openStore(location, { create: false });
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

/** The answer of the collector that holds the data directory, undefined when none does. */
async function throughCollector(
  location: string,
  request: Parameters<typeof openReply>[1],
): Promise<ControlReply | undefined> {
  if (isServer(location)) return undefined;
  const socket = controlPath(location);
  if (!existsSync(socket)) return undefined;
  try {
    return await openReply(socket, request);
  } catch (error) {
    // A collector that was killed leaves its socket behind.
    if (error instanceof ControlError && error.nobody) return undefined;
    throw error;
  }
}
