/** Saved views, and the palette, which lists them, in a real browser. */
import { beforeAll, expect, it } from 'vitest';
import { CHROMIUM, visit } from '../support/browser.js';
import type { TestConsole } from '../support/console.js';
import { demoConsole } from '../support/demo.js';
import { describeWith } from '../support/needs.js';

describeWith([CHROMIUM], 'saved views and the palette', () => {
  let served: TestConsole;
  beforeAll(async () => {
    served = await demoConsole();
  });

  it('saves what is seen, and opens it again from the menu and the palette, without a mouse', async () => {
    const { page, complaints } = await visit(
      `${served.url}map?by=failed&t=2025-06-02T08:00~08:10#token=${served.token}`,
    );
    await page.getByRole('button', { name: /^10\.30\.0\.10: / }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'What to do' }).fill('save');
    await page.keyboard.press('Enter');
    await page.getByLabel('Name', { exact: true }).fill('What fails');
    await page.keyboard.press('Enter');
    await page.getByText('View What fails saved').waitFor();
    await page.getByRole('dialog', { name: 'Save this view' }).waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.getByRole('heading', { name: 'Compare' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'What to do' }).fill('fails');
    await page.getByRole('option', { name: /What fails/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^10\.30\.0\.10: / }).waitFor();
    expect(page.url()).toBe(`${served.url}map?by=failed&t=2025-06-02T08:00~08:10`);
    await page.goto(`${served.url}compare`);
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('menuitem', { name: /What fails/ }).click();
    await page.getByRole('button', { name: /^10\.30\.0\.10: / }).waitFor();
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('menuitem', { name: 'Save this view…' }).click();
    await page.getByRole('button', { name: 'Remove What fails' }).click();
    await page.getByText('View What fails removed').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('finds pages, times, and what is written', async () => {
    const { page, complaints } = await visit(served.link);
    await page.getByRole('region', { name: 'Traffic' }).waitFor();
    const ask = async (text: string): Promise<void> => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'What to do' }).fill(text);
    };
    await ask('10.20.0.28');
    await page.getByRole('option', { name: 'Host page of 10.20.0.28' }).waitFor();
    await page.getByRole('option', { name: 'Show it on the map' }).click();
    await page.getByRole('complementary', { name: 'Selected: 10.20.0.28' }).waitFor();
    await ask('24 hours');
    await page.getByRole('option', { name: 'Last 24 hours' }).waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).searchParams.get('t')).toBe('-1d');
    await ask('light or');
    await page.getByRole('option', { name: /Light or dark/ }).waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('html').getAttribute('class')).toContain('dark');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Everything that can be done' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Everything that can be done' }).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await page.close();
  });
});
