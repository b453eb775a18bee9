/** Debian's Chromium, for tests of the console's page. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/**
 * What `describeWith` asks for: the headless shell, which takes half the time of the whole browser for a page,
 * or the browser where that is missing.
 */
export const CHROMIUM = existsSync('/usr/bin/chromium-headless-shell')
  ? '/usr/bin/chromium-headless-shell'
  : '/usr/bin/chromium';

/** Starts it: as root it has no sandbox, and containers have little in /dev/shm. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--font-render-hinting=none'],
  });
}

let shared: Promise<Browser> | undefined;

/** The browser of all tests of this process, which ends with it: nobody closes it. */
export function sharedBrowser(): Promise<Browser> {
  shared ??= startBrowser();
  return shared;
}

/** Whether it is there. */
export function hasBrowser(): boolean {
  return existsSync(CHROMIUM);
}

export interface Opened {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page's console said that is no notice: errors, and violations of its policy. */
  readonly complaints: string[];
}

/** Opens a page of its own, at the size of the design's pictures. Times are UTC, nothing moves. */
export async function openPage(
  browser: Browser,
  url: string,
  { dark = false, width = 1440, height = 900 }: { dark?: boolean; width?: number; height?: number } = {},
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
    locale: 'en-US',
  });
  // The end of what hangs: another's work may take most of the machine.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  return { context, page, complaints };
}
