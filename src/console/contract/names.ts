import { z } from 'zod';
import { repeated, route, scope } from './route.js';

/** Addresses of one question. */
export const MOST_NAMED = 200;
/** Where a name comes from, the one that is shown first. */
export const NAME_SOURCES = ['dns', 'dhcp', 'server', 'file'] as const;
export type NameSource = (typeof NAME_SOURCES)[number];

export const named = z.object({ name: z.string(), source: z.enum(NAME_SOURCES) });

export const names = {
  names: route({
    method: 'GET',
    path: '/names',
    needs: 'view',
    doc:
      'Names of addresses: of the last DNS answer before the end of the range, of DHCP, of what clients ' +
      'ask a server for (TLS, HTTP), of the file `console.address_names`, in this order. Addresses ' +
      'without a name are left out.',
    query: scope.pick({ from: true, to: true }).extend({
      address: repeated
        .pipe(z.array(z.string()).max(MOST_NAMED, { error: `${MOST_NAMED} addresses at most` }))
        .describe(`An address, repeatable up to ${MOST_NAMED} times.`),
    }),
    answer: z.object({
      names: z.array(
        z.object({
          address: z.string(),
          /** At least one; the first is shown. */
          names: z.array(named),
        }),
      ),
    }),
  }),
};
