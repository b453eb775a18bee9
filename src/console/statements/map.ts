/** Who talks to whom: links and their ends, bounded whatever the store has. */
import { parsePrefix } from '../../config/units.js';
import { quote } from '../../store/tables.js';
import { formatIp } from '../../wire/ip/addresses.js';
import type { MAP_BY, MAP_GROUPS, MAP_LEVELS } from '../contract/map.js';
import { EXPANDED_LINKS, MOST_EXPANDED } from '../contract/map.js';
import { RequestError } from '../errors.js';
import { value } from './applications.js';
import { written as addressText, FAILED, isV4 } from './measures.js';
import { CONVERSATION, POINT_ID, ROLLED_POINT_ID } from './scope.js';

export type MapLevel = (typeof MAP_LEVELS)[number];
export type MapBy = (typeof MAP_BY)[number];
export type MapGroup = (typeof MAP_GROUPS)[number];

/** The longest range whose pairs are all counted, seconds. */
export const LONGEST_PAIRS = 6 * 3600;
/** The range of links in longer ones, and of VLANs, seconds. */
export const LINKS_OF = 3600;
/** Mirror points that are named of a node. */
const MOST_POINTS = 20;
/** VLANs in which one conversation is followed. */
const MOST_VLANS = 8;

export interface MapQuestion {
  readonly level: MapLevel;
  readonly group: MapGroup;
  readonly by: MapBy;
  readonly limit: number;
  readonly prefix4: number;
  readonly prefix6: number;
  /** What stands after WHERE. */
  readonly where: string;
  /** Of the tables' names. */
  readonly prefix: string;
}

/** A conversation that has no addresses: frames that are not IP. */
const NOBODY = "toIPv6('::')";
const VLAN = "if(empty(vlan_ids), 'untagged', arrayStringConcat(vlan_ids, '.'))";

/** Of whom nothing is known. */
export const NONE = '(none)';

/** Whether nodes are what is known of addresses, which are texts. */
export function isKnown({ level, group }: Pick<MapQuestion, 'level' | 'group'>): boolean {
  return level === 'net' && group !== 'prefix';
}

/** What is known of an end, in SQL: by the group, else by its autonomous system. */
function known(end: string, group: MapGroup): string {
  const system = `${end}_asn != 0, concat('AS', toString(${end}_asn), ' ', ${end}_as_org)`;
  const own = group === 'system' ? '' : `${end}_${group} != '', toString(${end}_${group}), `;
  return `multiIf(${own}${system}, '${NONE}')`;
}

/** A node of an address, as the table compares it. */
function end(column: 'client_ip' | 'server_ip' | 'host', question: MapQuestion): string {
  const { level, group, prefix4, prefix6 } = question;
  if (isKnown(question)) return known(column.replace('_ip', ''), group);
  if (level === 'host') return column;
  return `tupleElement(IPv6CIDRToRange(${column}, if(${isV4(column)}, ${96 + prefix4}, ${prefix6})), 1)`;
}

/** A node as people write it. */
function written(column: string, question: MapQuestion): string {
  const { level, prefix4, prefix6 } = question;
  if (level === 'vlan' || isKnown(question)) return column;
  const text = addressText(column);
  if (level === 'host') return text;
  return `concat(${text}, if(${isV4(column)}, '/${prefix4}', '/${prefix6}'))`;
}

/** A node of the API in SQL, as {@link end} makes it. @throws RequestError for one that is none */
function literal(id: string, question: MapQuestion): string {
  if (question.level === 'vlan' || isKnown(question)) return quote(id);
  const parsed = parsePrefix(id);
  if (parsed === undefined)
    throw new RequestError(`expand: ${id} is not an address or a prefix`, 400, {
      hint: 'write a node of the map',
    });
  return `toIPv6(${quote(formatIp(parsed.address, 0))})`;
}

/** The pairs of nodes, each once: `one`, `other`, and sums. */
function pairs(question: MapQuestion): string {
  const { level, where, prefix } = question;
  if (level === 'vlan') return vlanPairs(question);
  const [client, server] = [end('client_ip', question), end('server_ip', question)];
  return (
    `SELECT least(${client}, ${server}) AS one, greatest(${client}, ${server}) AS other,\n` +
    '      sum(client_bytes + server_bytes) AS bytes, countIf(part = 0) AS sessions,\n' +
    `      countIf(tcp_state IN ${FAILED}) AS failed,\n` +
    "      argMax(if(app_protocol = '', transport, app_protocol), client_bytes + server_bytes) AS app\n" +
    `    FROM ${prefix}sessions\n    WHERE ${where}\n` +
    `      AND (client_ip != ${NOBODY} OR server_ip != ${NOBODY})\n    GROUP BY one, other`
  );
}

/** VLANs are linked by the conversations that were seen in both: routed from one into the other. */
function vlanPairs({ where, prefix }: MapQuestion): string {
  return (
    'SELECT ends.1.1 AS one, ends.2.1 AS other, sum(greatest(ends.1.2, ends.2.2)) AS bytes,\n' +
    '      count() AS sessions, countIf(ends.1.3 OR ends.2.3) AS failed, argMax(kind, ends.1.2) AS app\n' +
    '    FROM (\n' +
    '      SELECT max(one_app) AS kind, arraySort(groupArray(' +
    `${MOST_VLANS})((vlan, one_bytes, one_failed))) AS seen,\n` +
    '        arrayJoin(if(length(seen) = 1, [(seen[1], seen[1])], arrayFlatten(arrayMap(\n' +
    '          (x, i) -> arrayMap(y -> (x, y), arraySlice(seen, i + 1)),\n' +
    '          seen, arrayEnumerate(seen))))) AS ends\n' +
    '      FROM (\n' +
    `        SELECT ${CONVERSATION} AS conversation, ${VLAN} AS vlan,\n` +
    '          sum(client_bytes + server_bytes) AS one_bytes,\n' +
    `          max(tcp_state IN ${FAILED}) AS one_failed,\n` +
    "          max(if(app_protocol = '', transport, app_protocol)) AS one_app\n" +
    `        FROM ${prefix}sessions\n        WHERE ${where}\n        GROUP BY conversation, vlan)\n` +
    '      GROUP BY conversation)\n    GROUP BY one, other'
  );
}

/**
 * The strongest links, and all those of nodes that are expanded.
 *
 * @param between nodes that links have to be between; undefined: any
 * @returns rows of a, b, bytes, sessions, failed, app, place (from 1), and of all pairs: pairs, total
 * @throws RequestError for nodes that are none
 */
export function linksStatement(
  question: MapQuestion,
  expand: readonly string[] = [],
  between?: readonly string[],
): string {
  const { by, limit } = question;
  if (expand.length > MOST_EXPANDED)
    throw new RequestError(`${expand.length} nodes to expand; ${MOST_EXPANDED} at most`, 400);
  const opened = expand.map((id) => literal(id, question)).join(', ');
  const touches = opened === '' ? '' : `\n  OR one IN (${opened}) OR other IN (${opened})`;
  const nodes = between?.map((id) => literal(id, question)).join(', ');
  const narrowed =
    nodes === undefined
      ? question
      : {
          ...question,
          where: (['client_ip', 'server_ip'] as const).reduce(
            (where, column) => `${where}\n      AND ${end(column, question)} IN (${nodes})`,
            question.where,
          ),
        };
  return (
    `SELECT ${written('one', question)} AS a, ${written('other', question)} AS b,\n` +
    '  bytes, sessions, failed, app, place, pairs, total\n' +
    'FROM (\n' +
    `  SELECT *, row_number() OVER (ORDER BY ${by} DESC, bytes DESC, one, other) AS place,\n` +
    `    count() OVER () AS pairs, sum(${by}) OVER () AS total\n` +
    `  FROM (\n    ${pairs(narrowed)})\n  WHERE ${by} > 0)\n` +
    `WHERE place <= ${limit}${touches}\n` +
    `ORDER BY place\nLIMIT ${limit + expand.length * EXPANDED_LINKS}`
  );
}

const NODE_SUMS = 'sum(one.2) AS sent, sum(one.3) AS received, sum(one.4) AS sessions, sum(one.5) AS failed';

/** What the nodes of some links did in all. */
export function nodesStatement(question: MapQuestion, ids: readonly string[]): string {
  const { level, where, prefix } = question;
  const list = ids.map((id) => literal(id, question)).join(', ');
  const points = `groupUniqArray(${MOST_POINTS})(${POINT_ID}) AS seen_by`;
  const failed = `toUInt64(tcp_state IN ${FAILED})`;
  const began = 'toUInt64(part = 0)';
  const both = 'client_bytes + server_bytes';
  const [client, server] = [end('client_ip', question), end('server_ip', question)];
  const ends =
    level === 'vlan'
      ? `[(${VLAN}, client_bytes, server_bytes, ${began}, ${failed})]`
      : `if(${client} = ${server},\n` +
        `    [(${client}, ${both}, ${both}, ${began}, ${failed})],\n` +
        `    [(${client}, client_bytes, server_bytes, ${began}, ${failed}),\n` +
        `     (${server}, server_bytes, client_bytes, ${began}, ${failed})])`;
  const touched =
    level === 'vlan' ? `${VLAN} IN (${list})` : `(${client} IN (${list}) OR ${server} IN (${list}))`;
  return (
    `SELECT ${written('node', question)} AS id, ${NODE_SUMS},\n  ${points}\n` +
    `FROM ${prefix}sessions\nARRAY JOIN ${ends} AS one\n` +
    `WHERE ${where}\n  AND ${touched}\n  AND one.1 IN (${list})\n` +
    'GROUP BY one.1 AS node\nORDER BY sent + received DESC, id'
  );
}

/** What a node of the roll-up is ordered by. */
const HOST_BY: Readonly<Record<MapBy, string>> = {
  bytes: 'sent + received',
  sessions: 'sessions',
  failed: 'failed',
};

/**
 * The strongest nodes of a long range, of the roll-up of hosts.
 *
 * @param where of the columns of hosts_by_hour
 * @returns rows as of {@link nodesStatement}, and of all nodes: nodes, total
 */
export function strongestStatement(question: MapQuestion, where: string): string {
  const { by, limit, prefix } = question;
  return (
    `SELECT ${written('node', question)} AS id, sent, received, sessions, failed, seen_by,\n` +
    `  count() OVER () AS nodes, sum(${HOST_BY[by]}) OVER () AS total\n` +
    'FROM (\n' +
    `  SELECT ${end('host', question)} AS node, sum(bytes_sent) AS sent, sum(bytes_received) AS received,\n` +
    '    sum(client_sessions + server_sessions) AS sessions,\n' +
    '    sum(client_failed + server_failed) AS failed,\n' +
    `    groupUniqArray(${MOST_POINTS})(${ROLLED_POINT_ID}) AS seen_by\n` +
    `  FROM ${prefix}hosts_by_hour\n  WHERE ${where}\n    AND host != ${NOBODY}\n  GROUP BY node)\n` +
    `WHERE ${HOST_BY[by]} > 0\nORDER BY ${HOST_BY[by]} DESC, id\nLIMIT ${limit}`
  );
}

/** The network of an address: `10.20.0.0/24`; '' where it has none. */
export function groupOf(address: string, prefix4: number, prefix6: number): string {
  const parsed = parsePrefix(address);
  if (parsed === undefined) return '';
  const v4 = !address.includes(':');
  const bits = v4 ? 96 + prefix4 : prefix6;
  if (bits === 128) return '';
  const masked = parsed.address.map(
    (byte, i) => byte & ((0xff00 >> Math.min(Math.max(bits - 8 * i, 0), 8)) & 0xff),
  );
  return `${formatIp(masked, 0)}/${v4 ? prefix4 : prefix6}`;
}

/** The conditions of nodes: '' of those that none says. */
export function conditionOf(id: string, { level, group }: Pick<MapQuestion, 'level' | 'group'>): string {
  if (level === 'vlan') return id === 'untagged' ? '' : `vlan_ids:${id.split('.')[0]}`;
  if (!isKnown({ level, group })) return `host:${id}`;
  if (id === NONE) return '';
  const system = /^AS(\d+) /.exec(id);
  if (system !== null) return `as:${system[1]}`;
  return `${CONDITIONS[group]}:${value(id)}`;
}

const CONDITIONS: Readonly<Record<MapGroup, string>> = {
  prefix: 'host',
  network: 'network',
  role: 'role',
  site: 'host_site',
  system: 'as',
  country: 'country',
};
