/** What mirrors lost, by minute, and when collectors ended. */
import { POINT_ID, type Range, type ScopedQuestion, timeLiteral } from './scope.js';

/** Seconds of the shortest step: `mirrors` has minutes. */
export const MINUTE = 60;

/** Minutes of the range that its beginning belongs to as well. */
export function minutesOf({ from, to }: Range): string {
  const minute = BigInt(MINUTE) * 1_000_000_000n;
  return `minute >= ${timeLiteral((from / minute) * minute)} AND minute < ${timeLiteral(to)}`;
}

/** @returns rows of mirror point, name, bucket, packets, lost, whether loss is known */
export function lossStatement(
  minutes: string,
  point: string | undefined,
  interval: number,
  prefix: string,
): string {
  const where = point === undefined ? minutes : `${minutes} AND ${point}`;
  return (
    `SELECT ${POINT_ID} AS id, argMax(mirror_name, minute) AS name,\n` +
    `  intDiv(toUnixTimestamp(minute), ${interval}) * ${interval} AS bucket,\n` +
    '  sum(m.packets) AS received, sum(m.lost) AS missing,\n' +
    "  max(m.sequence NOT IN ('none', 'unusable')) AS known\n" +
    `FROM ${prefix}mirrors AS m\nWHERE ${where}\nGROUP BY id, bucket\nORDER BY id, bucket`
  );
}

/** The kernel's drops are in the rows of all its mirrors alike. @returns rows of bucket, packets */
export function dropsStatement(minutes: string, interval: number, prefix: string): string {
  return (
    `SELECT intDiv(toUnixTimestamp(minute), ${interval}) * ${interval} AS bucket, sum(drops) AS dropped\n` +
    'FROM (SELECT minute, collector, max(m.kernel_drops) AS drops\n' +
    `  FROM ${prefix}mirrors AS m WHERE ${minutes} GROUP BY minute, collector)\n` +
    'GROUP BY bucket\nHAVING dropped > 0\nORDER BY bucket'
  );
}

/** A collector that ends closes what is open. @returns rows of seconds, collector */
export function restartsStatement({ where }: ScopedQuestion, { from, to }: Range, prefix: string): string {
  return (
    'SELECT toUnixTimestamp(max(last_seen)) AS at, collector\n' +
    `FROM ${prefix}sessions\nWHERE ${where}\n` +
    "  AND end_reason = 'shutdown'\n" +
    `  AND last_seen >= ${timeLiteral(from)} AND last_seen < ${timeLiteral(to)}\n` +
    'GROUP BY collector, toStartOfMinute(last_seen)\nORDER BY at\nLIMIT 100'
  );
}
