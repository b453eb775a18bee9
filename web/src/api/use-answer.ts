import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { Answer, Asked, Params, RouteName } from '../../../src/console/contract.js';
import { type ApiError, call } from './client.js';

export interface AnswerOptions<N extends RouteName> {
  readonly params?: Params<N>;
  /** Milliseconds after which it is asked again; not while the page is hidden. */
  readonly every?: number | false;
  /** Whether it is asked at all. */
  readonly enabled?: boolean;
}

/**
 * A route's answer. The former one stays while another is on its way; a question that nobody looks at any
 * more is cancelled.
 */
export function useAnswer<N extends RouteName>(
  name: N,
  query?: Asked<N>,
  { params, every = false, enabled = true }: AnswerOptions<N> = {},
): UseQueryResult<Answer<N>, ApiError> {
  const { c = '' } = useSearch({ strict: false }) as { readonly c?: string };
  return useQuery<Answer<N>, ApiError>({
    queryKey: [name, params ?? null, query ?? null, c],
    queryFn: ({ signal }) => call(name, { ...(query && { query }), ...(params && { params }), signal }),
    // What the store says stays while more of it is on its way, not while a capture's is.
    placeholderData: (before, of) => (of?.queryKey[3] === c ? before : undefined),
    refetchInterval: every,
    enabled,
  });
}
