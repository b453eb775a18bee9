/**
 * The store behind the console: asked through the collector that holds it, or opened for as long as it is
 * asked.
 */
import { Readable } from 'node:stream';
import { asError } from '../model/errors.js';
import { QUESTION_DEFAULTS } from '../model/question-limits.js';
import { withoutPassword } from '../model/store-location.js';
import { ControlError, openReply } from '../observe/control.js';
import { openStore } from '../store/open.js';
import type { Store } from '../store/store.js';

/** How long a data directory stays open after the last question, milliseconds: a collector may want it. */
export const IDLE = 60_000;

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
  private asked = 0;
  private idle: NodeJS.Timeout | undefined;
  private closed = false;

  /**
   * @param find says where the store is: a collector may have started or ended since the last question
   */
  constructor(private readonly find: () => Promise<Place>) {}

  /**
   * Asks a question.
   *
   * @returns the answer's bytes as they are read; destroyed if it fails midway, or is aborted
   * @throws MirrorlakeError in the store's or the collector's words
   */
  async ask(
    sql: string,
    { format, seconds = QUESTION_DEFAULTS.seconds, signal }: AskOptions,
  ): Promise<Readable> {
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
    clearTimeout(this.idle);
    this.asked++;
    try {
      this.store ??= openStore(location, { create: false });
      const limits = { ...QUESTION_DEFAULTS, seconds };
      const answer = await this.store.query(sql, { format, limits, ...(signal && { signal }) });
      answer.once('close', () => this.answered());
      return answer;
    } catch (error) {
      this.answered();
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

  private answered(): void {
    if (--this.asked > 0 || this.closed) return;
    clearTimeout(this.idle);
    this.idle = setTimeout(() => void this.release().catch(asError), IDLE).unref();
  }

  /** Leaves the store to others. */
  private async release(): Promise<void> {
    clearTimeout(this.idle);
    if (this.asked > 0 && !this.closed) return;
    const { store } = this;
    this.store = undefined;
    await store?.close();
  }
}
