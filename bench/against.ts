/**
 * Every benchmark's `--against DIR`: compares the costs of this checkout with those of another, both built.
 *
 *   --against DIR   another checkout of mirrorlake, built; measures without peers and goals
 *   --within P      exit 1 if a cost is higher than the other checkout's by more than P % and the noise
 *
 * The two run alternately, the other checkout first and last. So each run of this one lies between two of the
 * other's. Their mean is the reference, and their difference is the noise.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { median, printTable } from './measure.js';

export const ROOT = join(import.meta.dirname, '..');
export const MAIN = mainOf(ROOT);

/** For `parseArgs`. */
export const AGAINST_OPTIONS = { against: { type: 'string' }, within: { type: 'string' } } as const;

/** The costs of one run, by metric, whose name contains the unit. Less is better. */
export type Costs = Readonly<Record<string, number>>;

/** One metric of two checkouts. */
export interface Comparison {
  readonly metric: string;
  /** Medians of the runs. */
  readonly base: number;
  readonly here: number;
  /** This checkout's cost as a ratio of the other's: the median of the pairs. */
  readonly ratio: number;
  /** The relative change of the other checkout's cost from one run to the next: the median. */
  readonly noise: number;
}

/** An option on the command line that is invalid. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
  readonly exitCode = 2;
}

export interface Checkout {
  readonly root: string;
  readonly main: string;
}

/**
 * The checkout in `directory`, as `--against` names it.
 *
 * @throws OptionError if there is none, or it is not built.
 */
export function checkoutIn(directory: string): Checkout {
  const root = resolve(directory);
  const main = mainOf(root);
  if (!isCheckout(root)) {
    throw new OptionError(
      `--against ${directory}: there is no checkout of mirrorlake; \`git worktree add\` makes one`,
    );
  }
  if (!existsSync(main) || !existsSync(join(root, 'node_modules'))) {
    throw new OptionError(`--against ${directory}: it is not built; run \`npm ci && npm run build\` there`);
  }
  return { root, main };
}

function mainOf(root: string): string {
  return join(root, 'dist/cli/main.js');
}

function isCheckout(root: string): boolean {
  try {
    const { name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name?: unknown };
    return name === 'mirrorlake';
  } catch {
    return false;
  }
}

/**
 * Compares the runs of one metric.
 *
 * @param base the other checkout's costs: one more than `here` has, before and after each run.
 */
export function compareRuns(metric: string, base: readonly number[], here: readonly number[]): Comparison {
  const pairs = here.map((cost, i) => cost / ((base[i] + base[i + 1]) / 2));
  const itself = here.map((_, i) => Math.abs(base[i + 1] / base[i] - 1));
  return {
    metric,
    base: median([...base]),
    here: median([...here]),
    ratio: median(pairs),
    noise: median(itself),
  };
}

/** Whether this checkout costs more than the other by more than `percent` and the noise. */
export function isBeyond(c: Comparison, percent: number): boolean {
  return c.ratio > 1 + percent / 100 + c.noise;
}

/** One line about the metrics that exceed the limit; null if none does. */
export function verdict(comparisons: readonly Comparison[], percent: number): string | null {
  const beyond = comparisons.filter((c) => isBeyond(c, percent));
  if (beyond.length === 0) return null;
  const words = beyond.map((c) => `${c.metric} ${c.ratio.toFixed(3)} times, noise ${c.noise.toFixed(3)}`);
  return `more than ${percent} % and the noise above the other checkout: ${words.join('; ')}`;
}

/**
 * Does what `--against` asks for and ends the program with its exit status. Without `--against`, it returns.
 *
 * @param values the command line, parsed with {@link AGAINST_OPTIONS}.
 * @param runs the number of runs of this checkout.
 * @param once runs a checkout once.
 */
export async function against(
  values: { readonly against?: string | undefined; readonly within?: string | undefined },
  runs: number,
  once: (checkout: Checkout) => Costs | Promise<Costs>,
): Promise<void> {
  if (values.against === undefined && values.within === undefined) return;
  try {
    const percent = withinOf(values.within);
    if (values.against === undefined) throw new OptionError('--within needs --against DIR to compare with');
    if (!Number.isInteger(runs) || runs < 1) throw new OptionError('--against needs --runs of 1 or more');
    const comparisons = await takeTurns(checkoutIn(values.against), { root: ROOT, main: MAIN }, runs, once);
    print(comparisons, runs);
    const words = percent === null ? null : verdict(comparisons, percent);
    if (words !== null) process.stderr.write(`${words}\n`);
    process.exit(words === null ? 0 : 1);
  } catch (e) {
    if (!(e instanceof OptionError)) throw e;
    process.stderr.write(`${e.message}\n`);
    process.exit(e.exitCode);
  }
}

function withinOf(word: string | undefined): number | null {
  if (word === undefined) return null;
  const percent = Number(word);
  if (word.trim() === '' || !(percent >= 0)) {
    throw new OptionError(`--within ${word}: it takes a percentage, such as 3`);
  }
  return percent;
}

async function takeTurns(
  base: Checkout,
  here: Checkout,
  runs: number,
  once: (checkout: Checkout) => Costs | Promise<Costs>,
): Promise<Comparison[]> {
  const run = async (name: string, checkout: Checkout): Promise<Costs> => {
    const costs = await once(checkout);
    const words = Object.entries(costs).map(([metric, cost]) => `${cost.toFixed(3)} (${metric})`);
    process.stderr.write(`${name}: ${words.join(', ')}\n`);
    return costs;
  };
  const costs = { base: [await run('base', base)], here: [] as Costs[] };
  for (let n = 0; n < runs; n++) {
    costs.here.push(await run('here', here));
    costs.base.push(await run('base', base));
  }
  const metrics = commonMetrics(costs.base[0], costs.here[0]);
  const of = (list: readonly Costs[], metric: string) => list.map((run) => run[metric]);
  return metrics.map((metric) => compareRuns(metric, of(costs.base, metric), of(costs.here, metric)));
}

/** The metrics that both measure: a checkout may lack one, or have it under another name. */
function commonMetrics(base: Costs, here: Costs): string[] {
  const both = Object.keys(here).filter((metric) => metric in base);
  const alone = Object.keys({ ...base, ...here }).filter((metric) => !both.includes(metric));
  if (both.length === 0) throw new OptionError('--against: the two checkouts measure nothing in common');
  for (const metric of alone) process.stderr.write(`only one of the checkouts measures: ${metric}\n`);
  return both;
}

function print(comparisons: readonly Comparison[], runs: number): void {
  process.stdout.write(`${runs} runs of this checkout, ${runs + 1} of the other, in turn; medians\n`);
  printTable([
    ['metric', 'base', 'here', 'ratio', 'noise'],
    ...comparisons.map((c) => [
      c.metric,
      c.base.toFixed(3),
      c.here.toFixed(3),
      c.ratio.toFixed(3),
      c.noise.toFixed(3),
    ]),
  ]);
}
