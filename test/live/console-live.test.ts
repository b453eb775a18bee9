/** The console's page Live beside a running collector: rows within the page, one reader for all tabs. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LiveEvents, LiveRow } from '../../src/console/contract/live.js';
import type { Answer } from '../../src/console/contract.js';
import { MOST_STREAMS } from '../../src/console/live-feed.js';
import { CHROMIUM, openPage, startBrowser } from '../support/browser.js';
import { TestCollector } from '../support/collector.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { MirrorSource, tcpConversation, udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

type Event = { [E in keyof LiveEvents]: { event: E; data: LiveEvents[E] } }[keyof LiveEvents];

/** Events of a stream as they come. */
async function* eventsOf(response: Response): AsyncGenerator<Event> {
  let rest = '';
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + piece).split('\n\n');
    rest = parts.pop()!;
    for (const part of parts) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? [];
      if (event !== undefined) yield { event, data: JSON.parse(data) as unknown } as Event;
    }
  }
}

describeWith(['root', 'ip', CHROMIUM], 'what happens now, in the console', () => {
  let sender: PacketSender;
  let mac: number[];
  let collector: TestCollector;
  let served: TestConsole;
  let browser: Browser;
  const source = new MirrorSource(5);

  beforeAll(async () => {
    tryIp('link del f-con0');
    ip('link add f-con0 type veth peer name f-con1');
    ip('link set f-con0 mtu 2000 up');
    ip('link set f-con1 mtu 2000 up');
    ip('addr add 198.51.100.2/24 dev f-con1');
    execFileSync('sh', ['-c', 'for i in all f-con1; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done']);
    const text = readFileSync('/sys/class/net/f-con1/address', 'utf8').trim();
    mac = text.split(':').map((h) => Number.parseInt(h, 16));
    sender = new PacketSender('f-con0');
    collector = await TestCollector.start(['--interface', 'f-con1'], {
      config: 'mirrors:\n  - { name: core, session: 5 }\n',
    });
    const store = join(collector.directory, 'data');
    served = await startConsole(
      store,
      {},
      {
        find: () => Promise.resolve({ location: store, collector: collector.control }),
        collector: () => Promise.resolve(collector.control),
      },
    );
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await served.close();
    collector.remove();
    sender.close();
    tryIp('link del f-con0');
  });

  function send(frames: readonly Uint8Array[]): void {
    for (const frame of frames.map((f) => source.wrap(f))) {
      frame.set(mac);
      sender.add(frame);
    }
    sender.flush();
  }

  it('streams rows, their rate and the status to four tabs a person, with one reader for all', async () => {
    const abort = new AbortController();
    const open = (topics: string): Promise<Response> =>
      served.get(`/events?topics=${topics}`, { signal: abort.signal });
    const streams = await Promise.all(Array.from({ length: MOST_STREAMS }, () => open('status,rows')));
    expect(streams.map((s) => s.status)).toEqual([200, 200, 200, 200]);
    expect(streams[0].headers.get('x-accel-buffering')).toBe('no');
    expect(streams[0].headers.get('content-type')).toBe('text/event-stream');
    const fifth = await open('status');
    expect(fifth.status).toBe(429);
    expect(((await fifth.json()) as { detail: string }).detail).toBe(
      '4 tabs of yours show what happens now, as many as can',
    );
    await collector.statusWhen((s) => s.shown_rows?.readers === 1);
    send(tcpConversation('10.0.1.1', '10.0.0.2', 40_000));
    for (const stream of streams) {
      let row: LiveRow | undefined;
      let status = false;
      let ended = 0;
      for await (const { event, data } of eventsOf(stream)) {
        if (event === 'status') status ||= data.status !== null;
        if (event === 'rows') row ??= data.rows[0];
        if (event === 'second') ended += data.ended;
        if (row !== undefined && status && ended > 0) break;
      }
      expect(row).toMatchObject({
        client: '10.0.1.1',
        client_port: 40_000,
        server: '10.0.0.2',
        server_port: 80,
        app: 'http',
        tcp_state: 'SF',
        end_reason: 'fin',
        mirror: 'erspan2,198.51.100.1,5,',
        mirror_name: 'core',
        packets: 9,
      });
    }
    abort.abort();
    await collector.statusWhen((s) => s.shown_rows?.readers === 0);
    expect((await served.get('/events?topics=nothing')).status).toBe(400);
  });

  it('tells the strongest open conversations', async () => {
    for (let i = 1; i <= 3; i++) send([udpFrame(`10.0.0.${i}`, '10.1.0.1', 20_000 + i, 100 * i)]);
    await collector.statusWhen((s) => s.sessions.open >= 3);
    await expect
      .poll(async () =>
        (await served.json<Answer<'liveOpen'>>('/live/open?limit=2')).rows.map((r) => r.client),
      )
      .toEqual(['10.0.0.3', '10.0.0.2']);
  });

  it('shows rows as they end, filters them, holds them, and goes on', async () => {
    const url = `${served.url}live#token=${served.token}`;
    const { context, page, complaints } = await openPage(browser, url);
    const table = page.getByRole('table', { name: 'Conversations that ended' });
    await page.getByRole('region', { name: 'core' }).getByText('nothing lost').waitFor();
    await page.getByText(/newest first · all of/).waitFor();
    send(tcpConversation('10.0.1.7', '10.0.0.2', 41_000));
    await table.getByRole('row').filter({ hasText: '10.0.1.7:41000' }).waitFor();
    send(tcpConversation('10.0.1.8', '10.0.0.2', 41_001));
    await table.getByRole('row').filter({ hasText: '10.0.1.8:41001' }).waitFor();
    await page.getByLabel('Filter').fill('10.0.1.8 http');
    await table.getByRole('row').filter({ hasText: '10.0.1.7' }).waitFor({ state: 'detached' });
    await page.getByLabel('Filter').fill('');
    await page.getByRole('heading', { name: 'Live' }).click();
    await page.keyboard.press('Space');
    await page.getByText(/^held · /).waitFor();
    send(tcpConversation('10.0.1.9', '10.0.0.2', 41_002));
    await collector.statusWhen((s) => s.sessions.rows >= 4);
    await page.getByText(/held · all of 0.\d+ a second/).waitFor();
    expect(await table.getByRole('row').filter({ hasText: '10.0.1.9' }).count()).toBe(0);
    await page.keyboard.press('Space');
    await table.getByRole('row').filter({ hasText: '10.0.1.9:41002' }).waitFor();
    await page.getByRole('button', { name: 'Open now' }).click();
    const open = page.getByRole('table', { name: /^The strongest of/ });
    await open.getByRole('row').filter({ hasText: '10.0.0.3:20003' }).waitFor();
    expect(page.url()).toContain('show=open');
    expect(complaints).toEqual([]);
    await context.close();
    await collector.statusWhen((s) => s.shown_rows?.readers === 0);
  });

  it('leads from a row to its session', async () => {
    const { context, page } = await openPage(browser, `${served.url}live#token=${served.token}`);
    await page.getByText(/newest first/).waitFor();
    send(tcpConversation('10.0.1.10', '10.0.0.2', 42_000));
    const row = page.getByRole('row').filter({ hasText: '10.0.1.10:42000' });
    const link = await row.getByRole('link').first().getAttribute('href');
    expect(link).toMatch(/^\/sessions\?t=\d{4}-\d\d-\d\dT\d\d:\d\d~[\dT:-]+&f=session_id:[0-9a-f-]{36}$/);
    const id = link!.slice(-36);
    const { rows } = await collector.queryWhen<{ client_port: number }>(
      `SELECT client_port FROM sessions WHERE session_id = '${id}'`,
      (found) => found.length > 0,
    );
    expect(rows).toEqual([{ client_port: 42_000 }]);
    await context.close();
  });

  it('says when the collector has gone', async () => {
    const { context, page } = await openPage(browser, `${served.url}live#token=${served.token}`);
    await page.getByText(/newest first/).waitFor();
    expect(await collector.stop()).toBe(0);
    await page.getByText('No collector runs beside this store, so nothing happens here now.').waitFor();
    await context.close();
  });
});
