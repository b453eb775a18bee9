import { z } from 'zod';
import type { CollectorStatus } from '../../model/status.js';
import { route } from './route.js';

/** `mirrorlake status --json`: src/model/status.ts declares it, docs/reference/metrics.md explains it. */
const status = z.custom<CollectorStatus>((given) => typeof given === 'object' && given !== null);

/** A mirror point of the configuration or of the store. */
export const mirrorPoint = z.object({
  /** `type,source,session,key`: what the parameter `mirror` takes. */
  id: z.string(),
  /** From the configuration, '' where no entry names it. */
  name: z.string(),
  site: z.string(),
  type: z.string(),
  source: z.string(),
  target: z.string(),
  session: z.number(),
  key: z.number().nullable(),
});
export type MirrorPointSaid = z.output<typeof mirrorPoint>;

export const about = {
  about: route({
    method: 'GET',
    path: '/about',
    needs: 'view',
    doc: 'The version, the store, whether a collector runs beside it, and what the store holds.',
    answer: z.object({
      version: z.string(),
      /** Where the store is, without passwords. */
      store: z.string(),
      /** The collector that answers for the store; null: none runs. */
      collector: z.object({ name: z.string(), version: z.string(), pid: z.number() }).nullable(),
      /** Times of the first and the last row, RFC 3339 with nanoseconds; null in an empty store. */
      first_seen: z.string().nullable(),
      last_seen: z.string().nullable(),
      /** Whether frames were kept. */
      packets: z.boolean(),
      tunnels: z.boolean(),
      /** What conversations of the last hours say of their ends: the page offers it. */
      known: z.object({
        networks: z.boolean(),
        roles: z.boolean(),
        sites: z.boolean(),
        /** Autonomous systems and countries. */
        owners: z.boolean(),
      }),
      mirrors: z.array(mirrorPoint),
      /** The name of a capture that was dropped into the page: '' for the store itself. */
      capture: z.string(),
      /** Where to look a conversation up elsewhere: a URL with `{community_id}` and others in it. */
      links: z.array(z.object({ name: z.string(), url: z.string() })),
    }),
  }),
  status: route({
    method: 'GET',
    path: '/status',
    needs: 'view',
    doc: 'The status of the collector, as `mirrorlake status --json`; null where none runs.',
    answer: z.object({ status: status.nullable() }),
  }),
};
