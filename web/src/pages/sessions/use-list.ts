/** The rows of a list, page by page, as far as somebody has scrolled. */
import { type InfiniteData, useInfiniteQuery } from '@tanstack/react-query';
import type { Page, Row } from '../../../../src/console/contract/sessions.js';
import type { Meta } from '../../../../src/console/contract.js';
import { type ApiError, call, captureInAddress } from '../../api/client.js';
import { goingOf, type Slow, told, useSlow } from '../../api/slow.js';
import { useLookedAt } from '../../app/scope.js';
import type { ListOf } from './columns.js';

/** Rows of the first page, which has to be there soon, and of the others. */
export const FIRST = 200;
export const FURTHER = 1000;

export interface List {
  readonly length: number;
  /** Row `i` of those that are there. */
  row(i: number): Row | undefined;
  /** Whether there are more than those that are there. */
  readonly more: boolean;
  readonly loadMore: () => void;
  readonly loading: boolean;
  readonly isPending: boolean;
  readonly isPlaceholderData: boolean;
  readonly error: ApiError | null;
  readonly slow: Slow;
  readonly refetch: () => unknown;
  /** Of the first page. */
  readonly meta: Meta | undefined;
}

export function useList(of: ListOf, order: string, columns: string): List {
  const looked = useLookedAt();
  const query = { ...looked?.query, order, columns };
  const capture = captureInAddress();
  const key = [of, 'list', query, capture];
  const slow = useSlow(key);
  const answer = useInfiniteQuery<Page, ApiError, InfiniteData<Page>, unknown[], string | undefined>({
    queryKey: key,
    queryFn: ({ signal, pageParam }) =>
      told(key, (progress) =>
        call(of, {
          query: {
            ...query,
            limit: String(pageParam === undefined ? FIRST : FURTHER),
            ...(pageParam !== undefined && { after: pageParam }),
          },
          signal,
          progress,
        }),
      ),
    initialPageParam: undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    // Rows of the other list have other columns; those of another store are others.
    placeholderData: (before, question) =>
      question?.queryKey[0] === of && question.queryKey[3] === capture ? before : undefined,
    // Whoever has scrolled on reads on: the pages would be asked for again, one by one.
    refetchInterval: ({ state }) =>
      state.data?.pages.length === 1 && goingOf(slow.hash) !== 'stopped' ? (looked?.every ?? false) : false,
    enabled: looked !== undefined,
  });
  const pages = answer.data?.pages ?? [];
  const last = pages.at(-1);
  const length =
    pages.length < 2
      ? (last?.rows.length ?? 0)
      : FIRST + (pages.length - 2) * FURTHER + (last?.rows.length ?? 0);
  return {
    length,
    row: (i) =>
      i < FIRST
        ? pages[0]?.rows[i]
        : pages[1 + Math.floor((i - FIRST) / FURTHER)]?.rows[(i - FIRST) % FURTHER],
    more: answer.hasNextPage,
    loadMore: () => {
      if (answer.hasNextPage && !answer.isFetchingNextPage && !answer.isPlaceholderData)
        void answer.fetchNextPage();
    },
    loading: answer.isFetchingNextPage,
    isPending: answer.isPending,
    isPlaceholderData: answer.isPlaceholderData,
    error: answer.error,
    slow,
    refetch: answer.refetch,
    meta: pages[0]?.meta,
  };
}
