import { z } from 'zod';
import type { RefusedTunnelPackets, TunnelStatus } from '../../model/tunnel-status.js';
import { count, meta, route, scope } from './route.js';

/** Counters by the kernel's names, which are the columns of the table `tunnels`. */
const counters = z.record(z.string(), z.number());

const tunnel = z.object({
  name: z.string(),
  mode: z.string(),
  local: z.string(),
  remote: z.string(),
  key: z.number().nullable(),
  /** What it carried in the time range; null: nothing is stored of it. */
  counters: counters.nullable(),
  /** Packets received, and those refused, by step of time. */
  trace: z.array(z.number()),
  /** What the collector says of it; null where it has none of this name, or none runs. */
  now: z.custom<TunnelStatus>((given) => typeof given === 'object' && given !== null).nullable(),
});
export type TunnelSaid = z.output<typeof tunnel>;

const range = scope.pick({ from: true, to: true });
const series = z.array(z.number());

export const tunnels = {
  tunnels: route({
    method: 'GET',
    path: '/tunnels',
    needs: 'view',
    doc: "The tunnels that run or have run in the range, with their counters under the kernel's names.",
    query: range.extend({ steps: count(2, 200, 40).describe('Steps of `trace`.') }),
    answer: z.object({
      tunnels: z.array(tunnel),
      /** Packets that reached the tunnels' sockets and belong to none. */
      refused: z
        .custom<RefusedTunnelPackets>((given) => typeof given === 'object' && given !== null)
        .nullable(),
      meta,
    }),
  }),
  tunnelMinutes: route({
    method: 'GET',
    path: '/tunnels/:name/minutes',
    needs: 'view',
    doc: 'What a tunnel carried, by minute, or by steps of several minutes in a long range.',
    params: z.object({ name: z.string().max(64).describe('Its device.') }),
    query: range.extend({ points: count(10, 2000, 240).describe('At most so many steps.') }),
    answer: z.object({
      from: z.number(),
      interval: z.number(),
      /** Every counter of the table, by its name. */
      counters: z.record(z.string(), series),
      meta,
    }),
  }),
};
