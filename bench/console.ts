/**
 * npm run bench:console: how long the console's answers take over a day of sessions, beside Grafana's way of
 * asking (our dashboards' panels, straight from the tables); what its process takes while nobody looks; how
 * soon a browser shows the page, answers a key and scrolls.
 *
 *   --rows N      sessions of the day (20000000); the store is made once, in bench/data
 *   --runs N      of each question, after one that is not counted (3)
 *   --only WORDS  questions whose words have these, and nothing of Grafana's, the process or the page
 *   --beside      only whether a collector that receives loses packets beside twenty pages; needs root
 *   --seconds N   of --beside, with and without them (60)
 *   --check       exit 1 if a goal is missed; goals are for 20,000,000 rows on two idle cores
 *
 * The load of the machine stands beside each figure: other programs on it make figures larger, none less. A
 * goal is reached by the clock or by CPU time, which is the engine's, in one thread, and the console's.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { consoleSchema } from '../src/config/schema.js';
import { serveConsole } from '../src/console/serve.js';
import { randomToken } from '../src/console/sign-in.js';
import { QUESTION_DEFAULTS } from '../src/model/question-limits.js';
import { createLogger } from '../src/observe/log.js';
import { openStore } from '../src/store/open.js';
import { type Dashboard, expand } from '../test/support/grafana.js';
import { DATA } from './capture.js';
import { printBeside, printInserts } from './console-beside.js';
import { printPage } from './console-page.js';
import { printIdle } from './console-process.js';
import {
  insertGenerated,
  insertGeneratedMirrors,
  insertGeneratedTransactions,
} from './generated-sessions.js';
import { Goals, print, shown, type Timed, timed } from './goals.js';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '20000000' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string' },
    beside: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    check: { type: 'boolean', default: false },
  },
});
const ROWS = Number(values.rows);
const RUNS = Number(values.runs);
const STEP = 500_000;
/** The generated day (generated-sessions.ts). */
const DAY = { from: '2026-03-02T00:00:00Z', to: '2026-03-03T00:00:00Z' };

interface Question {
  readonly words: string;
  readonly path: string;
  /** Milliseconds for 20,000,000 sessions. */
  readonly goal: number;
  /** Panels of the dashboards that say the same, as `dashboard: title`. */
  readonly panels?: readonly string[];
}

/** What the pages ask of a day. */
const QUESTIONS: readonly Question[] = [
  {
    words: 'figures',
    path: '/figures?',
    goal: 1000,
    panels: ['traffic: Conversations', 'traffic: Volume', 'traffic: Hosts', 'failures: Failed connections'],
  },
  {
    words: 'chart by application',
    path: '/series?by=app&',
    goal: 1000,
    panels: ['traffic: Volume by application'],
  },
  {
    words: 'chart by mirror',
    path: '/series?by=mirror&',
    goal: 1000,
    panels: ['traffic: Traffic by mirror'],
  },
  {
    words: 'chart by outcome',
    path: '/series?by=outcome&unit=sessions&',
    goal: 1000,
    panels: ['failures: TCP connections by how they end'],
  },
  {
    words: 'top hosts',
    path: '/top?what=hosts&',
    goal: 1000,
    panels: ['talkers: Clients by volume', 'talkers: Servers by volume'],
  },
  { words: 'top networks', path: '/top?what=networks&', goal: 1000 },
  { words: 'loss by mirror', path: '/loss?', goal: 1000, panels: ['mirrors: Loss'] },
  { words: 'top pairs', path: '/top?what=pairs&', goal: 3000, panels: ['talkers: Pairs'] },
  {
    words: 'slow services',
    path: '/top?what=services&by=handshake_p50&',
    goal: 3000,
    panels: ['failures: Slow services'],
  },
  { words: 'slow answers', path: '/top?what=services&by=response_p95&', goal: 3000 },
  {
    words: 'services that fail',
    path: '/top?what=services&by=failed&',
    goal: 3000,
    panels: ['failures: What fails'],
  },
  {
    words: 'applications: DNS',
    path: '/applications?of=dns&',
    goal: 3000,
    panels: ['applications: DNS answers by code', 'applications: Names that do not exist'],
  },
  {
    words: 'applications: TLS',
    path: '/applications?of=tls&',
    goal: 3000,
    panels: ['applications: TLS versions', 'applications: Server names'],
  },
  { words: 'worth a look', path: '/findings?', goal: 10_000 },
  {
    words: 'newest sessions',
    path: '/sessions?limit=200&',
    goal: 3000,
    panels: ['talkers: Latest conversations'],
  },
  { words: 'largest sessions', path: '/sessions?limit=200&order=-bytes&', goal: 3000 },
  { words: 'how many sessions', path: '/sessions/count?', goal: 3000 },
  { words: 'values of a column', path: '/values?column=tcp_state&', goal: 3000 },
  { words: 'hosts', path: '/hosts?', goal: 3000 },
  { words: 'services', path: '/services?', goal: 3000 },
  { words: 'a host', path: '/hosts/10.0.0.3?', goal: 3000 },
  { words: 'a service', path: '/services/10.200.0.3:445?', goal: 3000 },
  { words: 'map', path: '/map?', goal: 3000 },
  { words: 'mirrors', path: '/mirrors?', goal: 3000, panels: ['mirrors: Mirror points'] },
];

const directory = join(DATA, `console-${ROWS}`);
const goals = new Goals();

/** Makes the store; one that was not finished is made anew. */
async function fill(): Promise<void> {
  if (existsSync(directory)) {
    const store = openStore(directory, { create: false });
    // Its tables may be of an earlier version.
    await store.migrate();
    await store.close();
    return;
  }
  const making = `${directory}.new`;
  rmSync(making, { recursive: true, force: true });
  const store = openStore(making, { create: true });
  await store.migrate();
  for (let n = 0; n < ROWS; n += STEP) {
    const to = Math.min(ROWS, n + STEP);
    await text(await store.change(insertGenerated('sessions', n, to, ROWS)));
    process.stderr.write(`\r${to.toLocaleString('en')} sessions`);
  }
  for (let hour = 0; hour < 24; hour++)
    await text(await store.change(insertGeneratedTransactions('transactions', 'sessions', hour)));
  await text(await store.change(insertGeneratedMirrors('mirrors')));
  process.stderr.write('\n');
  await store.close();
  renameSync(making, directory);
}

type Took = Pick<Timed, 'best' | 'cpu'>;

/** Milliseconds of the panels of our dashboards, as Grafana asks them, by `dashboard: title`. */
async function grafana(): Promise<Map<string, Took>> {
  const store = openStore(directory, { create: false });
  const folder = join(import.meta.dirname, '../lab/grafana/dashboards');
  const range = { from: Date.parse(DAY.from) / 1000, to: Date.parse(DAY.to) / 1000, interval: 360 };
  const wanted = new Set(QUESTIONS.flatMap(({ panels = [] }) => panels));
  const took = new Map<string, Took>();
  const limits = { ...QUESTION_DEFAULTS, seconds: 600 };
  for (const file of readdirSync(folder)) {
    const { panels, templating } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Dashboard;
    const variables = new Map(templating.list.map((variable) => [variable.name, '']));
    for (const { title, targets = [] } of panels) {
      const name = `${file.replace('.json', '')}: ${title}`;
      if (!wanted.has(name)) continue;
      for (const { rawSql } of targets) {
        const sql = expand(rawSql, range, variables);
        try {
          const { best, cpu } = await timed(RUNS, async () => text(await store.query(sql, { limits })));
          const before = took.get(name) ?? { best: 0, cpu: 0 };
          took.set(name, { best: before.best + best, cpu: before.cpu + cpu });
        } catch (error) {
          process.stderr.write(`${name}: ${(error as Error).message.slice(0, 120)}\n`);
        }
      }
    }
  }
  await store.close();
  return took;
}

async function answers(url: string, token: string, panels: ReadonlyMap<string, Took>): Promise<void> {
  print(
    'milliseconds: first, best, CPU time; of Grafana\u2019s panels best, CPU time, its ratio to ours; load',
  );
  for (const { words, path, goal, panels: names = [] } of QUESTIONS) {
    if (values.only !== undefined && !words.includes(values.only)) continue;
    // Another beginning each time, an hour earlier, where there is nothing: no answer is one that was kept.
    let n = 0;
    const ask = async (): Promise<void> => {
      const from = new Date(Date.parse(DAY.from) - 3_600_000 * n++).toISOString();
      const response = await fetch(`${url}api/v1${path}from=${from}&to=${DAY.to}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const answer = await response.text();
      if (!response.ok) throw new Error(`${response.status} ${answer}`);
    };
    const load = (): string => loadavg()[0].toFixed(1).padStart(6);
    try {
      const { first, best, cpu } = await timed(RUNS, ask);
      const theirs = names.map((name) => panels.get(name));
      const sum = (of: keyof Took): number => theirs.reduce((ms, took) => ms + (took?.[of] ?? Number.NaN), 0);
      const beside =
        names.length === 0 || Number.isNaN(sum('cpu'))
          ? ''
          : `${shown(sum('best'))} ${shown(sum('cpu'))} ${(sum('cpu') / cpu).toFixed(1).padStart(6)}`;
      print(
        `  ${words.padEnd(22)} ${shown(first)} ${shown(best)} ${shown(cpu)} ${beside.padEnd(29)} ${load()}`,
      );
      goals.reach(Math.min(best, cpu) <= goal, `${words}: at most ${goal} ms`);
    } catch (error) {
      print(`  ${words.padEnd(22)} not answered: ${(error as Error).message} ${load()}`);
      goals.reach(false, `${words}: at most ${goal} ms`);
    }
  }
}

if (values.beside) await printBeside(Number(values.seconds), goals);
else {
  await fill();
  print(`node ${process.version}, load ${loadavg()[0].toFixed(1)}, ${ROWS.toLocaleString('en')} sessions`);
  const whole = values.only === undefined;
  const panels = whole ? await grafana() : new Map<string, Took>();
  const token = randomToken();
  const served = await serveConsole({
    config: consoleSchema.parse({ listen: '127.0.0.1:0', state: join(DATA, 'console-state') }),
    find: () => Promise.resolve({ location: directory, collector: undefined }),
    collector: () => Promise.resolve(undefined),
    token,
    log: createLogger('silent', false),
  });
  await answers(served.url, token, panels);
  await served.close();
  if (whole) {
    await printIdle(directory, goals);
    await printInserts(directory, goals);
    await printPage(RUNS, goals);
  }
}
if (values.check && goals.missed.length > 0) process.exitCode = 1;
