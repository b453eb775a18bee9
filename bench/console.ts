/**
 * npm run bench:console: how long the console's answers take over a day of sessions, beside Grafana's way of
 * asking (our dashboards' panels, straight from the tables), and how soon a browser shows the page.
 *
 *   --rows N      sessions of the day (2000000)
 *   --store DIR   a store made by an earlier run with this option, or where to make it and leave it
 *   --runs N      of each question, after one that is not counted (3)
 *   --check       exit 1 if a goal is missed; goals are for 20,000,000 rows on two idle cores
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { consoleSchema } from '../src/config/schema.js';
import { serveConsole } from '../src/console/serve.js';
import { randomToken } from '../src/console/sign-in.js';
import { createLogger } from '../src/observe/log.js';
import { openStore } from '../src/store/open.js';
import { hasBrowser, openPage, startBrowser } from '../test/support/browser.js';
import { type Dashboard, expand } from '../test/support/grafana.js';
import { insertGenerated, insertGeneratedMirrors } from './generated-sessions.js';
import { median } from './measure.js';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '2000000' },
    store: { type: 'string' },
    runs: { type: 'string', default: '3' },
    check: { type: 'boolean', default: false },
  },
});
const ROWS = Number(values.rows);
const STEP = 500_000;
/** The generated day (generated-sessions.ts). */
const DAY = { from: '2026-03-02T00:00:00Z', to: '2026-03-03T00:00:00Z' };
/** What the Overview asks, each with its goal in milliseconds for 20,000,000 sessions. */
const QUESTIONS: readonly (readonly [words: string, path: string, goal: number])[] = [
  ['figures', '/figures?', 1000],
  ['chart by application', '/series?by=app&', 1000],
  ['chart by mirror', '/series?by=mirror&', 1000],
  ['chart by outcome', '/series?by=outcome&unit=sessions&', 1000],
  ['top hosts', '/top?what=hosts&', 1000],
  ['loss by mirror', '/loss?', 1000],
  ['top pairs', '/top?what=pairs&', 3000],
  ['slow services', '/top?what=services&by=handshake_p50&', 3000],
  ['services that fail', '/top?what=services&by=failed&', 3000],
  ['worth a look', '/findings?', 10_000],
  ['newest sessions', '/sessions?limit=200&', 3000],
];

const missed: string[] = [];
const print = (line = ''): void => void process.stdout.write(`${line}\n`);
function goal(met: boolean, words: string): void {
  print(`  ${met ? 'met   ' : 'MISSED'} ${words}`);
  if (!met) missed.push(words);
}

const directory = values.store ?? mkdtempSync(join(tmpdir(), 'mirrorlake-bench-console-'));
if (values.store === undefined)
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));

async function fill(): Promise<void> {
  if (existsSync(join(directory, 'clickhouse'))) return;
  const store = openStore(directory, { create: true });
  await store.migrate();
  for (let n = 0; n < ROWS; n += STEP)
    await text(await store.change(insertGenerated('sessions', n, Math.min(ROWS, n + STEP), ROWS)));
  await text(await store.change(insertGeneratedMirrors('mirrors')));
  await store.close();
}

/** Milliseconds of several runs after one that is not counted: medians, and the first. */
async function timed(run: () => Promise<unknown>): Promise<{ first: number; usual: number }> {
  const once = async (): Promise<number> => {
    const start = performance.now();
    await run();
    return performance.now() - start;
  };
  const first = await once();
  const times: number[] = [];
  for (let i = 0; i < Number(values.runs); i++) times.push(await once());
  return { first, usual: median(times) };
}

const shown = (ms: number): string => `${Math.round(ms).toLocaleString('en').padStart(7)} ms`;

async function answers(url: string, token: string): Promise<void> {
  print('the console, a day: first time, then median');
  for (const [words, path, most] of QUESTIONS) {
    // Another beginning each time, a second apart: no answer is one that was kept.
    let n = 0;
    const ask = async (): Promise<void> => {
      const from = new Date(Date.parse(DAY.from) + 1000 * n++).toISOString();
      const response = await fetch(`${url}api/v1${path}from=${from}&to=${DAY.to}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      await response.text();
    };
    const { first, usual } = await timed(ask);
    print(`  ${words.padEnd(24)} ${shown(first)} ${shown(usual)}`);
    goal(usual <= most, `${words}: at most ${most} ms`);
  }
}

/** The panels of our dashboards, as Grafana asks them. */
async function grafana(): Promise<void> {
  print('Grafana, the same day, straight from the tables');
  const store = openStore(directory, { create: false });
  const folder = join(import.meta.dirname, '../lab/grafana/dashboards');
  const range = { from: Date.parse(DAY.from) / 1000, to: Date.parse(DAY.to) / 1000, interval: 360 };
  for (const file of readdirSync(folder).filter((name) => /^(traffic|talkers|failures|mirrors)/.test(name))) {
    const { panels } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Dashboard;
    for (const { title, targets = [] } of panels) {
      for (const { rawSql } of targets) {
        const sql = expand(
          rawSql,
          range,
          new Map([
            ['site', ''],
            ['mirror', ''],
            ['collector', ''],
          ]),
        );
        try {
          const { usual } = await timed(async () => text(await store.query(sql)));
          print(`  ${title.padEnd(24)} ${shown(usual)}`);
        } catch (error) {
          print(`  ${title.padEnd(24)} not answered: ${(error as Error).message.slice(0, 80)}`);
        }
      }
    }
  }
  await store.close();
}

async function page(url: string, token: string): Promise<void> {
  if (!hasBrowser()) {
    print('no /usr/bin/chromium: the page is not measured');
    return;
  }
  const browser = await startBrowser();
  const paints: number[] = [];
  for (let i = 0; i <= Number(values.runs); i++) {
    const opened = await openPage(browser, `${url}#token=${token}`);
    await opened.page.getByRole('region', { name: 'Traffic' }).waitFor();
    const paint = await opened.page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    );
    if (i > 0) paints.push(paint);
    await opened.context.close();
  }
  await browser.close();
  const usual = median(paints);
  goal(usual <= 300, `first contentful paint within 300 ms: ${usual.toFixed(0)} ms`);
}

await fill();
print(`node ${process.version}, load ${loadavg()[0]?.toFixed(1)}, ${ROWS.toLocaleString('en')} sessions`);
await grafana();
const token = randomToken();
const served = await serveConsole({
  config: consoleSchema.parse({ listen: '127.0.0.1:0' }),
  find: () => Promise.resolve({ location: directory, collector: undefined }),
  collector: () => Promise.resolve(undefined),
  token,
  log: createLogger('silent', false),
});
await answers(served.url, token);
await page(served.url, token);
await served.close();
if (values.check && missed.length > 0) process.exitCode = 1;
