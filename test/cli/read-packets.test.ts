import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../bench/generate.js';
import { openStore } from '../../src/store/open.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { MAIN } from '../support/collector.js';

let directory: string;
/** One for all: an embedded engine is started by every command. */
let server: ClickHouseServer;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-packets-'));
  server = await ClickHouseServer.start();
});
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const at = (name: string) => join(directory, name);
const on = (database: string) => `${server.url}/${database}`;

/** Runs a command that has to succeed. @returns what it said */
function run(...words: string[]): string {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.any(String) });
  return stderr;
}

/** Answers of a store, a row each. */
async function askAll(location: string, ...questions: string[]): Promise<Record<string, unknown>[][]> {
  const store = openStore(location, { create: false });
  try {
    const answers: Record<string, unknown>[][] = [];
    for (const sql of questions) {
      const answer = await text(await store.query(sql, { format: 'JSONEachRow' }));
      answers.push(
        answer
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line)),
      );
    }
    return answers;
  } finally {
    await store.close();
  }
}

/** Session ids are each reading's own; everything else is what was on the wire. */
const SESSIONS = 'SELECT * EXCEPT session_id FROM sessions ORDER BY ALL';
/** Sequence numbers are made anew for what was kept, so that nothing is missing among them. */
const MIRRORS = 'SELECT * EXCEPT (sequence, lost, reordered, repeated) FROM mirrors ORDER BY ALL';
const COUNTS = `SELECT toUInt32(count()) AS packets, toUInt32(uniqExact(session_id)) AS sessions,
  toUInt32(countIf(session_id NOT IN (SELECT session_id FROM sessions))) AS orphans FROM packets`;

describe('a capture read with its packets', () => {
  const PACKETS = 30_000;
  beforeAll(async () => {
    await generate({ packets: PACKETS, output: at('in.pcap'), seed: 11, mix: 'all', loss: 0.01 });
    run('read', at('in.pcap'), '--packets', 'all', '--store', at('first'), '--collector', 'c', '--quiet');
  });

  it('has every one of them, in more segments than one', async () => {
    const bytes = 'SELECT toUInt32(sum(length(frame))) AS n FROM packets';
    const [[counts], [{ n }]] = await askAll(at('first'), COUNTS, bytes);
    expect(counts).toMatchObject({ packets: PACKETS, orphans: 0 });
    expect(n).toBeGreaterThan(8 << 20);
  });

  it('exported in their encapsulation and read again, gives the same sessions', async () => {
    run('export', '--where', '1', '--output', at('out.pcapng'), '--encapsulated', '--store', at('first'));
    run('read', at('out.pcapng'), '--store', on('second'), '--collector', 'c', '--quiet');
    expect(await askAll(on('second'), SESSIONS, MIRRORS)).toEqual(
      await askAll(at('first'), SESSIONS, MIRRORS),
    );
  });

  it('exported without it, gives the frames', () => {
    const said = run('export', '--where', '1', '--output', at('inner.pcapng'), '--store', at('first'));
    expect(said).toBe(`${PACKETS} packets\n`);
  });
});

it('packets of one moment come out in the order they came in', async () => {
  const capture = readFileSync('test/fixtures/tcp-states.pcap');
  for (let o = 24; o < capture.length; o += 16 + capture.readUInt32LE(o + 8))
    capture.copy(capture, o, 24, 32);
  writeFileSync(at('moment.pcap'), capture);
  run('read', at('moment.pcap'), '--packets', 'all', '--store', on('moment'), '--collector', 'c', '--quiet');
  run('export', '--where', '1', '--output', at('m.pcapng'), '--encapsulated', '--store', on('moment'));
  run('read', at('m.pcapng'), '--store', on('again'), '--collector', 'c', '--quiet');
  expect(await askAll(on('again'), SESSIONS)).toEqual(await askAll(on('moment'), SESSIONS));
});

describe('--once', () => {
  const CAPTURES = ['erspan2', 'inner-fragments', 'underlay-fragments4'].map(
    (n) => `test/fixtures/${n}.pcap`,
  );

  it('keeps packets once, those of sessions that were stored before without them too', async () => {
    const read = (...words: string[]) => run('read', ...CAPTURES, '--once', '--store', on('once'), ...words);
    read('--quiet');
    const before = await askAll(on('once'), SESSIONS);
    expect(read('--packets', 'all')).toMatch(
      /^7 sessions in 7 rows, and 42 of their packets, stored once in /m,
    );
    const once = [{ packets: 42, sessions: 7, orphans: 0 }];
    expect(await askAll(on('once'), COUNTS)).toEqual([once]);
    read('--packets', 'all', '--quiet');
    expect(await askAll(on('once'), COUNTS, SESSIONS)).toEqual([once, ...before]);
  });
});

it('a capture is known to --once as long as no more inserts came after it than are remembered', async () => {
  const read = (name: string): string =>
    run('read', `test/fixtures/${name}.pcap`, '--once', '--store', on('few'));
  const rows = async () => (await askAll(on('few'), 'SELECT toUInt32(count()) AS n FROM sessions'))[0];
  read('erspan2');
  const remember = 'ALTER TABLE sessions MODIFY SETTING non_replicated_deduplication_window = 1';
  run('query', remember, '--write', '--store', on('few'));
  read('erspan2');
  expect(await rows()).toEqual([{ n: 1 }]);
  read('erspan1');
  read('erspan2');
  expect(await rows()).toEqual([{ n: 3 }]);
});

describe('broken off and run again', () => {
  const WORDS = ['--once', '--packets', 'all', '--collector', 'c', '--quiet'];
  let captures: string[];
  let whole: unknown[][];
  beforeAll(async () => {
    await generate({ packets: 10_000, output: at('small.pcap'), seed: 5, mix: 'all', loss: 0 });
    captures = Array<string>(6).fill(at('small.pcap'));
    run('read', ...captures, '--store', on('whole'), ...WORDS);
    whole = await askAll(on('whole'), COUNTS, SESSIONS);
  });

  /** Reads until `so`, then interrupts. @returns whether that was in the middle */
  async function interrupted(store: string, so: () => boolean | Promise<boolean>): Promise<boolean> {
    const child = spawn(process.execPath, [MAIN, 'read', ...captures, '--store', store, ...WORDS]);
    const said = text(child.stderr);
    const exited = once(child, 'exit');
    while (child.exitCode === null && !(await so())) await new Promise((again) => setTimeout(again, 5));
    child.kill('SIGINT');
    const [status] = await exited;
    return status === 1 && /run it again to store the rest/.test(await said);
  }

  it('puts everything away once, in a server', async () => {
    const stored = async (): Promise<number> => {
      const tables = await server.sql(
        "SELECT count() FROM system.tables WHERE database = 'broken' AND name = 'packets'",
      );
      return Number(tables) === 0 ? 0 : Number(await server.sql('SELECT count() FROM broken.packets'));
    };
    let times = 0;
    for (let i = 0; i < 2; i++) {
      const before = await stored();
      if (await interrupted(on('broken'), async () => (await stored()) > before)) times++;
    }
    expect(times).toBeGreaterThan(0);
    run('read', ...captures, '--store', on('broken'), ...WORDS);
    expect(await askAll(on('broken'), COUNTS, SESSIONS)).toEqual(whole);
  });

  it('puts everything away once, in a data directory', async () => {
    // A part of a table is a directory.
    const parts = at('broken/clickhouse/data/default/packets');
    const some = (): boolean =>
      existsSync(parts) && readdirSync(parts).some((name) => /^\d\w*_\d+_\d+_\d+$/.test(name));
    expect(await interrupted(at('broken'), some)).toBe(true);
    run('read', ...captures, '--store', at('broken'), ...WORDS);
    expect(await askAll(at('broken'), COUNTS, SESSIONS)).toEqual(whole);
  });
});

it.each([
  ['first 60 bytes', 'SELECT toUInt32(max(length(frame))) AS n FROM packets', 60],
  [
    'first 2 packets',
    'SELECT toUInt32(max(n)) AS n FROM (SELECT count() AS n FROM packets GROUP BY session_id)',
    2,
  ],
  ['none', 'SELECT toUInt32(count()) AS n FROM packets', 0],
])('keeps %s', async (which, sql, n) => {
  const store = on(which.replaceAll(' ', '_'));
  run('read', 'test/fixtures/erspan2.pcap', '--packets', which, '--store', store, '--quiet');
  expect(await askAll(store, sql)).toEqual([[{ n }]]);
});
