import { i32 } from '../../wire/bytes.js';
import { InitialKeys } from './keys.js';
import { type LongHeader, SAMPLE, SAMPLE_AT } from './packet.js';

/** Bytes of a payload that are looked at. */
const MOST = 4096;
/** What proves that a payload is whole, behind it. It is not looked at: frames tell whether the keys fit. */
const TAG = 16;
/** Bits of the first byte that are protected, those that have to be 0, and the packet number's length. */
const PROTECTED = 0x0f;
const RESERVED = 0x0c;
const NUMBER_LENGTH = 0x03;
/** Bytes that are decrypted at once. */
const BLOCK = 16;

/**
 * The payload of an Initial packet (RFC 9001, 5.3 and 5.4). It is decrypted as far as it is looked at: most
 * of it is padding, or keys that are not read.
 */
export class Payload {
  /** What was decrypted. */
  readonly bytes = new Uint8Array(MOST);
  length = 0;
  /** Whether not all of it is there. */
  isCut = false;
  keys = new InitialKeys();
  /** The packet's number, as far as it was sent. */
  number = 0;
  /** The payload as it came: it begins at `from`. */
  source: Uint8Array = new Uint8Array(0);
  from = 0;
  /** What is before is decrypted, or passed over. */
  private plain = 0;

  /**
   * Takes the payload of the packet that begins at `o`.
   *
   * @returns false if it is too short, or the keys are not its own as far as its header tells
   */
  open(keys: InitialKeys, b: Uint8Array, o: number, packet: LongHeader): boolean {
    const { numberAt, end } = packet;
    const sample = numberAt + SAMPLE_AT;
    if (sample + SAMPLE > end) return false;
    const mask = keys.header;
    mask.encrypt(i32(b, sample), i32(b, sample + 4), i32(b, sample + 8), i32(b, sample + 12));
    const m0 = mask.block[0];
    const first = b[o] ^ ((m0 >>> 24) & PROTECTED);
    if ((first & RESERVED) !== 0) return false;
    const unused = 8 * (3 - (first & NUMBER_LENGTH));
    const from = sample - unused / 8;
    // The mask's second to fifth byte are the number's.
    this.number = ((i32(b, numberAt) ^ ((m0 << 8) | (mask.block[1] >>> 24))) >>> unused) | 0;
    const there = packet.isCut ? end - from : end - from - TAG;
    this.length = Math.min(there, MOST);
    this.isCut = packet.isCut || there > MOST;
    this.keys = keys;
    this.source = b;
    this.from = from;
    this.plain = 0;
    return this.length > 0;
  }

  /** Decrypts up to `end`, or the payload's. */
  reveal(end: number): void {
    const { plain, from } = this;
    if (end <= plain) return;
    const stop = Math.min(this.length, (end + BLOCK - 1) & -BLOCK);
    if (stop <= plain) return;
    this.keys.decrypt(this.number, plain, this.source, from + plain, from + stop, this.bytes, plain);
    this.plain = stop;
  }

  /** The byte at `at`. */
  byte(at: number): number {
    if (at >= this.plain) this.reveal(at + 1);
    return this.bytes[at];
  }

  /** What is before `to` is not needed. */
  passOver(to: number): void {
    if (to > this.plain) this.plain = to;
  }
}
