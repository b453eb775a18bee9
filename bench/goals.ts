import { cpuSeconds } from './cpu.js';

/** Goals of a benchmark: said as they are reached or missed. */
export class Goals {
  readonly missed: string[] = [];

  reach(met: boolean, words: string): void {
    if (met) return;
    print(`  MISSED ${words}`);
    this.missed.push(words);
  }
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Milliseconds, in columns. */
export function shown(ms: number): string {
  return `${Math.round(ms).toLocaleString('en').padStart(7)} ms`;
}

/** Milliseconds. */
export interface Timed {
  /** Of the first run, and the best of the others. */
  readonly first: number;
  readonly best: number;
  /** CPU time of this process and its engine, the least: on a busy machine it says more than the clock. */
  readonly cpu: number;
}

/** Several runs after one that counts only if it is the only one. */
export async function timed(runs: number, run: () => Promise<unknown>): Promise<Timed> {
  const once = async (): Promise<{ ms: number; cpu: number }> => {
    const [start, used] = [performance.now(), cpuSeconds([process.pid])];
    await run();
    return { ms: performance.now() - start, cpu: (cpuSeconds([process.pid]) - used) * 1000 };
  };
  const first = await once();
  const others = [];
  for (let i = 0; i < runs; i++) others.push(await once());
  const counted = others.length === 0 ? [first] : others;
  return {
    first: first.ms,
    best: Math.min(...counted.map(({ ms }) => ms)),
    cpu: Math.min(...counted.map(({ cpu }) => cpu)),
  };
}
