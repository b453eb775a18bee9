import { i32 } from '../../wire/bytes.js';
import type { InitialKeys } from './keys.js';
import { type LongHeader, SAMPLE, SAMPLE_AT } from './packet.js';

/** Bytes of a payload that are decrypted. */
const MOST = 4096;
/** What proves that a payload is whole, behind it. It is not looked at: frames tell whether the keys fit. */
const TAG = 16;
/** Bits of the first byte that are protected, those that have to be 0, and the packet number's length. */
const PROTECTED = 0x0f;
const RESERVED = 0x0c;
const NUMBER_LENGTH = 0x03;
/** The first counter of a payload in AES-GCM (NIST SP 800-38D, 7.1): 1 is for the tag. */
const FIRST_COUNTER = 2;

/** The payload of an Initial packet, decrypted (RFC 9001, 5.3 and 5.4). */
export class Payload {
  readonly bytes = new Uint8Array(MOST);
  length = 0;
  /** Whether not all of it is there. */
  isCut = false;

  /**
   * Decrypts the payload of the packet that begins at `o`, at most so many bytes of it.
   *
   * @returns false if it is too short, or the keys are not its own as far as its header tells
   */
  open(keys: InitialKeys, b: Uint8Array, o: number, packet: LongHeader, most = MOST): boolean {
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
    const number = (i32(b, numberAt) ^ ((m0 << 8) | (mask.block[1] >>> 24))) >>> unused;
    const there = packet.isCut ? end - from : end - from - TAG;
    this.length = Math.min(there, most);
    this.isCut = packet.isCut || there > most;
    this.decrypt(keys, b, from, number);
    return this.length > 0;
  }

  private decrypt(keys: InitialKeys, b: Uint8Array, from: number, number: number): void {
    const { bytes, length } = this;
    const { payload, iv } = keys;
    const { block } = payload;
    const last = iv[2] ^ number;
    for (let i = 0, counter = FIRST_COUNTER; i < length; counter++) {
      payload.encrypt(iv[0], iv[1], last, counter);
      for (let k = 0; k < 16 && i < length; k++, i++)
        bytes[i] = b[from + i] ^ (block[k >> 2] >>> (24 - 8 * (k & 3)));
    }
  }
}
