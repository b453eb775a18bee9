import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { Answer, Asked, Params, RouteName } from '../../../src/console/contract.js';
import { type ApiError, call, keyOf } from './client.js';
import { goingOf, type Slow, told, useSlow } from './slow.js';

export interface AnswerOptions<N extends RouteName> {
  readonly params?: Params<N>;
  /** Milliseconds after which it is asked again; not while the page is hidden, nor once it was cancelled. */
  readonly every?: number | false;
  /** Whether it is asked at all. */
  readonly enabled?: boolean;
}

export type Answered<N extends RouteName> = UseQueryResult<Answer<N>, ApiError> & { readonly slow: Slow };

/**
 * A route's answer. The former one stays while another is on its way; a question that nobody looks at any
 * more is cancelled.
 */
export function useAnswer<N extends RouteName>(
  name: N,
  query?: Asked<N>,
  { params, every = false, enabled = true }: AnswerOptions<N> = {},
): Answered<N> {
  const { c } = useSearch({ strict: false }) as { readonly c?: string };
  const key = keyOf(name, { ...(query && { query }), ...(params && { params }) }, c);
  const slow = useSlow(key);
  const result = useQuery<Answer<N>, ApiError>({
    queryKey: key,
    queryFn: ({ signal }) =>
      told(key, (progress) =>
        call(name, { ...(query && { query }), ...(params && { params }), signal, progress }),
      ),
    // What the store says stays while more of it is on its way, not while a capture's is.
    placeholderData: (before, of) => (of?.queryKey[3] === key[3] ? before : undefined),
    refetchInterval: () => (goingOf(slow.hash) === 'stopped' ? false : every),
    enabled,
  });
  // A copy would count as reading all of it, and draw its reader whenever any of it changes.
  return Object.create(result, { slow: { value: slow } }) as Answered<N>;
}
