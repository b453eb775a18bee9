/** Saved views: their file, who may change them, the page; and the palette, which lists them. */
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/console/contract.js';
import { MOST_VIEWS, Views } from '../../src/console/views.js';
import { CHROMIUM, openPage, startBrowser } from '../support/browser.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoStore } from '../support/demo-store.js';
import { describeWith } from '../support/needs.js';

function state(): string {
  return join(mkdtempSync(join(tmpdir(), 'console-')), 'state');
}

describe('saved views', () => {
  it('are one file for user and group, replaced as a whole, sorted', () => {
    const directory = state();
    const views = new Views(directory);
    expect(views.list()).toEqual([]);
    views.save({ name: 'b', path: '/map', who: 'ann' });
    views.save({ name: 'a', path: '/sql', who: 'ann' });
    views.save({ name: 'b', path: '/map?by=failed', who: 'ann' });
    expect(new Views(directory).list().map(({ name, path }) => [name, path])).toEqual([
      ['a', '/sql'],
      ['b', '/map?by=failed'],
    ]);
    expect(readdirSync(directory)).toEqual(['views.json']);
    expect(statSync(join(directory, 'views.json')).mode & 0o777).toBe(0o640);
  });

  it('are changed by whoever made them', () => {
    const views = new Views(state());
    views.save({ name: 'hers', path: '/map', who: 'ann' });
    expect(() => views.save({ name: 'hers', path: '/sql', who: 'bob' })).toThrow("the view hers is ann's");
    expect(() => views.remove('hers', 'bob')).toThrow("the view hers is ann's");
    expect(() => views.remove('none', 'bob')).toThrow('there is no view none');
    views.remove('hers', 'ann');
    expect(views.list()).toEqual([]);
  });

  it('have a bound, and a damaged file is left as it is', () => {
    const directory = state();
    const views = new Views(directory);
    for (let i = 0; i < MOST_VIEWS; i++) views.save({ name: `${i}`, path: '/map', who: 'ann' });
    expect(() => views.save({ name: 'more', path: '/map', who: 'ann' })).toThrow(`${MOST_VIEWS} views`);
    views.save({ name: '7', path: '/sql', who: 'ann' });
    writeFileSync(join(directory, 'views.json'), '{');
    expect(() => views.save({ name: '7', path: '/sql', who: 'ann' })).toThrow('is no file of views');
    expect(readFileSync(join(directory, 'views.json'), 'utf8')).toBe('{');
  });
});

describe('their routes', () => {
  let served: TestConsole;
  beforeAll(async () => {
    served = await startConsole(demoStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store')));
  });
  afterAll(() => served.close());
  const put = (name: string, path: string): Promise<Response> =>
    served.get(`/views/${encodeURIComponent(name)}`, {
      method: 'PUT',
      body: JSON.stringify({ path }),
      headers: { 'content-type': 'application/json' },
    });

  it('save, list, show and remove', async () => {
    const saved = await put('Web / failing, 50 %', '/sessions?f=tcp_state:REJ');
    expect(await saved.json()).toEqual({
      name: 'Web / failing, 50 %',
      path: '/sessions?f=tcp_state:REJ',
      who: 'token',
    });
    const name = encodeURIComponent('Web / failing, 50 %');
    expect((await served.json<Answer<'views'>>('/views')).views).toHaveLength(1);
    expect((await served.json<Answer<'view'>>(`/views/${name}`)).path).toBe('/sessions?f=tcp_state:REJ');
    expect((await served.get(`/views/${name}`, { method: 'DELETE' })).status).toBe(200);
    expect((await served.get(`/views/${name}`)).status).toBe(404);
  });

  it('take paths of the console only', async () => {
    for (const path of ['//elsewhere', 'https://elsewhere', 'javascript:0', `/${'x'.repeat(5000)}`, '/a b'])
      expect((await put('bad', path)).status, path).toBe(400);
    expect((await put('x'.repeat(81), '/map')).status).toBe(400);
  });
});

describeWith([CHROMIUM], 'the page', () => {
  let served: TestConsole;
  let browser: Browser;
  beforeAll(async () => {
    served = await startConsole(demoStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store')));
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await served.close();
  });

  it('saves what is seen, and opens it again from the menu and the palette, without a mouse', async () => {
    const { context, page, complaints } = await openPage(
      browser,
      `${served.url}map?by=failed&t=2025-06-02T08:00~08:10#token=${served.token}`,
    );
    await page.getByRole('button', { name: /^10\.30\.0\.10: / }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'What to do' }).fill('save');
    await page.keyboard.press('Enter');
    await page.getByLabel('Name', { exact: true }).fill('What fails');
    await page.keyboard.press('Enter');
    await page.getByText('View What fails saved').waitFor();
    await page.getByRole('dialog', { name: 'Save this view' }).waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.getByRole('heading', { name: 'Compare' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'What to do' }).fill('fails');
    await page.getByRole('option', { name: /What fails/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^10\.30\.0\.10: / }).waitFor();
    expect(page.url()).toBe(`${served.url}map?by=failed&t=2025-06-02T08:00~08:10`);
    await page.goto(`${served.url}compare`);
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('menuitem', { name: /What fails/ }).click();
    await page.getByRole('button', { name: /^10\.30\.0\.10: / }).waitFor();
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('menuitem', { name: 'Save this view…' }).click();
    await page.getByRole('button', { name: 'Remove What fails' }).click();
    await page.getByText('View What fails removed').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('finds pages, times, and what is written', async () => {
    const { context, page, complaints } = await openPage(browser, served.link);
    await page.getByRole('region', { name: 'Traffic' }).waitFor();
    const ask = async (text: string): Promise<void> => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'What to do' }).fill(text);
    };
    await ask('10.20.0.28');
    await page.getByRole('option', { name: 'Host page of 10.20.0.28' }).waitFor();
    await page.getByRole('option', { name: 'Show it on the map' }).click();
    await page.getByRole('complementary', { name: 'Selected: 10.20.0.28' }).waitFor();
    await ask('24 hours');
    await page.getByRole('option', { name: 'Last 24 hours' }).waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).searchParams.get('t')).toBe('-1d');
    await ask('light or');
    await page.getByRole('option', { name: /Light or dark/ }).waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('html').getAttribute('class')).toContain('dark');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Everything that can be done' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Everything that can be done' }).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await context.close();
  });
});
