/** Asking a store a question, through the collector that holds it where one does. */
import { existsSync } from 'node:fs';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ControlError, controlPath, openReply } from '../observe/control.js';
import { openStore } from '../store/open.js';
import type { QueryOptions } from '../store/store.js';

/**
 * Runs a statement on the store at `location` and writes the answer to `out`, which is left open. A data directory
 * belongs to one process: where a collector runs on it, the collector is asked, and only reads.
 */
export async function ask(
  location: string,
  sql: string,
  out: Writable,
  options: QueryOptions,
): Promise<void> {
  const running = await throughCollector(location, sql, options);
  if (running !== undefined) return pipeline(running, out, { end: false });
  const store = openStore(location, { create: false });
  try {
    await pipeline(await store.query(sql, options), out, { end: false });
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
  if (/^https?:/i.test(location)) return undefined;
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
