/** What happens now: the one stream of a tab. It is closed while the page is hidden. */
import { useEffect, useRef, useState } from 'react';
import type { LiveEvents } from '../../../src/console/contract/live.js';
import { type ApiError, request, urlOf } from './client.js';

export type Handlers = { readonly [E in keyof LiveEvents]: (data: LiveEvents[E]) => void };
const EVENTS = ['status', 'rows', 'second', 'away'] as const;

/** Milliseconds after which a stream that was refused is asked for again. */
const AGAIN = 5000;

/** @returns why it is refused; undefined while it is not */
export function useEvents(topics: string, handlers: Handlers): ApiError | undefined {
  const latest = useRef(handlers);
  latest.current = handlers;
  const [refused, refuse] = useState<ApiError | undefined>();
  useEffect(() => {
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const close = (): void => {
      clearTimeout(timer);
      source?.close();
      source = undefined;
    };
    const open = (): void => {
      close();
      if (document.hidden) return;
      const opened = new EventSource(urlOf('events', { query: { topics } }));
      source = opened;
      opened.addEventListener('open', () => refuse(undefined));
      for (const name of EVENTS)
        opened.addEventListener(name, (event) => {
          latest.current[name](JSON.parse((event as MessageEvent<string>).data) as never);
        });
      opened.addEventListener('error', () => {
        // It connects again by itself, unless it was refused.
        if (opened.readyState !== EventSource.CLOSED) return;
        void why(topics).then((error) => {
          if (source !== opened) return;
          refuse(error);
          timer = setTimeout(open, AGAIN);
        });
      });
    };
    open();
    document.addEventListener('visibilitychange', open);
    return () => {
      document.removeEventListener('visibilitychange', open);
      close();
    };
  }, [topics]);
  return refused;
}

/** Why the stream is refused: an EventSource does not tell. */
async function why(topics: string): Promise<ApiError | undefined> {
  const abort = new AbortController();
  try {
    await request('events', { query: { topics }, signal: abort.signal });
    return undefined;
  } catch (error) {
    return error as ApiError;
  } finally {
    abort.abort();
  }
}
