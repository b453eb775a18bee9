/** Segments on their way into the store: one insert after the other, again until the store has said yes. */
import { randomUUID } from 'node:crypto';
import type { StoreStatus } from '../../observe/status.js';
import { SegmentRefused, StoreUnavailable } from '../../store/errors.js';
import type { Store } from '../../store/store.js';
import type { SegmentMessage, Waiting } from './segment-port.js';

/** Milliseconds between tries while the store is away, doubling from the first to the last. */
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

interface Queued extends SegmentMessage {
  readonly token: string;
}

export class Delivery {
  private readonly queue: Queued[] = [];
  private wake: (() => void) | undefined;
  private state: StoreStatus['state'] = 'away';
  private error = 'starting';
  private stored = { rows: 0, segments: 0 };
  private dropped = { rows: 0, segments: 0 };
  private refused = 0;
  private closing = false;

  constructor(
    private readonly store: Store,
    private readonly waiting: Waiting,
    private readonly log: (level: 'info' | 'warn' | 'error', message: string) => void,
  ) {}

  /**
   * Brings the tables up to date and begins to deliver. A store that is away is waited for.
   *
   * @throws StoreRefused when the store will not have us
   */
  async start(): Promise<void> {
    try {
      await this.store.migrate();
      this.up();
      void this.deliver();
    } catch (e) {
      if (!(e instanceof StoreUnavailable)) throw e;
      this.away(e);
      void this.startLater();
    }
  }

  private async startLater(): Promise<void> {
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
      await pause(wait);
      try {
        await this.store.migrate();
        this.up();
        break;
      } catch (e) {
        this.away(e as Error);
      }
    }
    await this.deliver();
  }

  add(segment: SegmentMessage): void {
    this.queue.push({ ...segment, token: randomUUID() });
    this.wake?.();
  }

  status(): StoreStatus {
    return {
      target: this.store.name,
      state: this.state,
      error: this.error,
      rows_stored: this.stored.rows,
      segments_stored: this.stored.segments,
      spool_segments: this.queue.length,
      spool_bytes: this.queue.reduce((sum, s) => sum + s.bytes.length, 0),
      segments_dropped: this.dropped.segments,
      rows_dropped: this.dropped.rows,
      segments_refused: this.refused,
    };
  }

  /** Waits until everything is stored, at most so many milliseconds. */
  async drain(within: number): Promise<void> {
    const end = Date.now() + within;
    this.closing = true;
    while (this.queue.length > 0 && Date.now() < end) await pause(20);
    for (const s of this.queue.splice(0)) {
      this.dropped.segments++;
      this.dropped.rows += s.rows;
    }
  }

  private async deliver(): Promise<void> {
    let wait = FIRST_RETRY_MS;
    for (;;) {
      const segment = this.queue[0];
      if (segment === undefined) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        continue;
      }
      try {
        await this.store.insert(segment.table, segment.bytes, segment.token);
        this.stored.segments++;
        this.stored.rows += segment.rows;
        if (this.state !== 'up') this.up();
        wait = FIRST_RETRY_MS;
      } catch (e) {
        if (!(e instanceof SegmentRefused)) {
          this.away(e as Error);
          await pause(this.closing ? FIRST_RETRY_MS : wait);
          wait = Math.min(wait * 2, LAST_RETRY_MS);
          continue;
        }
        this.refused++;
        this.log('error', `the store refused a segment of ${segment.rows} rows: ${e.message}`);
      }
      this.queue.shift();
      this.waiting.give(segment.bytes.length);
    }
  }

  private up(): void {
    this.log('info', `storing to ${this.store.name}`);
    this.state = 'up';
    this.error = '';
  }

  private away(e: Error): void {
    if (this.state !== 'away' || this.error === 'starting')
      this.log('warn', `${e.message}; what comes meanwhile waits`);
    this.state = 'away';
    this.error = e.message;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
