/**
 * npm run bench: how fast captures become sessions, compared with the peers that are installed
 * (install-peers.sh).
 *
 *   --packets N   packets in the capture (1000000)
 *   --runs N      runs of each program, alternating (5)
 *   --workers N   threads that make sessions (what read chooses)
 *   --check       exit 1 if a goal is missed
 *   --against DIR, --within P   compares with another checkout, see against.ts
 *
 * Captures are generated once, in bench/data. Every program reads from the page cache and writes to disk.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AGAINST_OPTIONS, against, type Checkout, type Costs, MAIN } from './against.js';
import { DATA, generatedCapture } from './capture.js';
import { type Contender, emptyDirectory, mirrorlake, peers } from './contenders.js';
import type { Summary } from './generate.js';
import { measure, median, printTable, type Run } from './measure.js';
import { printStart } from './start.js';

const { values: options } = parseArgs({
  options: {
    packets: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '5' },
    workers: { type: 'string' },
    check: { type: 'boolean', default: false },
    ...AGAINST_OPTIONS,
  },
});

interface Result {
  name: string;
  version: string;
  runs: Run[];
  flows: number | null;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** The capture with this number of packets, in the page cache. */
function capture(packets: number): { file: string; summary: Summary } {
  const file = generatedCapture(packets);
  readFileSync(file).fill(0);
  return { file, summary: JSON.parse(readFileSync(`${file}.json`, 'utf8')) as Summary };
}

function runOnce(contender: Contender, file: string, result: Result): void {
  const out = emptyDirectory(join(DATA, 'out'));
  const stdout = join(DATA, 'out', 'stdout');
  const run = measure(contender.command(file, out), stdout, join(DATA, 'out', 'stderr'));
  result.runs.push(run);
  result.flows = contender.flows(out, stdout);
  say(`${contender.name}: ${run.wall.toFixed(2)} s`);
}

/** Runs all alternately, `runs` times each, so that other load on the machine affects all alike. */
function compare(contenders: { contender: Contender; file: string }[], runs: number): Result[] {
  const results = contenders.map(
    ({ contender }): Result => ({
      name: contender.name,
      version: contender.version,
      runs: [],
      flows: null,
    }),
  );
  for (let r = 0; r < runs; r++) {
    contenders.forEach(({ contender, file }, i) => {
      runOnce(contender, file, results[i]!);
    });
  }
  return results;
}

const wall = (r: Result) => median(r.runs.map((run) => run.wall));
const cpu = (r: Result) => median(r.runs.map((run) => run.cpu));
const rss = (r: Result) => Math.max(...r.runs.map((run) => run.maxRss));

function report(results: Result[], packets: number): void {
  const rows = [['', 'wall min', 'wall median', 'cpu median', 'max RSS', 'packets/s', 'µs/packet', 'flows']];
  for (const r of results) {
    rows.push([
      r.name,
      `${Math.min(...r.runs.map((run) => run.wall)).toFixed(2)} s`,
      `${wall(r).toFixed(2)} s`,
      `${cpu(r).toFixed(2)} s`,
      `${(rss(r) / 1e6).toFixed(0)} MB`,
      `${Math.round(packets / wall(r) / 1000)} k`,
      ((wall(r) / packets) * 1e6).toFixed(2),
      String(r.flows ?? '?'),
    ]);
  }
  printTable(rows);
}

interface Goal {
  what: string;
  value: number | null;
  atMost: number;
}

/** The cost of a checkout's `read` on this capture. */
function costsOf({ main }: Checkout, { file, summary }: { file: string; summary: Summary }): Costs {
  const costs: Record<string, number> = {};
  const { ndjson, store } = mirrorlake(main, 'sessions');
  for (const contender of [ndjson, store]) {
    const result: Result = { name: contender.name, version: contender.version, runs: [], flows: null };
    runOnce(contender, file, result);
    if (result.flows !== summary.sessions) {
      throw new Error(`${main}: ${result.flows} sessions, the generator sent ${summary.sessions}`);
    }
    costs[`${contender.name}, s of CPU`] = cpu(result);
    costs[`${contender.name}, s`] = wall(result);
  }
  return costs;
}

const packets = Number(options.packets);
const runs = Number(options.runs);
await against(options, runs, (checkout) => costsOf(checkout, capture(packets)));
const data = capture(packets);
const four = capture(4 * packets);
const { installed, missing } = peers();
const { ndjson: NDJSON, store: STORE } = mirrorlake(MAIN, 'sessions,transactions', options.workers);
const contenders = [NDJSON, STORE, ...installed];

// Other load takes the second core from programs that use it.
const load = loadavg()[0]!;
if (load > 0.5)
  say(`the load of this machine is ${load.toFixed(1)} before the benchmark: times will be too long`);

const results = compare(
  contenders.map((contender) => ({ contender, file: data.file })),
  runs,
);
// A comparison of its own, so that both captures meet the machine in the same state.
const SURICATA = installed.find((contender) => contender.name === 'suricata');
const [once, larger, largerStore, largerSuricata] = compare(
  [
    { contender: NDJSON, file: data.file },
    { contender: NDJSON, file: four.file },
    { contender: STORE, file: four.file },
    ...(SURICATA ? [{ contender: SURICATA, file: four.file }] : []),
  ],
  Math.min(runs, 3),
) as [Result, Result, Result, Result?];
const [ndjson, store, ...others] = results as [Result, Result, ...Result[]];

print(
  `${packets} packets, ${(data.summary.bytes / 1e6).toFixed(0)} MB, ${data.summary.sessions} ` +
    `sessions; ${runs} runs each, in turn`,
);
print(`${cpus().length} cores, ${cpus()[0]!.model}; load before: ${load.toFixed(1)}`);
for (const c of contenders) print(`${c.name}: ${c.version}`);
if (missing.length > 0) print(`not installed (bench/install-peers.sh): ${missing.join(', ')}`);
print();
report(results, packets);
print();
report([{ ...once, name: `${NDJSON.name}, ${packets}` }], packets);
print();
const inLarger = [larger, largerStore, ...(largerSuricata ? [largerSuricata] : [])];
report(
  inLarger.map((r) => ({ ...r, name: `${r.name}, ${4 * packets}` })),
  4 * packets,
);
print();

function printRatios(of: Result, [ours, stored]: [Result, Result], where: string): void {
  print(
    `wall, of ${of.name}'s${where}: --ndjson ${(wall(ours) / wall(of)).toFixed(2)}, --store ` +
      `${(wall(stored) / wall(of)).toFixed(2)}; cpu: --ndjson ${(cpu(ours) / cpu(of)).toFixed(2)}, ` +
      `--store ${(cpu(stored) / cpu(of)).toFixed(2)}`,
  );
}
for (const peer of others) printRatios(peer, [ndjson, store], '');
if (largerSuricata) printRatios(largerSuricata, [larger, largerStore], `, ${4 * packets} packets`);

// Of the larger capture: of the smaller one, a third of our time is what V8 takes to compile the program.
const goals: Goal[] = [
  {
    what: "--ndjson wall, of suricata's, with four times the packets",
    value: largerSuricata ? wall(larger) / wall(largerSuricata) : null,
    atMost: 0.5,
  },
  {
    what: "--store wall, of suricata's, with four times the packets",
    value: largerSuricata ? wall(largerStore) / wall(largerSuricata) : null,
    atMost: 0.8,
  },
  { what: '--ndjson resident memory, MB', value: rss(ndjson) / 1e6, atMost: 350 },
  { what: '--ndjson resident memory with four times the packets, MB', value: rss(larger) / 1e6, atMost: 350 },
  {
    what: '--ndjson wall with four times the packets, of the wall with once',
    value: wall(larger) / wall(once),
    atMost: 4,
  },
];
print();
printStart();
print();
let missed = 0;
for (const goal of goals) {
  const met = goal.value !== null && goal.value <= goal.atMost;
  if (!met) missed++;
  const value = goal.value === null ? 'not measured' : goal.value.toFixed(2);
  print(`${met ? 'met   ' : 'MISSED'}  ${goal.what}: ${value}, goal ${goal.atMost}`);
}
for (const [r, summary] of [
  [ndjson, data.summary],
  [store, data.summary],
  [larger, four.summary],
  [largerStore, four.summary],
] as const) {
  if (r.flows === summary.sessions) continue;
  missed++;
  print(`WRONG   ${r.name} reported ${r.flows} sessions, the generator sent ${summary.sessions}`);
}
writeFileSync(
  join(DATA, 'results.json'),
  JSON.stringify({ results: [...results, ...inLarger], goals }, null, 2),
);
if (options.check && missed > 0) process.exit(1);
