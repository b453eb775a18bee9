/**
 * The conditions of a question: `f` of the API as SQL. Addresses are compared as what they are stored as, so
 * that the store finds them by their index; every value becomes a literal.
 */
import { parsePrefix } from '../../config/units.js';
import { TABLES } from '../../model/columns/tables.js';
import { quote } from '../../store/tables.js';
import { formatIp } from '../../wire/ip/addresses.js';
import { RequestError } from '../errors.js';

/** Conditions at once, and values of one. */
export const MOST_CONDITIONS = 50;
export const MOST_VALUES = 100;

/** How a column is compared. */
type Kind = 'number' | 'text' | 'address' | 'array' | 'uuid' | 'enum';

/** What a condition may name besides columns: an expression for each of the columns it stands for. */
const EITHER: Readonly<Record<string, readonly string[]>> = {
  host: ['client_ip', 'server_ip'],
  port: ['client_port', 'server_port'],
  mac: ['client_mac', 'server_mac'],
};
const RENAMED: Readonly<Record<string, string>> = {
  client: 'client_ip',
  server: 'server_ip',
  app: 'app_protocol',
  mirror: 'mirror_name',
};
/** Values that are computed: `packets:>100`. */
const COMPUTED: Readonly<Record<string, string>> = {
  packets: '(client_packets + server_packets)',
  bytes: '(client_bytes + server_bytes)',
  retransmits: '(client_retransmits + server_retransmits)',
  duration_us: "dateDiff('microsecond', first_seen, last_seen)",
};
/** Columns of `sessions` that conditions on transactions are asked from by their session. */
export type ConditionTable = 'sessions' | 'transactions';

/** Columns by name, of the tables conditions are for. */
const KINDS: Readonly<Record<ConditionTable, ReadonlyMap<string, Kind>>> = {
  sessions: kindsOf('sessions'),
  transactions: kindsOf('transactions'),
};

function kindsOf(table: ConditionTable): ReadonlyMap<string, Kind> {
  const kinds = new Map<string, Kind>();
  for (const { name, type } of TABLES[table].columns) {
    const { clickhouse } = type;
    if (clickhouse === 'IPv6') kinds.set(name, 'address');
    else if (clickhouse.startsWith('Array(')) kinds.set(name, 'array');
    else if (clickhouse === 'UUID') kinds.set(name, 'uuid');
    else if (clickhouse.includes('Int')) kinds.set(name, 'number');
    else if (clickhouse.includes('Enum')) kinds.set(name, 'enum');
    else if (clickhouse.includes('String') && !clickhouse.includes('Map')) kinds.set(name, 'text');
  }
  kinds.set('community_id', 'text');
  if (table === 'transactions') kinds.set('domain', 'text');
  return kinds;
}

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

/**
 * Conditions as SQL, each in brackets.
 *
 * @throws RequestError that names the wrong one
 */
export function conditions(given: readonly string[], table: ConditionTable = 'sessions'): string[] {
  if (given.length > MOST_CONDITIONS)
    throw new RequestError(`${given.length} conditions; ${MOST_CONDITIONS} at most`, 400);
  return given.map((text) => sqlOf(parseCondition(text), table));
}

function sqlOf({ name, negated, values }: Condition, table: ConditionTable): string {
  const either = EITHER[name];
  const columns = either ?? [RENAMED[name] ?? name];
  const each = columns.map((column) => compared(column, name, values, table));
  const sql = each.length === 1 ? each[0] : each.join(' OR ');
  return negated ? `NOT (${sql})` : `(${sql})`;
}

function compared(column: string, said: string, values: readonly string[], table: ConditionTable): string {
  const computed = table === 'sessions' ? COMPUTED[column] : undefined;
  const kind = computed === undefined ? KINDS[table].get(column) : 'number';
  if (kind === undefined)
    throw new RequestError(`${said} is no column that ${table} can be filtered by`, 400, {
      hint: 'docs/reference/columns.md lists them',
    });
  const sql = computed ?? column;
  if (kind === 'number')
    return alternatives(
      sql,
      values.map((v) => number(said, v)),
    );
  if (kind === 'address')
    return alternatives(
      sql,
      values.map((v) => address(said, v)),
    );
  if (kind === 'array') return values.map((v) => `has(${sql}, ${whole(said, v)})`).join(' OR ');
  if (kind === 'uuid')
    return alternatives(
      sql,
      values.map((v) => equal(uuid(said, v))),
    );
  return alternatives(sql, values.map(text));
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

/** An address in SQL. @param address 16 bytes; IPv4 as ::ffff:a.b.c.d */
export function addressLiteral(address: Uint8Array): string {
  return `toIPv6(${quote(formatIp(address, 0))})`;
}

/** `*` stands for anything: `server_name:*.example.com`. */
function text(value: string): Comparison {
  if (!value.includes('*')) return equal(quote(value));
  const like = value.replace(/[\\%_]/g, (c) => `\\${c}`).replaceAll('*', '%');
  return { by: (column) => `${column} ILIKE ${quote(like)}` };
}
