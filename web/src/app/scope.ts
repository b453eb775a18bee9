/** What the page looks at, of its address and of what the store has. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Answer } from '../../../src/console/contract.js';
import { useAnswer } from '../api/use-answer.js';
import { defaultRange, parseRange, type TimeRange } from './range.js';
import { type ScopeSearch, scopeSearch } from './search.js';

export interface LookedAt {
  readonly range: TimeRange;
  /** `once`, a mirror point, or undefined for all. */
  readonly mirror: string | undefined;
  readonly conditions: readonly string[];
  /** What the API's questions take. */
  readonly query: {
    readonly from: string;
    readonly to: string;
    readonly mirror?: string;
    readonly f?: string[];
  };
  /** Milliseconds after which answers are asked for again: of a range that runs. */
  readonly every: number | false;
}

/** Milliseconds between two questions of a range that runs. */
const EVERY = 15_000;

export function useAbout(): Answer<'about'> | undefined {
  return useAnswer('about', undefined, { every: 30_000 }).data;
}

/** What is looked at; undefined until it is known what the store has. */
export function useLookedAt(): LookedAt | undefined {
  const about = useAbout();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const { t, m, f } = scopeSearch(search);
  const conditions = (f ?? []).join('\u0000');
  return useMemo(() => {
    if (about === undefined) return undefined;
    const now = Date.now();
    const named = t === undefined ? undefined : parseRange(t, now);
    const range = named ?? defaultRange(about.first_seen, about.last_seen, now);
    const given = conditions === '' ? [] : conditions.split('\u0000');
    return {
      range,
      mirror: m,
      conditions: given,
      query: {
        from: range.from,
        to: range.to,
        ...(m !== undefined && { mirror: m }),
        ...(given.length > 0 && { f: given }),
      },
      every: range.running ? EVERY : false,
    };
  }, [about, t, m, conditions]);
}

/** Changes what is looked at: the address, and so all that is shown. */
export function useChangeScope(): (change: Partial<ScopeSearch> & Record<string, unknown>) => void {
  const navigate = useNavigate();
  return (change) => {
    void navigate({ to: '.', search: ((before: object) => ({ ...before, ...change })) as never });
  };
}
