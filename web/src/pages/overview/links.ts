/** Where the overview leads to: the time range, the mirror points and the conditions go along. */
import { useSearch } from '@tanstack/react-router';
import { useCarried } from '../../app/frame.js';
import { useChangeScope } from '../../app/scope.js';
import { scopeSearch } from '../../app/search.js';
import { pickedIn } from './picked.js';

/** Search parameters of Sessions: what is looked at, with further conditions. */
export function useSessionsWith(): (f: readonly string[]) => Readonly<Record<string, unknown>> {
  const carried = useCarried();
  const { f = [] } = scopeSearch(useSearch({ strict: false }) as Record<string, unknown>);
  return (more) => {
    const all = [...f, ...more.filter((text) => !f.includes(text))];
    return { ...carried, ...(all.length > 0 && { f: all }) };
  };
}

/** One of some values that is kept in the page's address, but for the first. */
export function usePicked<T extends string>(
  name: string,
  choices: readonly { readonly value: T }[],
): readonly [T, (value: T) => void] {
  const picked = pickedIn(useSearch({ strict: false }) as Record<string, unknown>, name, choices);
  const change = useChangeScope();
  return [picked, (value) => change({ [name]: value === choices[0]!.value ? undefined : value })];
}
