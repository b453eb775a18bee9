/** Two mirrors compared: the route against plain SQL, the reasons, and the page. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/console/contract.js';
import { PathRecord } from '../../src/model/path-record.js';
import { openStore } from '../../src/store/open.js';
import { PathSegment } from '../../src/store/segment/segments.js';
import { reasons } from '../../web/src/pages/compare/why.js';
import { CHROMIUM, openPage, startBrowser } from '../support/browser.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoStore } from '../support/demo-store.js';
import { describeWith } from '../support/needs.js';

const RANGE = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z';
const [A, B] = ['erspan2,10.0.0.11,1,', 'erspan3,10.0.0.12,2,'];

/** The same by another way: Community IDs and sums, without the console. */
const PLAIN = `SELECT countIf(a = b) AS same, countIf(a > 0 AND b > 0 AND a != b) AS differ,
  countIf(b = 0) AS only_a, countIf(a = 0) AS only_b
FROM (
  SELECT sumIf(client_packets + server_packets, mirror_session = 1 AND mirror_type = 'erspan2') AS a,
         sumIf(client_packets + server_packets, mirror_session = 2 AND mirror_type = 'erspan3') AS b
  FROM sessions WHERE mirror_type IN ('erspan2', 'erspan3')
  GROUP BY if(community_id = '', concat(client, ' ', server), community_id))
FORMAT JSONEachRow`;

let served: TestConsole;
let plain: Record<string, string | number>;
beforeAll(async () => {
  const directory = demoStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store'));
  const store = openStore(directory, { create: false });
  plain = JSON.parse(await text(await store.query(PLAIN))) as typeof plain;
  // What `read --path` would have stored of the two.
  const paths = new PathSegment('demo');
  for (const [from, to, lost] of [
    ['10.0.0.11', '10.0.0.12', 4],
    ['10.0.0.12', '10.0.0.11', 0],
    ['10.0.0.11', 'elsewhere', 9],
  ] as const) {
    const r = new PathRecord();
    r.minute = Date.parse('2025-06-02T08:03:00Z') / 1000;
    [r.fromMirror, r.toMirror, r.sample, r.matched, r.lost] = [from, to, 8, 96, lost];
    [r.delayP50Ns, r.delayP99Ns] = [1_500_000, 4_000_000];
    paths.path(r);
  }
  await store.insert('paths', paths.take(), 'paths', 3);
  await store.close();
  served = await startConsole(directory);
});
afterAll(() => served.close());

describe('two mirrors', () => {
  it('tells what became of packets between them, where they are matched', async () => {
    const { paths } = await served.json<Answer<'compare'>>(`/compare?${RANGE}&a=${A}&b=${B}`);
    const common = {
      sample: 8,
      relative: true,
      matched: 96,
      delay_p50_ns: 1_500_000,
      delay_p99_ns: 4_000_000,
    };
    expect(paths).toMatchObject([
      { from_a: true, lost: 4, ...common },
      { from_a: false, lost: 0, ...common },
    ]);
  });

  it('are compared as plain SQL compares them', async () => {
    const answer = await served.json<Answer<'compare'>>(`/compare?${RANGE}&a=${A}&b=${B}`);
    for (const name of ['same', 'differ', 'only_a', 'only_b'] as const)
      expect(answer[name], name).toBe(Number(plain[name]));
    expect(answer.differ).toBe(answer.rows.length);
    expect(answer.rows.reduce((sum, row) => sum + Math.max(row.packets_a - row.packets_b, 0), 0)).toBe(
      answer.fewer_b,
    );
    expect(answer.loss_b.lost).toBe(232);
    expect(answer.loss_a.lost).toBe(0);
    expect(answer.networks_a.reduce((sum, one) => sum + one.conversations, 0)).toBeLessThanOrEqual(
      answer.only_a,
    );
  });

  it('are the same the other way round', async () => {
    const [one, other] = await Promise.all([
      served.json<Answer<'compare'>>(`/compare?${RANGE}&a=${A}&b=${B}`),
      served.json<Answer<'compare'>>(`/compare?${RANGE}&a=${B}&b=${A}&show=only_b`),
    ]);
    expect([one.only_a, one.only_b, one.fewer_b]).toEqual([other.only_b, other.only_a, other.fewer_a]);
    expect(other.rows.every((row) => row.packets_a === 0 && row.packets_b > 0)).toBe(true);
  });

  it('are never there at once where they are not', async () => {
    const answer = await served.json<Answer<'compare'>>(
      `/compare?from=2025-06-03T08:00:00Z&to=2025-06-03T08:10:00Z&a=${A}&b=${B}`,
    );
    expect(answer).toMatchObject({ from: null, to: null, same: 0, rows: [] });
  });

  it('are two', async () => {
    expect((await served.get(`/compare?${RANGE}&a=${A}&b=${A}`)).status).toBe(400);
  });
});

describe('why they differ', () => {
  const none = { packets: 1000, lost: 0 };
  const sides = {
    same: 10,
    differ: 2,
    only_a: 0,
    only_b: 0,
    fewer_a: 0,
    fewer_b: 5,
    otherwise: 0,
    loss_a: none,
    loss_b: none,
  };
  const titles = (more: object): string[] =>
    reasons({ ...sides, ...more }, 'a', 'b').map(({ title }) => title);

  it('is told apart from what a mirror lost itself', () => {
    expect(titles({})).toEqual(['Packets do not come as far as b']);
    expect(titles({ loss_b: { packets: 100, lost: 9 } })).toEqual(["b's mirror lost 9 packets itself"]);
    expect(titles({ loss_b: { packets: 100, lost: 2 } })).toEqual([
      'b has fewer packets than its mirror lost',
    ]);
    expect(titles({ differ: 0, fewer_b: 0 })).toEqual(['What both saw is the same']);
    expect(titles({ same: 0, differ: 0, fewer_b: 0 })).toEqual(['They have no conversation in common']);
  });
});

describeWith([CHROMIUM], 'the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  it('says what the mirrors lost themselves, and lists what only one saw', async () => {
    const { context, page, complaints } = await openPage(
      browser,
      `${served.url}compare#token=${served.token}`,
    );
    await page.getByText("10.0.0.12 session 2's mirror lost 232 packets itself").waitFor();
    const only = page.getByRole('button', { name: `${Number(plain.only_b)} only 10.0.0.12 session 2` });
    await only.click();
    await page.getByRole('region', { name: 'Only 10.0.0.12 session 2 saw it' }).waitFor();
    expect(new URL(page.url()).searchParams.get('show')).toBe('only_b');
    await page.goBack();
    await page.getByRole('region', { name: 'Both saw it, not the same' }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});
