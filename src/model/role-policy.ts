/** Any role, and none, in `policies`. */
export const ANY_ROLE = '*';

/** What an entry of `policies` allows: a transport, with or without ports of servers; or an application. */
export type AllowedTraffic =
  | { readonly transport: string; readonly firstPort: number; readonly lastPort: number }
  | { readonly application: string };

/** An entry of `policies`: what clients of a role may do at servers of a role. */
export interface RolePolicy {
  readonly from: string;
  readonly to: string;
  readonly allow: 'none' | 'all' | readonly AllowedTraffic[];
}
