/** A store stops for a minute at a high packet rate: nothing may be lost, and memory must not grow. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClickHouseServer } from '../test/support/clickhouse-server.js';
import { MAIN } from './against.js';
import { RECEIVER, replay, setUpStoreWire } from './receive-wire.js';
import { collector, idle, pause, type RunningCollector } from './receivers.js';

const RATE = 100_000;
/** Seconds: before the store stops, while it is suspended, and after. */
const BEFORE = 10;
const STOPPED = 60;
const AFTER = 10;
const DATABASE = 'mirrorlake';

export async function printStopped(packets: number, mac: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-bench-stopped-'));
  const server = await ClickHouseServer.start({ path: join(directory, 'store'), host: setUpStoreWire() });
  try {
    const config = join(directory, 'mirrorlake.yaml');
    writeFileSync(config, `spool: { directory: ${join(directory, 'spool')} }\n`);
    const words = ['--interface', RECEIVER, '--config', config];
    const running = await collector('mirrorlake ring', MAIN, words, `${server.url}/${DATABASE}`).start();
    await measure(running, server, packets, mac);
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(
  running: RunningCollector,
  server: ClickHouseServer,
  packets: number,
  mac: string,
): Promise<void> {
  await idle(running.pid);
  const seconds = BEFORE + STOPPED + AFTER;
  const replayed = replay({ packets, rate: RATE, mac, seconds });
  const report = async (when: string): Promise<void> => {
    const s = await running.status();
    const { dropped } = await running.counts();
    const spool = `${s.store.spool_segments} segments, ${mib(s.store.spool_bytes)} wait`;
    process.stdout.write(
      `${when.padEnd(26)} ${dropped} dropped by the kernel, ${s.store.rows_stored} rows ` +
        `stored, ${spool}, ${resident(running.pid)}\n`,
    );
  };
  // The replay first reads its capture.
  for (let n = 0; n === 0; await pause(100)) n = (await running.counts()).received;
  await pause(BEFORE * 1000);
  await report('before the store stops');
  process.kill(server.pid, 'SIGSTOP');
  await pause(STOPPED * 1000);
  await report(`stopped for ${STOPPED} s`);
  process.kill(server.pid, 'SIGCONT');
  const { sent } = await replayed;
  await report('after the last packet');
  await spoolEmpty(running);
  await report('once nothing waits');
  const { received, dropped } = await running.stop();
  const stored = async (sql: string): Promise<string> => (await server.sql(sql)).trim();
  const inSessions = await stored(`SELECT sum(client_packets + server_packets) FROM ${DATABASE}.sessions`);
  const inMirrors = await stored(`SELECT sum(packets) FROM ${DATABASE}.mirrors`);
  const rows = await stored(`SELECT count() FROM ${DATABASE}.sessions`);
  process.stdout.write(
    `sent ${sent}, received ${received}, dropped by the kernel ${dropped}; in the store: ` +
      `${inMirrors} in mirrors, ${inSessions} in ${rows} rows of sessions\n`,
  );
  const whole = dropped === 0 && [received, Number(inSessions), Number(inMirrors)].every((n) => n === sent);
  process.stdout.write(whole ? 'nothing is lost: the goal is met\n' : 'MISSED: something is lost\n');
}

/** Waits until the store has everything that was spooled. */
async function spoolEmpty(running: RunningCollector): Promise<void> {
  for (let empty = 0; empty < 20; await pause(100)) {
    empty = (await running.status()).store.spool_bytes < 1 << 20 ? empty + 1 : 0;
  }
}

/** Resident memory of a process: current and peak (proc(5)). */
function resident(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string): string => mib(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1024);
  return `${of('VmRSS')} resident, ${of('VmHWM')} at most`;
}

const mib = (bytes: number): string => `${Math.round(bytes / 1048576)} MiB`;
