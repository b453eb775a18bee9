/** The console holds a store no longer than until somebody else wants it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { Asker } from '../../src/console/asker.js';
import { openStore } from '../../src/store/open.js';
import { demoStore } from '../support/demo-store.js';

const FORMAT = { format: 'TabSeparated' };
let asker: Asker;
afterEach(() => asker.close());

async function made(): Promise<string> {
  const store = await demoStore(join(mkdtempSync(join(tmpdir(), 'asker-')), 'store'));
  asker = new Asker(() => Promise.resolve({ location: store, collector: undefined }));
  return store;
}

it('leaves the store to another process, and opens it again after that', async () => {
  const path = await made();
  expect(asker.held).toBeUndefined();
  expect(await text(await asker.ask('SELECT 1', FORMAT))).toBe('1\n');
  const { held } = asker;
  expect(held).toBeDefined();
  expect(await text(await asker.ask('SELECT 1', FORMAT))).toBe('1\n');
  expect(asker.held).toBe(held);
  const other = openStore(path, { create: false });
  expect(await text(await other.query('SELECT count() FROM sessions', FORMAT))).toBe('1710\n');
  expect(asker.held).toBeUndefined();
  const again = asker.ask('SELECT 2', FORMAT);
  await other.close();
  expect(await text(await again)).toBe('2\n');
  expect(asker.held).not.toBe(held);
});

it('ends a question for another process that wants the store', async () => {
  const path = await made();
  const endless = 'SELECT number FROM numbers(9000000000) WHERE cityHash64(toString(number)) % 1000 = 0';
  const answer = await asker.ask(endless, FORMAT);
  const ended = text(answer).then(
    () => 'answered',
    (error: Error) => error.message,
  );
  const other = openStore(path, { create: false });
  expect(await text(await other.query('SELECT 1', FORMAT))).toBe('1\n');
  expect(await ended).toBe('another process wanted the store: ask again');
  await other.close();
});
