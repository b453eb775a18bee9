/** Memory for messages whose bytes came in several segments, or out of order. */

/** Bytes of a message that are looked at, unless its reader says otherwise. */
export const BLOCK_BYTES = 4096;
/** Pieces behind missing bytes that are kept apart. */
export const MOST_PIECES = 4;

/** The beginning of a message: `have` bytes without a gap, and pieces behind one. */
export class Block {
  have = 0;
  /** Where the mirror cut a frame: nothing from here on came, and nothing will. -1 for nowhere. */
  cutAt = -1;
  /** Since when bytes are missing, in seconds; 0 while none are. */
  missingSince = 0;
  private pieces = 0;
  private readonly from = new Uint32Array(MOST_PIECES);
  private readonly to = new Uint32Array(MOST_PIECES);

  constructor(readonly bytes: Uint8Array) {}

  /** Whether there are pieces behind missing bytes. */
  get broken(): boolean {
    return this.pieces > 0;
  }

  /** Whether a piece behind missing bytes begins at `at`. */
  beginsAt(at: number): boolean {
    for (let i = 0; i < this.pieces; i++) if (this.from[i] === at) return true;
    return false;
  }

  reset(): void {
    this.have = this.missingSince = this.pieces = 0;
    this.cutAt = -1;
  }

  /**
   * Takes `length` bytes that belong at `at`; what is there already stays, what is behind the block is left
   * out.
   *
   * @returns false if there is no place for another piece
   */
  put(at: number, b: Uint8Array, o: number, length: number): boolean {
    const end = Math.min(at + length, this.bytes.length);
    if (at > this.have) {
      if (at >= end) return true;
      return this.keep(at, b, o, end);
    }
    copy(b, o + this.have - at, this.bytes, this.have, end);
    if (end > this.have) this.have = end;
    this.join();
    return true;
  }

  /** Removes the first `n` bytes, whether they are there or not. */
  shift(n: number): void {
    const last = this.pieces > 0 ? this.to[this.pieces - 1] : this.have;
    if (last > n) this.bytes.copyWithin(0, n, last);
    this.have = Math.max(0, this.have - n);
    let kept = 0;
    for (let i = 0; i < this.pieces; i++) {
      if (this.to[i] <= n) continue;
      this.from[kept] = Math.max(0, this.from[i] - n);
      this.to[kept++] = this.to[i] - n;
    }
    this.pieces = kept;
    this.join();
    if (this.cutAt >= 0) this.cutAt = this.cutAt >= n ? this.cutAt - n : -1;
  }

  /** Keeps a piece apart, in order, joined with those it touches. */
  private keep(at: number, b: Uint8Array, o: number, end: number): boolean {
    const { from, to } = this;
    let i = 0;
    while (i < this.pieces && to[i] < at) i++;
    if (i < this.pieces && from[i] <= end) {
      // It touches this piece. First copy wins: only what is outside of it is written.
      for (let p = at; p < Math.min(end, from[i]); p++) this.bytes[p] = b[o + p - at];
      for (let p = Math.max(at, to[i]); p < end; p++) this.bytes[p] = b[o + p - at];
      from[i] = Math.min(from[i], at);
      to[i] = Math.max(to[i], end);
      while (i + 1 < this.pieces && to[i] >= from[i + 1]) {
        to[i] = Math.max(to[i], to[i + 1]);
        this.remove(i + 1);
      }
      return true;
    }
    if (this.pieces === MOST_PIECES) return false;
    for (let j = this.pieces; j > i; j--) {
      from[j] = from[j - 1];
      to[j] = to[j - 1];
    }
    from[i] = at;
    to[i] = end;
    this.pieces++;
    for (let p = at; p < end; p++) this.bytes[p] = b[o + p - at];
    return true;
  }

  /** Joins pieces that `have` has reached. */
  private join(): void {
    while (this.pieces > 0 && this.from[0] <= this.have) {
      this.have = Math.max(this.have, this.to[0]);
      this.remove(0);
    }
    if (this.pieces === 0) this.missingSince = 0;
  }

  private remove(i: number): void {
    for (let j = i + 1; j < this.pieces; j++) {
      this.from[j - 1] = this.from[j];
      this.to[j - 1] = this.to[j];
    }
    this.pieces--;
  }
}

/** Long pieces are copied at once, for the price of a view of them. */
const LONG_PIECE = 256;

/** Copies bytes from `o` on to places `at` to `end`. */
function copy(from: Uint8Array, o: number, to: Uint8Array, at: number, end: number): void {
  if (end - at > LONG_PIECE) to.set(from.subarray(o, o + end - at), at);
  else for (let i = at; i < end; i++) to[i] = from[o + i - at];
}

/** All blocks of one session table, made as they are needed, up to a number of bytes. */
export class Blocks {
  private readonly free = new Map<number, Block[]>();
  private made = 0;

  constructor(private readonly most: number) {}

  /** An empty block of `bytes`; undefined if the memory is used up. */
  take(bytes: number): Block | undefined {
    const block = this.free.get(bytes)?.pop();
    if (block !== undefined) {
      block.reset();
      return block;
    }
    if (this.made + bytes > this.most) return undefined;
    this.made += bytes;
    return new Block(new Uint8Array(bytes));
  }

  give(block: Block): void {
    const size = block.bytes.length;
    const list = this.free.get(size);
    if (list === undefined) this.free.set(size, [block]);
    else list.push(block);
  }
}
