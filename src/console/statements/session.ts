/** What is asked of one conversation. */

import { parsePrefix } from '../../config/units.js';
import { VIEWS } from '../../model/columns/views.js';
import { SESSION_DEFAULTS } from '../../model/defaults.js';
import { quote } from '../../store/tables.js';
import { type AskedColumn, COLUMNS } from './columns.js';
import { nanosecondsOf, type Row } from './lists.js';
import { addressLiteral } from './point.js';
import { type Range, within } from './scope.js';
import { bornAt } from './session-id.js';

const SECOND = 1_000_000_000n;
/**
 * How far a conversation's first packet may be from the time in its id, seconds: the id has its first
 * packet's, to the millisecond.
 */
const AROUND = 60n * SECOND;

/** All that a conversation has of the columns of sessions, in their order. */
export const WHOLE: readonly AskedColumn[] = VIEWS.conversations.map(
  ({ name }) => COLUMNS.sessions.get(name) ?? { name, sql: name, kind: 'number', sortable: false },
);

/**
 * A conversation that has one row, as nearly all do: found by the time in its id, so undefined for an id
 * without one. Those of several parts are put together by {@link partsStatement}, which reads every day.
 */
export function rowStatement(id: string, prefix: string): string | undefined {
  const born = bornAt(id);
  if (born === undefined) return undefined;
  const [from, to] = [born - AROUND, born + AROUND];
  return (
    `${select('sessions', prefix)}\nWHERE session_id = toUUID('${id}')\n` +
    `  AND ${within('first_seen', { from: from > 0n ? from : 0n, to })}\n` +
    "  AND part = 0 AND end_reason != 'active'\nLIMIT 1"
  );
}

export function partsStatement(id: string, prefix: string): string {
  return `${select('conversations', prefix)}\nWHERE session_id = toUUID('${id}')\nLIMIT 1`;
}

function select(table: 'sessions' | 'conversations', prefix: string): string {
  const of = (name: string): string => {
    if (table === 'conversations' || (name !== 'parts' && name !== 'complete')) return name;
    return `1 AS ${name}`;
  };
  return `SELECT ${WHOLE.map(({ name }) => of(name)).join(', ')}\nFROM ${prefix}${table}`;
}

/** The times of a conversation's packets, and as far around them as `slack`, in nanoseconds. */
export function timesOf(row: Row, slack = 0n): Range {
  return {
    from: nanosecondsOf(row.first_seen as string) - slack,
    to: nanosecondsOf(row.last_seen as string) + 1n + slack,
  };
}

/** How many of its packets are kept. */
export function packetsStatement(row: Row, prefix: string): string {
  return (
    `SELECT count() FROM ${prefix}packets\nWHERE session_id = toUUID('${row.session_id}')\n` +
    `  AND ${within('time', timesOf(row))}`
  );
}

/** What its mirror point sent in its minutes, and what never came: numbers. */
export function lossStatement(row: Row, prefix: string): string {
  const { from, to } = timesOf(row);
  const minute = 60n * SECOND;
  const key = row.gre_key === null ? 'gre_key IS NULL' : `gre_key = ${row.gre_key}`;
  return (
    `SELECT sum(packets), greatest(toInt64(sum(lost)) - toInt64(sum(late)), 0)\nFROM ${prefix}mirrors\n` +
    `WHERE mirror_type = ${quote(row.mirror_type as string)}\n` +
    `  AND mirror_source = ${literal(row.mirror_source as string)}\n` +
    `  AND mirror_session = ${row.mirror_session} AND ${key}\n` +
    `  AND ${within('minute', { from: (from / minute) * minute, to })}`
  );
}

/** Columns of the rows of {@link alsoStatement}. */
export const ALSO = ['session_id', 'part', 'first_seen', 'mirror', 'packets', 'bytes', 'tcp_state'] as const;
/** Rows of other mirror points. */
export const MOST_ALSO = 20;

/**
 * The same conversation as others mirrored it: by its Community ID, and as far around its time as a silence
 * may be that does not end it. Mirrors' clocks differ.
 *
 * @returns undefined for a conversation without a Community ID
 */
export function alsoStatement(row: Row, prefix: string): string | undefined {
  if (row.community_id === '') return undefined;
  const { tcpIdle, udpIdle, otherIdle } = SESSION_DEFAULTS;
  const idle = row.protocol === 6 ? tcpIdle : row.protocol === 17 ? udpIdle : otherIdle;
  const columns = ALSO.map((name) => {
    const sql = COLUMNS.sessions.get(name)?.sql ?? name;
    return sql === name ? name : `${sql} AS ${name}`;
  });
  return (
    `SELECT ${columns.join(', ')}\nFROM ${prefix}sessions\n` +
    `WHERE ${between(row)}\n  AND ${within('first_seen', timesOf(row, BigInt(idle) * SECOND))}\n` +
    `  AND community_id = ${quote(row.community_id as string)}\n` +
    `  AND session_id != toUUID('${row.session_id}')\n` +
    `ORDER BY first_seen, session_id, part\nLIMIT ${MOST_ALSO}`
  );
}

/** Its transactions from a number on. */
export function transactionsStatement(
  row: Row,
  columns: readonly AskedColumn[],
  from: number,
  limit: number,
  prefix: string,
): string {
  const selected = columns.map(({ name, sql }) => (name === sql ? name : `${sql} AS ${name}`));
  // A transaction's time is that of a packet of the conversation.
  return (
    `SELECT ${selected.join(', ')}\nFROM ${prefix}transactions\n` +
    `WHERE ${between(row)}\n  AND session_id = toUUID('${row.session_id}') AND number >= ${from}\n` +
    `  AND ${within('time', timesOf(row))}\nORDER BY number\nLIMIT ${limit}`
  );
}

/** Rows between the same two addresses, in either direction: what the tables are ordered by. */
function between(row: Row): string {
  const sides = `(${literal(row.client_ip as string)}, ${literal(row.server_ip as string)})`;
  return `client_ip IN ${sides} AND server_ip IN ${sides}`;
}

function literal(address: string): string {
  return addressLiteral(parsePrefix(address)?.address ?? new Uint8Array(16));
}
