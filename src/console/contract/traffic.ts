import { z } from 'zod';
import { count, meta, route, scope } from './route.js';

/** Nanoseconds do not fit into a number: times are RFC 3339 texts, and buckets whole seconds. */
const series = z.object({
  /** The first bucket's beginning, and their length, in seconds. */
  from: z.number(),
  interval: z.number(),
  /** The strongest first, `other` last; `values` has one number a bucket. */
  series: z.array(z.object({ name: z.string(), total: z.number(), values: z.array(z.number()) })),
  meta,
});
export type Series = z.output<typeof series>;

export const UNITS = ['bytes', 'packets', 'sessions', 'failed'] as const;
export const SERIES_BY = ['app', 'mirror', 'outcome', 'transport', 'role', 'none'] as const;

export const traffic = {
  series: route({
    method: 'GET',
    path: '/series',
    needs: 'view',
    doc: 'Sums over time, the strongest values apart and the rest as `other`.',
    query: scope.extend({
      by: z
        .enum(SERIES_BY)
        .default('app')
        .describe('What the series are of; `role`: of the roles of both ends, `staff > servers`.'),
      before: z.literal('1').optional().describe('Of the period of the same length before.'),
      unit: z.enum(UNITS).default('bytes').describe('What is summed up.'),
      points: count(10, 2000, 240).describe('At most so many buckets.'),
      top: count(1, 20, 6).describe('So many series apart.'),
    }),
    answer: series,
  }),
};
