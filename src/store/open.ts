import { isLocation, isServer, noStoreAt, withoutPassword } from '../model/store-location.js';
import { ServerStore } from './clickhouse/server.js';
import { EmbeddedStore } from './embedded/store.js';
import { StoreLocationError } from './errors.js';
import type { OpenOptions, Store } from './store.js';

/**
 * Opens the store at `location`: a data directory (embedded ClickHouse), or `http://user@host:8123/database`
 * (a server). It returns at once; the engine starts meanwhile, and errors appear at the first use.
 */
export function openStore(location: string, options: OpenOptions): Store {
  if (location === '') throw new StoreLocationError('the store has no name: give a directory or a URL');
  if (!isLocation(location)) throw new StoreLocationError(noStoreAt(withoutPassword(location)));
  if (isServer(location)) return new ServerStore(location, options);
  if (options.cluster !== undefined)
    throw new StoreLocationError('a cluster is of servers: give the URL of one of its nodes as the store');
  return new EmbeddedStore(location, options);
}
