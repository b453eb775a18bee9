import { z } from 'zod';
import { mirrorPoint } from './about.js';
import { meta, route, scope } from './route.js';

export const SHOWN = ['differ', 'only_a', 'only_b', 'same'] as const;

const loss = z.object({ packets: z.number(), lost: z.number(), kernel_drops: z.number() });

/** Conversations of a network of servers that only one mirror sees. */
const network = z.object({ network: z.string(), servers: z.number(), conversations: z.number() });

export const compare = {
  compare: route({
    method: 'GET',
    path: '/compare',
    needs: 'view',
    doc:
      'What two mirror points saw of the same conversations, while both were there: the same packets, not ' +
      'the same, or only one of them.',
    query: scope.omit({ mirror: true, q: true }).extend({
      a: z.string().describe('A mirror point: `type,source,session,key`.'),
      b: z.string().describe('The other one.'),
      show: z.enum(SHOWN).default('differ').describe('Which conversations are listed.'),
    }),
    answer: z.object({
      a: mirrorPoint.nullable(),
      b: mirrorPoint.nullable(),
      /** When both were there, RFC 3339; null: never at once. */
      from: z.string().nullable(),
      to: z.string().nullable(),
      same: z.number(),
      differ: z.number(),
      only_a: z.number(),
      only_b: z.number(),
      /** Packets that each has fewer in conversations that differ, and conversations that end otherwise. */
      fewer_a: z.number(),
      fewer_b: z.number(),
      otherwise: z.number(),
      /** What each mirror lost itself. */
      loss_a: loss,
      loss_b: loss,
      rows: z.array(
        z.object({
          session_id: z.string(),
          client: z.string(),
          client_port: z.number(),
          server: z.string(),
          server_port: z.number(),
          app: z.string(),
          packets_a: z.number(),
          packets_b: z.number(),
          state_a: z.string(),
          state_b: z.string(),
        }),
      ),
      /**
       * What became of packets between the two, where they are matched (`paths`): from one to the other.
       * Counts are of sampled packets; delays in nanoseconds, the median that of the minutes' medians.
       */
      paths: z.array(
        z.object({
          from_a: z.boolean(),
          sample: z.number(),
          relative: z.boolean(),
          matched: z.number(),
          lost: z.number(),
          unknown: z.number(),
          ambiguous: z.number(),
          unmatchable: z.number(),
          delay_p50_ns: z.number(),
          delay_p99_ns: z.number(),
        }),
      ),
      networks_a: z.array(network),
      networks_b: z.array(network),
      meta,
    }),
  }),
};
