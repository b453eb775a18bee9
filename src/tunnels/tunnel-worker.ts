/** The thread that tunnels run in: it does what the service says, between packets. */
import { parentPort, workerData } from 'node:worker_threads';
import { Channel, type Deaf } from '../threads/channel.js';
import { PortTransport } from '../threads/transport.js';
import type { TunnelWorkerData, TunnelWorkerSide } from './engine/dialect.js';
import { Engine } from './engine/engine.js';
import { linuxHost } from './engine/linux-host.js';

const port = parentPort!;
const { wake, refused } = workerData as TunnelWorkerData;
const engine = new Engine(linuxHost, wake, refused);
let stopped = false;

const asked = new PortTransport(port, true);
new Channel<TunnelWorkerSide, Deaf>(asked, {
  asks: {
    add: ({ config, counters }) => engine.add(config, counters),
    change: (config) => engine.change(config),
    remove: (name) => engine.remove(name),
    stop: () => {
      engine.close();
      stopped = true;
    },
  },
  tells: {},
});

while (!stopped) if (engine.step()) asked.drain();
port.close();
