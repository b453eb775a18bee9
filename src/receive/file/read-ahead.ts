import type { ByteInput } from './byte-input.js';

/**
 * A window that moves over an input: the bytes from `pos` up to `end` of `bytes` are there to be parsed.
 * Two buffers take turns, so that the next piece is being read while this one is worked on. A record that
 * a piece's end cuts in two is carried over in front of the next, so records are always in one stretch.
 */
export class ReadAhead {
  bytes: Uint8Array;
  view: DataView;
  pos: number;
  end: number;
  /** True once the input has ended: what is left in the window is all there is. */
  ended = false;

  private other: Uint8Array;
  private otherView: DataView;
  /** The input's offset of `bytes[0]` (negative while the window is not yet full). */
  private base: number;
  private pending: Promise<number> | undefined;

  /**
   * @param chunk bytes asked for at a time
   * @param carry the longest record: as many bytes as can be unparsed when {@link more} is called
   */
  constructor(
    private readonly input: ByteInput,
    chunk: number,
    private readonly carry: number,
  ) {
    this.bytes = new Uint8Array(carry + chunk);
    this.other = new Uint8Array(carry + chunk);
    this.view = new DataView(this.bytes.buffer);
    this.otherView = new DataView(this.other.buffer);
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
    const n = await (this.pending ?? this.readOther());
    this.pending = undefined;
    if (n === 0) {
      this.ended = true;
      return false;
    }
    const carry = this.carry;
    const tail = this.end - this.pos;
    if (n < tail && n <= this.bytes.length - this.end) {
      this.bytes.set(this.other.subarray(carry, carry + n), this.end);
      this.end += n;
    } else {
      this.other.set(this.bytes.subarray(this.pos, this.end), carry - tail);
      this.base += this.pos - (carry - tail);
      this.pos = carry - tail;
      this.end = carry + n;
      [this.bytes, this.other] = [this.other, this.bytes];
      [this.view, this.otherView] = [this.otherView, this.view];
    }
    this.pending = this.readOther();
    // A failure is for the call that asks for these bytes, not for whoever runs meanwhile.
    this.pending.catch(() => undefined);
    return true;
  }

  private readOther(): Promise<number> {
    return this.input.read(this.other, this.carry);
  }
}
