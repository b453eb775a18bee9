/** Hosts, a host and a service in a real browser: the jobs that lead there, as a person does them. */
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { CHROMIUM, visit } from '../support/browser.js';
import type { TestConsole } from '../support/console.js';
import { demoConsole } from '../support/demo.js';
import { describeWith } from '../support/needs.js';

const TIME = 't=2025-06-02T08:00~08:10';

describeWith([CHROMIUM], 'hosts and services', () => {
  let served: TestConsole;
  beforeAll(async () => {
    served = await demoConsole();
  });

  async function opened(
    path: string,
    look: (page: Page) => Promise<void>,
    size: { width?: number; dark?: boolean } = {},
  ): Promise<void> {
    const url = `${served.url}${path}#token=${served.token}`;
    const { page, complaints } = await visit(url, size);
    await look(page);
    expect(complaints).toEqual([]);
    await page.close();
  }
  const card = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

  it('a host leads to its service, which says whose time it is, and how that is told', () =>
    opened(`hosts/203.0.113.80?${TIME}`, async (page) => {
      await card(page, 'What it serves').getByRole('link', { name: '443' }).click();
      await page
        .getByText('It is mostly the network: nearly all of the 333 ms that a client waits')
        .waitFor();
      expect(page.url()).toBe(`${served.url}services/203.0.113.80:443?${TIME}`);
      await page.getByText('crm.example.com').first().waitFor();
      await page.getByRole('button', { name: 'How this is told' }).click();
      await page.getByText(/The way to the server is in it/).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('group', { name: 'Time' }).getByRole('button', { name: 'handshake' }).click();
      await page.getByText('25 handshakes').waitFor();
      expect(page.url()).toContain('time=handshake');
      await page.goBack();
      await page.getByText('77 answers').waitFor();
      await page.keyboard.press('Shift+T');
      await page.getByRole('table', { name: 'Response time' }).waitFor();
    }));

  it('a service that is slow for one network says so, in the dark too', () =>
    opened(
      `services/10.30.0.30:80?${TIME}`,
      async (page) => {
        await page.getByText('It is slow for 10.50.0.0/24 only: 54 ms where others wait 0.6 ms').waitFor();
        const rows = card(page, 'Network or server').getByRole('row');
        await rows.filter({ hasText: '10.50.0.0/24' }).waitFor();
        await card(page, 'Slowest transactions').getByText('GET /report/quarter').first().waitFor();
        await page.getByRole('link', { name: '10.50.0.0/24' }).click();
        await page.getByText('Addresses seen').waitFor();
        expect(page.url()).toBe(`${served.url}hosts/10.50.0.0/24?${TIME}`);
      },
      { dark: true },
    ));

  it('the list is sorted and filtered, also by names, and the address has it', () =>
    opened(`hosts?${TIME}`, async (page) => {
      const rows = card(page, 'Hosts').getByRole('row');
      await rows.nth(1).filter({ hasText: '10.30.0.10' }).waitFor();
      await page.getByRole('button', { name: 'Failed' }).click();
      await rows.nth(1).filter({ hasText: '10.20.0.28' }).waitFor();
      expect(page.url()).toContain('sort=failed');
      await page.getByLabel('Filter').fill('intranet');
      await rows.nth(1).filter({ hasText: '10.30.0.30' }).waitFor();
      expect(await rows.count()).toBe(2);
      expect(page.url()).toContain('q=intranet');
      await page.getByLabel('Filter').fill('nothing like it');
      await page.getByText('None of 77 hosts has “nothing like it” in its address or name.').waitFor();
      await page.getByRole('button', { name: 'Show all' }).click();
      await rows.nth(70).waitFor();
    }));

  it('services are a list beside the hosts, sorted and filtered, with the conditions of the hosts', () =>
    opened(`hosts?${TIME}&f=client:10.20.0.0/24`, async (page) => {
      await card(page, 'Hosts').getByRole('button', { name: 'Services' }).click();
      const rows = card(page, 'Services').getByRole('row');
      await rows.nth(1).filter({ hasText: '10.30.0.10:445' }).waitFor();
      expect(page.url()).toBe(`${served.url}services?${TIME}&f=client:10.20.0.0/24`);
      await page.getByRole('button', { name: 'Failed' }).click();
      await rows.nth(1).filter({ hasText: '10.30.0.30:8443' }).waitFor();
      await page.getByLabel('Filter').fill('crm.example');
      await rows.nth(1).filter({ hasText: '203.0.113.80:443' }).waitFor();
      expect(await rows.count()).toBe(2);
      await page.getByRole('button', { name: 'Without client 10.20.0.0/24' }).click();
      await rows.getByRole('link', { name: '203.0.113.80:443' }).click();
      await page.getByText('It is mostly the network').waitFor();
    }));

  it('names stand beside addresses, say where they come from, and one key hides them everywhere', () =>
    opened(`hosts?${TIME}`, async (page) => {
      const name = page.getByText('paul-laptop');
      await name.waitFor();
      expect(await name.getAttribute('title')).toBe('paul-laptop: DHCP');
      await page.keyboard.press('Shift+N');
      await name.waitFor({ state: 'detached' });
      await page.reload();
      await card(page, 'Hosts').getByText('10.20.0.15').waitFor();
      await page.getByRole('button', { name: 'Names beside addresses', pressed: false }).click();
      await name.waitFor();
      // The link, and so the filter that it becomes, has the address.
      expect(await page.getByRole('link', { name: '10.20.0.15' }).getAttribute('href')).toBe(
        `/hosts/10.20.0.15?${TIME}`,
      );
    }));

  it('what was not seen is said, with a way on', () =>
    opened(`hosts/10.99.0.1?${TIME}`, async (page) => {
      await page.getByText('10.99.0.1 was not seen in this time').waitFor();
      await page.getByRole('link', { name: 'Its sessions' }).waitFor();
    }));

  it('Live without a collector says so, with a way on', () =>
    opened('live', async (page) => {
      await page.getByText('No collector runs beside this store, so nothing happens here now.').waitFor();
      await page.getByRole('link', { name: 'What is stored is in Sessions' }).waitFor();
    }));

  it('is readable on a telephone', () =>
    opened(
      `services/198.51.100.59:443?${TIME}`,
      async (page) => {
        await page.getByText('It is mostly the server: 240 of the 261 ms that a client waits').waitFor();
        const wide = await page.evaluate<number>("document.querySelector('main').scrollWidth");
        expect(wide).toBeLessThanOrEqual(420);
      },
      { width: 420 },
    ));
});
