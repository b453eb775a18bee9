/** What may be worth a look, in SQL: thresholds keep out what is usual, and every answer is bounded. */
import { quote } from '../../store/tables.js';
import { FAILED, isInside, measuresOf, networkOf, REFUSED, SILENT, written } from './measures.js';
import { POINT, POINT_ID, ROLLED_POINT, ROLLED_POINT_ID } from './scope.js';
import type { Source } from './tables.js';
import { listOf, type ServiceKey } from './top.js';

/** Rows of a kind that are asked for: the first is shown, the others are counted. */
export const MOST = 20;

/** Clients or services of a kind that are looked at closely: those with most of it. */
export const MOST_CANDIDATES = 100;

/** Where a kind begins. */
export const LEAST = {
  /** Doors that were shut to a client, and attempts at a service by so many clients. */
  doors: 20,
  attempts: 5,
  clients: 3,
  /** Share of a mirror's packets, and packets. */
  lostShare: 0.001,
  lost: 10,
  /** TCP conversations of which one side is missing. */
  oneSided: 20,
  oneSidedShare: 0.9,
  /** Handshakes, how many times slower than others, and by how many microseconds. */
  handshakes: 10,
  slower: 3,
  slowerUs: 10_000,
  /** Other services that a network knows. */
  yardsticks: 3,
  /** Established conversations that the server reset, and their share. */
  resets: 10,
  resetShare: 0.2,
  /** Questions for a name that failed, and logons. */
  names: 20,
  logons: 3,
  /** Days before a certificate expires. */
  days: 30,
} as const;

/**
 * Mirror points that mirror one direction only: one side of nearly all conversations is missing, although it
 * answered what was sent.
 *
 * @returns rows of mirror point, name, conversations, those with one side, and which side is there
 */
export function oneSidedStatement({ from, where }: Source): string {
  return (
    `SELECT ${POINT_ID} AS id, any(mirror_name) AS name, count() AS conversations,\n` +
    '  countIf(t.client_packets = 0 OR t.server_packets = 0) AS one_sided,\n' +
    '  countIf(t.server_packets = 0) * 2 >= one_sided AS only_clients\n' +
    `FROM ${from}\nWHERE ${where}\n  AND t.transport = 'tcp'\nGROUP BY ${POINT.slice(1, -1)}\n` +
    `HAVING one_sided >= ${LEAST.oneSided} AND one_sided >= ${LEAST.oneSidedShare} * conversations\n` +
    // Attempts that nobody answers have one side too, but no payload.
    '  AND countIf((t.server_packets = 0 AND t.client_payload > 0) OR ' +
    '(t.client_packets = 0 AND t.server_payload > 0)) * 2 >= one_sided\n' +
    `ORDER BY one_sided DESC, id\nLIMIT ${MOST}`
  );
}

/** TCP states that take no packet of the other side. */
const ONE_SIDED = "('S0', 'SH', 'SHR', 'RSTOS0', 'RSTRH', 'OTH')";

/** Mirror points that may, of the roll-up: what {@link oneSidedStatement} looks at closely. @returns ids */
export function oneSidedCandidates({ from, where }: Source): string {
  const sided = `sumIf(t.sessions, t.tcp_state IN ${ONE_SIDED})`;
  return (
    `SELECT ${ROLLED_POINT_ID} AS id\nFROM ${from}\nWHERE ${where}\n  AND t.transport = 'tcp'\n` +
    `GROUP BY ${ROLLED_POINT.slice(1, -1)}\nHAVING ${sided} >= ${LEAST.oneSided} ` +
    `AND ${sided} >= ${LEAST.oneSidedShare} * sum(t.sessions)\nORDER BY ${sided} DESC\nLIMIT ${MOST}`
  );
}

/** @returns rows of client, doors, refused, silent, doors that opened, beginning, seconds */
export function scansStatement({ from, where }: Source, candidates: string): string {
  const door = '(t.server_ip, t.server_port)';
  return (
    `SELECT ${written('t.client_ip')} AS address, uniqExact${door} AS doors,\n` +
    `  uniqExactIf(t.server_ip, t.server_port, t.tcp_state IN ${REFUSED}) AS refused,\n` +
    `  uniqExactIf(t.server_ip, t.server_port, t.tcp_state IN ${SILENT}) AS silent,\n` +
    `  uniqExactIf(t.server_ip, t.server_port, t.tcp_state NOT IN ${FAILED}) AS opened,\n` +
    // A client that scans has other failures now and then: what most of them took.
    `  quantileExactIf(0.05)(t.first_seen, t.tcp_state IN ${FAILED}) AS since,\n` +
    "  dateDiff('second', since,\n" +
    `    quantileExactIf(0.95)(t.first_seen, t.tcp_state IN ${FAILED})) AS seconds\n` +
    `FROM ${from}\nWHERE ${where}\n  AND t.transport = 'tcp'\n  AND t.client_ip IN (\n    ${candidates})\n` +
    `GROUP BY t.client_ip\nHAVING doors - opened > ${LEAST.doors} AND doors > 2 * opened\n` +
    `ORDER BY doors - opened DESC, t.client_ip\nLIMIT ${MOST}`
  );
}

/** Clients that may scan, of `sessions` or the roll-up: what {@link scansStatement} looks at closely. */
export function scanCandidates(source: Source): string {
  const { failed } = measuresOf(source);
  const only = source.table === 'sessions' ? `\n      AND t.tcp_state IN ${FAILED}` : '';
  return (
    `SELECT t.client_ip FROM ${source.from} WHERE ${source.where}${only}\n    GROUP BY t.client_ip ` +
    `HAVING ${failed} > ${LEAST.doors} ORDER BY ${failed} DESC LIMIT ${MOST_CANDIDATES}`
  );
}

/** Services whose every attempt failed, and those that cut off what is established. */
export type Trouble = 'refuses' | 'silent' | 'resets';

/**
 * Services that let nobody in, or cut off whom they let in: one kind each, as what is cut off was let in.
 *
 * @param services of sessions or the roll-up: what is looked at closely
 * @returns rows of kind, address, port, attempts, refused, resets, established, clients, beginning
 */
export function troubleStatement({ from, where }: Source, services: Source): string {
  const clients = (of: string): string => `uniqExactIf(t.client_ip, t.tcp_state IN ${of})`;
  return (
    `SELECT ${written('t.server_ip')} AS address, t.server_port AS port, count() AS attempts,\n` +
    `  countIf(t.tcp_state IN ${REFUSED}) AS refused, countIf(t.tcp_state IN ${SILENT}) AS silent,\n` +
    `  countIf(t.tcp_state = 'RSTR') AS resets, attempts - refused - silent AS established,\n` +
    `  if(established = 0, ${clients(FAILED)}, ${clients("('RSTR')")}) AS clients,\n` +
    '  min(t.first_seen) AS since,\n' +
    `  multiIf(established = 0, if(attempts < ${LEAST.attempts} OR clients < ${LEAST.clients}, '',\n` +
    "      if(silent > refused, 'silent', 'refuses')),\n" +
    `    resets >= ${LEAST.resets} AND resets >= ${LEAST.resetShare} * established, 'resets', '') AS kind\n` +
    `FROM ${from}\nWHERE ${where}\n  AND t.transport = 'tcp'${troubled(services)}\n` +
    "GROUP BY t.server_ip, t.server_port\nHAVING kind != ''\n" +
    "ORDER BY if(kind = 'resets', resets, attempts) DESC, t.server_ip, t.server_port\n" +
    `LIMIT ${MOST} BY kind`
  );
}

/** The services that the roll-up suspects: a condition for what is looked at closely. */
function troubled({ table, from, where }: Source): string {
  if (table === 'sessions') return '';
  const failed = 'sum(t.unanswered + t.refused)';
  const shut = `${failed} >= ${LEAST.attempts} AND ${failed} = sum(t.sessions)`;
  const share = `sum(t.reset) >= ${LEAST.resetShare} * (sum(t.sessions) - ${failed})`;
  return (
    '\n  AND (t.server_ip, t.server_port) IN (\n' +
    `    SELECT t.server_ip, t.server_port FROM ${from}\n` +
    `    WHERE ${where}\n      AND t.protocol = 6\n    GROUP BY t.server_ip, t.server_port\n` +
    `    HAVING (${shut}) OR (sum(t.reset) >= ${LEAST.resets} AND ${share})\n` +
    `    ORDER BY sum(t.sessions) DESC LIMIT ${2 * MOST_CANDIDATES})`
  );
}

/**
 * Services whose handshakes take much longer than what the same networks are used to: the median of all their
 * handshakes on the same side, inside or on the Internet.
 *
 * @param candidates those that are looked at, at least one
 * @param sampled whether what is usual is told of some of the handshakes only
 * @returns rows of address, port, handshakes, clients, median, what is usual, mean round trip to the server,
 * mean answer, answers, all in microseconds
 */
export function slowStatement(
  { from, where }: Source,
  candidates: readonly ServiceKey[],
  sampled: boolean,
): string {
  const timed = `FROM ${from}\n    WHERE ${where}\n      AND t.handshake_us > 0`;
  // What is usual takes no more than an eighth of a long range.
  const some = sampled ? '\n      AND t.client_port % 8 = 0' : '';
  const network = networkOf('t.client_ip');
  const inside = isInside('t.server_ip');
  return (
    `WITH networks AS (\n    SELECT ${network} AS network,\n      ${inside} AS inside,\n` +
    '      quantileExact(0.5)(t.handshake_us) AS usual_us, uniq(t.server_ip, t.server_port) AS known\n' +
    `    ${timed}${some}\n    GROUP BY network, inside\n    HAVING known > ${LEAST.yardsticks}),\n` +
    `  services AS (\n    SELECT t.server_ip AS ip, t.server_port AS port, ${network} AS network,\n` +
    `      ${inside} AS inside,\n` +
    '      quantileExact(0.5)(t.handshake_us) AS us, count() AS timed,\n' +
    '      uniqExact(t.client_ip) AS clients, sum(t.server_rtt_us) AS rtt_us,\n' +
    '      countIf(t.server_rtt_us > 0) AS rtts,\n' +
    '      sum(t.response_us) AS answers_us, sum(t.responses) AS answers\n' +
    `    ${timed}\n      AND (t.server_ip, t.server_port) IN (${listOf(candidates)})\n` +
    '    GROUP BY ip, port, network, inside)\n' +
    `SELECT ${written('ip')} AS address, port, sum(timed) AS handshakes, sum(clients) AS all_clients,\n` +
    '  quantileExactWeighted(0.5)(us, timed) AS median_us,\n' +
    '  quantileExactWeighted(0.5)(usual_us, timed) AS others_us,\n' +
    '  round(sum(rtt_us) / greatest(1, sum(rtts))) AS way_us,\n' +
    '  round(sum(answers_us) / greatest(1, sum(answers))) AS answer_us, sum(answers) AS answered\n' +
    'FROM services INNER JOIN networks USING (network, inside)\n' +
    `GROUP BY ip, port\nHAVING handshakes >= ${LEAST.handshakes}\n` +
    `  AND median_us > ${LEAST.slower} * others_us\n` +
    `  AND median_us - others_us > ${LEAST.slowerUs}\n` +
    `ORDER BY (median_us - others_us) * handshakes DESC, address, port\nLIMIT ${MOST}`
  );
}

/**
 * The slowest services, of `sessions` or the roll-up: what {@link slowStatement} looks at closely.
 *
 * @returns rows of address, port
 */
export function slowCandidates(source: Source): string {
  const { count, quantile } = measuresOf(source).handshake;
  return (
    `SELECT ${written('t.server_ip')} AS address, t.server_port AS port, ${quantile(0.5)} AS median_us\n` +
    `FROM ${source.from}\nWHERE ${source.where}\nGROUP BY t.server_ip, t.server_port\n` +
    `HAVING ${count} >= ${LEAST.handshakes} AND median_us >= ${LEAST.slowerUs / 2}\n` +
    `ORDER BY median_us DESC, t.server_ip, t.server_port\nLIMIT ${MOST_CANDIDATES}`
  );
}

/** Names of which no server knows anything. @returns rows of name, questions, clients, beginning */
export function namesStatement(from: string, where: string): string {
  return (
    'SELECT t.name AS asked, count() AS questions, uniqExact(t.client_ip) AS clients,\n' +
    '  min(t.time) AS since\n' +
    `FROM ${from}\nWHERE ${where}\n` +
    "  AND t.app_protocol = 'dns' AND t.status = 'NXDOMAIN'\nGROUP BY t.name\n" +
    `HAVING questions >= ${LEAST.names}\nORDER BY questions DESC, t.name\nLIMIT ${MOST}`
  );
}

/** How logons are refused, by application. */
const REFUSED_LOGONS: Readonly<Record<string, readonly string[]>> = {
  kerberos: ['KDC_ERR_PREAUTH_FAILED', 'KDC_ERR_C_PRINCIPAL_UNKNOWN', 'KDC_ERR_CLIENT_REVOKED'],
  smb: ['STATUS_LOGON_FAILURE', 'STATUS_WRONG_PASSWORD', 'STATUS_NO_SUCH_USER', 'STATUS_ACCOUNT_LOCKED_OUT'],
  ldap: ['invalidCredentials'],
  mysql: ['1045'],
  postgresql: ['28P01', '28000'],
  tds: ['18456'],
  radius: ['Access-Reject'],
  redis: ['WRONGPASS'],
};

/** @returns rows of client, server, application, user, status, attempts, users, beginning */
export function logonsStatement(from: string, where: string): string {
  const refused = Object.entries(REFUSED_LOGONS).flatMap(([app, statuses]) =>
    statuses.map((status) => `('${app}', '${status}')`),
  );
  return (
    `SELECT ${written('t.client_ip')} AS address, ${written('t.server_ip')} AS to_server,\n` +
    '  t.app_protocol AS app,\n' +
    '  any(t.user_name) AS somebody, any(t.status) AS answer, count() AS attempts,\n' +
    '  uniqExact(t.user_name) AS users, min(t.time) AS since\n' +
    `FROM ${from}\nWHERE ${where}\n` +
    `  AND t.status IN (${Object.values(REFUSED_LOGONS).flat().map(quote).join(', ')})\n` +
    `  AND (t.app_protocol, t.status) IN (\n    ${refused.join(',\n    ')})\n` +
    `GROUP BY t.client_ip, t.server_ip, app\nHAVING attempts >= ${LEAST.logons}\n` +
    `ORDER BY attempts DESC, t.client_ip\nLIMIT ${MOST}`
  );
}

/**
 * Certificates that servers showed in the days of a range, and that are or soon will be of no use.
 *
 * @param end seconds since 1970 of the range's end, from which days are counted
 * @returns rows of address, port, subject, issuer, seconds of its end
 */
export function certificatesStatement(from: string, where: string, end: number): string {
  return (
    `SELECT ${written('t.server_ip')} AS address, t.server_port AS port, any(t.subject) AS subject,\n` +
    '  any(t.issuer) AS issuer, toUnixTimestamp64Second(toDateTime64(max(t.not_after), 0)) AS expires\n' +
    `FROM ${from}\nWHERE ${where}\n` +
    `GROUP BY t.server_ip, t.server_port\nHAVING expires < ${end + LEAST.days * 86_400}\n` +
    `ORDER BY expires, t.server_ip, t.server_port\nLIMIT ${MOST}`
  );
}
