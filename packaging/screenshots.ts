/**
 * npm run screenshots: pictures of the console over the demo's store, in Debian's Chromium: those of the docs
 * (docs/images/console-*.png) and those that only tests compare (test/pages/pictures). Where one has
 * changed, look at it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBrowser } from '../test/support/browser.js';
import { startConsole } from '../test/support/console.js';
import { DEMO_WORDS } from '../test/support/demo-store.js';
import { fileOf, openGallery, PICTURES, take } from '../test/support/pictures.js';

const ROOT = join(import.meta.dirname, '..');
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-screenshots-'));
try {
  const store = join(directory, 'data');
  const words = [join(ROOT, 'dist/cli/main.js'), ...DEMO_WORDS, '--packets', 'all', '--store', store];
  const read = spawnSync(process.execPath, words, { cwd: ROOT, stdio: 'inherit' });
  if (read.status !== 0) throw new Error('the demo could not be read');
  const served = await startConsole(store);
  const browser = await startBrowser();
  for (const theme of ['light', 'dark'] as const) {
    const { page, close } = await openGallery(browser, served, theme);
    for (const picture of PICTURES.filter(({ themes }) => themes.includes(theme)))
      writeFileSync(fileOf(picture, theme), await take(page, served, picture, theme));
    await close();
  }
  await browser.close();
  await served.close();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
