/** The thread that reads files about addresses: a large one takes seconds. */
import { parentPort } from 'node:worker_threads';
import { workInBackground } from '../threads/background.js';
import { Channel, type Deaf } from '../threads/channel.js';
import { PortTransport } from '../threads/transport.js';
import type { FileRead, KnownFile, LoaderSide } from './loader-dialect.js';
import { MmdbFile } from './mmdb-file.js';
import { readNames } from './names-file.js';
import { namesTable } from './names-table.js';
import { networkTable } from './network-table.js';
import { readOwners } from './owners.js';
import { readNetworks } from './read-networks.js';

const NOTHING_ELSE = { entries: 0, roles: [], built: 0, passedOver: new Map<string, number>() };

function read({ kind, file }: KnownFile): FileRead {
  switch (kind) {
    case 'owners': {
      const memory = readOwners(file);
      return { ...NOTHING_ELSE, memory, built: new MmdbFile(memory, file).built };
    }
    case 'names': {
      const names = readNames(file);
      return { ...NOTHING_ELSE, memory: namesTable(names), entries: names.size };
    }
    case 'networks': {
      const { networks, passedOver } = readNetworks(file);
      const roles = [...new Set(networks.map(({ role }) => role))];
      return { memory: networkTable(networks), entries: networks.length, roles, built: 0, passedOver };
    }
  }
}

workInBackground();
new Channel<LoaderSide, Deaf>(new PortTransport(parentPort!), { asks: { read }, tells: {} });
