/** A file of a million networks is replaced while packets come: none may be lost for it. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClickHouseServer } from '../test/support/clickhouse-server.js';
import { MAIN } from './against.js';
import { inject, RECEIVER, setUpStoreWire } from './receive-wire.js';
import { collector, idle, pause, type RunningCollector } from './receivers.js';

const RATE = 300_000;
const NETWORKS = 1_000_000;
const SECONDS = 40;
const WARM_UP = 5;
const DATABASE = 'mirrorlake';
/** When the file is replaced, seconds after the first packet. */
const REPLACED = 5;

export async function printNetworks(packets: number, mac: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-bench-networks-'));
  const server = await ClickHouseServer.start({ path: join(directory, 'store'), host: setUpStoreWire() });
  try {
    const file = join(directory, 'networks.csv');
    writeFileSync(file, networks('before'));
    const config = join(directory, 'mirrorlake.yaml');
    writeFileSync(config, `networks: ${file}\nspool: { directory: ${join(directory, 'spool')} }\n`);
    const words = ['--interface', RECEIVER, '--config', config];
    const running = await collector('mirrorlake ring', MAIN, words, `${server.url}/${DATABASE}`).start();
    await inject({ packets, rate: 50e3, mac, seconds: WARM_UP });
    // A store is on another machine: here its work would take the processor from the receiver. Rows wait.
    process.kill(server.pid, 'SIGSTOP');
    const alone = await measure(running, { packets, mac, replace: () => {} });
    writeFileSync(`${file}.new`, networks('after'));
    const loading = await measure(running, { packets, mac, replace: () => renameSync(`${file}.new`, file) });
    process.kill(server.pid, 'SIGCONT');
    await running.stop();
    const { taken } = loading;
    const when = taken === undefined ? 'not' : `${taken.toFixed(1)} s later`;
    const shares = [alone, loading].map(({ dropped, sent }) => `${dropped} of ${sent}`);
    process.stdout.write(
      `${NETWORKS.toLocaleString('en')} networks replaced while ${Math.round(loading.rate / 1000)} k ` +
        `packets/s came: taken over ${when}, ${shares[1]} packets dropped, without the load ${shares[0]}: ` +
        `${loading.dropped === 0 && taken !== undefined ? 'the goal is met' : 'MISSED'}\n`,
    );
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Measured {
  readonly dropped: number;
  readonly sent: number;
  /** Packets per second. */
  readonly rate: number;
  /** Seconds until the file that replaces was taken over; undefined: it was not while packets came. */
  readonly taken: number | undefined;
}

async function measure(
  running: RunningCollector,
  { packets, mac, replace }: { packets: number; mac: string; replace: () => void },
): Promise<Measured> {
  await idle(running.pid);
  const before = await running.counts();
  const since = (await running.status()).addresses?.networks_since;
  const injected = inject({ packets, rate: RATE, mac, seconds: SECONDS });
  let ended = false;
  void injected.finally(() => {
    ended = true;
  });
  // The injection first reads its capture.
  for (let n = before.received; n === before.received; await pause(100))
    n = (await running.counts()).received;
  await pause(REPLACED * 1000);
  replace();
  const replaced = performance.now();
  let taken: number | undefined;
  while (!ended && taken === undefined) {
    await pause(500);
    const { addresses } = await running.status();
    if (addresses?.networks_since !== since) taken = (performance.now() - replaced) / 1000;
  }
  const { sent, seconds } = await injected;
  await idle(running.pid);
  const { dropped } = await running.counts();
  return { dropped: dropped - before.dropped, sent, rate: sent / seconds, taken };
}

/** A million networks of a /24, and one around the benchmark's hosts. */
function networks(name: string): string {
  const lines = ['prefix,name,role', `10.0.0.0/8,${name},hosts`];
  for (let n = 1; n < NETWORKS; n++)
    lines.push(`${16 + (n >>> 16)}.${(n >>> 8) & 255}.${n & 255}.0/24,net-${n},servers`);
  return `${lines.join('\n')}\n`;
}
