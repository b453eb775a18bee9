/**
 * Writes protobuf messages (protobuf.dev/programming-guides/encoding) for the generated code of segments.ts.
 * protobufjs's Writer allocates for every field, and takes more than twice the time.
 */

import { PIECE_EXCESS, Piece, putPiece } from '../piece.js';

/** Wire types. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** A field with a larger number has a tag of two bytes. */
const ONE_BYTE_FIELDS = 15;
const TWO_POW_32 = 0x1_0000_0000;
const text = new TextEncoder();
/** Words recur (TLS 1.3, a JA4); beyond this many they are not kept. */
const MOST_WORDS = 1000;
/** The characters of shorter ones (tcp, SF, dns) are written sooner than they are found, ... */
const FOUND_WORD = 6;
/** ... and the length of longer ones has two bytes. */
const LONGEST_WORD = 42;

/** The characters of the first `count` of `texts`. */
export function lengthOf(texts: readonly string[], count: number): number {
  let n = 0;
  for (let i = 0; i < count; i++) n += texts[i].length;
  return n;
}

/**
 * Length-delimited messages in one growing, reused buffer. A message is `begin()`, its fields, then `end()`.
 * Fields with proto3's default value are left out, as in proto3.
 */
export class MessageWriter {
  private buffer: Uint8Array;
  private view: DataView;
  private readonly words = new Map<string, Piece>();
  private position = 0;
  private start = 0;
  private messages = 0;

  /** @param capacity initial bytes; the buffer doubles if a message needs more. */
  constructor(capacity = 65536) {
    this.buffer = new Uint8Array(capacity);
    this.view = new DataView(this.buffer.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.position;
  }

  /** Messages written so far. */
  get count(): number {
    return this.messages;
  }

  /**
   * Returns what was written, in its own memory that may be transferred to another thread, and starts afresh.
   */
  take(): Uint8Array {
    const taken = this.buffer.slice(0, this.position);
    this.clear();
    return taken;
  }

  /** What was written so far, in place: valid until more is written. */
  written(): Uint8Array {
    return this.buffer.subarray(0, this.position);
  }

  /** Discards what was written. */
  clear(): void {
    this.position = 0;
    this.messages = 0;
  }

  /**
   * Starts an already encoded message of `length` bytes, including its own length prefix; {@link raw}
   * supplies it in pieces.
   */
  beginWhole(length: number): void {
    this.reserve(length);
    this.messages++;
  }

  /** The next bytes of an already encoded message. */
  raw(bytes: Uint8Array, start: number, end: number): void {
    this.buffer.set(bytes.subarray(start, end), this.position);
    this.position += end - start;
  }

  /** Starts a message of at most `most` bytes. */
  begin(most: number): void {
    this.reserve(most + 4 + PIECE_EXCESS);
    this.start = this.open();
  }

  end(): void {
    this.close(this.start);
    this.messages++;
  }

  /**
   * Leaves room for a length that {@link close} fills in. Two bytes suffice up to 16383: a shorter length
   * becomes a varint with an extra zero byte, which every protobuf reader accepts.
   */
  private open(): number {
    const start = this.position;
    this.position += 2;
    return start;
  }

  private close(start: number): void {
    const b = this.buffer;
    let length = this.position - start - 2;
    if (length > 0x3fff) {
      const extra = length > 0x1fffff ? 2 : 1;
      b.copyWithin(start + 2 + extra, start + 2, this.position);
      this.position += extra;
    }
    let o = start;
    b[o++] = (length & 0x7f) | 0x80;
    length >>>= 7;
    while (length > 0x7f) {
      b[o++] = (length & 0x7f) | 0x80;
      length >>>= 7;
    }
    b[o] = length;
  }

  /** An unsigned number, 0 to 2^53 - 1: uint32, uint64 or an enum. */
  uint(field: number, value: number): void {
    if (value === 0) return;
    this.tag(field, VARINT);
    if (value < 0x80) this.buffer[this.position++] = value;
    else this.varint(value);
  }

  /** An optional number: null is left out, 0 is written. */
  optionalUint(field: number, value: number | null): void {
    if (value === null) return;
    this.tag(field, VARINT);
    this.varint(value);
  }

  /** A number from -2^52 to 2^52 as sint64. */
  sint(field: number, value: number): void {
    this.uint(field, value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** An unsigned number in four bytes, also 0, so that it can be changed in place. */
  fixed32(field: number, value: number): void {
    this.tag(field, FIXED32);
    const b = this.buffer;
    for (let i = 0; i < 4; i++) b[this.position++] = value >>> (8 * i);
  }

  /** A time as sfixed64, nanoseconds since 1970. `sec` is 0 to 2^32 - 1, `nsec` 0 to 999,999,999. */
  time(field: number, sec: number, nsec: number): void {
    this.tag(field, FIXED64);
    const b = this.buffer;
    // sec * 10^9 exceeds a double's precision: it is computed from two 16-bit halves of sec.
    const high = Math.floor(sec / 65536) * 1e9;
    const low = (sec % 65536) * 1e9 + nsec + (high % 65536) * 65536;
    const carry = Math.floor(low / TWO_POW_32);
    let word = low - carry * TWO_POW_32;
    let o = this.position;
    b[o++] = word;
    b[o++] = word >>> 8;
    b[o++] = word >>> 16;
    b[o++] = word >>> 24;
    word = Math.floor(high / 65536) + carry;
    b[o++] = word;
    b[o++] = word >>> 8;
    b[o++] = word >>> 16;
    b[o++] = word >>> 24;
    this.position = o;
  }

  /** Bytes as they are; all zeros are left out. For addresses: short, of fixed length. */
  address(field: number, bytes: Uint8Array): void {
    const length = bytes.length;
    // The last byte of most addresses is not 0.
    let i = length - 1;
    while (i >= 0 && bytes[i] === 0) i--;
    if (i < 0) return;
    this.tag(field, LENGTH);
    const b = this.buffer;
    let o = this.position;
    b[o++] = length;
    for (i = 0; i < length; i++) b[o++] = bytes[i];
    this.position = o;
  }

  /** The first `count` pieces of `size` bytes, each as bytes. */
  pieces(field: number, bytes: Uint8Array, size: number, count: number): void {
    for (let i = 0; i < count; i++) this.bytes(field, bytes, i * size, (i + 1) * size);
  }

  /** The bytes from `start` up to `end`, zero or not. */
  bytes(field: number, bytes: Uint8Array, start: number, end: number): void {
    this.tag(field, LENGTH);
    this.varint(end - start);
    if (end - start < 64) {
      const b = this.buffer;
      let o = this.position;
      for (let i = start; i < end; i++) b[o++] = bytes[i];
      this.position = o;
      return;
    }
    this.buffer.set(bytes.subarray(start, end), this.position);
    this.position += end - start;
  }

  /** The first `count` of `values` as a packed repeated uint32. */
  packed(field: number, values: Uint16Array, count: number): void {
    if (count === 0) return;
    this.tag(field, LENGTH);
    const at = this.position++;
    for (let i = 0; i < count; i++) this.varint(values[i]);
    this.buffer[at] = this.position - at - 1;
  }

  /** A text. {@link begin} made room for three bytes per character. */
  string(field: number, value: string): void {
    const length = value.length;
    if (length === 0) return;
    this.tag(field, LENGTH);
    if (length < 128) {
      const b = this.buffer;
      let o = this.position;
      b[o++] = length;
      let i = 0;
      for (; i < length; i++) {
        const c = value.charCodeAt(i);
        if (c > 127) break;
        b[o++] = c;
      }
      if (i === length) {
        this.position = o;
        return;
      }
    }
    const encoded = text.encode(value);
    this.varint(encoded.length);
    this.buffer.set(encoded, this.position);
    this.position += encoded.length;
  }

  /** A text from a small recurring set. */
  word(field: number, value: string): void {
    const { length } = value;
    if (length < FOUND_WORD || length > LONGEST_WORD) {
      this.string(field, value);
      return;
    }
    const known = this.words.get(value);
    if (known === undefined) {
      if (this.words.size < MOST_WORDS) this.words.set(value, new Piece(value));
      this.string(field, value);
      return;
    }
    this.tag(field, LENGTH);
    this.buffer[this.position++] = known.length;
    this.position = putPiece(known, this.view, this.position);
  }

  /** The first `count` of `values` as a repeated string. */
  strings(field: number, values: readonly string[], count: number): void {
    for (let i = 0; i < count; i++)
      if (values[i].length > 0) this.string(field, values[i]);
      else this.empty(field);
  }

  /** The first `count` of `names` with their `values` as a map of strings. */
  map(field: number, names: readonly string[], values: readonly string[], count: number): void {
    for (let i = 0; i < count; i++) {
      this.tag(field, LENGTH);
      const start = this.open();
      this.word(1, names[i]);
      this.string(2, values[i]);
      this.close(start);
    }
  }

  /** An empty string that counts. */
  private empty(field: number): void {
    this.tag(field, LENGTH);
    this.buffer[this.position++] = 0;
  }

  private tag(field: number, wireType: number): void {
    if (field <= ONE_BYTE_FIELDS) {
      this.buffer[this.position++] = (field << 3) | wireType;
      return;
    }
    this.buffer[this.position++] = ((field << 3) & 0x7f) | wireType | 0x80;
    this.buffer[this.position++] = field >>> 4;
  }

  private varint(value: number): void {
    const b = this.buffer;
    let o = this.position;
    let v = value;
    while (v > 0x7fffffff) {
      b[o++] = (v % 128) | 0x80;
      v = Math.floor(v / 128);
    }
    while (v > 0x7f) {
      b[o++] = (v & 0x7f) | 0x80;
      v >>>= 7;
    }
    b[o++] = v;
    this.position = o;
  }

  private reserve(bytes: number): void {
    if (this.position + bytes <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.position + bytes));
    grown.set(this.buffer.subarray(0, this.position));
    this.buffer = grown;
    this.view = new DataView(grown.buffer);
  }
}
