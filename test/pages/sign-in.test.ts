/** The page in a real browser. */
import { beforeAll, expect, it } from 'vitest';
import { CHROMIUM, visit } from '../support/browser.js';
import type { TestConsole } from '../support/console.js';
import { demoConsole } from '../support/demo.js';
import { describeWith } from '../support/needs.js';

describeWith([CHROMIUM], 'the page', () => {
  let served: TestConsole;
  beforeAll(async () => {
    served = await demoConsole();
  });

  it('signs in by the link, which leaves the address, and complains of nothing', async () => {
    const { page, complaints } = await visit(served.link);
    await page.getByRole('region', { name: 'Traffic' }).waitFor();
    await page.getByRole('img', { name: /^Traffic: tls/ }).waitFor();
    expect(page.url()).toBe(served.url);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('asks for the token where it is missing', async () => {
    const { page } = await visit(served.url);
    await page.getByLabel('Token or link').fill(served.link);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('region', { name: 'Traffic' }).waitFor();
    await page.close();
  });
});
