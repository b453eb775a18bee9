import { MirrorlakeError } from '../../model/errors.js';

/**
 * Writes protobuf messages by hand (protobuf.dev/programming-guides/encoding): every session is encoded once,
 * and a generic encoder would create objects and strings for each.
 */

/** Wire types. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** A field with a larger number has a tag of two bytes. */
const ONE_BYTE_FIELDS = 15;
const TWO_POW_32 = 0x1_0000_0000;
const text = new TextEncoder();

/**
 * Length-delimited messages in one growing, reused buffer. A message is `begin()`, its fields, then `end()`.
 * Fields with proto3's default value are left out, as in proto3.
 */
export class MessageWriter {
  private buffer: Uint8Array;
  private position = 0;
  private start = 0;
  private messages = 0;

  /** @param capacity initial bytes; the buffer doubles if a message needs more. */
  constructor(capacity = 65536) {
    this.buffer = new Uint8Array(capacity);
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
    this.reserve(most + 4);
    // The length is filled in at the end. Two bytes suffice up to 16383: a shorter length becomes a varint
    // with an extra zero byte, which every protobuf reader accepts.
    this.start = this.position;
    this.position += 2;
  }

  end(): void {
    const b = this.buffer;
    let length = this.position - this.start - 2;
    if (length > 0x3fff) {
      const extra = length > 0x1fffff ? 2 : 1;
      b.copyWithin(this.start + 2 + extra, this.start + 2, this.position);
      this.position += extra;
    }
    let o = this.start;
    b[o++] = (length & 0x7f) | 0x80;
    length >>>= 7;
    while (length > 0x7f) {
      b[o++] = (length & 0x7f) | 0x80;
      length >>>= 7;
    }
    b[o] = length;
    this.messages++;
  }

  /** An unsigned number, 0 to 2^53 - 1: uint32, uint64 or an enum. */
  uint(field: number, value: number): void {
    if (value === 0) return;
    this.tag(field, VARINT);
    this.varint(value);
  }

  /** An optional number: null is left out, 0 is written. */
  optionalUint(field: number, value: number | null): void {
    if (value === null) return;
    this.tag(field, VARINT);
    this.varint(value);
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
    let i = 0;
    while (i < length && bytes[i] === 0) i++;
    if (i === length) return;
    this.tag(field, LENGTH);
    const b = this.buffer;
    let o = this.position;
    b[o++] = length;
    for (i = 0; i < length; i++) b[o++] = bytes[i];
    this.position = o;
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
    this.reserve(encoded.length + 1024);
    this.varint(encoded.length);
    this.buffer.set(encoded, this.position);
    this.position += encoded.length;
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
  }
}

/** A segment does not hold what a segment holds: it was cut short or is something else. */
export class SegmentError extends MirrorlakeError {
  override readonly name = 'SegmentError';

  constructor(message: string) {
    super(message, 'SEGMENT');
  }
}

/**
 * Reads length-delimited messages one field at a time: `next()` enters a message, `field()` its next field,
 * followed by one of the value readers or `skip()`.
 */
export class MessageReader {
  private position = 0;
  private limit = 0;
  private wireType = 0;
  /** Where the value of a length-delimited field starts and ends. */
  valueStart = 0;
  valueEnd = 0;

  constructor(readonly buffer: Uint8Array) {}

  /** Where the next message begins. */
  get offset(): number {
    return this.limit;
  }

  /** Enters the next message; false after the last. @throws SegmentError if it is incomplete. */
  next(): boolean {
    this.position = this.limit;
    if (this.position === this.buffer.length) return false;
    this.limit = this.buffer.length;
    const length = this.varint();
    if (length > this.buffer.length - this.position) this.fail('a message runs past the end');
    this.limit = this.position + length;
    return true;
  }

  /** The number of the next field, 0 at the end of the message. */
  field(): number {
    if (this.position === this.limit) return 0;
    const tag = this.varint();
    this.wireType = tag & 7;
    return Math.floor(tag / 8);
  }

  uint(): number {
    return this.varint();
  }

  /** Seconds of a time; then {@link nanoseconds} has its nanoseconds. */
  seconds(): number {
    const b = this.buffer;
    const o = this.position;
    if (o + 8 > this.limit) this.fail('a time runs past its message');
    this.position = o + 8;
    const low = (b[o] | (b[o + 1] << 8) | (b[o + 2] << 16) | (b[o + 3] << 24)) >>> 0;
    const high = (b[o + 4] | (b[o + 5] << 8) | (b[o + 6] << 16) | (b[o + 7] << 24)) >>> 0;
    // high * 2^32 + low, divided by 10^9, in two steps that each fit a double.
    const a = high * 65536 + (low >>> 16);
    const rest = (a % 1e9) * 65536 + (low & 0xffff);
    this.nanoseconds = rest % 1e9;
    return Math.floor(a / 1e9) * 65536 + Math.floor(rest / 1e9);
  }

  nanoseconds = 0;

  /** A length-delimited value: sets `valueStart` and `valueEnd`. */
  value(): void {
    const length = this.varint();
    if (length > this.limit - this.position) this.fail('a field runs past its message');
    this.valueStart = this.position;
    this.valueEnd = this.position + length;
    this.position = this.valueEnd;
  }

  /** Copies a value of exactly `into.length` bytes. */
  copy(into: Uint8Array): void {
    this.value();
    if (this.valueEnd - this.valueStart !== into.length) this.fail('an address has the wrong length');
    for (let i = 0; i < into.length; i++) into[i] = this.buffer[this.valueStart + i];
  }

  /** Reads packed numbers; those beyond `into` are skipped. @returns how many were kept. */
  packed(into: Uint16Array): number {
    this.value();
    const end = this.position;
    this.position = this.valueStart;
    let n = 0;
    while (this.position < end) {
      const v = this.varint();
      if (n < into.length) into[n++] = v;
    }
    return n;
  }

  string(): string {
    this.value();
    let s = '';
    for (let i = this.valueStart; i < this.valueEnd; i++) {
      const c = this.buffer[i];
      if (c > 127)
        return Buffer.from(this.buffer.buffer, this.buffer.byteOffset).toString(
          'utf8',
          this.valueStart,
          this.valueEnd,
        );
      s += String.fromCharCode(c);
    }
    return s;
  }

  /** Skips a field that this version does not know. */
  skip(): void {
    if (this.wireType === VARINT) this.varint();
    else if (this.wireType === LENGTH) this.value();
    else if (this.wireType === FIXED64) this.position += 8;
    else if (this.wireType === FIXED32) this.position += 4;
    else this.fail(`wire type ${this.wireType} is not protobuf's`);
    if (this.position > this.limit) this.fail('a field runs past its message');
  }

  private varint(): number {
    const b = this.buffer;
    let scale = 1;
    let v = 0;
    while (this.position < this.limit) {
      const c = b[this.position++];
      v += (c & 0x7f) * scale;
      if (c < 0x80) return v;
      scale *= 128;
    }
    return this.fail('a number runs past its message');
  }

  private fail(what: string): never {
    throw new SegmentError(
      `not a whole segment: ${what}, near byte ${this.position} of ${this.buffer.length}`,
    );
  }
}
