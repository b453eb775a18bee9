/** Sums over time, as steps of a round length. */
import type { SERIES_BY, UNITS } from '../contract/traffic.js';
import { POINT_ID, type Range, type ScopedQuestion } from './scope.js';

/** Lengths of a bucket, seconds: each a divisor of the next larger unit of time. */
const INTERVALS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
] as const;

/** TCP states of attempts that came to nothing. */
export const FAILED = "('REJ', 'S0', 'RSTOS0', 'RSTRH')";
/** TCP states of conversations that were cut off. */
export const RESET = "('RSTO', 'RSTR')";

/** The shortest interval that needs at most `points` buckets; days beyond the longest. */
export function intervalFor(range: Range, points: number): number {
  const seconds = Number(range.to - range.from) / 1e9;
  const longest = INTERVALS[INTERVALS.length - 1];
  return (
    INTERVALS.find((interval) => seconds / interval <= points) ??
    longest * Math.ceil(seconds / longest / points)
  );
}

const BY: Readonly<Record<(typeof SERIES_BY)[number], string>> = {
  app: "if(app_protocol = '', transport, app_protocol)",
  mirror: `if(mirror_name = '', ${POINT_ID}, mirror_name)`,
  outcome: `multiIf(tcp_state IN ${FAILED}, 'failed', tcp_state IN ${RESET}, 'reset', 'answered')`,
  transport: 'transport',
  none: "''",
};

const SUM: Readonly<Record<(typeof UNITS)[number], string>> = {
  bytes: 'sum(client_bytes + server_bytes)',
  packets: 'sum(client_packets + server_packets)',
  sessions: 'uniqExact(session_id)',
  failed: `countIf(tcp_state IN ${FAILED})`,
};

/** @returns rows of a bucket's beginning in seconds, the series, and its value */
export function seriesStatement(
  { where }: ScopedQuestion,
  by: (typeof SERIES_BY)[number],
  unit: (typeof UNITS)[number],
  interval: number,
  table: string,
): string {
  return (
    `SELECT intDiv(toUnixTimestamp(first_seen), ${interval}) * ${interval} AS bucket,\n` +
    `  ${BY[by]} AS series,\n  ${SUM[unit]} AS value\n` +
    `FROM ${table}\nWHERE ${where}\nGROUP BY bucket, series\nORDER BY bucket`
  );
}

export interface SeriesOf {
  readonly name: string;
  readonly total: number;
  readonly values: number[];
}

/** Rows of {@link seriesStatement} as series: the strongest first, the rest summed up as `other`. */
export function gathered(
  rows: readonly (readonly unknown[])[],
  from: number,
  interval: number,
  buckets: number,
  top: number,
): SeriesOf[] {
  const totals = new Map<string, number>();
  for (const [, name, value] of rows)
    totals.set(name as string, (totals.get(name as string) ?? 0) + Number(value));
  const order = [...totals].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([name]) => name);
  const apart = order.length > top + 1 ? order.slice(0, top) : order;
  const series: SeriesOf[] = apart.map((name) => ({
    name,
    total: totals.get(name) ?? 0,
    values: new Array<number>(buckets).fill(0),
  }));
  const places = new Map(apart.map((name, i) => [name, i]));
  if (apart.length < order.length) {
    const total = order.slice(top).reduce((sum, name) => sum + (totals.get(name) ?? 0), 0);
    series.push({ name: 'other', total, values: new Array<number>(buckets).fill(0) });
  }
  for (const [bucket, name, value] of rows) {
    const { values } = series[places.get(name as string) ?? series.length - 1];
    const at = (Number(bucket) - from) / interval;
    if (at >= 0 && at < buckets) values[at] += Number(value);
  }
  return series;
}
