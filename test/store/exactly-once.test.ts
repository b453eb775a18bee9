import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EmbeddedStore } from '../../src/store/embedded/store.js';
import { openStore } from '../../src/store/open.js';
import { ROLLUPS } from '../../src/store/rollups.js';
import { CertificateSegment, TransactionSegment } from '../../src/store/segment/segments.js';
import { Delivery } from '../../src/store/spool/delivery.js';
import { Spool } from '../../src/store/spool/spool.js';
import { listSpool } from '../../src/store/spool/spool-directory.js';
import type { Store } from '../../src/store/store.js';
import { certificateRecord, transactionRecord } from '../support/arbitrary-records.js';
import { ClickHouseServer, freePort } from '../support/clickhouse-server.js';
import { type Fault, FaultProxy } from '../support/fault-proxy.js';
import { program } from '../support/programs.js';
import { bytesUpTo, numberedSegment } from '../support/sessions.js';

let directory: string;
let server: ClickHouseServer;
beforeAll(async () => {
  server = await ClickHouseServer.start();
  server.keepUp();
});
afterAll(() => server?.stop());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-once-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** The faults here last milliseconds, so retries begin soon. */
const options = { log: () => {}, retry: { first: 10, last: 100 } };

/** Empties a store for the next test, because making a new one takes longer than most tests. */
async function leave(store: Store): Promise<void> {
  for (const table of ['sessions', ...Object.keys(ROLLUPS)])
    await text(await store.change(`TRUNCATE TABLE ${table}`));
}

/** An array of what each roll-up says to a question. */
function sumsOfRollups(what: string): string {
  return `[${Object.keys(ROLLUPS).map((rollup) => `(SELECT ${what} FROM ${rollup})`)}]`;
}

/**
 * Expects that the store has each session from `from` up to some number once, and that the roll-ups agree.
 * @returns that number
 */
async function storedUpTo(store: Store, from = 0): Promise<number> {
  // Numbered sessions have their number in the port.
  const these = `client_port BETWEEN ${1024 + from} AND ${1024 + from + APART - 1}`;
  const [row] = JSON.parse(
    await text(
      await store.query(
        `SELECT countIf(${these}), uniqExactIf(session_id, ${these}), sumIf(client_bytes, ${these}),
           ${sumsOfRollups('sum(sessions)')}, count(), ${sumsOfRollups('sum(client_bytes)')},
           sum(client_bytes)
         FROM sessions FORMAT JSONCompact SETTINGS output_format_json_quote_64bit_integers = 0`,
      ),
    ),
  ).data;
  const n = row[0] as number;
  const [, , , rolledUp, all, bytesRolledUp, bytes] = row;
  expect(row).toEqual([
    n,
    n,
    bytesUpTo(from + n) - bytesUpTo(from),
    rolledUp.map(() => all),
    all,
    bytesRolledUp.map(() => bytes),
    bytes,
  ]);
  return from + n;
}

/** The distance between the first session numbers of two writers. */
const APART = 6000;

describe.each(['server', 'embedded'])('if the process is killed while storing to %s,', (kind) => {
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
  const killed = mkdtempSync(join(tmpdir(), 'mirrorlake-killed-'));
  const spoolOf = (failpoint: string): string => join(killed, failpoint.replace(':', '-'));
  /** The last number that each writer reported as synced to disk. */
  const synced = new Map<string, number>();
  let store: Store;

  /** Runs a writer of the sessions from `from` up to `to` until it is killed. */
  async function write(location: string, from: number, to: number, failpoint: string): Promise<void> {
    const writer = [program('spool-writer'), spoolOf(failpoint), location, `${from}`, `${to}`];
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
    synced.set(failpoint, Number(said.trim().split('\n').at(-1) || from));
  }

  // All writers run first, and one store then takes what they leave: starting an engine takes longer than
  // delivering that.
  beforeAll(async () => {
    const location = kind === 'server' ? `${server.url}/killed` : join(killed, 'data');
    for (const [i, failpoint] of failpoints.entries())
      await write(location, i * APART, i * APART + 600, failpoint);
    store = openStore(location, { create: false });
  });
  afterAll(async () => {
    await store?.close();
    rmSync(killed, { recursive: true, force: true });
  });

  test.each(failpoints.map((failpoint, i) => [failpoint, i * APART] as const))(
    'everything synced is stored once: at %s',
    async (failpoint, from) => {
      const spool = new Spool(spoolOf(failpoint), { limit: 1 << 30 });
      const delivery = new Delivery(store, spool, options);
      await delivery.start();
      await expect.poll(() => spool.waitingSegments).toBe(0);
      const stored = await storedUpTo(store, from);
      expect(stored).toBeGreaterThanOrEqual(synced.get(failpoint)!);
      expect(stored).toBeLessThanOrEqual(from + 600);
      // Delivery continues afterwards.
      spool.append('sessions', numberedSegment(stored, stored + 200), 200);
      await spool.flush();
      await delivery.drain(60_000);
      expect(await storedUpTo(store, from)).toBe(stored + 200);
      await spool.close();
    },
  );
});

describe('a fault between us and the server', () => {
  const retryable = [159, 160, 202, 209, 210, 241, 242, 243, 252, 279, 285, 319, 999, 1000, 1001, 1002];
  const faults: [string, Fault[]][] = [
    ['reset in the head', [{ kind: 'reset in the body', after: 100 }]],
    ['reset in the body', [{ kind: 'reset in the body', after: 30_000 }]],
    ['reset after the body before the answer', [{ kind: 'reset before the answer' }]],
    ['an answer that does not come in time', [{ kind: 'no answer' }]],
    ['a gateway without a server', [{ kind: 'answer', status: 502, code: 0 }]],
    ['every error that may pass', retryable.map((code): Fault => ({ kind: 'answer', status: 500, code }))],
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

  test.each(faults)('loses and repeats nothing: %s', async (_, given) => {
    const proxy = await FaultProxy.start(server.httpPort);
    const store = openStore(`http://127.0.0.1:${proxy.port}/faults`, { create: true, timeout: 1000 });
    const spool = new Spool(join(directory, 'spool'), { limit: 1 << 30 });
    const delivery = new Delivery(store, spool, options);
    await delivery.start();
    proxy.faults.push(...given);
    for (let n = 0; n < 2000; n += 1000) {
      spool.append('sessions', numberedSegment(n, n + 1000), 1000);
      await spool.flush();
    }
    await delivery.drain(120_000);
    expect(proxy.faults).toEqual([]);
    expect(spool.waitingSegments).toBe(0);
    await spool.close();
    expect(listSpool(join(directory, 'spool'))).toEqual([]);
    expect(await storedUpTo(store)).toBe(2000);
    await leave(store);
    await store.close();
    await proxy.stop();
  });

  test('loses and repeats nothing of what is stored beside sessions', async () => {
    const proxy = await FaultProxy.start(server.httpPort);
    const store = openStore(`http://127.0.0.1:${proxy.port}/beside`, { create: true });
    const spool = new Spool(join(directory, 'spool'), { limit: 1 << 30 });
    const delivery = new Delivery(store, spool, options);
    await delivery.start();
    const transactions = new TransactionSegment('here');
    for (const r of fc.sample(transactionRecord, { numRuns: 100, seed: 1 })) transactions.transaction(r);
    const certificates = new CertificateSegment('here');
    for (const r of fc.sample(certificateRecord, { numRuns: 10, seed: 1 }))
      certificates.certificate(Object.assign(r, { day: 20_000 }));
    for (let n = 0; n < 4; n++) proxy.faults.push({ kind: 'reset before the answer' });
    spool.append('transactions', transactions.take(), 100);
    spool.append('certificates', certificates.take(), 10);
    await spool.flush();
    await delivery.drain(60_000);
    expect(proxy.faults).toEqual([]);
    await spool.close();
    const counts =
      'SELECT (SELECT count() FROM transactions), (SELECT count() FROM certificates), ' +
      '(SELECT uniqExact(fingerprint) FROM certificates)';
    expect(await text(await store.query(counts))).toBe('100\t10\t10\n');
    await store.close();
    await proxy.stop();
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
    await delivery.drain(120_000);
    expect(await storedUpTo(store)).toBe(1000);
    const [refused] = listSpool(join(directory, 'spool'));
    expect(refused).toMatchObject({ rows: 10, reason: expect.stringContaining('for the test') });
    await spool.close();
    await leave(store);
    await store.close();
    await proxy.stop();
  });
});

/**
 * Appends four segments in each round, waits until some of them are stored, and calls `interrupt` while the
 * next one is on its way. Each round waits for another number. @returns the number of sessions
 */
async function interrupted(
  spool: Spool,
  delivery: Delivery,
  first: number,
  interrupt: () => Promise<void>,
): Promise<number> {
  let n = first;
  for (let round = 0; round < 3; round++) {
    const before = delivery.storedSegments;
    for (let i = 0; i < 4; i++, n += 400) {
      spool.append('sessions', numberedSegment(n, n + 400), 400);
      await spool.flush();
    }
    await expect.poll(() => delivery.storedSegments, { interval: 1 }).toBeGreaterThanOrEqual(before + round);
    await interrupt();
  }
  await delivery.drain(30_000);
  expect(spool.waitingSegments).toBe(0);
  return n;
}

test('everything is stored once by a server that starts late, and is killed while inserting', async () => {
  const [httpPort, tcpPort] = [await freePort(), await freePort()];
  const location = `http://127.0.0.1:${httpPort}/mortal`;
  const store = openStore(location, { create: true, timeout: 5000 });
  const spool = new Spool(join(directory, 'spool'), { limit: 1 << 30 });
  const delivery = new Delivery(store, spool, options);
  await delivery.start();
  expect(delivery.state).toBe('away');
  spool.append('sessions', numberedSegment(0, 500), 500);
  await spool.flush();
  const mortal = await ClickHouseServer.start({ path: join(directory, 'server'), httpPort, tcpPort });
  await expect.poll(() => delivery.storedRows).toBe(500);
  expect(await storedUpTo(store)).toBe(500);
  const n = await interrupted(spool, delivery, 500, async () => {
    await mortal.kill();
    await mortal.restart();
  });
  await spool.close();
  expect(await storedUpTo(store)).toBe(n);
  await store.close();
  await mortal.stop();
});

test('everything is stored once by chDB if it is killed while inserting', async () => {
  const store = new EmbeddedStore(join(directory, 'data'), { create: true, spool: join(directory, 'spool') });
  const spool = new Spool(join(directory, 'spool'), { limit: 1 << 30 });
  const delivery = new Delivery(store, spool, options);
  await delivery.start();
  const n = await interrupted(spool, delivery, 0, async () => {
    if (store.pid !== undefined) process.kill(store.pid, 'SIGKILL');
  });
  await spool.close();
  expect(await storedUpTo(store)).toBe(n);
  await store.close();
});
