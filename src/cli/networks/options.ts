/** The options of `mirrorlake networks` that commands have beyond the store's. */
import type { StoreOptions } from '../find-store.js';

export interface ShowOptions extends StoreOptions {
  vlan?: number;
  vni?: number;
}

export interface ApplyOptions extends StoreOptions {
  /** Days in UTC, YYYY-MM-DD. */
  since: string;
  until: string;
  networks?: string;
  owners: string[];
}
