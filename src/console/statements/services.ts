/** One service, and the services of a range. */
import { parsePrefix } from '../../config/units.js';
import { formatIp } from '../../wire/ip/addresses.js';
import type { SERVICE_ORDERS } from '../contract/services.js';
import { RequestError } from '../errors.js';
import { addressLiteral } from './conditions.js';
import { MOST_ROWS, NETWORK, NETWORK_WRITTEN, written } from './hosts.js';
import { written as addressText, conversations, FAILED, measuresOf, RESET, type Times } from './measures.js';
import { POINT_ID, type Range, type ScopedQuestion, timeLiteral } from './scope.js';
import type { Source } from './tables.js';

export interface ServiceKey {
  readonly address: string;
  readonly port: number;
  /** Its rows, in SQL. */
  readonly condition: string;
}

/** @throws RequestError for what is no service */
export function serviceKey(text: string): ServiceKey {
  const parts = /^(?:\[([^\]]+)\]|([^[\]:]+)):(\d{1,5})$/.exec(text);
  const given = parts?.[1] ?? parts?.[2] ?? '';
  const prefix = given.includes('/') ? undefined : parsePrefix(given);
  const port = Number(parts?.[3]);
  if (prefix === undefined || port > 65_535)
    throw new RequestError(`${text} is no service`, 400, {
      hint: 'write 10.0.0.1:443, or [2001:db8::1]:443',
    });
  const condition = `(server_ip = ${addressLiteral(prefix.address)} AND server_port = ${port})`;
  return { address: formatIp(prefix.address, 0), port, condition };
}

export interface ServiceQuestion {
  readonly service: ServiceKey;
  readonly scope: ScopedQuestion;
  readonly table: string;
}

/** The mean answer of a conversation; its share of the network to the server; the server's own. */
const ANSWER = 'response_us / responses';
const TIMED = 'responses > 0 AND server_rtt_us > 0';

/** Medians of what a client waits for, of conversations in which it was timed. */
const middle = (us: string): string => `if(timed = 0, NULL, toUInt32(medianIf(${us}, ${TIMED})))`;
const WAIT =
  `countIf(${TIMED}) AS timed,\n` +
  `  ${middle('client_rtt_us')} AS client_rtt_us_,\n` +
  `  ${middle(`least(server_rtt_us, ${ANSWER})`)} AS server_rtt_us_,\n` +
  `  ${middle(`greatest(${ANSWER} - server_rtt_us, 0)`)} AS server_us`;

/** Transactions of a range. */
function during({ from, to }: Range): string {
  return `time >= ${timeLiteral(from)} AND time < ${timeLiteral(to)}`;
}

const whereOf = ({ scope, service }: ServiceQuestion): string => `${scope.where}\n  AND ${service.condition}`;

/** @returns one row; all zero where the service was not seen */
export function serviceFacts(question: ServiceQuestion): string {
  return (
    'SELECT uniqExact(session_id) AS conversations, uniqExact(client_ip) AS clients,\n' +
    '  sum(client_bytes + server_bytes) AS bytes, sum(client_packets + server_packets) AS packets,\n' +
    "  topKIf(1)(app_protocol, app_protocol != '')[1] AS app, topK(1)(transport)[1] AS transport,\n" +
    `  ${written('min(first_seen)')} AS first_seen_at, ${written('max(last_seen)')} AS last_seen_at,\n` +
    `  arraySort(groupUniqArray(8)(if(mirror_name = '', ${POINT_ID}, mirror_name))) AS mirrors,\n` +
    "  uniqExactIf(session_id, tcp_state IN ('REJ', 'RSTRH')) AS refused,\n" +
    '  uniqExactIf(session_id, server_packets = 0) AS unanswered,\n' +
    `  uniqExactIf(session_id, server_packets > 0 AND tcp_state NOT IN ${FAILED}) AS answered,\n` +
    '  if(countIf(handshake_us > 0) = 0, NULL,\n' +
    '    toUInt32(medianIf(handshake_us - client_rtt_us, handshake_us > client_rtt_us))) AS syn_ack_us,\n' +
    `  ${WAIT}\n` +
    `FROM ${question.table}\nWHERE ${whereOf(question)}`
  );
}

/** Names that clients use. @returns rows of name, source and conversations */
export function serviceNames({ scope, service, table }: ServiceQuestion, transactions: string): string {
  return (
    "SELECT server_name AS name, 'tls' AS source, uniqExact(session_id) AS conversations\n" +
    `FROM ${table}\nWHERE ${scope.where}\n  AND ${service.condition} AND server_name != ''\nGROUP BY name\n` +
    'UNION ALL\n' +
    "SELECT name, 'http' AS source, uniqExact(session_id) AS conversations\n" +
    `FROM ${transactions}\nWHERE ${during(scope.range)}\n  AND ${service.condition}\n` +
    "  AND app_protocol IN ('http', 'http2') AND name != ''\nGROUP BY name\n" +
    'ORDER BY conversations DESC, name LIMIT 10'
  );
}

/** @returns rows of a bucket in seconds, NULL for all together; counts, medians and 95th percentiles */
export function serviceTimes(question: ServiceQuestion, interval: number): string {
  const course = (name: string, value: string, given: string): string =>
    `  countIf(${given}) AS ${name}_n, medianIf(${value}, ${given}) AS ${name}_p50,\n` +
    `  quantileIf(0.95)(${value}, ${given}) AS ${name}_p95`;
  return (
    `SELECT intDiv(toUnixTimestamp(first_seen), ${interval}) * ${interval} AS bucket,\n` +
    '  grouping(bucket) AS apart,\n' +
    `${course('answer', ANSWER, 'responses > 0')}, sum(responses) AS answers,\n` +
    `${course('handshake', 'handshake_us', 'handshake_us > 0')},\n` +
    `${course('tls', 'tls_us', 'tls_us > 0')},\n` +
    '  countIf(server_rtt_us > 0) AS network_n, medianIf(server_rtt_us, server_rtt_us > 0) AS network_p50\n' +
    `FROM ${question.table}\nWHERE ${whereOf(question)}\n` +
    'GROUP BY GROUPING SETS ((bucket), ())\nORDER BY apart, bucket'
  );
}

/** @returns rows of networks of clients, the slowest first */
export function serviceNetworks(question: ServiceQuestion): string {
  return (
    `SELECT ${NETWORK} AS network, ${NETWORK_WRITTEN} AS prefix, uniqExact(session_id) AS conversations,\n` +
    `  ${WAIT}\n` +
    `FROM ${question.table}\nWHERE ${whereOf(question)}\nGROUP BY network\n` +
    'ORDER BY client_rtt_us_ + server_rtt_us_ + server_us DESC NULLS LAST, conversations DESC\nLIMIT 50'
  );
}

/** The yardstick: the same clients at other servers of the same application. @returns one row */
export function serviceOthers(question: ServiceQuestion): string {
  const { table, scope, service } = question;
  const inner = scope.where.replaceAll('\n', '\n    ');
  const of = (column: string): string =>
    `(SELECT DISTINCT ${column} FROM ${table}\n    WHERE ${inner}\n      ` +
    `AND ${service.condition} LIMIT 1000)`;
  return (
    'SELECT uniqExact(server_ip, server_port) AS servers, uniqExact(session_id) AS conversations,\n' +
    `  ${WAIT}\n` +
    `FROM ${table}\nWHERE ${scope.where}\n  AND NOT ${service.condition} AND ${TIMED}\n` +
    `  AND client_ip IN ${of('client_ip')}\n  AND app_protocol IN ${of('app_protocol')}`
  );
}

/** @returns rows of a state, and of all what went wrong on the way */
export function serviceEnds(question: ServiceQuestion): string {
  return (
    'SELECT tcp_state AS state, uniqExact(session_id) AS conversations,\n' +
    '  sum(client_packets + server_packets) AS segments,\n' +
    '  sum(client_retransmits + server_retransmits) AS retransmits,\n' +
    '  sum(client_reordered + server_reordered) AS reordered,\n' +
    '  sum(client_zero_windows + server_zero_windows) AS zero_windows,\n' +
    '  sum(client_missing + server_missing) AS missing\n' +
    `FROM ${question.table}\nWHERE ${whereOf(question)}\nGROUP BY state\nORDER BY conversations DESC, state`
  );
}

/** What was spoken. @returns rows of what, value, conversations */
export function serviceVersions(question: ServiceQuestion): string {
  const columns = {
    versions: "if(tls_version != '', tls_version, if(quic_version != '', concat('QUIC ', quic_version), ''))",
    ciphers: 'tls_cipher',
    ja4: 'ja4',
    alpn:
      "multiIf(alpn_chosen != '', concat(alpn_chosen, ' chosen'), " +
      "alpn != '', concat(alpn, ' offered'), '')",
    software: 'server_software',
  };
  const pairs = Object.entries(columns).map(([name, sql]) => `('${name}', toString(${sql}))`);
  return (
    'SELECT said.1 AS what, said.2 AS value, uniqExact(session_id) AS conversations\n' +
    `FROM ${question.table}\nARRAY JOIN [${pairs.join(',\n  ')}] AS said\n` +
    `WHERE ${whereOf(question)}\n  AND value != ''\n` +
    'GROUP BY what, value\nORDER BY what, conversations DESC, value\nLIMIT 8 BY what'
  );
}

/** The slowest transactions: rows that can be read in the clear. */
export function slowestTransactions({ service, scope }: ServiceQuestion, transactions: string): string {
  return (
    `SELECT toString(session_id) AS session_id, ${written('time')} AS time_at, t.client AS client,\n` +
    '  client_port, response_us AS us, method, name, resource, status\n' +
    `FROM ${transactions} AS t\n` +
    `WHERE ${during(scope.range)}\n` +
    `  AND ${service.condition} AND response_us > 0\n` +
    'ORDER BY response_us DESC, t.time\nLIMIT 12'
  );
}

/** The conversations with the longest answers: what was asked is encrypted, or not read. */
export function slowestConversations(question: ServiceQuestion): string {
  return (
    `SELECT toString(session_id) AS session_id, ${written('first_seen')} AS time_at,\n` +
    '  sessions.client AS client, client_port, response_us_max AS us,\n' +
    "  '' AS method, server_name AS name, '' AS resource, '' AS status\n" +
    `FROM ${question.table} AS sessions\nWHERE ${whereOf(question)}\n  AND responses > 0\n` +
    'ORDER BY response_us_max DESC, first_seen\nLIMIT 12'
  );
}

export function serviceClients(question: ServiceQuestion): string {
  return (
    'SELECT sessions.client AS client, uniqExact(session_id) AS conversations,\n' +
    `  uniqExactIf(session_id, tcp_state IN ${RESET}) AS reset,\n` +
    `  uniqExactIf(session_id, tcp_state IN ${FAILED}) AS failed,\n` +
    '  sum(client_bytes + server_bytes) AS bytes,\n' +
    `  if(sum(responses) = 0, NULL, toUInt32(medianIf(${ANSWER}, responses > 0))) AS answer_us,\n` +
    `  ${WAIT}, count() OVER () AS of_all\n` +
    `FROM ${question.table} AS sessions\nWHERE ${whereOf(question)}\n` +
    `GROUP BY sessions.client\nORDER BY bytes DESC, client\nLIMIT ${MOST_ROWS}`
  );
}

const ORDERS: Readonly<Record<(typeof SERVICE_ORDERS)[number], string>> = {
  bytes: 'bytes',
  sessions: 'conversations',
  clients: 'clients',
  failed: 'failed',
  response_p50: 'response_p50_us',
  response_p95: 'response_p95_us',
  handshake_p50: 'handshake_p50_us',
};

/** Orders that no roll-up knows. */
export const OF_SESSIONS: ReadonlySet<(typeof SERVICE_ORDERS)[number]> = new Set(['clients']);

/**
 * The services of a range.
 *
 * Columns: address, port, app, protocol, conversations, failed, bytes, response_p50_us, response_p95_us,
 * handshake_p50_us, of_all, and clients where `sessions` is read.
 */
export function servicesStatement(
  source: Source,
  order: (typeof SERVICE_ORDERS)[number],
  limit: number,
): string {
  const m = measuresOf(source);
  const ofSessions = source.table === 'sessions';
  const time = ({ count, quantile }: Times, level: number): string =>
    `if(${count} = 0, NULL, toUInt32(${quantile(level)}))`;
  return (
    `SELECT ${addressText('t.server_ip')} AS address, t.server_port AS port,\n` +
    "  multiIf(max(t.app_protocol) != '', max(t.app_protocol),\n" +
    "    t.protocol = 6, 'tcp', t.protocol = 17, 'udp', 'sctp') AS app, t.protocol AS protocol,\n" +
    `  ${ofSessions ? conversations() : m.sessions} AS conversations,\n` +
    (ofSessions ? '  uniqExact(t.client_ip) AS clients,\n' : '') +
    `  ${ofSessions ? conversations(`tcp_state IN ${FAILED}`) : m.failed} AS failed, ${m.bytes} AS bytes,\n` +
    `  ${time(m.response, 0.5)} AS response_p50_us,\n  ${time(m.response, 0.95)} AS response_p95_us,\n` +
    `  ${time(m.handshake, 0.5)} AS handshake_p50_us,\n  count() OVER () AS of_all\n` +
    `FROM ${source.from}\nWHERE ${source.where}\n  AND t.protocol IN (6, 17, 132)\n` +
    'GROUP BY t.server_ip, t.server_port, t.protocol\n' +
    `ORDER BY ${ORDERS[order]} DESC NULLS LAST, t.server_ip, t.server_port\nLIMIT ${limit}`
  );
}
