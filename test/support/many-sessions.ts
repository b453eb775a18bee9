/** Sessions enough that the engine takes a while to write a day of them anew. */
import { text } from 'node:stream/consumers';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/store/store.js';
import { numberedSegment } from './sessions.js';

/** Networks of both ends of every session. */
export const NETWORKS = 'prefix,name\n10.1.0.0/16,clients\n10.2.0.0/16,servers\n';
/** What `mirrorlake networks` is told to write all of them anew. */
export const APPLY = ['apply', '--since', '2023-11-01'];
/** Adds as many sessions as there are, which say nothing. */
export const UNWRITTEN =
  'INSERT INTO sessions SELECT * REPLACE (generateUUIDv4() AS session_id, ' +
  "'' AS client_network, '' AS server_network) FROM sessions";

const SEEDS = 5_000;
const COPIES = 80;
/** A run that is interrupted in the first has others to do, and so has the next. */
const DAYS = 4;

/** Does some work with a store, which has the sessions by then. */
export async function inOpened<T>(location: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore(location, { create: true });
  try {
    await store.migrate();
    if ((await text(await store.query('SELECT count() FROM sessions'))) === '0\n') {
      await store.insert('sessions', numberedSegment(0, SEEDS), 'seeds', SEEDS);
      await text(
        await store.change(
          'INSERT INTO sessions SELECT * REPLACE (generateUUIDv4() AS session_id, ' +
            `first_seen - INTERVAL n % ${DAYS} DAY AS first_seen) FROM sessions ` +
            `ARRAY JOIN range(${COPIES}) AS n`,
        ),
      );
    }
    return await work(store);
  } finally {
    await store.close();
  }
}

/** How many sessions say what is known, and what is left of a run. */
export async function writtenRows(store: Store): Promise<{ written: string; left: string }> {
  const written = await text(
    await store.query(
      "SELECT multiIf(sum(said) = count(), 'all', sum(said) = 0, 'none', 'some') FROM (SELECT " +
        "client_network = 'clients' AND server_network = 'servers' AS said FROM sessions)",
    ),
  );
  const left = await text(await store.query("SELECT name FROM system.tables WHERE name LIKE 'networks\\_%'"));
  return { written: written.trim(), left };
}
