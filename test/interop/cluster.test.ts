import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  distributedTables,
  migrationStatements,
  migrations,
  migrationsTable,
  statements,
  viewStatements,
} from '../../src/store/migrations.js';
import {
  cleanStatements,
  placeStatements,
  rewriteStatements,
} from '../../src/store/networks/fact-statements.js';
import { ClickHouseServer, freePort } from '../support/clickhouse-server.js';
import { describeWith } from '../support/needs.js';
import { ZOOKEEPER, ZooKeeper } from '../support/zookeeper.js';

/** Roll-ups whose views need no column of sessions that a later migration adds. */
const FILLED = ['traffic_by_minute', 'clients_by_hour'];

describeWith([ZOOKEEPER, 'java'], 'the tables of a cluster', () => {
  let zookeeper: ZooKeeper;
  let server: ClickHouseServer;
  beforeAll(async () => {
    zookeeper = await ZooKeeper.start();
    const tcpPort = await freePort();
    const config =
      `<zookeeper><node><host>127.0.0.1</host><port>${zookeeper.port}</port></node></zookeeper>` +
      '<macros><shard>1</shard><replica>r1</replica></macros>' +
      `<remote_servers><lake><shard><internal_replication>true</internal_replication><replica><host>127.0.0.1</host><port>${tcpPort}</port></replica></shard></lake></remote_servers>`;
    server = await ClickHouseServer.start({ tcpPort, config });
  });
  afterAll(async () => {
    await server?.stop();
    await zookeeper?.stop();
  });

  it('are created, replicated through a real ZooKeeper, and distributed', async () => {
    const layout = { prefix: '', cluster: 'lake' };
    // One migration after the other, as an old cluster has had them.
    const all = [
      migrationsTable(layout),
      ...migrations().flatMap((migration) => statements(migration, layout)),
      ...distributedTables(layout),
      ...migrations().flatMap((migration) => viewStatements(migration, layout)),
    ];
    // The library that runs here lacks the queue through which ON CLUSTER reaches the nodes, and never makes
    // a replica active. It knows the statements that alter a table, and refuses them only for that reason
    // (test/store/cluster.test.ts runs them).
    for (const statement of all) {
      // Therefore a view that is created again stays as it was: it refers to columns that do not exist here.
      if (/^DROP VIEW IF EXISTS (conversations|dns|http)(_local)?\b/.test(statement)) continue;
      const here = server.sql(
        statement
          .replace(' ON CLUSTER lake', '')
          // A column that the roll-ups count by, and that was refused.
          .replaceAll('s.copy', '255')
          .replace('AS minute, copy,', 'AS minute, 255 AS copy,'),
      );
      if (statement.startsWith('ALTER'))
        // A column may be behind one that was refused.
        await expect(here).rejects.toThrow(/TABLE_IS_READ_ONLY|NO_SUCH_COLUMN_IN_TABLE/);
      else if (/^CREATE (OR REPLACE |MATERIALIZED )?VIEW/.test(statement))
        await here.catch((error) => expect(String(error)).toContain('UNKNOWN_IDENTIFIER'));
      else await here;
    }
    const engines = await server.sql(
      "SELECT name, engine FROM system.tables WHERE database = 'default' ORDER BY name FORMAT TSV",
    );
    expect(engines.trim().split('\n')).toEqual(
      [
        ...[
          'hops',
          'mirrors',
          'network_loads',
          'packets',
          'paths',
          'schema_migrations',
          'sessions',
          'transactions',
          'tunnels',
        ].map((t) => [t, 'MergeTree']),
        ['certificates', 'ReplacingMergeTree'],
        ['traffic_by_minute', 'SummingMergeTree'],
        ['clients_by_hour', 'SummingMergeTree'],
        ['services_by_hour', 'AggregatingMergeTree'],
        ['names', 'AggregatingMergeTree'],
      ]
        .flatMap(([table, engine]) => [`${table}\tDistributed`, `${table}_local\tReplicated${engine}`])
        .concat(FILLED.map((rollup) => `${rollup}_view_local\tMaterializedView`))
        .concat(['conversations', 'hosts_by_hour', 'sessions_by_minute'].map((v) => `${v}\tDistributed`))
        .concat(['conversations', 'hosts_by_hour', 'sessions_by_minute'].map((v) => `${v}_local\tView`))
        .concat(['address_names', 'dns', 'http', 'networks'].map((v) => `${v}\tView`))
        .sort(),
    );
    expect(
      await server.sql(
        "SELECT count() FROM system.replicas WHERE zookeeper_path LIKE '/clickhouse/tables/1/default/%'",
      ),
    ).toBe('14\n');
  });

  it('of answers of networks apply leave their place in Keeper free for the next run', async () => {
    const tables = { layout: { prefix: '', cluster: 'lake' }, database: 'default' };
    const change = {
      table: 'sessions',
      day: '2026-11-30',
      vnis: true,
      vlans: false,
      owners: true,
      part: 0,
      parts: 1,
    } as const;
    const run = async (statement: string) => server.sql(statement.replace(' ON CLUSTER lake', ''));
    const replicas = () =>
      server.sql("SELECT zookeeper_path FROM system.replicas WHERE table LIKE 'networks\\_facts%'");
    for (let i = 0; i < 2; i++) {
      for (const statement of placeStatements(change, tables)) await run(statement);
      expect(await replicas()).toBe('/clickhouse/tables/1/default/networks_facts_rows_local\n');
      const [, spread, rewrite] = rewriteStatements(change, tables);
      await run(spread);
      // Here the column was refused, as above.
      await expect(run(rewrite)).rejects.toThrow(/TABLE_IS_READ_ONLY|NO_SUCH_COLUMN_IN_TABLE/);
      for (const statement of cleanStatements(tables)) await run(statement);
      expect(await replicas()).toBe('');
    }
    // What only a queue could carry to the nodes is at least understood with its ON CLUSTER.
    for (const statement of [
      ...placeStatements({ ...change, table: 'transactions', vlans: true }, tables),
      ...rewriteStatements(change, tables),
      ...cleanStatements(tables),
    ])
      expect(await server.sql(`EXPLAIN AST ${statement}`)).not.toBe('');
  });

  it('take the place of those that they are made anew from', async () => {
    const formers = new Map([['mirrors', { partitions: [], age: undefined }]]);
    const makingAnew = migrations().filter(({ text }) => text.includes('{{anew '));
    const anew = migrationStatements(makingAnew, { prefix: '', cluster: 'lake' }, formers);
    // Without a queue nothing is copied, or altered.
    for (const statement of anew.filter((s) => /^(DROP|CREATE|EXCHANGE).*TABLES? .*\bmirrors_/.test(s)))
      await server.sql(statement.replace(' ON CLUSTER lake', ''));
    expect(
      await server.sql(
        "SELECT table, zookeeper_path FROM system.replicas WHERE table LIKE 'mirrors%' FORMAT TSV",
      ),
    ).toBe('mirrors_local\t/clickhouse/tables/1/default/mirrors_local_0020\n');
    expect(
      await server.sql(
        "SELECT type FROM system.columns WHERE table = 'mirrors_local' AND name = 'mirror_session'",
      ),
    ).toBe('UInt32\n');
  });
});
