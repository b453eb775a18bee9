/** Answers that take their time: how far they are is said, and whoever has enough of one ends it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { SLOW, SLOW_TYPE, type SlowLine } from '../../src/console/contract/route.js';
import type { Answer } from '../../src/console/contract.js';
import { Progressed } from '../../src/console/questions.js';
import { answeredOrTold } from '../../src/console/slow-answers.js';
import { openStore } from '../../src/store/open.js';
import { linesOf } from '../../web/src/api/lines.js';
import { CHROMIUM, openPage, startBrowser } from '../support/browser.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoStore } from '../support/demo-store.js';
import { describeWith } from '../support/needs.js';

/** Days whose conversations are read one day after the other, each for some seconds. */
const DAYS = 15;
const ROWS = 1710;
const SLOWLY = 'sleepEachRow(0.0017) = 0';
const RANGE = 'from=2025-06-02T08:00:00Z&to=2025-06-20T00:00:00Z';
const TOP = `/top?what=pairs&${RANGE}`;

let served: TestConsole;
beforeAll(async () => {
  const path = await demoStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store'));
  const store = openStore(path, { create: false });
  const later =
    'INSERT INTO sessions SELECT * REPLACE (first_seen + toIntervalDay(day) AS first_seen) FROM sessions ' +
    `ARRAY JOIN range(1, ${DAYS}) AS day`;
  await text(await store.change(later));
  await store.close();
  served = await startConsole(path);
});
afterAll(() => served.close());

/** How many of the slow statements the engine runs. */
async function running(): Promise<number> {
  const sql =
    "SELECT count() AS n FROM system.processes WHERE query LIKE '%sleepEachRow(%' " +
    "AND query NOT LIKE '%system.processes%'";
  const body = JSON.stringify({ sql, id: 'running' });
  const headers = { 'content-type': 'application/json' };
  const response = await served.get('/sql', { method: 'POST', body, headers });
  const rows = (await response.text()).split('\n').find((line) => line.startsWith('{"rows"'));
  return Number((JSON.parse(rows!) as { rows: string[][] }).rows[0][0]);
}

/** Asks for something slow. @returns its lines, and what leaves it */
async function slowly(): Promise<{ lines: AsyncGenerator<SlowLine>; leave(): void }> {
  const left = new AbortController();
  const response = await served.get(`${TOP}&q=${encodeURIComponent(SLOWLY)}`, {
    headers: { accept: `application/json, ${SLOW_TYPE}` },
    signal: left.signal,
  });
  expect(response.headers.get('content-type')).toBe(SLOW_TYPE);
  return { lines: linesOf<SlowLine>(response), leave: () => left.abort() };
}

/** Reads lines until rows have been read. */
async function read(lines: AsyncGenerator<SlowLine>): Promise<number> {
  for (;;) {
    const { value } = (await lines.next()) as { value: SlowLine };
    if (!('progress' in value)) throw new Error(JSON.stringify(value));
    if (value.progress.rows_read > 0) return value.progress.rows_to_read;
  }
}

/** Reads lines to their end: some may have come before they were left. */
async function rest(lines: AsyncGenerator<SlowLine>): Promise<void> {
  for await (const _ of lines);
}

describe('a slow answer', () => {
  it('says how far it is, and ends in the engine when the last who waits has left', async () => {
    const [one, other] = await Promise.all([slowly(), slowly()]);
    expect(await read(one.lines)).toBe(DAYS * ROWS);
    await read(other.lines);
    expect(await running()).toBe(1);
    one.leave();
    await expect(rest(one.lines)).rejects.toThrow();
    await read(other.lines);
    expect(await running()).toBe(1);
    other.leave();
    await expect.poll(running).toBe(0);
    expect((await served.get(TOP)).status).toBe(200);
  });

  it('is plain JSON where it is there soon, and for whoever does not ask for lines', async () => {
    const response = await served.get(TOP, { headers: { accept: `application/json, ${SLOW_TYPE}` } });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('etag')).not.toBeNull();
    expect(((await response.json()) as Answer<'top'>).rows.length).toBeGreaterThan(0);
  });
});

describe('lines of a slow answer', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('are the sum of its questions, and at the end the answer', async () => {
    vi.useFakeTimers();
    const progressed = new Progressed();
    const asked = ['a', 'b'].map((statement) => {
      const given: { progress?: (reached: object) => void } = {};
      const ask = (_: string, options: object) => {
        Object.assign(given, options);
        return new Promise<never>(() => undefined);
      };
      void progressed.of({ ask, place: () => Promise.resolve(() => undefined) }).ask(statement);
      return given;
    });
    let answer = (_: object): void => undefined;
    const answering = new Promise<object>((resolve) => {
      answer = resolve;
    });
    const told = answeredOrTold(answering, progressed, () => ({ title: '', status: 500, detail: '' }));
    await vi.advanceTimersByTimeAsync(SLOW);
    const lines = linesOf<SlowLine>((await told) as Response);
    expect((await lines.next()).value).toMatchObject({ progress: { rows_read: 0, rows_to_read: 0 } });
    asked[0].progress?.({ rowsRead: 5, rowsToRead: 10, elapsedMs: 1 });
    asked[1].progress?.({ rowsRead: 3, rowsToRead: 0, elapsedMs: 1 });
    const next = lines.next();
    await vi.advanceTimersByTimeAsync(500);
    expect((await next).value).toMatchObject({ progress: { rows_read: 8, rows_to_read: 13 } });
    answer({ rows: [] });
    expect((await lines.next()).value).toEqual({ answer: { rows: [] } });
    expect((await lines.next()).done).toBe(true);
  });

  it('that nobody reads on are no failure', async () => {
    vi.useFakeTimers();
    const problemOf = vi.fn(() => ({ title: '', status: 500, detail: '' }));
    const told = answeredOrTold(new Promise<never>(() => undefined), new Progressed(), problemOf);
    await vi.advanceTimersByTimeAsync(SLOW);
    const reader = ((await told) as Response).body!.getReader();
    await reader.read();
    const left = reader.cancel();
    await vi.advanceTimersByTimeAsync(500);
    await left;
    expect(problemOf).not.toHaveBeenCalled();
  });

  it.each([new Error('Memory limit exceeded'), new DOMException('The operation was aborted', 'AbortError')])(
    'end with what went wrong: %s',
    async (error) => {
      vi.useFakeTimers();
      let fail = (_: Error): void => undefined;
      const answering = new Promise<never>((_, reject) => {
        fail = reject;
      });
      const problem = { title: 'not answered', status: 422, detail: 'Memory limit exceeded' };
      const told = answeredOrTold(answering, new Progressed(), () => problem);
      await vi.advanceTimersByTimeAsync(SLOW);
      const lines = linesOf<SlowLine>((await told) as Response);
      await lines.next();
      fail(error);
      expect((await lines.next()).value).toEqual({ problem });
      expect((await lines.next()).done).toBe(true);
    },
  );
});

describeWith([CHROMIUM], 'a slow card', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  it('shows how far its question is, is cancelled, and is asked again', async () => {
    const { page, context, complaints } = await openPage(browser, 'about:blank');
    const pairs = /\/api\/v1\/top\?.*what=pairs/;
    await page.route(pairs, (route) =>
      route.continue({ url: `${route.request().url()}&q=${encodeURIComponent(SLOWLY)}` }),
    );
    await page.goto(served.link.replace('#', '?t=2025-06-02T08:00~2025-06-20T00:00#'));
    const card = page.getByRole('region', { name: 'Top talkers' });
    await card.getByRole('progressbar', { name: 'Progress' }).waitFor();
    await card.getByText(/^[\d,]{5,} of 25,650 rows read, /).waitFor();
    expect(await running()).toBe(1);
    await card.getByRole('button', { name: 'Cancel' }).click();
    await card.getByText('Stopped before there was an answer.').waitFor();
    await expect.poll(running).toBe(0);
    // Cards beside it have their answers.
    await page.getByRole('region', { name: 'Slow services' }).getByRole('table').waitFor();
    await page.unroute(pairs);
    await card.getByRole('button', { name: 'Ask again' }).click();
    await card.getByRole('table').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});
