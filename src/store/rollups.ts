/**
 * Roll-ups of `sessions`: views fill them as sessions are inserted, and this fills the days from before a
 * view was made. It needs no memory of its own: a day is filled where it adds up to fewer sessions than there
 * are, so an interrupted run is continued by the next one.
 */
import { type Layout, migrations, statements } from './migrations.js';

/** The roll-ups, each with the column of its time. */
export const ROLLUPS: Readonly<Record<string, 'minute' | 'hour'>> = {
  traffic_by_minute: 'minute',
  clients_by_hour: 'hour',
  services_by_hour: 'hour',
};

/** A day of a roll-up that lacks sessions. */
export interface Gap {
  readonly rollup: string;
  /** In UTC, YYYY-MM-DD. */
  readonly day: string;
  /** Rows of `sessions` in that day, and those that the roll-up adds up to. */
  readonly sessions: number;
  readonly held: number;
}

/**
 * The question for gaps, as rows of roll-up, day, sessions and held, the newest day first. Today is left out:
 * it still grows; and so are days whose rows the roll-ups would remove again.
 *
 * @param retention seconds after which rows are removed, undefined: never
 */
export function gapsQuestion(layout: Layout, retention: number | undefined): string {
  const held = Object.entries(ROLLUPS).map(
    ([rollup, time]) =>
      `SELECT '${rollup}' AS rollup, toDate(${time}) AS day, sum(sessions) AS n ` +
      `FROM ${layout.prefix}${rollup} GROUP BY day`,
  );
  const names = Object.keys(ROLLUPS).map((rollup) => `'${rollup}'`);
  const kept = retention === undefined ? '' : ` AND toDateTime(day, 'UTC') > now() - ${retention}`;
  return (
    'SELECT s.rollup, toString(s.day), s.n, h.n FROM (SELECT arrayJoin' +
    `([${names.join(', ')}]) AS rollup, day, n FROM (SELECT toDate(first_seen) AS day, count() AS n ` +
    `FROM ${layout.prefix}sessions GROUP BY day)) AS s LEFT JOIN (${held.join(' UNION ALL ')}) AS h ` +
    `ON h.rollup = s.rollup AND h.day = s.day WHERE h.n < s.n AND day < toDate(now('UTC'))${kept} ` +
    'ORDER BY s.day DESC, s.rollup'
  );
}

/** The question for the rows of `sessions` in a day, and those that a roll-up adds up to. */
export function countsQuestion({ rollup, day }: Gap, { prefix }: Layout): string {
  return (
    `SELECT (SELECT count() FROM ${prefix}sessions WHERE toDate(first_seen) = '${day}'), ` +
    `(SELECT sum(sessions) FROM ${prefix}${rollup} WHERE toDate(${ROLLUPS[rollup]}) = '${day}')`
  );
}

/**
 * The statements that fill a day of a roll-up anew, an hour at a time: it takes less memory, and an insert
 * that waits for a statement waits less. On a cluster each shard fills its own from its own sessions.
 */
export function fillStatements({ rollup, day }: Gap, layout: Layout): string[] {
  const view = migrations()
    .flatMap((migration) => statements(migration, { prefix: layout.prefix }))
    .findLast((s) => s.startsWith(`CREATE MATERIALIZED VIEW IF NOT EXISTS ${layout.prefix}${rollup}_view\n`));
  const [, select, keys] = /\bAS\n(SELECT[\s\S]*)\nGROUP BY\s([\s\S]*)$/.exec(view ?? '') ?? [];
  const { prefix, cluster } = layout;
  const local = cluster === undefined ? '' : `_local ON CLUSTER ${cluster}`;
  const settings = [
    // The same rows may have been there before the day was emptied.
    'insert_deduplicate = 0',
    'distributed_foreground_insert = 1',
    ...(cluster === undefined ? [] : ['parallel_distributed_insert_select = 2']),
  ].join(', ');
  return [
    // Dropping the partition would forget which inserts it has had, and take one made again.
    `ALTER TABLE ${prefix}${rollup}${local} DELETE IN PARTITION '${day}' WHERE true ` +
      'SETTINGS mutations_sync = 2',
    ...Array.from(
      { length: 24 },
      (_, hour) =>
        `INSERT INTO ${prefix}${rollup} ${select} WHERE toDate(s.first_seen) = '${day}' ` +
        `AND toHour(s.first_seen) = ${hour} GROUP BY ${keys} SETTINGS ${settings}`,
    ),
  ];
}
