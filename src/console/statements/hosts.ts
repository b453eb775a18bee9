/** One host, and the hosts of a range. */
import { parsePrefix } from '../../config/units.js';
import { quote } from '../../store/tables.js';
import { formatIp } from '../../wire/ip/addresses.js';
import type { HOST_ORDERS } from '../contract/hosts.js';
import { RequestError } from '../errors.js';
import { conditions } from './conditions.js';
import { written as addressText, conversations, FAILED } from './measures.js';
import { POINT_ID, type ScopedQuestion } from './scope.js';
import type { Source } from './tables.js';

/** Rows of each list on a host's page. */
export const MOST_ROWS = 100;
/** Attempts that came to nothing, at so many doors of others, are a scan. */
export const SCAN_DOORS = 10;

const NOT_IP = 'ether_type NOT IN (2048, 34525)';
/** A time as the API writes it. */
const written = (time: string): string => `formatDateTime(${time}, '%FT%T.%fZ')`;
/** The median of what was timed; NULL where nothing was. */
const medianOf = (column: string): string =>
  `if(countIf(${column} > 0) = 0, NULL, toUInt32(medianIf(${column}, ${column} > 0)))`;
const NETWORK =
  "IPv6CIDRToRange(client_ip, if(startsWith(IPv6NumToString(client_ip), '::ffff:'), 120, 64)).1";
export const NETWORK_WRITTEN =
  "concat(replaceRegexpOne(IPv6NumToString(network), '^::ffff:', ''), " +
  "if(startsWith(IPv6NumToString(network), '::ffff:'), '/24', '/64'))";
export { medianOf, NETWORK, written };

/** Whom a page is about. */
export interface HostKey {
  /** As it is written, the one way that it is written in. */
  readonly address: string;
  readonly kind: 'address' | 'prefix' | 'mac';
  /** Conditions in SQL: it is the client, it is the server. */
  readonly client: string;
  readonly server: string;
}

/** @throws RequestError for what is neither an address, a prefix nor a MAC address */
export function hostKey(text: string): HostKey {
  if (/^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(text)) {
    const mac = text.toLowerCase().replaceAll('-', ':');
    const side = (name: string): string => `(${name}_mac = ${quote(mac)} AND ${NOT_IP})`;
    return { address: mac, kind: 'mac', client: side('client'), server: side('server') };
  }
  const prefix = parsePrefix(text);
  if (prefix === undefined)
    throw new RequestError(`${text} is not an address, a prefix or a MAC address`, 400, {
      hint: 'write 10.0.0.1, 10.0.0.0/24, 2001:db8::1 or 02:00:00:00:00:01',
    });
  const network = prefix.address.map((byte, i) => {
    const ones = Math.min(Math.max(prefix.bits - 8 * i, 0), 8);
    return byte & (0xff00 >> ones);
  });
  const whole = formatIp(network, 0);
  const isV4 = /^[\d.]+$/.test(whole);
  const length = isV4 ? prefix.bits - 96 : prefix.bits;
  const one = prefix.bits === 128;
  const address = one ? whole : `${whole}/${length}`;
  const [client, server] = conditions([`client:${address}`, `server:${address}`]);
  return { address, kind: one ? 'address' : 'prefix', client, server };
}

/** A question about one host. */
export interface HostQuestion {
  readonly host: HostKey;
  readonly scope: ScopedQuestion;
  /** The table `sessions`. */
  readonly table: string;
}

/** Rows of a host, from either side. */
function either({ host, scope }: HostQuestion): string {
  return `${scope.where}\n  AND (${host.server} OR ${host.client})`;
}

/** @returns one row; all zero where the host was not seen */
export function factsStatement(question: HostQuestion): string {
  const { host, table } = question;
  const { client, server } = host;
  const own = (name: string): string => `if(${server}, server_${name}, client_${name})`;
  const few = (what: string): string => `arraySort(groupUniqArray(4)(${what}))`;
  return (
    'SELECT uniqExact(session_id) AS conversations,\n' +
    `  uniqExactIf(session_id, ${server}) AS served, uniqExactIf(session_id, ${client}) AS asked,\n` +
    `  sumIf(client_bytes + server_bytes, ${server}) AS served_bytes,\n` +
    `  sumIf(client_bytes + server_bytes, ${client}) AS asked_bytes,\n` +
    `  sumIf(server_bytes, ${server}) + sumIf(client_bytes, ${client}) AS sent,\n` +
    `  sumIf(client_bytes, ${server}) + sumIf(server_bytes, ${client}) AS received,\n` +
    `  uniqExactIf(sessions.client, ${server}) AS clients,\n` +
    `  uniqExactIf(sessions.server, ${client}) AS servers,\n` +
    `  countIf(${server} AND tcp_state IN ${FAILED}) AS failed_served,\n` +
    `  countIf(${client} AND tcp_state IN ${FAILED}) AS failed_asked,\n` +
    `  uniqExact(${own('ip')}) AS hosts,\n` +
    `  ${written('min(first_seen)')} AS first_seen_at, ${written('max(last_seen)')} AS last_seen_at,\n` +
    `  ${few(`toString(${own('mac')})`)} AS macs, ${few(own('ttl'))} AS ttls,\n` +
    '  arraySort(groupUniqArrayArray(4)(vlan_ids)) AS vlans,\n' +
    `  ${few(own('network'))} AS networks, ${few(own('role'))} AS roles, ${few(own('site'))} AS sites,\n` +
    `  ${few(`if(${own('asn')} = 0, '', concat('AS', toString(${own('asn')}), ' ', ${own('as_org')}))`)} ` +
    `AS systems,\n  ${few(own('country'))} AS countries,\n` +
    `  arraySort(groupUniqArray(8)(if(mirror_name = '', ${POINT_ID}, mirror_name))) AS mirrors\n` +
    `FROM ${table} AS sessions\nWHERE ${either(question)}`
  );
}

/** @returns rows of a bucket's beginning in seconds, the side and its bytes */
export function trafficStatement(question: HostQuestion, interval: number): string {
  const { host, table } = question;
  return (
    `SELECT intDiv(toUnixTimestamp(first_seen), ${interval}) * ${interval} AS bucket,\n` +
    `  if(${host.server}, 'server', 'client') AS side, sum(client_bytes + server_bytes) AS bytes\n` +
    `FROM ${table}\nWHERE ${either(question)}\nGROUP BY bucket, side\nORDER BY bucket`
  );
}

/**
 * What a host serves, or asks of others, a row a port. Ports at which one client alone tried, and nobody
 * answered, are put together: a scan would fill the list.
 */
export function doorsStatement({ host, scope, table }: HostQuestion, side: 'server' | 'client'): string {
  const server = side === 'server' ? "''" : 'sessions.server';
  const shut = "d.answered = 0 AND d.clients = 1 AND d.transport IN ('tcp', 'udp', 'sctp')";
  const sum = (...names: string[]): string => names.map((name) => `sum(d.${name}) AS ${name}`).join(', ');
  return (
    'SELECT d.server AS server, min(d.port) AS first_port, count() AS ports, d.transport AS transport,\n' +
    '  max(d.app) AS app, max(d.clients) AS clients, any(d.client) AS client,\n' +
    `  ${sum('conversations', 'bytes', 'answered', 'refused', 'unanswered')},\n` +
    '  max(d.handshake) AS handshake_us, min(d.since) AS first_seen, count() OVER () AS of_all\n' +
    'FROM (\n' +
    `  SELECT ${server} AS server, server_port AS port, transport, max(app_protocol) AS app,\n` +
    '    uniqExact(session_id) AS conversations, uniqExact(sessions.client) AS clients,\n' +
    '    any(sessions.client) AS client, sum(client_bytes + server_bytes) AS bytes,\n' +
    `    uniqExactIf(session_id, server_packets > 0 AND tcp_state NOT IN ${FAILED}) AS answered,\n` +
    "    uniqExactIf(session_id, tcp_state IN ('REJ', 'RSTRH')) AS refused,\n" +
    "    uniqExactIf(session_id, server_packets = 0 OR tcp_state IN ('S0', 'RSTOS0')) AS unanswered,\n" +
    `    ${medianOf('handshake_us')} AS handshake, ${written('min(sessions.first_seen)')} AS since\n` +
    `  FROM ${table} AS sessions\n  WHERE ${scope.where.replaceAll('\n', '\n  ')}\n    AND ${host[side]}\n` +
    '  GROUP BY server, port, transport) AS d\n' +
    `GROUP BY d.server, d.transport, if(${shut}, 0, d.port), if(${shut}, d.client, '')\n` +
    `ORDER BY conversations DESC, bytes DESC, server, first_port\nLIMIT ${MOST_ROWS}`
  );
}

export function clientsStatement({ host, scope, table }: HostQuestion): string {
  return (
    'SELECT sessions.client AS client, uniqExact(session_id) AS conversations,\n' +
    `  countIf(tcp_state IN ${FAILED}) AS failed, sum(client_bytes + server_bytes) AS bytes,\n` +
    `  ${medianOf('handshake_us')} AS median_us, count() OVER () AS of_all\n` +
    `FROM ${table} AS sessions\nWHERE ${scope.where}\n  AND ${host.server}\n` +
    `GROUP BY sessions.client\nORDER BY bytes DESC, client\nLIMIT ${MOST_ROWS}`
  );
}

/** Who tried many doors of the host in vain, and of whom the host did. */
export function scansStatement(question: HostQuestion): string {
  const { host, table } = question;
  return (
    `SELECT if(${host.client}, 'scans', 'scanned') AS kind, sessions.client AS client,\n` +
    '  uniqExact(server_ip, server_port) AS doors, uniqExact(server_ip) AS hosts,\n' +
    '  uniqExact(server_port) AS ports,\n' +
    "  uniqExactIf((server_ip, server_port), tcp_state IN ('REJ', 'RSTRH')) AS refused,\n" +
    "  uniqExactIf((server_ip, server_port), tcp_state IN ('S0', 'RSTOS0')) AS unanswered,\n" +
    `  ${written('min(first_seen)')} AS since,\n` +
    "  dateDiff('second', min(first_seen), max(last_seen)) AS seconds\n" +
    `FROM ${table} AS sessions\nWHERE ${either(question)}\n  AND tcp_state IN ${FAILED}\n` +
    `GROUP BY kind, client\nHAVING doors >= ${SCAN_DOORS}\nORDER BY doors DESC\nLIMIT 5`
  );
}

/** Handshakes at each port that the host serves, by network of its clients. */
export function handshakesStatement({ host, scope, table }: HostQuestion): string {
  return (
    `SELECT sessions.server AS server, server_port AS port, ${NETWORK} AS network,\n` +
    `  ${NETWORK_WRITTEN} AS prefix, uniqExact(session_id) AS conversations,\n` +
    '  toUInt32(median(handshake_us)) AS us\n' +
    `FROM ${table} AS sessions\nWHERE ${scope.where}\n  AND ${host.server} AND handshake_us > 0\n` +
    'GROUP BY server, port, network\nHAVING conversations >= 3\nORDER BY conversations DESC\nLIMIT 200'
  );
}

const ORDERS: Readonly<Record<(typeof HOST_ORDERS)[number], string>> = {
  bytes: 'sent + received',
  sent: 'sent',
  received: 'received',
  sessions: 'conversations',
  failed: 'failed',
  peers: 'peers',
};

/**
 * The first hosts of a long range, of the roll-up: it knows frames that are not IP as `::`, times as hours,
 * and not with whom a host talked.
 */
export function rankedHostsStatement(
  { from, where }: Source,
  order: Exclude<(typeof HOST_ORDERS)[number], 'peers'>,
  limit: number,
): string {
  return (
    `SELECT ${addressText('t.host')} AS address, sum(t.bytes_sent) AS sent,\n` +
    '  sum(t.bytes_received) AS received, sum(t.client_sessions + t.server_sessions) AS conversations,\n' +
    '  sum(t.client_failed + t.server_failed) AS failed, NULL AS peers,\n' +
    `  ${written('min(t.hour)')} AS since, ${written('max(t.hour) + 3600')} AS until,\n` +
    '  count() OVER () AS of_all\n' +
    `FROM ${from}\nWHERE ${where}\n  AND t.host != toIPv6('::')\n` +
    `GROUP BY t.host\nORDER BY ${ORDERS[order]} DESC, t.host\nLIMIT ${limit}`
  );
}

/** The hosts of a range: each conversation counts for both its ends. */
export function hostsStatement(
  { where }: ScopedQuestion,
  order: (typeof HOST_ORDERS)[number],
  limit: number,
  table: string,
): string {
  const mac = (side: string): string => `if(${NOT_IP}, toString(${side}_mac), '')`;
  const own = (mine: string, other: string): string => `if(serves, ${mine}, ${other})`;
  return (
    `SELECT if(mac = '', replaceRegexpOne(IPv6NumToString(ip), '^::ffff:', ''), mac) AS address,\n` +
    `  sum(${own('server_bytes', 'client_bytes')}) AS sent,\n` +
    `  sum(${own('client_bytes', 'server_bytes')}) AS received,\n` +
    `  ${conversations()} AS conversations,\n` +
    `  ${conversations(`tcp_state IN ${FAILED}`)} AS failed,\n` +
    `  uniqExact(${own('client_ip', 'server_ip')}, ${own(mac('client'), mac('server'))}) AS peers,\n` +
    `  ${written('min(first_seen)')} AS since, ${written('max(last_seen)')} AS until,\n` +
    '  count() OVER () AS of_all\n' +
    `FROM ${table}\nARRAY JOIN [0, 1] AS serves\nWHERE ${where}\n` +
    `GROUP BY ${own('server_ip', 'client_ip')} AS ip, ${own(mac('server'), mac('client'))} AS mac\n` +
    `ORDER BY ${ORDERS[order]} DESC, ip, mac\nLIMIT ${limit}`
  );
}
