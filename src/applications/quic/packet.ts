import { i32 } from '../../wire/bytes.js';
import { PacketType, versionOf } from './versions.js';

/** The longest connection id (RFC 9000, 17.2). */
export const LONGEST_ID = 20;
/** The sample for header protection begins so far behind the packet number's first byte (RFC 9001, 5.4.2). */
export const SAMPLE_AT = 4;
export const SAMPLE = 16;

/** Reads variable-length integers (RFC 9000, 16). */
export class Varints {
  at = 0;

  /** The number at `at`, which goes behind it; -1 if it goes on behind `end`. */
  next(b: Uint8Array, end: number): number {
    const o = this.at;
    if (o >= end) return -1;
    const length = 1 << (b[o] >> 6);
    if (o + length > end) return -1;
    let n = b[o] & 0x3f;
    for (let i = 1; i < length; i++) n = n * 256 + b[o + i];
    this.at = o + length;
    return n;
  }
}

/** A packet with a long header (RFC 9000, 17.2; RFC 8999, 5.1). The object is reused. */
export class LongHeader {
  private readonly varints = new Varints();
  /** As a signed word; 0 is version negotiation. */
  version = 0;
  /** -1 in versions that are not known. */
  type: PacketType | -1 = -1;
  idAt = 0;
  idEnd = 0;
  /** Where the packet number is, and the packet ends, or the bytes do. */
  numberAt = 0;
  end = 0;
  /** Whether the packet goes on behind the bytes. */
  isCut = false;

  /**
   * Reads the header at `o`.
   *
   * @returns false if it is none, or not all of it is there: then nothing behind it can be read
   */
  read(b: Uint8Array, o: number, end: number): boolean {
    if (o + 7 > end || (b[o] & 0x80) === 0) return false;
    this.version = i32(b, o + 1);
    this.type = -1;
    this.isCut = false;
    this.idAt = o + 6;
    this.idEnd = this.idAt + b[o + 5];
    this.end = this.numberAt = end;
    if (this.version === 0) return true;
    if (this.idEnd >= end) return false;
    const known = versionOf(this.version);
    if (known === undefined) return true;
    const at = this.idEnd + 1 + b[this.idEnd];
    if (b[o + 5] > LONGEST_ID || b[this.idEnd] > LONGEST_ID || at > end) return false;
    this.type = (((b[o] >> 4) + known.turn) & 3) as PacketType;
    return this.type === PacketType.Retry || this.readLength(b, at, end);
  }

  private readLength(b: Uint8Array, o: number, end: number): boolean {
    const { varints } = this;
    varints.at = o;
    if (this.type === PacketType.Initial) {
      const token = varints.next(b, end);
      if (token < 0 || token > end - varints.at) return false;
      varints.at += token;
    }
    const length = varints.next(b, end);
    if (length < 0) return false;
    this.numberAt = varints.at;
    this.isCut = length > end - varints.at;
    this.end = this.isCut ? end : varints.at + length;
    return true;
  }
}
