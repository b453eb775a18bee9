/** The common part of ClickHouse stores, server or embedded. */
import type { Readable } from 'node:stream';
import { TABLE_NAMES, type TableName } from '../../model/columns/tables.js';
import {
  beside,
  COPY_LACKS_ROWS,
  type Former,
  isFormer,
  MADE_ANEW,
  mayBeFromBefore,
  partitionsQuestion,
} from '../anew.js';
import { StoreError, StoreRefused } from '../errors.js';
import type { StoreSize } from '../growth.js';
import {
  askedNames,
  type Formers,
  type Layout,
  type Migrated,
  type Migration,
  migrationStatements,
  migrations,
  migrationsTable,
  retainedTables,
  retentionIn,
  retentionStatement,
  tablesMade,
} from '../migrations.js';
import { StoredFacts } from '../networks/stored-facts.js';
import { StoredNetworks } from '../networks/stored-networks.js';
import { countsQuestion, fillStatements, type Gap, gapsQuestion } from '../rollups.js';
import type { QueryOptions, Segment, Store } from '../store.js';
import { formatSettings, quote } from '../tables.js';

const UNKNOWN_TABLE = 60;
const UNKNOWN_DATABASE = 81;

/**
 * A segment is inserted as one block, so that it is stored completely or not at all, and its token stands for
 * all of it: the sizes at which ClickHouse would split are larger than any segment. The rows of a capture
 * file may belong to any number of days, and so of partitions.
 */
const ONE_BLOCK = [
  'max_block_size=10000000',
  'max_insert_block_size=10000000',
  'min_insert_block_size_rows=10000000',
  'min_insert_block_size_bytes=0',
  'max_insert_threads=1',
  'max_partitions_per_insert_block=0',
  'async_insert=0',
  // On a cluster the answer then means that every shard has its rows.
  'distributed_foreground_insert=1',
  // The views of roll-ups group: what they insert has nothing left to add up.
  'optimize_on_insert=0',
  // Each roll-up recognises its part of a repeated insert by itself.
  'deduplicate_blocks_in_dependent_materialized_views=1',
].join(', ');

/** When migration 20 made tables anew, in milliseconds since 1970; 0: the store was made with it. */
const ANEW_AT =
  'if(maxIf(applied_at, version = 20) > min(applied_at), ' +
  'toUnixTimestamp64Milli(maxIf(applied_at, version = 20)), 0)';
/** How often a day of a roll-up is filled, until it adds up. */
const FILL_TRIES = 3;
/** How often tables are copied that get rows meanwhile. */
const COPY_TRIES = 3;
const DAY_SECONDS = 86_400;

/** The default format of an answer, as in clickhouse-client. */
export const DEFAULT_FORMAT = 'TabSeparated';

export abstract class ClickHouseStore implements Store {
  abstract readonly name: string;

  readonly networks: StoredNetworks;
  readonly facts: StoredFacts;

  protected constructor(protected readonly layout: Layout) {
    const engine = {
      layout,
      words: (query: string) => this.words(query),
      command: (query: string) => this.command(query),
      insert: (table: TableName, segment: Uint8Array, token: string, rows: number) =>
        this.insert(table, segment, token, rows),
    };
    this.networks = new StoredNetworks(engine);
    this.facts = new StoredFacts(engine);
  }

  abstract insert(table: TableName, segment: Segment, token: string, rows: number): Promise<void>;
  abstract query(sql: string, options?: QueryOptions): Promise<Readable>;
  abstract change(sql: string, options?: QueryOptions): Promise<Readable>;
  abstract close(): Promise<void>;

  /** Runs one of our own statements, without an answer. @throws StoreError */
  protected abstract command(query: string): Promise<void>;

  /** Runs our own statements one after the other, until one fails. @throws StoreError */
  protected async commands(queries: readonly string[]): Promise<void> {
    for (const query of queries) await this.command(query);
  }

  /** Runs one of our own statements. @returns its answer as TabSeparatedRaw. @throws StoreError */
  protected abstract words(query: string): Promise<string>;

  async migrate(): Promise<Migrated> {
    const all = migrations();
    const newest = all.at(-1)?.version ?? 0;
    const { version, tables } = await this.state();
    if (version > newest)
      throw new StoreRefused(
        `${this.name} has tables of version ${version}, made by a newer mirrorlake; this one ` +
          `knows ${newest}: upgrade mirrorlake`,
      );
    const applied = all.filter((m) => m.version > version);
    const had = all.filter((m) => m.version <= version);
    const made = had.length === 0 ? [] : this.missing(had, tables);
    const retention = least(retentionsIn(this.layout, tables));
    if (applied.length + made.length === 0) return { applied, made, retention };
    const behind = tables.get(`${this.layout.prefix}schema_migrations`)?.engine === 'Distributed';
    if (behind && this.layout.cluster === undefined)
      throw new StoreRefused(
        `${this.name} has ` +
          `${applied.length > 0 ? 'older tables on a cluster' : `no ${made.join(', ')} on its cluster`}: ` +
          'run mirrorlake schema apply --cluster NAME',
      );
    const formers = await this.formers(tables);
    // Missing tables were created by earlier migrations, whose statements create nothing that exists.
    const toDo = [
      migrationsTable(this.layout),
      ...migrationStatements(made.length > 0 ? all : applied, this.layout, formers),
    ];
    if (applied.length > 0) {
      const rows = applied.map(({ version: applying, name }) => `(${applying}, ${quote(name)})`);
      // On a cluster every node must know the version before a collector asks.
      toDo.push(
        `INSERT INTO ${this.layout.prefix}schema_migrations (version, name) SETTINGS ` +
          `distributed_foreground_insert=1 VALUES ${rows.join(', ')}`,
      );
    }
    await this.keepMinutes(tables);
    for (let tried = 1; ; tried++) {
      try {
        await this.commands(toDo);
        if (formers.size > 0) this.anew = Date.now();
        return { applied, made, retention };
      } catch (error) {
        const again = error instanceof StoreError && error.number === COPY_LACKS_ROWS && tried < COPY_TRIES;
        if (!again) throw error;
      }
    }
  }

  /** What there is of the tables that a migration makes anew. */
  private async formers(tables: Tables): Promise<Formers> {
    const formers = new Map<string, Former>();
    for (const table of MADE_ANEW) {
      const { prefix, cluster } = this.layout;
      const local = cluster === undefined ? '' : '_local';
      const definition = tables.get(`${prefix}${table}${local}`)?.definition;
      if (definition !== undefined && isFormer(definition)) {
        const partitions = await this.rows<[string]>(partitionsQuestion(table, `${prefix}${table}`));
        const age = retentionIn(definition);
        formers.set(table, { partitions: partitions.map(([part]) => part), age });
      } else if (tables.has(`${prefix}${beside(table)}${local}`))
        formers.set(table, { partitions: undefined, age: undefined });
    }
    return formers;
  }

  /**
   * `sessions_by_minute` was a table before it became a view of `sessions`, with a retention of its own. What
   * only the table has is kept. A day is not counted: ClickHouse removes parts at different times.
   */
  private async keepMinutes(tables: Tables): Promise<void> {
    const { prefix, cluster } = this.layout;
    const name = `${prefix}sessions_by_minute`;
    const local = cluster === undefined ? name : `${name}_local`;
    if (!/MergeTree$/.test(tables.get(local)?.engine ?? '')) return;
    const oldest =
      `SELECT if(count() = 0, now('UTC'), toDateTime(min(first_seen), 'UTC') - ${DAY_SECONDS}) ` +
      `FROM ${prefix}sessions`;
    const [[rows]] = await this.rows<[string]>(
      `SELECT count() FROM ${name} WHERE minute < toStartOfDay((${oldest}))`,
    );
    if (Number(rows) === 0) return;
    // A replicated table's place in Keeper has its name.
    if (cluster !== undefined)
      throw new StoreRefused(
        `${this.name}: ${rows} rows of sessions_by_minute are older than all sessions, and it becomes a ` +
          `view of these: copy them into a table of your own, and ` +
          `TRUNCATE TABLE ${local} ON CLUSTER ${cluster}`,
      );
    await this.commands([`DROP VIEW IF EXISTS ${name}_view`, `RENAME TABLE ${name} TO ${name}_kept`]);
  }

  async gaps(): Promise<readonly Gap[]> {
    const question = gapsQuestion(this.layout, await this.retention());
    const rows = await this.rows<[string, string, string, string]>(question);
    return rows.map(([rollup, day, sessions, held]) => ({
      rollup,
      day,
      sessions: Number(sessions),
      held: Number(held),
    }));
  }

  async fill(gap: Gap): Promise<void> {
    for (let tried = 0; tried < FILL_TRIES; tried++) {
      for (const statement of fillStatements(gap, this.layout)) await this.command(statement);
      // Sessions of that day that came meanwhile may have been counted twice.
      const [[sessions, held]] = await this.rows<[string, string]>(countsQuestion(gap, this.layout));
      if (Number(sessions) === Number(held)) return;
    }
    throw new StoreError(
      `${this.name}: ${gap.rollup} of ${gap.day} does not add up to its sessions, which still come: run ` +
        'mirrorlake schema apply again later',
    );
  }

  async rowCount(): Promise<number | undefined> {
    const counts = TABLE_NAMES.map((table) => `(SELECT count() FROM ${this.layout.prefix}${table})`);
    try {
      return Number(await this.words(`SELECT ${counts.join(' + ')}`));
    } catch (error) {
      // The inserting user need not be allowed to read.
      if (error instanceof StoreRefused) return undefined;
      throw error;
    }
  }

  async size(): Promise<StoreSize> {
    const { prefix } = this.layout;
    const rows = await this.rows<[string, string, string]>(
      'SELECT table, sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND ' +
        `database = currentDatabase() AND startsWith(table, ${quote(prefix)}) GROUP BY table`,
    );
    const name = (table: string): string => table.slice(prefix.length).replace(/_local$/, '');
    return {
      tables: new Map(
        rows.map(([table, n, bytes]) => [name(table), { rows: Number(n), bytes: Number(bytes) }]),
      ),
      free: await this.free(),
    };
  }

  /** Free bytes of the disk under the tables, undefined if this user may not know. */
  protected abstract free(): Promise<number | undefined>;

  async retention(): Promise<number | undefined> {
    return least(await this.retentions());
  }

  async retain(seconds: number | undefined, onlyNew: boolean): Promise<void> {
    for (const [table, current] of await this.retentions()) {
      if (current === seconds || (onlyNew && current !== undefined)) continue;
      await this.command(retentionStatement(table, seconds, this.layout));
    }
  }

  private async retentions(): Promise<Retentions> {
    const [[tables]] = await this.rows<[TableRow[]]>(`SELECT (${this.tablesQuestion()})`);
    return retentionsIn(this.layout, tablesOf(tables));
  }

  /** Tables and views that these migrations have created, and that are missing. */
  private missing(had: readonly Migration[], tables: Tables): string[] {
    // A user who only sees a cluster's distributed tables knows nothing of the others.
    const seesDistributed = [...tables.values()].some((t) => t.engine === 'Distributed');
    const made = this.layout.cluster === undefined && seesDistributed ? askedNames : tablesMade;
    return made(had, this.layout).filter((name) => !tables.has(name));
  }

  /** Whether there can be no tables yet, because the database was just created. */
  protected empty = false;

  /** Creates the database, before the first migration. */
  protected async prepare(): Promise<void> {}

  /**
   * Milliseconds since 1970 at which tables were made anew, which do not recognise earlier inserts; 0: never.
   */
  private anew = 0;

  /** Whether a segment's rows are there from before tables were made anew. */
  protected async isFromBefore(table: TableName, segment: Segment, token: string): Promise<boolean> {
    if (!mayBeFromBefore(table, token, this.anew)) return false;
    const { rowQuestions } = await import('../repeated.js');
    const questions = rowQuestions(table, segment, this.layout.prefix);
    if (questions === undefined) return false;
    try {
      for (const question of questions) if ((await this.words(question)).trim() === '0') return false;
      return true;
    } catch (error) {
      // The inserting user need not be allowed to read.
      if (error instanceof StoreRefused) return false;
      throw error;
    }
  }

  /** The settings of an insert's statement. */
  protected insertSettings(table: TableName, token: string): string {
    return (
      `SETTINGS ${formatSettings(table)}, insert_deduplication_token=${quote(token)}, ` +
      `${ONE_BLOCK}${this.deduplicate}`
    );
  }

  /**
   * Since ClickHouse has a setting for it (25.12), it deduplicates an INSERT SELECT only with that setting.
   */
  private deduplicate = '';

  /**
   * The last migration that the store has had, 0 for none, and its tables. One query, because it runs at
   * every start.
   */
  private async state(): Promise<{ version: number; tables: Tables }> {
    const known = "SELECT count() FROM system.settings WHERE name = 'deduplicate_insert_select'";
    const tables = this.tablesQuestion();
    if (!this.empty) {
      try {
        return await this.ask(
          `SELECT max(version), (${known}), (${tables}), ${ANEW_AT} ` +
            `FROM ${this.layout.prefix}schema_migrations`,
        );
      } catch (error) {
        if (!(error instanceof StoreError) || ![UNKNOWN_TABLE, UNKNOWN_DATABASE].includes(error.number))
          throw error;
      }
    }
    this.empty = false;
    await this.prepare();
    return await this.ask(`SELECT 0, (${known}), (${tables}), 0`);
  }

  /** Tables by name and engine; those with a retention with their definitions. */
  private tablesQuestion(): string {
    const retained = [...retainedTables(this.layout).keys()].map(quote).join(', ');
    return (
      `SELECT groupArray((name, engine, if(name IN (${retained}), create_table_query, ''))) ` +
      'FROM system.tables WHERE database = currentDatabase()'
    );
  }

  /** Rows of JSONCompactEachRow. */
  private async rows<Row>(query: string): Promise<Row[]> {
    const lines = (await this.words(`${query} FORMAT JSONCompactEachRow`)).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
  }

  private async ask(query: string): Promise<{ version: number; tables: Tables }> {
    const [[version, known, tables, anew]] = await this.rows<[number, string, TableRow[], string]>(query);
    this.anew = Number(anew);
    this.deduplicate = Number(known) > 0 ? ", deduplicate_insert_select='force_enable'" : '';
    return { version, tables: tablesOf(tables) };
  }
}

type TableRow = [name: string, engine: string, definition: string];
type Tables = ReadonlyMap<string, { readonly engine: string; readonly definition: string }>;
/** Seconds after which a table removes rows, undefined if never. */
type Retentions = ReadonlyMap<string, number | undefined>;

function tablesOf(rows: readonly TableRow[]): Tables {
  return new Map(rows.map(([name, engine, definition]) => [name, { engine, definition }]));
}

/** Only of tables that hold their own rows. */
function retentionsIn(layout: Layout, tables: Tables): Retentions {
  const retentions = new Map<string, number | undefined>();
  for (const [name, table] of retainedTables(layout)) {
    const found = tables.get(name);
    if (found !== undefined && found.engine !== 'Distributed')
      retentions.set(table, retentionIn(found.definition));
  }
  return retentions;
}

function least(retentions: Retentions): number | undefined {
  const ages = [...retentions.values()].filter((age) => age !== undefined);
  return ages.length === 0 ? undefined : Math.min(...ages);
}
