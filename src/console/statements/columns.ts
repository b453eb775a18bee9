/** The columns that lists and conditions may name, of the two tables they are for. */
import type { ColumnType } from '../../model/columns/column.js';
import { TABLES } from '../../model/columns/tables.js';
import { POINT_ID } from './point.js';

/** The tables that conditions, lists and values are for. */
export type ConditionTable = 'sessions' | 'transactions';

/** How a column is compared and shown. */
export type Kind =
  | 'number'
  | 'text'
  | 'texts'
  | 'address'
  | 'addresses'
  | 'array'
  | 'uuid'
  | 'enum'
  | 'time'
  | 'map';

export interface AskedColumn {
  readonly name: string;
  /** What it is in SQL. */
  readonly sql: string;
  readonly kind: Kind;
  /** Whether lists can be ordered by it: it is never NULL, and its values can be written as literals. */
  readonly sortable: boolean;
}

/** Values that are computed. */
const COMPUTED: Readonly<Record<ConditionTable, Readonly<Record<string, string>>>> = {
  sessions: {
    packets: '(client_packets + server_packets)',
    bytes: '(client_bytes + server_bytes)',
    retransmits: '(client_retransmits + server_retransmits)',
    duration_us: "dateDiff('microsecond', first_seen, last_seen)",
  },
  transactions: { bytes: '(request_bytes + response_bytes)' },
};

/** How columns of a type are compared and shown; those of other types are texts. */
const KINDS: Partial<Record<ColumnType['kind'], Kind>> = {
  uint: 'number',
  int: 'number',
  nullable: 'number',
  fixed32: 'number',
  enum: 'enum',
  uints: 'array',
  texts: 'texts',
  ip: 'address',
  ips: 'addresses',
  uuid: 'uuid',
  time: 'time',
  map: 'map',
};

const SORTABLE: ReadonlySet<Kind> = new Set(['number', 'text', 'address', 'time']);

function columnsOf(table: ConditionTable): ReadonlyMap<string, AskedColumn> {
  const { columns, derived } = TABLES[table];
  const all: AskedColumn[] = columns.map(({ name, type }) => {
    const kind = KINDS[type.kind] ?? 'text';
    return { name, sql: name, kind, sortable: SORTABLE.has(kind) && type.kind !== 'nullable' };
  });
  for (const { name } of derived) all.push({ name, sql: name, kind: 'text', sortable: false });
  for (const [name, sql] of Object.entries(COMPUTED[table]))
    all.push({ name, sql, kind: 'number', sortable: true });
  // The mirror point by its name, or by its id where it has none.
  all.push({
    name: 'mirror',
    sql: `if(mirror_name = '', ${POINT_ID}, mirror_name)`,
    kind: 'text',
    sortable: true,
  });
  return new Map(all.map((column) => [column.name, column]));
}

export const COLUMNS: Readonly<Record<ConditionTable, ReadonlyMap<string, AskedColumn>>> = {
  sessions: columnsOf('sessions'),
  transactions: columnsOf('transactions'),
};

/** What a condition may name besides columns: it is met by either of two of them. */
export const EITHER: Readonly<Record<string, readonly [client: string, server: string]>> = {
  host: ['client_ip', 'server_ip'],
  port: ['client_port', 'server_port'],
  mac: ['client_mac', 'server_mac'],
  network: ['client_network', 'server_network'],
  role: ['client_role', 'server_role'],
  // `site` is the mirror point's.
  host_site: ['client_site', 'server_site'],
  as: ['client_as_org', 'server_as_org'],
  country: ['client_country', 'server_country'],
};

/** The column of a row's time. */
export const TIME_OF: Readonly<Record<ConditionTable, string>> = {
  sessions: 'first_seen',
  transactions: 'time',
};
/** The column that tells rows of one session apart. */
export const NUMBER_OF: Readonly<Record<ConditionTable, string>> = {
  sessions: 'part',
  transactions: 'number',
};
