/** The first of their kind by a number. */
import type { TOP_BY, TOP_WHAT } from '../contract/overview.js';
import { FAILED, isV4, type Measures, measuresOf, networkOf, written } from './measures.js';
import type { RollUpName, Source } from './tables.js';

type What = (typeof TOP_WHAT)[number];
type By = (typeof TOP_BY)[number];

/** Of fewer conversations, a median says nothing. */
export const FEWEST = 5;

/** The roll-up that knows what is ranked; undefined: only `sessions` does. */
export const ROLL_UP_OF: Readonly<Record<What, RollUpName | undefined>> = {
  pairs: undefined,
  hosts: 'hosts_by_hour',
  networks: 'hosts_by_hour',
  services: 'services_by_hour',
  apps: 'traffic_by_minute',
  named_networks: undefined,
  roles: undefined,
  sites: undefined,
  systems: undefined,
  countries: undefined,
};

/** Numbers that only services have. */
export const OF_SERVICES: ReadonlySet<By> = new Set(['handshake_p50', 'response_p95', 'resent']);

interface Shape {
  readonly keys: readonly string[];
  /** What is read of each key's rows. */
  readonly shown: string;
  readonly join?: string;
  readonly where?: string;
}

/** Both ends of a conversation, and what each sent and received. */
const ENDS = '\nARRAY JOIN [0, 1] AS serves';
const END = 'if(serves, t.server_ip, t.client_ip)';

/** What is known of both ends: a conversation within one of it counts once. */
function known(what: string, none: "''" | '0', shown = 'known AS named'): Shape {
  return {
    keys: ['known'],
    shown,
    join: `\nARRAY JOIN arrayDistinct([t.client_${what}, t.server_${what}]) AS known`,
    where: `known != ${none}`,
  };
}

function shapeOf(what: Exclude<What, 'pairs'>, { table }: Source): Shape {
  switch (what) {
    case 'hosts':
      return table === 'sessions'
        ? { keys: ['ip'], shown: `${END} AS ip, ${written('ip')} AS address`, join: ENDS, where: IP }
        : { keys: ['t.host'], shown: `${written('t.host')} AS address`, where: "t.host != toIPv6('::')" };
    case 'networks': {
      const [host, join, where] =
        table === 'sessions' ? [END, ENDS, IP] : ['t.host', '', "t.host != toIPv6('::')"];
      return {
        keys: ['network'],
        shown:
          `${networkOf(host)} AS network,\n` +
          `  concat(${written('network')}, if(${isV4('network')}, '/24', '/64')) AS prefix`,
        join,
        where,
      };
    }
    case 'services':
      return {
        keys: ['t.server_ip', 't.server_port', 't.protocol'],
        shown:
          `${written('t.server_ip')} AS address, t.server_port AS port,\n` +
          "  multiIf(max(t.app_protocol) != '', max(t.app_protocol),\n" +
          "    t.protocol = 6, 'tcp', t.protocol = 17, 'udp', 'sctp') AS app",
        where: 't.protocol IN (6, 17, 132)',
      };
    case 'named_networks':
      return known('network', "''");
    case 'roles':
      return known('role', "''");
    case 'sites':
      return known('site', "''");
    case 'countries':
      return known('country', "''");
    case 'systems':
      return known(
        'asn',
        '0',
        'known AS system, any(if(t.server_asn = known, t.server_as_org, t.client_as_org)) AS named',
      );
    case 'apps':
      return { keys: ['app'], shown: "if(t.app_protocol = '', t.transport, t.app_protocol) AS app" };
  }
}

const IP = 't.ether_type IN (2048, 34525)';

function orderOf(by: By, m: Measures): { readonly order: string; readonly having: string } {
  switch (by) {
    case 'bytes':
      return { order: 'bytes', having: '' };
    case 'sessions':
      return { order: 'conversations', having: '' };
    case 'failed':
      return { order: 'failed', having: 'failed > 0' };
    case 'handshake_p50':
      return { order: 'handshake_p50', having: `${m.handshake.count} >= ${FEWEST}` };
    case 'response_p95':
      return { order: 'response_p95', having: `${m.response.count} >= ${FEWEST}` };
    case 'resent':
      return { order: 'resent', having: 'resent > 0' };
  }
}

/**
 * The first rows, and as `of_all` how many there are.
 *
 * Columns: from_client, to_server, app ('' of IP, which {@link pairAppsStatement} has) | address | prefix |
 * address, port, app | app | named | system, named; bytes, packets, conversations, failed; of services also
 * resent, refused, silent, handshakes, handshake_p50, handshake_p95, answered, response_p50, response_p95,
 * and clients where `sessions` is read.
 */
export function topStatement(source: Source, what: What, by: By, limit: number): string {
  if (what === 'pairs') return pairsStatement(source, by, limit);
  const m = measuresOf(source);
  const { keys, shown, join = '', where } = shapeOf(what, source);
  const { order, having } = orderOf(by, m);
  const numbers = numbersOf(m);
  if (what === 'services') {
    numbers.push(`${m.resent} AS resent`, `${m.refused} AS refused`, `${m.silent} AS silent`);
    for (const name of ['handshake', 'response'] as const) {
      const { count, quantile } = m[name];
      numbers.push(
        `${count} AS ${name === 'handshake' ? 'handshakes' : 'answered'}`,
        `${quantile(0.5)} AS ${name}_p50`,
        `${quantile(0.95)} AS ${name}_p95`,
      );
    }
    if (source.table === 'sessions')
      numbers.push(
        by === 'failed'
          ? `uniqExactIf(t.client_ip, t.tcp_state IN ${FAILED}) AS clients`
          : 'uniqExact(t.client_ip) AS clients',
      );
  }
  return (
    `SELECT ${shown},\n  ${numbers.join(',\n  ')},\n  count() OVER () AS of_all\n` +
    `FROM ${source.from}${join}\nWHERE ${source.where}${where === undefined ? '' : `\n  AND ${where}`}\n` +
    `GROUP BY ${keys.join(', ')}${having === '' ? '' : `\nHAVING ${having}`}\n` +
    `ORDER BY ${[`${order} DESC`, ...keys].join(', ')}\nLIMIT ${limit}`
  );
}

function numbersOf(m: Measures): string[] {
  return [
    `${m.bytes} AS bytes`,
    `${m.packets} AS packets`,
    `${m.sessions} AS conversations`,
    `${m.failed} AS failed`,
  ];
}

const APP =
  "argMax(if(t.app_protocol = '', t.transport, t.app_protocol), t.client_bytes + t.server_bytes) AS app";

/**
 * Pairs are grouped by what addresses are stored as, and written out once they are ranked: there are many
 * more of them than of anything else. Frames that are not IP have their MAC addresses.
 */
function pairsStatement(source: Source, by: By, limit: number): string {
  const m = measuresOf(source);
  const { order, having } = orderOf(by, m);
  const [from, where] = [source.from, source.where.replaceAll('\n', '\n      ')];
  const kind = (which: string, ends: readonly string[], app: string, keys: string): string =>
    `    SELECT ${ends[0]} AS from_ip, ${ends[1]} AS to_ip, ${ends[2]} AS from_mac, ${ends[3]} AS to_mac,\n` +
    `      ${app},\n      ${numbersOf(m).join(',\n      ')}\n` +
    `    FROM ${from}\n    WHERE ${where}\n        AND ${which}\n    GROUP BY ${keys}` +
    `${having === '' ? '' : ` HAVING ${having}`}`;
  const ip = kind(IP, ['t.client_ip', 't.server_ip', "''", "''"], "'' AS app", 't.client_ip, t.server_ip');
  const macs = ["toIPv6('::')", "toIPv6('::')", 'toString(t.client_mac)', 'toString(t.server_mac)'];
  const others = kind(`NOT ${IP}`, macs, APP, 't.client_mac, t.server_mac');
  const shown = (side: 'from' | 'to'): string =>
    `if(${side}_mac = '', ${written(`${side}_ip`)}, ${side}_mac)`;
  const ranked = `ORDER BY ${order} DESC, from_ip, to_ip, from_mac, to_mac`;
  return (
    `SELECT ${shown('from')} AS from_client, ${shown('to')} AS to_server, app,\n` +
    '  bytes, packets, conversations, failed, of_all\n' +
    `FROM (\n  SELECT *, count() OVER () AS of_all\n  FROM (\n${ip}\n    UNION ALL\n${others})\n` +
    `  ${ranked}\n  LIMIT ${limit})\n${ranked}`
  );
}

/** A pair, as {@link topStatement} names it. */
export interface PairKey {
  readonly client: string;
  readonly server: string;
}

/** What pairs of addresses have most bytes of. @returns rows of from_client, to_server, app */
export function pairAppsStatement({ from, where }: Source, pairs: readonly PairKey[]): string {
  const list = pairs.map(({ client, server }) => `(toIPv6('${client}'), toIPv6('${server}'))`);
  return (
    `SELECT ${written('t.client_ip')} AS from_client, ${written('t.server_ip')} AS to_server,\n  ${APP}\n` +
    `FROM ${from}\nWHERE ${where}\n  AND ${IP}\n` +
    `  AND (t.client_ip, t.server_ip) IN (${list.join(', ')})\nGROUP BY t.client_ip, t.server_ip`
  );
}

/** A service, as the roll-up names it. */
export interface ServiceKey {
  readonly address: string;
  readonly port: number;
}

/** Services as what `(t.server_ip, t.server_port)` is in. */
export function listOf(services: readonly ServiceKey[]): string {
  return services.map(({ address, port }) => `(toIPv6('${address}'), ${port})`).join(', ');
}

/**
 * How many clients services have, or fail for, which no roll-up knows.
 * @returns rows of address, port, clients
 */
export function clientsStatement(
  source: Source,
  services: readonly ServiceKey[],
  whose: 'all' | 'failed',
): string {
  return (
    `SELECT ${written('t.server_ip')} AS address, t.server_port AS port,\n` +
    '  uniqExact(t.client_ip) AS clients\n' +
    `FROM ${source.from}\nWHERE ${source.where}\n` +
    `  AND (t.server_ip, t.server_port) IN (${listOf(services)})` +
    `${whose === 'failed' ? `\n  AND t.tcp_state IN ${FAILED}` : ''}\nGROUP BY t.server_ip, t.server_port`
  );
}
