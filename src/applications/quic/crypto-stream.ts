import { u24 } from '../../wire/bytes.js';
import { HANDSHAKE_HEADER } from '../tls/hello.js';

/** Bytes of a side's CRYPTO stream that are kept. */
export const STREAM_BYTES = 4096;

/** Who has a stream, and may have to do without. */
export interface StreamOwner {
  lose(stream: CryptoStream): void;
}

/** The beginning of what a side sends in CRYPTO frames of Initial packets. Pieces come in any order. */
export class CryptoStream {
  owner: StreamOwner | undefined;
  readonly bytes = new Uint8Array(STREAM_BYTES);
  /** A bit for each byte that is there. */
  private readonly there = new Int32Array(STREAM_BYTES / 32);
  /** Bytes that are there without a gap, and behind all that came. */
  have = 0;
  top = 0;
  /** Where the message at hand begins. */
  from = 0;

  /** Puts bytes `o` to `end` to their place. The first ones that come there stay. */
  put(offset: number, b: Uint8Array, o: number, end: number): void {
    const { bytes, there } = this;
    const stop = Math.min(STREAM_BYTES, offset + end - o);
    for (let i = offset, p = o; i < stop; i++, p++) {
      const bit = 1 << (i & 31);
      if ((there[i >> 5] & bit) !== 0) continue;
      there[i >> 5] |= bit;
      bytes[i] = b[p];
    }
    if (stop > this.top) this.top = stop;
    let have = this.have;
    while (have < this.top && (there[have >> 5] & (1 << (have & 31))) !== 0) have++;
    this.have = have;
  }

  /** Keeps a packet in place of a stream, if there is room. */
  keep(b: Uint8Array, o: number, end: number): void {
    if (end - o > STREAM_BYTES) return;
    for (let i = o; i < end; i++) this.bytes[i - o] = b[i];
    this.top = end - o;
  }

  /** Where the message at hand ends; 0 if that is not known. */
  get end(): number {
    const { from } = this;
    return this.have < from + HANDSHAKE_HEADER ? 0 : from + HANDSHAKE_HEADER + u24(this.bytes, from + 1);
  }

  /** Whether the message at hand is there, or as much as is kept of it. */
  get isWhole(): boolean {
    return this.have === STREAM_BYTES || (this.end > 0 && this.have >= this.end);
  }

  reset(): void {
    this.owner = undefined;
    this.there.fill(0);
    this.have = this.top = this.from = 0;
  }
}
