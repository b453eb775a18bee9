import type { ByteInput } from './byte-input.js';
import { ByteView } from './byte-view.js';

/** Buffers used in turn, and a way to learn that the next may be overwritten. */
export interface BufferRing {
  /** At least two, of the same size. */
  readonly buffers: readonly Uint8Array[];
  /** Settles when nobody reads a buffer any more. */
  free(index: number): Promise<void>;
}

/** Two buffers that only the window reads. */
export function ownBuffers(size: number): BufferRing {
  return { buffers: [new Uint8Array(size), new Uint8Array(size)], free: async () => undefined };
}

/**
 * A window that moves over an input: the bytes from `pos` up to `end` of `bytes` can be parsed. Buffers are
 * used in turn, so that the next pieces are read while the current one is parsed. A record split by the end
 * of a piece is copied in front of the next piece, so records are always contiguous.
 */
export class ReadAhead {
  bytes: Uint8Array;
  view: ByteView;
  pos: number;
  end: number;
  /** True once the input has ended: the window holds all that is left. */
  ended = false;

  private readonly views: ByteView[];
  private current = 0;
  /** The input's offset of `bytes[0]` (negative while the window is not yet full). */
  private base: number;
  /** Reads under way, in order, and the buffers they fill. */
  private readonly reads: { readonly index: number; readonly done: Promise<number> }[] = [];
  private readonly depth: number;
  /** The buffer of the last read, and when its turn came: reads begin in order. */
  private last = 0;
  private begun: Promise<void> = Promise.resolve();

  /**
   * @param carry the longest record: at most this many bytes are unparsed when {@link more} is called; the
   * rest of a buffer is the size of a read
   */
  constructor(
    private readonly input: ByteInput,
    private readonly ring: BufferRing,
    private readonly carry: number,
  ) {
    // One buffer is being parsed.
    this.depth = Math.min(input.parallel, ring.buffers.length - 1);
    this.views = ring.buffers.map((b) => new ByteView(b));
    this.bytes = ring.buffers[0];
    this.view = this.views[0];
    this.pos = carry;
    this.end = carry;
    this.base = -carry;
  }

  /** The input's offset of `pos`. */
  get offset(): number {
    return this.base + this.pos;
  }

  /**
   * Appends more bytes to those not yet parsed; bytes before `pos` are dropped, and `bytes` may be another
   * buffer afterwards.
   *
   * @returns false if the input has ended.
   */
  async more(): Promise<boolean> {
    this.fill();
    const { index: next, done } = this.reads[0];
    const n = await done;
    this.reads.shift();
    if (n === 0) {
      this.ended = true;
      return false;
    }
    const carry = this.carry;
    const tail = this.end - this.pos;
    const other = this.ring.buffers[next];
    if (n < tail && n <= this.bytes.length - this.end) {
      this.bytes.set(other.subarray(carry, carry + n), this.end);
      this.end += n;
    } else {
      other.set(this.bytes.subarray(this.pos, this.end), carry - tail);
      this.base += this.pos - (carry - tail);
      this.pos = carry - tail;
      this.end = carry + n;
      this.current = next;
      this.bytes = other;
      this.view = this.views[next];
    }
    this.fill();
    return true;
  }

  /** Starts as many reads as allowed, into the buffers after the current one. */
  private fill(): void {
    const { buffers } = this.ring;
    while (this.reads.length < this.depth) {
      this.last = (this.last + 1) % buffers.length;
      if (this.last === this.current) this.last = (this.last + 1) % buffers.length;
      const index = this.last;
      const done = this.readInto(index, this.begun);
      // A failure belongs to the call that asks for these bytes.
      done.catch(() => undefined);
      this.reads.push({ index, done });
    }
  }

  private readInto(index: number, before: Promise<void>): Promise<number> {
    this.begun = before.then(() => this.ring.free(index));
    return this.begun.then(() => this.input.read(this.ring.buffers[index], this.carry));
  }
}
