/** What a question is about: a time range, mirror points, conditions; and the table that is read for it. */

import { quote } from '../../store/tables.js';
import type { Scope } from '../contract/route.js';
import { RequestError } from '../errors.js';
import { type ConditionTable, TIME_OF } from './columns.js';
import { conditions } from './conditions.js';
import { pointCondition } from './point.js';

export { POINT, POINT_ID, ROLLED_POINT, ROLLED_POINT_ID } from './point.js';

/**
 * How much earlier than its transaction a conversation's row may begin, seconds: a condition on the other
 * table looks so far beyond the range. A row covers 15 minutes by default.
 */
export const LONGEST_APART = 3600;
/** The range that is shown where none is given, seconds. */
const DEFAULT_RANGE = 3600;

/** A time range in nanoseconds since 1970; the end does not belong to it. */
export interface Range {
  readonly from: bigint;
  readonly to: bigint;
}

export interface ScopedQuestion {
  readonly range: Range;
  /** What stands after WHERE. */
  readonly where: string;
  /** Whether the range has ended, and the answer does not change any more. */
  readonly ended: boolean;
}

/** What the scope of a question depends on. */
export interface Surroundings {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The newest row, nanoseconds since 1970; undefined in an empty store. */
  readonly newest: bigint | undefined;
  /** The names of tables begin with it. */
  readonly prefix: string;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * A time of the API as nanoseconds since 1970: RFC 3339 with up to nine digits of a second, `now`, `-15m`.
 *
 * @param name the parameter's, for the message
 * @throws RequestError
 */
export function parseTime(name: string, text: string, now: number): bigint {
  if (text === 'now') return BigInt(now) * 1_000_000n;
  const before = /^-(\d{1,6})([smhd])$/.exec(text);
  if (before !== null) return BigInt(now - Number(before[1]) * UNITS[before[2]] * 1000) * 1_000_000n;
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  const seconds = parts === null ? Number.NaN : Date.parse(`${parts[1]}:${parts[2] ?? '00'}${parts[4]}`);
  if (parts === null || Number.isNaN(seconds))
    throw new RequestError(`${name}: ${text} is not a time`, 400, {
      hint: 'write 2025-06-02T08:00:00Z, -1h, or now',
    });
  return BigInt(seconds) * 1_000_000n + BigInt((parts[3] ?? '').padEnd(9, '0'));
}

/** @throws RequestError for times that are none, and for an end before the beginning */
export function rangeOf({ from, to }: Pick<Scope, 'from' | 'to'>, { now, newest }: Surroundings): Range {
  const end =
    to !== undefined
      ? parseTime('to', to, now)
      : from === undefined && newest !== undefined
        ? newest + 1n
        : BigInt(now) * 1_000_000n;
  const begin =
    from === undefined ? end - BigInt(DEFAULT_RANGE) * 1_000_000_000n : parseTime('from', from, now);
  if (begin >= end) throw new RequestError('from: the range ends before it begins', 400);
  return { from: within64(begin), to: within64(end) };
}

/** The store's times: nanoseconds since 1970 in 64 bits, so that no row is outside. */
const LATEST = 2n ** 63n - 1n;

function within64(time: bigint): bigint {
  return time < 0n ? 0n : time > LATEST ? LATEST : time;
}

/** A time in SQL. @param nanoseconds since 1970 */
export function timeLiteral(nanoseconds: bigint): string {
  return `fromUnixTimestamp64Nano(${nanoseconds}, 'UTC')`;
}

/** Each conversation once: the rows of the mirror point that had it first, and those from before they say. */
export const ONCE = 'copy IN (0, 255)';

/**
 * A conversation, whoever mirrored it and in whichever direction it was first seen: both sides in one order.
 */
export const CONVERSATION =
  'cityHash64(protocol, least((client_ip, client_port), (server_ip, server_port)), ' +
  'greatest((client_ip, client_port), (server_ip, server_port)))';

/**
 * What a question about rows of `table` has to say after WHERE.
 *
 * @param time the column that the range bounds
 * @throws RequestError that names the wrong parameter
 */
export function scoped(
  scope: Scope,
  around: Surroundings,
  table: ConditionTable = 'sessions',
  time = TIME_OF[table],
): ScopedQuestion {
  const range = rangeOf(scope, around);
  const parts = [
    within(time, range),
    ...conditions(scope.f ?? [], table, (other, sql) => bySession(other, sql, range, around.prefix)),
  ];
  if (scope.q !== undefined) parts.push(`(${scope.q}\n)`);
  if (scope.mirror === 'once') parts.push(ONCE);
  else if (scope.mirror !== undefined) parts.push(mirrorCondition(scope.mirror));
  return { range, where: parts.join('\n  AND '), ended: range.to <= BigInt(around.now) * 1_000_000n };
}

/** A column of time within a range, in SQL. */
export function within(column: string, { from, to }: Range): string {
  return `${column} >= ${timeLiteral(from)} AND ${column} < ${timeLiteral(to)}`;
}

/** Rows whose session has a row in the other table that meets all of some conditions. */
export function bySession(
  other: ConditionTable,
  sql: readonly string[],
  { from, to }: Range,
  prefix: string,
): string {
  const slack = BigInt(LONGEST_APART) * 1_000_000_000n;
  // A session begins before its transactions.
  const range = other === 'sessions' ? { from: from - slack, to } : { from, to: to + slack };
  const where = [within(TIME_OF[other], range), ...sql].join('\n      AND ');
  return `session_id GLOBAL IN (\n    SELECT session_id FROM ${prefix}${other}\n    WHERE ${where})`;
}

/** A mirror point by its name, or by `type,source,session,key`. */
export function mirrorCondition(text: string): string {
  if (text.split(',').length !== 4) return `mirror_name = ${quote(text)}`;
  const condition = pointCondition(text);
  if (condition === undefined)
    throw new RequestError(`mirror: ${text} is no mirror point`, 400, {
      hint: 'write its name, or type,source,session,key as in erspan2,10.0.0.11,1,',
    });
  return condition;
}
