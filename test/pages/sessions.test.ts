/** The page of sessions in a real browser, used as a person does. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { CHROMIUM, type Opened, visit } from '../support/browser.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoConsole } from '../support/demo.js';
import { demoStore } from '../support/demo-store.js';
import { describeWith } from '../support/needs.js';

describeWith([CHROMIUM], 'the page of sessions', () => {
  let served: TestConsole;
  let opened: Opened | undefined;
  beforeAll(async () => {
    served = await demoConsole();
  });
  afterEach(async () => {
    await opened?.page.close();
    opened = undefined;
  });

  /** Opens an address of the page, signed in, and waits for what it lists. */
  async function at(path: string, size: { width?: number; height?: number } = {}): Promise<Page> {
    opened = await visit(`${served.url}${path}#token=${served.token}`, size);
    return opened.page;
  }
  const rows = (page: Page) => page.locator('table[aria-label="Sessions"] tbody tr[data-at]');
  const selected = (page: Page) => page.locator('tr[aria-selected="true"]');
  const details = (page: Page) => page.getByRole('complementary', { name: 'Details' });
  const foot = (page: Page, text: RegExp) => page.getByText(text).waitFor();
  const parameter = (page: Page, name: string) => new URL(page.url()).searchParams.getAll(name);

  it('opens with the first row selected and its conversation in full', async () => {
    const page = await at('sessions?f=server:10.30.0.30&f=app:http');
    await selected(page).waitFor();
    expect(await selected(page).getAttribute('data-at')).toBe('0');
    await details(page).getByText('established and finished').waitFor();
    await details(page)
      .getByRole('img', { name: /client SYN, server SYN-ACK, client GET / })
      .waitFor();
    await details(page)
      .getByRole('button', { name: /^\d+ packets/ })
      .waitFor();
    await page.getByText('answered 152').waitFor();
    await page.getByText('5 s a bar · drag to narrow').waitFor();
    expect(await page.getByRole('table', { name: 'Sessions' }).getAttribute('aria-rowcount')).toBe('153');
  });

  it('makes conditions of cells by the keyboard, negates and drops them, and goes back', async () => {
    const page = await at('sessions');
    await foot(page, /of 1,710/);
    await page.locator('tr[data-at="0"] td[data-col="0"]').focus();
    await page.keyboard.press('ArrowDown');
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('f');
    await page.waitForURL(/f=tcp_state:/);
    const [condition] = parameter(page, 'f');
    const chip = page.getByRole('group', { name: `tcp state is ${condition?.split(':')[1]}` });
    await chip.getByRole('button', { name: /^Not/ }).click();
    await page.waitForURL(/f=tcp_state:!/);
    await page.getByRole('button', { name: /^Remove/ }).press('Delete');
    await page.waitForURL((url) => !url.searchParams.has('f'));
    await page.goBack();
    await page.waitForURL(/f=tcp_state:!/);
    expect(parameter(page, 'f')).toHaveLength(1);
  });

  it('adds a condition by its column and value: F', async () => {
    const page = await at('sessions');
    await foot(page, /of 1,710/);
    await page.keyboard.press('f');
    await page.getByRole('combobox', { name: 'Column' }).fill('server port');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('table', { name: 'Top values of Server port' }).waitFor();
    await page.getByLabel('Value', { exact: true }).fill('8443');
    await page.keyboard.press('Enter');
    await page.waitForURL(/f=server_port:8443/);
    await selected(page).waitFor();
    await expect
      .poll(async () => new Set(await rows(page).locator('td[data-col="3"] .mono').allTextContents()))
      .toEqual(new Set(['10.30.0.30:8443']));
  });

  it('shows the top values of a column, each of which makes a condition: V', async () => {
    const page = await at('sessions');
    await foot(page, /of 1,710/);
    await page.keyboard.press('v');
    await page.getByRole('combobox', { name: /^Values/ }).fill('state');
    await page.getByRole('option', { name: /^State/ }).click();
    const values = page.getByRole('table', { name: 'Top values of State' });
    await values.getByRole('button', { name: 'REJ' }).click();
    await page.waitForURL(/f=tcp_state:REJ/);
    await foot(page, /of 205/);
  });

  it('moves by J and K without places in the history, and keeps the selection in the address', async () => {
    const page = await at('sessions?f=app:dns');
    await details(page).getByText('10.30.0.5:53').waitFor();
    for (let i = 0; i < 3; i++) await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.waitForURL(/sel=/);
    expect(await selected(page).getAttribute('data-at')).toBe('2');
    const link = page.url();
    await page.keyboard.press('Escape');
    await details(page).waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await details(page).waitFor();
    await page.goto(link);
    await page.locator('tr[data-at="2"][aria-selected="true"]').waitFor();
  });

  it('scrolls on from page to page', async () => {
    const page = await at('sessions');
    await foot(page, /of 1,710/);
    const scroller = page.locator('table[aria-label="Sessions"]').locator('..');
    for (const text of ['1,710 of 1,710']) {
      await expect
        .poll(async () => {
          await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight));
          return page.getByText(new RegExp(`–${text}`)).count();
        })
        .toBe(1);
    }
    expect(await rows(page).count()).toBeLessThan(80);
    expect(await page.locator('tr[data-at="1709"]').count()).toBe(1);
  });

  it('is ordered by its heads, and has the columns that somebody chooses', async () => {
    const page = await at('sessions');
    await foot(page, /of 1,710/);
    await page.getByRole('columnheader', { name: 'Bytes' }).getByRole('button').click();
    await page.waitForURL(/sort=-bytes/);
    await page.locator('th[aria-sort="descending"]').getByText('Bytes').waitFor();
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('button', { name: 'Leave out Mirror' }).click();
    await page.getByRole('button', { name: 'Client: before' }).click();
    await page.getByRole('combobox', { name: 'Add a column' }).fill('ja4');
    await page.getByRole('option', { name: /^Ja4/ }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('columnheader', { name: 'Ja4' }).waitFor();
    const [cols] = parameter(page, 'cols');
    expect(cols).toBe(
      'client,first_seen,server,app_protocol,tcp_state,duration_us,packets,bytes,handshake_us,ja4',
    );
  });

  it('lists transactions under the same conditions, each in full', async () => {
    const page = await at('sessions?f=app:dns');
    await foot(page, /of 411|of 4\d\d/);
    await page.getByRole('button', { name: 'Transactions' }).click();
    await page.waitForURL(/of=transactions/);
    await page.getByRole('table', { name: 'Transactions' }).waitFor();
    await foot(page, /of 415/);
    await details(page).getByText('Answered in').waitFor();
    await details(page).getByRole('link', { name: 'Its conversation' }).click();
    await page.waitForURL(/\/sessions\?f=session_id:/);
    await foot(page, /1–1 of 1/);
  });

  it('says which condition is to blame for an empty list, and drops it', async () => {
    const page = await at('sessions?f=server:10.30.0.30&f=transport:sctp');
    await page.getByText('No session fits these conditions').waitFor();
    await page.getByText('252 fit without').waitFor();
    await page.getByRole('button', { name: 'Without “transport”' }).click();
    await foot(page, /of 252/);
    await page.goto(`${served.url}sessions?t=2025-06-01T08:00~09:00`);
    await page.getByText('There is no session in this time').waitFor();
    await page.getByRole('button', { name: 'The newest rows' }).click();
    await selected(page).waitFor();
  });

  it('leads to the other mirror that saw it, and takes a file away', async () => {
    const page = await at('sessions?f=server_port:8443');
    const also = details(page).locator('dt', { hasText: 'Also seen by' }).locator('+ dd').getByRole('link');
    await also.waitFor();
    const title = await details(page).getByRole('heading').textContent();
    await also.click();
    await page.waitForURL(/sel=/);
    await details(page)
      .getByText(/erspan2 of 10.0.0.11|erspan3 of 10.0.0.12/)
      .waitFor();
    expect(await details(page).getByRole('heading').textContent()).toBe(title);
    await page.keyboard.press('e');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: /^CSV/ }).click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8').split('\r\n');
    // Behind the columns of the list is who both ends are.
    expect(lines[0]?.split(/,(?=client_network)/)[0]).toBe(
      'first_seen,mirror,client,server,app_protocol,tcp_state,duration_us,packets,bytes,handshake_us',
    );
    expect(lines[1]).toMatch(/^2025-06-02T08:0\d:\d\d\.\d{9}Z,"erspan\d,/);
    expect(lines).toHaveLength(
      Number(/of (\d+)/.exec((await page.getByText(/^1–\d+ of/).textContent()) ?? '')?.[1]) + 2,
    );
  });

  it('is readable on a narrow screen, and by those who may not see packets', async () => {
    const store = await demoStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store'));
    const viewer = await startConsole(store, { token_rights: ['view'] });
    const link = `${viewer.url}sessions?f=server:10.30.0.30#token=${viewer.token}`;
    opened = await visit(link, { width: 420, height: 900 });
    const { page, complaints } = opened;
    await selected(page).waitFor();
    const heads = await page.getByRole('columnheader').allTextContents();
    expect(heads.slice(0, 4)).toEqual(['Client', 'Server', 'State', 'Bytes']);
    const wide = await page.evaluate('document.documentElement.scrollWidth');
    expect(wide).toBeLessThanOrEqual(420);
    await details(page).getByRole('img', { name: /^10\./ }).waitFor();
    expect(
      await details(page)
        .getByRole('button', { name: /packets/ })
        .isDisabled(),
    ).toBe(true);
    expect(complaints).toEqual([]);
    await viewer.close();
  });
});
