/** The ring receiver on interfaces that go and come back, with a simulated kernel. */
import { MessageChannel } from 'node:worker_threads';
import { beforeEach, expect, it, vi } from 'vitest';
import { RingReceiver, SPARES } from '../../src/collector/ring/ring-receiver.js';
import { ERRNO } from '../../src/linux/libc.js';
import { REASSEMBLY_DEFAULTS } from '../../src/model/defaults.js';
import { DEFAULT_INPUTS } from '../../src/model/inputs.js';
import { KEEP_ALL } from '../../src/model/kept-words.js';

/**
 * The interface's index now; sockets opened, all with privileges, and sockets closed; whether more may be
 * opened.
 */
const kernel = vi.hoisted(() => ({ index: 1, opened: 0, closed: 0, privileged: true }));

vi.mock('../../src/linux/interface.js', async (original) => ({
  ...(await original<object>()),
  interfaceIndex: () => kernel.index,
  interfaceFlags: () => 1,
  interfaceType: () => 1,
}));
vi.mock('../../src/linux/bpf.js', async (original) => ({
  ...(await original<object>()),
  attachFilter: () => {},
}));
vi.mock('../../src/linux/socket.js', async (original) => ({
  ...(await original<object>()),
  closeSocket: () => void kernel.closed++,
}));
vi.mock('../../src/linux/packet-socket.js', async () => {
  const { LinuxError } = await import('../../src/linux/errors.js');
  const nothing = (): void => {};
  return {
    openDropAll: () => 1,
    openPacketSocket: () => {
      if (!kernel.privileged) throw new LinuxError('open a packet socket', ERRNO.EPERM);
      return 100 + kernel.opened++;
    },
    setUpRing: nothing,
    bindRing: nothing,
    setPromiscuous: nothing,
    joinFanout: nothing,
    setFanoutProgram: nothing,
    resetPacketSocket: nothing,
    PacketStatistics: class {
      packets = 0;
      drops = 0;
      read(): void {}
    },
  };
});

const log: string[] = [];
beforeEach(() => {
  Object.assign(kernel, { index: 1, opened: 0, closed: 0, privileged: true });
  log.length = 0;
});

function receiver(workers: number): RingReceiver {
  const ring = new RingReceiver({
    interfaces: ['eth1'],
    workers,
    ringSize: 1 << 20,
    promiscuous: false,
    inputs: DEFAULT_INPUTS,
    spanOutgoing: false,
    path: {
      collector: 'here',
      sessions: { capacity: 10 },
      reassembly: REASSEMBLY_DEFAULTS,
      rules: {
        mirrors: [],
        unknown: 'observe',
        unknownPoints: 1,
        packets: { bytes: 0, packets: 0 },
        taps: {},
        tapAll: -1,
        separateBy: ['vni'],
        applications: KEEP_ALL,
        groups: new Map(),
        overlays: [],
        timestampsWithin: 2,
        claims: [],
      },
    },
    store: () => ({ port: new MessageChannel().port1, waiting: new SharedArrayBuffer(4) }),
    minute: () => {},
    changes: () => {},
    live: () => ({ rows: () => {}, open: () => {}, frames: () => {} }),
    log: (level, message) => void log.push(`${level}: ${message}`),
    failed: () => {},
  });
  ring.open(true);
  kernel.privileged = false;
  return ring;
}

it('with several workers an interface is taken back as often as sockets were opened ahead', () => {
  const ring = receiver(2);
  // Those of the interface as it was, and as many again for every time it comes back.
  expect(kernel.opened).toBe(2 + 2 * SPARES);
  for (let n = 1; n <= SPARES; n++) {
    kernel.index++;
    ring.watch();
    expect(ring.status()[0].state).toBe('up');
  }
  expect(log.filter((line) => line === 'info: interface eth1 is back; receiving on it')).toHaveLength(SPARES);
  log.length = 0;
  kernel.index++;
  ring.watch();
  ring.watch();
  expect(ring.status()[0].state).toBe('failed');
  expect(log).toEqual([
    'warn: interface eth1 is gone; waiting for it to come back',
    'error: interface eth1: all 64 sockets opened ahead for it are used; restart the ' +
      'collector, or run it with CAP_NET_RAW in place of --user',
  ]);
});
