import { NetworkFields } from './columns/fields.js';

/**
 * One row of the `network_loads` table: a network of a load. The object is reused: a sink encodes or copies
 * what it needs before it returns.
 */
export class NetworkRecord extends NetworkFields {}

/** Where loaded networks go. */
export interface NetworkSink {
  network(record: NetworkRecord): void;
}
