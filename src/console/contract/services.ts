import { z } from 'zod';
import { count, meta, route, scope } from './route.js';

export const SERVICE_ORDERS = [
  'bytes',
  'sessions',
  'clients',
  'failed',
  'response_p50',
  'response_p95',
  'handshake_p50',
] as const;

/**
 * Where the time of an answer goes, medians in microseconds: a client waits for the sum of the three. Null
 * where nothing was timed.
 */
const wait = z.object({
  /** Conversations in which an answer was timed. */
  timed: z.number(),
  /** From the mirror point to the client and back, to the server and back, and the rest: the server's. */
  client_rtt_us: z.number().nullable(),
  server_rtt_us: z.number().nullable(),
  server_us: z.number().nullable(),
});
export type Wait = z.output<typeof wait>;

/** One figure over time: medians and 95th percentiles, microseconds; null in steps without a value. */
const course = z.object({
  count: z.number(),
  p50_us: z.number().nullable(),
  p95_us: z.number().nullable(),
  p50: z.array(z.number().nullable()),
  p95: z.array(z.number().nullable()),
});

const words = z.array(z.object({ value: z.string(), conversations: z.number() }));

const service = z.object({
  address: z.string(),
  port: z.number(),
  facts: z.object({
    conversations: z.number(),
    clients: z.number(),
    bytes: z.number(),
    packets: z.number(),
    app: z.string(),
    transport: z.string(),
    first_seen: z.string(),
    last_seen: z.string(),
    mirrors: z.array(z.string()),
    /** What clients ask for: TLS server names and HTTP hosts, the most frequent first. */
    names: z.array(
      z.object({ name: z.string(), source: z.enum(['tls', 'http']), conversations: z.number() }),
    ),
    meta,
  }),
  /** The network, or the server: the first line says so with its numbers. */
  told: z.object({
    tone: z.enum(['bad', 'warn', 'ok', 'none']),
    head: z.string(),
    text: z.string(),
  }),
  times: z.object({
    from: z.number(),
    interval: z.number(),
    answer: course,
    handshake: course,
    tls: course,
    /** The network between the mirror point and the server: its share of each. */
    network: z.array(z.number().nullable()),
    network_us: z.number().nullable(),
    meta,
  }),
  waits: z.object({
    all: wait,
    networks: z.array(wait.extend({ prefix: z.string(), conversations: z.number() })),
    /** The same clients at other servers of the same application. */
    others: wait.extend({ servers: z.number(), conversations: z.number() }),
    meta,
  }),
  ended: z.object({
    states: z.array(z.object({ state: z.string(), conversations: z.number() })),
    segments: z.number(),
    retransmits: z.number(),
    reordered: z.number(),
    zero_windows: z.number(),
    missing: z.number(),
    meta,
  }),
  versions: z.object({
    versions: words,
    ciphers: words,
    ja4: words,
    alpn: words,
    software: words,
    meta,
  }),
  slowest: z.object({
    /** Transactions where they can be read, else conversations by their longest answer. */
    of: z.enum(['transactions', 'conversations']),
    rows: z.array(
      z.object({
        session_id: z.string(),
        time: z.string(),
        client: z.string(),
        client_port: z.number(),
        us: z.number(),
        method: z.string(),
        name: z.string(),
        resource: z.string(),
        status: z.string(),
      }),
    ),
    meta,
  }),
  clients: z.object({
    rows: z.array(
      wait.extend({
        client: z.string(),
        conversations: z.number(),
        reset: z.number(),
        failed: z.number(),
        bytes: z.number(),
        answer_us: z.number().nullable(),
      }),
    ),
    of_all: z.number(),
    meta,
  }),
});
export type Service = z.output<typeof service>;

export const services = {
  services: route({
    method: 'GET',
    path: '/services',
    needs: 'view',
    doc: 'Services, an address and a port each, by volume, by what fails, by how long they take.',
    query: scope.extend({
      order: z.enum(SERVICE_ORDERS).default('bytes').describe('What they are ranked by.'),
      limit: count(1, 1000, 100).describe('At most so many.'),
    }),
    answer: z.object({
      rows: z.array(
        z.object({
          address: z.string(),
          port: z.number(),
          /** IP's number of its transport: 6, 17 or 132. Each is a service of its own. */
          protocol: z.number(),
          app: z.string(),
          conversations: z.number(),
          clients: z.number(),
          failed: z.number(),
          bytes: z.number(),
          response_p50_us: z.number().nullable(),
          response_p95_us: z.number().nullable(),
          handshake_p50_us: z.number().nullable(),
        }),
      ),
      of_all: z.number(),
      meta,
    }),
  }),
  service: route({
    method: 'GET',
    path: '/services/:service',
    needs: 'view',
    doc:
      'One service, `203.0.113.80:443` or `[2001:db8::1]:443`: whether the network or the server takes the ' +
      'time, its times, how conversations ended, its slowest answers, versions, clients.',
    params: z.object({ service: z.string().max(60) }),
    query: scope.extend({ points: count(10, 500, 60).describe('At most so many steps of time.') }),
    answer: service,
  }),
};
