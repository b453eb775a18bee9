/** What somebody sees who comes with an address that is wrong, or to a store that is empty, or away. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandError } from '../../src/model/errors.js';
import { CHROMIUM, openPage, startBrowser } from '../support/browser.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoStore } from '../support/demo-store.js';
import { describeWith } from '../support/needs.js';
import { makeStore } from '../support/store-copies.js';

/** Addresses, what is said, and the way on: the name of a link or a button. */
const WRONG: readonly (readonly [path: string, said: RegExp, way: RegExp])[] = [
  ['nowhere', /^There is no page \/nowhere$/, /^Overview$/],
  ['?t=nonsense', /^“nonsense” is no time range$/, /^Without it$/],
  ['?t=2025-06-02T08:10~08:00', /is no time range$/, /^Without it$/],
  ['?f=nonsense:1', /^nonsense is no column that sessions can be filtered by$/, /^Without nonsense 1$/],
  ['?m=nobody', /^No conversation fits$/, /^All mirrors$/],
  ['?c=nonsense', /^there is no such capture$/, /^back to the store$/],
  ['sessions?f=server:10.30.0.300', /^server: 10\.30\.0\.300 is not an address/, /^Remove: server is/],
  ['sessions?f=nonsense', /^nonsense is no condition$/, /^Remove: /],
  ['sessions?sort=nonsense', /^order: sessions cannot be ordered by nonsense$/, /^Sessions$/],
  ['sessions?sel=01972fa8-6607-7000-bfd2-000000000000', /^there is no session/, /^Close the details$/],
  ['sessions/nonsense/packets', /is no session_id$|is not a session's id$/, /^All sessions$/],
  ['hosts/nobody', /^nobody is not an address, a prefix or a MAC address$/, /^All hosts$/],
  ['hosts/10.0.0.0/99', /^10\.0\.0\.0\/99 is not an address/, /^All hosts$/],
  ['services/10.0.0.1:99999', /^10\.0\.0\.1:99999 is no service$/, /^All services$/],
  ['mirrors/nonsense', /^There is no mirror point nonsense/, /^Add a mirror$/],
  ['compare?a=erspan2,10.0.0.11,1,&b=erspan2,10.0.0.11,1,', /^These are one and the same/, /^The other/],
  ['map?x=nonsense', /^expand: nonsense is not an address or a prefix$/, /^Map$/],
];

/** Addresses that look odd, and are answered all the same. */
const ODD: readonly (readonly [path: string, sees: string])[] = [
  ['?t=-999999d', '10.20.0.28 is scanning'],
  ['sessions?t=0001-01-01T00:00~9999-01-01T00:00', '1,710 rows'],
  ['sessions?cols=nonsense,bytes', '1,710 rows'],
  ['mirrors?t=-99999d', 'loses 2.0'],
  ['sessions/SESSION/packets?n=99999&at=9~9&tab=nonsense', 'Packet '],
];

describeWith([CHROMIUM], 'astray', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  describe('an address', () => {
    let served: TestConsole;
    let context: BrowserContext;
    let page: Page;
    beforeAll(async () => {
      served = await startConsole(await demoStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store')));
      ({ context, page } = await openPage(browser, served.link));
      await page.getByRole('region', { name: 'Traffic' }).waitFor();
    });
    afterAll(async () => {
      await context.close();
      await served.close();
    });

    it.each(WRONG)('/%s is told in one line, with a way on', async (path, said, way) => {
      await page.goto(`${served.url}${path}`);
      await page.getByText(said).first().waitFor();
      const ways = page.getByRole('link', { name: way }).or(page.getByRole('button', { name: way }));
      await ways
        .or(page.getByRole('combobox', { name: way }))
        .first()
        .waitFor();
      expect(await page.locator('main').textContent()).not.toMatch(/undefined|\[object|NaN/);
    });

    it.each(ODD)('/%s is answered', async (path, sees) => {
      const range = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z';
      const { rows } = await served.json<{ rows: { session_id: string }[] }>(`/sessions?limit=1&${range}`);
      await page.goto(`${served.url}${path.replace('SESSION', rows[0].session_id)}`);
      await page.getByText(sees).first().waitFor();
      await page.waitForLoadState('networkidle');
      expect(await page.locator('.wrong').count()).toBe(0);
    });
  });

  it('an empty store says so on every page, with a way on', async () => {
    const served = await startConsole(
      await makeStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store')),
    );
    const { context, page, complaints } = await openPage(browser, served.link);
    await page.getByRole('heading', { name: 'Nothing in this store yet' }).waitFor();
    for (const [path, said] of [
      ['sessions', 'There is no session in this time'],
      ['hosts', 'No host was seen in this time.'],
      ['services', 'No service was asked in this time.'],
      ['map', 'Nobody talked in this time range.'],
      ['live', 'No collector runs beside this store'],
      ['mirrors', 'No mirror has sent anything yet'],
      ['compare', 'There are not two mirror points to compare.'],
      ['tunnels', 'No tunnel here, and none in this time'],
      ['hosts/10.0.0.1', '10.0.0.1 was not seen in this time'],
      ['services/10.0.0.1:80', 'Nobody asked 10.0.0.1:80 in this time'],
    ] as const) {
      await page.goto(`${served.url}${path}`);
      await page.getByText(said).waitFor();
    }
    expect(complaints).toEqual([]);
    await context.close();
    await served.close();
  });

  it('a store that is away says so, is asked again, and is there when it is back', async () => {
    const store = await demoStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store'));
    let away = true;
    // The console asks once when it starts: it is there then, and away after.
    let asked = 0;
    const served = await startConsole(
      store,
      {},
      {
        find: () =>
          away && asked++ > 0
            ? Promise.reject(new CommandError('ClickHouse at clickhouse:8123 does not answer: start it'))
            : Promise.resolve({ location: store, collector: undefined }),
      },
    );
    const { context, page } = await openPage(browser, served.link);
    const said = page.getByText('ClickHouse at clickhouse:8123 does not answer: start it').first();
    await said.waitFor();
    for (const path of ['sessions', 'hosts', 'map', 'mirrors', 'sql']) {
      await page.goto(`${served.url}${path}`);
      await said.waitFor();
      await page.getByRole('button', { name: 'Try again' }).first().waitFor();
    }
    await page.goto(served.url);
    await said.waitFor();
    away = false;
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await page.getByText('10.20.0.28 is scanning').waitFor();
    await context.close();
    await served.close();
  });
});
