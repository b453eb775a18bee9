import { z } from 'zod';
import { NAME_SOURCES } from '../../model/name-source.js';
import { repeated, route, scope } from './route.js';

/** Addresses of one question. */
export const MOST_NAMED = 200;

export const named = z.object({
  name: z.string(),
  /** Where it comes from: as in the table `names`; `file` also of `console.address_names`. */
  source: z.enum(NAME_SOURCES),
});

export const names = {
  names: route({
    method: 'GET',
    path: '/names',
    needs: 'view',
    doc:
      'Names of addresses, the latest of each source before the end of the range: of the table `names`, ' +
      'and for addresses that it does not have, of DNS answers, DHCP, and what clients ask a server for ' +
      '(TLS, HTTP) in the rows. What a person wrote down (`console.address_names`, `names_file`) comes ' +
      'first, then what the host says of itself, then what others call it: the order of the view ' +
      '`address_names`. Addresses without a name are left out.',
    query: scope.pick({ from: true, to: true }).extend({
      address: repeated
        .pipe(z.array(z.string()).max(MOST_NAMED, { error: `${MOST_NAMED} addresses at most` }))
        .describe(`An address, repeatable up to ${MOST_NAMED} times.`),
    }),
    answer: z.object({
      names: z.array(
        z.object({
          address: z.string(),
          /** At least one, the best first: it is shown. */
          names: z.array(named),
        }),
      ),
    }),
  }),
};
