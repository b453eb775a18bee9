/**
 * npm run screenshots: pictures of the console for the docs, of the demo's store, in Debian's Chromium.
 * docs/images/console-*.png; where one has changed, look at it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openPage, startBrowser } from '../test/support/browser.js';
import { startConsole } from '../test/support/console.js';

const ROOT = join(import.meta.dirname, '..');
const IMAGES = join(ROOT, 'docs/images');

interface Picture {
  readonly name: string;
  /** Below the console's address. */
  readonly path: string;
  readonly dark?: boolean;
  readonly height?: number;
  /** What is done before it is taken. */
  readonly before?: (page: Page) => Promise<void>;
}

const PICTURES: readonly Picture[] = [
  { name: 'overview', path: '', height: 1000 },
  { name: 'overview-dark', path: '', dark: true, height: 1000 },
  { name: 'sessions', path: 'sessions?f=server:10.30.0.30&f=app:http' },
  {
    name: 'packets',
    path: 'sessions?f=server:10.30.0.30&f=app:http&f=packets:>20',
    dark: true,
    before: async (page) => {
      await page.keyboard.press('p');
      await page.getByText('HTTP/1.1 200 OK').first().click();
      await page.getByText('HTTP/1.1 200 OK').last().click();
    },
  },
  { name: 'compare', path: 'compare' },
];

/** Waits until nothing is loading any more. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.waitForFunction("document.querySelector('.bones') === null");
}

/** Where the program was started. */
const before = process.cwd();
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-screenshots-'));
try {
  // The page says where its store is: the default, as in the demo.
  process.chdir(directory);
  const store = './data';
  const capture = join(ROOT, 'lab/demo.pcapng.gz');
  const words = [join(ROOT, 'dist/cli/main.js'), 'read', capture, '--packets', 'all', '--store', store];
  const read = spawnSync(process.execPath, words, { stdio: 'inherit' });
  if (read.status !== 0) throw new Error('the demo could not be read');
  const served = await startConsole(store);
  const browser = await startBrowser();
  for (const { name, path, dark = false, height = 900, before } of PICTURES) {
    const { context, page } = await openPage(browser, `${served.url}${path}#token=${served.token}`, {
      dark,
      height,
    });
    await settled(page);
    await before?.(page);
    await settled(page);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: join(IMAGES, `console-${name}.png`), animations: 'disabled' });
    await context.close();
  }
  await browser.close();
  await served.close();
} finally {
  process.chdir(before);
  rmSync(directory, { recursive: true, force: true });
}
