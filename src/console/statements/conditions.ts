/**
 * The conditions of a question: `f` of the API as SQL. Addresses are compared as what they are stored as, so
 * that the store finds them by their index; every value becomes a literal.
 */
import { parsePrefix } from '../../config/units.js';
import { quote } from '../../store/tables.js';
import { RequestError } from '../errors.js';
import { COLUMNS, type ConditionTable, EITHER } from './columns.js';
import { addressLiteral, pointCondition } from './point.js';

export { addressLiteral } from './point.js';

/** Conditions at once, and values of one. */
export const MOST_CONDITIONS = 50;
export const MOST_VALUES = 100;

const RENAMED: Readonly<Record<string, string>> = {
  client: 'client_ip',
  server: 'server_ip',
  app: 'app_protocol',
};

/** One condition, as it was written. */
export interface Condition {
  readonly name: string;
  readonly negated: boolean;
  readonly values: readonly string[];
}

/** @throws RequestError for one that is no condition */
export function parseCondition(text: string): Condition {
  const parts = /^([a-z_][a-z0-9_]*):(!?)([\s\S]*)$/.exec(text);
  if (parts === null)
    throw new RequestError(`${text} is no condition`, 400, {
      hint: 'write column:value, as server:10.0.0.1',
    });
  const [, name, not, given] = parts;
  const values = splitValues(given);
  if (values.length > MOST_VALUES)
    throw new RequestError(`${name}: ${values.length} values; ${MOST_VALUES} at most`, 400);
  return { name, negated: not === '!', values };
}

/** Values are separated by commas; one that has a comma itself is in quotes, doubled inside. */
function splitValues(text: string): string[] {
  const values: string[] = [];
  const value = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/gy;
  for (;;) {
    const found = value.exec(text);
    if (found === null) return [...values, text.slice(value.lastIndex)];
    values.push(found[1]?.replaceAll('""', '"') ?? found[2]);
    if (found[3] === '') return values;
  }
}

/** The table of the other kind of row: sessions have transactions. */
const OTHER: Readonly<Record<ConditionTable, ConditionTable>> = {
  sessions: 'transactions',
  transactions: 'sessions',
};

/**
 * Conditions as SQL, each in brackets. Those on columns that only the other table has are about rows there
 * of the same session: one row has to meet all of them.
 *
 * @param through rows of the other table that meet some conditions, as a condition on `session_id`
 * @throws RequestError that names the wrong one
 */
export function conditions(
  given: readonly string[],
  table: ConditionTable = 'sessions',
  through?: (other: ConditionTable, sql: readonly string[]) => string,
): string[] {
  if (given.length > MOST_CONDITIONS)
    throw new RequestError(`${given.length} conditions; ${MOST_CONDITIONS} at most`, 400);
  const own: string[] = [];
  const others: string[] = [];
  for (const condition of given.map(parseCondition)) {
    const away = !isOf(condition.name, table) && isOf(condition.name, OTHER[table]);
    if (away && through !== undefined) others.push(sqlOf(condition, OTHER[table]));
    else own.push(sqlOf(condition, table));
  }
  return others.length === 0 || through === undefined ? own : [...own, through(OTHER[table], others)];
}

/** The columns that a condition is about. */
function columnsOf(name: string): readonly string[] {
  return EITHER[name] ?? [RENAMED[name] ?? name];
}

function isOf(name: string, table: ConditionTable): boolean {
  return columnsOf(name).every((column) => COLUMNS[table].has(column));
}

function sqlOf({ name, negated, values }: Condition, table: ConditionTable): string {
  const each = columnsOf(name).flatMap((column) =>
    name === 'as' ? system(column, values, table) : [compared(column, name, values, table)],
  );
  const sql = each.length === 1 ? each[0] : each.join(' OR ');
  return negated ? `NOT (${sql})` : `(${sql})`;
}

/** An autonomous system, by its number (`64496`, `AS64496`) or by its organisation. */
function system(organisation: string, values: readonly string[], table: ConditionTable): string[] {
  const [numbers, names]: [string[], string[]] = [[], []];
  for (const value of values) {
    const digits = /^(?:AS)?(\d{1,10})$/i.exec(value)?.[1];
    if (digits === undefined) names.push(value);
    else numbers.push(digits);
  }
  const number = organisation.replace('as_org', 'asn');
  return [
    ...(numbers.length > 0 ? [compared(number, 'as', numbers, table)] : []),
    ...(names.length > 0 ? [compared(organisation, 'as', names, table)] : []),
  ];
}

function compared(column: string, said: string, values: readonly string[], table: ConditionTable): string {
  if (column === 'mirror') return values.map(mirror).join(' OR ');
  const found = COLUMNS[table].get(column);
  if (found === undefined || found.kind === 'time' || found.kind === 'map')
    throw new RequestError(`${said} is no column that ${table} can be filtered by`, 400, {
      hint: 'docs/reference/columns.md lists them',
    });
  const { sql, kind } = found;
  const compare = (value: string): Comparison => {
    if (kind === 'number') return number(said, value);
    if (kind === 'address') return address(said, value);
    if (kind === 'uuid') return equal(uuid(said, value));
    return text(value);
  };
  if (kind === 'array') return values.map((v) => `has(${sql}, ${whole(said, v)})`).join(' OR ');
  if (kind === 'addresses' || kind === 'texts') {
    const each = (value: string): string =>
      alternatives('a', [kind === 'texts' ? text(value) : address(said, value)]);
    return values.map((v) => `arrayExists(a -> ${each(v)}, ${sql})`).join(' OR ');
  }
  // A word that the enum does not have is equal to none of it.
  return alternatives(kind === 'enum' ? `toString(${sql})` : sql, values.map(compare));
}

/** A mirror point by its name or its id. */
function mirror(value: string): string {
  return pointCondition(value) ?? alternatives('mirror_name', [text(value)]);
}

/** Of one value: what is behind the column. Equal ones are gathered into a list. */
interface Comparison {
  readonly is?: string;
  readonly by?: (column: string) => string;
}

function equal(literal: string): Comparison {
  return { is: literal };
}

function alternatives(column: string, comparisons: readonly Comparison[]): string {
  const equals = comparisons.flatMap((c) => (c.is === undefined ? [] : [c.is]));
  const others = comparisons.flatMap((c) => (c.by === undefined ? [] : [c.by(column)]));
  if (equals.length === 1) others.unshift(`${column} = ${equals[0]}`);
  else if (equals.length > 1) others.unshift(`${column} IN (${equals.join(', ')})`);
  return others.join(' OR ');
}

/** `443`, `>100`, `<=5`, `1024..2048`, '' for NULL. */
function number(said: string, value: string): Comparison {
  if (value === '') return { by: (column) => `${column} IS NULL` };
  const range = /^(\d{1,20})\.\.(\d{1,20})$/.exec(value);
  if (range !== null) return { by: (column) => `${column} BETWEEN ${range[1]} AND ${range[2]}` };
  const parts = /^(>=|<=|>|<)?(\d{1,20})$/.exec(value);
  if (parts === null)
    throw new RequestError(`${said}: ${value} is not a number`, 400, {
      hint: `write ${said}:443, ${said}:>100 or ${said}:1..9`,
    });
  const [, sign, digits] = parts;
  return sign === undefined ? equal(digits) : { by: (column) => `${column} ${sign} ${digits}` };
}

function whole(said: string, value: string): string {
  if (/^\d{1,20}$/.test(value)) return value;
  throw new RequestError(`${said}: ${value} is not a number`, 400);
}

function uuid(said: string, value: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) return `toUUID(${quote(value)})`;
  throw new RequestError(`${said}: ${value} is not a session's id`, 400);
}

/** An address, or a prefix as the range of its addresses. */
function address(said: string, value: string): Comparison {
  const prefix = parsePrefix(value);
  if (prefix === undefined)
    throw new RequestError(`${said}: ${value} is not an address or a prefix`, 400, {
      hint: `write ${said}:10.0.0.1 or ${said}:10.0.0.0/8`,
    });
  if (prefix.bits === 128) return equal(addressLiteral(prefix.address));
  const first = prefix.address.map((byte, i) => byte & maskByte(prefix.bits, i));
  const last = first.map((byte, i) => byte | (~maskByte(prefix.bits, i) & 0xff));
  return { by: (column) => `${column} BETWEEN ${addressLiteral(first)} AND ${addressLiteral(last)}` };
}

/** Byte `at` of the mask of `bits` ones. */
function maskByte(bits: number, at: number): number {
  const ones = Math.min(Math.max(bits - 8 * at, 0), 8);
  return (0xff00 >> ones) & 0xff;
}

/** `*` stands for anything: `server_name:*.example.com`. */
function text(value: string): Comparison {
  if (!value.includes('*')) return equal(quote(value));
  const like = value.replace(/[\\%_]/g, (c) => `\\${c}`).replaceAll('*', '%');
  return { by: (column) => `${column} ILIKE ${quote(like)}` };
}
