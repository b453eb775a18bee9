/** Networks, owners, names and policies on the pages, in a real browser, without a mouse where it matters. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { CHROMIUM, type Look, visit } from '../support/browser.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoConsole, demoRows } from '../support/demo.js';
import { describeWith } from '../support/needs.js';
import { makeStore } from '../support/store-copies.js';

const POLICY = 'guests > databases';

describeWith([CHROMIUM], 'who an address is', () => {
  let served: TestConsole;
  beforeAll(async () => {
    served = await demoConsole();
  });

  async function opened(path: string, test: (page: Page) => Promise<void>, look: Look = {}): Promise<void> {
    const { page, complaints } = await visit(`${served.url}${path}#token=${served.token}`, look);
    await test(page);
    expect(complaints).toEqual([]);
    await page.close();
  }
  const f = (page: Page): string[] => new URL(page.url()).searchParams.getAll('f');

  it('is a condition on either side, whose values are offered, by keyboard', () =>
    opened('sessions', async (page) => {
      await page.getByRole('table', { name: 'Sessions' }).waitFor();
      await page.keyboard.press('f');
      const column = page.getByRole('combobox', { name: 'Column' });
      await column.fill('Network');
      await page
        .getByRole('option', { name: /^Network/ })
        .first()
        .waitFor();
      await page.keyboard.press('Enter');
      const values = page.getByRole('table', { name: 'Top values of Network' });
      await values.getByRole('button', { name: 'office guests' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('group', { name: 'network is office guests', exact: true }).waitFor();
      expect(f(page)).toEqual(['network:office guests']);
      const [{ n }] = await demoRows<{ n: number }>(
        `SELECT count() AS n FROM sessions WHERE 'office guests' IN (client_network, server_network)`,
      );
      await page
        .getByText(new RegExp(`^${n} rows`))
        .first()
        .waitFor();
    }));

  it('gathers the map, by network unless something else is chosen, and as a table', () =>
    opened('map', async (page) => {
      await page.getByRole('combobox', { name: 'Group' }).filter({ hasText: 'By network' }).waitFor();
      await page.getByText('office guests', { exact: true }).waitFor();
      await page.getByRole('combobox', { name: 'Group' }).press('Enter');
      await page.getByRole('option', { name: 'By role' }).press('Enter');
      await page.getByText('guests', { exact: true }).waitFor();
      expect(new URL(page.url()).searchParams.get('g')).toBe('role');
      await page.getByRole('button', { name: 'Networks', exact: true }).press('Enter');
      await page.getByRole('button', { name: /^guests: / }).press('Enter');
      const panel = page.getByRole('complementary', { name: 'Selected: guests' });
      await panel.getByRole('button', { name: 'databases' }).waitFor();
      const sessions = await panel.getByRole('link', { name: 'Sessions' }).getAttribute('href');
      expect(new URL(sessions!, page.url()).searchParams.get('f')).toBe('role:guests');
      expect(await panel.getByRole('link', { name: 'Network page' }).count()).toBe(0);
      await page.keyboard.press('Shift+T');
      await page
        .getByRole('table', { name: 'Who talks to whom' })
        .getByRole('button', { name: 'AS64496 Example Cloud' })
        .first()
        .waitFor();
    }));

  it('is ranked on the overview, where what a policy does not allow stands, too', () =>
    opened('', async (page) => {
      const talkers = page.getByRole('region', { name: 'Top talkers' });
      await talkers.getByRole('combobox', { name: 'Of' }).press('Enter');
      await page.getByRole('option', { name: 'Countries' }).press('Enter');
      const ireland = talkers.getByRole('row').filter({ hasText: 'IE' });
      await ireland.waitFor();
      expect(new URL(page.url()).searchParams.get('talkers')).toBe('countries');
      expect(await ireland.getByRole('link').getAttribute('href')).toContain('country:IE');
      await page.getByText(`${POLICY}: 44 conversations that a policy does not allow`).waitFor();
      const row = page
        .getByRole('table', { name: 'Not allowed by a policy' })
        .getByRole('row')
        .filter({ hasText: POLICY });
      await row.getByRole('link').press('Enter');
      await page.getByRole('group', { name: `policy is ${POLICY}`, exact: true }).waitFor();
      const who = page.getByRole('table', { name: 'Who both sides are' });
      await who.getByRole('row', { name: 'Network office guests databases' }).waitFor();
      await page.getByText('does not allow it').waitFor();
    }));

  it('stands in the list of hosts, which is filtered by it', () =>
    opened('hosts', async (page) => {
      const rows = page.getByRole('table', { name: 'Hosts' }).getByRole('row');
      await rows.filter({ hasText: 'data centre · servers · frankfurt' }).first().waitFor();
      await page.getByLabel('Filter').fill('AS64499');
      await rows.nth(1).filter({ hasText: '203.0.113.80' }).waitFor();
      expect(await rows.count()).toBe(2);
      await rows.getByRole('link').click();
      const facts = page.getByRole('region', { name: 'Facts' });
      await facts.getByText('AS64499 Example Software').waitFor();
      await facts.getByText('AU', { exact: true }).waitFor();
    }));

  it('comes along in files, with the names of addresses', () =>
    opened('sessions?f=client:10.20.0.11&f=server:203.0.113.80,198.51.100.10', async (page) => {
      await page.getByRole('table', { name: 'Sessions' }).waitFor();
      await page.keyboard.press('e');
      const download = page.waitForEvent('download');
      await page.getByRole('menuitem', { name: /^CSV/ }).click();
      const [head, ...rows] = readFileSync(await (await download).path(), 'utf8')
        .trim()
        .split('\r\n');
      expect(head).toMatch(
        /client_network,server_network,.*server_country,client_called,client_called_by,server_called/,
      );
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows)
        expect(row).toMatch(/,office,.*,(AU|IE),leo-laptop,dhcp,\w+\.example\.\w+,tls$/);
    }));

  it('is readable on a telephone', () =>
    opened(
      'hosts',
      async (page) => {
        await page.getByText('data centre · servers · frankfurt').first().waitFor();
        const wide = await page.evaluate<number>("document.querySelector('main').scrollWidth");
        expect(wide).toBeLessThanOrEqual(420);
      },
      { width: 420 },
    ));

  it('is not asked of a store that knows nobody', async () => {
    const store = await makeStore(join(mkdtempSync(join(tmpdir(), 'who-')), 'store'));
    const empty = await startConsole(store);
    onTestFinished(() => empty.close());
    const { page } = await visit(`${empty.url}map#token=${empty.token}`);
    await page.getByRole('combobox', { name: 'Group' }).filter({ hasText: 'Group: /24' }).waitFor();
    await page.getByRole('combobox', { name: 'Group' }).press('Enter');
    await page.getByRole('option', { name: 'Group: /16' }).waitFor();
    expect(await page.getByRole('option', { name: /^By/ }).count()).toBe(0);
    await page.close();
  });
});
