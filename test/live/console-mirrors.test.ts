/** The console beside a collector: nothing, then the first packet, a mirror that is added, one that loses. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHROMIUM, openPage, startBrowser } from '../support/browser.js';
import { PATIENCE, TestCollector } from '../support/collector.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { MirrorSource, tcpConversation, udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

const CONFIG = `
mirrors:
  - { name: edge-9, source: 198.51.100.77, session: 9 }
tunnels:
  - tunnel: t1 mode gre local 198.51.100.2 remote 198.51.100.9 key 7
    addresses: [10.77.0.1/24]
`;
const WAIT = { timeout: PATIENCE * 1000 };

describeWith(['root', 'ip', 'ping', '/dev/net/tun', CHROMIUM], 'the page beside a collector', () => {
  let collector: TestCollector;
  let served: TestConsole;
  let browser: Browser;
  let sender: PacketSender;
  let mac: number[];
  const source = new MirrorSource(3);

  beforeAll(async () => {
    tryIp('link del f-cons0');
    ip('link add f-cons0 type veth peer name f-cons1');
    for (const name of ['f-cons0', 'f-cons1']) ip(`link set ${name} mtu 2000 up`);
    ip('addr add 198.51.100.2/24 dev f-cons1');
    execFileSync('sh', [
      '-c',
      'for i in all f-cons1; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done; ' +
        'ethtool -K f-cons1 gro off',
    ]);
    const text = readFileSync('/sys/class/net/f-cons1/address', 'utf8').trim();
    mac = text.split(':').map((h) => Number.parseInt(h, 16));
    sender = new PacketSender('f-cons0');
    collector = await TestCollector.start(['--interface', 'f-cons1'], { config: CONFIG });
    const place = { location: join(collector.directory, 'data'), collector: collector.control };
    served = await startConsole(
      place.location,
      {},
      { find: () => Promise.resolve(place), collector: () => Promise.resolve(collector.control) },
    );
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
    collector?.remove();
    sender?.close();
    tryIp('link del f-cons0');
  });

  function send(...frames: Uint8Array[]): void {
    for (const frame of frames) {
      frame.set(mac);
      sender.add(frame);
    }
    sender.flush();
  }
  // No two alike: a frame that comes twice is another matter.
  let length = 0;
  const udp = (n: number): Uint8Array[] =>
    Array.from({ length: n }, () => source.wrap(udpFrame('10.1.1.20', '10.9.0.4', 5353, length++)));

  /** The steps of "Does it arrive?": their marks. */
  const steps = async (page: Page): Promise<(string | null)[]> =>
    Promise.all(
      (await page.getByRole('list', { name: 'Does it arrive?' }).getByRole('listitem').all()).map((step) =>
        step.getAttribute('data-kind'),
      ),
    );
  const row = (page: Page, name: RegExp): Locator => page.getByRole('row', { name });

  it('waits, sees the first packet, and a new mirror arrive in five steps', async () => {
    const waiting = await openPage(browser, served.link);
    const { page } = waiting;
    await page.getByRole('heading', { name: 'Waiting for the first packet' }).waitFor(WAIT);
    await page
      .getByRole('cell', { name: 'no mirror sends here, or something on the way drops it' })
      .waitFor();
    // The doctor looks at what the collector reads.
    const findings = page.getByRole('list', { name: 'Findings' });
    await findings.getByText('f-cons1', { exact: true }).waitFor(WAIT);
    await findings.getByText('store', { exact: true }).waitFor(WAIT);

    const adding = await openPage(browser, served.link);
    await adding.page.getByRole('link', { name: 'Add a mirror' }).click();
    const add = adding.page;
    // This host's address, and the next free session, which edge-9's is not.
    await expect.poll(() => add.getByLabel('This collector').inputValue()).toBe('198.51.100.2');
    await expect.poll(() => add.getByLabel('Session id').inputValue()).toBe('1');
    await add.getByText('Next free one; 9 is taken').waitFor();
    await add.getByLabel('Session id').fill('3');
    await add.getByLabel('Name here').fill('core-3');
    await add.getByLabel('Ports').fill('nonsense');
    await add.getByLabel("The device's address").fill('198.51.100.1');
    await add.getByRole('alert').filter({ hasText: '"nonsense" is no port of Cisco NX-OS' }).waitFor();
    await add.getByLabel('Ports').fill('ethernet 1/1-24');
    const commands = add.getByRole('group', { name: 'Commands for the device' });
    await commands.filter({ hasText: 'source interface ethernet 1/1-24 rx' }).waitFor();
    expect(await commands.locator('.hl').allTextContents()).toEqual(
      expect.arrayContaining(['198.51.100.1', '3', 'core-3', '198.51.100.2', 'ethernet 1/1-24', 'rx']),
    );
    expect(new URL(add.url()).searchParams.get('ports')).toBe('ethernet 1/1-24');
    await expect.poll(() => steps(add)).toEqual(['ok', 'wait', 'wait', 'wait', 'wait']);

    // A watch begins with the first question, and shows what comes from then on.
    await expect
      .poll(async () => {
        const { frames } = await served.json<{ frames: unknown[] }>('/mirrors/,198.51.100.1,,/frames');
        return frames;
      })
      .toEqual([]);
    send(...udp(1));
    await page
      .getByRole('heading', { name: 'Waiting for the first packet' })
      .waitFor({ ...WAIT, state: 'detached' });
    await page.getByText('1 conversation open; the first rows come within a minute.').waitFor(WAIT);
    await expect.poll(() => steps(add)).toEqual(['ok', 'ok', 'ok', 'ok', 'wait']);
    await add.getByText('ERSPAN II, session 3').waitFor();
    send(...udp(110));
    await expect.poll(() => steps(add)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    await add.getByText('it arrives', { exact: true }).waitFor(WAIT);
    await add
      .getByRole('group', { name: 'Its last frames' })
      .filter({ hasText: '10.1.1.20:5353 → 10.9.0.4:9999 udp' })
      .waitFor(WAIT);

    // The first row is stored, and the overview has something to show.
    send(...tcpConversation('10.1.1.20', '10.9.0.4', 40_000).map((frame) => source.wrap(frame)));
    await page.getByRole('region', { name: 'The first rows' }).waitFor({ ...WAIT, state: 'detached' });
    await page.getByRole('region', { name: 'Traffic' }).waitFor(WAIT);
    expect([...waiting.complaints, ...adding.complaints]).toEqual([]);
    await waiting.context.close();
    await adding.context.close();
  });

  it('says of every mirror how it is: the new one, and one that is configured and silent', async () => {
    const { page, context, complaints } = await openPage(browser, served.link);
    await page.getByRole('link', { name: 'Mirrors' }).first().click();
    await row(page, /edge-9.*nothing yet configured, and has sent nothing/).waitFor(WAIT);
    await row(page, /unnamed.*198\.51\.100\.1 session 3.*well nothing lost/).waitFor(WAIT);
    // Numbers that are skipped and not given up by those that follow.
    source.sequence += 12;
    send(...udp(200));
    await row(page, /198\.51\.100\.1 session 3.*12 · .*loses/).waitFor(WAIT);
    await row(page, /198\.51\.100\.1 session 3/)
      .getByRole('link')
      .click();
    await expect
      .poll(() => decodeURIComponent(new URL(page.url()).pathname))
      .toBe('/mirrors/erspan2,198.51.100.1,3,');
    await page.getByRole('heading', { name: 'unnamed' }).waitFor();
    const entry = page.getByRole('group', { name: 'Its entry in the configuration' });
    await page.getByLabel('Name', { exact: true }).fill('core-3');
    expect(await entry.textContent()).toBe(
      'mirrors:\n  - { name: core-3, source: 198.51.100.1, session: 3 }\n',
    );
    await page.getByText('This host is not the cause').waitFor(WAIT);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('says of a tunnel in the collector what it carries, and what does not come back', async () => {
    try {
      execFileSync('ping', ['-c', '2', '-i', '0.2', '-W', '1', '10.77.0.2'], { stdio: 'ignore' });
    } catch {
      // Nobody answers.
    }
    await collector.statusWhen((s) => (s.tunnels[0]?.counters.tx_packets ?? 0) >= 2);
    const { page, context, complaints } = await openPage(browser, served.link);
    await page.getByRole('link', { name: 'Tunnels' }).click();
    await row(page, /t1 gre 198\.51\.100\.2 198\.51\.100\.9 7 .*one way nothing comes back/).waitFor(WAIT);
    await page.getByText('t1 mode gre remote 198.51.100.9 local 198.51.100.2 key 7').waitFor();
    await page.getByRole('row', { name: /^tx_packets sent/ }).waitFor();
    await page.getByText('The other end needs a tunnel').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});
