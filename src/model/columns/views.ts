/**
 * What ClickHouse makes of the tables, for docs/reference/columns.md: name, type and meaning of each column.
 */
import type { Table } from './column.js';
import { SESSIONS } from './sessions.js';
import { TRANSACTIONS } from './transactions.js';

export interface ViewColumn {
  readonly name: string;
  readonly type: string;
  readonly doc: string;
}

const AS_IN_SESSIONS = 'As in `sessions`.';

/** The view in which the parts of a conversation are one row. */
const CONVERSATIONS: readonly ViewColumn[] = [
  { name: 'session_id', type: 'UUID', doc: AS_IN_SESSIONS },
  { name: 'parts', type: 'UInt32', doc: 'Rows of `sessions` it is made of.' },
  {
    name: 'complete',
    type: 'UInt8',
    doc:
      '1 where these are all from its first on, 0 where some are gone (`retention`), or not stored yet, ' +
      'while later ones are.',
  },
  ...SESSIONS.columns
    .filter(({ name }) => name !== 'session_id' && name !== 'part')
    .map(({ name, type, whole }) => ({
      name,
      type: whole?.type ?? type.clickhouse,
      doc: whole?.doc ?? AS_IN_SESSIONS,
    })),
  ...SESSIONS.derived.map(({ name, derived, whole }) => ({
    name,
    type: derived,
    doc: whole?.doc ?? AS_IN_SESSIONS,
  })),
];

const KEYS_BY_MINUTE = ['mirror_type', 'mirror_source', 'mirror_session'];
const FLOW_BY_MINUTE = ['client_ip', 'server_ip', 'server_port', 'protocol'];
const SUMMED_BY_MINUTE = ['client_packets', 'server_packets', 'client_bytes', 'server_bytes'];

function typeIn(table: Table, name: string): string {
  const column = table.columns.find((c) => c.name === name);
  return column?.type.clickhouse ?? table.derived.find((c) => c.name === name)?.derived ?? '';
}

function typeOf(name: string): string {
  return typeIn(SESSIONS, name);
}

/** Columns of a view that are those of a table, mostly under their names, or under names of another tool. */
function namedAs(table: Table, columns: readonly (string | readonly [string, string])[]): ViewColumn[] {
  return columns.map((column) => {
    if (typeof column === 'string')
      return { name: column, type: typeIn(table, column), doc: `As in \`${table.name}\`.` };
    const [name, of] = column;
    return { name, type: typeIn(table, of), doc: `\`${of}\` of \`${table.name}\`.` };
  });
}

const POINT = [
  'mirror_type',
  'mirror_source',
  'mirror_session',
  'mirror_name',
  'site',
  'gre_key',
  'vni',
  'collector',
];
const ENDS = ['client', 'server', 'client_ip', 'server_ip', 'client_port', 'server_port'];

/** What sessions say of TLS, under Zeek's names beside ours. */
const TLS: readonly ViewColumn[] = namedAs(SESSIONS, [
  'session_id',
  ['time', 'first_seen'],
  ...ENDS,
  'transport',
  'app_protocol',
  'server_name',
  'tls_version',
  ['version', 'tls_version'],
  'tls_cipher',
  ['cipher', 'tls_cipher'],
  'alpn',
  'alpn_chosen',
  ['next_protocol', 'alpn_chosen'],
  'tls_resumed',
  ['resumed', 'tls_resumed'],
  'tls_established',
  ['established', 'tls_established'],
  'tls_ech',
  ['ech', 'tls_ech'],
  'tls_alert',
  ['last_alert', 'tls_alert'],
  'tls_us',
  'quic_version',
  'ja4',
  'partial',
  'client_bytes',
  'server_bytes',
  'community_id',
  ...POINT,
]);

/** An attribute of transactions as a column. */
function attribute(name: string, of = name): ViewColumn {
  return { name, type: 'String', doc: `\`attributes['${of}']\`.` };
}

/** Transactions of DNS, under Zeek's names beside ours. */
const DNS: readonly ViewColumn[] = [
  ...namedAs(TRANSACTIONS, [
    'session_id',
    'number',
    'time',
    ...ENDS,
    'protocol',
    'app_protocol',
    ['query', 'name'],
    'domain',
    ['qtype', 'method'],
    ['qtype_name', 'method'],
    ['rcode', 'status'],
    ['rcode_name', 'status'],
    'outcome',
    'response_us',
  ]),
  {
    name: 'rtt',
    type: 'Nullable(Float64)',
    doc: 'The same in seconds; NULL without a question and its answer.',
  },
  ...namedAs(TRANSACTIONS, ['answers', 'ttl']),
  attribute('cname'),
  ...namedAs(TRANSACTIONS, ['attributes', 'partial', 'community_id', ...POINT]),
];

/** Transactions of HTTP, likewise. */
const HTTP: readonly ViewColumn[] = [
  ...namedAs(TRANSACTIONS, [
    'session_id',
    'number',
    'time',
    ...ENDS,
    'app_protocol',
    'method',
    ['host', 'name'],
    ['path', 'resource'],
    ['uri', 'resource'],
  ]),
  { name: 'status_code', type: 'UInt16', doc: '`status` as a number; 0 without an answer.' },
  ...namedAs(TRANSACTIONS, [
    'status',
    'outcome',
    'response_us',
    'transfer_us',
    'request_bytes',
    ['request_body_len', 'request_bytes'],
    'response_bytes',
    ['response_body_len', 'response_bytes'],
  ]),
  attribute('user_agent'),
  attribute('content_type'),
  attribute('referrer', 'referer'),
  attribute('x_forwarded_for'),
  ...namedAs(TRANSACTIONS, [
    'user_name',
    ['username', 'user_name'],
    'attributes',
    'partial',
    'community_id',
    ...POINT,
  ]),
];

const SESSIONS_BY_MINUTE: readonly ViewColumn[] = [
  { name: 'minute', type: "DateTime('UTC')", doc: 'Start of the minute.' },
  ...[...KEYS_BY_MINUTE, ...FLOW_BY_MINUTE].map((name) => ({
    name,
    type: typeOf(name),
    doc: AS_IN_SESSIONS,
  })),
  {
    name: 'sessions',
    type: 'UInt64',
    doc:
      'Rows of `sessions`: a long conversation counts once for each of its parts, in the minute of the ' +
      'part.',
  },
  ...SUMMED_BY_MINUTE.map((name) => ({ name, type: typeOf(name), doc: 'Their sum.' })),
];

const SCHEMA_MIGRATIONS: readonly ViewColumn[] = [
  { name: 'version', type: 'UInt32', doc: 'Number of a migration the store has had.' },
  { name: 'name', type: 'String', doc: 'Its name.' },
  { name: 'applied_at', type: "DateTime64(3, 'UTC')", doc: 'When.' },
];

export const VIEWS: Readonly<Record<string, readonly ViewColumn[]>> = {
  conversations: CONVERSATIONS,
  tls: TLS,
  dns: DNS,
  http: HTTP,
  sessions_by_minute: SESSIONS_BY_MINUTE,
  schema_migrations: SCHEMA_MIGRATIONS,
};
