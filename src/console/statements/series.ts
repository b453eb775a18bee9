/** Sums over time, as steps of a round length. */
import type { SERIES_BY, UNITS } from '../contract/traffic.js';
import { conversations, FAILED, measuresOf, RESET } from './measures.js';
import { POINT_ID, type Range, ROLLED_POINT_ID } from './scope.js';
import { bucketOf, type Source } from './tables.js';

/** Lengths of a bucket, seconds: each a divisor of the next larger unit of time. */
const INTERVALS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
] as const;

/** The shortest interval that needs at most `points` buckets; days beyond the longest. */
export function intervalFor(range: Range, points: number): number {
  const seconds = Number(range.to - range.from) / 1e9;
  const longest = INTERVALS[INTERVALS.length - 1];
  return (
    INTERVALS.find((interval) => seconds / interval <= points) ??
    longest * Math.ceil(seconds / longest / points)
  );
}

/** Whole intervals around a range: the first one's beginning in seconds, and how many there are. */
export function bucketsOf(
  range: Range,
  interval: number,
): { readonly from: number; readonly buckets: number } {
  const from = Math.floor(Number(range.from / 1_000_000_000n) / interval) * interval;
  return { from, buckets: Math.ceil((Number(range.to / 1_000_000n) / 1000 - from) / interval) };
}

/** An end's role; `other` where it has none. */
function roleOf(end: 'client' | 'server'): string {
  return `if(${end}_role = '', 'other', ${end}_role)`;
}

const BY: Readonly<Record<(typeof SERIES_BY)[number], string>> = {
  app: "if(app_protocol = '', transport, app_protocol)",
  mirror: `if(mirror_name = '', ${POINT_ID}, mirror_name)`,
  outcome: `multiIf(tcp_state IN ${FAILED}, 'failed', tcp_state IN ${RESET}, 'reset', 'answered')`,
  transport: 'transport',
  role: `concat(${roleOf('client')}, ' > ', ${roleOf('server')})`,
  none: "''",
};

/** @returns rows of a bucket's beginning in seconds, the series (roll-ups: a mirror's id), its value */
export function seriesStatement(
  source: Source,
  by: (typeof SERIES_BY)[number],
  unit: (typeof UNITS)[number],
  interval: number,
): string {
  const summed = source.table !== 'sessions';
  return (
    `SELECT ${bucketOf(source, interval)} AS bucket,\n` +
    `  ${by === 'mirror' && summed ? ROLLED_POINT_ID : BY[by]} AS series,\n` +
    `  ${unit === 'sessions' && !summed ? conversations() : measuresOf(source)[unit]} AS value\n` +
    `FROM ${source.from}\nWHERE ${source.where}\nGROUP BY bucket, series\nORDER BY bucket`
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
