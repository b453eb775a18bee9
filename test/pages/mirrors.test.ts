/** The pages of mirrors, in a real browser over the demo: what did the mirror lose, and who is to blame? */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { ControlServer } from '../../src/observe/control.js';
import { CHROMIUM, visit } from '../support/browser.js';
import { CLOCKED, clockedStore } from '../support/clocked-store.js';
import { STATUS } from '../support/collector-status.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoConsole } from '../support/demo.js';
import { demoStore } from '../support/demo-store.js';
import { describeWith } from '../support/needs.js';
import { makeStore } from '../support/store-copies.js';

describeWith([CHROMIUM], 'the pages of mirrors', () => {
  const directory = mkdtempSync(join(tmpdir(), 'console-'));
  let served: TestConsole;
  beforeAll(async () => {
    served = await demoConsole();
  });

  const at = (path: string): string => `${served.url}${path}#token=${served.token}`;
  const RANGE = 't=2025-06-02T08:00~08:11';
  const pathOf = (page: Page): string => decodeURIComponent(new URL(page.url()).pathname);

  it('says which mirror loses, and opens with what to do about it', async () => {
    const { page, complaints } = await visit(at(`mirrors?${RANGE}`));
    const row = page.getByRole('row', { name: /10\.0\.0\.12 session 2/ });
    await row.filter({ hasText: '232 · 2.06 %' }).waitFor();
    await row.filter({ hasText: 'loses 2.06 % in bursts, on the way here' }).waitFor();
    expect(await row.getAttribute('aria-selected')).toBe('true');
    const account = page.getByRole('region', { name: 'Where its packets went' });
    expect(await account.textContent()).toMatch(
      /Sent by the switch.*11,258.*Received.*11,026.*Lost on the way.*232.*Dropped by this host.*0/,
    );
    const advice = page.getByRole('list', { name: 'What to do about it' });
    await advice.getByText('It loses in 8 of 11 minutes').waitFor();
    await advice.getByText('It is alone in this').waitFor();
    await advice.getByText('This host is not the cause').waitFor();
    await page.getByRole('img', { name: /^Packets received and lost/ }).waitFor();
    // The chart's twin has the same numbers.
    await page.keyboard.press('Shift+T');
    await page.getByRole('table', { name: 'Packets received and lost' }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('goes from mirror to mirror by keys, and back', async () => {
    const { page } = await visit(at(`mirrors?${RANGE}`));
    await page.getByRole('row', { name: /loses 2.06 %/ }).waitFor();
    await page.keyboard.press('j');
    await expect.poll(() => pathOf(page)).toBe('/mirrors/gretap,10.0.0.50,0,300');
    await page.getByRole('heading', { name: 'unnamed' }).waitFor();
    await page.getByText('10.0.0.50 → 10.0.0.100 · GRE + Ethernet key 300').waitFor();
    await page.keyboard.press('k');
    await expect.poll(() => pathOf(page)).toBe('/mirrors/erspan3,10.0.0.12,2,');
    await page.goBack();
    await expect.poll(() => pathOf(page)).toBe('/mirrors/gretap,10.0.0.50,0,300');
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).searchParams.get('m')).toBe('erspan3,10.0.0.12,2,');
    expect(pathOf(page)).toBe('/sessions');
    await page.close();
  });

  it('gives an unnamed mirror a name: lines to paste', async () => {
    const { page } = await visit(at(`mirrors/gretap,10.0.0.50,0,300?${RANGE}`));
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByLabel('Name', { exact: true }).fill('branch-gw');
    await page
      .getByRole('region', { name: 'Its name here' })
      .getByRole('button', { name: 'Copy: Its entry for the configuration' })
      .click();
    await page.getByText('Its entry for the configuration copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      'mirrors:\n  - { name: branch-gw, source: 10.0.0.50, key: 300 }\n',
    );
    await page.close();
  });

  it('says where a named one is configured', async () => {
    const named = {
      ...STATUS.mirrors[0],
      ...{ name: 'core-2', type: 'erspan3', source: '10.0.0.12', target: '10.0.0.100', session: 2 },
    };
    const control = await ControlServer.open(join(directory, 'control.sock'), {
      status: () => ({ ...STATUS, mirrors: [named] }),
    });
    const configuration = join(directory, 'mirrorlake.yaml');
    writeFileSync(configuration, '# Ours.\nmirrors:\n  - { name: core-2, session: 2 }\n');
    const beside = await startConsole(
      await demoStore(join(directory, 'beside')),
      {},
      { collector: () => Promise.resolve(control.path), configuration },
    );
    const { page, complaints } = await visit(
      `${beside.url}mirrors/erspan3,10.0.0.12,2,?${RANGE}#token=${beside.token}`,
    );
    const card = page.getByRole('region', { name: 'Its name here' });
    await card.getByText(`From ${configuration}, line 3.`).waitFor();
    await card.getByText('- { name: core-2').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
    await beside.close();
    await control.close();
  });

  it('says that there is no such mirror point', async () => {
    const { page, complaints } = await visit(at(`mirrors/erspan2,10.9.9.9,1,?${RANGE}`));
    await page.getByText('There is no mirror point erspan2,10.9.9.9,1,').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('adds a mirror in three clicks: commands for the device, as the inputs are', async () => {
    const { page, complaints } = await visit(at(`mirrors?${RANGE}`));
    await page.getByRole('link', { name: 'Add a mirror' }).click();
    // Sessions 1 and 2 are the demo's.
    await page.getByText('Next free one; 1, 2 are taken').waitFor();
    await page.getByRole('link', { name: /^Linux tc/ }).click();
    await page.getByLabel("The device's address").fill('192.0.2.77');
    await page.getByLabel('This collector').fill('192.0.2.10');
    const commands = page.getByRole('group', { name: 'Commands for the device' });
    const copy = page.getByRole('button', { name: 'Copy: Commands', exact: true });
    // With an example for the port, which is needed.
    await page.getByText('With examples for ports: give what is needed, then copy.').waitFor();
    expect(await copy.isDisabled()).toBe(true);
    await page.getByLabel('Ports').fill('ens5');
    await commands.filter({ hasText: 'tc qdisc replace dev ens5 clsact' }).waitFor();
    await page.getByRole('button', { name: 'Type III' }).click();
    await commands.filter({ hasText: 'erspan_ver 2' }).waitFor();
    expect(await copy.isDisabled()).toBe(false);
    await page.getByText('No collector runs').waitFor();
    const { searchParams } = new URL(page.url());
    expect(Object.fromEntries(searchParams)).toMatchObject({
      platform: 'tc',
      source: '192.0.2.77',
      session: '3',
      ports: 'ens5',
      type: 'III',
    });
    // The link opens as it was; another platform has other ports.
    await page.reload();
    await commands.filter({ hasText: 'tc qdisc replace dev ens5 clsact' }).waitFor();
    await page.getByRole('link', { name: /^Arista EOS/ }).click();
    await commands.filter({ hasText: 'monitor session mirror-3 source Ethernet1-24 rx' }).waitFor();
    expect(await page.getByLabel('Ports').inputValue()).toBe('');
    await page.goBack();
    await commands.filter({ hasText: 'tc qdisc replace dev ens5 clsact' }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('says beside an input what is wrong with it', async () => {
    const { page } = await visit(at('mirrors/add?source=10.0.0.13&ports=nonsense'));
    await page.getByRole('alert').filter({ hasText: '"nonsense" is no port of Cisco NX-OS' }).waitFor();
    expect(await page.getByLabel('Ports').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel("The device's address").fill('10.0.0.300');
    await page.getByRole('alert').filter({ hasText: 'is not an address' }).waitFor();
    await page.close();
  });

  it('has no tunnels in the demo, and says how one is made', async () => {
    const { page, complaints } = await visit(at(`tunnels?${RANGE}`));
    await page.getByText('No tunnel here, and none in this time').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('shows the clock that gave the times of a mirror, and all that it saw of its group', async () => {
    const clocked = await startConsole(await clockedStore(join(directory, 'clocked')));
    const { page, complaints } = await visit(
      `${clocked.url}mirrors/${CLOCKED}?t=2026-03-02T10:00~10:10#token=${clocked.token}`,
    );
    const facts = page.getByRole('region', { name: 'Its clock' });
    await facts.waitFor();
    expect(await facts.locator('dd').allTextContents()).toEqual([
      '10.0.0.12 1ns',
      'the time of day',
      '−37 s',
      '2.5 ppm slower than this host’s',
      '41 µs',
      '820 ns',
      '3',
      '1 time',
    ]);
    await page.getByRole('link', { name: 'Its sessions' }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get('f')).toBe('seen_by:leaf-b');
    await page
      .getByRole('row', { name: /10\.2\.0\.1/ })
      .nth(1)
      .waitFor();
    expect(complaints).toEqual([]);
    await page.close();
    await clocked.close();
  });

  it('waits over an empty store, with ways on and what the doctor finds', async () => {
    await makeStore(join(directory, 'empty'));
    const empty = await startConsole(join(directory, 'empty'));
    const { page, complaints } = await visit(empty.link);
    await page.getByRole('heading', { name: 'Nothing in this store yet' }).waitFor();
    await page.getByRole('list', { name: 'Findings' }).getByText('kernel', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Show the command' }).click();
    await page
      .getByRole('group', { name: 'Commands for the device' })
      .filter({ hasText: 'mirrorlake mirror --interface eth0' })
      .waitFor();
    expect(complaints).toEqual([]);
    await page.close();
    await empty.close();
  });
});
