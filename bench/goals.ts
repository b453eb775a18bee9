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

/** Milliseconds of several runs after one that is not counted: that one, and the best of the others. */
export async function timed(
  runs: number,
  run: () => Promise<unknown>,
): Promise<{ readonly first: number; readonly best: number }> {
  const once = async (): Promise<number> => {
    const start = performance.now();
    await run();
    return performance.now() - start;
  };
  const first = await once();
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) best = Math.min(best, await once());
  return { first, best };
}
