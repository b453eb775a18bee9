/**
 * The store's tables as numbered migrations, schemas/clickhouse/NNNN_name.sql, the same for chDB, a server
 * and a cluster. A released migration is never changed; its statements may run twice (IF NOT EXISTS), because
 * a run may have been interrupted.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { anewStatements, type Former } from './anew.js';

export interface Migration {
  version: number;
  name: string;
  /** As in the file, with {{ }} not filled in. */
  text: string;
}

/** What a migration of the store has done. */
export interface Migrated {
  readonly applied: readonly Migration[];
  /**
   * Tables and views that were missing although an earlier migration had created them: created again, empty.
   */
  readonly made: readonly string[];
  /** The shortest retention in seconds of tables that existed before; undefined if none removes rows. */
  readonly retention: number | undefined;
}

/** The layout of the tables in a store. */
export interface Layout {
  /** Prepended to every table's name. */
  prefix: string;
  /**
   * A cluster of the server's configuration: then every table is a ReplicatedMergeTree named `…_local` on
   * every node, behind a Distributed table of the plain name. Undefined for a single server, and for chDB.
   */
  cluster?: string | undefined;
  /** The database, for the statements that nodes of a cluster run in their own: `SYSTEM …`. */
  database?: string | undefined;
}

/**
 * The sharding key. It must depend only on the row: a repeated insert must split into the same pieces, or
 * deduplication on the shards would drop rows. Packets and transactions go to the shard of their session.
 */
export const SHARDING: Record<string, string> = {
  sessions: 'cityHash64(session_id)',
  transactions: 'cityHash64(session_id)',
  certificates: 'cityHash64(server_ip)',
  mirrors: 'cityHash64(mirror_source, mirror_session, minute)',
  tunnels: 'cityHash64(name, minute)',
  packets: 'cityHash64(session_id)',
  paths: 'cityHash64(from_mirror, to_mirror, minute)',
  hops: 'cityHash64(client_ip, server_ip)',
  names: 'cityHash64(address)',
  network_loads: 'cityHash64(address)',
  // Each is filled on the shard of its sessions: what is inserted otherwise are days from before it.
  traffic_by_minute: 'cityHash64(mirror_source, mirror_session, minute)',
  clients_by_hour: 'cityHash64(client_ip)',
  services_by_hour: 'cityHash64(server_ip)',
  // Views of each shard's rows: all parts of a conversation are on one shard.
  conversations: 'cityHash64(session_id)',
  sessions_by_minute: 'cityHash64(client_ip)',
  hosts_by_hour: 'cityHash64(host)',
  schema_migrations: 'version',
};

/** The column whose age determines the removal of rows. */
const RETAINED_BY: Record<string, string> = {
  sessions: 'last_seen',
  transactions: 'time',
  certificates: 'day',
  mirrors: 'minute',
  tunnels: 'minute',
  packets: 'time',
  paths: 'minute',
  hops: 'last_seen',
  names: 'day',
  traffic_by_minute: 'minute',
  clients_by_hour: 'hour',
  services_by_hour: 'hour',
};

/** Tables under their own names. */
export const DEFAULT_LAYOUT: Layout = { prefix: '' };

/** Inserts per table that a store remembers, to recognise repeated ones. */
export const DEDUPLICATION_WINDOW = 10_000;
const DEDUPLICATION_SECONDS = 7 * 86_400;

const folder = new URL('../../schemas/clickhouse/', import.meta.url);

/** Every migration there is, oldest first. */
export function migrations(): Migration[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
    .sort()
    .map((file) => ({
      version: Number(file.slice(0, 4)),
      name: file.slice(5, -4),
      text: readFileSync(new URL(file, folder), 'utf8'),
    }));
}

/** What a store has of the tables that are made anew, by their names without a prefix. */
export type Formers = ReadonlyMap<string, Former>;

/**
 * The statements that bring a store from one version to the newest, without those that record it. Views of
 * what people ask come last: on a cluster they read the distributed tables, which need the new columns first.
 *
 * @param formers of a store that has tables
 */
export function migrationStatements(
  all: readonly Migration[],
  layout: Layout,
  formers: Formers = new Map(),
): string[] {
  return [
    ...withoutReplaced(all.flatMap((migration) => statements(migration, layout, formers))),
    ...distributedTables(layout),
    ...withoutReplaced(all.flatMap((migration) => viewStatements(migration, layout))),
  ];
}

/**
 * Leaves out what would be made only to be dropped: a table that is a view since a later migration, and a
 * view that is made anew. A store that is made again, or repaired, has the later one under that name. So has
 * a table that a later migration creates with other columns.
 */
function withoutReplaced(all: readonly string[]): string[] {
  return all.filter((statement, i) => {
    const name = (MADE.exec(statement) ?? ALTERED.exec(statement))?.[1];
    if (name === undefined) return true;
    const replaced = ALTERED.test(statement) ? [MADE] : [MADE, DROPPED];
    return !all.slice(i + 1).some((later) => replaced.some((by) => by.exec(later)?.[1] === name));
  });
}

const MADE = /^CREATE (?:TABLE|VIEW|MATERIALIZED VIEW) IF NOT EXISTS (\w+)/;
const ALTERED = /^ALTER TABLE (\w+)/;
const DROPPED = /^DROP (?:TABLE|VIEW) IF EXISTS (\w+)/;

/** The statements of a migration for a layout, without comments, apart from {@link viewStatements}. */
export function statements(migration: Migration, layout: Layout, formers: Formers = new Map()): string[] {
  return split(migration.text)
    .filter((statement) => !VIEW.test(statement))
    .flatMap((statement) => {
      const table = ANEW.exec(statement)?.[1];
      if (table === undefined) return fillIn(statement, layout);
      return anewStatements(
        table,
        (name) => fillIn(statement.replace(ANEW, name), layout, `${tableName(table, layout)}_0020`),
        formers.get(table),
        {
          local: (one) => tableName(one, layout),
          asked: (one) => `${layout.prefix}${one}`,
          qualified: (one) =>
            `${layout.database === undefined ? '' : `${layout.database}.`}${tableName(one, layout)}`,
          onCluster: layout.cluster === undefined ? '' : ` ON CLUSTER ${layout.cluster}`,
          distributed:
            layout.cluster === undefined
              ? undefined
              : (one, of) => distributedTable(one, SHARDING[of], layout),
          retaining: (one, column, seconds) => removing(one, column, seconds, layout),
        },
      );
    });
}

/** What is made anew with the rows that it has: anew.ts. */
const ANEW = /\{\{anew (\w+)\}\}/;

/** The statements of a migration that make views of what people ask. */
export function viewStatements(migration: Migration, layout: Layout): string[] {
  return split(migration.text)
    .filter((statement) => VIEW.test(statement))
    .map((statement) => fillIn(statement, layout));
}

/** Where the name that people ask stands: on a cluster that of the distributed table. */
const VIEW = /\{\{view (\w+)\}\}/;

function split(text: string): string[] {
  return text
    .replace(/^\s*--.*\n/gm, '')
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

/** What people ask of a cluster that has had these migrations: its distributed tables, and views of them. */
export function askedNames(had: readonly Migration[], layout: Layout): string[] {
  const made = [...created(had, 'table'), 'schema_migrations'];
  const distributed = Object.keys(SHARDING).filter((name) => made.includes(name));
  return [...distributed, ...created(had, 'view')].map((name) => `${layout.prefix}${name}`);
}

/** The names of tables, or of views of what people ask, that migrations create, without a prefix. */
function created(by: readonly Migration[], kind: 'table' | 'view'): string[] {
  const statement = new RegExp(`^CREATE [\\w ]*\\{\\{${kind} (\\w+)\\}\\}`, 'gm');
  const names = by.flatMap(({ text }) => [...text.matchAll(statement)].map(([, name]) => name));
  return [...new Set(names)];
}

/** The table that records the migrations of a store. */
export function migrationsTable(layout: Layout): string {
  return fillIn(
    'CREATE TABLE IF NOT EXISTS {{table schema_migrations}} {{on cluster}} (version UInt32, ' +
      "name String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = {{engine " +
      'MergeTree}} ORDER BY version',
    layout,
  );
}

/** On a cluster, the distributed tables over those of the nodes; created anew after every migration. */
export function distributedTables(layout: Layout): string[] {
  if (layout.cluster === undefined) return [];
  return Object.entries(SHARDING).map(([table, key]) => distributedTable(table, key, layout));
}

function distributedTable(table: string, key: string, { prefix, cluster }: Layout): string {
  return (
    `CREATE OR REPLACE TABLE ${prefix}${table} ON CLUSTER ${cluster} AS ` +
    `${prefix}${table}_local ENGINE = Distributed(${cluster}, currentDatabase(), ` +
    `${prefix}${table}_local, ${key})`
  );
}

/** Every table and view after these migrations, by its name in a layout. */
export function tablesMade(had: readonly Migration[], layout: Layout): string[] {
  const made = new Set<string>();
  for (const statement of had.flatMap((migration) => statements(migration, layout))) {
    const name = MADE.exec(statement)?.[1];
    if (name !== undefined) made.add(name);
    const dropped = DROPPED.exec(statement)?.[1];
    if (dropped !== undefined) made.delete(dropped);
  }
  const views = created(had, 'view').map((name) => `${layout.prefix}${name}`);
  return [...made, ...(layout.cluster === undefined ? views : askedNames(had, layout))];
}

/** The tables with a retention, by their name in this layout. */
export function retainedTables(layout: Layout): Map<string, string> {
  return new Map(Object.keys(RETAINED_BY).map((table) => [tableName(table, layout), table]));
}

/** The statement that makes a table remove rows once they are `seconds` old, or keep them if undefined. */
export function retentionStatement(table: string, seconds: number | undefined, layout: Layout): string {
  return seconds === undefined
    ? `${altering(table, layout)} REMOVE TTL`
    : removing(table, RETAINED_BY[table], seconds, layout);
}

function removing(table: string, column: string, seconds: number, layout: Layout): string {
  return `${altering(table, layout)} MODIFY TTL toDateTime(${column}) + toIntervalSecond(${seconds})`;
}

function altering(table: string, layout: Layout): string {
  return fillIn(`ALTER TABLE {{table ${table}}} {{on cluster}}`, layout);
}

/** The retention in a table's definition in seconds, undefined if it has none. */
export function retentionIn(createTableQuery: string): number | undefined {
  const seconds = / TTL toDateTime\(\w+\) \+ toIntervalSecond\((\d+)\)/.exec(createTableQuery)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

function tableName(table: string, layout: Layout): string {
  return `${layout.prefix}${table}${layout.cluster === undefined ? '' : '_local'}`;
}

/** @param place the name of a replicated table's place in Keeper; its own by default */
function fillIn(text: string, layout: Layout, place = '{table}'): string {
  const { cluster } = layout;
  const filled = text
    .replace(/\{\{table (\w+)\}\}/g, (_, name: string) => tableName(name, layout))
    .replace(/\{\{view (\w+)\}\}/g, (_, name: string) => `${layout.prefix}${name}`);
  if (cluster === undefined)
    return filled
      .replace(/ ?\{\{on cluster\}\}/g, '')
      .replace(/\{\{in background\}\}/g, 'SETTINGS alter_sync = 0')
      .replace(/\{\{engine (.+?)\}\}/g, '$1')
      .replace(/\{\{deduplication\}\}/g, `non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}`);
  return filled
    .replace(/\{\{on cluster\}\}/g, `ON CLUSTER ${cluster}`)
    .replace(/\s*\{\{in background\}\}/g, '')
    .replace(
      /\{\{engine (\w+)(?:\((.*)\))?\}\}/g,
      (_, engine: string, parameters?: string) =>
        `Replicated${engine}('/clickhouse/tables/{shard}/{database}/${place}', ` +
        `'{replica}'${parameters === undefined ? '' : `, ${parameters}`})`,
    )
    .replace(
      /\{\{deduplication\}\}/g,
      `replicated_deduplication_window = ${DEDUPLICATION_WINDOW}, ` +
        `replicated_deduplication_window_seconds = ${DEDUPLICATION_SECONDS}`,
    );
}
