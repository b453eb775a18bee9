/** What the page looks at, of its address and of what the store has. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Answer } from '../../../src/console/contract.js';
import { useAnswer } from '../api/use-answer.js';
import { type LookedAt, lookedAt } from './looked-at.js';
import { type ScopeSearch, scopeSearch } from './search.js';

export function useAbout(): Answer<'about'> | undefined {
  return useAnswer('about', undefined, { every: 30_000 }).data;
}

/** What is looked at; undefined while it is not known. */
export function useLookedAt(): LookedAt | undefined {
  const { first_seen, last_seen } = useAbout() ?? {};
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const { t, m, f } = scopeSearch(search);
  const conditions = f?.join('\u0000');
  return useMemo(
    () =>
      lookedAt(
        { t, m, f: conditions?.split('\u0000') },
        last_seen === undefined || first_seen === undefined ? undefined : { first_seen, last_seen },
      ),
    [first_seen, last_seen, t, m, conditions],
  );
}

/** Changes what is looked at: the address, and so all that is shown. */
export function useChangeScope(): (change: Partial<ScopeSearch> & Record<string, unknown>) => void {
  const navigate = useNavigate();
  return (change) => {
    void navigate({ to: '.', search: ((before: object) => ({ ...before, ...change })) as never });
  };
}
