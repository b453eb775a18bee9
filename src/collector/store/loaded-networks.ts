/**
 * The networks that `mirrorlake networks load` has kept in the store, as the store's thread tells them to the
 * main thread, and as a table that all threads share.
 */
import { Worker } from 'node:worker_threads';
import { asError } from '../../model/errors.js';
import { Channel, DEAF, type Deaf } from '../../threads/channel.js';
import { workerTransport } from '../../threads/transport.js';

/** The networks in effect. */
export interface LoadedNetworks {
  /** When they were loaded, as `network_loads.loaded`. */
  readonly loaded: bigint;
  /** How many; 0: there are none any more. */
  readonly networks: number;
  /** Lines of store/networks/network-lines.ts, in UTF-8. */
  readonly lines: Uint8Array<ArrayBuffer>;
}

/** Networks as NetworkTable takes them, and the roles that they have. */
export interface MadeTable {
  readonly table: SharedArrayBuffer;
  readonly roles: readonly string[];
}

/** What the thread understands that makes the table. */
export type TableSide = {
  asks: { table: (lines: Uint8Array) => MadeTable };
  tells: Record<never, never>;
};

/**
 * Makes the table (networks/network-table.ts) in a thread of its own, which ends afterwards: to make one of
 * millions of networks takes seconds, in which nobody who receives packets may be kept.
 */
export async function tableOf({ lines }: LoadedNetworks): Promise<MadeTable> {
  const worker = new Worker(new URL('./loaded-networks-worker.js', import.meta.url));
  let failed: (error: Error) => void = () => {};
  const gone = new Promise<never>((_, reject) => {
    failed = reject;
  });
  const channel = new Channel<Deaf, TableSide>(workerTransport(worker), DEAF, { ended: (e) => failed(e) });
  try {
    return await Promise.race([channel.ask('table', lines, { transfer: [lines.buffer] }), gone]);
  } catch (error) {
    throw asError(error);
  } finally {
    channel.close();
    await worker.terminate();
  }
}
