import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../bench/generate.js';

const MAIN = 'dist/cli/main.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-packets-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

const at = (name: string) => join(directory, name);

/** Runs a command that has to succeed. @returns what it said */
function run(...words: string[]): string {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.any(String) });
  return stderr;
}

function ask(store: string, sql: string): string {
  return execFileSync(
    process.execPath,
    [MAIN, 'query', sql, '--store', at(store), '--format', 'JSONEachRow'],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
}

/** Session ids are each reading's own; everything else is what was on the wire. */
const sessions = (store: string) => ask(store, 'SELECT * EXCEPT session_id FROM sessions ORDER BY ALL');
/** Sequence numbers are made anew for what was kept, so that nothing is missing among them. */
const mirrors = (store: string) =>
  ask(store, 'SELECT * EXCEPT (sequence, lost, reordered, repeated) FROM mirrors ORDER BY ALL');

const ORPHANS =
  'SELECT count() AS packets, uniqExact(session_id) AS sessions, countIf(session_id NOT IN ' +
  '(SELECT session_id FROM sessions)) AS orphans FROM packets';
const counts = (store: string) => JSON.parse(ask(store, ORPHANS));

describe('a capture read with its packets', () => {
  const PACKETS = 30_000;
  beforeAll(async () => {
    await generate({ packets: PACKETS, output: at('in.pcap'), seed: 11, mix: 'all', loss: 0.01 });
    run('read', at('in.pcap'), '--packets', 'all', '--store', at('first'), '--collector', 'c', '--quiet');
  });

  it('has every one of them, in more segments than one', () => {
    expect(counts('first')).toMatchObject({ packets: PACKETS, orphans: 0 });
    const bytes = JSON.parse(ask('first', 'SELECT sum(length(frame)) AS n FROM packets'));
    expect(bytes.n).toBeGreaterThan(8 << 20);
  });

  it('exported in their encapsulation and read again, gives the same sessions', () => {
    run('export', '--where', '1', '--output', at('out.pcapng'), '--encapsulated', '--store', at('first'));
    run('read', at('out.pcapng'), '--store', at('second'), '--collector', 'c', '--quiet');
    expect(sessions('second')).toBe(sessions('first'));
    expect(mirrors('second')).toBe(mirrors('first'));
  });

  it('exported without it, gives the frames', () => {
    const said = run('export', '--where', '1', '--output', at('inner.pcapng'), '--store', at('first'));
    expect(said).toBe(`${PACKETS} packets\n`);
  });
});

it('packets of one moment come out in the order they came in', () => {
  const capture = readFileSync('test/fixtures/tcp-states.pcap');
  for (let o = 24; o < capture.length; o += 16 + capture.readUInt32LE(o + 8))
    capture.copy(capture, o, 24, 32);
  writeFileSync(at('moment.pcap'), capture);
  run('read', at('moment.pcap'), '--packets', 'all', '--store', at('moment'), '--collector', 'c', '--quiet');
  run('export', '--where', '1', '--output', at('m.pcapng'), '--encapsulated', '--store', at('moment'));
  run('read', at('m.pcapng'), '--store', at('again'), '--collector', 'c', '--quiet');
  expect(sessions('again')).toBe(sessions('moment'));
});

describe('--once', () => {
  const CAPTURES = ['erspan2', 'inner-fragments', 'underlay-fragments4'].map(
    (n) => `test/fixtures/${n}.pcap`,
  );
  const read = (...words: string[]) => run('read', ...CAPTURES, '--once', '--store', at('once'), ...words);

  it('keeps packets once, those of sessions that were stored before without them too', () => {
    read('--quiet');
    const before = sessions('once');
    expect(read('--packets', 'all')).toMatch(
      /^7 sessions in 7 rows, and 42 of their packets, stored once in /m,
    );
    const once = { packets: 42, sessions: 7, orphans: 0 };
    expect(counts('once')).toEqual(once);
    read('--packets', 'all', '--quiet');
    expect(counts('once')).toEqual(once);
    expect(sessions('once')).toBe(before);
  });
});

it('a capture is known to --once as long as no more inserts came after it than are remembered', () => {
  const read = (name: string): string =>
    run('read', `test/fixtures/${name}.pcap`, '--once', '--store', at('few'));
  const rows = (): number => Number(JSON.parse(ask('few', 'SELECT count() AS n FROM sessions')).n);
  read('erspan2');
  const remember = 'ALTER TABLE sessions MODIFY SETTING non_replicated_deduplication_window = 1';
  run('query', remember, '--write', '--store', at('few'));
  read('erspan2');
  expect(rows()).toBe(1);
  read('erspan1');
  read('erspan2');
  expect(rows()).toBe(3);
});

it('broken off and run again, puts everything away once', async () => {
  await generate({ packets: 10_000, output: at('small.pcap'), seed: 5, mix: 'all', loss: 0 });
  const words = ['--once', '--packets', 'all', '--collector', 'c', '--quiet'];
  const captures = Array<string>(10).fill(at('small.pcap'));
  const interrupted = async (after: number) => {
    const child = spawn(process.execPath, [MAIN, 'read', ...captures, '--store', at('broken'), ...words]);
    const said = text(child.stderr);
    setTimeout(() => child.kill('SIGINT'), after);
    const [status] = await once(child, 'exit');
    return status === 1 && /run it again to store the rest/.test(await said);
  };
  const begin = performance.now();
  run('read', ...captures, '--store', at('whole'), ...words);
  const took = performance.now() - begin;
  // When it is in the middle is not known beforehand; every one of these has to do no harm.
  let times = 0;
  for (const part of [0.4, 0.55, 0.7]) if (await interrupted(part * took)) times++;
  expect(times).toBeGreaterThan(0);
  run('read', ...captures, '--store', at('broken'), ...words);
  expect(counts('broken')).toEqual(counts('whole'));
  expect(sessions('broken')).toBe(sessions('whole'));
}, 60_000);

it.each([
  ['first 60 bytes', 'SELECT max(length(frame)) AS n FROM packets', 60],
  ['first 2 packets', 'SELECT max(n) AS n FROM (SELECT count() AS n FROM packets GROUP BY session_id)', 2],
  ['none', 'SELECT count() AS n FROM packets', 0],
])('keeps %s', (which, sql, n) => {
  const store = which.replaceAll(' ', '-');
  run('read', 'test/fixtures/erspan2.pcap', '--packets', which, '--store', at(store), '--quiet');
  expect(JSON.parse(ask(store, sql))).toEqual({ n });
});
