/** What the overview asks as it is opened is asked, and kept, before anybody opens it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { Asker, type Place } from '../../src/console/asker.js';
import {
  addressesIn,
  asked,
  FIRST_PICKED,
  NAMED_AT_ONCE,
  openedRange,
} from '../../src/console/contract/opened.js';
import { type Answer, ROUTES } from '../../src/console/contract.js';
import type { Services } from '../../src/console/handler.js';
import { askOpened } from '../../src/console/opened.js';
import { Questions } from '../../src/console/questions.js';
import { StoreFacts } from '../../src/console/store-facts.js';
import { openStore } from '../../src/store/open.js';
import { startConsole } from '../support/console.js';
import { demoStore } from '../support/demo-store.js';

const newStore = (): Promise<string> => demoStore(join(mkdtempSync(join(tmpdir(), 'opened-')), 'store'));
const at = (location: string, collector?: string): Place => ({ location, collector });
const never = (): AbortSignal => new AbortController().signal;

/** What a place is asked. */
function counted(place: Place): { readonly asker: Asker; readonly services: Services; statements: string[] } {
  const statements: string[] = [];
  class Counting extends Asker {
    override ask(...[sql, options]: Parameters<Asker['ask']>): ReturnType<Asker['ask']> {
      statements.push(sql);
      return super.ask(sql, options);
    }
  }
  const asker = new Counting(() => Promise.resolve(place));
  const questions = new Questions(asker);
  const beside = { status: () => Promise.resolve(undefined) };
  const addressNames = { refresh: () => undefined, find: () => undefined };
  const rest = { asker, beside, addressNames, links: [], version: '', capture: '' };
  const services = { questions, facts: new StoreFacts(questions, ''), ...rest } as unknown as Services;
  return { asker, services, statements };
}

it('asks what every card asks, once', async () => {
  const place = at(await newStore());
  const { asker, services, statements } = counted(place);
  await askOpened(services, place, never());
  expect(statements.length).toBeGreaterThan(15);
  const first = statements.length;
  await askOpened(services, place, never());
  expect(statements.length).toBe(first);
  await asker.close();
});

it('asks the statements that the page then shows', async () => {
  const place = at(await newStore());
  const { asker, services, statements } = counted(place);
  await askOpened(services, place, never());
  await asker.close();
  const served = await startConsole(place.location);
  const { first_seen, last_seen } = await served.json<Answer<'about'>>('/about');
  const { begin, end } = openedRange(first_seen, last_seen, Date.now())!;
  const [from, to] = [begin, end].map((ms) => new Date(ms).toISOString());
  const shown: string[] = [];
  for (const [name, query] of asked({ from, to }, FIRST_PICKED)) {
    const search = new URLSearchParams(
      Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    const answer = await served.get(`${ROUTES[name].path}?${search}`);
    JSON.parse(await answer.text(), (key, value: unknown) => {
      if (key === 'statement') shown.push(value as string);
      return value;
    });
  }
  expect(shown.length).toBeGreaterThan(9);
  expect(shown.filter((sql) => !statements.some((one) => one.startsWith(sql)))).toEqual([]);
  await served.close();
});

it('asks only for the times of a store that grows, nothing of a collector or a server', async () => {
  const path = await newStore();
  const store = openStore(path, { create: false });
  await text(
    await store.change(
      'INSERT INTO sessions SELECT * REPLACE (now64(9) AS first_seen, now64(9) AS last_seen) ' +
        'FROM sessions LIMIT 1',
    ),
  );
  await store.close();
  const running = counted(at(path));
  await askOpened(running.services, at(path), never());
  expect(running.statements).toHaveLength(1);
  await running.asker.close();
  for (const place of [at(path, '/run/none.sock'), at('http://127.0.0.1:1')]) {
    const other = counted(place);
    await askOpened(other.services, place, never());
    expect(other.statements).toEqual([]);
  }
});

it('finds the addresses of answers, and nothing that only looks like one', () => {
  const answers = [
    {
      rows: [
        { client: '10.1.2.3', port: 443 },
        { client: 'fe80::1', mac: '02:00:00:00:00:01' },
      ],
    },
    ['08:00:00', '1.2.3', 'WHERE a = 10.1.2.3', '10.1.2.3', '2001:db8:0:0:1:0:0:1', '::', null, true],
    undefined,
  ];
  expect(addressesIn(answers)).toEqual(['10.1.2.3', 'fe80::1', '2001:db8:0:0:1:0:0:1', '::']);
  const many = Array.from({ length: 300 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  expect(addressesIn(many)).toEqual(many.slice(0, NAMED_AT_ONCE));
});
