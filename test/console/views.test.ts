/** Saved views: their file, and who may change them. */
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/console/contract.js';
import { MOST_VIEWS, Views } from '../../src/console/views.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoStore } from '../support/demo-store.js';

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
    served = await startConsole(await demoStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store')));
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
