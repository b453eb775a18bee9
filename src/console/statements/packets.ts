/** The questions for packets, and for the sessions that they are of. */
import { quote } from '../../store/tables.js';
import { addressLiteral } from './conditions.js';
import { POINT_ID, timeLiteral } from './scope.js';
import { bornAt } from './session-id.js';

/** Bytes of frames in one answer, at the most; but one frame at least. */
export const MOST_FRAME_BYTES = 16_000_000;
/** Within how many seconds another mirror's session is a copy. */
const COPY_SECONDS = 300;
const SECOND = 1_000_000_000n;

/** Which rows of `sessions` are a session's. Its id says when it began, so that little is read. */
export function ofSession(id: string): string {
  const born = bornAt(id);
  const since = born === undefined ? '' : ` AND first_seen >= ${timeLiteral(born - SECOND)}`;
  return `session_id = ${quote(id.toLowerCase())}${since}`;
}

/** What is read of `sessions`: conditions are on these, and not on what is made of them. */
const COLUMNS =
  'session_id, part, first_seen, last_seen, mirror_name, client, server, client_ip, server_ip,\n' +
  '    client_port, server_port, client_mac, server_mac, protocol, transport, ether_type, app_protocol,\n' +
  '    tcp_state, client_packets, server_packets, client_bytes, server_bytes, community_id,\n' +
  `    ${POINT_ID} AS mirror_id`;

/** Conversations, all parts of each together; and what tells who sent a frame of it. */
function sessionsStatement(where: string, prefix: string, more = ''): string {
  return (
    `SELECT toString(session_id) AS session_id,\n  any(mirror_id) AS mirror,\n` +
    '  argMax(mirror_name, part) AS mirror_name, argMax(client, part) AS client,\n' +
    '  argMax(server, part) AS server, argMax(client_port, part) AS client_port,\n' +
    '  argMax(server_port, part) AS server_port, any(transport) AS transport,\n' +
    '  argMax(app_protocol, part) AS app_protocol, argMax(tcp_state, part) AS tcp_state,\n' +
    '  sum(client_packets + server_packets) AS packets, sum(client_bytes + server_bytes) AS bytes,\n' +
    `  ${timeText('min(first_seen)')} AS first_seen,\n` +
    `  ${timeText('max(last_seen)')} AS last_seen,\n` +
    '  argMax(community_id, part) AS community_id,\n' +
    '  hex(argMax(client_ip, part)) AS client_ip, hex(argMax(server_ip, part)) AS server_ip,\n' +
    '  argMax(client_mac, part) AS client_mac, argMax(server_mac, part) AS server_mac,\n' +
    `  any(protocol) AS protocol, any(ether_type) AS ether_type${more}\n` +
    `FROM (\n  SELECT ${COLUMNS}\n  FROM ${prefix}sessions\n  WHERE ${where})\n` +
    'GROUP BY session_id\nORDER BY first_seen LIMIT 100'
  );
}

/** One row: the session, and how many frames of it are kept. */
export function sessionStatement(id: string, prefix: string): string {
  const kept = `(SELECT count() FROM ${prefix}packets WHERE session_id = ${quote(id.toLowerCase())})`;
  return sessionsStatement(ofSession(id), prefix, `,\n  ${kept} AS kept`);
}

/** Frames behind the first `after`, one more than `limit` so that it is known whether there are more. */
export function framesStatement(id: string, after: number, limit: number, prefix: string): string {
  return (
    `SELECT ${timeText('at')} AS time, length, original_length, base64Encode(frame) AS data,\n` +
    '  toString(layer) AS layer, toString(mirror_type) AS mirror_type,\n' +
    "  replaceRegexpOne(IPv6NumToString(mirror_source), '^::ffff:', '') AS mirror_source,\n" +
    "  replaceRegexpOne(IPv6NumToString(mirror_target), '^::ffff:', '') AS mirror_target,\n" +
    '  mirror_session, gre_key, mirror_port, toString(mirror_direction) AS mirror_direction,\n' +
    '  mirror_hardware, security_group, mirror_sensor, cos, vlan, gre_protocol,\n' +
    '  truncated = 1 AS truncated, found\n' +
    'FROM (\n' +
    '  SELECT *, count() OVER () AS found, sum(length) OVER (ORDER BY at, number) AS taken\n' +
    '  FROM (\n' +
    '    SELECT *, time AS at, length(frame) AS length\n' +
    `    FROM ${prefix}packets WHERE session_id = ${quote(id.toLowerCase())}\n` +
    `    ORDER BY time, number LIMIT ${limit + 1} OFFSET ${after}))\n` +
    `WHERE taken - length < ${MOST_FRAME_BYTES}\nORDER BY at, number`
  );
}

/** What copies of a session are found by. */
export interface Original {
  readonly session_id: string;
  readonly client_ip: string;
  readonly server_ip: string;
  readonly client_port: number;
  readonly server_port: number;
  readonly client_mac: string;
  readonly server_mac: string;
  readonly protocol: number;
  readonly ether_type: number;
  readonly community_id: string;
}

/**
 * Sessions of other mirror points that are the same conversation.
 *
 * @param from, to of the session, nanoseconds since 1970
 */
export function copiesStatement(original: Original, from: bigint, to: bigint, prefix: string): string {
  const ends = (a: string, b: string): string => `(${a}) = (${b})`;
  const macs = `${quote(original.client_mac)}, ${quote(original.server_mac)}`;
  // The Community ID is computed of each row: addresses come first, which have an index.
  const same =
    original.community_id === ''
      ? `ether_type = ${original.ether_type} AND (` +
        `${ends('client_mac, server_mac', macs)} OR ${ends('server_mac, client_mac', macs)})`
      : `client_ip IN (${address(original.client_ip)}, ${address(original.server_ip)}) ` +
        `AND server_ip IN (${address(original.client_ip)}, ${address(original.server_ip)})\n` +
        `  AND protocol = ${original.protocol} AND community_id = ${quote(original.community_id)}`;
  const margin = BigInt(COPY_SECONDS) * SECOND;
  const where =
    `first_seen < ${timeLiteral(to + margin)} AND last_seen >= ${timeLiteral(from - margin)}\n` +
    `  AND ${same}\n` +
    `  AND ${POINT_ID} NOT IN (\n` +
    `    SELECT ${POINT_ID} FROM ${prefix}sessions WHERE ${ofSession(original.session_id)})`;
  return sessionsStatement(where, prefix);
}

/** @param hex 16 bytes */
function address(hex: string): string {
  return addressLiteral(Buffer.from(hex, 'hex'));
}

/** A time in RFC 3339 with its nanoseconds: formatDateTime has six digits of a second. */
function timeText(time: string): string {
  return `concat(replaceOne(toString(${time}), ' ', 'T'), 'Z')`;
}

/** How many packets chosen sessions have, and how many of them have no known carrier (OuterPackets). */
export function countStatement(where: string, prefix: string): string {
  return (
    'SELECT count() AS packets, sum(length(frame)) AS bytes,\n' +
    "  countIf(multiIf(mirror_type IN ('erspan1', 'erspan2'), layer != 'ethernet',\n" +
    "    mirror_type = 'gre', gre_protocol = 0 AND layer NOT IN ('ipv4', 'ipv6', 'ppp'), false)) AS left\n" +
    `FROM ${prefix}packets WHERE session_id IN (SELECT session_id FROM ${prefix}sessions WHERE (${where}\n))`
  );
}
