import type { MapLink, MapNode } from '../contract/map.js';
import type { Scope } from '../contract/route.js';
import { allowCondition, type Handlers, keeping, metaOf, type Services, surroundings } from '../handler.js';
import { objects } from '../questions.js';
import { parseCondition } from '../statements/conditions.js';
import {
  conditionOf,
  groupOf,
  isKnown,
  LINKS_OF,
  LONGEST_PAIRS,
  linksStatement,
  type MapQuestion,
  nodesStatement,
  strongestStatement,
} from '../statements/map.js';
import { mirrorCondition, ONCE, type Range, rangeOf, scoped } from '../statements/scope.js';
import { NOBODY, systemWords, whoOf } from '../who.js';
import { timeText } from './about.js';

interface LinkRow extends MapLink {
  readonly place: number;
  readonly pairs: number;
  readonly total: number;
}

interface NodeRow extends Omit<MapNode, 'group' | 'f'> {
  readonly nodes?: number;
  readonly total?: number;
}

const SECOND = 1_000_000_000n;
/** Conditions that the store finds by an index: they bound what a long range reads. */
const INDEXED: ReadonlySet<string> = new Set([
  'host',
  'client',
  'server',
  'client_ip',
  'server_ip',
  'community_id',
]);

export const mapHandlers: Handlers<'map'> = {
  map: async ({ query, who, signal }, services) => {
    allowCondition(query, who);
    const { questions, facts } = services;
    const around = await surroundings(services, query, signal);
    const range = rangeOf(query, around);
    const given = query.f ?? [];
    const vlan = query.level === 'vlan';
    const bounded = given.some((text) => {
      const { name, negated } = parseCondition(text);
      return INDEXED.has(name) && !negated;
    });
    const longest = BigInt(vlan ? LINKS_OF : LONGEST_PAIRS) * SECOND;
    const long = range.to - range.from > longest && !(bounded && !vlan);
    const rolledUp = long && !vlan && !isKnown(query) && given.length === 0 && query.q === undefined;
    const of: Range = long ? { from: range.to - BigInt(LINKS_OF) * SECOND, to: range.to } : range;
    // A conversation links the VLANs in which it was seen: counted once, it would be in one.
    const mirror = vlan && query.mirror === 'once' ? undefined : query.mirror;
    const scope: Scope = {
      from: timeText(of.from) ?? undefined,
      to: timeText(of.to) ?? undefined,
      mirror,
      f: query.f,
      q: query.q,
    };
    const { where, ended } = scoped(scope, around);
    const { level, group, by, limit, prefix4, prefix6, expand = [] } = query;
    const { prefix } = facts;
    const question: MapQuestion = { level, group, by, limit, prefix4, prefix6, where, prefix };
    const options = keeping(ended, signal);
    const grouped = async (rows: readonly NodeRow[]): Promise<MapNode[]> => {
      const who =
        level === 'host' && group !== 'prefix'
          ? await whoOf(
              rows.map(({ id }) => id),
              range,
              { questions, prefix },
              options,
            )
          : undefined;
      return rows.map(({ nodes: _, total: __, ...node }) => {
        const known = who?.get(node.id) ?? NOBODY;
        const own = group === 'prefix' || group === 'system' ? '' : known[group];
        return {
          ...node,
          group: level === 'host' ? own || systemWords(known) || groupOf(node.id, prefix4, prefix6) : '',
          f: conditionOf(node.id, question),
        };
      });
    };

    if (rolledUp) {
      const hosts = strongestStatement(question, await hoursOf(range, query.mirror, services, signal));
      const answer = await questions.ask(hosts, options);
      const nodes = objects<NodeRow>(answer);
      const ids = nodes.map((node) => node.id);
      const links =
        ids.length === 0
          ? []
          : objects<LinkRow>(await questions.ask(linksStatement(question, expand, ids), options));
      return {
        nodes: await grouped(nodes),
        links: links.map(linkOf),
        of: 'nodes',
        all: nodes[0]?.nodes ?? 0,
        total: nodes[0]?.total ?? 0,
        shown: nodes.reduce((sum, node) => sum + strength(node, by), 0),
        meta: metaOf(hosts, 'hosts_by_hour', answer, {
          note: 'Nodes are of whole hours of the range, from hosts_by_hour; links are of its last hour.',
        }),
      };
    }
    const statement = linksStatement(question, expand);
    const answer = await questions.ask(statement, options);
    const rows = objects<LinkRow>(answer);
    const ids = [...new Set(rows.flatMap(({ a, b }) => [a, b]))];
    const nodes =
      ids.length === 0 ? [] : objects<NodeRow>(await questions.ask(nodesStatement(question, ids), options));
    const words = said(
      long
        ? 'Only the last hour of the range is shown: pairs of longer ones are too many to count.'
        : undefined,
      vlan ? 'A conversation that was seen in two VLANs links them.' : undefined,
    );
    return {
      nodes: await grouped(nodes),
      links: rows.map(linkOf),
      of: 'pairs',
      all: rows[0]?.pairs ?? 0,
      total: rows[0]?.total ?? 0,
      shown: rows.reduce((sum, row) => sum + row[by], 0),
      meta: metaOf(statement, 'sessions', answer, words === undefined ? {} : { note: words }),
    };
  },
};

function said(...words: readonly (string | undefined)[]): string | undefined {
  const given = words.filter((one) => one !== undefined);
  return given.length === 0 ? undefined : given.join(' ');
}

function linkOf({ a, b, bytes, sessions, failed, app }: LinkRow): MapLink {
  return { a, b, bytes, sessions, failed, app };
}

function strength(node: NodeRow, by: 'bytes' | 'sessions' | 'failed'): number {
  return by === 'bytes' ? node.sent + node.received : node[by];
}

/** The range in whole hours, and the mirror points, as a condition on a roll-up: it knows no names. */
async function hoursOf(
  { from, to }: Range,
  mirror: string | undefined,
  { facts }: Services,
  signal: AbortSignal,
): Promise<string> {
  const within =
    `hour >= toStartOfHour(toDateTime(${from / SECOND}, 'UTC')) ` +
    `AND hour < toDateTime(${(to + SECOND - 1n) / SECOND}, 'UTC')`;
  if (mirror === undefined) return within;
  if (mirror === 'once') return `${within}\n  AND ${ONCE}`;
  if (mirror.includes(',')) return `${within}\n  AND ${mirrorCondition(mirror)}`;
  const named = (await facts.mirrors(signal)).filter((point) => point.name === mirror);
  const points = named.map((point) => mirrorCondition(point.id));
  return `${within}\n  AND (${points.length === 0 ? '0' : points.join(' OR ')})`;
}
