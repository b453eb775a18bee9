import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../bench/generate.js';
import { LinkType } from '../../src/model/batch.js';
import { openOutput } from '../../src/receive/file/capture-writer.js';
import { PcapWriter } from '../../src/receive/file/pcap-writer.js';
import { openStore } from '../../src/store/open.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { MAIN } from '../support/collector.js';
import { runLine } from '../support/command-lines.js';
import { erspan2, ethernet, ipv4, udp } from '../support/frames.js';

let directory: string;
/** One server for all tests, because every command would start an embedded engine. */
let server: ClickHouseServer;
/** Together they fill more segments than may be on their way to the store, so reading waits for the store. */
let captures: string[];
/** Numbers of packets: some of many sessions, and some so large that a few fill a segment. */
const MIXED = 4_000;
const LARGE = 780;
const SEGMENT = 8 << 20;
/** What the data directory `first` has stored of the captures. */
let counts: Record<string, unknown>[];
let bytes: Record<string, unknown>[];
let sessions: Record<string, unknown>[];
let mirrors: Record<string, unknown>[];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-packets-'));
  captures = [at('large.pcap'), at('mixed.pcap')];
  await writeLarge(captures[0]);
  await generate({ packets: MIXED, output: captures[1], seed: 11, mix: 'all', loss: 0.01 });
  runAlone('read', ...captures, '--packets', 'all', '--store', at('first'), '--collector', 'c', '--quiet');
  const length = 'SELECT toUInt32(sum(length(frame))) AS n FROM packets';
  const answers = await askAll(at('first'), COUNTS, length, sessionsOf('c'), mirrorsOf('c'));
  [counts, bytes, sessions, mirrors] = answers;
  server = await ClickHouseServer.start();
});
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Writes a capture of {@link LARGE} packets that begins shortly before the other one. */
async function writeLarge(file: string): Promise<void> {
  const writer = new PcapWriter(await openOutput(file), LinkType.Ethernet);
  for (let i = 0; i < LARGE; i++) {
    const payload = new Uint8Array(32 << 10).fill(i);
    const frame = ethernet(0x0800, ipv4('10.1.0.1', `10.1.1.${i % 8}`, 17, udp(4000, 5000, payload)));
    const packet = ethernet(0x0800, ipv4('10.255.2.1', '10.255.0.1', 47, erspan2(10, i, frame)));
    writer.packet(1_748_851_199, i * 1_000_000, packet, 0, packet.length);
    if (writer.full) await writer.flush();
  }
  await writer.close();
}

const at = (name: string) => join(directory, name);
const on = (database: string) => `${server.url}/${database}`;
/** One database for tests that differ in the collector's name, because making a database takes a while. */
const shared = () => on('shared');

/** Runs a command that must succeed. @returns its messages */
async function run(...words: string[]): Promise<string> {
  const { status, stderr } = await runLine(words);
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.any(String) });
  return stderr;
}

/** The same in a process of its own. */
function runAlone(...words: string[]): string {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.any(String) });
  return stderr;
}

/** The rows that a store answers to each question. */
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

/** Each reading makes new session ids; everything else but the collector's name comes from the wire. */
const sessionsOf = (collector: string) =>
  `SELECT * EXCEPT (session_id, collector) FROM sessions WHERE collector = '${collector}' ORDER BY ALL`;
/** An export numbers the kept packets anew, so that no number is missing. */
const mirrorsOf = (collector: string) =>
  'SELECT * EXCEPT (sequence, lost, reordered, repeated, collector) FROM mirrors ' +
  `WHERE collector = '${collector}' ORDER BY ALL`;
const SESSIONS = 'SELECT * EXCEPT session_id FROM sessions ORDER BY ALL';
const COUNTS = `SELECT toUInt32(count()) AS packets, toUInt32(uniqExact(session_id)) AS sessions,
  toUInt32(countIf(session_id NOT IN (SELECT session_id FROM sessions))) AS orphans FROM packets`;

describe('captures read with their packets', () => {
  it('are stored with every packet, in several segments', () => {
    expect(counts).toEqual([expect.objectContaining({ packets: MIXED + LARGE, orphans: 0 })]);
    expect(bytes[0].n).toBeGreaterThan(3 * SEGMENT);
  });

  it('give the same sessions when exported with their encapsulation and read again', async () => {
    const words = ['--output', at('out.pcapng'), '--encapsulated', '--store', at('first')];
    expect(runAlone('export', '--where', '1', ...words)).toBe(`${MIXED + LARGE} packets\n`);
    await run('read', at('out.pcapng'), '--store', shared(), '--collector', 'second', '--quiet');
    expect(sessions.length).toBeGreaterThan(100);
    expect(await askAll(shared(), sessionsOf('second'), mirrorsOf('second'))).toEqual([sessions, mirrors]);
  });
});

describe('packets with the same time', () => {
  const WHERE = ['--where', "collector = 'moment'"];
  let packets = 0;
  beforeAll(async () => {
    const capture = readFileSync('test/fixtures/tcp-states.pcap');
    for (let o = 24; o < capture.length; o += 16 + capture.readUInt32LE(o + 8)) {
      capture.copy(capture, o, 24, 32);
      packets++;
    }
    writeFileSync(at('moment.pcap'), capture);
    const words = ['--packets', 'all', '--store', shared(), '--collector', 'moment', '--quiet'];
    await run('read', at('moment.pcap'), ...words);
  });

  it('are exported in the order in which they came', async () => {
    await run('export', ...WHERE, '--output', at('m.pcapng'), '--encapsulated', '--store', shared());
    await run('read', at('m.pcapng'), '--store', shared(), '--collector', 'again', '--quiet');
    const [again, before] = await askAll(shared(), sessionsOf('again'), sessionsOf('moment'));
    expect(before.length).toBeGreaterThan(1);
    expect(again).toEqual(before);
  });

  it('are all exported without their encapsulation, too', async () => {
    const said = await run('export', ...WHERE, '--output', at('inner.pcapng'), '--store', shared());
    expect(said).toBe(`${packets} packets\n`);
  });
});

describe('--once', () => {
  const CAPTURES = ['erspan2', 'inner-fragments', 'underlay-fragments4'].map(
    (n) => `test/fixtures/${n}.pcap`,
  );

  it('keeps packets once, even of sessions that were stored before without packets', async () => {
    const read = (...words: string[]) => run('read', ...CAPTURES, '--once', '--store', on('once'), ...words);
    await read('--quiet');
    const before = await askAll(on('once'), SESSIONS);
    expect(await read('--packets', 'all')).toMatch(
      /^7 sessions in 7 rows, 6 transactions, and 42 of their packets, stored once in /m,
    );
    const once = [{ packets: 42, sessions: 7, orphans: 0 }];
    expect(await askAll(on('once'), COUNTS)).toEqual([once]);
    await read('--packets', 'all', '--quiet');
    expect(await askAll(on('once'), COUNTS, SESSIONS)).toEqual([once, ...before]);
  });
});

it('--once recognises a capture until too many other inserts have followed it', async () => {
  const read = (name: string): Promise<string> =>
    run('read', `test/fixtures/${name}.pcap`, '--once', '--store', on('few'));
  const rows = async () => (await askAll(on('few'), 'SELECT toUInt32(count()) AS n FROM sessions'))[0];
  await read('erspan2');
  await server.sql('ALTER TABLE few.sessions MODIFY SETTING non_replicated_deduplication_window = 1');
  await read('erspan2');
  expect(await rows()).toEqual([{ n: 1 }]);
  await read('erspan1');
  await read('erspan2');
  expect(await rows()).toEqual([{ n: 3 }]);
});

describe('read --once, interrupted and run again', () => {
  const WORDS = ['--once', '--packets', 'all', '--collector', 'c', '--quiet'];

  it.each([
    ['a server', () => on('broken'), () => join(server.path, 'data/broken/packets')],
    ['a data directory', () => at('broken'), () => at('broken/clickhouse/data/default/packets')],
  ])('stores everything once, in %s', async (_, location, table) => {
    const words = ['read', ...captures, '--store', location(), ...WORDS];
    // ClickHouse keeps each part of a table in a directory.
    const stored = (): boolean =>
      existsSync(table()) && readdirSync(table()).some((name) => /^\d\w*_\d+_\d+_\d+$/.test(name));
    const child = spawn(process.execPath, [MAIN, ...words]);
    const said = text(child.stderr);
    const exited = once(child, 'exit');
    while (child.exitCode === null && !stored()) await new Promise((again) => setTimeout(again, 5));
    child.kill('SIGINT');
    expect(await exited).toEqual([1, null]);
    expect(await said).toMatch(/run it again to store the rest/);
    await run(...words);
    expect(await askAll(location(), COUNTS, sessionsOf('c'))).toEqual([counts, sessions]);
  });
});

it.each([
  ['first 60 bytes', 'toUInt32(max(length(frame)))', 60],
  ['first 2 packets', 'toUInt32(count())', 2],
  ['none', 'toUInt32(count())', 0],
])('--packets keeps what it says: %s', async (which, kept, n) => {
  const words = ['--packets', which, '--store', shared(), '--collector', which, '--quiet'];
  await run('read', 'test/fixtures/erspan2.pcap', ...words);
  const ids = `SELECT session_id FROM sessions WHERE collector = '${which}'`;
  const [packets, sessions, [{ orphans }]] = await askAll(
    shared(),
    `SELECT ${kept} AS n FROM packets WHERE session_id IN (${ids})`,
    ids,
    COUNTS,
  );
  expect(packets).toEqual([{ n }]);
  expect(sessions).toHaveLength(1);
  expect(orphans).toBe(0);
});
