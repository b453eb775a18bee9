/** Asks a store a question, through the collector that holds the store if there is one. */
import { Readable } from 'node:stream';
import { CommandError, MirrorlakeError, UsageError } from '../model/errors.js';
import { LONGEST_QUESTION, QUESTION_DEFAULTS } from '../model/question-limits.js';
import { isServer } from '../model/store-location.js';
import { ControlError, type ControlReply, openReply } from '../observe/control.js';
import type { Store } from '../store/store.js';
import { type FoundStore, heldBy, type NamedStore } from './find-store.js';
import { addressHint } from './query/unquoted-address.js';

export interface Asked {
  /** The format of the answer if the statement names none. */
  readonly format: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly color?: boolean;
  /**
   * Seconds after which the question ends, or `longest` for as long as it may take; undefined for the
   * default.
   */
  readonly timeout?: number | 'longest' | undefined;
}

/**
 * Asks a store and passes the answer's bytes to `take` as they arrive. A data directory belongs to one
 * process: if a collector runs on it, the collector is asked.
 */
export async function ask(
  found: FoundStore,
  sql: string,
  asked: Asked,
  take: (answer: Readable) => Promise<void>,
): Promise<void> {
  return hinting(sql, async () => {
    const running = await throughCollector(found, { command: 'query', sql, ...asked });
    if (running !== undefined) return take(Readable.from(running.body, { objectMode: false }));
    const { timeout, ...options } = asked;
    const seconds = timeout === 'longest' ? LONGEST_QUESTION : (timeout ?? QUESTION_DEFAULTS.seconds);
    const limits = { ...QUESTION_DEFAULTS, seconds };
    await opened(found, async (store) => take(await store.query(sql, { ...options, limits })));
  });
}

/** Runs a statement that may change a store. No other process may have the data directory open. */
export async function change(
  named: NamedStore,
  sql: string,
  { format, params = {} }: Asked,
  take: (answer: Readable) => Promise<void>,
): Promise<void> {
  const { location } = named;
  if (!isServer(location) && (await heldBy(named)).collector !== undefined)
    throw new UsageError(
      `query: a collector is filling ${location}, and nothing else may change it meanwhile: stop it first`,
    );
  await hinting(sql, () => opened(named, async (store) => take(await store.change(sql, { format, params }))));
}

/** Runs `asks`, and adds a hint at the most common mistake to an error about the statement. */
async function hinting(sql: string, asks: () => Promise<void>): Promise<void> {
  try {
    await asks();
  } catch (error) {
    if (error instanceof MirrorlakeError) error.message += addressHint(error.message, sql);
    throw error;
  }
}

async function opened(
  found: Pick<FoundStore, 'location' | 'toldBy'>,
  use: (store: Store) => Promise<void>,
): Promise<void> {
  // A collector that has the store is asked without what opens one.
  const [{ isNotLetIn }, { openStore }] = await Promise.all([
    import('../store/clickhouse/failure.js'),
    import('../store/open.js'),
  ]);
  const store = openStore(found.location, { create: false });
  try {
    await use(store);
  } catch (error) {
    if (found.toldBy === undefined || !isNotLetIn(error)) throw error;
    throw new CommandError(
      `${store.name}, the store of the collector at ${found.toldBy}, refuses the user or password: the ` +
        'collector keeps its own; give yours in MIRRORLAKE_STORE_USER and MIRRORLAKE_STORE_PASSWORD, or ' +
        'give the collector a user for questions (questions.user)',
      { cause: error },
    );
  } finally {
    await store.close();
  }
}

/** The answer of the collector that has the store; undefined if none has it, or no longer. */
async function throughCollector(
  { collector }: FoundStore,
  request: Parameters<typeof openReply>[1],
): Promise<ControlReply | undefined> {
  if (collector === undefined) return undefined;
  try {
    return await openReply(collector, request);
  } catch (error) {
    if (error instanceof ControlError && error.unreached === 'nobody') return undefined;
    throw error;
  }
}
