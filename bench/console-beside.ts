/** What the console costs what runs beside it: packets that are received, and rows that are inserted. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openStore } from '../src/store/open.js';
import type { Store } from '../src/store/store.js';
import { MAIN } from './against.js';
import { DATA, generatedCapture } from './capture.js';
import { serve } from './console-process.js';
import { cpuOf } from './cpu.js';
import { type Goals, print, shown } from './goals.js';
import { inject, RECEIVER, setUp, tearDown } from './receive-wire.js';
import { collector, idle, OUT, pause } from './receivers.js';

/** Pages that are open. */
const PAGES = 20;
/** Packets a second, and those of the generator's capture. */
const RATE = 50_000;
const PACKETS = 1_000_000;
/** Milliseconds after which a page asks again what it shows, Worth a look, and the collector's status. */
const EVERY = 15_000;
const FINDINGS = 60_000;
const STATUS = 5000;

/** What the pages ask of the last quarter of an hour, as web/src/pages do: five have each of them open. */
const PAGES_ASK: readonly (readonly string[])[] = [
  [
    '/figures?',
    '/series?by=app&',
    '/top?what=pairs&limit=8&',
    '/top?what=services&by=handshake_p50&limit=8&',
    '/top?what=services&by=failed&limit=5&',
    '/loss?',
    '/applications?of=dns&',
  ],
  ['/sessions?limit=200&', '/sessions/count?', '/series?by=outcome&unit=sessions&points=150&top=3&'],
  ['/hosts?', '/map?'],
  ['/mirrors?', '/services?'],
];

interface Counted {
  answers: number;
  refused: number;
}

/** A page that is open until it is left. */
async function page(
  url: string,
  token: string,
  asks: readonly string[],
  left: AbortSignal,
): Promise<Counted> {
  const counted: Counted = { answers: 0, refused: 0 };
  const ask = async (path: string): Promise<void> => {
    try {
      const response = await fetch(`${url}api/v1${path}`, {
        headers: { authorization: `Bearer ${token}` },
        signal: left,
      });
      await response.arrayBuffer();
      counted[response.ok ? 'answers' : 'refused']++;
    } catch {
      // It was left.
    }
  };
  const again = async (path: string, every: number): Promise<void> => {
    while (!left.aborted) {
      const next = performance.now() + every;
      await ask(path);
      await pause(Math.max(0, Math.min(next - performance.now(), every)));
    }
  };
  const range = 'from=-15m&to=now';
  await Promise.all([
    ask('/events?topics=status,rows'),
    again('/status', STATUS),
    again('/about', 2 * EVERY),
    again(`/findings?${range}`, FINDINGS),
    ...asks.map((path) => again(`${path}${range}`, EVERY)),
  ]);
  return counted;
}

interface Result {
  readonly sent: number;
  readonly dropped: number;
  /** Of the packet path's process, microseconds a packet. */
  readonly cpu: number;
}

/** Twenty pages beside a collector that receives, in turn with none. */
export async function printBeside(seconds: number, goals: Goals): Promise<void> {
  generatedCapture(PACKETS);
  const mac = setUp();
  try {
    const running = await collector('collector', MAIN, ['--interface', RECEIVER]).start();
    await idle(running.pid);
    const receive = async (): Promise<Result> => {
      const before = { cpu: cpuOf(running.pid), ...(await running.counts()) };
      const { sent } = await inject({ packets: PACKETS, rate: RATE, mac, seconds });
      await idle(running.pid);
      const now = await running.counts();
      const missing = sent - (now.received - before.received);
      return { sent, dropped: missing, cpu: ((cpuOf(running.pid) - before.cpu) / sent) * 1e6 };
    };
    // Warms up, and gives the pages rows.
    await inject({ packets: PACKETS, rate: RATE, mac, seconds: 20 });
    await idle(running.pid);
    const served = await serve(join(OUT, 'store'), '--control', join(OUT, 'control.sock'));
    const token = readFileSync(join(OUT, 'store', 'console', 'token'), 'utf8').trim();
    const results: Record<'with' | 'without', Result[]> = { with: [], without: [] };
    for (let i = 0; i < 2; i++) {
      results.without.push(await receive());
      const left = new AbortController();
      const pages = Array.from({ length: PAGES }, (_, n) =>
        page(served.url, token, PAGES_ASK[n % PAGES_ASK.length], left.signal),
      );
      results.with.push(await receive());
      left.abort();
      const counted = await Promise.all(pages);
      const sum = (of: keyof Counted): number => counted.reduce((n, one) => n + one[of], 0);
      print(`${PAGES} pages: ${sum('answers')} answers, ${sum('refused')} refused`);
    }
    for (const [words, list] of Object.entries(results))
      for (const { sent, dropped, cpu } of list)
        print(
          `${words.padStart(7)} pages: ${sent.toLocaleString('en')} packets sent at ${RATE / 1000} k/s, ` +
            `${dropped} lost, ${cpu.toFixed(2)} µs of CPU a packet; load ${loadavg()[0].toFixed(1)}`,
        );
    const least = (list: readonly Result[]): number => Math.min(...list.map(({ dropped }) => dropped));
    goals.reach(least(results.with) <= least(results.without), `no packet more is lost with ${PAGES} pages`);
    await served.end();
    await running.stop();
  } finally {
    tearDown();
  }
}

/** Inserts of 10,000 rows, in turn with and without a question that reads all day. */
export async function printInserts(day: string, goals: Goals): Promise<void> {
  const copy = join(DATA, 'console-inserts');
  rmSync(copy, { recursive: true, force: true });
  // Parts never change: links to them will do.
  spawnSync('cp', ['-al', day, copy]);
  // But for the one that is locked.
  rmSync(join(copy, 'clickhouse', 'status'), { force: true });
  const store = openStore(copy, { create: false });
  await insert(store);
  const alone: number[] = [];
  const beside: number[] = [];
  for (let i = 0; i < 3; i++) {
    for (let n = 0; n < 5; n++) alone.push(await insert(store));
    const left = new AbortController();
    const asked = store.query(
      'SELECT sum(cityHash64(toString(session_id), n)) FROM sessions ARRAY JOIN range(100) AS n',
      { signal: left.signal },
    );
    asked.catch(() => undefined);
    const reads = "SELECT count() FROM system.processes WHERE query LIKE '%range(100)%' AND read_rows > 0";
    while ((await text(await store.query(`${reads} AND query NOT LIKE '%processes%'`))).trim() === '0');
    for (let n = 0; n < 5; n++) beside.push(await insert(store));
    left.abort();
    await asked.catch(() => undefined);
  }
  await store.close();
  rmSync(copy, { recursive: true, force: true });
  const middle = (list: number[]): number => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
  const ratio = middle(beside) / middle(alone);
  print(
    `10,000 rows inserted: ${shown(middle(alone)).trim()}, beside a long question ` +
      `${shown(middle(beside)).trim()}: ${ratio.toFixed(2)} times; load ${loadavg()[0].toFixed(1)}`,
  );
  goals.reach(ratio <= 2, 'an insert beside a long question: at most twice as long');
}

/** @returns milliseconds */
async function insert(store: Store): Promise<number> {
  const start = performance.now();
  await text(await store.change('INSERT INTO sessions SELECT * FROM sessions LIMIT 10000'));
  return performance.now() - start;
}
