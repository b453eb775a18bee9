import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EmbeddedStore } from '../../src/store/embedded/store.js';
import {
  StoreError,
  StoreHeld,
  StoreLocationError,
  StoreRefused,
  StoreUnavailable,
} from '../../src/store/errors.js';
import { openStore } from '../../src/store/open.js';
import { ClickHouseServer, freePort } from '../support/clickhouse-server.js';
import { copyStore, makeStore } from '../support/store-copies.js';

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-failures-'));
/** A store that the tests copy. */
const made = join(directory, 'made');
let server: ClickHouseServer;
beforeAll(async () => {
  server = await ClickHouseServer.start();
  await makeStore(made);
});
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function failure(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(StoreError);
  expect((error as Error).message).not.toContain('\n');
  return error as Error;
}

/** The files below a directory with their contents. */
function contents(path: string): Map<string, string> {
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return new Map(
    files
      .filter((file) => statSync(join(path, file)).isFile())
      .map((file) => [file, readFileSync(join(path, file)).toString('latin1')]),
  );
}

test('an impossible location is a usage error', () => {
  for (const location of ['', 'ftp://host/x', 'clickhouse://host', 'http://', 'http://h/a;b'])
    expect(() => openStore(location, { create: true }), location).toThrow(StoreLocationError);
  const file = join(directory, 'file');
  writeFileSync(file, '');
  expect(() => openStore(file, { create: true })).toThrow(/is not a directory/);
});

test('a store is refused where its directory cannot be made', async () => {
  expect(() => openStore('/proc/no/such/store', { create: true })).toThrow(
    /^the store \/proc\/no\/such\/store cannot be written \(ENOENT.*\): name another with --store$/,
  );
  await openStore(join(directory, 'deep', 'er'), { create: true }).close();
  expect(readdirSync(join(directory, 'deep', 'er'))).toEqual(['answers', 'clickhouse', 'incoming']);
});

test('a question does not make a store that does not exist', () => {
  const path = join(directory, 'nothing');
  expect(() => openStore(path, { create: false })).toThrow(`there is no store in ${path}`);
  expect(readdirSync(directory)).not.toContain('nothing');
});

test('a store that another process has open is refused', async () => {
  const path = copyStore(made, join(directory, 'held'));
  const first = openStore(path, { create: true });
  await first.migrate();
  const second = openStore(path, { create: true });
  const error = await failure(second.migrate());
  expect(error).toBeInstanceOf(StoreHeld);
  expect(error.message).toContain(`the store ${path} is open in another process`);
  await second.close();
  expect(await text(await first.query('SELECT 1'))).toBe('1\n');
  await first.close();
});

test('a question that waits for a store is answered, whatever the one that has it clears away', async () => {
  const path = copyStore(made, join(directory, 'waits'));
  const first = openStore(path, { create: true });
  await first.migrate();
  const second = openStore(path, { create: false });
  const asked = second.query('SELECT 1');
  await expect.poll(() => existsSync(join(path, 'wanted'))).toBe(true);
  // As whoever opens the store does with what others have left.
  for (const name of readdirSync(join(path, 'answers'))) rmSync(join(path, 'answers', name));
  await first.close();
  expect(await text(await asked)).toBe('1\n');
  await second.close();
});

test('if the engine dies, its calls fail, and the next call starts another engine', async () => {
  const store = new EmbeddedStore(copyStore(made, join(directory, 'dies')), { create: true });
  const asked = failure(store.query('SELECT sleep(3)'));
  const running =
    "SELECT count() FROM system.processes WHERE query LIKE '%sleep(3)%' AND query NOT LIKE '%processes%'";
  await expect.poll(async () => text(await store.query(running))).toBe('1\n');
  process.kill(store.pid as number, 'SIGKILL');
  const error = await asked;
  expect(error).toBeInstanceOf(StoreUnavailable);
  expect(error.message).toMatch(/the process holding the store .*dies ended \(SIGKILL/);
  expect(await text(await store.query('SELECT count() FROM schema_migrations WHERE version = 1'))).toBe(
    '1\n',
  );
  await store.close();
});

test('a damaged directory is reported and not changed', async () => {
  const path = copyStore(made, join(directory, 'damaged'));
  const definition = readdirSync(path, { recursive: true, encoding: 'utf8' }).find((f) =>
    f.endsWith('/sessions.sql'),
  );
  writeFileSync(join(path, definition as string), 'ATTACH TABLE nonsense');
  const before = contents(join(path, 'clickhouse', 'store'));
  const again = openStore(path, { create: true });
  const error = await failure(again.migrate());
  expect(error.message).toContain(`the store ${path} cannot be opened`);
  expect(error.message).toContain('damaged');
  await again.close();
  expect(contents(join(path, 'clickhouse', 'store'))).toEqual(before);
});

test('tables of a newer version are not changed', async () => {
  const store = openStore(copyStore(made, join(directory, 'newer')), { create: true });
  await store.change("INSERT INTO schema_migrations (version, name) VALUES (9999, 'tomorrow')");
  const error = await failure(store.migrate());
  expect(error).toBeInstanceOf(StoreRefused);
  expect(error.message).toContain('version 9999, made by a newer mirrorlake');
  await store.close();
});

test('a server that cannot be reached is unavailable', async () => {
  const store = openStore(`http://127.0.0.1:${await freePort()}/mirrorlake`, { create: true });
  const error = await failure(store.migrate());
  expect(error).toBeInstanceOf(StoreUnavailable);
  expect(error.message).toMatch(/^http:\/\/127.0.0.1:\d+\/mirrorlake cannot be reached: connection refused/);
  await store.close();
});

test('a message about a refused user does not have the password', async () => {
  const store = openStore(`http://nobody:s3cret@127.0.0.1:${server.httpPort}/mirrorlake`, { create: true });
  const error = await failure(store.migrate());
  expect(error).toBeInstanceOf(StoreRefused);
  expect(error.message).toContain('refuses the user or password');
  expect(error.message).not.toContain('s3cret');
  expect(store.name).not.toContain('s3cret');
  await store.close();
});

test('a server that is not ClickHouse is unavailable', async () => {
  const store = openStore(`http://127.0.0.1:${server.tcpPort}`, { create: true });
  const error = await failure(store.migrate());
  expect(error).toBeInstanceOf(StoreUnavailable);
  await store.close();
});
