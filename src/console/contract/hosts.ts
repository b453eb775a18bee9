import { z } from 'zod';
import { count, meta, route, scope } from './route.js';

export const HOST_ORDERS = ['bytes', 'sent', 'received', 'sessions', 'failed', 'peers'] as const;

/** A port that a host serves or asks for, or several that nobody answers at, put together. */
const door = z.object({
  /** Of the server; as a client only. */
  server: z.string(),
  /** The port; 0 for protocols without. Of several, the first. */
  port: z.number(),
  ports: z.number(),
  transport: z.string(),
  app: z.string(),
  conversations: z.number(),
  clients: z.number(),
  /** One of its clients: the only one where `clients` is 1. */
  client: z.string(),
  bytes: z.number(),
  /** Conversations in which the server said anything but no. */
  answered: z.number(),
  /** Refused with a reset, and never answered. */
  refused: z.number(),
  unanswered: z.number(),
  /** Median, microseconds; null where none was seen. */
  handshake_us: z.number().nullable(),
  /** RFC 3339 with nanoseconds. */
  first_seen: z.string(),
});
export type Door = z.output<typeof door>;

const doors = z.object({ rows: z.array(door), of_all: z.number(), meta });

/** What stands out, in a sentence with its numbers. */
const finding = z.object({
  kind: z.enum(['refuses', 'slow', 'scanned', 'scans']),
  title: z.string(),
  text: z.string(),
  /** Since when, RFC 3339; null: all the time. */
  at: z.string().nullable(),
  /** Where to look: conditions of Sessions, or a service. */
  f: z.array(z.string()),
  service: z.string().nullable(),
});
export type HostFinding = z.output<typeof finding>;

/** What is known of an address, as it was then; '' and 0 where nothing is. */
export const who = z.object({
  network: z.string(),
  role: z.string(),
  site: z.string(),
  /** Its autonomous system, and who that is. */
  asn: z.number(),
  as_org: z.string(),
  country: z.string(),
});

const findings = z.object({ rows: z.array(finding), meta });

const host = z.object({
  /** As it is written: an address, a prefix, a MAC address. */
  address: z.string(),
  kind: z.enum(['address', 'prefix', 'mac']),
  facts: z.object({
    conversations: z.number(),
    /** Conversations as server and as client, and the bytes of them in both directions. */
    served: z.number(),
    asked: z.number(),
    served_bytes: z.number(),
    asked_bytes: z.number(),
    sent: z.number(),
    received: z.number(),
    clients: z.number(),
    servers: z.number(),
    /** TCP that failed: attempts of others, and its own. */
    failed_served: z.number(),
    failed_asked: z.number(),
    /** Addresses of a prefix that were seen. */
    hosts: z.number(),
    first_seen: z.string(),
    last_seen: z.string(),
    /** Up to four of each that were seen. */
    macs: z.array(z.string()),
    ttls: z.array(z.number()),
    vlans: z.array(z.number()),
    /** Networks that it is in, their roles and sites; systems as `AS64496 Example`, and countries. */
    networks: z.array(z.string()),
    roles: z.array(z.string()),
    sites: z.array(z.string()),
    systems: z.array(z.string()),
    countries: z.array(z.string()),
    /** Names of mirror points, or ids where they have none. */
    mirrors: z.array(z.string()),
    meta,
  }),
  traffic: z.object({
    from: z.number(),
    interval: z.number(),
    as_server: z.array(z.number()),
    as_client: z.array(z.number()),
    meta,
  }),
  serves: doors,
  asks: doors,
  clients: z.object({
    rows: z.array(
      z.object({
        client: z.string(),
        conversations: z.number(),
        failed: z.number(),
        bytes: z.number(),
        handshake_us: z.number().nullable(),
      }),
    ),
    of_all: z.number(),
    meta,
  }),
  findings,
});

export const hosts = {
  hosts: route({
    method: 'GET',
    path: '/hosts',
    needs: 'view',
    doc:
      'Hosts by what they sent and received, how many conversations they had, and how many of these ' +
      'failed; frames that are not IP under their MAC address.',
    query: scope.extend({
      order: z.enum(HOST_ORDERS).default('bytes').describe('What they are ranked by.'),
      limit: count(1, 1000, 200).describe('At most so many.'),
    }),
    answer: z.object({
      rows: z.array(
        who.extend({
          address: z.string(),
          sent: z.number(),
          received: z.number(),
          conversations: z.number(),
          failed: z.number(),
          /** Others it talked to; null where a roll-up was asked, which does not know. */
          peers: z.number().nullable(),
          first_seen: z.string(),
          last_seen: z.string(),
        }),
      ),
      of_all: z.number(),
      meta,
    }),
  }),
  host: route({
    method: 'GET',
    path: '/hosts/:address',
    needs: 'view',
    doc:
      'One host, by its address, or its MAC address for frames that are not IP: what it is, its traffic, ' +
      'what it serves and asks of others, its clients, what stands out.',
    params: z.object({ address: z.string().max(50) }),
    query: scope.extend({ points: count(10, 500, 60).describe('At most so many buckets of traffic.') }),
    answer: host,
  }),
  network: route({
    method: 'GET',
    path: '/hosts/:address/:length',
    needs: 'view',
    doc: 'The same of all addresses of a prefix: `/hosts/10.20.0.0/24`.',
    params: z.object({ address: z.string().max(50), length: z.string().regex(/^\d{1,3}$/) }),
    query: scope.extend({ points: count(10, 500, 60).describe('At most so many buckets of traffic.') }),
    answer: host,
  }),
  hostFindings: route({
    method: 'GET',
    path: '/findings/host',
    needs: 'view',
    doc: 'What stands out of one host or network, without the rest of its page.',
    query: scope.extend({ host: z.string().max(60).describe('An address, a prefix, a MAC address.') }),
    answer: findings,
  }),
};
