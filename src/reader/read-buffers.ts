import { MAX_RECORD } from '../receive/file/format.js';
import type { BufferRing } from '../receive/file/read-ahead.js';

/**
 * Bytes per read, and how many reads may be ahead of the session tables. One read is one batch of packets of
 * ordinary size, small enough to be in the cache still when it is decoded; with so many of them, decoding
 * need not wait for the threads to start. Measured on a million packets: 5 % less time than four reads of 2
 * MiB.
 */
const CHUNK = 1024 * 1024;
const BUFFERS = 12;

/** What captures are read into: memory that the session threads see, reused when all are done with it. */
export class ReadBuffers implements BufferRing {
  readonly shared: readonly SharedArrayBuffer[] = Array.from(
    { length: BUFFERS },
    () => new SharedArrayBuffer(MAX_RECORD + CHUNK),
  );
  readonly buffers: readonly Uint8Array[] = this.shared.map((memory) => new Uint8Array(memory));
  /** By buffer: batches that a thread still works on; and who waits for them. */
  private readonly busy: number[] = this.shared.map(() => 0);
  private readonly waiting: (() => void)[] = [];
  private failure: Error | undefined;

  /** A thread gets a batch of frames in this buffer. */
  hold(index: number): void {
    this.busy[index]++;
  }

  /** A thread is done with such a batch. */
  release(index: number): void {
    this.busy[index]--;
    this.wake();
  }

  /** A thread is no more: what it holds is never released. */
  fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  async free(index: number): Promise<void> {
    while (this.busy[index] > 0) {
      if (this.failure !== undefined) throw this.failure;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
