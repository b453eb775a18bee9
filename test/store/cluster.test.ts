import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TABLES } from '../../src/model/columns/tables.js';
import { NameRecord } from '../../src/model/name-record.js';
import { NameSource } from '../../src/model/name-source.js';
import { MADE_ANEW } from '../../src/store/anew.js';
import { StoreRefused } from '../../src/store/errors.js';
import {
  distributedTables,
  migrationStatements,
  migrations,
  migrationsTable,
  statements,
} from '../../src/store/migrations.js';
import {
  APPLIED_TABLES,
  cleanStatements,
  insertAnswers,
  placeStatements,
  rewriteStatements,
  unfinishedQuestion,
} from '../../src/store/networks/fact-statements.js';
import { openStore } from '../../src/store/open.js';
import { fillStatements, gapsQuestion, ROLLUPS } from '../../src/store/rollups.js';
import { NameSegment, TransactionSegment } from '../../src/store/segment/segments.js';
import type { Store } from '../../src/store/store.js';
import { transactionRecord } from '../support/arbitrary-records.js';
import { ClickHouseServer, freePort } from '../support/clickhouse-server.js';
import { bytesUpTo, numberedSegment } from '../support/sessions.js';

// A cluster of two shards. The library that serves here lacks replication, and the queue that carries
// ON CLUSTER to the other nodes; the statements are changed in that only. test/interop/cluster.test.ts makes
// the replicated tables.
const layout = { prefix: '', cluster: 'lake' };
const nodes: ClickHouseServer[] = [];
let store: Store;

const plain = (statement: string) =>
  statement
    .replace(' ON CLUSTER lake', '')
    .replace(/Replicated(\w*MergeTree)\('[^']*', '[^']*'(?:, )?/, '$1(')
    .replace(
      /replicated_deduplication_window = (\d+), replicated_deduplication_window_seconds = \d+/,
      'non_replicated_deduplication_window = $1',
    );

beforeAll(async () => {
  const ports = [await freePort(), await freePort()];
  const shards = ports.map(
    (port) =>
      `<shard><internal_replication>true</internal_replication><replica><host>127.0.0.1</host><port>${port}</port></replica></shard>`,
  );
  const config = `<remote_servers><lake>${shards.join('')}</lake></remote_servers>`;
  for (const tcpPort of ports) nodes.push(await ClickHouseServer.start({ tcpPort, config }));
  const all = [migrationsTable(layout), ...migrationStatements(migrations(), layout)];
  for (const node of nodes) await run(node, all);
  for (const { version, name } of migrations())
    await nodes[0].sql(
      'INSERT INTO schema_migrations (version, name) SETTINGS distributed_foreground_insert ' +
        `= 1 VALUES (${version}, '${name}')`,
    );
  store = openStore(nodes[0].url, { create: true });
});
afterAll(async () => {
  await store?.close();
  for (const node of nodes) await node.stop();
});

const value = async (sql: string) => (await text(await store.query(sql))).trim();

test('a cluster is up to date for a collector that does not know of the cluster', async () => {
  expect(await store.migrate()).toEqual({ applied: [], made: [], retention: undefined });
  const other = openStore(nodes[1].url, { create: true });
  expect(await other.migrate()).toEqual({ applied: [], made: [], retention: undefined });
  await other.close();
});

/** Names and types of the columns of some tables, in order, without computed columns. */
const columnsOf = (node: ClickHouseServer, tables: readonly string[]) =>
  node.sql(
    "SELECT table, name, type FROM system.columns WHERE database = 'default' AND default_kind != 'ALIAS' " +
      `AND table IN (${tables.map((table) => `'${table}'`).join()}) ORDER BY table, position FORMAT TSVRaw`,
  );

/** Expects that the local and the distributed tables with a prefix have the declared columns. */
async function expectDeclared(node: ClickHouseServer, prefix: string): Promise<void> {
  const declared = Object.values(TABLES).flatMap(({ name, columns }) =>
    [`${prefix}${name}`, `${prefix}${name}_local`].map((table) => ({
      table,
      lines: columns.map((c) => `${table}\t${c.name}\t${c.type.clickhouse}\n`).join(''),
    })),
  );
  declared.sort((a, b) => (a.table < b.table ? -1 : 1));
  const tables = declared.map(({ table }) => table);
  expect(await columnsOf(node, tables)).toBe(declared.map(({ lines }) => lines).join(''));
}

async function run(node: ClickHouseServer, all: readonly string[]): Promise<void> {
  // Only a replica has something to wait for.
  for (const statement of all)
    if (!statement.startsWith('SYSTEM SYNC REPLICA')) await node.sql(plain(statement));
}

test('new nodes have the declared columns, even after distributed tables are made again', async () => {
  for (const node of nodes) await expectDeclared(node, '');
  await run(nodes[0], distributedTables(layout));
  await expectDeclared(nodes[0], '');
});

/** Runs statements as the cluster does: those for all nodes on each, and others on the first. */
async function everywhere(all: readonly string[]): Promise<void> {
  for (const statement of all)
    for (const node of statement.includes(' ON CLUSTER lake') ? nodes : nodes.slice(0, 1))
      await run(node, [statement]);
}

/** What a store has of the tables that are made anew. */
const formersOf = (tables: readonly string[], partitions: readonly string[]) =>
  new Map(tables.map((table) => [table, { partitions, age: undefined }]));

test('replicas are waited for in the database of the store, whatever their node begins with', () => {
  const all = migrationStatements(migrations(), { ...layout, database: 'd' }, formersOf(MADE_ANEW, ['1']));
  const waits = all.filter((statement) => statement.startsWith('SYSTEM'));
  expect(waits).toEqual(MADE_ANEW.map((table) => `SYSTEM SYNC REPLICA ON CLUSTER lake d.${table}_local`));
});

test.each(
  migrations()
    .map((m) => m.version)
    .slice(0, -1),
)('from version %i, local and distributed tables get the declared columns', async (from) => {
  const [node] = nodes;
  const prefixed = { ...layout, prefix: `v${from}_` };
  const had = migrations().filter((m) => m.version <= from);
  const names = async () =>
    (await node.sql("SELECT name FROM system.tables WHERE database = 'default'")).split('\n');
  const distribute = async () => {
    const local = await names();
    await everywhere(
      distributedTables(prefixed).filter((s) => local.includes(/ AS (\w+_local) /.exec(s)?.[1] ?? '')),
    );
  };
  // One migration after the other, as an old cluster has had them; what one makes anew is copied, through
  // the distributed tables.
  await everywhere([migrationsTable(prefixed)]);
  for (const m of had) {
    if (m.text.includes('{{anew ')) await distribute();
    await everywhere(statements(m, prefixed, formersOf(MADE_ANEW, [])));
  }
  await distribute();
  const local = await names();
  // Rows that both shards have, of what is made anew.
  const anew = MADE_ANEW.filter((table) => local.includes(`v${from}_${table}_local`));
  for (const table of anew) {
    const counted = table === 'mirrors' ? 'packets' : 'sessions';
    await node.sql(
      `INSERT INTO v${from}_${table} (mirror_session, mirror_source, ${counted})
         SELECT number, toIPv6(concat('::', toString(number))), number FROM numbers(1, 100)
         SETTINGS distributed_foreground_insert = 1`,
    );
  }
  const shares = () =>
    Promise.all(
      anew.flatMap((table) => nodes.map((at) => at.sql(`SELECT count() FROM v${from}_${table}_local`))),
    );
  const held = await shares();
  const rest = migrations().filter((m) => m.version > from);
  await everywhere(migrationStatements(rest, prefixed, formersOf(anew, ['19700101'])));
  for (const at of nodes) await expectDeclared(at, prefixed.prefix);
  for (const table of anew) {
    expect(await node.sql(`SELECT count(), sum(mirror_session) FROM v${from}_${table}`)).toBe('100\t5050\n');
  }
  expect(await shares()).toEqual(held);
});

test('a cluster stores a segment once, spread over the shards, and so do its roll-ups', async () => {
  const segment = numberedSegment(0, 5000);
  for (const at of nodes) {
    const through = openStore(at.url, { create: true });
    await through.migrate();
    await through.insert('sessions', segment, 'the same', 5000);
    await through.close();
  }
  expect(await value('SELECT count(), uniqExact(session_id), sum(client_bytes) FROM sessions')).toBe(
    `5000\t5000\t${bytesUpTo(5000)}`,
  );
  for (const table of [...Object.keys(ROLLUPS), 'sessions_by_minute'])
    expect(await value(`SELECT sum(sessions), sum(client_bytes) FROM ${table}`)).toBe(
      `5000\t${bytesUpTo(5000)}`,
    );
  expect(await value('SELECT sum(client_sessions), sum(server_sessions) FROM hosts_by_hour')).toBe(
    '5000\t5000',
  );
  for (const node of nodes)
    for (const rollup of Object.keys(ROLLUPS))
      expect((await node.sql(`SELECT sum(sessions) FROM ${rollup}_local`)).trim()).toBe(
        (await node.sql('SELECT count() FROM sessions_local')).trim(),
      );
  for (const node of nodes)
    expect(Number(await node.sql('SELECT count() FROM sessions_local'))).toBeGreaterThan(2000);
});

test('a cluster fills roll-ups on the shards of their sessions', async () => {
  const gaps = async () => (await nodes[0].sql(`${gapsQuestion(layout, undefined)} FORMAT TSV`)).trim();
  expect(await gaps()).toBe('');
  for (const node of nodes)
    for (const rollup of Object.keys(ROLLUPS)) await node.sql(`TRUNCATE TABLE ${rollup}_local`);
  expect((await gaps()).split('\n').sort()).toEqual(
    Object.keys(ROLLUPS)
      .map((rollup) => `${rollup}\t2023-11-14\t5000\t0`)
      .sort(),
  );
  for (const rollup of Object.keys(ROLLUPS))
    for (const statement of fillStatements({ rollup, day: '2023-11-14', sessions: 5000, held: 0 }, layout))
      if (statement.startsWith('ALTER')) await run(nodes[0], [statement]);
      else await nodes[0].sql(statement);
  expect(await gaps()).toBe('');
  for (const node of nodes)
    for (const rollup of Object.keys(ROLLUPS))
      expect(await node.sql(`SELECT sum(sessions), sum(client_bytes) FROM ${rollup}_local`)).toBe(
        await node.sql('SELECT count(), sum(client_bytes) FROM sessions_local'),
      );
});

test('a cluster stores a segment of transactions once, and its views read all shards', async () => {
  const records = fc.sample(transactionRecord, { numRuns: 200, seed: 1 });
  const segment = new TransactionSegment('here');
  for (const r of records) {
    Object.assign(r, { timeSec: 1_700_000_000, appProtocol: 'dns' });
    segment.transaction(r);
  }
  const bytes = segment.take();
  for (const at of nodes) {
    const through = openStore(at.url, { create: true });
    await through.migrate();
    await through.insert('transactions', bytes, 'of all', 200);
    await through.close();
  }
  for (const node of nodes) {
    expect((await node.sql('SELECT count() FROM dns')).trim()).toBe('200');
    expect(Number(await node.sql('SELECT count() FROM transactions_local'))).toBeGreaterThan(50);
  }
});

test('the parts of a conversation are on one shard, which folds them', async () => {
  // A hundred more conversations with three parts each.
  await nodes[0].sql(
    `INSERT INTO sessions SELECT * REPLACE (reinterpretAsUUID(MD5(toString(session_id))) AS session_id,
      n AS part, if(n < 2, 'active', 'fin') AS end_reason)
       FROM sessions ARRAY JOIN [toUInt32(0), 1, 2] AS n WHERE client_port < 1124 SETTINGS
         distributed_foreground_insert = 1`,
  );
  const sum =
    'SELECT count(), sum(parts), sum(client_bytes) = (SELECT sum(client_bytes) FROM ' +
    'sessions) FROM conversations';
  for (const node of nodes) expect((await node.sql(sum)).trim()).toBe('5100\t5300\t1');
});

test('networks of a cluster are those of the newest load that all shards have whole', async () => {
  const networks = Array.from({ length: 500 }, (_, i) => ({
    address: Uint8Array.of(...new Uint8Array(10), 255, 255, 10, i >>> 8, i & 255, 0),
    bits: 120,
    name: `network ${i}`,
    site: 'Bonn',
    role: i % 2 === 0 ? 'staff' : 'guests',
    tenant: '',
    vlan: undefined,
    vni: undefined,
  }));
  const { load } = await store.networks.load(networks, 'all.csv');
  for (const node of nodes) {
    expect(Number(await node.sql('SELECT count() FROM network_loads_local'))).toBeGreaterThan(100);
    expect(await node.sql('SELECT count() FROM networks')).toBe('500\n');
  }
  expect(await store.networks.newest()).toEqual(load);
  expect(new Set((await store.networks.read()).map(({ name }) => name)).size).toBe(500);
  // A shard that has not got its rows of the next one.
  await store.networks.load(networks.slice(0, 100), 'some.csv');
  await nodes[1].sql(
    "ALTER TABLE network_loads_local DELETE WHERE loaded_from = 'some.csv' SETTINGS mutations_sync = 2",
  );
  expect(await store.networks.newest()).toEqual(load);
  for (const node of nodes) expect(await node.sql('SELECT count() FROM networks')).toBe('500\n');
});

test('a cluster counts names on one shard each, and every node has the best one', async () => {
  const segment = new NameSegment();
  const r = new NameRecord();
  for (let i = 0; i < 400; i++) {
    r.day = 20_000;
    r.address.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, i % 200]);
    r.name = i < 200 ? 'often.example' : 'rare.example';
    r.source = NameSource.Dns;
    r.firstSeenSec = r.lastSeenSec = 20_000 * 86_400 + i;
    r.count = r.name === 'often.example' ? 3 : 1;
    segment.name(r);
  }
  const bytes = segment.take();
  // One worker's, stored once through both nodes, and the same names of another worker.
  for (const [at, token] of [...nodes.map((node) => [node, 'one'] as const), [nodes[1], 'other'] as const]) {
    const through = openStore(at.url, { create: true });
    await through.migrate();
    await through.insert('names', bytes, token, 400);
    await through.close();
  }
  const counted = 'SELECT sum(count), uniqExact(address), min(first_seen) < max(last_seen) FROM names';
  for (const node of nodes) {
    expect(Number(await node.sql('SELECT uniqExact(address) FROM names_local'))).toBeGreaterThan(50);
    expect(await node.sql(counted)).toBe('1600\t200\t1\n');
    expect(await node.sql("SELECT count(), countIf(name = 'often.example') FROM address_names")).toBe(
      '200\t200\n',
    );
  }
  for (const node of nodes) await node.sql('OPTIMIZE TABLE names_local FINAL');
  expect(await nodes[0].sql('SELECT count(), sum(count) FROM names')).toBe('400\t1600\n');
});

test('a cluster has rows say what is known, on every shard, by answers that every node has', async () => {
  const tables = { layout, database: 'default' };
  const [[day, client]] = JSON.parse(
    `[${await nodes[0].sql(
      'SELECT toString(toDate(first_seen)), toString(client_ip) FROM sessions WHERE part = 0 LIMIT 1 ' +
        'FORMAT JSONCompactEachRow',
    )}]`,
  );
  for (const vlans of [false, true])
    for (const table of APPLIED_TABLES) {
      const change = { table, day, vnis: false, vlans, owners: true, part: 0, parts: 1 };
      await everywhere(placeStatements(change, tables));
      const fact = [
        client,
        -1,
        vlans ? '[]' : '',
        `by vlans ${vlans}`,
        'staff',
        'Bonn',
        64496,
        'Example',
        'DE',
        1,
      ];
      await nodes[0].sql(insertAnswers(tables) + JSON.stringify(fact));
      await everywhere(rewriteStatements(change, tables));
      const unfinished = `${unfinishedQuestion(tables)} FORMAT JSONCompactEachRow`;
      await expect.poll(async () => Number(JSON.parse(await nodes[0].sql(unfinished))[0])).toBe(0);
      const said = await nodes[0].sql(
        `SELECT countIf(client_network = 'by vlans ${vlans}' AND client_asn = 64496 ` +
          `AND client_country = 'DE') = countIf(client_ip = '${client}') FROM ${table} ` +
          `WHERE toDate(${table === 'sessions' ? 'first_seen' : 'time'}) = '${day}' ` +
          (vlans && table === 'sessions' ? 'AND empty(vlan_ids)' : ''),
      );
      expect(said).toBe('1\n');
      await everywhere(cleanStatements(tables));
    }
  for (const node of nodes)
    expect(await node.sql("SELECT name FROM system.tables WHERE name LIKE 'networks\\_facts%'")).toBe('');
});

test('a collector refuses to migrate a cluster as if it were one server', async () => {
  for (const node of nodes)
    await node.sql(
      `ALTER TABLE schema_migrations_local DELETE WHERE version = ${migrations().length} ` +
        'SETTINGS mutations_sync = 2',
    );
  await expect(store.migrate()).rejects.toThrow(StoreRefused);
  await expect(store.migrate()).rejects.toThrow('schema apply --cluster NAME');
});
