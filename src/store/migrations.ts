/**
 * The store's tables as numbered migrations, schemas/clickhouse/NNNN_name.sql: the same for chDB, a server
 * and a cluster. A migration once released is never changed; its statements may run twice (IF NOT EXISTS)
 * because one may have been interrupted.
 */
import { readdirSync, readFileSync } from 'node:fs';

export interface Migration {
  version: number;
  name: string;
  /** As in the file, {{ }} not filled in. */
  text: string;
}

/** What was done to bring a store's tables up to date. */
export interface Migrated {
  readonly applied: readonly Migration[];
  /** Tables and views that an earlier migration had made and that were gone: made again, empty. */
  readonly made: readonly string[];
  /**
   * Seconds after which the tables that were there remove rows, the least of all; undefined when none does.
   */
  readonly retention: number | undefined;
}

/** How the tables are laid out in a store. */
export interface Layout {
  /** In front of every table's name. */
  prefix: string;
  /**
   * A cluster of the server's configuration: then every table is a ReplicatedMergeTree named `…_local` on
   * every node, behind a Distributed table of the plain name. Undefined for one server, and for chDB.
   */
  cluster?: string | undefined;
}

/**
 * How rows find their shard. It must follow from the row: an insert made again has to fall into the same
 * pieces, or deduplication on the shards would drop rows. Packets go where their session is.
 */
export const SHARDING: Record<string, string> = {
  sessions: 'cityHash64(session_id)',
  mirrors: 'cityHash64(mirror_source, mirror_session, minute)',
  tunnels: 'cityHash64(name, minute)',
  packets: 'cityHash64(session_id)',
  sessions_by_minute: 'cityHash64(client_ip)',
  // A view of each shard's sessions: a conversation's parts are on one.
  conversations: 'cityHash64(session_id)',
  schema_migrations: 'version',
};

/** The column by whose age rows are removed. */
const RETAINED_BY: Record<string, string> = {
  sessions: 'last_seen',
  mirrors: 'minute',
  tunnels: 'minute',
  packets: 'time',
  sessions_by_minute: 'minute',
};

/** Tables under their own names. */
export const DEFAULT_LAYOUT: Layout = { prefix: '' };

/** What a store remembers of the inserts it has seen, so that one repeated is recognised: blocks a table. */
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

/** The statements of a migration for a layout, comments removed. */
export function statements(migration: Migration, layout: Layout): string[] {
  return fillIn(migration.text, layout)
    .replace(/^\s*--.*\n/gm, '')
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

/** The table that says which migrations a store has had. */
export function migrationsTable(layout: Layout): string {
  return fillIn(
    'CREATE TABLE IF NOT EXISTS {{table schema_migrations}} {{on cluster}} (version UInt32, ' +
      "name String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = {{engine " +
      'MergeTree}} ORDER BY version',
    layout,
  );
}

/** On a cluster, the tables that stand before those of the nodes; made anew after every migration. */
export function distributedTables(layout: Layout): string[] {
  const { prefix, cluster } = layout;
  if (cluster === undefined) return [];
  return Object.entries(SHARDING).map(
    ([table, key]) =>
      `CREATE OR REPLACE TABLE ${prefix}${table} ON CLUSTER ${cluster} AS ` +
      `${prefix}${table}_local ENGINE = Distributed(${cluster}, currentDatabase(), ` +
      `${prefix}${table}_local, ${key})`,
  );
}

/** Every table and view that there is after all migrations, under the names of a layout. */
export function tablesMade(layout: Layout): string[] {
  const made = new Set<string>();
  for (const { text } of migrations()) {
    for (const [, name] of text.matchAll(/^CREATE [\w ]*\{\{table (\w+)\}\}/gm))
      made.add(tableName(name, layout));
  }
  if (layout.cluster !== undefined)
    for (const name of Object.keys(SHARDING)) made.add(`${layout.prefix}${name}`);
  return [...made];
}

/** The tables that have a retention, by the name they have in this layout. */
export function retainedTables(layout: Layout): Map<string, string> {
  return new Map(Object.keys(RETAINED_BY).map((table) => [tableName(table, layout), table]));
}

/** What makes rows of a table go once they are `seconds` old, or stay when undefined. */
export function retentionStatement(table: string, seconds: number | undefined, layout: Layout): string {
  const alter = fillIn(`ALTER TABLE {{table ${table}}} {{on cluster}}`, layout);
  return seconds === undefined ? `${alter} REMOVE TTL` : `${alter} MODIFY TTL ${ttl(table, seconds)}`;
}

/** Seconds of retention in a table's definition, undefined when it has none. */
export function retentionIn(createTableQuery: string): number | undefined {
  const seconds = / TTL toDateTime\(\w+\) \+ toIntervalSecond\((\d+)\)/.exec(createTableQuery)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

function ttl(table: string, seconds: number): string {
  return `toDateTime(${RETAINED_BY[table]}) + toIntervalSecond(${seconds})`;
}

function tableName(table: string, layout: Layout): string {
  return `${layout.prefix}${table}${layout.cluster === undefined ? '' : '_local'}`;
}

function fillIn(text: string, layout: Layout): string {
  const { cluster } = layout;
  const filled = text.replace(/\{\{table (\w+)\}\}/g, (_, name: string) => tableName(name, layout));
  if (cluster === undefined)
    return filled
      .replace(/ ?\{\{on cluster\}\}/g, '')
      .replace(/\{\{engine (.+?)\}\}/g, '$1')
      .replace(/\{\{deduplication\}\}/g, `non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}`);
  return filled
    .replace(/\{\{on cluster\}\}/g, `ON CLUSTER ${cluster}`)
    .replace(
      /\{\{engine (\w+)(?:\((.*)\))?\}\}/g,
      (_, engine: string, parameters?: string) =>
        `Replicated${engine}('/clickhouse/tables/{shard}/{database}/{table}', ` +
        `'{replica}'${parameters === undefined ? '' : `, ${parameters}`})`,
    )
    .replace(
      /\{\{deduplication\}\}/g,
      `replicated_deduplication_window = ${DEDUPLICATION_WINDOW}, ` +
        `replicated_deduplication_window_seconds = ${DEDUPLICATION_SECONDS}`,
    );
}
