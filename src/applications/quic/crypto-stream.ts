import { u24 } from '../../wire/bytes.js';
import { HANDSHAKE_HEADER } from '../tls/hello.js';
import { InitialKeys } from './keys.js';

/** Bytes of a side's CRYPTO stream that are kept. */
export const STREAM_BYTES = 4096;
/** Pieces that are kept encrypted. */
const MOST_PIECES = 32;
/** Bytes that are decrypted at once. */
const BLOCK = 16;

/** Who has a stream, and may have to do without. */
export interface StreamOwner {
  lose(stream: CryptoStream): void;
}

/**
 * The beginning of what a side sends in CRYPTO frames of Initial packets. Pieces come in any order. They are
 * kept as they came, and decrypted as far as they are read: most of a hello are keys.
 */
export class CryptoStream {
  owner: StreamOwner | undefined;
  readonly bytes = new Uint8Array(STREAM_BYTES);
  /** Bytes that are there without a gap, and behind all that came. */
  have = 0;
  top = 0;
  /** Where the message at hand begins. */
  from = 0;
  keys = new InitialKeys();
  /** A bit for each byte that is there behind a gap. */
  private readonly there = new Int32Array(STREAM_BYTES / 32);
  /** Of pieces that are encrypted: where they are, their packet's number, and where they were in that. */
  private pieces = 0;
  private readonly starts = new Int32Array(MOST_PIECES);
  private readonly ends = new Int32Array(MOST_PIECES);
  private readonly numbers = new Int32Array(MOST_PIECES);
  private readonly places = new Int32Array(MOST_PIECES);
  /** What is before is decrypted, or passed over; all of it, and what comes, if `isPlain`. */
  private plain = 0;
  private isPlain = false;

  /**
   * Takes the keys of what comes next, if they are others.
   *
   * @returns keys that are free
   */
  exchange(keys: InitialKeys): InitialKeys {
    const { keys: before } = this;
    if (this.pieces > 0) this.settle();
    this.keys = keys;
    return before;
  }

  /**
   * Puts bytes `o` to `end` to their place. The first ones that come there stay.
   *
   * @param number of their packet
   * @param at where they are in its payload
   */
  put(offset: number, b: Uint8Array, o: number, end: number, number: number, at: number): void {
    const stop = Math.min(STREAM_BYTES, offset + end - o);
    for (let i = offset; i < stop; ) {
      let next = i + 1;
      if (this.isThere(i)) while (next < stop && this.isThere(next)) next++;
      else {
        if (i >= this.top) next = stop;
        else while (next < stop && !this.isThere(next)) next++;
        const moved = i - offset;
        this.add(i, next, b, o + moved, number, at + moved);
      }
      i = next;
    }
  }

  /** Keeps a packet in place of a stream, if there is room. */
  keep(b: Uint8Array, o: number, end: number): void {
    if (end - o > STREAM_BYTES) return;
    this.bytes.set(b.subarray(o, end));
    this.top = end - o;
  }

  /** Decrypts what is there up to `to`. */
  reveal(to: number): void {
    const stop = Math.min(to, this.have);
    for (let piece = 0; this.plain < stop && piece < this.pieces; ) {
      const { plain } = this;
      if (plain < this.starts[piece] || plain >= this.ends[piece]) {
        piece++;
        continue;
      }
      const place = this.places[piece] + plain - this.starts[piece];
      // To the end of a block: it is made of all of it anyway.
      const most = (stop - plain + place + BLOCK - 1) & -BLOCK;
      const end = Math.min(this.ends[piece], plain + most - place);
      this.keys.decrypt(this.numbers[piece], place, this.bytes, plain, end, this.bytes, plain);
      this.plain = end;
      piece = 0;
    }
  }

  /** What is before `to` is not needed. */
  passOver(to: number): void {
    const stop = Math.min(to, this.have);
    if (stop > this.plain) this.plain = stop;
  }

  /** Where the message at hand ends; 0 if that is not known. */
  end(): number {
    const { from } = this;
    if (this.have < from + HANDSHAKE_HEADER) return 0;
    this.reveal(from + HANDSHAKE_HEADER);
    return from + HANDSHAKE_HEADER + u24(this.bytes, from + 1);
  }

  /** Whether the message at hand is there, or as much as is kept of it. */
  isWhole(): boolean {
    if (this.have === STREAM_BYTES) return true;
    const end = this.end();
    return end > 0 && this.have >= end;
  }

  reset(): void {
    this.owner = undefined;
    this.there.fill(0);
    this.have = this.top = this.from = this.pieces = this.plain = 0;
    this.isPlain = false;
  }

  private isThere(i: number): boolean {
    return i < this.have || (this.there[i >> 5] & (1 << (i & 31))) !== 0;
  }

  /** Adds bytes none of which is there. */
  private add(from: number, to: number, b: Uint8Array, o: number, number: number, place: number): void {
    const end = o + to - from;
    if (this.pieces === MOST_PIECES) this.settle();
    if (this.isPlain) this.keys.decrypt(number, place, b, o, end, this.bytes, from);
    else {
      this.bytes.set(b.subarray(o, end), from);
      const piece = this.pieces++;
      this.starts[piece] = from;
      this.ends[piece] = to;
      this.numbers[piece] = number;
      this.places[piece] = place;
    }
    if (to > this.top) this.top = to;
    if (from > this.have) this.mark(from, to);
    else this.advance(to);
  }

  private mark(from: number, to: number): void {
    const { there } = this;
    for (let i = from; i < to; ) {
      if ((i & 31) === 0 && i + 32 <= to) {
        there[i >> 5] = -1;
        i += 32;
      } else {
        there[i >> 5] |= 1 << (i & 31);
        i++;
      }
    }
  }

  /** Bytes are there up to `to`, and maybe others right behind. */
  private advance(to: number): void {
    const { there, top } = this;
    let have = to;
    while (have < top) {
      const bits = there[have >> 5];
      if ((have & 31) === 0 && bits === -1) have += 32;
      else if ((bits & (1 << (have & 31))) !== 0) have++;
      else break;
    }
    this.have = have;
  }

  /** Decrypts all that is there. */
  private settle(): void {
    const { bytes, plain } = this;
    for (let i = 0; i < this.pieces; i++) {
      const from = Math.max(plain, this.starts[i]);
      const place = this.places[i] + from - this.starts[i];
      this.keys.decrypt(this.numbers[i], place, bytes, from, this.ends[i], bytes, from);
    }
    this.pieces = 0;
    this.isPlain = true;
  }
}
