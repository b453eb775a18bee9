/**
 * What a client sends behind its request, framed as body.ts frames a body: read no faster than it is taken,
 * and within bounds. Once it is over, what else the client sends is ignored, as with other requests.
 */
import type { Socket } from 'node:net';
import { UsageError } from '../model/errors.js';
import { sizeWords } from '../model/words.js';
import { BodyReader } from './body.js';

export interface UploadBounds {
  /** Bytes at most, with the lengths of frames. */
  readonly bytes: number;
  /** Milliseconds from the request to its end. */
  readonly within: number;
}

export class Upload implements AsyncIterable<Buffer> {
  private readonly reader = new BodyReader();
  private readonly pieces: Buffer[] = [];
  private over: Error | 'ended' | undefined;
  private wake = (): void => {};
  private readonly late: NodeJS.Timeout;
  private length = 0;

  /** @param first what came in one piece with the request */
  constructor(
    private readonly socket: Socket,
    first: Buffer,
    private readonly bounds: UploadBounds,
  ) {
    const { within } = bounds;
    this.late = setTimeout(() => {
      this.end(new UsageError(`an upload takes no longer than ${within / 1000} s`));
    }, within);
    socket.on('data', this.data);
    socket.once('close', () => this.end(new UsageError('the client was gone before its upload had ended')));
    this.data(first);
  }

  /** @throws UsageError for an upload that is too long, takes too long, or does not end */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      yield* this.pieces.splice(0);
      if (this.over instanceof Error) throw this.over;
      if (this.over === 'ended') return;
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.socket.resume();
      await woken;
    }
  }

  /** No more of it is wanted. */
  leave(): void {
    if (this.over === undefined) this.end('ended');
    this.pieces.length = 0;
  }

  private readonly data = (bytes: Buffer): void => {
    this.length += bytes.length;
    this.pieces.push(...this.reader.take(bytes));
    const { bytes: most } = this.bounds;
    if (this.length > most) this.end(new UsageError(`an upload is no longer than ${sizeWords(most)}`));
    else if (this.reader.ended) this.end('ended');
    // Until the pieces are taken.
    else this.socket.pause();
    if (bytes.length > 0) this.wake();
  };

  private end(how: Error | 'ended'): void {
    if (this.over !== undefined) return;
    this.over = how;
    clearTimeout(this.late);
    this.socket.off('data', this.data);
    // Whatever else comes is thrown away, and the client's end is noticed.
    this.socket.resume();
    this.wake();
  }
}
