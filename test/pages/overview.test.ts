/** The overview as a person uses it, in a real browser. */
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { CHROMIUM, startBrowser, visit } from '../support/browser.js';
import type { TestConsole } from '../support/console.js';
import { demoConsole } from '../support/demo.js';
import { describeWith } from '../support/needs.js';

const BEGIN = Date.parse('2025-06-02T08:00:00Z');

describeWith([CHROMIUM], 'the overview', () => {
  let served: TestConsole;
  beforeAll(async () => {
    served = await demoConsole();
  });

  const open = (search = '', size: Parameters<typeof visit>[1] = {}) =>
    visit(`${served.url}${search}#token=${served.token}`, size);

  /** The place of a time in the chart, which shows ten minutes. */
  async function placeOf(page: Page, time: string): Promise<{ x: number; y: number }> {
    await page.getByRole('img', { name: /^Traffic: / }).waitFor();
    const box = (await page.locator('.u-over').boundingBox())!;
    const share = (Date.parse(`2025-06-02T${time}Z`) - BEGIN) / 600_000;
    return { x: box.x + box.width * share, y: box.y + box.height / 2 };
  }

  it('shows figures, what stands out, who talks, what is slow, what fails, what was lost', async () => {
    const { page, complaints } = await open();
    const card = (name: string) => page.getByRole('region', { name, exact: true });
    const figure = (name: string) => page.getByRole('group', { name, exact: true });
    await figure('Traffic').filter({ hasText: '10.3 MB' }).waitFor();
    await figure('Conversations').filter({ hasText: '1,710' }).waitFor();
    await figure('TCP that failed').filter({ hasText: '317 of 1,093' }).waitFor();
    await figure('Median handshake').filter({ hasText: '396 µs inside' }).waitFor();
    await figure('Lost by mirrors').filter({ hasText: '232 packets' }).waitFor();
    await card('Worth a look').getByText('10.20.0.28 is scanning').waitFor();
    await page.getByRole('table', { name: 'Top talkers' }).getByText('10.20.0.19').waitFor();
    await page.getByRole('table', { name: 'Slow services' }).getByText('203.0.113.80:443').waitFor();
    await page.getByRole('table', { name: 'Connections that fail' }).getByText('10.30.0.30:8443').waitFor();
    const loss = page.getByRole('table', { name: 'Packets lost by mirrors' });
    // A number in every cell that is not well, and in words what it is of.
    await loss.getByTitle('08:02: 35 lost of 1,128, 3.10 %').getByText('35', { exact: true }).waitFor();
    await page.getByRole('table', { name: 'Names that fail' }).getByText('wpad.corp.example').waitFor();
    await page
      .getByRole('img', { name: /^08:02: what you see here is .* % short: mirrors lost 35/ })
      .waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each(['', '?t=2025-06-02T08:00~08:10&talkers=hosts&app=tls'])(
    'asks each question once, before its scripts are there: %s',
    async (search) => {
      const browser = await startBrowser();
      const page = await browser.newPage();
      const asked: string[] = [];
      let all = (): void => undefined;
      const early = new Promise<void>((done) => {
        all = done;
      });
      page.on('request', (request) => {
        const [, name] = /\/api\/v1\/(\w+)/.exec(request.url()) ?? [];
        if (name !== undefined && name !== 'names') asked.push(name);
        if (name === 'applications') all();
      });
      await page.route(/\/assets\/page-[^/]*\.js$/, async (route) => {
        await early;
        await route.continue();
      });
      await page.goto(`${served.url}${search}#token=${served.token}`);
      await page.getByRole('table', { name: 'Packets lost by mirrors' }).waitFor();
      await page.getByRole('region', { name: 'Applications' }).getByRole('table').first().waitFor();
      const cards = ['applications', 'figures', 'findings', 'loss', 'series', 'top', 'top', 'top'];
      // Policies are asked for once the store is known to have roles.
      expect(asked.sort()).toEqual(['about', ...cards, 'policies', 'login', 'status', 'views'].sort());
      await browser.close();
    },
  );

  it('leads from the spike to its sessions by a drag and Enter', async () => {
    const { page, complaints } = await open();
    const [from, to] = [await placeOf(page, '08:03:51'), await placeOf(page, '08:04:09')];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x + 10, from.y);
    await page.mouse.move(to.x, to.y);
    await page.mouse.up();
    const button = page.getByRole('button', { name: /^\d+ sessions Enter$/ });
    await button.waitFor();
    expect(await page.locator('button:focus').textContent()).toBe(await button.textContent());
    const packets = await page.getByRole('link', { name: 'Packets' }).getAttribute('href');
    expect(packets).toContain(
      'packets.pcapng?from=2025-06-02T08%3A03%3A50.000Z&to=2025-06-02T08%3A04%3A10.000Z',
    );
    expect(complaints).toEqual([]);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/sessions\?t=2025-06-02T08:03:50~08:04:10$/);
    await page.close();
  });

  it('selects the bar of the failures by a click', async () => {
    const { page } = await open('?by=outcome&unit=sessions');
    const { x, y } = await placeOf(page, '08:05:02');
    await page.mouse.click(x, y);
    await page.getByText('5 s', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Zoom' }).click();
    await page.waitForURL(/t=2025-06-02T08:05~08:05:05/);
    await page.getByRole('group', { name: 'TCP that failed' }).getByText('of them by 10.20.0.28').waitFor();
    await page.close();
  });

  it('selects with the keyboard, and leaves the selection with Escape', async () => {
    const { page } = await open();
    const chart = page.getByRole('img', { name: /^Traffic: / });
    await chart.focus();
    await page.keyboard.press('ArrowRight');
    await page.getByText('5 s', { exact: true }).waitFor();
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    await page.getByText('15 s', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('15 s', { exact: true }).waitFor({ state: 'detached' });
    expect(await page.locator('[role=img]:focus').count()).toBe(1);
    await chart.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/sessions\?t=2025-06-02T08:00~08:00:05$/);
    await page.close();
  });

  it('goes on from what is worth a look, with the time range', async () => {
    const { page } = await open('?t=2025-06-02T08:00~08:10');
    const look = page.getByRole('region', { name: 'Worth a look' });
    const note = look.getByRole('listitem').filter({ hasText: '10.30.0.30:8443 refuses everybody' });
    expect(await note.getByRole('link', { name: 'Sessions' }).getAttribute('href')).toBe(
      '/sessions?t=2025-06-02T08:00~08:10&f=server:10.30.0.30&f=server_port:8443',
    );
    await note.getByRole('button', { name: 'The SQL behind this' }).click();
    await page.getByText(/multiIf\(established = 0/).waitFor();
    await page.keyboard.press('Escape');
    await look.getByText('4 of 9').waitFor();
    await look.getByRole('button', { name: '5 more' }).click();
    await look.getByText('expires in 12 days').waitFor();
    // The first is about a policy.
    await look.getByRole('link', { name: 'Sessions' }).nth(1).click();
    await page.waitForURL(/f=client:10\.20\.0\.28/);
    await page.close();
  });

  it('compares with the period before', async () => {
    const { page, complaints } = await open('?t=2025-06-02T08:05~08:10');
    await page.getByRole('button', { name: 'Compare with the period before' }).click();
    await page.waitForURL(/compare=before/);
    await page.getByRole('group', { name: 'Traffic' }).getByText('−27 %').waitFor();
    await page.locator('.leg').getByText('the period before').waitFor();
    await page.goBack();
    await page.getByText('−27 %').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('has tables in place of charts', async () => {
    const { page } = await open('?unit=sessions&compare=before&t=2025-06-02T08:05~08:10');
    await page.locator('.leg').getByText('the period before').waitFor();
    await page.keyboard.press('Shift+T');
    const table = page.getByRole('table', { name: 'Traffic' });
    const row = table.getByRole('row').filter({ hasText: 'Jun 2, 08:07' }).first();
    await row.getByText(/what you see here is .* short/).waitFor();
    expect(await table.getByRole('columnheader').allTextContents()).toContain('the period before');
    await page.close();
  });

  it('keeps in its address what was chosen, and shows conditions that can be taken away', async () => {
    const { page } = await open('?f=server:10.30.0.30&f=protocol:6&talkers=hosts&app=http');
    await page
      .getByRole('table', { name: 'Top talkers' })
      .getByRole('columnheader', { name: 'Host' })
      .waitFor();
    await page.getByRole('table', { name: 'Hosts' }).getByText('intranet.corp.example').waitFor();
    await page.getByRole('button', { name: 'Without protocol 6' }).click();
    await page.waitForURL((url) => url.searchParams.getAll('f').join() === 'server:10.30.0.30');
    await page.getByRole('button', { name: 'Response' }).click();
    await page.waitForURL(/slow=response/);
    await page.close();
  });

  it('says which condition leaves nothing', async () => {
    const { page } = await open('?f=server:10.30.0.30&f=transport:sctp');
    await page.getByText('No conversation fits').waitFor();
    await page.getByRole('button', { name: /Without “transport:sctp”/ }).click();
    await page.getByRole('img', { name: /^Traffic: http/ }).waitFor();
    await page.close();
  });

  it.each([true, false])('reads well in a narrow window (dark: %s)', async (dark) => {
    const { page, complaints } = await open('', { dark, width: 420, height: 900 });
    await page.getByText('10.20.0.28 is scanning').waitFor();
    await page.getByRole('table', { name: 'Connections that fail' }).waitFor();
    // Nothing is wider than the window, and what is wrong comes first.
    const main = page.locator('main');
    expect(await main.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
    const top = (name: string) =>
      page
        .getByRole('region', { name, exact: true })

        .evaluate((e) => e.getBoundingClientRect().top);
    expect(await top('Worth a look')).toBeLessThan(await top('Traffic'));
    expect(complaints).toEqual([]);
    await page.close();
  });
});
