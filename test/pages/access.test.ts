/** WCAG 2.2 AA, as far as axe-core judges it: every page, wide and narrow, in both themes. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { CHROMIUM, visit } from '../support/browser.js';
import type { TestConsole } from '../support/console.js';
import { demoConsole } from '../support/demo.js';
import { describeWith } from '../support/needs.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const EVERY_RULE = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const CONTRAST = { type: 'rule', values: ['color-contrast'] };
/** Widths of the window, pixels: a screen's, and the narrowest that the design promises. */
const [WIDE, NARROW] = [1440, 420];
const PAGES = [
  '',
  'sessions',
  'sessions?of=transactions',
  'hosts',
  'hosts/10.30.0.30',
  'services',
  'services/203.0.113.80:443',
  'map?sel=10.30.0.10',
  'live',
  'mirrors',
  'mirrors/add',
  'compare',
  'tunnels',
  'sql?q=SELECT+1',
];

describeWith([CHROMIUM], 'access', () => {
  let served: TestConsole;
  let packets = '';
  beforeAll(async () => {
    served = await demoConsole();
    type Sessions = { rows: { session_id: string }[] };
    const range = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z';
    const { rows } = await served.json<Sessions>(`/sessions?limit=1&f=app:http&${range}`);
    packets = `sessions/${rows[0].session_id}/packets`;
  });

  it.each([...PAGES, 'packets'])('/%s has no violation and is not too wide', async (path) => {
    const { page } = await visit(`${served.url}${path === 'packets' ? packets : path}#token=${served.token}`);
    await page.getByRole('main').waitFor();
    await settled(page);
    // The page's policy lets in no script; the debugger's are not the page's.
    await page.evaluate(AXE);
    const found: string[] = [];
    for (const width of [WIDE, NARROW]) {
      await page.setViewportSize({ width, height: 900 });
      // A narrow list asks for other columns.
      await settled(page);
      for (const said of await violations(page, EVERY_RULE)) found.push(`${width}: ${said}`);
      const wide = await page.evaluate(
        "Math.max(document.documentElement.scrollWidth, document.querySelector('main').scrollWidth)",
      );
      if (Number(wide) > width) found.push(`${width}: it is ${wide} wide`);
    }
    // Of another theme the colours are others, and nothing else. A page that draws no frame is not told.
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.reload();
    await page.locator('html.dark').waitFor();
    await settled(page);
    await page.evaluate(AXE);
    for (const said of await violations(page, CONTRAST)) found.push(`dark: ${said}`);
    expect(found).toEqual([]);
    await page.close();
  });
});

/** Waits until all is there: what is greyed, because something newer comes, is no text to judge. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle').catch(() => undefined);
  await page.locator('.bones, [class*="stale"]').first().waitFor({ state: 'detached' });
}

/** @param rules axe's `runOnly` */
async function violations(page: Page, rules: typeof EVERY_RULE | typeof CONTRAST): Promise<string[]> {
  const found = (await page.evaluate(
    `axe.run({ runOnly: ${JSON.stringify(rules)} }).then(({ violations }) => violations)`,
  )) as { id: string; nodes: { html: string; failureSummary?: string }[] }[];
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.length}, ${nodes[0]?.html}: ${nodes[0]?.failureSummary}`,
  );
}
