/**
 * What ClickHouse makes of the tables, for docs/reference/columns.md: name, type and meaning of each column.
 */
import type { Table } from './column.js';
import { END_COLUMNS } from './ends.js';
import { NAMES } from './names.js';
import { NETWORK_LOADS } from './network-loads.js';
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

const KEYS_BY_MINUTE = ['copy', 'mirror_type', 'mirror_source', 'mirror_session'];
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
  'copy',
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
  ...END_COLUMNS,
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
    'copy',
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
  ...namedAs(TRANSACTIONS, ['attributes', 'partial', 'community_id', ...END_COLUMNS, ...POINT]),
];

/** Transactions of HTTP, likewise. */
const HTTP: readonly ViewColumn[] = [
  ...namedAs(TRANSACTIONS, [
    'session_id',
    'number',
    'copy',
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
    ...END_COLUMNS,
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
    doc: '1.',
  },
  ...SUMMED_BY_MINUTE.map((name) => ({ name, type: typeOf(name), doc: AS_IN_SESSIONS })),
];

const POINT_BY_TIME: readonly ViewColumn[] = [
  {
    name: 'copy',
    type: 'UInt8',
    doc:
      '0: this mirror point had these conversations first; 1: another one had them before; 255: rows from ' +
      'before the column. `copy IN (0, 255)` counts each conversation once.',
  },
  ...['mirror_type', 'mirror_source', 'mirror_session', 'gre_key'].map((name) => ({
    name,
    type: typeOf(name),
    doc: AS_IN_SESSIONS,
  })),
];
const MINUTE: ViewColumn = { name: 'minute', type: "DateTime('UTC')", doc: 'Start of the minute.' };
const HOUR: ViewColumn = { name: 'hour', type: "DateTime('UTC')", doc: 'Start of the hour.' };

/** Columns of sessions in the key of a roll-up. */
function keys(...names: string[]): ViewColumn[] {
  return names.map((name) => ({ name, type: typeOf(name), doc: AS_IN_SESSIONS }));
}

const COUNTS: Readonly<Record<string, string>> = {
  sessions:
    'Rows of `sessions`: a long conversation counts once for each of its parts, in the time of the part.',
  failed: 'Of these, `tcp_state` `REJ`, `S0`, `RSTOS0` or `RSTRH`: nothing came of them.',
  unanswered: 'Of these, `tcp_state` `S0` or `RSTOS0`.',
  refused: 'Of these, `tcp_state` `REJ` or `RSTRH`.',
  reset: 'Of these, `tcp_state` `RSTO` or `RSTR`.',
  handshakes: 'Of these, with a `handshake_us`.',
  client_rtts: 'Of these, with a `client_rtt_us`.',
  server_rtts: 'Of these, with a `server_rtt_us`.',
  client_sessions: 'Rows of `sessions` whose client it is.',
  server_sessions: 'Rows of `sessions` whose server it is.',
  client_failed: '`failed` of these as a client.',
  server_failed: '`failed` of these as a server.',
  packets_sent: 'Packets from it.',
  packets_received: 'Packets to it.',
  bytes_sent: 'Bytes from it.',
  bytes_received: 'Bytes to it.',
};

/** Sums in a roll-up; those without words of their own are of the column of sessions with that name. */
function sums(names: readonly string[], type = 'UInt64'): ViewColumn[] {
  return names.map((name) => ({ name, type, doc: COUNTS[name] ?? `Sum of \`${name}\`.` }));
}

const PACKETS_AND_BYTES = ['client_packets', 'server_packets', 'client_bytes', 'server_bytes'];
const SUM = 'SimpleAggregateFunction(sum, UInt64)';

const TRAFFIC_BY_MINUTE: readonly ViewColumn[] = [
  MINUTE,
  ...POINT_BY_TIME,
  ...keys('transport', 'app_protocol', 'tcp_state'),
  ...sums(['sessions', ...PACKETS_AND_BYTES, 'client_retransmits', 'server_retransmits']),
  ...sums(['handshakes', 'handshake_us']),
];

const CLIENTS_BY_HOUR: readonly ViewColumn[] = [
  HOUR,
  ...POINT_BY_TIME,
  ...keys('client_ip'),
  ...sums(['sessions', 'failed', ...PACKETS_AND_BYTES]),
];

/** The buckets of a time, of which a quantile can be told. */
function buckets(name: string, of: string): ViewColumn {
  return {
    name,
    type: 'SimpleAggregateFunction(groupArrayArray(65536), Array(UInt8))',
    doc: `\`round(4 * log2(${of}))\` of each conversation, of at most 65,536 an hour.`,
  };
}

const SERVICES_BY_HOUR: readonly ViewColumn[] = [
  HOUR,
  ...POINT_BY_TIME,
  ...keys('server_ip', 'server_port', 'protocol'),
  {
    name: 'app_protocol',
    type: 'SimpleAggregateFunction(max, LowCardinality(String))',
    doc: 'As in `sessions`; where several are spoken, the last in the alphabet.',
  },
  ...sums(['sessions', 'unanswered', 'refused', 'reset', ...PACKETS_AND_BYTES], SUM),
  ...sums(['client_retransmits', 'server_retransmits', 'handshakes', 'handshake_us'], SUM),
  buckets('handshake_buckets', 'handshake_us'),
  ...sums(['responses', 'response_us'], SUM),
  {
    name: 'response_us_max',
    type: 'SimpleAggregateFunction(max, UInt32)',
    doc: 'The longest.',
  },
  buckets('response_buckets', 'response_us / responses'),
  ...sums(['client_rtts', 'client_rtt_us', 'server_rtts', 'server_rtt_us'], SUM),
];

const HOSTS_BY_HOUR: readonly ViewColumn[] = [
  HOUR,
  ...POINT_BY_TIME,
  { name: 'host', type: 'IPv6', doc: '`client_ip` or `server_ip` of `sessions`.' },
  ...sums(['client_sessions', 'server_sessions', 'client_failed', 'server_failed']),
  ...sums(['packets_sent', 'packets_received', 'bytes_sent', 'bytes_received']),
];

/** The networks that count. */
const NETWORKS: readonly ViewColumn[] = namedAs(NETWORK_LOADS, [
  'prefix',
  'name',
  'site',
  'role',
  'tenant',
  'vlan',
  'vni',
  'loaded',
  'loaded_from',
  'address',
  'bits',
]);

/** A row for each day on which an address was called anything. */
const ADDRESS_NAMES: readonly ViewColumn[] = [
  ...namedAs(NAMES, ['day', 'address', 'vni', 'host']),
  {
    name: 'name',
    type: 'String',
    doc: 'The best of its names of that day and the 29 before it, as it was known at the end of the day.',
  },
  {
    name: 'source',
    type: 'LowCardinality(String)',
    doc:
      'Why it is the best: `file` goes before `dhcp`, `mdns`, `llmnr`, then `kerberos`, `ntlm` and `smb`, ' +
      'then `tls`, `http`, `dns`; of the same rank the later day, then of the last three the one seen most ' +
      'often, then the one seen last.',
  },
  {
    name: 'named',
    type: 'Date',
    doc: 'The day on which it was called so last, at most 29 days before `day`.',
  },
  { name: 'first_seen', type: "DateTime64(9, 'UTC')", doc: 'When it was called anything first that day.' },
  { name: 'last_seen', type: "DateTime64(9, 'UTC')", doc: 'When last.' },
  { name: 'count', type: 'UInt64', doc: 'How often that day, under all its names.' },
  { name: 'names', type: 'UInt64', doc: 'How many names it had that day.' },
];

/** Sessions that an entry of `policies` does not allow. */
const POLICY_VIOLATIONS: readonly ViewColumn[] = namedAs(SESSIONS, [
  'policy',
  'session_id',
  'part',
  'copy',
  'first_seen',
  'last_seen',
  ...ENDS,
  'protocol',
  'transport',
  'app_protocol',
  'server_name',
  'user_name',
  'tcp_state',
  'client_network',
  'server_network',
  'client_role',
  'server_role',
  'client_site',
  'server_site',
  ...PACKETS_AND_BYTES,
  'community_id',
  ...POINT,
]);

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
  traffic_by_minute: TRAFFIC_BY_MINUTE,
  clients_by_hour: CLIENTS_BY_HOUR,
  services_by_hour: SERVICES_BY_HOUR,
  hosts_by_hour: HOSTS_BY_HOUR,
  sessions_by_minute: SESSIONS_BY_MINUTE,
  networks: NETWORKS,
  address_names: ADDRESS_NAMES,
  policy_violations: POLICY_VIOLATIONS,
  schema_migrations: SCHEMA_MIGRATIONS,
};
