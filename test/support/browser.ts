/** Debian's Chromium, for tests of the console's page. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';

/**
 * What `describeWith` asks for: the headless shell, which takes half the time of the whole browser for a
 * page, or the browser where that is missing.
 */
export const CHROMIUM = existsSync('/usr/bin/chromium-headless-shell')
  ? '/usr/bin/chromium-headless-shell'
  : '/usr/bin/chromium';

/** Starts it: as root it has no sandbox, and containers have little in /dev/shm. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--font-render-hinting=none', '--process-per-site'],
  });
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

export interface Look {
  readonly dark?: boolean;
  readonly width?: number;
  readonly height?: number;
}

/** Opens a page of its own, at the size of the design's pictures. Times are UTC, nothing moves. */
export async function openPage(browser: Browser, url: string, look: Look = {}): Promise<Opened> {
  return openIn(await newContext(browser, look), url);
}

let shared: Promise<Browser> | undefined;
/** By how they look, with a page that stays open. */
const contexts = new Map<string, Promise<{ readonly context: BrowserContext; readonly kept: CDPSession }>>();

/**
 * The same in the browser of all tests of this process, which ends with it, for one page at a time: the one
 * before is closed, and what it stored is forgotten. The process that drew it draws this one: starting
 * another, and compiling the page's code, takes as long as showing it.
 */
export async function visit(url: string, look: Look = {}): Promise<Opened> {
  shared ??= startBrowser();
  const browser = await shared;
  const key = JSON.stringify(look);
  const made = contexts.get(key) ?? newContext(browser, look).then((context) => keep(context, url));
  contexts.set(key, made);
  const { context, kept } = await made;
  const [, ...before] = context.pages();
  await Promise.all(before.map((page) => page.close()));
  await Promise.all([
    context.clearCookies(),
    context.clearPermissions(),
    kept.send('Storage.clearDataForOrigin', { origin: new URL(url).origin, storageTypes: 'all' }),
  ]);
  return openIn(context, url);
}

/** Opens a page that keeps the process of a site. */
async function keep(context: BrowserContext, url: string) {
  const page = await context.newPage();
  await page.goto(new URL('/healthz', url).href);
  return { context, kept: await context.newCDPSession(page) };
}

function newContext(
  browser: Browser,
  { dark = false, width = 1440, height = 900 }: Look,
): Promise<BrowserContext> {
  return browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
    locale: 'en-US',
  });
}

async function openIn(context: BrowserContext, url: string): Promise<Opened> {
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
