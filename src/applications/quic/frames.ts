import { u24 } from '../../wire/bytes.js';
import { HANDSHAKE_HEADER } from '../tls/hello.js';
import type { CryptoStream } from './crypto-stream.js';
import { Varints } from './packet.js';
import type { Payload } from './payload.js';

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
  /** Whether there are CRYPTO frames with bytes in the payload that was looked at last. */
  hasCrypto = false;
  /** Where the frames end that are needed. */
  private end = 0;
  /** Of the CRYPTO frame read last: its place in the stream, where its bytes are here. */
  private offset = 0;
  private from = 0;
  private to = 0;

  /**
   * Whether a payload is frames, which it is not if the keys are wrong. One that was cut may end within a
   * frame. Nothing is looked at behind a frame that ends the message at hand: what follows is padding.
   *
   * @param stream what its side sent before
   * @returns the first byte of the stream if it is in it, NO_BEGINNING if not; NO_FRAMES
   */
  look(payload: Payload, stream: CryptoStream | undefined): number {
    const { varints } = this;
    const { length, isCut, bytes } = payload;
    let first: number = NO_BEGINNING;
    this.end = length;
    this.hasCrypto = false;
    varints.at = 0;
    while (varints.at < length) {
      const isCrypto = payload.byte(varints.at) === Frame.Crypto;
      if (!this.pass(payload)) {
        if (!isCut) return NO_FRAMES;
        break;
      }
      if (!isCrypto) continue;
      const { offset, from, to } = this;
      if (from < to) this.hasCrypto = true;
      let end = stream?.have === offset ? stream.end() : 0;
      if (offset === 0 && from < to) {
        payload.reveal(Math.min(to, from + HANDSHAKE_HEADER));
        first = bytes[from];
        // Hellos have lengths of two bytes.
        if (from + 1 < to && bytes[from + 1] !== 0) return NO_FRAMES;
        if (to - from >= HANDSHAKE_HEADER) end = HANDSHAKE_HEADER + u24(bytes, from + 1);
      }
      payload.passOver(to);
      if (end > 0 && offset + to - from >= end) {
        this.end = to;
        break;
      }
    }
    return first;
  }

  /** Puts what the CRYPTO frames of the payload carry, which was looked at last, in its place. */
  gather(payload: Payload, stream: CryptoStream): void {
    const { varints, end } = this;
    const { bytes, source, number } = payload;
    varints.at = 0;
    while (varints.at < end) {
      const isCrypto = bytes[varints.at] === Frame.Crypto;
      if (!this.pass(payload)) return;
      const { from, to } = this;
      const at = payload.from + from;
      if (isCrypto) stream.put(this.offset, source, at, at + to - from, number, from);
    }
  }

  /** Passes over the frame at hand. @returns false if it is none, or not all of it is there */
  private pass(payload: Payload): boolean {
    const { varints } = this;
    const { length } = payload;
    switch (payload.byte(varints.at++)) {
      case Frame.Padding: {
        let { at } = varints;
        while (at < length && payload.byte(at) === Frame.Padding) at++;
        varints.at = at;
        return true;
      }
      case Frame.Ping:
        return true;
      case Frame.Ack:
        return this.passAck(payload, 0);
      case Frame.AckEcn:
        return this.passAck(payload, 3);
      case Frame.Close: {
        if (this.next(payload) < 0 || this.next(payload) < 0) return false;
        const reason = this.next(payload);
        if (reason < 0 || reason > length - varints.at) return false;
        varints.at += reason;
        return true;
      }
      case Frame.Crypto: {
        this.offset = this.next(payload);
        const size = this.offset < 0 ? -1 : this.next(payload);
        if (size < 0 || (size > length - varints.at && !payload.isCut)) return false;
        this.from = varints.at;
        this.to = varints.at = Math.min(length, varints.at + size);
        return true;
      }
      default:
        return false;
    }
  }

  /** Largest number, delay, count of ranges, first range; the ranges; and counts of ECN. */
  private passAck(payload: Payload, counts: number): boolean {
    if (this.next(payload) < 0 || this.next(payload) < 0) return false;
    const ranges = this.next(payload);
    if (ranges < 0 || ranges > payload.length) return false;
    for (let i = 0; i < 1 + 2 * ranges + counts; i++) if (this.next(payload) < 0) return false;
    return true;
  }

  /** The variable-length integer at hand; -1 if it goes on behind the payload. */
  private next(payload: Payload): number {
    const { at } = this.varints;
    if (at < payload.length) payload.reveal(at + (1 << (payload.byte(at) >> 6)));
    return this.varints.next(payload.bytes, payload.length);
  }
}
