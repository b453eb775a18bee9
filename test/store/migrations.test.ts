import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DEFAULT_LAYOUT,
  distributedTables,
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
beforeAll(async () => {
  server = await ClickHouseServer.start();
});
afterAll(() => server?.stop());

async function value(store: Store, sql: string): Promise<string> {
  return (await text(await store.query(sql))).trim();
}

describe.each(migrations().map((m) => m.version))('from version %i', (from) => {
  test('data is kept, and the tables become those of a new store', async () => {
    const database = `from${from}`;
    const store = openStore(`${server.url}/${database}`, { create: true });
    await server.sql(`CREATE DATABASE ${database}`);
    const run = async (sql: string) => void (await text(await store.change(sql)));
    await run(migrationsTable(DEFAULT_LAYOUT));
    for (const migration of migrations().filter((m) => m.version <= from)) {
      for (const statement of statements(migration, DEFAULT_LAYOUT)) await run(statement);
      await run(
        `INSERT INTO schema_migrations (version, name) VALUES (${migration.version}, '${migration.name}')`,
      );
    }
    // Sessions as numberedSegment() has them: this version's insert names columns that are not there yet.
    await run(
      'INSERT INTO sessions (first_seen, last_seen, client_packets, client_bytes) SELECT ' +
        'toDateTime64(1700000000 + number % 3600, 9) AS time, time, 1, 40 + (number * 7919) % 10007 ' +
        'FROM numbers(1000)',
    );
    // The other tables as that version had them, something in every column.
    const others = new Map<string, string>();
    for (const table of ['mirrors', 'tunnels', 'packets']) {
      const columns = await server.sql(
        `SELECT arrayStringConcat(groupArray(name), ', ') FROM system.columns WHERE database ` +
          `= '${database}' AND table = '${table}'`,
      );
      if (columns.trim() === '') continue;
      await run(
        `INSERT INTO ${table} SELECT * FROM generateRandom() LIMIT 20 SETTINGS ` +
          'max_partitions_per_insert_block = 0',
      );
      others.set(table, `SELECT count(), sum(cityHash64(${columns.trim()})) FROM ${table}`);
    }
    const sums = () => Promise.all([...others.values()].map((sql) => value(store, sql)));
    const before = await sums();
    expect((await store.migrate()).applied.map((m) => m.version)).toEqual(
      migrations()
        .map((m) => m.version)
        .filter((v) => v > from),
    );
    expect(await sums()).toEqual(before);
    expect(before.every((sum) => sum.startsWith('20\t'))).toBe(true);
    await store.insert('sessions', numberedSegment(1000, 2000), 'after', 1000);
    expect(await value(store, 'SELECT count(), sum(client_bytes) FROM sessions')).toBe(
      `2000\t${bytesUpTo(2000)}`,
    );

    const fresh = openStore(`${server.url}/fresh`, { create: true });
    await fresh.migrate();
    const tables = (of: string) =>
      server.sql(
        `SELECT name, replaceAll(create_table_query, '${of}.', '') FROM system.tables WHERE ` +
          `database = '${of}' ORDER BY name`,
      );
    expect(await tables(database)).toBe(await tables('fresh'));
    await store.close();
    await fresh.close();
  });
});

test('a migration that was interrupted is taken up again', async () => {
  await server.sql('CREATE DATABASE half');
  const store = openStore(`${server.url}/half`, { create: true });
  const [first] = migrations();
  for (const statement of statements(first, DEFAULT_LAYOUT)) await text(await store.change(statement));
  expect((await store.migrate()).applied).toHaveLength(migrations().length);
  await store.close();
});

describe('retention', () => {
  test('is set, changed, left alone and taken away; what is too old goes', async () => {
    const store = openStore(`${server.url}/retention`, { create: true });
    await store.migrate();
    const ttl = () =>
      value(
        store,
        "SELECT extract(create_table_query, 'TTL .*') FROM system.tables WHERE name = " +
          "'sessions' AND database = currentDatabase()",
      );
    expect(await ttl()).toBe('');
    // Of 2023: far too old.
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
    await store.close();
  });

  test('covers every table that grows', async () => {
    const store = openStore(`${server.url}/every`, { create: true });
    await store.migrate();
    await store.retain(3600, false);
    const without =
      "SELECT name FROM system.tables WHERE database = 'every' AND engine LIKE '%MergeTree' " +
      "AND create_table_query NOT LIKE '% TTL %'";
    expect(await value(store, without)).toBe('schema_migrations');
    const packets = new PacketSegment();
    addPacket(packets, new Uint8Array(16), 1_700_000_000, 0, new Uint8Array(60), 0, 60, 60);
    await store.insert('packets', packets.take(), 'p', 1);
    await store.close();
  });
});

describe('on a cluster', () => {
  const layout = { prefix: 'ml_', cluster: 'lake' };
  const all = [
    migrationsTable(layout),
    ...migrations().flatMap((m) => statements(m, layout)),
    ...distributedTables(layout),
  ];

  test('every statement is one ClickHouse understands', async () => {
    for (const statement of all) {
      const formatted = await server.sql(
        `SELECT formatQuery(${`'${statement.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`})`,
      );
      expect(formatted).toContain('ON CLUSTER lake');
    }
  });

  test(
    'every table of the nodes is replicated, and has a distributed one of the same columns ' + 'before it',
    () => {
      const local = all.filter((s) => /^CREATE TABLE/.test(s));
      for (const statement of local)
        expect(statement).toMatch(/ENGINE = Replicated\w*MergeTree\('\/clickhouse\/tables\/\{shard\}/);
      // And every view that people ask.
      const views = all.filter((s) => /^CREATE VIEW/.test(s));
      // A view that was made anew is created twice.
      const names = [...new Set([...local, ...views].map((s) => /ml_(\w+)_local/.exec(s)?.[1]))].sort();
      expect(
        distributedTables(layout)
          .map((s) => /TABLE ml_(\w+) ON CLUSTER lake AS ml_\1_local/.exec(s)?.[1])
          .sort(),
      ).toEqual(names);
    },
  );
});
