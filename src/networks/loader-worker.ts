/** The thread that reads files of networks and owners: a large one takes seconds. */
import { parentPort } from 'node:worker_threads';
import { Channel, type Deaf } from '../threads/channel.js';
import { PortTransport } from '../threads/transport.js';
import type { FileRead, KnownFile, LoaderSide } from './loader-dialect.js';
import { MmdbFile } from './mmdb-file.js';
import { networkTable } from './network-table.js';
import { readOwners } from './owners.js';
import { readNetworks } from './read-networks.js';

function read({ kind, file }: KnownFile): FileRead {
  if (kind === 'owners') {
    const memory = readOwners(file);
    return { memory, networks: 0, roles: [], built: new MmdbFile(memory, file).built, passedOver: new Map() };
  }
  const { networks, passedOver } = readNetworks(file);
  const roles = [...new Set(networks.map(({ role }) => role))];
  return { memory: networkTable(networks), networks: networks.length, roles, built: 0, passedOver };
}

new Channel<LoaderSide, Deaf>(new PortTransport(parentPort!), { asks: { read }, tells: {} });
