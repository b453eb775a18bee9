/**
 * The store behind the console: asked through the collector that holds it, or opened for as long as it is
 * asked.
 */
import { Readable } from 'node:stream';
import { asError } from '../model/errors.js';
import { QUESTION_DEFAULTS } from '../model/question-limits.js';
import { isServer, withoutPassword } from '../model/store-location.js';
import { ControlError, openReply } from '../observe/control.js';
import { StoreUnavailable } from '../store/errors.js';
import type { Store } from '../store/store.js';

/** How long a data directory stays open after the last question, milliseconds: its engine takes memory. */
export const IDLE = 60_000;
/** How long questions may go on once another process wants the directory, milliseconds. */
export const LAST_WORDS = 1500;
/** How long it is left to that process, milliseconds: longer than that waits between two tries. */
export const ASIDE = 3000;

/** Where the store is now. */
export interface Place {
  /** A directory, or a server's URL. */
  readonly location: string;
  /** The control socket of the collector that answers for it; undefined: it is opened. */
  readonly collector: string | undefined;
}

export interface AskOptions {
  /** A format of ClickHouse's. */
  readonly format: string;
  /** Seconds until the question ends. */
  readonly seconds?: number;
  readonly signal?: AbortSignal;
}

export class Asker {
  private store: Store | undefined;
  /** Of {@link held}: 0 until a data directory is opened. */
  private opened = 0;
  /** Questions that run, each with what ends it. */
  private readonly running = new Set<AbortController>();
  private idle: NodeJS.Timeout | undefined;
  private closed = false;
  /** Settles when this one may open the store again; undefined: nobody else wants it. */
  private aside: Promise<void> | undefined;

  /**
   * @param find says where the store is: a collector may have started or ended since the last question
   */
  constructor(private readonly find: () => Promise<Place>) {}

  /**
   * Tells apart the times for which a data directory is open: nobody else writes to it meanwhile. Undefined:
   * it is not, or the store is a server's.
   */
  get held(): number | undefined {
    return this.store === undefined || this.opened === 0 ? undefined : this.opened;
  }

  /**
   * Asks a question.
   *
   * @returns the answer's bytes as they are read; destroyed if it fails midway, or is aborted
   * @throws MirrorlakeError in the store's or the collector's words
   */
  async ask(sql: string, options: AskOptions): Promise<Readable> {
    const { format, seconds = QUESTION_DEFAULTS.seconds, signal } = options;
    await this.aside;
    const { location, collector } = await this.find();
    if (collector !== undefined) {
      await this.release();
      try {
        const request = { command: 'query', sql, format, timeout: seconds };
        const reply = await openReply(collector, request, signal === undefined ? {} : { signal });
        return Readable.from(reply.body, { objectMode: false });
      } catch (error) {
        if (!(error instanceof ControlError) || error.unreached !== 'nobody') throw error;
      }
    }
    // It may be wanted since.
    if (this.aside !== undefined) return this.ask(sql, options);
    clearTimeout(this.idle);
    const end = new AbortController();
    const left = (): void => end.abort();
    if (signal?.aborted === true) left();
    signal?.addEventListener('abort', left, { once: true });
    const over = (): void => {
      signal?.removeEventListener('abort', left);
      this.answered(end);
    };
    this.running.add(end);
    try {
      // It is a seventh of the memory of a console that nobody asks.
      const { openStore } = await import('../store/open.js');
      if (this.store === undefined) {
        this.store = openStore(location, { create: false, wanted: () => this.giveWay() });
        if (!isServer(location)) this.opened++;
      }
      const limits = { ...QUESTION_DEFAULTS, seconds };
      const answer = await this.store.query(sql, { format, limits, signal: end.signal });
      answer.once('close', over);
      answer.once('error', () => this.failed(end.signal));
      return answer;
    } catch (error) {
      over();
      this.failed(end.signal);
      throw error;
    }
  }

  /** Where the store is, without passwords. */
  async name(): Promise<string> {
    return withoutPassword((await this.find()).location);
  }

  /** Where the store is, as it was given. */
  place(): Promise<Place> {
    return this.find();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.release();
  }

  /** What failed may have left the directory to others. */
  private failed(left: AbortSignal): void {
    if (this.opened > 0 && !left.aborted) this.opened++;
  }

  private answered(question: AbortController): void {
    this.running.delete(question);
    if (this.running.size > 0 || this.closed) return;
    clearTimeout(this.idle);
    const soon = this.aside === undefined ? IDLE : 0;
    this.idle = setTimeout(() => void this.release().catch(asError), soon).unref();
  }

  /** Another process wants the store, a collector that starts or somebody's question: it goes first. */
  private giveWay(): void {
    if (this.aside !== undefined || this.closed) return;
    setTimeout(() => {
      const why = new StoreUnavailable('another process wanted the store: ask again');
      for (const question of this.running) question.abort(why);
    }, LAST_WORDS).unref();
    this.aside = new Promise<void>((resolve) => setTimeout(resolve, ASIDE)).then(() => {
      this.aside = undefined;
    });
    void this.release().catch(asError);
  }

  /** Leaves the store to others. */
  private async release(): Promise<void> {
    clearTimeout(this.idle);
    if (this.running.size > 0 && !this.closed) return;
    const { store } = this;
    this.store = undefined;
    await store?.close();
  }
}
