import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MADE_ANEW } from '../../src/store/anew.js';
import {
  DEFAULT_LAYOUT,
  distributedTables,
  migrationStatements,
  migrations,
  migrationsTable,
  statements,
} from '../../src/store/migrations.js';
import { openStore } from '../../src/store/open.js';
import { PacketSegment } from '../../src/store/segment/segments.js';
import type { Store } from '../../src/store/store.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { addPacket } from '../support/packet-rows.js';
import { bytesUpTo, numberedSegment } from '../support/sessions.js';

let server: ClickHouseServer;
/** The tables of a new store. */
let made: string;
beforeAll(async () => {
  server = await ClickHouseServer.start();
  const fresh = openStore(`${server.url}/fresh`, { create: true });
  await fresh.migrate();
  await fresh.close();
  made = await tablesOf('fresh');
});
afterAll(() => server?.stop());

/** The statements that make the tables of a database. */
function tablesOf(database: string): Promise<string> {
  return server.sql(
    `SELECT name, replaceAll(create_table_query, '${database}.', '') FROM system.tables WHERE ` +
      `database = '${database}' ORDER BY name`,
  );
}

async function value(store: Store, sql: string): Promise<string> {
  return (await text(await store.query(sql))).trim();
}

describe.each(migrations().map((m) => m.version))('a migration from version %i', (from) => {
  test('keeps the data, and makes the tables of a new store', async () => {
    const database = `from${from}`;
    const store = openStore(`${server.url}/${database}`, { create: true });
    await server.sql(`CREATE DATABASE ${database}`);
    const run = (sql: string) => server.sql(sql, database);
    await run(migrationsTable(DEFAULT_LAYOUT));
    const had = migrations().filter((m) => m.version <= from);
    for (const statement of migrationStatements(had, DEFAULT_LAYOUT)) await run(statement);
    const versions = had.map((m) => `(${m.version}, '${m.name}')`);
    await run(`INSERT INTO schema_migrations (version, name) VALUES ${versions.join(', ')}`);
    // The sessions of numberedSegment(): an insert of this version would name columns that do not exist yet.
    await run(
      'INSERT INTO sessions (first_seen, last_seen, client_packets, client_bytes) SELECT ' +
        'toDateTime64(1700000000 + number % 3600, 9) AS time, time, 1, 40 + (number * 7919) % 10007 ' +
        'FROM numbers(1000)',
    );
    // The other tables of that version, with values in every column.
    const others: string[] = [];
    for (const table of ['mirrors', 'tunnels', 'packets', 'transactions', 'certificates']) {
      const columns = await server.sql(
        `SELECT arrayStringConcat(groupArray(name), ', ') FROM system.columns WHERE database ` +
          `= '${database}' AND table = '${table}'`,
      );
      if (columns.trim() === '') continue;
      await run(
        `INSERT INTO ${table} SELECT * FROM generateRandom() LIMIT 2 SETTINGS ` +
          'max_partitions_per_insert_block = 0',
      );
      others.push(`SELECT '${table}', count(), sum(cityHash64(${columns.trim()})) FROM ${table}`);
    }
    const sums = () =>
      others.length === 0 ? '' : run(`SELECT * FROM (${others.join(' UNION ALL ')}) ORDER BY ALL`);
    const before = await sums();
    expect(before.match(/^\w+\t2\t/gm) ?? []).toHaveLength(others.length);
    expect(await store.migrate()).toMatchObject({
      applied: migrations().filter((m) => m.version > from),
      made: [],
    });
    expect(await sums()).toEqual(before);
    await store.insert('sessions', numberedSegment(1000, 2000), 'after', 1000);
    expect(await run('SELECT count(), sum(client_bytes) FROM sessions')).toBe(`2000\t${bytesUpTo(2000)}\n`);
    expect(await tablesOf(database)).toBe(made);
    await store.close();
  });
});

test('an interrupted migration is continued', async () => {
  await server.sql('CREATE DATABASE half');
  const store = openStore(`${server.url}/half`, { create: true });
  const [first] = migrations();
  for (const statement of statements(first, DEFAULT_LAYOUT)) await text(await store.change(statement));
  expect((await store.migrate()).applied).toHaveLength(migrations().length);
  await store.close();
});

describe('retention', () => {
  let store: Store;
  beforeAll(async () => {
    store = openStore(`${server.url}/retention`, { create: true });
    await store.migrate();
  });
  afterAll(() => store?.close());

  test('can be set, changed, kept and ended, and removes old rows', async () => {
    const ttl = () =>
      value(
        store,
        "SELECT extract(create_table_query, 'TTL .*') FROM system.tables WHERE name = " +
          "'sessions' AND database = currentDatabase()",
      );
    expect(await ttl()).toBe('');
    // These sessions are of 2023, and so too old.
    await store.insert('sessions', numberedSegment(0, 1000), 'a', 1000);
    await store.retain(30 * 86_400, true);
    expect(await ttl()).toContain('toIntervalSecond(2592000)');
    await store.retain(86_400, true);
    expect(await ttl()).toContain('toIntervalSecond(2592000)');
    await store.retain(86_400, false);
    expect(await ttl()).toContain('toIntervalSecond(86400)');
    await text(await store.change('OPTIMIZE TABLE sessions FINAL'));
    expect(await value(store, 'SELECT count() FROM sessions')).toBe('0');
    await store.retain(undefined, false);
    expect(await ttl()).toBe('');
  });

  test('covers every table that grows', async () => {
    await store.retain(3600, false);
    const without =
      "SELECT name FROM system.tables WHERE database = 'retention' AND engine LIKE '%MergeTree' " +
      "AND create_table_query NOT LIKE '% TTL %'";
    expect((await value(store, without)).split('\n').sort()).toEqual(['network_loads', 'schema_migrations']);
    const packets = new PacketSegment();
    addPacket(packets, new Uint8Array(16), 1_700_000_000, 0, new Uint8Array(60), 0, 60, 60);
    await store.insert('packets', packets.take(), 'p', 1);
  });
});

describe('on a cluster', () => {
  const layout = { prefix: 'ml_', cluster: 'lake' };
  const all = [migrationsTable(layout), ...migrationStatements(migrations(), layout)];

  test('every statement has a syntax that ClickHouse accepts', async () => {
    const formers = new Map(MADE_ANEW.map((table) => [table, { partitions: ['202501'], age: 3600 }]));
    const upgraded = migrationStatements(migrations().slice(-1), layout, formers);
    const asked = [...all, ...upgraded.filter((s) => !/^(INSERT|SELECT)/.test(s))];
    const quoted = asked.map((s) => `'${s.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`);
    const formatted = await server.sql(`SELECT formatQuerySingleLine(arrayJoin([${quoted.join(',')}]))`);
    const lines = formatted.trim().split('\n');
    expect(lines).toHaveLength(asked.length);
    for (const line of lines) expect(line).toContain('ON CLUSTER lake');
  });

  test('every table of the nodes is replicated, and has a distributed table with the same columns', () => {
    const local = all.filter((s) => /^CREATE TABLE/.test(s));
    for (const statement of local)
      expect(statement).toMatch(/ENGINE = Replicated\w*MergeTree\('\/clickhouse\/tables\/\{shard\}/);
    // Views have a distributed table too.
    const views = all.filter((s) => /^CREATE VIEW IF NOT EXISTS \w+_local/.test(s));
    // A view that a later migration makes anew is created twice.
    const names = [...new Set([...local, ...views].map((s) => /ml_(\w+)_local/.exec(s)?.[1]))].sort();
    expect(
      distributedTables(layout)
        .map((s) => /TABLE ml_(\w+) ON CLUSTER lake AS ml_\1_local/.exec(s)?.[1])
        .sort(),
    ).toEqual(names);
  });

  test('views of what people ask are made last, and read the distributed tables', () => {
    const last = all.slice(all.findLastIndex((s) => s.startsWith('CREATE OR REPLACE TABLE')) + 1);
    const made = last.filter((s) => !s.startsWith('DROP VIEW IF EXISTS ml_'));
    expect(made.map((s) => /^CREATE VIEW IF NOT EXISTS (\w+) ON CLUSTER lake/.exec(s)?.[1])).toEqual([
      'ml_tls',
      'ml_dns',
      'ml_http',
      'ml_networks',
      'ml_address_names',
      'ml_policy_violations',
    ]);
    for (const statement of made)
      expect(statement).toMatch(/FROM ml_(sessions|transactions|names|network_loads)\b/);
  });
});
