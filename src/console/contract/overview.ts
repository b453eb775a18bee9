import { z } from 'zod';
import { count, meta, route, scope } from './route.js';

/** Sums of one question over time: one number a bucket. */
const values = z.array(z.number());

/** A median; null where nothing was timed. */
const median = z.object({ us: z.number().nullable(), sessions: z.number() });

const figures = z.object({
  /** The range in nanoseconds as RFC 3339, and its length in seconds. */
  from: z.string(),
  to: z.string(),
  seconds: z.number(),
  /** The length of a bucket of `values`, seconds. */
  interval: z.number(),
  traffic: z.object({ bytes: z.number(), packets: z.number(), values, meta }),
  /** `hosts`: addresses that sent packets. */
  conversations: z.object({ sessions: z.number(), hosts: z.number(), values, meta }),
  /** `most`: the client most of them are of; null where nothing failed. */
  failed: z.object({
    failed: z.number(),
    tcp: z.number(),
    most: z.object({ client: z.string(), failed: z.number() }).nullable(),
    values,
    meta,
  }),
  /** From the SYN to the client's ACK: with servers of private networks, and with others. */
  handshake: z.object({ inside: median, internet: median, meta }),
});
export type Figures = z.output<typeof figures>;

const mirrorLoss = z.object({
  /** As in `/about`. */
  id: z.string(),
  name: z.string(),
  packets: z.number(),
  lost: z.number(),
  /** Whether its sequence numbers tell what it loses. */
  known: z.boolean(),
  /** Lost, and received, one number a bucket. */
  values,
  received: values,
});

const loss = z.object({
  from: z.number(),
  interval: z.number(),
  mirrors: z.array(mirrorLoss),
  /** Packets that the kernel dropped before the collector saw them, of all mirrors together. */
  dropped: values,
  /** When a collector ended, seconds since 1970, and its name. */
  restarts: z.array(z.object({ at: z.number(), collector: z.string() })),
  meta,
});
export type Loss = z.output<typeof loss>;
export type MirrorLoss = z.output<typeof mirrorLoss>;

export const TOP_WHAT = [
  'pairs',
  'hosts',
  'networks',
  'services',
  'apps',
  'named_networks',
  'roles',
  'sites',
  'systems',
  'countries',
] as const;
export const TOP_BY = ['bytes', 'sessions', 'failed', 'handshake_p50', 'response_p95', 'resent'] as const;

/** Rows of an answer, at most. */
export const MOST_TOP = 100;

/** A row of `/top`: what it is of comes first, what that has no number for is left out. */
const topRow = z.object({
  client: z.string().optional(),
  server: z.string().optional(),
  host: z.string().optional(),
  network: z.string().optional(),
  /** Of a network of one's own, a role, a site, or a country: its name. */
  name: z.string().optional(),
  /** Of an autonomous system: its number, and `name` is its organisation. */
  asn: z.number().optional(),
  port: z.number().optional(),
  app: z.string().optional(),
  bytes: z.number(),
  packets: z.number(),
  sessions: z.number(),
  failed: z.number(),
  resent: z.number().optional(),
  /** Of `failed`: nobody listened there, nobody answered. */
  refused: z.number().optional(),
  silent: z.number().optional(),
  /** Clients; of those whose attempts failed where it is ordered by that. */
  clients: z.number().optional(),
  handshakes: z.number().optional(),
  handshake_p50_us: z.number().optional(),
  handshake_p95_us: z.number().optional(),
  /** Conversations with answers, and a conversation's mean time of an answer. */
  answered: z.number().optional(),
  response_p50_us: z.number().optional(),
  response_p95_us: z.number().optional(),
});
export type TopRow = z.output<typeof topRow>;

const finding = z.object({
  kind: z.enum([
    'scan',
    'refuses',
    'silent',
    'drops',
    'loses',
    'one_sided',
    'slow',
    'resets',
    'names',
    'logons',
    'certificate',
    'policy',
  ]),
  /** What is to be seen, in a sentence without its full stop. */
  title: z.string(),
  /** Its numbers, and the reason. */
  detail: z.string(),
  /** When it began, RFC 3339, where that says something. */
  since: z.string().optional(),
  /** Further ones of the kind that the answer leaves out. */
  more: z.number(),
  /** How bad it is, in a word that the page shows as a colour too. */
  severity: z.enum(['bad', 'warn']),
  /** Where to look further: a page, and the conditions of its address. */
  way: z.object({ words: z.string(), to: z.string(), search: z.record(z.string(), z.array(z.string())) }),
  meta,
});
export type Finding = z.output<typeof finding>;

export const APPLICATION_TABS = ['dns', 'http', 'tls', 'databases', 'others'] as const;

const applicationRow = z.object({
  /** What the row is of: a name, a server, a version. */
  name: z.string(),
  /** Beside it: a status, an application. */
  also: z.string(),
  asked: z.number(),
  failed: z.number(),
  clients: z.number(),
  p50_us: z.number().nullable(),
  p95_us: z.number().nullable(),
  /** Conditions for these. */
  f: z.array(z.string()),
});

export type ApplicationRow = z.output<typeof applicationRow>;

export const overview = {
  figures: route({
    method: 'GET',
    path: '/figures',
    needs: 'view',
    doc: 'The figures of the overview: traffic, conversations, failed attempts, handshakes.',
    query: scope.extend({
      before: z.literal('1').optional().describe('Of the period of the same length before.'),
      points: count(10, 500, 60).describe('At most so many buckets.'),
    }),
    answer: figures,
  }),
  loss: route({
    method: 'GET',
    path: '/loss',
    needs: 'view',
    doc: 'What mirrors lost over time, and when collectors ended. Conditions do not apply.',
    query: scope.pick({ from: true, to: true, mirror: true }).extend({
      before: z.literal('1').optional().describe('In the period of the same length before.'),
      points: count(10, 1500, 120).describe('At most so many buckets; a minute is the shortest.'),
    }),
    answer: loss,
  }),
  top: route({
    method: 'GET',
    path: '/top',
    needs: 'view',
    doc:
      'The first pairs, hosts, networks (/24, /64), services, applications, or the first of what is known ' +
      "of both ends by a number: one's own networks, roles, sites, autonomous systems, countries. A " +
      'conversation within one of these counts once there.',
    query: scope.extend({
      what: z.enum(TOP_WHAT).default('pairs').describe('What is ranked.'),
      by: z
        .enum(TOP_BY)
        .default('bytes')
        .describe(
          'What it is ranked by; handshakes, answers and segments sent again are for services only. ' +
            'Medians are of five at least.',
        ),
      limit: count(1, MOST_TOP, 8).describe('So many rows.'),
    }),
    answer: z.object({ rows: z.array(topRow), meta }),
  }),
  policies: route({
    method: 'GET',
    path: '/policies',
    needs: 'view',
    doc: 'Conversations that a policy does not allow, by policy and the two networks.',
    query: scope.extend({ limit: count(1, MOST_TOP, 8).describe('So many rows.') }),
    answer: z.object({
      rows: z.array(
        z.object({
          policy: z.string(),
          client_network: z.string(),
          server_network: z.string(),
          sessions: z.number(),
          clients: z.number(),
          servers: z.number(),
          /** Those that the server refused, or did not answer. */
          failed: z.number(),
          bytes: z.number(),
          /** RFC 3339. */
          last_seen: z.string(),
        }),
      ),
      of_all: z.number(),
      meta,
    }),
  }),
  findings: route({
    method: 'GET',
    path: '/findings',
    needs: 'view',
    doc: '*Worth a look*: what stands out, the worst of each kind, and what was looked for.',
    query: scope,
    answer: z.object({
      findings: z.array(finding),
      /** What was looked for, in words. */
      looked: z.array(z.string()),
    }),
  }),
  applications: route({
    method: 'GET',
    path: '/applications',
    needs: 'view',
    doc: 'What applications asked and were answered: how often, what failed, how long it took.',
    query: scope.extend({
      of: z.enum(APPLICATION_TABS).default('dns').describe('Which applications the rows are of.'),
      limit: count(1, MOST_TOP, 6).describe('So many rows of each list.'),
    }),
    answer: z.object({
      /** Questions, or conversations of TLS, and those that failed, by the same words as `of`. */
      tabs: z.array(z.object({ of: z.enum(APPLICATION_TABS), asked: z.number(), failed: z.number() })),
      lists: z.array(z.object({ title: z.string(), rows: z.array(applicationRow), meta })),
    }),
  }),
};
