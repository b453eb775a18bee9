/** What two mirror points saw of the same conversations. */
import { quote } from '../../store/tables.js';
import type { SHOWN } from '../contract/compare.js';
import { CONVERSATION, mirrorCondition, type Range, timeLiteral } from './scope.js';

/** A conversation begins at both within this, seconds: the longest timeout after which one begins anew. */
const APART = 300n;
/** Conversations that are listed. */
export const MOST_LISTED = 500;
const SECOND = 1_000_000_000n;

export interface Comparison {
  readonly a: string;
  readonly b: string;
  /** While both were there. */
  readonly range: Range;
  /** Further conditions. */
  readonly conditions: readonly string[];
  readonly prefix: string;
}

/** Minutes in which a mirror point sent anything, and what it lost in them. */
export function presenceStatement(point: string, range: Range, prefix: string): string {
  const minute = (ns: bigint): string => `toDateTime(${ns / SECOND}, 'UTC')`;
  return (
    'SELECT min(minute) AS first, max(minute) + INTERVAL 1 MINUTE AS last, sum(m.packets) AS packets,\n' +
    '  sum(m.lost) AS lost, sum(m.kernel_drops) AS kernel_drops\n' +
    `FROM ${prefix}mirrors AS m\nWHERE minute >= toStartOfMinute(${minute(range.from)}) ` +
    `AND minute < ${minute(range.to)}\n  AND ${mirrorCondition(point)}`
  );
}

/** A row a conversation: what each saw of it. Those that began before both were there are left out. */
function conversations({ a, b, range, conditions, prefix }: Comparison): string {
  const [isA, isB] = [mirrorCondition(a), mirrorCondition(b)];
  const wide = [range.from - APART * SECOND, range.to + APART * SECOND].map(timeLiteral);
  const within = `first_seen >= ${wide[0]} AND first_seen < ${wide[1]}`;
  const where = [within, `(${isA} OR ${isB})`, ...conditions];
  return (
    `SELECT ${CONVERSATION} AS conversation,\n` +
    '    argMax(session_id, client_packets + server_packets) AS id, min(first_seen) AS began,\n' +
    '    argMax((client_ip, client_port, server_ip, server_port), client_packets + server_packets)\n' +
    '      AS ends,\n' +
    "    any(if(app_protocol = '', transport, app_protocol)) AS app,\n" +
    `    sumIf(client_packets + server_packets, ${isA}) AS packets_a,\n` +
    `    sumIf(client_packets + server_packets, ${isB}) AS packets_b,\n` +
    `    anyLastIf(tcp_state, ${isA}) AS state_a, anyLastIf(tcp_state, ${isB}) AS state_b\n` +
    `  FROM ${prefix}sessions\n  WHERE ${where.join('\n    AND ')}\n  GROUP BY conversation\n` +
    `  HAVING began >= ${timeLiteral(range.from)} AND began < ${timeLiteral(range.to)}`
  );
}

/** What became of packets between two places, each of which may be called by several names. */
export function pathsStatement(
  a: readonly string[],
  b: readonly string[],
  range: Range,
  prefix: string,
): string {
  const among = (names: readonly string[]): string => `(${names.map(quote).join(', ')})`;
  const minute = (ns: bigint): string => `toDateTime(${ns / SECOND}, 'UTC')`;
  return (
    `SELECT from_mirror IN ${among(a)} AS from_a, max(p.sample) AS sample,\n` +
    "  countIf(clocks = 'relative') > 0 AS relative, sum(p.matched) AS matched, sum(p.lost) AS lost,\n" +
    '  sum(p.unknown) AS unknown, sum(p.ambiguous) AS ambiguous, sum(p.unmatchable) AS unmatchable,\n' +
    '  toInt64(quantileExactIf(0.5)(p.delay_p50_ns, p.matched > 0)) AS delay_p50_ns,\n' +
    '  maxIf(p.delay_p99_ns, p.matched > 0) AS delay_p99_ns\n' +
    `FROM ${prefix}paths AS p\n` +
    `WHERE minute >= toStartOfMinute(${minute(range.from)}) AND minute < ${minute(range.to)}\n` +
    `  AND (from_mirror IN ${among(a)} AND to_mirror IN ${among(b)}\n` +
    `    OR from_mirror IN ${among(b)} AND to_mirror IN ${among(a)})\n` +
    'GROUP BY from_a ORDER BY from_a DESC'
  );
}

const SHOWS: Readonly<Record<(typeof SHOWN)[number], string>> = {
  differ: 'packets_a > 0 AND packets_b > 0 AND packets_a != packets_b',
  only_a: 'packets_b = 0',
  only_b: 'packets_a = 0',
  same: 'packets_a = packets_b',
};

export function sumsStatement(comparison: Comparison): string {
  return (
    'SELECT countIf(packets_a = packets_b) AS same,\n' +
    '  countIf(packets_a > 0 AND packets_b > 0 AND packets_a != packets_b) AS differ,\n' +
    '  countIf(packets_b = 0) AS only_a, countIf(packets_a = 0) AS only_b,\n' +
    '  sumIf(packets_b - packets_a, packets_a > 0 AND packets_b > packets_a) AS fewer_a,\n' +
    '  sumIf(packets_a - packets_b, packets_b > 0 AND packets_a > packets_b) AS fewer_b,\n' +
    `  countIf(${SHOWS.differ} AND state_a != state_b) AS otherwise\n` +
    `FROM (\n  ${conversations(comparison)})`
  );
}

/** An address as people write it. */
function address(expression: string): string {
  return `replaceRegexpOne(IPv6NumToString(${expression}), '^::ffff:', '')`;
}

export function listStatement(comparison: Comparison, show: (typeof SHOWN)[number]): string {
  return (
    `SELECT toString(id) AS session_id, ${address('ends.1')} AS client, ends.2 AS client_port,\n` +
    `  ${address('ends.3')} AS server, ends.4 AS server_port, app, packets_a, packets_b, state_a, state_b\n` +
    `FROM (\n  ${conversations(comparison)})\nWHERE ${SHOWS[show]}\n` +
    'ORDER BY abs(toInt64(packets_a) - toInt64(packets_b)) DESC, packets_a + packets_b DESC, id\n' +
    `LIMIT ${MOST_LISTED}`
  );
}

/** Networks of servers (/24, /64) of conversations that one side alone saw. */
export function networksStatement(comparison: Comparison, only: 'only_a' | 'only_b'): string {
  const v4 = "startsWith(IPv6NumToString(ends.3), '::ffff:')";
  return (
    `SELECT if(${v4}, concat(${address('tupleElement(IPv6CIDRToRange(ends.3, 120), 1)')}, '/24'),\n` +
    "    concat(IPv6NumToString(tupleElement(IPv6CIDRToRange(ends.3, 64), 1)), '/64')) AS network,\n" +
    '  uniqExact(ends.3) AS servers, count() AS conversations\n' +
    `FROM (\n  ${conversations(comparison)})\nWHERE ${SHOWS[only]}\n` +
    'GROUP BY network ORDER BY conversations DESC, network LIMIT 8'
  );
}
