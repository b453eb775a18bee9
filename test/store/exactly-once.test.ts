import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EmbeddedStore } from '../../src/store/embedded/store.js';
import { openStore } from '../../src/store/open.js';
import { Delivery } from '../../src/store/spool/delivery.js';
import { Spool } from '../../src/store/spool/spool.js';
import { listSpool } from '../../src/store/spool/spool-directory.js';
import type { Store } from '../../src/store/store.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { type Fault, FaultProxy } from '../support/fault-proxy.js';
import { program } from '../support/programs.js';
import { bytesUpTo, numberedSegment } from '../support/sessions.js';

let directory: string;
let server: ClickHouseServer;
/** A store in a data directory, which the tests have one after the other. */
const embedded = mkdtempSync(join(tmpdir(), 'mirrorlake-once-data-'));
beforeAll(async () => {
  server = await ClickHouseServer.start();
  server.keepUp();
});
afterAll(async () => {
  await server?.stop();
  rmSync(embedded, { recursive: true, force: true });
});
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-once-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Faults are over in milliseconds here. */
const options = { log: () => {}, retry: { first: 10, last: 100 } };

/** Leaves a store to the next test: making one anew takes longer than most of them. */
async function leave(store: Store): Promise<void> {
  for (const table of ['sessions', 'sessions_by_minute'])
    await text(await store.change(`TRUNCATE TABLE ${table}`));
  await store.close();
}

/** Says that the store has the sessions 0 up to `n`, each once, and the roll-up with it. */
async function expectStored(store: Store, n: number): Promise<void> {
  const [row] = JSON.parse(
    await text(
      await store.query(
        `SELECT count() AS n, uniqExact(session_id) AS ids, sum(client_bytes) AS bytes,
           (SELECT sum(sessions) FROM sessions_by_minute) AS rolled,
             (SELECT sum(client_bytes) FROM sessions_by_minute) AS rolled_bytes
         FROM sessions FORMAT JSONCompact SETTINGS output_format_json_quote_64bit_integers = 0`,
      ),
    ),
  ).data;
  expect(row).toEqual([n, n, bytesUpTo(n), n, bytesUpTo(n)]);
}

describe('the process is killed', () => {
  const failpoints = [
    'append:7',
    'appended:7',
    'data-synced:1',
    'synced:1',
    'closed:1',
    'inserted',
    'inserted:2',
    'removed:1',
  ];

  /** Runs the writer until it is killed. @returns the last number of sessions it said to be on the disk */
  async function write(location: string, to: number, failpoint: string): Promise<number> {
    const writer = [program('spool-writer'), join(directory, 'spool'), location, `${to}`];
    const child = spawn(process.execPath, writer, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, MIRRORLAKE_FAILPOINT: failpoint },
    });
    const [said, complained] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((done) => child.once('exit', done)),
    ]);
    expect(child.signalCode, complained).toBe('SIGKILL');
    return Number(said.trim().split('\n').at(-1) ?? 0);
  }

  test.each(failpoints.flatMap((failpoint) => ['server', 'embedded'].map((kind) => [failpoint, kind])))(
    'at %s, %s',
    async (failpoint, kind) => {
      const location = kind === 'server' ? `${server.url}/killed` : embedded;
      const synced = await write(location, 2000, failpoint);
      const store = openStore(location, { create: false });
      const spool = new Spool(join(directory, 'spool'), { limit: 1 << 30 });
      const delivery = new Delivery(store, spool, options);
      await delivery.start();
      await expect.poll(() => spool.waitingSegments).toBe(0);
      const stored = Number(await text(await store.query('SELECT count() FROM sessions')));
      expect(stored).toBeGreaterThanOrEqual(synced);
      expect(stored).toBeLessThanOrEqual(2000);
      await expectStored(store, stored);
      // And it goes on.
      spool.append('sessions', numberedSegment(stored, stored + 200), 200);
      await spool.flush();
      await delivery.drain(60_000);
      await expectStored(store, stored + 200);
      await spool.close();
      await leave(store);
    },
  );
});

describe('between us and the server', () => {
  const retryable = [159, 160, 202, 209, 210, 241, 242, 243, 252, 279, 285, 319, 999, 1000, 1001, 1002];
  const faults: [string, Fault[]][] = [
    ['reset in the head', [{ kind: 'reset in the body', after: 100 }]],
    ['reset in the body', [{ kind: 'reset in the body', after: 30_000 }]],
    ['reset after the body before the answer', [{ kind: 'reset before the answer' }]],
    ['an answer that does not come in time', [{ kind: 'no answer' }]],
    ['a gateway without a server', [{ kind: 'answer', status: 502, code: 0 }]],
    ...retryable.map((code): [string, Fault[]] => [
      `500 with ${code}`,
      [{ kind: 'answer', status: 500, code }],
    ]),
    [
      'one thing after another',
      [
        { kind: 'reset before the answer' },
        { kind: 'answer', status: 500, code: 252 },
        { kind: 'reset in the body', after: 50_000 },
        { kind: 'reset before the answer' },
      ],
    ],
  ];

  test.each(faults)('%s', async (_, given) => {
    const proxy = await FaultProxy.start(server.httpPort);
    const store = openStore(`http://127.0.0.1:${proxy.port}/faults`, { create: true, timeout: 1000 });
    const spool = new Spool(join(directory, 'spool'), { limit: 1 << 30 });
    const delivery = new Delivery(store, spool, options);
    await delivery.start();
    proxy.faults.push(...given);
    for (let n = 0; n < 3000; n += 1000) {
      spool.append('sessions', numberedSegment(n, n + 1000), 1000);
      await spool.flush();
    }
    await delivery.drain(25_000);
    expect(proxy.faults).toEqual([]);
    expect(spool.waitingSegments).toBe(0);
    await spool.close();
    await expectStored(store, 3000);
    await leave(store);
    await proxy.stop();
  });

  test('nobody is there at first', async () => {
    const late = await ClickHouseServer.start({ path: join(directory, 'server') });
    await late.kill();
    const store = openStore(`${late.url}/late`, { create: true });
    const spool = new Spool(join(directory, 'spool'), { limit: 1 << 30 });
    const delivery = new Delivery(store, spool, options);
    await delivery.start();
    expect(delivery.state).toBe('away');
    spool.append('sessions', numberedSegment(0, 500), 500);
    await spool.flush();
    await late.restart();
    await delivery.drain(25_000);
    await spool.close();
    await expectStored(store, 500);
    await store.close();
    await late.stop();
  });

  test('a segment refused for its content is set aside, and the rest go on', async () => {
    const proxy = await FaultProxy.start(server.httpPort);
    const store = openStore(`http://127.0.0.1:${proxy.port}/faults`, { create: true });
    const spool = new Spool(join(directory, 'spool'), { limit: 1 << 30 });
    const delivery = new Delivery(store, spool, options);
    await delivery.start();
    proxy.faults.push({ kind: 'answer', status: 500, code: 117 });
    spool.append('sessions', numberedSegment(5000, 5010), 10);
    await spool.flush();
    spool.append('sessions', numberedSegment(0, 1000), 1000);
    await delivery.drain(25_000);
    await expectStored(store, 1000);
    const [refused] = listSpool(join(directory, 'spool'));
    expect(refused).toMatchObject({ rows: 10, reason: expect.stringContaining('for the test') });
    await spool.close();
    await leave(store);
    await proxy.stop();
  });
});

/**
 * Waits until some of five segments are stored, another number in every round, and the next is on its way.
 */
async function inTheMiddle(delivery: Delivery, round: number): Promise<void> {
  const before = delivery.storedSegments;
  await expect.poll(() => delivery.storedSegments, { interval: 1 }).toBeGreaterThanOrEqual(before + round);
}

test('the server is killed and restarted while inserting', async () => {
  const mortal = await ClickHouseServer.start({ path: join(directory, 'server') });
  const store = openStore(`${mortal.url}/mortal`, { create: true, timeout: 5000 });
  const spool = new Spool(join(directory, 'spool'), { limit: 1 << 30 });
  const delivery = new Delivery(store, spool, options);
  await delivery.start();
  let n = 0;
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 5; i++, n += 4000) {
      spool.append('sessions', numberedSegment(n, n + 4000), 4000);
      await spool.flush();
    }
    await inTheMiddle(delivery, round);
    await mortal.kill();
    await mortal.restart();
  }
  await delivery.drain(30_000);
  expect(spool.waitingSegments).toBe(0);
  await spool.close();
  await expectStored(store, n);
  await store.close();
  await mortal.stop();
});

test('chDB is killed while inserting', async () => {
  const store = new EmbeddedStore(join(directory, 'data'), { create: true, spool: join(directory, 'spool') });
  const spool = new Spool(join(directory, 'spool'), { limit: 1 << 30 });
  const delivery = new Delivery(store, spool, options);
  await delivery.start();
  let n = 0;
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 5; i++, n += 4000) {
      spool.append('sessions', numberedSegment(n, n + 4000), 4000);
      await spool.flush();
    }
    await inTheMiddle(delivery, round);
    if (store.pid !== undefined) process.kill(store.pid, 'SIGKILL');
  }
  await delivery.drain(30_000);
  expect(spool.waitingSegments).toBe(0);
  await spool.close();
  await expectStored(store, n);
  await store.close();
});
