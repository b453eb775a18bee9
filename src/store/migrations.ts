/**
 * The store's tables as numbered migrations, schemas/clickhouse/NNNN_name.sql: the same for chDB, a server and a
 * cluster. A migration once released is never changed; its statements may run twice (IF NOT EXISTS) because one
 * may have been interrupted.
 */
import { readdirSync, readFileSync } from 'node:fs';

export interface Migration {
  version: number;
  name: string;
  /** As in the file, {{ }} not filled in. */
  text: string;
}

/** How the tables are laid out in a store. */
export interface Layout {
  /** In front of every table's name. */
  prefix: string;
}

/** Tables under their own names. */
export const DEFAULT_LAYOUT: Layout = { prefix: '' };

/** What a store remembers of the inserts it has seen, so that one repeated is recognised: blocks a table. */
const DEDUPLICATION_WINDOW = 10_000;

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
  return `CREATE TABLE IF NOT EXISTS ${layout.prefix}schema_migrations (version UInt32, name String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = MergeTree ORDER BY version`;
}

function fillIn(text: string, layout: Layout): string {
  return text
    .replace(/\{\{table (\w+)\}\}/g, (_, name: string) => layout.prefix + name)
    .replace(/ ?\{\{on cluster\}\}/g, '')
    .replace(/\{\{engine (.+?)\}\}/g, '$1')
    .replace(/\{\{deduplication\}\}/g, `non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}`);
}
