/** A session's packets: a thousand at a time, decoded as they come. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import type { Answer } from '../../../../src/console/contract.js';
import type { ApiError } from '../../api/client.js';
import { call } from '../../api/client.js';
import { Decoder, type Packet } from './decode/frame.js';
import { nextAfter } from './decode/paging.js';
import { type Followed, Streams } from './decode/streams.js';

export interface Shown {
  readonly packet: Packet;
  readonly followed: Followed;
  /** Milliseconds since the session's first packet. */
  readonly ms: number;
}

export interface Loaded {
  readonly first: Answer<'sessionPackets'> | undefined;
  readonly packets: readonly Shown[];
  readonly error: ApiError | null;
  readonly isPending: boolean;
  /** Whether there are more, and they may be asked for. */
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  more(): void;
  again(): void;
}

/** Packets of the pages so far; what was decoded stays. */
class Gathered {
  readonly packets: Shown[] = [];
  private readonly decoder: Decoder;
  private readonly streams = new Streams();
  private pages = 0;

  constructor(readonly first: Answer<'sessionPackets'>) {
    this.decoder = new Decoder(first.session.app_protocol);
  }

  take(pages: readonly Answer<'sessionPackets'>[]): void {
    for (; this.pages < pages.length; this.pages++)
      for (const frame of pages[this.pages]!.frames) {
        const packet = this.decoder.packet(frame);
        const begin = this.packets[0]?.packet.time ?? packet.time;
        const followed = this.streams.take(packet);
        this.packets.push({ packet, followed, ms: Number(packet.time - begin) / 1e6 });
      }
  }
}

export function usePackets(id: string): Loaded {
  const query = useInfiniteQuery<Answer<'sessionPackets'>, ApiError>({
    queryKey: ['sessionPackets', id],
    queryFn: ({ pageParam, signal }) =>
      call('sessionPackets', { params: { id }, query: { after: String(pageParam) }, signal }),
    initialPageParam: 0,
    getNextPageParam: (_, pages) => nextAfter(pages),
    // Frames do not change; comparing megabytes of them takes long.
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  });
  const gathered = useRef<Gathered | undefined>(undefined);
  const pages = query.data?.pages;
  const packets = useMemo(() => {
    const first = pages?.[0];
    if (pages === undefined || first === undefined) return [];
    if (gathered.current?.first !== first) gathered.current = new Gathered(first);
    gathered.current.take(pages);
    // Another list each time, so that whoever shows it sees that it has grown.
    return [...gathered.current.packets];
  }, [pages]);
  return {
    first: pages?.[0],
    packets,
    error: query.error,
    isPending: query.isPending,
    hasMore: query.hasNextPage,
    isLoading: query.isFetchingNextPage,
    more: () => {
      if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
    },
    again: () => void query.refetch(),
  };
}
