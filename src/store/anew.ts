/**
 * Tables that a migration makes anew because ClickHouse cannot change a column of their sorting key: the rows
 * are copied into a table beside, which then takes the name. `CREATE TABLE IF NOT EXISTS {{anew NAME}}` in a
 * migration stands for that.
 *
 * Every step may be interrupted: until the exchange nothing has happened to the table, and the copy begins
 * anew; after it the table beside is the old one. Meanwhile the table refuses inserts as ClickHouse does with
 * too many parts, so that collectors keep their rows and try again. Roll-ups get no inserts, as their views
 * are dropped before.
 */
import type { TableName } from '../model/columns/tables.js';

/** Milliseconds by which a collector's clock may be ahead of the server's. */
const CLOCKS_APART = 600_000;

/** How a table is copied. */
interface Copying {
  /** A number for each row: a statement copies the rows of one. */
  readonly partition: string;
  /** What must be equal in both tables at the end: merges may leave fewer rows of a roll-up. */
  readonly held: string;
  /** The column whose age removes rows. */
  readonly time: string;
}

const COPYING: Readonly<Record<string, Copying>> = {
  mirrors: { partition: 'toYYYYMM(minute)', held: 'count()', time: 'minute' },
  traffic_by_minute: { partition: 'toYYYYMMDD(minute)', held: 'sum(sessions)', time: 'minute' },
  clients_by_hour: { partition: 'toYYYYMMDD(hour)', held: 'sum(sessions)', time: 'hour' },
  services_by_hour: { partition: 'toYYYYMMDD(hour)', held: 'sum(sessions)', time: 'hour' },
};

/** The number of ClickHouse's error when the copy lacks rows: somebody has inserted meanwhile. */
export const COPY_LACKS_ROWS = 395;

/** The tables that are made anew. */
export const MADE_ANEW: readonly string[] = Object.keys(COPYING);

/** What a store has of a table that is made anew. */
export interface Former {
  /** Numbers of the partitions to copy; undefined: the table is the new one already. */
  readonly partitions: readonly string[] | undefined;
  /** Seconds after which it removes rows; undefined: never. */
  readonly age: number | undefined;
}

/** The name of the table beside. */
export function beside(table: string): string {
  return `${table}_anew`;
}

/** Whether a table is the former one, by its definition. */
export function isFormer(definition: string): boolean {
  return /`mirror_session` UInt16\b/.test(definition);
}

/** The question for the partitions of a table, one a row, the newest last. */
export function partitionsQuestion(table: string, name: string): string {
  return `SELECT DISTINCT toString(${COPYING[table].partition}) AS part FROM ${name} ORDER BY part`;
}

/** How the tables of a layout are written. */
export interface Writing {
  /** Tables of the nodes, as in `{{table NAME}}`. */
  readonly local: (table: string) => string;
  /** The same with the database. */
  readonly qualified: (table: string) => string;
  /** Tables that people ask. */
  readonly asked: (table: string) => string;
  /** ` ON CLUSTER …`, or empty. */
  readonly onCluster: string;
  /** The statement that makes the distributed table of a table; undefined without a cluster. */
  readonly distributed: ((table: string, like: string) => string) | undefined;
  /** The statement that makes a table remove rows once they are `seconds` old by a column of theirs. */
  readonly retaining: (table: string, column: string, seconds: number) => string;
}

/**
 * The statements that make a table anew.
 *
 * @param create the statement that creates it unless it exists, by its name
 */
export function anewStatements(
  table: string,
  create: (name: string) => string,
  former: Former | undefined,
  { local, qualified, asked, onCluster, distributed, retaining }: Writing,
): string[] {
  const copy = beside(table);
  const drop = `DROP TABLE IF EXISTS ${local(copy)}${onCluster} SYNC`;
  const dropDistributed = `DROP TABLE IF EXISTS ${asked(copy)}${onCluster} SYNC`;
  const away = distributed === undefined ? [drop] : [dropDistributed, drop];
  if (former === undefined) return [create(local(table))];
  if (former.partitions === undefined) return [...away, create(local(table))];
  const { partition, held, time } = COPYING[table];
  const settings = [
    'insert_deduplicate = 0',
    'max_partitions_per_insert_block = 0',
    // On a cluster each shard copies its own rows.
    ...(distributed === undefined
      ? []
      : ['distributed_foreground_insert = 1', 'parallel_distributed_insert_select = 2']),
  ].join(', ');
  const copied = (where: string): string =>
    `INSERT INTO ${asked(copy)} SELECT * FROM ${asked(table)} WHERE ${where} SETTINGS ${settings}`;
  const { partitions, age } = former;
  const kept = age === undefined ? '' : ` WHERE ${time} > now() - ${age}`;
  const sums = [asked(table), asked(copy)].map((name) => `(SELECT ${held} FROM ${name}${kept})`);
  return [
    ...away,
    create(local(copy)).replace(' IF NOT EXISTS', ''),
    ...(age === undefined ? [] : [retaining(copy, time, age)]),
    ...(distributed === undefined ? [] : [distributed(copy, table)]),
    `ALTER TABLE ${local(table)}${onCluster} MODIFY SETTING max_parts_in_total = 0`,
    ...(distributed === undefined ? [] : [`SYSTEM SYNC REPLICA${onCluster} ${qualified(table)}`]),
    ...partitions.map((one) => copied(`${partition} = ${one}`)),
    // Those that came after the question.
    copied(partitions.length === 0 ? '1' : `${partition} NOT IN (${partitions.join(', ')})`),
    `SELECT throwIf(${sums.join(' != ')}, 'rows of ${table} came while it was copied') FORMAT Null`,
    `EXCHANGE TABLES ${local(table)} AND ${local(copy)}${onCluster}`,
    ...away,
  ];
}

/**
 * Whether a segment may have been inserted before `anew`, in milliseconds since 1970. The name of a spool's
 * segment begins with the time that it was made at; that of a capture says nothing.
 */
export function mayBeFromBefore(table: TableName, name: string, anew: number): boolean {
  // The views of sessions fill the roll-ups. Other tables are not made anew.
  if (anew === 0 || (table !== 'sessions' && table !== 'mirrors')) return false;
  const made = /^(\d{13})-/.exec(name)?.[1];
  return made === undefined || Number(made) < anew + CLOCKS_APART;
}
