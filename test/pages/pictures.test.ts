/** The main pages look as they looked when somebody last looked at their pictures, in both themes. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import pixelmatch from 'pixelmatch';
import type { Browser, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, startBrowser } from '../support/browser.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoStore } from '../support/demo-store.js';
import { describeWith } from '../support/needs.js';
import { fileOf, openGallery, PICTURES, shot, take } from '../support/pictures.js';

const ROOT = join(import.meta.dirname, '../..');
const DIFFERENCES = join(ROOT, 'coverage/pictures');
/** How far two colors may be apart, 0 to 1. Edges that are smoothed otherwise are not counted at all. */
const THRESHOLD = 0.15;
/** The share of a picture's pixels that may be another color. */
const TOLERANCE = 0.002;

/**
 * @param directory of pictures of what is another
 * @returns what is wrong, in a sentence; undefined: they are the same
 */
function difference(
  file: string,
  now: Buffer,
  chromium: string,
  directory = DIFFERENCES,
): string | undefined {
  const [kept, taken] = [PNG.sync.read(readFileSync(file)), PNG.sync.read(now)];
  const name = relative(ROOT, file);
  const renew = 'look at the new picture; if it is right, npm run screenshots renews those that are kept';
  const keep = (what: string, png: Buffer): string => {
    mkdirSync(directory, { recursive: true });
    const to = join(directory, `${basename(file, '.png')}.${what}.png`);
    writeFileSync(to, png);
    return relative(ROOT, to);
  };
  if (kept.width !== taken.width || kept.height !== taken.height)
    return `${name} has another size than ${keep('new', now)}: ${renew}`;
  const { width, height } = kept;
  const apart = new PNG({ width, height });
  const pixels = pixelmatch(kept.data, taken.data, apart.data, width, height, { threshold: THRESHOLD });
  if (pixels <= TOLERANCE * width * height) return undefined;
  return (
    `${pixels} pixels of ${name} are another color in Chromium ${chromium}: ` +
    `${keep('difference', PNG.sync.write(apart))} shows them, ${keep('new', now)} is how it looks now. ` +
    `Fonts or another version of Chromium may be the reason: ${renew}`
  );
}

describeWith([CHROMIUM], 'the main pages', () => {
  let served: TestConsole;
  let browser: Browser;
  beforeAll(async () => {
    rmSync(DIFFERENCES, { recursive: true, force: true });
    served = await startConsole(await demoStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store')));
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await served.close();
  });

  describe.each(['light', 'dark'] as const)('%s', (theme) => {
    let page: Page;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ page, close } = await openGallery(browser, served, theme));
    });
    afterAll(() => close());

    it.each(PICTURES.filter(({ themes }) => themes.includes(theme)))('$name', async (picture) => {
      const wrong = (now: Buffer): string | undefined =>
        difference(fileOf(picture, theme), now, browser.version());
      const first = wrong(await take(page, served, picture, theme));
      // On a busy machine nothing may be asked for a while before the last answers come.
      if (first !== undefined) await expect.poll(async () => wrong(await shot(page))).toBeUndefined();
    });
  });

  it('that are another are told, with a picture of what is', () => {
    const directory = mkdtempSync(join(tmpdir(), 'picture-'));
    const file = join(directory, 'page.png');
    const png = new PNG({ width: 100, height: 100 });
    png.data.fill(255);
    writeFileSync(file, PNG.sync.write(png));
    const said = (now: PNG): string | undefined => difference(file, PNG.sync.write(now), '1', directory);
    expect(said(png)).toBeUndefined();
    for (let i = 0; i < 400; i++) png.data[4 * (i + 3000)] = 0;
    expect(said(png)).toMatch(/^400 pixels of .*page\.difference\.png shows them.*npm run screenshots/);
    expect(said(new PNG({ width: 10, height: 10 }))).toMatch(/another size/);
  });
});
