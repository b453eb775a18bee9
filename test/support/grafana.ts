/** What Grafana and its ClickHouse data source make of a dashboard's query before the server sees it. */

export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly type: string;
  readonly targets: readonly { readonly rawSql: string; readonly datasource: { readonly uid: string } }[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
}

export interface TimeRange {
  /** Seconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Seconds between two points of a graph. */
  readonly interval: number;
}

/** Expands the macros of grafana-clickhouse-datasource 4 (documented on its page), and a dashboard's variables. */
export function expand(sql: string, range: TimeRange, variables: ReadonlyMap<string, string>): string {
  const expanded = sql
    .replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => variables.get(name) ?? whole)
    .replaceAll(
      /\$__timeFilter\(([^()]+)\)/g,
      (_, column) => `${column} >= toDateTime(${range.from}) AND ${column} <= toDateTime(${range.to})`,
    )
    .replaceAll(
      /\$__timeInterval\(([^()]+)\)/g,
      (_, column) => `toStartOfInterval(toDateTime(${column}), INTERVAL ${range.interval} second)`,
    )
    .replaceAll('$__interval_s', String(range.interval));
  const left = /\$\{?\w+/.exec(expanded);
  if (left !== null) throw new Error(`the query has ${left[0]}, which nothing replaces: ${sql}`);
  return expanded;
}
