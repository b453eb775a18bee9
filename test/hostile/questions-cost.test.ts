/**
 * The cost of questions for others. An endless question delays no insert and no other question. A question is
 * ended if nobody waits for its answer. A long answer takes no more memory than a short one.
 */
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { QUESTION_DEFAULTS } from '../../src/model/question-limits.js';
import { openReply } from '../../src/observe/control.js';
import { ServerStore } from '../../src/store/clickhouse/server.js';
import { QUESTIONS_AT_ONCE, QUESTIONS_WAITING } from '../../src/store/embedded/questions.js';
import { EmbeddedStore } from '../../src/store/embedded/store.js';
import type { Store } from '../../src/store/store.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { TestCollector } from '../support/collector.js';
import { describeWith } from '../support/needs.js';
import { numberedSegment } from '../support/sessions.js';

/** Runs for days on one processor, but reads fewer rows than the limit. */
const ENDLESS =
  'SELECT sum(sipHash64(a.number, b.number)) FROM numbers(2000000000) AS a CROSS JOIN numbers(1000000) AS ' +
  'b SETTINGS max_threads = 1';
const LIMITS = { ...QUESTION_DEFAULTS, seconds: 600 };
/** 640 MB of rows. */
const LONG = "SELECT number, repeat('x', 180) FROM numbers(3400000)";

/** The statements that the engine runs, without this one. */
const running = async (store: Store): Promise<string[]> => {
  const sql =
    "SELECT query FROM system.processes WHERE query NOT LIKE '%system.processes%' AND query NOT LIKE 'KILL%'";
  return (await text(await store.query(sql))).split('\n').filter((line) => line !== '');
};

const memoryOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

describe('the embedded engine', () => {
  let directory: string;
  let store: EmbeddedStore;
  const left: AbortController[] = [];
  /** Asks a question that does not end. */
  function endless(): { answer: Promise<string>; leave(): void } {
    const controller = new AbortController();
    left.push(controller);
    const asked = store.query(ENDLESS, { limits: LIMITS, signal: controller.signal });
    const answer = asked.then(text).catch((error: Error) => error.message);
    return { answer, leave: () => controller.abort() };
  }
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mirrorlake-cost-'));
    store = new EmbeddedStore(join(directory, 'data'), { create: true });
    await store.migrate();
  });
  afterEach(async () => {
    for (const controller of left.splice(0)) controller.abort();
    await expect.poll(() => running(store)).toEqual([]);
  });
  afterAll(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });

  it('inserts and answers other questions while one does not end', async () => {
    const { answer, leave } = endless();
    await expect.poll(() => running(store)).toHaveLength(1);
    for (let i = 0; i < 2; i++)
      await store.insert('sessions', numberedSegment(i * 1000, (i + 1) * 1000), `during-${i}`, 1000);
    expect(await text(await store.query('SELECT count() FROM sessions'))).toBe('2000\n');
    expect(await running(store)).toHaveLength(1);
    leave();
    expect(await answer).toContain('nobody waits for the answer');
  });

  it('inserts while every place for questions is taken, and forgets clients that leave', async () => {
    const asked = Array.from({ length: QUESTIONS_AT_ONCE + 3 }, endless);
    await store.insert('mirrors', new Uint8Array(), 'nothing', 0).catch(() => undefined);
    await store.insert('sessions', numberedSegment(0, 1000), 'all-taken', 1000);
    for (const { leave } of asked) leave();
    for (const { answer } of asked) expect(await answer).toContain('nobody waits for the answer');
    expect(await text(await store.query('SELECT 1'))).toBe('1\n');
  });

  it('refuses a question if too many others wait', async () => {
    const asked = Array.from({ length: QUESTIONS_AT_ONCE + QUESTIONS_WAITING }, endless);
    await turn();
    await expect(store.query('SELECT 1')).rejects.toThrow('ask again later');
    for (const { leave } of asked) leave();
    for (const { answer } of asked) await answer;
  });

  it('ends a question at its limits', async () => {
    const ask = (sql: string, limits: object) =>
      store
        .query(sql, { limits: { ...QUESTION_DEFAULTS, ...limits } })
        .then(text)
        .catch((error: Error) => error.message);
    expect(await ask(ENDLESS, { seconds: 1 })).toMatch(/TIMEOUT_EXCEEDED|took longer than 1 s/);
    expect(
      await ask('SELECT groupArray(repeat(toString(number), 100)) FROM numbers(10000000)', { memory: 1e8 }),
    ).toMatch(/MEMORY_LIMIT_EXCEEDED/);
    expect(await ask('SELECT count() FROM sessions WHERE NOT ignore(client_ip)', { rows: 100 })).toMatch(
      /TOO_MANY_ROWS/,
    );
    expect(await ask('SELECT count() FROM sessions WHERE NOT ignore(client_ip)', { bytes: 100 })).toMatch(
      /TOO_MANY_BYTES/,
    );
  });

  it('refuses a too long answer to a statement other than SELECT', async () => {
    // The answer has a line per number, indented by its depth.
    const explained = (numbers: number) =>
      `EXPLAIN AST SELECT ${'abs('.repeat(450)}greatest(${Array(numbers).fill(1).join()})${')'.repeat(450)}`;
    expect((await text(await store.query(explained(10_000)))).length).toBeGreaterThan(8e6);
    const asked = store.query(explained(20_000)).then(text);
    await expect(asked).rejects.toThrow('its answer is longer than 16777216 bytes');
  });

  it('streams an answer no faster than it is read, in little memory', async () => {
    await text(await store.query('SELECT * FROM sessions LIMIT 100'));
    const before = [memoryOf(process.pid), memoryOf(store.pid as number)];
    const answer = await store.query(LONG, { limits: LIMITS });
    let bytes = 0;
    let most = 0;
    let pieces = 0;
    for await (const piece of answer) {
      bytes += (piece as Buffer).length;
      if (pieces++ % 1000 !== 0) continue;
      most = Math.max(most, memoryOf(store.pid as number) - before[1], memoryOf(process.pid) - before[0]);
    }
    expect(bytes).toBeGreaterThan(6e8);
    expect(most).toBeLessThan(256 << 20);
  });

  it('ends a question if its answer is not read to the end', async () => {
    const answer = await store.query(LONG, { limits: LIMITS });
    for await (const _ of answer) break;
    await expect.poll(() => running(store)).toEqual([]);
  });
});

describeWith(['root'], 'a collector', () => {
  let collector: TestCollector;
  beforeAll(async () => {
    collector = await TestCollector.start([], { config: 'questions: { longest: 60s }' });
  });
  afterAll(async () => {
    await collector?.stop();
    collector?.remove();
  });

  it('ends the question of a client that has gone', async () => {
    const processes = () =>
      collector.query(
        "SELECT query FROM system.processes WHERE query NOT LIKE '%system.processes%' AND " +
          "query NOT LIKE 'KILL%'",
      );
    const client = new AbortController();
    const request = { command: 'query', sql: ENDLESS, timeout: 60 };
    const gone = openReply(collector.control, request, { signal: client.signal }).catch(
      (error: Error) => error,
    );
    await expect.poll(processes).toHaveLength(1);
    client.abort();
    expect(await gone).toBeInstanceOf(Error);
    await expect.poll(processes).toEqual([]);
  });

  it('reports that an answer broke off', async () => {
    const { body } = await openReply(collector.control, { command: 'query', sql: LONG, timeout: 1 });
    const read = async (): Promise<void> => {
      for await (const _ of body) await new Promise((slow) => setTimeout(slow, 20));
    };
    await expect(read()).rejects.toThrow(/TIMEOUT_EXCEEDED|took longer/);
    expect((await collector.status()).store.state).toBe('up');
  });

  it.each([
    [{ sql: 7 }, 'there is no statement'],
    [{ sql: 'SELECT 1', format: "TSV' ; DROP" }, '--format is one of'],
    [{ sql: 'SELECT 1', params: { 'x y': '1' } }, 'write name=value'],
    [{ sql: 'SELECT 1', params: { x: 1 } }, 'write name=value'],
    [{ sql: 'SELECT 1', params: ['x'] }, 'parameters are names with values'],
    [{ sql: 'SELECT 1', timeout: 601 }, '--timeout is from 1s to 60s here'],
    [{ sql: 'SELECT 1', timeout: {} }, '--timeout is from 1s to 60s here'],
    [{ sql: 'DROP TABLE sessions' }, 'DROP TABLE does more than read'],
  ])('refuses %j with exit status 2', async (request, why) => {
    await expect(openReply(collector.control, { command: 'query', ...request })).rejects.toMatchObject({
      message: expect.stringContaining(why),
      exitCode: 2,
    });
  });
});

describe('a server', () => {
  it('is told to end the question of a client that has left', async () => {
    const server = await ClickHouseServer.start();
    const store = new ServerStore(`${server.url}/default`);
    try {
      await store.migrate();
      const client = new AbortController();
      const asked = store.query(ENDLESS, { limits: LIMITS, signal: client.signal }).then(text);
      const answer = asked.catch((error: Error) => error.message);
      await expect
        .poll(() => running(store).then((all) => all.filter((q) => q.includes('sipHash64'))), {
          timeout: 120_000,
        })
        .toHaveLength(1);
      client.abort();
      await answer;
      await expect
        .poll(() => running(store).then((all) => all.filter((q) => q.includes('sipHash64'))), {
          timeout: 120_000,
        })
        .toEqual([]);
    } finally {
      await store.close();
      await server.stop();
    }
  });
});
