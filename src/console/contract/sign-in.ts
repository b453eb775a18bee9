import { z } from 'zod';
import { RIGHTS } from '../../model/rights.js';
import { route } from './route.js';

const who = z.object({
  /** Whose name is in the audit log: of the users file, of the proxy's header, or `token`. */
  name: z.string(),
  rights: z.array(z.enum(RIGHTS)),
});
export type Who = z.output<typeof who>;

export const signIn = {
  login: route({
    method: 'POST',
    path: '/login',
    doc: 'Signs in with a name and password, or with the token of the printed link; sets the cookie.',
    body: z.union([
      z.strictObject({ token: z.string().max(200) }),
      z.strictObject({ name: z.string().max(100), password: z.string().max(1000) }),
    ]),
    answer: who,
  }),
  logout: route({
    method: 'POST',
    path: '/logout',
    needs: 'view',
    doc: 'Ends what the cookie lets in.',
    answer: z.object({}),
  }),
  me: route({
    method: 'GET',
    path: '/me',
    needs: 'view',
    doc: 'Who is signed in, and what they may do.',
    answer: who,
  }),
};
