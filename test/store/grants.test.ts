/**
 * Runs the statements of docs/how-to that make users, back up and restore. As a library, the engine keeps
 * users in a file, so this test writes the grants of the statements to that file.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { QUESTION_DEFAULTS } from '../../src/model/question-limits.js';
import {
  DEFAULT_LAYOUT,
  migrationStatements,
  migrations,
  migrationsTable,
} from '../../src/store/migrations.js';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/store/store.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { runLine } from '../support/command-lines.js';

const DOCS = join(import.meta.dirname, '../../docs/how-to');
const CAPTURE = join(import.meta.dirname, '../fixtures/erspan2.pcap');
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-grants-'));

/** The statements of the only SQL block of a page that contains `word`. */
function statements(page: string, word: string): string[] {
  const blocks = readFileSync(join(DOCS, page), 'utf8').matchAll(/^ *```sql\n([\s\S]*?)^ *```/gm);
  const [block, ...others] = [...blocks].map((m) => m[1]).filter((sql) => sql.includes(word));
  expect(others).toEqual([]);
  return block
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

const [database, ...access] = statements('secure-it.md', 'CREATE USER');

/** The entries of users.xml for a user and its profile, made from the statements. */
function user(name: string): { profile: string; user: string } {
  const created = access.find((s) => s.startsWith(`CREATE USER ${name} IDENTIFIED BY '`))!;
  const settings = [...created.matchAll(/(\w+) = (\d+)(?: MAX (\d+))?(?=,|$)/g)];
  const values = settings.map(([, setting, value]) => `<${setting}>${value}</${setting}>`);
  const most = settings
    .filter(([, , , max]) => max !== undefined)
    .map(([, setting, , max]) => `<${setting}><max>${max}</max></${setting}>`);
  const grants = access
    .filter((s) => s.startsWith('GRANT') && s.endsWith(` TO ${name}`))
    .map((s) => `<query>${s.slice(0, -` TO ${name}`.length)}</query>`);
  return {
    profile: `<${name}>${values.join('')}<constraints>${most.join('')}</constraints></${name}>`,
    user: `<${name}><password>secret</password><networks><ip>::/0</ip></networks><profile>${name}</profile>
      <quota>default</quota><grants>${grants.join('')}</grants></${name}>`,
  };
}

let server: ClickHouseServer;
beforeAll(async () => {
  const users = join(directory, 'users.xml');
  const [collector, reader] = ['collector', 'reader'].map(user);
  writeFileSync(
    users,
    `<clickhouse>
      <profiles><default/>${collector.profile}${reader.profile}</profiles>
      <quotas><default/></quotas>
      <users><default><password/><networks><ip>::/0</ip></networks></default>${collector.user}${reader.user}</users>
    </clickhouse>`,
  );
  mkdirSync(join(directory, 'backups'));
  server = await ClickHouseServer.start({
    config: `<users_config>${users}</users_config><backups><allowed_disk>backups</allowed_disk></backups>
      <storage_configuration><disks><backups><type>local</type><path>${directory}/backups/</path></backups></disks></storage_configuration>`,
  });
  await server.sql(database);
  // The tables of an earlier version, which the collector's user makes anew.
  const had = migrations().filter((m) => m.version < 20);
  for (const statement of [
    migrationsTable(DEFAULT_LAYOUT),
    ...migrationStatements(had, DEFAULT_LAYOUT),
    `INSERT INTO schema_migrations (version, name) VALUES ${had.map((m) => `(${m.version}, '${m.name}')`)}`,
  ])
    await server.sql(statement, 'mirrorlake');
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

const storeOf = (name: string): string => `http://${name}:secret@127.0.0.1:${server.httpPort}/mirrorlake`;

/** Runs a command on the server as a user; it may fail. @returns its output */
async function as(name: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await runLine([...args, '--store', storeOf(name)]);
  return stdout + stderr;
}

/** Works with the store as a user, in this process. @returns the answer, or the error's message */
async function inStore(name: string, work: (store: Store) => Promise<Readable>): Promise<string> {
  const store = openStore(storeOf(name), { create: false });
  try {
    return await work(store).then(text, (error: Error) => error.message);
  } finally {
    await store.close();
  }
}

it('the collector has the grants that it needs, and the reader may only read', async () => {
  const applied = await as('collector', 'schema', 'apply', '--retention', 'none');
  expect(applied).not.toContain('mirrorlake:');
  expect(applied).toContain('applied 0020');
  expect(await as('collector', 'read', CAPTURE)).not.toContain('mirrorlake:');
  const networks = join(directory, 'networks.csv');
  writeFileSync(networks, 'prefix,name\n0.0.0.0/0,all of IPv4\n');
  // The third removes the first.
  for (let i = 0; i < 3; i++)
    expect(await as('collector', 'networks', 'load', networks)).toMatch(/^1 network of .* loaded into .*\n$/);
  expect(await as('collector', 'networks', 'apply', '--since', '2000-01-01')).toContain(
    'rows say what is known now\n',
  );
  expect(await as('collector', 'schema', 'apply', '--retention', '36500d')).toContain('give 1h to 7320d');
  const longest = 7320 * 86_400;
  const retaining = openStore(storeOf('collector'), { create: false });
  await retaining.retain(longest, false);
  expect(await retaining.retention()).toBe(longest);
  await retaining.close();
  const rows = await as('reader', 'query', 'SELECT count() FROM sessions');
  expect(rows).toMatch(/^[1-9]\d*\n$/);
  const sizes = statements('size-the-box.md', 'system.parts')[0];
  expect(await inStore('reader', (store) => store.query(sizes))).toMatch(/^sessions\t[1-9]/m);
  for (const who of ['reader', 'collector'])
    expect(await inStore(who, (store) => store.query('DROP TABLE sessions'))).toContain(
      'DROP TABLE does more than read',
    );
  expect(await as('reader', 'query', '--write', 'TRUNCATE TABLE sessions')).toContain(
    'Not enough privileges',
  );
  expect(await inStore('collector', (store) => store.change('DROP TABLE sessions'))).toContain(
    'Not enough privileges',
  );
  const one = (seconds: number) =>
    inStore('reader', (store) => store.query('SELECT 1', { limits: { ...QUESTION_DEFAULTS, seconds } }));
  expect(await one(600)).toBe('1\n');
  expect(await one(660)).toContain("max_execution_time shouldn't be greater");

  const [backup, restore] = statements('appliance.md', 'BACKUP');
  await server.sql(backup);
  await server.sql('DROP DATABASE mirrorlake SYNC');
  await server.sql(restore);
  expect(await inStore('reader', (store) => store.query('SELECT count() FROM sessions'))).toBe(rows);
});
