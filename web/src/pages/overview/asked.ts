/**
 * What the overview asks: its cards do, and the page's first script before they are there. What is chosen in
 * a card is in the address.
 */
import type { Asked } from '../../../../src/console/contract.js';
import type { LookedAt } from '../../app/looked-at.js';
import { one } from '../../app/search.js';

export const UNITS = [
  { value: 'bytes', label: 'bits/s' },
  { value: 'packets', label: 'packets/s' },
  { value: 'sessions', label: 'sessions' },
] as const;
export const BY = [
  { value: 'app', label: 'Application' },
  { value: 'mirror', label: 'Mirror' },
  { value: 'outcome', label: 'Outcome' },
  { value: 'transport', label: 'Transport' },
  { value: 'role', label: 'Roles' },
] as const;
export const TALKERS = [
  { value: 'pairs', label: 'Pairs' },
  { value: 'hosts', label: 'Hosts' },
  { value: 'networks', label: 'Networks' },
  { value: 'named_networks', label: 'Networks' },
  { value: 'roles', label: 'Roles' },
  { value: 'sites', label: 'Sites' },
  { value: 'systems', label: 'AS' },
  { value: 'countries', label: 'Countries' },
] as const;
export const SLOW = [
  { value: 'handshake', label: 'Handshake' },
  { value: 'response', label: 'Response' },
] as const;
export const APPLICATIONS = [
  { value: 'dns', label: 'DNS' },
  { value: 'http', label: 'HTTP' },
  { value: 'tls', label: 'TLS' },
  { value: 'databases', label: 'Databases' },
  { value: 'others', label: 'Others' },
] as const;

/** The value that the address has, or the first. */
export function pickedIn<T extends string>(
  search: Record<string, unknown>,
  name: string,
  choices: readonly { readonly value: T }[],
): T {
  const given = one(search[name]);
  return (choices.find(({ value }) => value === given) ?? choices[0]!).value;
}

type Picked<Choices extends readonly { readonly value: string }[]> = Choices[number]['value'];
type Query = LookedAt['query'] | undefined;

/** The cards' questions about what is looked at. */
export const CARDS = {
  loss: (query: Query): Asked<'loss'> => ({ from: query?.from, to: query?.to, mirror: query?.mirror }),
  traffic: (query: Query, unit: Picked<typeof UNITS>, by: Picked<typeof BY> | 'none'): Asked<'series'> => ({
    ...query,
    unit,
    by,
    points: '120',
  }),
  talkers: (query: Query, what: Picked<typeof TALKERS>): Asked<'top'> => ({
    ...query,
    what,
    by: 'bytes',
    limit: '8',
  }),
  slow: (query: Query, by: Picked<typeof SLOW>): Asked<'top'> => ({
    ...query,
    what: 'services',
    by: by === 'handshake' ? 'handshake_p50' : 'response_p95',
    limit: '8',
  }),
  policies: (query: Query): Asked<'policies'> => ({ ...query, limit: '5' }),
  failing: (query: Query): Asked<'top'> => ({ ...query, what: 'services', by: 'failed', limit: '5' }),
  applications: (query: Query, of: Picked<typeof APPLICATIONS>): Asked<'applications'> => ({ ...query, of }),
} as const;

type Name = 'figures' | 'series' | 'findings' | 'top' | 'loss' | 'applications';

/** All questions of the page as it is opened, in the order of its cards. */
export function asked(
  query: LookedAt['query'],
  search: Record<string, unknown>,
): readonly (readonly [Name, Asked<Name>])[] {
  return [
    ['figures', query],
    ['series', CARDS.traffic(query, pickedIn(search, 'unit', UNITS), pickedIn(search, 'by', BY))],
    ['findings', query],
    ['top', CARDS.talkers(query, pickedIn(search, 'talkers', TALKERS))],
    ['top', CARDS.slow(query, pickedIn(search, 'slow', SLOW))],
    ['top', CARDS.failing(query)],
    ['loss', CARDS.loss(query)],
    ['applications', CARDS.applications(query, pickedIn(search, 'app', APPLICATIONS))],
  ];
}
