/** The page in a real browser. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHROMIUM, openPage, startBrowser } from '../support/browser.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoStore } from '../support/demo-store.js';
import { describeWith } from '../support/needs.js';

describeWith([CHROMIUM], 'the page', () => {
  let served: TestConsole;
  let browser: Browser;
  beforeAll(async () => {
    served = await startConsole(demoStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store')));
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await served.close();
  });

  it('signs in by the link, which leaves the address, and complains of nothing', async () => {
    const { context, page, complaints } = await openPage(browser, served.link);
    await page.getByRole('region', { name: 'Traffic' }).waitFor();
    await page.getByRole('img', { name: /^Traffic: tls/ }).waitFor();
    expect(page.url()).toBe(served.url);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('asks for the token where it is missing', async () => {
    const { context, page } = await openPage(browser, served.url);
    await page.getByLabel('Token or link').fill(served.link);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('region', { name: 'Traffic' }).waitFor();
    await context.close();
  });
});
