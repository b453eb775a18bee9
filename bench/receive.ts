/**
 * npm run bench:receive: the cost of receiving, and the loss-free rate, over a veth pair.
 *
 *   --packets N   packets of the replay (1000000)
 *   --runs N      runs of each receiver, alternating (3); 0 leaves them out
 *   --rates       also looks for the loss-free rate of each receiver
 *   --xdp         also compares AF_XDP with the ring, the kernel's work included
 *   --networks    also replaces a file of a million networks, at 300,000 packets/s
 *   --stopped     also suspends the store's server for a minute, at 100,000 packets/s
 *   --against DIR, --within P   compares with another checkout, see against.ts
 *
 * Needs root, and Suricata for the comparison (install-peers.sh). The CPU time is that of the receiving
 * process, user and system, from the first packet until all are processed, after a first replay that does not
 * count. That of an embedded store's engine is shown separately.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { AGAINST_OPTIONS, against, type Checkout, type Costs, MAIN } from './against.js';
import { generatedCapture } from './capture.js';
import { cpuOf } from './cpu.js';
import { median } from './measure.js';
import { printNetworks } from './receive-networks.js';
import { printRates } from './receive-rates.js';
import { printStopped } from './receive-stopped.js';
import { dropAtOnce, injectBursts, RECEIVER, replay, setUp, tearDown } from './receive-wire.js';
import { childrenOf, collector, idle, type Receiver, suricata } from './receivers.js';

/** Packets per second that receivers keep up with, so that the cost is measured without losses. */
const RATE = 150_000;
const RAW_RATE = 50_000;
/** Fewer packets than a ring of 64 MiB, or as much of AF_XDP's memory, has room for. */
const BURST = 12_000;
const BURSTS = 40;

const { values: options } = parseArgs({
  options: {
    packets: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '3' },
    rates: { type: 'boolean', default: false },
    stopped: { type: 'boolean', default: false },
    xdp: { type: 'boolean', default: false },
    networks: { type: 'boolean', default: false },
    ...AGAINST_OPTIONS,
  },
});
const packets = Number(options.packets);

interface Result {
  /** CPU seconds of the receiving process, and of its children (the embedded store's engine). */
  readonly cpu: number;
  readonly engine: number;
  /** Packets received during the measurement; if the receiver does not report them, all of the replay. */
  readonly measured: number;
  /** Packets of both replays. */
  readonly sent: number;
  readonly received: number;
  readonly dropped: number;
}

/**
 * Starts a receiver and replays twice: once to warm up, like a collector that has run for months, and once to
 * measure.
 */
async function runOnce(receiver: Receiver, rate: number, mac: string): Promise<Result> {
  const running = await receiver.start();
  await idle(running.pid);
  const warm = await replay({ packets, rate, mac });
  await idle(running.pid);
  const engines = childrenOf(running.pid);
  const engineCpu = (): number => engines.reduce((sum, pid) => sum + cpuOf(pid), 0);
  const before = [cpuOf(running.pid), engineCpu()];
  const had = await running.counts?.();
  const { sent } = await replay({ packets, rate, mac });
  await idle(running.pid);
  const after = [cpuOf(running.pid), engineCpu()];
  const counts = await running.stop();
  return {
    cpu: after[0] - before[0],
    engine: after[1] - before[1],
    measured: had === undefined ? packets : counts.received - had.received,
    ...counts,
    sent: warm.sent + sent,
  };
}

async function costs(ring: Receiver, raw: Receiver, mac: string): Promise<void> {
  const peer = suricata();
  const receivers = [ring, ...(peer === undefined ? [] : [peer]), raw];
  const results = new Map(receivers.map((r) => [r.name, [] as Result[]]));
  for (let n = 0; n < Number(options.runs); n++) {
    for (const r of receivers) {
      const result = await runOnce(r, r === raw ? RAW_RATE : RATE, mac);
      process.stderr.write(`${r.name}: ${result.cpu.toFixed(2)} s of CPU\n`);
      results.get(r.name)!.push(result);
    }
  }
  process.stdout.write('receiver             µs CPU a packet  engine       sent   received  dropped\n');
  for (const [name, list] of results) {
    const us = (field: 'cpu' | 'engine'): string =>
      ((median(list.map((r) => r[field])) / packets) * 1e6).toFixed(2);
    const { sent, received, dropped } = list[list.length - 1];
    process.stdout.write(
      `${name.padEnd(20)} ${us('cpu').padStart(15)} ${us('engine').padStart(7)} ` +
        `${String(sent).padStart(10)} ${String(received).padStart(10)} ${String(dropped).padStart(8)}\n`,
    );
  }
  if (peer !== undefined) {
    const cpu = (name: string): number => median((results.get(name) ?? []).map((r) => r.cpu));
    const ratio = cpu(ring.name) / cpu(peer.name);
    process.stdout.write(
      `${ring.name} takes ${ratio.toFixed(2)} times the CPU time of ${peer.name}: ` +
        `${ratio <= 1 ? 'the goal is met' : 'the goal is 1.00'}\n`,
    );
  }
}

/** The cost per packet of a checkout's collector, with a ring and with raw sockets. */
async function costsOf({ main }: Checkout): Promise<Costs> {
  generatedCapture(packets);
  const mac = setUp();
  try {
    const costs: Record<string, number> = {};
    for (const [receiver, rate] of [
      [ring(main), RATE],
      [raw(main), RAW_RATE],
    ] as const) {
      const { cpu, engine, measured, sent, received } = await runOnce(receiver, rate, mac);
      if (received < sent) process.stderr.write(`${receiver.name}: ${sent - received} packets were lost\n`);
      costs[`${receiver.name}, µs of CPU a packet`] = (cpu / measured) * 1e6;
      costs[`${receiver.name}, engine, µs of CPU a packet`] = (engine / measured) * 1e6;
    }
    return costs;
  } finally {
    tearDown();
  }
}

/**
 * What AF_XDP and the ring cost, the kernel included: packets come from a veth pair's peer in bursts, as fast
 * as the kernel receives them, and the ring or the sockets have room for all. What sending takes is
 * subtracted: the same packets, dropped on arrival.
 */
async function compareXdp(mac: string): Promise<void> {
  const receivers = [ring(MAIN), xdp(MAIN)];
  const cost = new Map(receivers.map((r) => [r.name, [] as { process: number; kernel: number }[]]));
  const alone: number[] = [];
  const us = (seconds: number, sent: number): number => (seconds / sent) * 1e6;
  for (let n = 0; n < Math.max(1, Number(options.runs)); n++) {
    const undo = dropAtOnce();
    const dropped = await injectBursts(packets, mac, BURSTS, BURST);
    undo();
    alone.push(us(dropped.cpu, dropped.sent));
    for (const r of receivers) {
      const running = await r.start();
      await idle(running.pid);
      await injectBursts(packets, mac, BURSTS, BURST);
      await idle(running.pid);
      const before = cpuOf(running.pid);
      const { cpu, sent } = await injectBursts(packets, mac, BURSTS, BURST);
      const took = cpuOf(running.pid) - before;
      const counts = await running.stop();
      const one = { process: us(took, sent), kernel: us(cpu, sent) };
      cost.get(r.name)!.push(one);
      process.stderr.write(
        `${r.name}: ${one.process.toFixed(2)} µs in the process, ${one.kernel.toFixed(2)} µs in the kernel ` +
          `with sending; ${counts.received} received, ${counts.dropped} dropped\n`,
      );
    }
  }
  const sending = median(alone);
  process.stdout.write(`sending alone: ${sending.toFixed(2)} µs a packet\n`);
  const sums = receivers.map(({ name }) => {
    const [own, kernel] = (['process', 'kernel'] as const).map((of) =>
      median(cost.get(name)!.map((c) => c[of])),
    );
    const sum = own + kernel - sending;
    process.stdout.write(
      `${name}: ${own.toFixed(2)} µs a packet in the process, ${(kernel - sending).toFixed(2)} in the ` +
        `kernel, ${sum.toFixed(2)} together\n`,
    );
    return sum;
  });
  process.stdout.write(`AF_XDP takes ${(sums[1] / sums[0]).toFixed(2)} of the ring's CPU time\n`);
}

const xdp = (main: string) =>
  collector('mirrorlake xdp', main, ['--interface', RECEIVER, '--receiver', 'xdp']);
const ring = (main: string) => collector('mirrorlake ring', main, ['--interface', RECEIVER]);
const raw = (main: string) => collector('mirrorlake raw', main, []);

async function main(): Promise<void> {
  generatedCapture(packets);
  const load = loadavg()[0];
  if (load > 0.5)
    process.stderr.write(`the load of this machine is ${load.toFixed(1)}: rates will be too low\n`);
  const mac = setUp();
  try {
    if (Number(options.runs) > 0) await costs(ring(MAIN), raw(MAIN), mac);
    if (options.xdp) await compareXdp(mac);
    if (options.rates) await printRates(ring(MAIN), raw(MAIN), packets, mac);
    if (options.networks) await printNetworks(packets, mac);
    if (options.stopped) await printStopped(packets, mac);
  } finally {
    tearDown();
  }
}

await against(options, Number(options.runs), costsOf);
await main();
