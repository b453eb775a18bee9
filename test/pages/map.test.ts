/** The map, in a real browser, as somebody uses it without a mouse. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { CHROMIUM, visit } from '../support/browser.js';
import type { TestConsole } from '../support/console.js';
import { demoConsole, demoRows } from '../support/demo.js';
import { describeWith } from '../support/needs.js';

describeWith([CHROMIUM], 'the map', () => {
  let served: TestConsole;
  beforeAll(async () => {
    served = await demoConsole();
  });

  /** With how many others a host talks. */
  async function peersOf(host: string): Promise<number> {
    const [{ peers }] = await demoRows<{ peers: number }>(
      `SELECT uniqExact(if(client = '${host}', server, client)) AS peers FROM sessions
       WHERE client = '${host}' OR server = '${host}'`,
    );
    return peers;
  }

  it('is gone through by keyboard: the strongest node first, what it did, its sessions', async () => {
    const { page, complaints } = await visit(`${served.url}map#token=${served.token}`);
    await page.getByText(/^110 strongest of \d+ pairs: \d+ % of the bytes$/).waitFor();
    const [first, second] = await demoRows<{ host: string }>(
      `SELECT arrayJoin([client, server]) AS host FROM sessions
       GROUP BY host ORDER BY sum(client_bytes + server_bytes) DESC LIMIT 2`,
    );
    const node = (host: string) => page.getByRole('button', { name: new RegExp(`^${host}: `) });
    await node(first.host).focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => node(second.host).evaluate((e) => e.matches(':focus'))).toBe(true);
    await page.keyboard.press('Enter');
    const panel = page.getByRole('complementary', { name: `Selected: ${second.host}` });
    await panel.getByText(/^selected · talks to \d+ hosts$/).waitFor();
    await panel.getByText(`talks to ${await peersOf(second.host)} hosts`).waitFor();
    expect(new URL(page.url()).searchParams.get('sel')).toBe(second.host);
    const sessions = await panel.getByRole('link', { name: 'Sessions' }).last().getAttribute('href');
    expect(new URL(sessions!, page.url()).searchParams.get('f')).toBe(`host:${second.host}`);
    const viewed = await page.getByText(first.host, { exact: true }).first().boundingBox();
    await page.keyboard.press('+');
    await expect
      .poll(() => page.getByText(first.host, { exact: true }).first().boundingBox())
      .not.toEqual(viewed);
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    await page.goBack();
    await panel.waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('narrows to one node, and shows the same as a table', async () => {
    const { page, complaints } = await visit(`${served.url}map?sel=10.20.0.28#token=${served.token}`);
    await page.getByRole('button', { name: 'Only this' }).click();
    await page.getByRole('button', { name: 'Remove: host is 10.20.0.28' }).waitFor();
    const peers = await peersOf('10.20.0.28');
    await page.getByText(`all ${peers} pairs`).waitFor();
    await page.keyboard.press('Shift+T');
    const table = page.getByRole('table', { name: 'Who talks to whom' });
    await table.waitFor();
    expect(await table.getByRole('row').count()).toBe(peers + 1);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('has networks and VLANs, and gives the drawing away as a file', async () => {
    const { page, complaints } = await visit(`${served.url}map?g=24#token=${served.token}`);
    await page.getByRole('button', { name: 'Networks' }).click();
    await page.getByRole('button', { name: /^10\.30\.0\.0\/24: / }).waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'SVG' }).click();
    const file = readFileSync(await (await download).path(), 'utf8');
    expect(file).toContain('10.30.0.0/24');
    expect(file).not.toContain('var(');
    await page.getByRole('button', { name: 'VLANs' }).click();
    await page.getByRole('button', { name: /^untagged: / }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });
});
