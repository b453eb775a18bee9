/** Loss-free rates: how much each receiver takes before the kernel drops packets. */
import { cpuOf } from './cpu.js';
import { dropAfterRings, inject, replay } from './receive-wire.js';
import { type Collector, type Counts, idle, type RunningCollector } from './receivers.js';

/** The rates to try, in order, in thousands of packets per second; and seconds per try. */
const RAW_RATES = [50, 100, 125, 150, 175, 200, 225, 250, 300, 400];
const RING_RATES = [200, 400, 500, 600, 700, 800, 900, 1000, 1200, 1400, 1600];
const SECONDS = 5;
/**
 * The kernel receives packets on one processor, the program on another, and other programs may run too. So a
 * rate counts if one try had no loss.
 */
const TRIES = 3;
/** If less than this share of the rate is received, the kernel is at its limit. */
const REACHED = 0.95;

interface LossFree {
  /** Packets per second. */
  readonly rate: number;
  /** CPU microseconds of the receiving process per packet, at that rate. */
  readonly cpu: number;
  /** Whether the kernel was the limit, not the receiver. */
  readonly end: boolean;
}

export async function printRates(
  ring: Collector,
  raw: Collector,
  packets: number,
  mac: string,
): Promise<void> {
  const most = async (receiver: Collector, rates: readonly number[]): Promise<number> => {
    const { rate, cpu, end } = await lossFree(receiver, rates, packets, mac);
    process.stdout.write(
      `${receiver.name}: loss-free up to ${Math.round(rate / 1000)} k ` +
        `packets/s${end ? ' and more: the kernel receives no more here' : ''}, ` +
        `${cpu.toFixed(2)} µs CPU a packet there\n`,
    );
    return rate;
  };
  const rawRate = await most(raw, RAW_RATES);
  const compare = async (receiver: Collector): Promise<void> => {
    const ratio = (await most(receiver, RING_RATES)) / rawRate;
    process.stdout.write(
      `${receiver.name} takes ${ratio.toFixed(1)} times the packets of ${raw.name}: ` +
        `${ratio >= 4 ? 'the goal is met' : 'the goal is 4.0'}\n`,
    );
  };
  await compare(ring);
  const allow = dropAfterRings();
  await compare({ ...ring, name: `${ring.name}, then dropped` });
  allow();
}

async function lossFree(
  receiver: Collector,
  rates: readonly number[],
  packets: number,
  mac: string,
): Promise<LossFree> {
  const running = await receiver.start();
  await idle(running.pid);
  // Warms up.
  await replay({ packets, rate: 50e3, mac });
  let best: LossFree = { rate: 0, cpu: 0, end: false };
  for (const rate of rates) {
    const reached = await attempt(receiver.name, running, { rate: rate * 1000, packets, mac });
    if (reached === undefined) break;
    if (reached.rate > best.rate) best = reached;
    if (reached.end) {
      best = { ...best, end: true };
      break;
    }
  }
  await running.stop();
  return best;
}

/** @returns the highest rate without loss, or undefined */
async function attempt(
  name: string,
  running: RunningCollector,
  { rate, packets, mac }: { rate: number; packets: number; mac: string },
): Promise<LossFree | undefined> {
  let best: LossFree | undefined;
  for (let i = 0; i < TRIES && (best?.end ?? true); i++) {
    await idle(running.pid);
    const before = { cpu: cpuOf(running.pid), ...(await running.counts()) };
    const { sent, seconds } = await inject({ packets, rate, mac, seconds: SECONDS });
    const lost = await settled(running, before, sent);
    const cpu = ((cpuOf(running.pid) - before.cpu) / sent) * 1e6;
    process.stderr.write(
      `${name}: ${Math.round(sent / seconds / 1000)} k/s, ${lost} of ${sent} dropped, ${cpu.toFixed(2)} µs\n`,
    );
    if (lost === 0 && sent / seconds > (best?.rate ?? 0))
      best = { rate: sent / seconds, cpu, end: sent / seconds < rate * REACHED };
  }
  return best;
}

/** Waits until the kernel has delivered or dropped everything sent. @returns the number of dropped packets */
async function settled(running: RunningCollector, before: Counts, sent: number): Promise<number> {
  for (let i = 0; i < 30; i++) {
    await idle(running.pid);
    const now = await running.counts();
    const dropped = now.dropped - before.dropped;
    if (now.received - before.received + dropped === sent) return dropped;
  }
  throw new Error('packets got lost before they were received');
}
