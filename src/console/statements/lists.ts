/**
 * Lists of rows, a page at a time: the next page begins behind the last row of the one before, by the value
 * that orders the list, the session and the row of it. Rows before are not read again, as with OFFSET.
 */
import { z } from 'zod';
import { parsePrefix } from '../../config/units.js';
import { quote } from '../../store/tables.js';
import { RequestError } from '../errors.js';
import type { Table } from '../questions.js';
import { type AskedColumn, COLUMNS, type ConditionTable, NUMBER_OF, TIME_OF } from './columns.js';
import { addressLiteral } from './point.js';
import { type Range, type ScopedQuestion, timeLiteral, within } from './scope.js';

/** Columns of one list. */
export const MOST_COLUMNS = 60;

/** A value of a row as the API writes it: times are RFC 3339 with nanoseconds, addresses as people do. */
export type Cell = string | number | null | readonly (string | number)[] | Readonly<Record<string, string>>;
export type Row = Record<string, Cell>;

export interface Order {
  readonly column: AskedColumn;
  readonly descending: boolean;
  /** As it was written: `-first_seen`. */
  readonly text: string;
}

/** @throws RequestError for a column that lists cannot be ordered by */
export function parseOrder(text: string, table: ConditionTable): Order {
  const descending = text.startsWith('-');
  const name = descending ? text.slice(1) : text;
  // Addresses are ordered as what they are stored as.
  const asked = name === 'client' || name === 'server' ? `${name}_ip` : name;
  const column = COLUMNS[table].get(asked);
  if (column === undefined || !column.sortable)
    throw new RequestError(`order: ${table} cannot be ordered by ${name}`, 400, {
      hint: `write order=-${TIME_OF[table]} or another column of numbers, words or addresses`,
    });
  return { column, descending, text };
}

/** The columns that a list has: those asked for, and what tells its rows apart. */
export function parseColumns(
  text: string | undefined,
  table: ConditionTable,
  standard: readonly string[],
): AskedColumn[] {
  const names = text === undefined || text === '' ? standard : text.split(',');
  const all = [...new Set([TIME_OF[table], 'session_id', NUMBER_OF[table], ...names])];
  if (all.length > MOST_COLUMNS)
    throw new RequestError(`columns: ${all.length} columns; ${MOST_COLUMNS} at most`, 400);
  return all.map((name) => {
    const column = COLUMNS[table].get(name);
    if (column === undefined)
      throw new RequestError(`columns: ${table} has no column ${name}`, 400, {
        hint: 'docs/reference/columns.md lists them',
      });
    return column;
  });
}

/** Where a page begins: behind the row with these values. */
interface Cursor {
  readonly value: string | number;
  readonly session: string;
  readonly number: number;
}

const cursorText = z.tuple([
  z.string(),
  z.union([z.string().max(4000), z.int().min(0)]),
  z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  z.int().min(0),
]);

function cursorOf(order: Order, row: Row, table: ConditionTable): string {
  const { name, kind } = order.column;
  const value = kind === 'time' ? String(nanosecondsOf(row[name] as string)) : row[name];
  const said = [order.text, value, row.session_id, row[NUMBER_OF[table]]];
  return Buffer.from(JSON.stringify(said)).toString('base64url');
}

/** @throws RequestError for a text that no list of this order has given out */
function parseCursor(text: string, order: Order): Cursor {
  const wrong = new RequestError('after: is no place in this list', 400, {
    hint: "write the `next` of the list's page before",
  });
  try {
    const [said, value, session, number] = cursorText.parse(
      JSON.parse(Buffer.from(text, 'base64url').toString()),
    );
    const fits =
      order.column.kind === 'number'
        ? typeof value === 'number'
        : typeof value === 'string' && (order.column.kind !== 'time' || /^\d{1,19}$/.test(value));
    if (said !== order.text || !fits) throw wrong;
    return { value, session, number };
  } catch {
    throw wrong;
  }
}

function literalOf({ kind }: AskedColumn, value: string | number): string {
  if (kind === 'number') return String(value);
  if (kind === 'time') return timeLiteral(BigInt(value));
  if (kind === 'address') return addressLiteral(parsePrefix(String(value))?.address ?? new Uint8Array(16));
  return quote(String(value));
}

export interface ListQuestion {
  readonly table: ConditionTable;
  readonly columns: readonly AskedColumn[];
  readonly order: Order;
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after: string | undefined;
}

/** A list's page, to be asked range by range until it is full. */
export interface ListAsked {
  /** What asks for all of it at once. */
  readonly statement: string;
  /** The ranges, and what asks for so many rows of one. */
  readonly ranges: readonly Range[];
  of(range: Range, limit: number): string;
  /** Its rows, of answers in the order of the ranges, and where the next page begins. */
  read(answers: readonly Table[]): { readonly rows: Row[]; readonly next: string | null };
}

export function askList(question: ScopedQuestion, list: ListQuestion, prefix: string): ListAsked {
  const { table, order, limit } = list;
  const [time, number] = [TIME_OF[table], NUMBER_OF[table]];
  const columns = list.columns.some((c) => c.name === order.column.name)
    ? list.columns
    : [...list.columns, order.column];
  const selected = columns.map(({ name, sql }) => (name === sql ? name : `${sql} AS ${name}`));
  const direction = order.descending ? ' DESC' : '';
  const ordered = [...new Set([order.column.sql, 'session_id', number])].map((sql) => sql + direction);
  const conditions = [question.where];
  let { range } = question;
  if (list.after !== undefined) {
    const { value, session, number: at } = parseCursor(list.after, order);
    const [sign, key] = [order.descending ? '<' : '>', `(${order.column.sql}, session_id, ${number})`];
    conditions.push(`${key} ${sign} (${literalOf(order.column, value)}, toUUID('${session}'), ${at})`);
    if (order.column.name === time) range = behind(range, BigInt(value), order.descending);
  }
  const statement = (more: readonly string[], most: number): string =>
    `SELECT ${wrapped(selected)}\nFROM ${prefix}${table}\n` +
    `WHERE ${[...conditions, ...more].join('\n  AND ')}\nORDER BY ${ordered.join(', ')}\nLIMIT ${most}`;
  const sliced = order.column.name === time;
  return {
    // One row more says whether there is a next page.
    statement: statement([], limit + 1),
    ranges: sliced ? slices(range, order.descending) : [range],
    of: (slice, most) => statement(sliced ? [within(time, slice)] : [], most),
    read: (answers) => {
      const all = answers.flatMap((answer) => answer.rows.map((values) => rowOf(columns, values)));
      const rows = all.slice(0, limit);
      const last = rows.at(-1);
      return { rows, next: all.length > limit && last !== undefined ? cursorOf(order, last, table) : null };
    },
  };
}

/** What of a range is left behind a row at `time`, which other rows may share. */
function behind({ from, to }: Range, time: bigint, descending: boolean): Range {
  if (descending) return { from, to: time + 1n < to ? time + 1n : to };
  return { from: time > from ? time : from, to };
}

/** Lengths of the slices of time in which a list is asked, seconds; longer ones follow, each six times. */
const SLICES = [300, 1800, 10_800, 86_400] as const;

/**
 * A range in slices that grow, from the side where the list begins: a page of a busy network is full after
 * the first.
 */
export function slices({ from, to }: Range, descending: boolean): Range[] {
  const all: Range[] = [];
  let [first, last] = [from, to];
  for (let i = 0; first < last; i++) {
    const seconds = SLICES[i] ?? SLICES[SLICES.length - 1] * 6 ** (i - SLICES.length + 1);
    const length = BigInt(seconds) * 1_000_000_000n;
    const cut = last - first <= length ? (descending ? first : last) : undefined;
    if (descending) {
      const begin = cut ?? last - length;
      all.push({ from: begin, to: last });
      last = begin;
    } else {
      const end = cut ?? first + length;
      all.push({ from: first, to: end });
      first = end;
    }
  }
  return all;
}

/** Names one after the other, in lines. */
function wrapped(names: readonly string[]): string {
  const lines: string[] = [];
  let line = '';
  for (const name of names) {
    if (line !== '' && line.length + name.length > 100) {
      lines.push(line);
      line = '';
    }
    line += `${line === '' ? '' : ' '}${name},`;
  }
  return [...lines, line].join('\n  ').slice(0, -1);
}

/** A row of the store as the API writes it. */
export function rowOf(columns: readonly AskedColumn[], values: readonly unknown[]): Row {
  return Object.fromEntries(columns.map(({ name, kind }, i) => [name, cellOf(kind, values[i])]));
}

export function cellOf(kind: AskedColumn['kind'], value: unknown): Cell {
  if (typeof value === 'string') {
    if (kind === 'time') return `${value.replace(' ', 'T')}Z`;
    if (kind === 'address') return value.replace(/^::ffff:(?=.*\.)/, '');
  }
  if (kind === 'addresses') return (value as string[]).map((one) => one.replace(/^::ffff:(?=.*\.)/, ''));
  return value as Cell;
}

/** A time of the API in nanoseconds since 1970. */
export function nanosecondsOf(text: string): bigint {
  const [seconds, fraction = ''] = text.replace('Z', '').split('.');
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}
