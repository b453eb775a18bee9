/** The page on which statements are written, in a real browser. */
import { beforeAll, expect, it } from 'vitest';
import { CHROMIUM, visit } from '../support/browser.js';
import type { TestConsole } from '../support/console.js';
import { demoConsole } from '../support/demo.js';
import { describeWith } from '../support/needs.js';

/** It reads for longer than any test waits. */
const ENDLESS = 'SELECT count() FROM numbers(9000000000) WHERE cityHash64(toString(number)) = 0';

describeWith([CHROMIUM], 'the SQL page', () => {
  let served: TestConsole;
  beforeAll(async () => {
    served = await demoConsole();
  });

  it('completes columns, runs, marks what is wrong, and cancels', async () => {
    const { page, complaints } = await visit(`${served.url}sql#token=${served.token}`);
    const editor = page.getByRole('textbox', { name: 'Statement' });
    // Typing over what is selected, Chromium sets a style of its own, which the page's policy blocks.
    const clear = async (): Promise<void> => {
      await editor.click();
      await page.keyboard.press('Control+a');
      await page.keyboard.press('Backspace');
    };
    await clear();
    await page.keyboard.type('SELECT handsha');
    await page.getByRole('option', { name: /handshake_us/ }).waitFor();
    await page.keyboard.press('Escape');
    await clear();
    await page.keyboard.type("SELECT 'hello' AS word, 42 AS n FROM sessions LIMIT 3");
    await page.keyboard.press('Control+Enter');
    await page.getByRole('heading', { name: '3 rows' }).waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toContain('hello');
    await clear();
    await page.keyboard.type(ENDLESS);
    await page.keyboard.press('Control+Enter');
    await page.getByRole('progressbar').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).first().click();
    await page.getByText(/^stopped/).waitFor();
    await page.keyboard.press('Tab');
    expect(complaints).toEqual([]);
    await clear();
    await page.keyboard.type('SELECT nonsense FROM sessions');
    await page.keyboard.press('Control+Enter');
    await page.getByText(/Unknown expression identifier/).waitFor();
    await page.close();
  });

  it('opens a link to a statement with its answer', async () => {
    const { page } = await visit(`${served.url}sql?q=SELECT+7+AS+seven#token=${served.token}`);
    await page.getByRole('heading', { name: '1 row' }).waitFor();
    await page.getByRole('columnheader', { name: 'seven' }).waitFor();
    await page.close();
  });
});
