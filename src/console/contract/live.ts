import { z } from 'zod';
import type { CollectorStatus } from '../../model/status.js';
import { count, route } from './route.js';

const TOPICS = ['status', 'rows'] as const;
export type Topic = (typeof TOPICS)[number];
export const LIVE_ORDERS = ['bytes', 'packets'] as const;

/** A row of `sessions`: what Live shows of it. */
export const liveRow = z.object({
  session_id: z.string(),
  part: z.number(),
  first_seen: z.string(),
  last_seen: z.string(),
  end_reason: z.string(),
  /** The mirror point's id, and its name, '' where it has none. */
  mirror: z.string(),
  mirror_name: z.string(),
  client: z.string(),
  client_port: z.number(),
  server: z.string(),
  server_port: z.number(),
  transport: z.string(),
  app: z.string(),
  tcp_state: z.string(),
  server_name: z.string(),
  packets: z.number(),
  bytes: z.number(),
});
export type LiveRow = z.output<typeof liveRow>;

/** The events of `/events`, by name. */
export interface LiveEvents {
  readonly status: { readonly status: CollectorStatus | null };
  readonly rows: { readonly rows: readonly LiveRow[] };
  /** What the rows of the last second are of: the collector shows 200 a second at most. */
  readonly second: { readonly ended: number; readonly shown: number; readonly missed: number };
  /** Why no rows come, in a sentence; they are asked for again. */
  readonly away: { readonly detail: string; readonly hint: string };
}

export const live = {
  events: route({
    method: 'GET',
    path: '/events',
    needs: 'view',
    doc:
      'What happens now, as server-sent events: `status`, once a second, null where no collector runs; ' +
      '`rows` of conversations as they end; `second`, how many ended, how many of them were shown, and how ' +
      'many rows were missed; `away`, why no rows come. At most 4 streams a person.',
    query: z.object({
      topics: z
        .string()
        .default('status,rows')
        .transform((text) => text.split(','))
        .pipe(z.array(z.enum(TOPICS)))
        .describe('What is told of, separated by commas: `status`, `rows`.'),
    }),
    answer: 'text/event-stream',
  }),
  liveOpen: route({
    method: 'GET',
    path: '/live/open',
    needs: 'view',
    doc: 'The strongest conversations that are open in the collector now, the strongest first.',
    query: z.object({
      by: z.enum(LIVE_ORDERS).default('bytes').describe('What they are compared by.'),
      limit: count(1, 1000, 200).describe('At most so many rows.'),
    }),
    answer: z.object({
      /** When the collector looked, RFC 3339. */
      time: z.string(),
      /** Conversations that are open. */
      open: z.number(),
      rows: z.array(liveRow),
    }),
  }),
};
