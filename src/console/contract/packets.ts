import { z } from 'zod';
import { MIRROR_TYPE_NAMES } from '../../model/mirror-point.js';
import { meta, route, scope } from './route.js';

/** A session, as the head of its packets. */
const session = z.object({
  session_id: z.string(),
  /** `type,source,session,key` of the mirror point, and its name, '' without one. */
  mirror: z.string(),
  mirror_name: z.string(),
  /** Addresses as people write them; MACs where there is no IP. */
  client: z.string(),
  server: z.string(),
  /** 0 without ports. */
  client_port: z.number(),
  server_port: z.number(),
  transport: z.string(),
  app_protocol: z.string(),
  tcp_state: z.string(),
  packets: z.number(),
  bytes: z.number(),
  /** RFC 3339 with nanoseconds. */
  first_seen: z.string(),
  last_seen: z.string(),
  /** '' without IP. */
  community_id: z.string(),
});
export type PacketsSession = z.output<typeof session>;

const LAYERS = ['other', 'ethernet', 'ipv4', 'ipv6', 'ppp', 'ieee80211'] as const;

/** A kept frame, and what its mirror said of it. */
const frame = z.object({
  /** Its place among those that are kept of the session, from 1, in order of time. */
  number: z.number(),
  /** RFC 3339 with nanoseconds. */
  time: z.string(),
  /** Who sent it; '' where that cannot be told. */
  direction: z.enum(['client', 'server', '']),
  /** Bytes that are kept, and those that it had. */
  length: z.number(),
  original_length: z.number(),
  /** The bytes, in base64. */
  data: z.string(),
  /** What it begins with; the column `layer`. */
  layer: z.enum(LAYERS),
  mirror_type: z.enum(MIRROR_TYPE_NAMES),
  mirror_source: z.string(),
  mirror_target: z.string(),
  mirror_session: z.number(),
  gre_key: z.number().nullable(),
  mirror_port: z.number(),
  mirror_direction: z.enum(['unknown', 'ingress', 'egress', 'both']),
  mirror_hardware: z.number(),
  security_group: z.number(),
  /** A MAC address, or empty. */
  mirror_sensor: z.string(),
  cos: z.number(),
  /** The VLAN of a tag that the switch removed. */
  vlan: z.number().nullable(),
  gre_protocol: z.number(),
  /** Whether the switch said that it cut the frame. */
  truncated: z.boolean(),
});
export type KeptFrame = z.output<typeof frame>;

const id = z.object({
  id: z.string().regex(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, { error: 'is no session_id' }),
});
const encapsulated = z
  .enum(['0', '1'])
  .default('0')
  .describe('`1`: with the outer headers they were mirrored in, rebuilt.');

/** What a download would be. */
const toDownload = z.object({
  packets: z.number(),
  bytes: z.number(),
  /** Packets that a capture with outer headers leaves out: an earlier version kept them without. */
  left: z.number(),
  /** Whether this person has as many downloads running as are let run. */
  busy: z.boolean(),
  meta,
});

/** Frames of one answer. */
export const MOST_FRAMES = 1000;

export const packets = {
  sessionPackets: route({
    method: 'GET',
    path: '/sessions/:id/packets',
    needs: 'packets',
    doc:
      'Frames of a session as they are kept, in order of time, with what their mirror said of each. ' +
      'Never kept by caches.',
    params: id,
    query: z.object({
      after: z
        .string()
        .regex(/^\d{1,9}$/, { error: 'is not a whole number' })
        .transform(Number)
        .default(0)
        .describe('Frames up to this number are left out.'),
      limit: z
        .string()
        .regex(/^\d{1,4}$/, { error: 'is not a whole number' })
        .transform(Number)
        .refine((n) => n >= 1 && n <= MOST_FRAMES, { error: `must be between 1 and ${MOST_FRAMES}` })
        .default(MOST_FRAMES)
        .describe('At most so many; fewer where they are large.'),
    }),
    answer: z.object({
      session,
      frames: z.array(frame),
      /** Whether there are frames behind these. */
      more: z.boolean(),
      /** Frames of the session that are kept. */
      kept: z.number(),
      meta,
    }),
  }),
  sessionCopies: route({
    method: 'GET',
    path: '/sessions/:id/copies',
    needs: 'packets',
    doc:
      'The same conversation as other mirror points saw it: sessions with its Community ID (without IP: ' +
      'its MAC addresses and EtherType) whose time is within five minutes of its own.',
    params: id,
    answer: z.object({ copies: z.array(session), meta }),
  }),
  packetsCount: route({
    method: 'GET',
    path: '/packets/count',
    needs: 'packets',
    doc: 'How many packets a capture of chosen sessions would have, and what it would leave out.',
    query: scope,
    answer: toDownload,
  }),
  packetsCapture: route({
    method: 'GET',
    path: '/packets.pcapng',
    needs: 'packets',
    doc:
      'The packets of chosen sessions as a pcapng capture, streamed: the bytes that `mirrorlake export` ' +
      'writes. At most two at once for one person.',
    query: scope.extend({ encapsulated }),
    answer: 'application/x-pcapng',
  }),
  sessionCapture: route({
    method: 'GET',
    path: '/sessions/:id/packets.pcapng',
    needs: 'packets',
    doc: 'The packets of one session as a pcapng capture, likewise.',
    params: id,
    query: z.object({ encapsulated }),
    answer: 'application/x-pcapng',
  }),
};
