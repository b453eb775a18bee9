/** Captures on their way to browsers: how many there may be, and how one is handed on no faster than read. */
import type { ByteOutput } from '../receive/file/capture-writer.js';
import { RequestError } from './errors.js';

/** Downloads of one person at once. */
export const MOST_DOWNLOADS = 2;
/** Milliseconds for which a browser may take nothing before its download ends. */
export const DOWNLOAD_PATIENCE = 60_000;

/**
 * Counts downloads, and lets one at a time ask the store: the store answers two questions at once, and the
 * pages' own go on meanwhile.
 */
export class Downloads {
  private readonly of = new Map<string, number>();
  private last: Promise<void> = Promise.resolve();

  /** Whether somebody has as many as may be. */
  isBusy(who: string): boolean {
    return (this.of.get(who) ?? 0) >= MOST_DOWNLOADS;
  }

  /**
   * Begins one, and waits until it may ask the store.
   *
   * @returns ends it
   * @throws RequestError 429 when somebody has as many as may be, 503 when it is aborted while it waits
   */
  async begin(who: string, signal: AbortSignal): Promise<() => void> {
    if (this.isBusy(who))
      throw new RequestError(`${MOST_DOWNLOADS} downloads of yours are running`, 429, {
        hint: 'wait until one has ended, or cancel it',
      });
    this.of.set(who, (this.of.get(who) ?? 0) + 1);
    const before = this.last;
    let pass = (): void => undefined;
    this.last = new Promise((resolve) => {
      pass = resolve;
    });
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      const left = (this.of.get(who) ?? 1) - 1;
      if (left === 0) this.of.delete(who);
      else this.of.set(who, left);
      // Whoever comes next waits for those before this one too.
      void before.then(pass);
    };
    await Promise.race([before, aborted(signal)]);
    if (signal.aborted) {
      end();
      throw new RequestError('nobody waits for the download any more', 503);
    }
    return end;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The body of an answer, written piece by piece: each write waits until the browser wants more. */
export class BodyOutput implements ByteOutput {
  readonly stream: ReadableStream<Uint8Array>;
  private controller!: ReadableStreamDefaultController<Uint8Array>;
  private wanted: (() => void) | undefined;
  private hasGone = false;

  /**
   * @param gone called when the browser has left
   * @param patience milliseconds for which it may take nothing
   */
  constructor(
    private readonly gone: () => void,
    private readonly patience = DOWNLOAD_PATIENCE,
  ) {
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.controller = controller;
        },
        pull: () => this.wanted?.(),
        cancel: () => this.leave(),
      },
      // One piece lies ready.
      { highWaterMark: 1 },
    );
  }

  /** The browser has left: a write that waits ends. */
  leave(): void {
    if (this.hasGone) return;
    this.hasGone = true;
    this.wanted?.();
    this.gone();
  }

  async write(piece: Uint8Array): Promise<void> {
    this.check();
    // The writer fills its buffer anew.
    this.controller.enqueue(piece.slice());
    if ((this.controller.desiredSize ?? 0) > 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      this.wanted = resolve;
      timer = setTimeout(
        () => reject(new RequestError('the browser takes nothing of its download', 503)),
        this.patience,
      );
    }).finally(() => {
      clearTimeout(timer);
      this.wanted = undefined;
    });
    this.check();
  }

  async close(): Promise<void> {
    if (!this.hasGone) this.controller.close();
  }

  /** Breaks the download off, so that the browser does not take it for whole. */
  fail(error: Error): void {
    if (this.hasGone) return;
    this.hasGone = true;
    this.controller.error(error);
  }

  private check(): void {
    if (this.hasGone) throw new RequestError('nobody waits for the download any more', 503);
  }
}
