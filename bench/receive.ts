/**
 * npm run bench:receive: what receiving costs, and how much is received without loss, over a veth pair.
 *
 *   --packets N   packets of the replay (1000000)
 *   --runs N      runs of each receiver, taking turns (3)
 *   --rates       also look for the loss-free rate of each receiver
 *
 * Needs root, and Suricata for the comparison (install-peers.sh). The CPU time is that of the receiving process, user
 * and system, from the first packet until all are done with, after a first replay that is not counted; the engine of an
 * embedded store is told apart.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { askCollector } from '../src/observe/control.js';
import type { CollectorStatus } from '../src/observe/status.js';
import { median } from './measure.js';

const ROOT = join(import.meta.dirname, '..');
const DATA = join(import.meta.dirname, 'data');
const OUT = join(DATA, 'receive');
const NETNS = 'ml-bench';
/** The end that sends, and the end in the namespace that receives; the generator's packets go to this address. */
const SENDER = 'ml-bench0';
const RECEIVER = 'ml-bench1';
const ADDRESS = '10.255.0.1/8';
const TICKS = 100;
/** Packets a second that receivers keep up with: what receiving costs is told apart from what is lost. */
const RATE = 150_000;
const RAW_RATE = 50_000;

const { values: options } = parseArgs({
  options: {
    packets: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '3' },
    rates: { type: 'boolean', default: false },
  },
});

function ip(words: string, may = false): void {
  const run = spawnSync('ip', words.split(' '), { encoding: 'utf8' });
  if (run.status !== 0 && !may) throw new Error(`ip ${words}: ${run.stderr}`);
}

function inside(...command: string[]): string[] {
  return ['ip', 'netns', 'exec', NETNS, ...command];
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** CPU seconds of a process, its threads included, children not. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      try {
        return Number(readFileSync(`/proc/${child}/stat`, 'utf8').split(') ')[1].split(' ')[1]) === pid;
      } catch {
        return false;
      }
    });
}

function setUp(): string {
  ip(`netns del ${NETNS}`, true);
  ip(`link del ${SENDER}`, true);
  ip(`netns add ${NETNS}`);
  ip(`link add ${SENDER} type veth peer name ${RECEIVER} netns ${NETNS}`);
  ip(`link set ${SENDER} mtu 2000 up`);
  for (const words of [
    `link set ${RECEIVER} mtu 2000 up`,
    `addr add ${ADDRESS} dev ${RECEIVER}`,
    'link set lo up',
  ]) {
    ip(`-n ${NETNS} ${words}`);
  }
  for (const i of ['all', RECEIVER]) {
    spawnSync('ip', ['netns', 'exec', NETNS, 'sysctl', '-qw', `net.ipv4.conf.${i}.rp_filter=0`]);
  }
  return JSON.parse(
    spawnSync('ip', ['-n', NETNS, '-j', 'link', 'show', RECEIVER], { encoding: 'utf8' }).stdout,
  )[0].address;
}

interface Result {
  /** Seconds of CPU of the receiving process, and of its children (the embedded store's engine). */
  readonly cpu: number;
  readonly engine: number;
  /** Of both replays. */
  readonly sent: number;
  readonly received: number;
  readonly dropped: number;
  /** Packets a second that were sent. */
  readonly rate: number;
}

interface Receiver {
  readonly name: string;
  start(): Promise<Running>;
}

interface Running {
  readonly pid: number;
  /** Ends it. @returns packets received and dropped */
  stop(): Promise<{ received: number; dropped: number }>;
}

async function replay(rate: number, mac: string): Promise<{ sent: number; seconds: number }> {
  const capture = join(DATA, `${options.packets}.pcap`);
  const args = ['--import', 'tsx', join(import.meta.dirname, 'replay.ts'), capture, SENDER];
  const child = spawn(process.execPath, [...args, '--rate', String(rate), '--mac', mac], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: ROOT,
  });
  let text = '';
  child.stdout.on('data', (d: Buffer) => {
    text += d.toString();
  });
  await once(child, 'exit');
  return JSON.parse(text) as { sent: number; seconds: number };
}

function collector(name: string, words: string[]): Receiver {
  const control = join(OUT, 'control.sock');
  return {
    name,
    async start() {
      rmSync(OUT, { recursive: true, force: true });
      mkdirSync(OUT, { recursive: true });
      const main = join(ROOT, 'dist/cli/main.js');
      const [command, ...args] = inside(
        process.execPath,
        main,
        'collect',
        '--store',
        join(OUT, 'store'),
        '--control',
        control,
        ...words,
      );
      const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      await until(child, /receiving GRE on/);
      return {
        pid: child.pid!,
        async stop() {
          const s = (await askCollector(control, { command: 'status' })) as CollectorStatus;
          await end(child);
          const received = s.mirrors.reduce((n, m) => n + m.packets, 0);
          return { received, dropped: s.receivers.reduce((n, r) => n + r.dropped, 0) };
        },
      };
    },
  };
}

/** Suricata's af-packet capture with one worker, flows as EVE JSON its only output. */
function suricata(): Receiver | undefined {
  if (spawnSync('suricata', ['-V']).error) return undefined;
  return {
    name: 'suricata af-packet',
    async start() {
      rmSync(OUT, { recursive: true, force: true });
      mkdirSync(OUT, { recursive: true });
      const config = join(OUT, 'suricata.yaml');
      writeFileSync(
        config,
        `${readFileSync(join(import.meta.dirname, 'suricata.yaml'), 'utf8')}${AF_PACKET_YAML}`,
      );
      const [command, ...args] = inside(
        'suricata',
        '-c',
        config,
        '--af-packet',
        '-l',
        OUT,
        '--runmode',
        'workers',
        '-S',
        '/dev/null',
      );
      const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      await until(child, /[Ee]ngine started|initialized, engine/);
      let words = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (d: Buffer) => {
          words += d.toString();
        });
      }
      return {
        pid: child.pid!,
        async stop() {
          await end(child);
          const counts = /packets: (\d+), drops: (\d+)/.exec(words);
          return {
            received: Number(counts?.[1] ?? 0) - Number(counts?.[2] ?? 0),
            dropped: Number(counts?.[2] ?? 0),
          };
        },
      };
    },
  };
}

const AF_PACKET_YAML = `
af-packet:
  - interface: ${RECEIVER}
    threads: 1
    cluster-id: 99
    cluster-type: cluster_flow
    use-mmap: yes
    tpacket-v3: yes
    ring-size: 65536
    block-size: 1048576
    defrag: yes
    checksum-checks: no
`;

async function until(child: ChildProcess, words: RegExp): Promise<void> {
  let text = '';
  await new Promise<void>((resolve, reject) => {
    const data = (d: Buffer): void => {
      text += d.toString();
      if (words.test(text)) resolve();
    };
    child.stdout?.on('data', data);
    child.stderr?.on('data', data);
    child.on('exit', () => reject(new Error(`it ended: ${text}`)));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Two replays at a receiver of its own: one to warm up, as a collector is that runs for months, and one that is measured. */
async function runOnce(receiver: Receiver, rate: number, mac: string): Promise<Result> {
  const running = await receiver.start();
  await idle(running.pid);
  const warm = await replay(rate, mac);
  await idle(running.pid);
  const engines = childrenOf(running.pid);
  const engineCpu = (): number => engines.reduce((sum, pid) => sum + cpuOf(pid), 0);
  const before = [cpuOf(running.pid), engineCpu()];
  const { sent, seconds } = await replay(rate, mac);
  await idle(running.pid);
  const after = [cpuOf(running.pid), engineCpu()];
  const counts = await running.stop();
  return {
    cpu: after[0] - before[0],
    engine: after[1] - before[1],
    ...counts,
    sent: warm.sent + sent,
    rate: sent / seconds,
  };
}

/** Waits until a process does next to nothing. */
async function idle(pid: number): Promise<void> {
  for (let before = -1; ; await pause(1000)) {
    const now = cpuOf(pid);
    if (now - before < 0.05) return;
    before = now;
  }
}

/** The highest rate of a few at which nothing is lost, in words. */
async function lossFree(receiver: Receiver, mac: string): Promise<string> {
  let best = 0;
  for (const rate of [50e3, 100e3, 150e3, 200e3, 250e3, 300e3, 400e3, 500e3, 600e3, 800e3, 1e6]) {
    const r = await runOnce(receiver, rate, mac);
    process.stderr.write(`${receiver.name}: ${Math.round(r.rate / 1000)} k/s, ${r.dropped} dropped\n`);
    if (r.dropped > 0) break;
    best = r.rate;
    if (r.rate < rate * 0.9)
      return `${Math.round(best / 1000)} k packets/s and more: the sender does no more here`;
  }
  return `${Math.round(best / 1000)} k packets/s`;
}

function generate(): void {
  const capture = join(DATA, `${options.packets}.pcap`);
  if (existsSync(`${capture}.json`)) return;
  mkdirSync(DATA, { recursive: true });
  const args = [
    '--import',
    'tsx',
    join(import.meta.dirname, 'generate.ts'),
    '--packets',
    options.packets,
    '--output',
    capture,
  ];
  if (spawnSync(process.execPath, args, { stdio: 'inherit', cwd: ROOT }).status !== 0) process.exit(1);
}

async function main(): Promise<void> {
  generate();
  const load = loadavg()[0];
  if (load > 0.5)
    process.stderr.write(`the load of this machine is ${load.toFixed(1)}: rates will be too low\n`);
  const mac = setUp();
  try {
    const ring = collector('mirrorlake ring', ['--interface', RECEIVER]);
    const raw = collector('mirrorlake raw', []);
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
    const packets = Number(options.packets);
    process.stdout.write('receiver             µs CPU a packet  engine       sent   received  dropped\n');
    for (const [name, list] of results) {
      const us = (field: 'cpu' | 'engine'): string =>
        ((median(list.map((r) => r[field])) / packets) * 1e6).toFixed(2);
      const { sent, received, dropped } = list[list.length - 1];
      process.stdout.write(
        `${name.padEnd(20)} ${us('cpu').padStart(15)} ${us('engine').padStart(7)} ${String(sent).padStart(10)} ${String(received).padStart(10)} ${String(dropped).padStart(8)}\n`,
      );
    }
    if (peer !== undefined) {
      const cpu = (name: string): number => median((results.get(name) ?? []).map((r) => r.cpu));
      const ratio = cpu(ring.name) / cpu(peer.name);
      process.stdout.write(
        `${ring.name} takes ${ratio.toFixed(2)} times the CPU time of ${peer.name}: ${ratio <= 1 ? 'the goal is met' : 'the goal is 1.00'}\n`,
      );
    }
    if (options.rates) {
      for (const r of [ring, raw]) {
        process.stdout.write(`${r.name}: loss-free up to ${await lossFree(r, mac)}\n`);
      }
    }
  } finally {
    ip(`netns del ${NETNS}`, true);
    ip(`link del ${SENDER}`, true);
  }
}

await main();
