/** Tables that are made anew keep what they have, whatever happens meanwhile. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { MirrorRecord } from '../../src/model/mirror-record.js';
import { MADE_ANEW } from '../../src/store/anew.js';
import {
  DEFAULT_LAYOUT,
  migrationStatements,
  migrations,
  migrationsTable,
} from '../../src/store/migrations.js';
import { openStore } from '../../src/store/open.js';
import { MirrorSegment } from '../../src/store/segment/segments.js';
import type { Store } from '../../src/store/store.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { bytesUpTo, numberedSegment } from '../support/sessions.js';

const had = migrations().filter((m) => m.version < 20);
const rest = migrations().filter((m) => m.version >= 20);

const ROLLUPS = MADE_ANEW.filter((table) => table !== 'mirrors');

/** What makes a store of version 19, with rows of three days in two months, of which one has no rows. */
const VERSION_19 = [
  migrationsTable(DEFAULT_LAYOUT),
  ...migrationStatements(had, DEFAULT_LAYOUT),
  `INSERT INTO schema_migrations (version, name) VALUES ${had.map((m) => `(${m.version}, '${m.name}')`)}`,
  `INSERT INTO sessions (session_id, first_seen, last_seen, mirror_type, mirror_session, client_bytes)
     SELECT generateUUIDv4(), toDateTime64('2025-01-31 20:00:00', 9, 'UTC') + number * 100 AS time, time,
       'erspan2', number % 1024, number FROM numbers(2000) SETTINGS max_partitions_per_insert_block = 0`,
  `INSERT INTO mirrors (minute, mirror_type, mirror_session, packets, collector)
     SELECT toDateTime('2025-01-31 23:00:00', 'UTC') + number * 60, 'erspan2', number % 1024, number, 'here'
     FROM numbers(2000)`,
];
/** The sums of what is made anew. */
const SUMS = `SELECT (SELECT (count(), sum(packets), sum(cityHash64(toString(tuple(*))))) FROM
  (SELECT * REPLACE (toUInt32(mirror_session) AS mirror_session) FROM mirrors)),
  ${ROLLUPS.map(
    (table) => `(SELECT (sum(sessions), sum(client_bytes), sum(mirror_session * sessions)) FROM ${table})`,
  ).join(', ')}`;
const SESSIONS = Array.from({ length: 2000 }, (_, i) => i);
const OF_ROLLUPS = `(2000,${SESSIONS.reduce((a, b) => a + b)},${SESSIONS.reduce((a, b) => a + (b % 1024))})`;

let server: ClickHouseServer;
beforeAll(async () => {
  server = await ClickHouseServer.start();
});
afterAll(() => server?.stop());

async function version19(database: string): Promise<Store> {
  await server.sql(`CREATE DATABASE ${database}`);
  for (const statement of VERSION_19) await server.sql(statement, database);
  return openStore(`${server.url}/${database}`, { create: false });
}

/** Statements of the migration, of which `mirrors` has two partitions and the others four. */
const formers = new Map(
  MADE_ANEW.map((table) => [
    table,
    {
      partitions:
        table === 'mirrors' ? ['202501', '202502'] : ['20250131', '20250201', '20250202', '20250203'],
      age: undefined,
    },
  ]),
);
const STATEMENTS = migrationStatements(rest, DEFAULT_LAYOUT, formers);

/** Tables and views, apart from what ClickHouse makes for them. */
const tablesOf = (database: string): Promise<string> =>
  server.sql(
    `SELECT name, replaceAll(create_table_query, '${database}.', '') FROM system.tables WHERE database = ` +
      `'${database}' ORDER BY name`,
  );

describe('a migration that makes tables anew', () => {
  let fresh: string;
  let sums: string;
  beforeAll(async () => {
    const store = openStore(`${server.url}/fresh`, { create: true });
    await store.migrate();
    await store.close();
    fresh = await tablesOf('fresh');
  });

  it('keeps their rows', async () => {
    const store = await version19('kept');
    sums = await server.sql(SUMS, 'kept');
    expect(sums.split('\t').slice(1).join('\t')).toBe(`${Array(3).fill(OF_ROLLUPS).join('\t')}\n`);
    await store.migrate();
    expect(await server.sql(SUMS, 'kept')).toBe(sums);
    expect(await tablesOf('kept')).toBe(fresh);
    await store.close();
  });

  /** Of one table each; of another, of which rows are added up, those around the exchange. */
  const interrupted = STATEMENTS.map(
    (statement, i) => [i, statement.slice(0, 60).replace(/\s+/g, ' ')] as const,
  ).filter(([, text]) => /\bmirrors|^(INSERT|EXCHANGE|DROP TABLE).* services_by_hour/.test(text));

  test.each(interrupted)('is continued after statement %i: %s', async (i) => {
    const store = await version19(`after${i}`);
    const run = (sql: string) => server.sql(sql, `after${i}`);
    for (const statement of STATEMENTS.slice(0, i + 1)) await run(statement);
    await store.migrate();
    expect(await run(SUMS)).toBe(sums);
    expect(await tablesOf(`after${i}`)).toBe(fresh);
    await store.close();
    await server.sql(`DROP DATABASE after${i}`);
  });

  it('keeps how long they keep rows', async () => {
    const store = await version19('aged');
    const aged = 7320 * 86_400;
    await store.retain(aged, false);
    await store.migrate();
    expect(await store.retention()).toBe(aged);
    const without =
      "SELECT name FROM system.tables WHERE database = 'aged' AND engine LIKE '%MergeTree' " +
      "AND create_table_query NOT LIKE '% TTL %' ORDER BY name";
    // What is new gets its retention from whoever migrates.
    expect(await server.sql(without)).toBe('names\nnetwork_loads\nschema_migrations\n');
    expect(await server.sql(SUMS, 'aged')).toBe(sums);
    await store.close();
  });

  it('lets collectors wait, and says so where a row came nevertheless', async () => {
    const store = await version19('busy');
    const run = (sql: string) => server.sql(sql, 'busy');
    const check = STATEMENTS.findIndex((statement) => statement.startsWith('SELECT throwIf'));
    for (const statement of STATEMENTS.slice(0, check)) await run(statement);
    const row = "INSERT INTO mirrors (minute, packets) VALUES ('2025-02-01 00:00:00', 5)";
    await expect(run(row)).rejects.toThrow('TOO_MANY_PARTS');
    await run('ALTER TABLE mirrors RESET SETTING max_parts_in_total');
    await run(row);
    await expect(run(STATEMENTS[check])).rejects.toThrow('rows of mirrors came while it was copied');
    await store.migrate();
    expect(await run('SELECT count(), sum(packets) FROM mirrors')).toBe(`2001\t${1999 * 1000 + 5}\n`);
    await store.close();
  });

  it('takes sessions beyond 16 bits afterwards', async () => {
    const store = openStore(`${server.url}/kept`, { create: false });
    await server.sql(
      `INSERT INTO sessions (session_id, first_seen, last_seen, mirror_type, mirror_session) SELECT
         generateUUIDv4(), now64(9), now64(9), 'vxlan', 16777215`,
      'kept',
    );
    const tables = [
      'sessions',
      'conversations',
      'hosts_by_hour',
      ...MADE_ANEW.slice(1),
      'sessions_by_minute',
    ];
    for (const table of tables)
      expect(await server.sql(`SELECT max(mirror_session) FROM ${table}`, 'kept')).toBe('16777215\n');
    await store.close();
  });
});

/** A segment of `mirrors` whose packets are those of its minutes. */
function minutes(from: number, to: number): Uint8Array {
  const segment = new MirrorSegment('here');
  const record = new MirrorRecord();
  record.point = new MirrorPoint(0, MirrorType.Gre, new Uint8Array(16), new Uint8Array(16).fill(1), 0, 7);
  for (let n = from; n < to; n++) {
    record.minute = 1_700_000_040 + n * 60;
    record.packets = n;
    segment.mirror(record);
  }
  return segment.take();
}

test.each([
  ['a spool', (n: number) => `${Date.now() - 3_600_000}-0badcafe-0000000${n}`],
  ['a capture', (n: number) => `${'ab'.repeat(32)}-sessions-${n}`],
])('a segment of %s that comes again after the migration is stored once', async (what, name) => {
  const database = what.replace(' ', '_');
  const run = (sql: string) => server.sql(sql, database);
  const before = openStore(`${server.url}/${database}`, { create: true });
  await before.migrate();
  // Rows of two days, and of two months.
  const [there, later] = [numberedSegment(0, 2000), numberedSegment(2000, 3000)];
  const [mirrored, mirroredLater] = [minutes(0, 30_000), minutes(30_000, 31_000)];
  await before.insert('sessions', there, name(0), 2000);
  await before.insert('mirrors', mirrored, name(1), 30_000);
  await before.close();
  // As the migration leaves the tables: with their rows, and without a memory of inserts.
  for (const statement of STATEMENTS) await run(statement);
  await run("INSERT INTO schema_migrations (version, name, applied_at) VALUES (20, '', now64(3) + 1)");
  const after = openStore(`${server.url}/${database}`, { create: false });
  await after.migrate();
  const sums =
    'SELECT (SELECT count() FROM sessions), (SELECT sum(client_bytes) FROM sessions), ' +
    `${ROLLUPS.map((table) => `(SELECT sum(client_bytes) FROM ${table})`).join(', ')}, ` +
    '(SELECT sum(packets) FROM mirrors)';
  const expected = (n: number, m: number) =>
    `${n}\t${Array(4).fill(bytesUpTo(n)).join('\t')}\t${(m * (m - 1)) / 2}\n`;
  await after.insert('sessions', there, name(0), 2000);
  await after.insert('mirrors', mirrored, name(1), 30_000);
  expect(await run(sums)).toBe(expected(2000, 30_000));
  // What was not there before is stored, once too.
  for (let i = 0; i < 2; i++) {
    await after.insert('sessions', later, name(2), 1000);
    await after.insert('mirrors', mirroredLater, name(3), 1000);
    expect(await run(sums)).toBe(expected(3000, 31_000));
  }
  await after.close();
});

test('an embedded store of an earlier version is migrated', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-anew-'));
  try {
    const made = openStore(join(directory, 'data'), { create: true });
    for (const statement of VERSION_19) await text(await made.change(statement));
    await made.close();
    const store = openStore(join(directory, 'data'), { create: false });
    const sums = await text(await store.query(SUMS));
    expect((await store.migrate()).applied.map((m) => m.version)).toEqual(rest.map((m) => m.version));
    expect(await text(await store.query(SUMS))).toBe(sums);
    expect(sums).toContain(OF_ROLLUPS);
    expect((await store.migrate()).applied).toEqual([]);
    await store.close();
    const again = openStore(join(directory, 'data'), { create: false });
    expect(await text(await again.query(SUMS))).toBe(sums);
    await again.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
