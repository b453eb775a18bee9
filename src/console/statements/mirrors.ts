/** What mirror points sent and lost: the table `mirrors`, in which each has a row a minute. */
import { mirrorCondition, POINT_ID, type Range, timeLiteral } from './scope.js';
import { intervalFor } from './series.js';

/** What the rows of a mirror point add up to. */
const SUMS = [
  'packets',
  'bytes',
  'lost',
  'late',
  'reordered',
  'repeated',
  'truncated',
  'incomplete',
  'malformed',
] as const;

/** Its clock, of rows of its minutes `m`: as in the last one, but for what is most or adds up. */
const CLOCK = [
  'argMax(m.clock, m.minute) AS clock_name',
  'argMax(m.clock_kind, m.minute) AS clock_kind',
  'argMax(m.clock_offset_ns, m.minute) AS clock_offset_ns',
  'argMax(m.clock_drift_ppb, m.minute) AS clock_drift_ppb',
  'argMax(m.clock_delay_ns, m.minute) AS clock_delay_ns',
  'max(m.clock_jitter_ns) AS clock_jitter_ns',
  'sum(m.clock_disbelieved) AS clock_disbelieved',
  'sum(m.clock_jumps) AS clock_jumps',
] as const;
const CLOCK_OF_MINUTE = [
  ...['clock', 'clock_kind', 'clock_offset_ns', 'clock_drift_ppb', 'clock_delay_ns'].map(
    (name) => `any(t.${name}) AS ${name}`,
  ),
  'max(t.clock_jitter_ns) AS clock_jitter_ns',
  'sum(t.clock_disbelieved) AS clock_disbelieved',
  'sum(t.clock_jumps) AS clock_jumps',
] as const;

/** Mirror points that are listed. */
export const MOST_MIRRORS = 1000;

const MINUTE = 60;
const NANOSECONDS = 1_000_000_000n;

/** Steps of whole minutes. */
export interface Steps {
  /** Beginning of the first, and their length, seconds. */
  readonly from: number;
  readonly interval: number;
  readonly count: number;
}

/** @param most at most so many */
export function stepsOf(range: Range, most: number): Steps {
  const interval = Math.max(MINUTE, intervalFor(range, most));
  const from = Math.floor(Number(range.from / NANOSECONDS) / interval) * interval;
  const end = Number((range.to + NANOSECONDS - 1n) / NANOSECONDS);
  return { from, interval, count: Math.max(1, Math.ceil((end - from) / interval)) };
}

/** Rows of minutes that have a part in the range. */
export function minutesWithin({ from, to }: Range): string {
  const begin = Math.floor(Number(from / NANOSECONDS) / MINUTE) * MINUTE;
  return `minute >= toDateTime(${begin}, 'UTC') AND minute < ${timeLiteral(to)}`;
}

/**
 * A row a mirror point: its sums, and its packets by step. The kernel's drops are the same number in each of
 * a collector's rows of a minute.
 */
export function mirrorsStatement(range: Range, { from, interval }: Steps, prefix: string): string {
  const inner = SUMS.map((name) => `sum(t.${name}) AS ${name}`);
  const outer = SUMS.map((name) => `sum(m.${name}) AS ${name}`);
  return (
    `SELECT id, ${outer.join(', ')},\n` +
    '  sum(m.drops) AS host_drops, argMax(m.sequence, m.minute) AS sequence,\n' +
    '  uniqExact(m.minute) AS minutes, uniqExactIf(m.minute, m.lost > 0) AS lost_minutes,\n' +
    '  max(m.lost) AS most_lost, toUnixTimestamp(max(m.minute)) AS last_minute,\n' +
    `  ${CLOCK.join(',\n  ')},\n` +
    `  sumMap(map(toUInt32(intDiv(toUnixTimestamp(m.minute) - ${from}, ${interval})),\n` +
    '    m.packets)) AS trace\n' +
    `FROM (\n  SELECT ${POINT_ID} AS id, minute, collector, ${inner.join(', ')},\n` +
    '    max(t.kernel_drops) AS drops, any(t.sequence) AS sequence,\n' +
    `    ${CLOCK_OF_MINUTE.join(',\n    ')}\n` +
    `  FROM ${prefix}mirrors AS t WHERE ${minutesWithin(range)}\n` +
    '  GROUP BY id, minute, collector) AS m\n' +
    `GROUP BY id ORDER BY id LIMIT ${MOST_MIRRORS}`
  );
}

/** TCP conversations shorter than this may be an attempt, which has one direction by its nature. */
const LONG_ENOUGH = 8;
/** Seconds before the end of the range in which conversations are looked at. */
const LOOKED_AT = 3600n;

/** The part of a range in which conversations are looked at. */
function lookedAt({ from, to }: Range): string {
  const begin = to - LOOKED_AT * NANOSECONDS;
  return `first_seen >= ${timeLiteral(begin > from ? begin : from)} AND first_seen < ${timeLiteral(to)}`;
}

/** The names of mirrors that are in groups: those that saw a conversation. */
export function groupedStatement(range: Range, prefix: string): string {
  return (
    `SELECT DISTINCT arrayJoin(seen_by) AS name\nFROM ${prefix}sessions\n` +
    `WHERE ${lookedAt(range)}\nLIMIT ${MOST_MIRRORS}`
  );
}

/** A row a mirror point: TCP conversations, and those of which one direction was seen. */
export function oneSidedStatement(range: Range, prefix: string): string {
  return (
    `SELECT ${POINT_ID} AS id, count() AS tcp,\n` +
    '  countIf(client_packets = 0 OR server_packets = 0) AS one_sided\n' +
    `FROM ${prefix}sessions\nWHERE ${lookedAt(range)}\n` +
    `  AND transport = 'tcp' AND client_packets + server_packets >= ${LONG_ENOUGH}\n` +
    `GROUP BY id LIMIT ${MOST_MIRRORS}`
  );
}

/** The series of {@link mirrorMinutesStatement}, after the step's beginning. */
export const MINUTE_SERIES = [
  'received',
  'lost',
  'late',
  'reordered',
  'incomplete',
  'host_drops',
  'others_lost',
] as const;

/**
 * A row a step: what one mirror point sent and lost, and what the others lost.
 *
 * @throws RequestError for an id that is none
 */
export function mirrorMinutesStatement(
  id: string,
  range: Range,
  { interval }: Steps,
  prefix: string,
): string {
  return (
    `SELECT intDiv(toUnixTimestamp(minute), ${interval}) * ${interval} AS bucket,\n` +
    '  sumIf(m.packets, mine) AS received, sumIf(m.lost, mine) AS lost, sumIf(m.late, mine) AS late,\n' +
    '  sumIf(m.reordered, mine) AS reordered, sumIf(m.incomplete, mine) AS incomplete,\n' +
    '  sumIf(m.drops, mine) AS host_drops, sumIf(m.lost, NOT mine) AS others_lost\n' +
    `FROM (\n  SELECT minute, collector, ${mirrorCondition(id)} AS mine,\n` +
    '    sum(t.packets) AS packets, sum(t.lost) AS lost, sum(t.late) AS late,\n' +
    '    sum(t.reordered) AS reordered, sum(t.incomplete) AS incomplete, max(t.kernel_drops) AS drops\n' +
    `  FROM ${prefix}mirrors AS t WHERE ${minutesWithin(range)}\n` +
    '  GROUP BY minute, collector, mine) AS m\n' +
    'GROUP BY bucket ORDER BY bucket'
  );
}

/** Columns of rows that begin with a step's beginning, one number a step. */
export function columnsOf(
  rows: readonly (readonly unknown[])[],
  { from, interval, count }: Steps,
  names: readonly string[],
): Record<string, number[]> {
  const columns = names.map(() => new Array<number>(count).fill(0));
  for (const [bucket, ...values] of rows) {
    const at = (Number(bucket) - from) / interval;
    if (at >= 0 && at < count) for (const [i, column] of columns.entries()) column[at] += Number(values[i]);
  }
  return Object.fromEntries(names.map((name, i) => [name, columns[i]]));
}
