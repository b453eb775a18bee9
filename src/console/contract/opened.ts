/**
 * What the overview asks: its cards do, the page's first script before they are there, and the console that
 * is started by hand. What is chosen in a card is in the page's address.
 */
import type { Asked } from '../contract.js';

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

/** What a page looks at: the API's {@link Scope}, with both times. */
export interface ScopeAsked {
  readonly from: string;
  readonly to: string;
  readonly mirror?: string;
  readonly f?: string[];
}

type Picked<Choices extends readonly { readonly value: string }[]> = Choices[number]['value'];
type Query = ScopeAsked | undefined;

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

/** What is chosen in the cards: the first of each where nothing is. */
export interface PickedInCards {
  readonly unit: Picked<typeof UNITS>;
  readonly by: Picked<typeof BY>;
  readonly talkers: Picked<typeof TALKERS>;
  readonly slow: Picked<typeof SLOW>;
  readonly app: Picked<typeof APPLICATIONS>;
}

export const FIRST_PICKED: PickedInCards = {
  unit: UNITS[0].value,
  by: BY[0].value,
  talkers: TALKERS[0].value,
  slow: SLOW[0].value,
  app: APPLICATIONS[0].value,
};

/** All questions of the page as it is opened, in the order of its cards. */
export function asked(
  query: ScopeAsked,
  { unit, by, talkers, slow, app }: PickedInCards,
): readonly (readonly [Name, Asked<Name>])[] {
  return [
    ['figures', query],
    ['series', CARDS.traffic(query, unit, by)],
    ['findings', query],
    ['top', CARDS.talkers(query, talkers)],
    ['top', CARDS.slow(query, slow)],
    ['top', CARDS.failing(query)],
    ['loss', CARDS.loss(query)],
    ['applications', CARDS.applications(query, app)],
  ];
}

const V4 = /^\d{1,3}(\.\d{1,3}){3}$/;
/** With what shortens it, or with all its colons: neither a time nor a MAC is like that. */
const V6 = /^(?=.*::|(?:[^:]*:){7})[0-9a-f:.]{2,45}$/;
/** Addresses whose names are asked for at once: proxies take no longer URLs. */
export const NAMED_AT_ONCE = 100;

/** The IP addresses that answers have as a value of their own, each once, in their order; not too many. */
export function addressesIn(answers: readonly unknown[]): string[] {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value === 'string') {
      if (V4.test(value) || V6.test(value)) found.add(value);
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(look);
  };
  answers.forEach(look);
  return [...found].slice(0, NAMED_AT_ONCE);
}

const MINUTE = 60_000;

/**
 * The range that is shown where the address names none: the last hour of what the store has.
 *
 * @param first, last the store's times, RFC 3339; null in an empty store
 * @param now milliseconds since 1970
 * @returns milliseconds since 1970; undefined: the hour that runs
 */
export function openedRange(
  first: string | null,
  last: string | null,
  now: number,
): { readonly begin: number; readonly end: number } | undefined {
  if (last === null) return undefined;
  const newest = Date.parse(last);
  if (now - newest < 15 * MINUTE) return undefined;
  const end = Math.floor(newest / MINUTE) * MINUTE + MINUTE;
  const oldest = Math.floor(Date.parse(first ?? last) / MINUTE) * MINUTE;
  return { begin: Math.max(oldest, end - 60 * MINUTE), end };
}
