/** The receivers of the receiving benchmarks, and what they cost. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CollectorStatus } from '../src/model/status.js';
import { askCollector } from '../src/observe/control.js';
import { DATA } from './capture.js';
import { cpuOf } from './cpu.js';
import { inside, RECEIVER } from './receive-wire.js';

export const OUT = join(DATA, 'receive');
export function childrenOf(pid: number): number[] {
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

export interface Receiver {
  readonly name: string;
  start(): Promise<Running>;
}

export interface Running {
  readonly pid: number;
  /** Packets received and dropped so far, if the receiver reports them while it runs. */
  counts?(): Promise<Counts>;
  /** Ends it. @returns packets received and dropped */
  stop(): Promise<Counts>;
}

export interface Counts {
  readonly received: number;
  readonly dropped: number;
}

/** A running collector. */
export interface RunningCollector extends Running {
  status(): Promise<CollectorStatus>;
  counts(): Promise<Counts>;
}

export interface Collector extends Receiver {
  start(): Promise<RunningCollector>;
}

/**
 * `mirrorlake collect`, with an embedded store by default.
 *
 * @param main the program.
 */
export function collector(
  name: string,
  main: string,
  words: readonly string[],
  store = join(OUT, 'store'),
): Collector {
  const control = join(OUT, 'control.sock');
  return {
    name,
    async start() {
      rmSync(OUT, { recursive: true, force: true });
      mkdirSync(OUT, { recursive: true });
      const fixed = [main, 'collect', '--store', store, '--control', control];
      const [command, ...args] = inside(process.execPath, ...fixed, ...words);
      const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      await until(child, /receiving GRE on/);
      const status = async (): Promise<CollectorStatus> =>
        (await askCollector(control, { command: 'status' })) as CollectorStatus;
      const counts = async (): Promise<Counts> => {
        const s = await status();
        return {
          received: s.mirrors.reduce((n, m) => n + m.packets, 0),
          dropped: s.receivers.reduce((n, r) => n + r.dropped, 0),
        };
      };
      return {
        pid: child.pid!,
        status,
        counts,
        async stop() {
          const last = await counts();
          await end(child);
          return last;
        },
      };
    },
  };
}

/** Suricata's af-packet capture with one worker; its only output are flows as EVE JSON. */
export function suricata(): Receiver | undefined {
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

/** Waits until a program reports that it is ready. The program ends with this process, however that ends. */
async function until(child: ChildProcess, words: RegExp): Promise<void> {
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
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

/** Ends a program as a service manager does. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until a process is almost idle. */
export async function idle(pid: number): Promise<void> {
  for (let before = -1; ; await pause(1000)) {
    const now = cpuOf(pid);
    if (now - before < 0.05) return;
    before = now;
  }
}
