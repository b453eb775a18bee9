import { u24 } from '../../wire/bytes.js';
import type { CryptoStream } from './crypto-stream.js';
import { Varints } from './packet.js';

/** Frames of Initial packets (RFC 9000, 17.2.2 and 19). */
const Frame = {
  Padding: 0x00,
  Ping: 0x01,
  Ack: 0x02,
  AckEcn: 0x03,
  Crypto: 0x06,
  Close: 0x1c,
} as const;

/** What a payload is, beside the first byte of what its CRYPTO frames carry. */
export const NO_BEGINNING = 0;
export const NO_FRAMES = -1;

/** Reads the frames of an Initial packet. */
export class Frames {
  private readonly varints = new Varints();
  /** Of the CRYPTO frame read last: its place in the stream, where its bytes are here. */
  private offset = 0;
  private from = 0;
  private to = 0;

  /**
   * Whether a payload of `n` bytes is frames, which it is not if the keys are wrong. One that was cut may end
   * within a frame.
   *
   * @returns the first byte of the stream if it is in it, NO_BEGINNING if not; NO_FRAMES
   */
  look(b: Uint8Array, n: number, isCut: boolean): number {
    let first: number = NO_BEGINNING;
    this.varints.at = 0;
    while (this.varints.at < n) {
      const isCrypto = b[this.varints.at] === Frame.Crypto;
      if (!this.pass(b, n, isCut)) {
        if (!isCut) return NO_FRAMES;
        break;
      }
      if (!isCrypto || this.offset !== 0 || this.from === this.to) continue;
      first = b[this.from];
      // Hellos have lengths of two bytes.
      if (this.from + 1 < this.to && b[this.from + 1] !== 0) return NO_FRAMES;
    }
    return first;
  }

  /** Whether a payload's first CRYPTO frame holds the message that its stream begins with. */
  holdsMessage(b: Uint8Array, n: number): boolean {
    this.varints.at = 0;
    while (this.varints.at < n) {
      const isCrypto = b[this.varints.at] === Frame.Crypto;
      if (!this.pass(b, n, true)) return false;
      if (!isCrypto) continue;
      const { offset, from, to } = this;
      return offset === 0 && to - from >= 4 && to - from >= 4 + u24(b, from + 1);
    }
    return false;
  }

  /** Puts what the CRYPTO frames of a payload carry in its place. */
  gather(b: Uint8Array, n: number, isCut: boolean, stream: CryptoStream): void {
    this.varints.at = 0;
    while (this.varints.at < n) {
      const isCrypto = b[this.varints.at] === Frame.Crypto;
      if (!this.pass(b, n, isCut)) return;
      if (isCrypto) stream.put(this.offset, b, this.from, this.to);
    }
  }

  /** Passes over the frame at hand. @returns false if it is none, or not all of it is there */
  private pass(b: Uint8Array, n: number, isCut: boolean): boolean {
    const { varints } = this;
    switch (b[varints.at++]) {
      case Frame.Padding:
        // Most of a first packet is that.
        while (varints.at < n && b[varints.at] === Frame.Padding) varints.at++;
        return true;
      case Frame.Ping:
        return true;
      case Frame.Ack:
        return this.passAck(b, n, 0);
      case Frame.AckEcn:
        return this.passAck(b, n, 3);
      case Frame.Close: {
        if (varints.next(b, n) < 0 || varints.next(b, n) < 0) return false;
        const reason = varints.next(b, n);
        if (reason < 0 || reason > n - varints.at) return false;
        varints.at += reason;
        return true;
      }
      case Frame.Crypto: {
        this.offset = varints.next(b, n);
        const length = this.offset < 0 ? -1 : varints.next(b, n);
        if (length < 0 || (length > n - varints.at && !isCut)) return false;
        this.from = varints.at;
        this.to = varints.at = Math.min(n, varints.at + length);
        return true;
      }
      default:
        return false;
    }
  }

  /** Largest number, delay, count of ranges, first range; the ranges; and counts of ECN. */
  private passAck(b: Uint8Array, n: number, counts: number): boolean {
    const { varints } = this;
    if (varints.next(b, n) < 0 || varints.next(b, n) < 0) return false;
    const ranges = varints.next(b, n);
    if (ranges < 0 || ranges > n) return false;
    for (let i = 0; i < 1 + 2 * ranges + counts; i++) if (varints.next(b, n) < 0) return false;
    return true;
  }
}
