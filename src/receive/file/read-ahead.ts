import type { ByteInput } from './byte-input.js';
import { ByteView } from './byte-view.js';

/** Buffers that take turns, and how one learns that the next may be written again. */
export interface BufferRing {
  /** At least two, of the same size. */
  readonly buffers: readonly Uint8Array[];
  /** Settles when nobody reads a buffer any more. */
  free(index: number): Promise<void>;
}

/** Two buffers that nobody but the window reads. */
export function ownBuffers(size: number): BufferRing {
  return { buffers: [new Uint8Array(size), new Uint8Array(size)], free: async () => undefined };
}

/**
 * A window that moves over an input: the bytes from `pos` up to `end` of `bytes` are there to be parsed.
 * Buffers take turns, so that the next pieces are being read while this one is worked on. A record that a
 * piece's end cuts in two is carried over in front of the next, so records are always in one stretch.
 */
export class ReadAhead {
  bytes: Uint8Array;
  view: ByteView;
  pos: number;
  end: number;
  /** True once the input has ended: what is left in the window is all there is. */
  ended = false;

  private readonly views: ByteView[];
  private current = 0;
  /** The input's offset of `bytes[0]` (negative while the window is not yet full). */
  private base: number;
  /** Reads under way, in order, and the buffers they fill. */
  private readonly reads: { readonly index: number; readonly done: Promise<number> }[] = [];
  private readonly depth: number;
  /** The buffer of the last read, and when its turn had come: reads begin in their order. */
  private last = 0;
  private begun: Promise<void> = Promise.resolve();

  /**
   * @param carry the longest record: as many bytes as can be unparsed when {@link more} is called; the rest
   *   of a buffer is what is asked for at a time
   */
  constructor(
    private readonly input: ByteInput,
    private readonly ring: BufferRing,
    private readonly carry: number,
  ) {
    // One buffer is being worked on.
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
   * Brings more bytes behind those not yet parsed; what lies before `pos` is given up, and `bytes` may be
   * another buffer afterwards.
   *
   * @returns false when the input has ended.
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

  /**
   * Has as many reads under way as there may be, into the buffers that come next but for the one being worked
   * on.
   */
  private fill(): void {
    const { buffers } = this.ring;
    while (this.reads.length < this.depth) {
      this.last = (this.last + 1) % buffers.length;
      if (this.last === this.current) this.last = (this.last + 1) % buffers.length;
      const index = this.last;
      const done = this.readInto(index, this.begun);
      // A failure is for the call that asks for these bytes, not for whoever runs meanwhile.
      done.catch(() => undefined);
      this.reads.push({ index, done });
    }
  }

  private readInto(index: number, before: Promise<void>): Promise<number> {
    this.begun = before.then(() => this.ring.free(index));
    return this.begun.then(() => this.input.read(this.ring.buffers[index], this.carry));
  }
}
