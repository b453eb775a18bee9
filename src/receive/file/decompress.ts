import { createGunzip, type Gunzip } from 'node:zlib';
import type { ByteInput } from './byte-input.js';
import { CaptureError } from './capture-error.js';

/** An input whose first bytes were inspected and are delivered again. */
export class PeekedInput implements ByteInput {
  /** The first bytes; fewer than requested only if the input is shorter. */
  head = new Uint8Array(0);
  private rest = this.head;

  constructor(private readonly input: ByteInput) {}

  async peek(length: number): Promise<Uint8Array> {
    const head = new Uint8Array(length);
    let n = 0;
    while (n < length) {
      const got = await this.input.read(head, n);
      if (got === 0) break;
      n += got;
    }
    this.head = head.subarray(0, n);
    this.rest = this.head;
    return this.head;
  }

  get bytesRead(): number {
    return this.input.bytesRead - this.rest.length;
  }

  get parallel(): number {
    return this.input.parallel;
  }

  get bytesTotal(): number | undefined {
    return this.input.bytesTotal;
  }

  async read(into: Uint8Array, from: number): Promise<number> {
    if (this.rest.length === 0) return this.input.read(into, from);
    const n = Math.min(this.rest.length, into.length - from);
    into.set(this.rest.subarray(0, n), from);
    this.rest = this.rest.subarray(n);
    return n;
  }

  close(): Promise<void> {
    return this.input.close();
  }
}

/**
 * Bytes of gzip given to zlib at a time: a sixteenth of what was read before, within these bounds. zlib
 * returns nothing of a piece with damage in it, so this is how much damage costs.
 */
const GZIP_LEAST = 1024;
const GZIP_MOST = 64 * 1024;
/** A piece's output comes in parts of this size; zlib waits until each is read. */
const PART = 256 * 1024;

/** gzip (RFC 1952); several members count as one stream. zlib runs on the thread pool. */
export class GunzipInput implements ByteInput {
  private readonly gunzip: Gunzip = createGunzip({ chunkSize: PART });
  private part: Uint8Array | null = null;
  private taken = 0;
  private failure: Error | undefined;
  private ended = false;
  /** Whether zlib is still busy with the last piece. */
  private busy = false;
  /** Bytes given to zlib. */
  private fed = 0;
  /** Ends the wait for zlib. */
  private wake: () => void = () => undefined;

  constructor(
    private readonly file: string,
    private readonly input: ByteInput,
  ) {
    this.gunzip.on('readable', () => this.wake());
    this.gunzip.on('error', (error) => {
      this.failure = error;
      this.wake();
    });
    // Also before the input ends, if something other than gzip follows: it is ignored, as by gzip -d.
    this.gunzip.on('end', () => {
      this.ended = true;
      this.wake();
    });
  }

  readonly parallel = 1;

  get bytesRead(): number {
    return this.input.bytesRead;
  }

  get bytesTotal(): number | undefined {
    return this.input.bytesTotal;
  }

  async read(into: Uint8Array, from: number): Promise<number> {
    for (;;) {
      const part = this.part ?? this.gunzip.read();
      if (part !== null) return this.take(part, into, from);
      if (this.failure !== undefined) throw this.damaged(this.failure);
      if (this.ended) return 0;
      if (this.busy) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      } else await this.feed();
    }
  }

  private take(part: Uint8Array, into: Uint8Array, from: number): number {
    const n = Math.min(part.length - this.taken, into.length - from);
    into.set(part.subarray(this.taken, this.taken + n), from);
    this.taken += n;
    this.part = this.taken === part.length ? null : part;
    if (this.part === null) this.taken = 0;
    return n;
  }

  /** Gives zlib the next piece, or the end. */
  private async feed(): Promise<void> {
    const length = Math.min(GZIP_MOST, Math.max(GZIP_LEAST, Math.floor(this.fed / 16)));
    const piece = new Uint8Array(length);
    const n = await this.input.read(piece, 0);
    this.fed += n;
    this.busy = true;
    if (n === 0) this.gunzip.end();
    else {
      this.gunzip.write(piece.subarray(0, n), () => {
        this.busy = false;
        this.wake();
      });
    }
  }

  private damaged(cause: Error): CaptureError {
    const what =
      (cause as NodeJS.ErrnoException).code === 'Z_BUF_ERROR'
        ? `the gzip data ends too early, at byte ${this.bytesRead} of the file`
        : `the gzip data is damaged shortly before byte ${this.bytesRead} of the file (${cause.message})`;
    return new CaptureError(this.file, `${what}; the packets before were read; copy it again`, undefined, {
      cause,
    });
  }

  async close(): Promise<void> {
    await this.input.close();
    this.gunzip.destroy();
    this.ended = true;
    this.wake();
  }
}
