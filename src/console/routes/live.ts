import { SSEStreamingApi } from 'hono/streaming';
import { MirrorlakeError } from '../../model/errors.js';
import type { OpenResult, RowsSecond } from '../../model/live.js';
import { textLines } from '../../model/text-lines.js';
import type { LiveEvents, LiveRow, Topic } from '../contract/live.js';
import type { Handlers } from '../handler.js';
import { type LiveFeed, rowOf } from '../live-feed.js';

/** Milliseconds between two events with rows: as often as an eye follows. */
const ROWS_EVERY = 250;
const STATUS_EVERY = 1000;
/** Milliseconds of silence after which a comment is sent: proxies close what is silent. */
const HEARTBEAT = 15_000;
/** Milliseconds after which rows are asked for again. */
const AGAIN = 2000;
/** Rows that wait for a tab that is slow; further ones it misses. */
export const MOST_WAITING_ROWS = 1000;

export const liveHandlers: Handlers<'events' | 'liveOpen'> = {
  events: ({ query, who, signal }, { live }) => {
    const leave = live.enter(who.name);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const stream = new SSEStreamingApi(writable, readable);
    void tell(stream, query.topics, live, signal).finally(() => {
      leave();
      return stream.close();
    });
    return new Response(stream.responseReadable, {
      headers: {
        'Content-Type': 'text/event-stream',
        // Neither kept nor gathered on its way.
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
      },
    });
  },
  liveOpen: async ({ query, signal }, { beside }) => {
    const { by, limit } = query;
    const reply = await beside.open({ command: 'open', by, limit }, signal);
    const { time, open } = reply.result as OpenResult;
    const rows: LiveRow[] = [];
    for await (const line of textLines(reply.body)) rows.push(rowOf(line));
    return { time, open, rows };
  },
};

/** Rows that wait to be sent to one tab. */
class WaitingRows {
  private rows: LiveRow[] = [];
  private last: LiveEvents['second'] | undefined;
  private missed = 0;
  private away: LiveEvents['away'] | undefined;
  private leave: (() => void) | undefined;
  private again = 0;

  constructor(private readonly live: LiveFeed) {}

  /** What there is to be told since the last time. */
  take(): Partial<LiveEvents> {
    if (this.leave === undefined && performance.now() >= this.again) this.begin();
    const { rows, last, away } = this;
    this.rows = [];
    this.last = undefined;
    this.away = undefined;
    return {
      ...(rows.length > 0 && { rows: { rows } }),
      ...(last !== undefined && { second: last }),
      ...(away !== undefined && { away }),
    };
  }

  end(): void {
    this.leave?.();
    this.again = Number.POSITIVE_INFINITY;
  }

  private begin(): void {
    this.leave = this.live.watch({
      row: (row) => {
        if (this.rows.length < MOST_WAITING_ROWS) this.rows.push(row);
        else this.missed++;
      },
      second: ({ ended, shown, missed }: RowsSecond['second']) => {
        this.last = { ended, shown, missed: missed + this.missed };
      },
      over: (error) => {
        this.leave = undefined;
        this.again = performance.now() + AGAIN;
        const hint = error instanceof MirrorlakeError ? (error.hint ?? '') : '';
        this.away = { detail: error.message, hint };
      },
    });
  }
}

/** Tells one tab until it has gone. */
async function tell(
  stream: SSEStreamingApi,
  topics: readonly Topic[],
  live: LiveFeed,
  signal: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  stream.onAbort(leave);
  signal.addEventListener('abort', leave, { once: true });
  const rows = topics.includes('rows') ? new WaitingRows(live) : undefined;
  let said = performance.now();
  let status = Number.NEGATIVE_INFINITY;
  const say = async <E extends keyof LiveEvents>(event: E, data: LiveEvents[E]): Promise<void> => {
    said = performance.now();
    await stream.writeSSE({ event, data: JSON.stringify(data) });
  };
  try {
    while (!gone.signal.aborted) {
      for (const [event, data] of Object.entries(rows?.take() ?? {}))
        await say(event as keyof LiveEvents, data);
      if (topics.includes('status') && performance.now() - status >= STATUS_EVERY - ROWS_EVERY / 2) {
        status = performance.now();
        // A collector that does not answer is as good as none.
        await say('status', { status: (await live.status().catch(() => undefined)) ?? null });
      }
      if (performance.now() - said >= HEARTBEAT) {
        said = performance.now();
        await stream.write(':\n\n');
      }
      await wait(ROWS_EVERY, gone.signal);
    }
  } finally {
    signal.removeEventListener('abort', leave);
    rows?.end();
  }
}

/** Ends after so many milliseconds, or with the signal. */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
