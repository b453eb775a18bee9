import { z } from 'zod';
import { count, meta, repeated, route, scope } from './route.js';

export const MAP_LEVELS = ['host', 'net', 'vlan'] as const;
/** What hosts are gathered by, and what networks are: prefixes, or what is known of addresses. */
export const MAP_GROUPS = ['prefix', 'network', 'role', 'site', 'system', 'country'] as const;
export const MAP_BY = ['bytes', 'sessions', 'failed'] as const;
/** Links of a map at most: more cannot be read. */
export const MOST_LINKS = 300;
/** Nodes whose own links can be asked for besides, and how many of each. */
export const MOST_EXPANDED = 5;
export const EXPANDED_LINKS = 50;

const node = z.object({
  /**
   * An address, a prefix, VLAN ids from the outermost inwards (`100.20`), `untagged`; a network's name, a
   * role, a site, a country; `AS64496 Example` of what is in none, `(none)` where that is not known either.
   */
  id: z.string(),
  /** The group that the host is in, by `group`; '' for other nodes. */
  group: z.string(),
  /** A condition for what it does; '' where none says it. */
  f: z.string(),
  /** Bytes, of all that it did: not only of the links shown. */
  sent: z.number(),
  received: z.number(),
  sessions: z.number(),
  failed: z.number(),
  /** Mirror points that saw it: some of them, `type,source,session,key`. */
  seen_by: z.array(z.string()),
});
export type MapNode = z.output<typeof node>;

const link = z.object({
  /** The two ends, in no order; the same twice: within one network or VLAN. */
  a: z.string(),
  b: z.string(),
  bytes: z.number(),
  sessions: z.number(),
  failed: z.number(),
  /** Application of the largest conversation between them, or its transport. */
  app: z.string(),
});
export type MapLink = z.output<typeof link>;

export const map = {
  map: route({
    method: 'GET',
    path: '/map',
    needs: 'view',
    doc:
      'Who talks to whom: the strongest links, and their ends. Past 6 h, links are those of the last hour ' +
      'between the strongest hosts of the whole range; `meta.note` says so.',
    query: scope.extend({
      level: z.enum(MAP_LEVELS).default('host').describe('What the nodes are.'),
      group: z
        .enum(MAP_GROUPS)
        .default('prefix')
        .describe(
          'What hosts are gathered by, and what nodes are of the level `net`. Addresses in none are ' +
            'gathered by their autonomous system; hosts without one by their prefix.',
        ),
      by: z.enum(MAP_BY).default('bytes').describe('What makes a link strong.'),
      limit: count(1, MOST_LINKS, MOST_LINKS).describe('So many links.'),
      prefix4: count(1, 32, 24).describe('Length of IPv4 networks.'),
      prefix6: count(1, 128, 64).describe('Length of IPv6 networks.'),
      expand: repeated.optional().describe('Repeatable: nodes whose own links are added, weak ones too.'),
    }),
    answer: z.object({
      /** The strongest first. */
      nodes: z.array(node),
      links: z.array(link),
      /** What `all` counts. */
      of: z.enum(['pairs', 'nodes']),
      /** How many there are, those left out included. */
      all: z.number(),
      /** The sum of `by` over all, and over those shown. */
      total: z.number(),
      shown: z.number(),
      meta,
    }),
  }),
};
