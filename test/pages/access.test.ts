/** WCAG 2.2 AA, as far as axe-core judges it: every page, in both themes. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeAll, expect, it } from 'vitest';
import { CHROMIUM, visit } from '../support/browser.js';
import type { TestConsole } from '../support/console.js';
import { demoConsole } from '../support/demo.js';
import { describeWith } from '../support/needs.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const PAGES = [
  '',
  'sessions',
  'sessions?of=transactions',
  'hosts',
  'hosts/10.30.0.30',
  'services/203.0.113.80:443',
  'map',
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

  it.each([...PAGES, 'packets'])('/%s has no violation, in light and in dark', async (path) => {
    const { page } = await visit(`${served.url}${path === 'packets' ? packets : path}#token=${served.token}`);
    await page.getByRole('main').waitFor();
    await page.waitForLoadState('networkidle').catch(() => undefined);
    // What stands where answers will be.
    await page.locator('.bones').first().waitFor({ state: 'detached' });
    // The page's policy lets in no script; the debugger's are not the page's.
    await page.evaluate(AXE);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.locator(colorScheme === 'dark' ? 'html.dark' : 'html:not(.dark)').waitFor();
      const violations = (await page.evaluate(
        `axe.run({ runOnly: ${JSON.stringify(TAGS)} }).then(({ violations }) => violations)`,
      )) as { id: string; nodes: { html: string; failureSummary?: string }[] }[];
      const found = violations.map(
        ({ id, nodes }) => `${id}: ${nodes.length}, ${nodes[0]?.html}: ${nodes[0]?.failureSummary}`,
      );
      expect(found, colorScheme).toEqual([]);
    }
    await page.close();
  });
});
