/** What a store is when it is ClickHouse, whichever way it is reached. */
import type { Readable } from 'node:stream';
import type { ClickHouseClient, ClickHouseSettings, DataFormat } from '@clickhouse/client';
import { StoreError, StoreRefused } from './errors.js';
import {
  distributedTables,
  type Layout,
  type Migration,
  migrations,
  migrationsTable,
  retainedTables,
  retentionIn,
  retentionStatement,
  statements,
} from './migrations.js';
import type { QueryOptions, Segment, Store } from './store.js';
import { formatSettings, quote, type TableName } from './tables.js';

const UNKNOWN_TABLE = 60;
const UNKNOWN_DATABASE = 81;

/**
 * A segment goes in as one block, so that it is stored whole or not at all, and its token stands for all of it:
 * the sizes at which ClickHouse would cut are put out of reach of any segment. The rows of a capture file may be
 * of any number of days, and so of partitions.
 */
const ONE_BLOCK = [
  'max_block_size=10000000',
  'max_insert_block_size=10000000',
  'min_insert_block_size_rows=10000000',
  'min_insert_block_size_bytes=0',
  'max_insert_threads=1',
  'max_partitions_per_insert_block=0',
  'async_insert=0',
  // On a cluster the answer means that every shard has its rows.
  'distributed_foreground_insert=1',
  // A roll-up takes its part of an insert made again by itself.
  'deduplicate_blocks_in_dependent_materialized_views=1',
].join(', ');

export abstract class ClickHouseStore implements Store {
  abstract readonly name: string;

  protected constructor(protected readonly layout: Layout) {}

  abstract insert(table: TableName, segment: Segment, token: string): Promise<void>;
  abstract close(): Promise<void>;

  /** Does something with a client of this store. @throws StoreError */
  protected abstract attempt<T>(what: (client: ClickHouseClient) => Promise<T>): Promise<T>;

  async migrate(): Promise<Migration[]> {
    const all = migrations();
    const newest = all.at(-1)?.version ?? 0;
    const version = await this.version();
    if (version > newest)
      throw new StoreRefused(
        `${this.name} has tables of version ${version}, made by a newer mirrorlake; this one knows ${newest}: upgrade mirrorlake`,
      );
    const missing = all.filter((m) => m.version > version);
    if (missing.length === 0) return [];
    if (version > 0) await this.checkLayout();
    await this.command(migrationsTable(this.layout));
    const distributed = distributedTables(this.layout);
    if (version === 0)
      for (const statement of distributed)
        if (statement.includes('schema_migrations')) await this.command(statement);
    for (const migration of missing) {
      for (const statement of statements(migration, this.layout)) await this.command(statement);
      if (migration === missing.at(-1)) for (const statement of distributed) await this.command(statement);
      // On a cluster every node is to know of it before a collector asks.
      await this.command(
        `INSERT INTO ${this.layout.prefix}schema_migrations (version, name) SETTINGS distributed_foreground_insert=1 VALUES (${migration.version}, ${quote(migration.name)})`,
      );
    }
    return missing;
  }

  async retain(seconds: number | undefined, onlyNew: boolean): Promise<void> {
    const tables = retainedTables(this.layout);
    const names = [...tables.keys()].map(quote).join(', ');
    const rows = await this.rows<[string, string]>(
      `SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() AND name IN (${names}) AND engine != 'Distributed'`,
    );
    for (const [name, definition] of rows) {
      const current = retentionIn(definition);
      if (current === seconds || (onlyNew && current !== undefined)) continue;
      await this.command(retentionStatement(tables.get(name) as string, seconds, this.layout));
    }
  }

  async query(sql: string, options: QueryOptions = {}): Promise<Readable> {
    // An error in the middle of the answer is an error, not the end of the answer.
    const clickhouse_settings: ClickHouseSettings = {
      wait_end_of_query: 1,
      output_format_pretty_color: options.color === true ? 1 : 0,
    };
    if (options.format !== undefined) clickhouse_settings.default_format = options.format as DataFormat;
    const query_params = options.params ?? {};
    return this.attempt(async (client) => {
      const { stream } = await client.exec({ query: sql, query_params, clickhouse_settings });
      return stream;
    });
  }

  /** Tables of a cluster are changed as such, or the nodes' would be left as they are. */
  private async checkLayout(): Promise<void> {
    const [[distributed]] = await this.rows<[number | string]>(
      `SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = '${this.layout.prefix}schema_migrations' AND engine = 'Distributed'`,
    );
    if (Number(distributed) > 0 && this.layout.cluster === undefined)
      throw new StoreRefused(
        `${this.name} has older tables on a cluster: run mirrorlake schema apply --cluster NAME`,
      );
  }

  /** Makes what the tables are in, before the first migration. */
  protected async prepare(): Promise<void> {}

  protected async command(query: string): Promise<void> {
    await this.attempt((client) => client.command({ query }));
  }

  /** The settings of an insert's statement. */
  protected insertSettings(table: TableName, token: string): string {
    return `SETTINGS ${formatSettings(table)}, insert_deduplication_token=${quote(token)}, ${ONE_BLOCK}${this.deduplicate}`;
  }

  /** ClickHouse deduplicates an INSERT SELECT only when told to, since it has a setting for that (25.12). */
  private deduplicate = '';

  /** The last migration the store has had, 0 for none. One question, for it is asked at every start. */
  private async version(): Promise<number> {
    const known = "SELECT count() FROM system.settings WHERE name = 'deduplicate_insert_select'";
    try {
      return await this.ask(`SELECT max(version), (${known}) FROM ${this.layout.prefix}schema_migrations`);
    } catch (error) {
      if (!(error instanceof StoreError) || ![UNKNOWN_TABLE, UNKNOWN_DATABASE].includes(error.code))
        throw error;
    }
    await this.prepare();
    return await this.ask(`SELECT 0, (${known})`);
  }

  private rows<Row>(query: string): Promise<Row[]> {
    return this.attempt(async (client) => {
      const answer = await client.query({ query, format: 'JSONCompactEachRow' });
      return answer.json<Row>();
    });
  }

  private async ask(query: string): Promise<number> {
    const [[version, known]] = await this.rows<[number, string]>(query);
    this.deduplicate = Number(known) > 0 ? ", deduplicate_insert_select='force_enable'" : '';
    return version;
  }
}
