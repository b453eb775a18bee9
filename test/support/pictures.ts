/**
 * Pictures of the console's pages over the demo's store: those of the docs, and those beside the tests. Both
 * are made here and by `npm run screenshots`, in the same way, so that they are the same to the pixel.
 */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { openPage } from './browser.js';
import type { TestConsole } from './console.js';

const ROOT = join(import.meta.dirname, '../..');

export interface Picture {
  readonly name: string;
  /** Below the console's address. */
  readonly path: string;
  /** In which themes, and in which of them the docs show it. */
  readonly themes: readonly Theme[];
  readonly docs?: readonly Theme[];
  readonly height?: number;
  /** What is done before it is taken. */
  readonly before?: (page: Page) => Promise<void>;
}

export type Theme = 'light' | 'dark';

const BOTH = ['light', 'dark'] as const;

/** The main pages. */
export const PICTURES: readonly Picture[] = [
  { name: 'overview', path: '', themes: BOTH, docs: BOTH, height: 1000 },
  { name: 'sessions', path: 'sessions?f=server:10.30.0.30&f=app:http', themes: BOTH, docs: ['light'] },
  {
    name: 'packets',
    path: 'sessions?f=server:10.30.0.30&f=app:http&f=packets:>20',
    themes: BOTH,
    docs: ['dark'],
    before: async (page) => {
      await page.keyboard.press('p');
      await page.getByText('HTTP/1.1 200 OK').first().click();
      await page.getByText('HTTP/1.1 200 OK').last().click();
    },
  },
  { name: 'service', path: 'services/203.0.113.80:443', themes: ['light'] },
  { name: 'map', path: 'map?sel=10.20.0.28', themes: BOTH },
  { name: 'mirrors', path: 'mirrors', themes: BOTH },
  { name: 'compare', path: 'compare', themes: ['light'], docs: ['light'] },
];

/** Pixels of pictures that nobody but a test looks at: smaller, and wide enough for all that a page has. */
const [WIDTH, HEIGHT] = [1120, 700];

/** Where a picture is kept: `npm run screenshots` writes it there. */
export function fileOf({ name, docs = [] }: Picture, theme: Theme): string {
  // The docs show most pages in one theme, and name it where they show both.
  const suffix = docs.length === 1 && docs.includes(theme) ? '' : theme === 'dark' ? '-dark' : '';
  return docs.includes(theme)
    ? join(ROOT, `docs/images/console-${name}${suffix}.png`)
    : join(ROOT, `test/pages/pictures/${name}-${theme}.png`);
}

/** The demo ended three hours ago. */
const NOW = '2025-06-02T11:10:00Z';
/** What is different every time that a store is read and asked. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/"elapsed_ms":[\d.]+/g, '"elapsed_ms":9'],
  [/"rows_read":\d+/g, '"rows_read":8192'],
  [/"store":"[^"]*"/g, '"store":"./data"'],
];

/** Pages of one theme, signed in, with a clock that stands still. */
export async function openGallery(
  browser: Browser,
  served: TestConsole,
  theme: Theme,
): Promise<{ readonly page: Page; close(): Promise<void> }> {
  const { context, page } = await openPage(browser, served.link, { dark: theme === 'dark' });
  await page.clock.setFixedTime(NOW);
  await context.route('**/api/v1/**', async (route) => {
    const response = await route.fetch();
    let body = await response.text();
    for (const [changing, still] of CHANGING) body = body.replace(changing, still);
    await route.fulfill({ response, body });
  });
  return {
    page,
    close: async () => {
      // What the last page still asks for has nobody who waits for it.
      await context.unrouteAll({ behavior: 'ignoreErrors' });
      await context.close();
    },
  };
}

/** Takes one. @returns the PNG */
export async function take(page: Page, served: TestConsole, picture: Picture, theme: Theme): Promise<Buffer> {
  const { path, height = 900, before, docs = [] } = picture;
  const shown = docs.includes(theme);
  await page.setViewportSize({ width: shown ? 1440 : WIDTH, height: shown ? height : HEIGHT });
  await page.mouse.move(0, 0);
  await page.goto(`${served.url}${path}`);
  await settled(page);
  await before?.(page);
  await settled(page);
  await page.mouse.move(0, 0);
  return shot(page);
}

/** The page as it is now. @returns the PNG */
export function shot(page: Page): Promise<Buffer> {
  return page.screenshot({ animations: 'disabled' });
}

/** Waits until nothing is loading any more. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.locator('.bones, [class*="stale"]').first().waitFor({ state: 'detached' });
  await page.evaluate('document.fonts.ready.then(() => true)');
}
