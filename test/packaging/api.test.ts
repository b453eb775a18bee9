import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { API_PAGE, apiPage } from '../../packaging/api-page.js';
import { ROUTES, type Route } from '../../src/console/contract.js';

it('the API is documented by a page made from its contract', () => {
  expect(readFileSync(API_PAGE, 'utf8')).toBe(apiPage());
});

it('every route has a path, a method, words, and a right unless it signs in', () => {
  const routes = Object.entries(ROUTES as Record<string, Route>);
  const open = routes.filter(([, { needs }]) => needs === undefined).map(([name]) => name);
  expect(open).toEqual(['login']);
  const addresses = routes.map(([, { method, path }]) => `${method} ${path}`);
  expect(new Set(addresses).size).toBe(addresses.length);
  for (const [name, { doc }] of routes) expect(doc, name).toMatch(/\.$/);
});
