/** What the page looks at, of its address and of what the store has: without React, for the first script. */
import type { ScopeAsked } from '../../../src/console/contract/opened.js';
import type { Answer } from '../../../src/console/contract.js';
import { defaultRange, parseRange, type TimeRange } from './range.js';
import { scopeSearch } from './search.js';

export interface LookedAt {
  readonly range: TimeRange;
  /** `once`, a mirror point, or undefined for all. */
  readonly mirror: string | undefined;
  readonly conditions: readonly string[];
  /** What the API's questions take. */
  readonly query: ScopeAsked;
  /** Milliseconds after which answers are asked for again: of a range that runs. */
  readonly every: number | false;
}

/** Milliseconds between two questions of a range that runs. */
const EVERY = 15_000;

/**
 * @param search of the address, as parsed
 * @param times of what the store has
 * @returns undefined while it is not known what the store has, where the address names no range
 */
export function lookedAt(
  search: Record<string, unknown>,
  times: Pick<Answer<'about'>, 'first_seen' | 'last_seen'> | undefined,
): LookedAt | undefined {
  const { t, m, f = [] } = scopeSearch(search);
  const now = Date.now();
  const named = t === undefined ? undefined : parseRange(t, now);
  const range = named ?? (times && defaultRange(times.first_seen, times.last_seen, now));
  if (range === undefined) return undefined;
  return {
    range,
    mirror: m,
    conditions: f,
    query: {
      from: range.from,
      to: range.to,
      ...(m !== undefined && { mirror: m }),
      ...(f.length > 0 && { f: [...f] }),
    },
    every: range.running ? EVERY : false,
  };
}
