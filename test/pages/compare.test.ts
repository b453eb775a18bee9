/** The page that compares two mirrors, in a real browser. */
import { beforeAll, expect, it } from 'vitest';
import type { Answer } from '../../src/console/contract.js';
import { CHROMIUM, visit } from '../support/browser.js';
import type { TestConsole } from '../support/console.js';
import { demoConsole } from '../support/demo.js';
import { describeWith } from '../support/needs.js';

const RANGE = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z';
const [A, B] = ['erspan2,10.0.0.11,1,', 'erspan3,10.0.0.12,2,'];

describeWith([CHROMIUM], 'the page of two mirrors', () => {
  let served: TestConsole;
  beforeAll(async () => {
    served = await demoConsole();
  });

  it('says what the mirrors lost themselves, and lists what only one saw', async () => {
    const { page, complaints } = await visit(`${served.url}compare#token=${served.token}`);
    await page.getByText("10.0.0.12 session 2's mirror lost 232 packets itself").waitFor();
    const { only_b } = await served.json<Answer<'compare'>>(`/compare?${RANGE}&a=${A}&b=${B}`);
    await page.getByRole('button', { name: `${only_b} only 10.0.0.12 session 2` }).click();
    await page.getByRole('region', { name: 'Only 10.0.0.12 session 2 saw it' }).waitFor();
    expect(new URL(page.url()).searchParams.get('show')).toBe('only_b');
    await page.goBack();
    await page.getByRole('region', { name: 'Both saw it, not the same' }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });
});
