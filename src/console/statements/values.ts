/** The most frequent values of a column, and how many rows are left without one of their conditions. */
import { RequestError } from '../errors.js';
import { type AskedColumn, COLUMNS, type ConditionTable, EITHER, type Kind } from './columns.js';
import type { ScopedQuestion } from './scope.js';

export interface ValuesQuestion {
  readonly table: ConditionTable;
  readonly column: string;
  readonly by: 'rows' | 'bytes';
  readonly limit: number;
}

/**
 * @returns rows of a value, its rows and bytes, and, in each, how many values and rows there are in all
 * @throws RequestError for a column that has no values to be counted
 */
export function valuesStatement(
  { where }: ScopedQuestion,
  { table, column, by, limit }: ValuesQuestion,
  prefix: string,
): { readonly statement: string; readonly kind: Kind } {
  const found = columnOf(column, table);
  if (found === undefined || found.kind === 'time' || found.kind === 'map')
    throw new RequestError(`column: ${column} is no column whose values ${table} can be asked for`, 400, {
      hint: 'docs/reference/columns.md lists them',
    });
  const many = found.kind === 'array' || found.kind === 'addresses' || found.kind === 'texts';
  const value = many ? `arrayJoin(${found.sql})` : found.sql;
  const statement =
    `SELECT ${value} AS value, count() AS rows, sum(${COLUMNS[table].get('bytes')?.sql}) AS bytes,\n` +
    '  count() OVER () AS all_values, sum(rows) OVER () AS all_rows\n' +
    `FROM ${prefix}${table}\nWHERE ${where}\nGROUP BY value\nORDER BY ${by} DESC, value\nLIMIT ${limit}`;
  return { statement, kind: EACH[found.kind] ?? found.kind };
}

/** A column, or a word for either of two: a row has the values of both, the same value once. */
function columnOf(name: string, table: ConditionTable): AskedColumn | undefined {
  if (name === 'client' || name === 'server') return COLUMNS[table].get(`${name}_ip`);
  const sides = EITHER[name]?.map((side) => COLUMNS[table].get(side)!);
  if (sides === undefined) return COLUMNS[table].get(name);
  const [{ kind }] = sides;
  const sql = `arrayDistinct([${sides.map((side) => side.sql).join(', ')}])`;
  const plural = kind === 'address' ? 'addresses' : kind === 'number' ? 'array' : 'texts';
  return { name, sql, kind: plural, sortable: false };
}

/** What each of many is. */
const EACH: Partial<Record<Kind, Kind>> = { addresses: 'address', texts: 'text' };

/**
 * How many rows a range has, and how many fit without each of some conditions: in one pass.
 *
 * @param where the range and the mirror points
 * @param each the conditions
 * @returns one row: of all, without the first, without the second, …
 */
export function withoutStatement(
  { where }: ScopedQuestion,
  each: readonly string[],
  table: ConditionTable,
  prefix: string,
): string {
  const counts = each.map((_, i) => {
    const rest = each.filter((_, j) => j !== i);
    return `countIf(${rest.length === 0 ? 'true' : rest.join(' AND ')})`;
  });
  return `SELECT ${['count()', ...counts].join(',\n  ')}\nFROM ${prefix}${table}\nWHERE ${where}`;
}
