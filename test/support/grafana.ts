/** What Grafana and its ClickHouse data source do to a dashboard's query before the server gets it. */

export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly type: string;
  readonly fieldConfig: {
    readonly defaults: { readonly displayName?: string };
    readonly overrides: readonly { readonly matcher: { readonly id: string; readonly options: string } }[];
  };
  readonly targets: readonly Target[];
}

export interface Target {
  readonly rawSql: string;
  readonly datasource: { readonly uid: string };
  readonly queryType: string;
  /** 0: long rows become one series per label; 1: a table. */
  readonly format: number;
  /** Without a version of 4 or newer, the data source rewrites the target as one of its version 3. */
  readonly pluginVersion: string;
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

/**
 * Expands a dashboard's variables as Grafana does (`${name:sqlstring}`: quoted), then the macros of
 * grafana-clickhouse-datasource 4 (its pkg/macros/macros.go).
 */
export function expand(sql: string, range: TimeRange, variables: ReadonlyMap<string, string>): string {
  const expanded = sql
    .replaceAll(/\$\{(\w+):sqlstring\}/g, (whole, name: string) => {
      const value = variables.get(name);
      return value === undefined ? whole : `'${value.replaceAll("'", "''")}'`;
    })
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
