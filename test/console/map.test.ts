/** The map: its route against plain SQL, its layout, and the page as somebody uses it without a mouse. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/console/contract.js';
import { openStore } from '../../src/store/open.js';
import { labelsOf } from '../../web/src/pages/map/labels.js';
import { layOut } from '../../web/src/pages/map/layout.js';
import { CHROMIUM, openPage, startBrowser } from '../support/browser.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoStore } from '../support/demo-store.js';
import { describeWith } from '../support/needs.js';

type MapAnswer = Answer<'map'>;
const RANGE = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z';
const DAY = 'from=2025-06-02T00:00:00Z&to=2025-06-03T00:00:00Z';

interface Pair {
  readonly pair: string;
  readonly bytes: number;
  readonly failed: number;
}

let served: TestConsole;
let pairs: Pair[];
let hosts: { host: string; bytes: number; sessions: number }[];
let vlans: { vlans: number[]; conversations: number }[];
beforeAll(async () => {
  const directory = demoStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store'));
  const store = openStore(directory, { create: false });
  const rows = async <Row>(sql: string): Promise<Row[]> => {
    const settings = 'SETTINGS output_format_json_quote_64bit_integers = 0';
    const lines = await text(await store.query(`${sql} ${settings}`, { format: 'JSONEachRow' }));
    return lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
  };
  // The same by another way: texts in order, and each end by itself.
  pairs = await rows<Pair>(
    `SELECT arrayStringConcat(arraySort([client, server]), ' ') AS pair,
       sum(client_bytes) + sum(server_bytes) AS bytes,
       countIf(tcp_state IN ('REJ', 'S0', 'RSTOS0', 'RSTRH')) AS failed
     FROM sessions GROUP BY pair ORDER BY bytes DESC`,
  );
  hosts = await rows(
    `SELECT host, sum(n) AS bytes, count() AS sessions FROM (
       SELECT client AS host, client_bytes + server_bytes AS n FROM sessions
       UNION ALL SELECT server, client_bytes + server_bytes FROM sessions)
     GROUP BY host ORDER BY bytes DESC`,
  );
  vlans = await rows(
    `SELECT vlans, count() AS conversations FROM (
       SELECT arraySort(groupUniqArray(arrayFirst(x -> 1, vlan_ids))) AS vlans FROM sessions
       GROUP BY community_id, if(community_id = '', toString(session_id), ''))
     GROUP BY vlans ORDER BY vlans`,
  );
  await store.close();
  served = await startConsole(directory);
});
afterAll(() => served.close());

const key = ({ a, b }: MapAnswer['links'][number]): string => [a, b].sort().join(' ');

describe('the strongest links', () => {
  it('are those of plain SQL, with how much of all they are', async () => {
    const answer = await served.json<MapAnswer>(`/map?${RANGE}&limit=40`);
    expect(answer.of).toBe('pairs');
    expect(answer.all).toBe(pairs.length);
    expect(answer.total).toBe(pairs.reduce((sum, pair) => sum + pair.bytes, 0));
    expect(answer.links.map((link) => link.bytes)).toEqual(pairs.slice(0, 40).map((pair) => pair.bytes));
    const known = new Map(pairs.map((pair) => [pair.pair, pair]));
    for (const link of answer.links) expect(known.get(key(link))).toMatchObject({ failed: link.failed });
    expect(answer.shown).toBe(answer.links.reduce((sum, link) => sum + link.bytes, 0));
  });

  it('have ends with what these did in all, in their networks', async () => {
    const answer = await served.json<MapAnswer>(`/map?${RANGE}&limit=10`);
    const known = new Map(hosts.map((host) => [host.host, host]));
    expect(new Set(answer.nodes.map((node) => node.id))).toEqual(
      new Set(answer.links.flatMap(({ a, b }) => [a, b])),
    );
    for (const node of answer.nodes) {
      expect(node.sent + node.received, node.id).toBe(known.get(node.id)?.bytes);
      expect(node.sessions, node.id).toBe(known.get(node.id)?.sessions);
      expect(node.seen_by.length).toBeGreaterThan(0);
    }
    expect(answer.nodes.find((node) => node.id === '10.30.0.10')?.group).toBe('10.30.0.0/24');
    const wider = await served.json<MapAnswer>(`/map?${RANGE}&limit=10&prefix4=16`);
    expect(wider.nodes.find((node) => node.id === '10.30.0.10')?.group).toBe('10.30.0.0/16');
  });

  it('may be those that fail most', async () => {
    const answer = await served.json<MapAnswer>(`/map?${RANGE}&by=failed`);
    const failing = pairs.filter((pair) => pair.failed > 0);
    expect(answer.all).toBe(failing.length);
    expect(new Set(answer.links.map(key))).toEqual(new Set(failing.map((pair) => pair.pair)));
  });

  it('are joined by the weak ones of a node that is expanded', async () => {
    const weak = await served.json<MapAnswer>(`/map?${RANGE}&limit=5`);
    const opened = await served.json<MapAnswer>(`/map?${RANGE}&limit=5&expand=10.20.0.28`);
    const own = pairs.filter((pair) => pair.pair.split(' ').includes('10.20.0.28'));
    expect(opened.links.filter((l) => l.a === '10.20.0.28' || l.b === '10.20.0.28')).toHaveLength(own.length);
    expect(opened.links.slice(0, 5)).toEqual(weak.links);
    expect((await served.get(`/map?${RANGE}&expand=nowhere`)).status).toBe(400);
  });

  it('may be of networks', async () => {
    const answer = await served.json<MapAnswer>(`/map?${RANGE}&level=net`);
    const within = pairs.filter((pair) => pair.pair.split(' ').every((host) => host.startsWith('10.30.0.')));
    expect(answer.links.find((link) => link.a === '10.30.0.0/24' && link.b === '10.30.0.0/24')?.bytes).toBe(
      within.reduce((sum, pair) => sum + pair.bytes, 0),
    );
    expect(answer.total).toBe(pairs.reduce((sum, pair) => sum + pair.bytes, 0));
    expect(answer.nodes.map((node) => node.id)).toContain('198.51.100.0/24');
  });

  it('may be of VLANs: conversations that were seen in both', async () => {
    const answer = await served.json<MapAnswer>(`/map?${RANGE}&level=vlan&mirror=once`);
    const both = vlans.find((one) => one.vlans.join() === '20,30');
    expect(both?.conversations).toBeGreaterThan(0);
    expect(answer.links.find((link) => link.a === '20' && link.b === '30')?.sessions).toBe(
      both?.conversations,
    );
    expect(answer.nodes.map((node) => node.id).sort()).toEqual(['20', '30', 'untagged']);
    expect(answer.meta.note).toContain('links them');
  });
});

describe('a long range', () => {
  it('has hosts of the roll-up, and says that links are of its last hour', async () => {
    const answer = await served.json<MapAnswer>(`/map?${DAY}&limit=20`);
    expect(answer.meta.table).toBe('hosts_by_hour');
    expect(answer.meta.note).toContain('last hour');
    expect(answer.of).toBe('nodes');
    expect(answer.all).toBe(hosts.length);
    expect(answer.nodes.map((node) => node.sent + node.received)).toEqual(
      hosts.slice(0, 20).map((host) => host.bytes),
    );
    expect(answer.links).toEqual([]);
    const ending = await served.json<MapAnswer>(
      '/map?from=2025-06-01T08:30:00Z&to=2025-06-02T08:30:00Z&limit=20',
    );
    const strongest = new Set(hosts.slice(0, 20).map((host) => host.host));
    const between = pairs.filter((pair) => pair.pair.split(' ').every((host) => strongest.has(host)));
    expect(new Set(ending.links.map(key))).toEqual(new Set(between.slice(0, 20).map((pair) => pair.pair)));
  });

  it('is asked whole where an address bounds it, else its last hour', async () => {
    const one = await served.json<MapAnswer>(`/map?${DAY}&f=host:10.20.0.28`);
    expect(one.meta.note).toBeUndefined();
    expect(one.all).toBe(pairs.filter((pair) => pair.pair.split(' ').includes('10.20.0.28')).length);
    const tcp = await served.json<MapAnswer>(`/map?${DAY}&f=transport:tcp`);
    expect(tcp.meta.note).toContain('last hour');
    expect(tcp.links).toEqual([]);
  });
});

describe('the layout', () => {
  it('is the same for the same answer, keeps groups apart and their members inside', async () => {
    const answer = await served.json<MapAnswer>(`/map?${RANGE}`);
    const layout = layOut(answer, 'bytes', 1.2);
    expect(layOut(answer, 'bytes', 1.2)).toEqual(layout);
    expect(layout.nodes).toHaveLength(answer.nodes.length);
    const { circles } = layout;
    expect(circles.length).toBeGreaterThan(3);
    for (const one of circles)
      for (const other of circles)
        if (one !== other)
          expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThan(one.r + other.r);
    for (const { node, x, y, r } of layout.nodes) {
      const circle = circles.find(({ id }) => id === node.group);
      if (circle !== undefined) expect(Math.hypot(x - circle.x, y - circle.y) + r).toBeLessThan(circle.r);
    }
  });

  it('labels the strongest, none over another', () => {
    const spots = Array.from({ length: 60 }, (_, i) => ({
      id: `10.0.0.${i}`,
      x: (i % 4) * 30,
      y: i * 4,
      r: 5,
    }));
    const labels = labelsOf(spots, [], new Set());
    expect(labels[0]?.id).toBe('10.0.0.0');
    for (const { id, box } of labels)
      for (const other of labels)
        if (other.id !== id)
          expect(
            box.x + box.width <= other.box.x ||
              other.box.x + other.box.width <= box.x ||
              box.y + box.height <= other.box.y ||
              other.box.y + other.box.height <= box.y,
          ).toBe(true);
    expect(labels.length).toBeLessThan(60);
    expect(labelsOf(spots, [], new Set(spots.map(({ id }) => id)))).toHaveLength(60);
  });
});

describeWith([CHROMIUM], 'the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  it('is gone through by keyboard: the strongest node first, what it did, its sessions', async () => {
    const { context, page, complaints } = await openPage(browser, `${served.url}map#token=${served.token}`);
    await page.getByText(/^110 strongest of \d+ pairs: \d+ % of the bytes$/).waitFor();
    const [first, second] = hosts;
    const node = (host: string) => page.getByRole('button', { name: new RegExp(`^${host}: `) });
    await node(first!.host).focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => node(second!.host).evaluate((e) => e.matches(':focus'))).toBe(true);
    await page.keyboard.press('Enter');
    const panel = page.getByRole('complementary', { name: `Selected: ${second!.host}` });
    await panel.getByText(/^selected · talks to \d+ hosts$/).waitFor();
    const own = pairs.filter(({ pair }) => pair.split(' ').includes(second!.host));
    await panel.getByText(`talks to ${own.length} hosts`).waitFor();
    expect(new URL(page.url()).searchParams.get('sel')).toBe(second!.host);
    const sessions = await panel.getByRole('link', { name: 'Sessions' }).last().getAttribute('href');
    expect(new URL(sessions!, page.url()).searchParams.get('f')).toBe(`host:${second!.host}`);
    const viewed = await page.getByText(first!.host, { exact: true }).first().boundingBox();
    await page.keyboard.press('+');
    await expect
      .poll(() => page.getByText(first!.host, { exact: true }).first().boundingBox())
      .not.toEqual(viewed);
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    await page.goBack();
    await panel.waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('narrows to one node, and shows the same as a table', async () => {
    const { context, page, complaints } = await openPage(
      browser,
      `${served.url}map?sel=10.20.0.28#token=${served.token}`,
    );
    await page.getByRole('button', { name: 'Only this' }).click();
    await page.getByRole('button', { name: 'Remove: host is 10.20.0.28' }).waitFor();
    const own = pairs.filter(({ pair }) => pair.split(' ').includes('10.20.0.28'));
    await page.getByText(`all ${own.length} pairs`).waitFor();
    await page.keyboard.press('Shift+T');
    const table = page.getByRole('table', { name: 'Who talks to whom' });
    await table.waitFor();
    expect(await table.getByRole('row').count()).toBe(own.length + 1);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('has networks and VLANs, and gives the drawing away as a file', async () => {
    const { context, page, complaints } = await openPage(browser, `${served.url}map#token=${served.token}`);
    await page.getByRole('button', { name: 'Networks' }).click();
    await page.getByRole('button', { name: /^10\.30\.0\.0\/24: / }).waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'SVG' }).click();
    const file = readFileSync(await (await download).path(), 'utf8');
    expect(file).toContain('10.30.0.0/24');
    expect(file).not.toContain('var(');
    await page.getByRole('button', { name: 'VLANs' }).click();
    await page.getByRole('button', { name: /^untagged: / }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});
