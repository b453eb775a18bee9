/** What the console's process takes while nobody looks: memory without its engine, and CPU time. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { MAIN } from './against.js';
import { cpuOf } from './cpu.js';
import { type Goals, print } from './goals.js';
import { childrenOf, pause } from './receivers.js';

/** Seconds after its start at which it is looked at: what was needed for it only is given back by then. */
const LATER = 60;
const MOST_MB = 80;

export interface Serving {
  readonly child: ChildProcess;
  readonly url: string;
  end(): Promise<void>;
}

/** `mirrorlake console` over a store, in a process of its own. */
export async function serve(store: string, ...words: string[]): Promise<Serving> {
  const given = ['console', '--store', store, '--listen', '127.0.0.1:0', '--no-open', ...words];
  const child = spawn(process.execPath, [MAIN, ...given], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const [url] = /^\S+/.exec(line.toString()) ?? [''];
  return {
    child,
    url,
    end: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Megabytes of a process that are resident, and its share of those that it shares. */
function memoryOf(pid: number): { readonly rss: number; readonly pss: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mb = (name: string): number =>
    (Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(text)?.[1]) * 1024) / 1e6;
  return { rss: mb('Rss'), pss: mb('Pss') };
}

export async function printIdle(store: string, goals: Goals): Promise<void> {
  const { child, end } = await serve(store);
  const pid = child.pid!;
  await pause(5000);
  const early = memoryOf(pid);
  const before = cpuOf(pid);
  await pause((LATER - 5) * 1000);
  const { rss, pss } = memoryOf(pid);
  const cpu = ((cpuOf(pid) - before) / (LATER - 5)) * 100;
  print(
    `idle process: ${rss.toFixed(0)} MB resident after ${LATER} s (${early.rss.toFixed(0)} after 5 s), its ` +
      `share ${pss.toFixed(0)} MB; ${cpu.toFixed(2)} % of a core; ${childrenOf(pid).length} children; load ` +
      loadavg()[0].toFixed(1),
  );
  goals.reach(rss <= MOST_MB, `idle process: at most ${MOST_MB} MB`);
  goals.reach(childrenOf(pid).length === 0, 'idle process: no engine before the first question');
  await end();
}
