/** Asking a store a question, through the collector that holds it where one does. */
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { isServer } from '../model/store-location.js';
import { ControlError, controlPath, openReply } from '../observe/control.js';
import { openStore } from '../store/open.js';
import type { QueryOptions } from '../store/store.js';

/**
 * Runs a statement on the store at `location` and gives the answer's bytes to `take` as they come. A data directory
 * belongs to one process: where a collector runs on it, the collector is asked, and only reads.
 */
export async function ask(
  location: string,
  sql: string,
  options: QueryOptions,
  take: (answer: Readable) => Promise<void>,
): Promise<void> {
  const running = await throughCollector(location, sql, options);
  if (running !== undefined) return take(running);
  const store = openStore(location, { create: false });
  try {
    await take(await store.query(sql, options));
  } finally {
    await store.close();
  }
}

/** The answer of the collector that holds the data directory, undefined when none does. */
async function throughCollector(
  location: string,
  sql: string,
  options: QueryOptions,
): Promise<Readable | undefined> {
  if (isServer(location)) return undefined;
  const socket = controlPath(location);
  if (!existsSync(socket)) return undefined;
  try {
    const { body } = await openReply(socket, { command: 'query', sql, options });
    return Readable.from(body, { objectMode: false });
  } catch (error) {
    // A collector that was killed leaves its socket behind.
    if (error instanceof ControlError && error.nobody) return undefined;
    throw error;
  }
}
