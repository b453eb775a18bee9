/** Makes a table of the networks that the store has, in a thread of its own (loaded-networks.ts). */
import { parentPort } from 'node:worker_threads';
import { networkTable } from '../../networks/network-table.js';
import { networksOfLines } from '../../store/networks/network-lines.js';
import { workInBackground } from '../../threads/background.js';
import { Channel, type Deaf } from '../../threads/channel.js';
import { PortTransport } from '../../threads/transport.js';
import type { TableSide } from './loaded-networks.js';

workInBackground();
new Channel<TableSide, Deaf>(new PortTransport(parentPort!), {
  asks: {
    table: (lines) => {
      const networks = [...networksOfLines([lines])];
      return { table: networkTable(networks), roles: [...new Set(networks.map(({ role }) => role))] };
    },
  },
  tells: {},
});
