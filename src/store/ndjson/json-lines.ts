/**
 * Writes lines of JSON as bytes. A row as a string costs some fifty small strings, their garbage collection
 * and an encoding into bytes; writing directly into a buffer takes a fraction of that time.
 */
import { isMapped, zeroGroups } from '../../wire/ip/addresses.js';
import { PIECE_EXCESS, Piece, putPiece, utf8 } from '../piece.js';
import { escaped } from './pieces.js';

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const DASH = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const ZULU = 0x5a;
const BACKSLASH = 0x5c;
const TILDE = 0x7e;
/** Numbers below this are split into digits in 32-bit arithmetic. */
const BILLION = 1_000_000_000;
const DAY = 86_400;
/** The first and the last second of years that RFC 3339 can write. */
const FIRST_SECOND = -62_167_219_200;
const LAST_SECOND = 253_402_300_799;
/** Words recur (GET, NOERROR, h2); beyond this many they are not cached. */
const MOST_WORDS = 1000;
/** The characters of shorter ones (tcp, SF, dns) are written sooner than they are found. */
const FOUND_WORD = 6;

const NULL = new Piece('null');
const NAME_END = new Piece('":"');

/** The two characters of 0 to 99 in decimal, and of 0 to 255 in hexadecimal, the first in the lower byte. */
const DECIMAL = Uint16Array.from({ length: 100 }, (_, n) => pair(String(n).padStart(2, '0')));
const HEX = Uint16Array.from({ length: 256 }, (_, n) => pair(n.toString(16).padStart(2, '0')));
/** The digits of 0 to 255 and a dot, likewise; and how many characters these are. */
const OCTETS = Uint32Array.from({ length: 256 }, (_, n) =>
  [...`${n}.`].reduce((all, c, i) => all + c.charCodeAt(0) * 256 ** i, 0),
);
const OCTET_LENGTHS = Uint8Array.from({ length: 256 }, (_, n) => `${n}.`.length);

function pair(text: string): number {
  return text.charCodeAt(0) | (text.charCodeAt(1) << 8);
}

/** Writes characters that need no escaping, maybe with PIECE_EXCESS bytes behind. @returns where they end */
export type Writer<R> = (of: R, to: DataView, o: number) => number;

/**
 * Lines in one reused buffer. A line is `begin()`, its values, each with the piece before it, and a last
 * piece. Pieces have the quotes, brackets and braces around values.
 */
export class JsonLines {
  private buffer: Uint8Array;
  private view: DataView;
  private position = 0;
  private readonly words = new Map<string, Piece>();
  /** What a line begins with. */
  private opening = new Piece('{');
  /** The midnight before the last time written, and its date as 2026-01-31T. */
  private midnight = Number.NEGATIVE_INFINITY;
  private date = new Piece('');

  /** @param capacity initial bytes; the buffer doubles if a line needs more */
  constructor(capacity = 65536) {
    this.buffer = new Uint8Array(capacity);
    this.view = new DataView(this.buffer.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.position;
  }

  /** What was written; its memory is reused for the following lines. */
  take(): Uint8Array {
    const taken = this.buffer.subarray(0, this.position);
    this.position = 0;
    return taken;
  }

  /** Every line begins with the key `table`: lines of several tables go to one output. */
  nameTable(table: string): void {
    this.opening = new Piece(`{"table":"${table}",`);
  }

  /** Starts a line of at most `most` bytes. */
  begin(most: number): void {
    this.reserve(this.opening.length + most + PIECE_EXCESS);
    this.piece(this.opening);
  }

  private reserve(bytes: number): void {
    if (this.position + bytes <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.position + bytes));
    grown.set(this.buffer.subarray(0, this.position));
    this.buffer = grown;
    this.view = new DataView(grown.buffer);
  }

  /** A piece without a value, or with one in it. */
  piece(piece: Piece): void {
    this.position = this.put(piece, this.position);
  }

  /** A value that has a writer of its own. */
  written<R>(piece: Piece, write: Writer<R>, of: R): void {
    this.position = write(of, this.view, this.put(piece, this.position));
  }

  /** A whole number, 0 to 2^53 - 1. */
  uint(piece: Piece, value: number): void {
    this.position = this.number(this.put(piece, this.position), value);
  }

  /** A whole number, -2^53 + 1 to 2^53 - 1. */
  int(piece: Piece, value: number): void {
    let o = this.put(piece, this.position);
    if (value < 0) this.buffer[o++] = MINUS;
    this.position = this.number(o, Math.abs(value));
  }

  /** A whole number or null. */
  optionalUint(piece: Piece, value: number | null): void {
    const o = this.put(piece, this.position);
    this.position = value === null ? this.put(NULL, o) : this.number(o, value);
  }

  /** The first `count` of `values`. */
  uints(piece: Piece, values: Uint16Array, count: number): void {
    let o = this.put(piece, this.position);
    for (let i = 0; i < count; i++) {
      if (i > 0) this.buffer[o++] = COMMA;
      o = this.number(o, values[i]);
    }
    this.position = o;
  }

  /** A string from a small recurring set. */
  word(piece: Piece, value: string): void {
    const o = this.put(piece, this.position);
    this.position = value.length < FOUND_WORD ? this.characters(o, value) : this.knownWord(o, value);
  }

  private knownWord(o: number, value: string): number {
    const known = this.words.get(value);
    if (known !== undefined) return this.put(known, o);
    if (this.words.size < MOST_WORDS) this.words.set(value, new Piece(escaped(value)));
    return this.characters(o, value);
  }

  /** Any string. */
  string(piece: Piece, value: string): void {
    this.position = this.characters(this.put(piece, this.position), value);
  }

  /** The first `count` of `values`, as strings. */
  strings(piece: Piece, values: readonly string[], count: number): void {
    let o = this.put(piece, this.position);
    for (let i = 0; i < count; i++) {
      if (i > 0) this.buffer[o++] = COMMA;
      this.buffer[o++] = QUOTE;
      o = this.characters(o, values[i]);
      this.buffer[o++] = QUOTE;
    }
    this.position = o;
  }

  /** The first `count` of `names`, which recur, with their `values`. */
  map(piece: Piece, names: readonly string[], values: readonly string[], count: number): void {
    let o = this.put(piece, this.position);
    for (let i = 0; i < count; i++) {
      if (i > 0) this.buffer[o++] = COMMA;
      this.buffer[o++] = QUOTE;
      o = this.put(NAME_END, this.knownWord(o, names[i]));
      o = this.characters(o, values[i]);
      this.buffer[o++] = QUOTE;
    }
    this.position = o;
  }

  /** A time as RFC 3339 in UTC with nanoseconds: seconds since 1970, and nanoseconds. */
  time(piece: Piece, sec: number, nsec: number): void {
    const o = this.seconds(this.put(piece, this.position), sec);
    const { view } = this;
    this.buffer[o] = DOT;
    const high = (nsec / 100_000) | 0;
    const low = nsec - high * 100_000;
    four(view, o + 1, high);
    const next = (low / 10) | 0;
    four(view, o + 5, next);
    this.buffer[o + 9] = ZERO + low - next * 10;
    this.buffer[o + 10] = ZULU;
    this.position = o + 11;
  }

  /** A time as RFC 3339 in UTC without a fraction: seconds since 1970, of the years 0 to 9999. */
  second(piece: Piece, sec: number): void {
    const o = this.put(piece, this.position);
    const end = this.seconds(o, Math.min(Math.max(sec, FIRST_SECOND), LAST_SECOND));
    this.buffer[end] = ZULU;
    this.position = end + 1;
  }

  /** A day in UTC, 2026-01-31: days since 1970. */
  day(piece: Piece, day: number): void {
    this.string(piece, new Date(day * DAY * 1000).toISOString().slice(0, 10));
  }

  /** A time up to its second. */
  private seconds(o: number, sec: number): number {
    let ofDay = sec - this.midnight;
    if (ofDay < 0 || ofDay >= DAY) {
      this.midnight = Math.floor(sec / DAY) * DAY;
      this.date = new Piece(new Date(this.midnight * 1000).toISOString().slice(0, 11));
      ofDay = sec - this.midnight;
    }
    const at = this.put(this.date, o);
    const { buffer, view } = this;
    const minutes = (ofDay / 60) | 0;
    const hours = (minutes / 60) | 0;
    view.setUint16(at, DECIMAL[hours], true);
    buffer[at + 2] = COLON;
    view.setUint16(at + 3, DECIMAL[minutes - hours * 60], true);
    buffer[at + 5] = COLON;
    view.setUint16(at + 6, DECIMAL[ofDay - minutes * 60], true);
    return at + 8;
  }

  /** The bytes from `start` up to `end` in base64 (RFC 4648). */
  base64(piece: Piece, bytes: Uint8Array, start: number, end: number): void {
    const { buffer, byteOffset } = bytes;
    this.string(piece, Buffer.from(buffer, byteOffset + start, end - start).toString('base64'));
  }

  /** The 16-byte address in text form; IPv4 is stored as ::ffff:a.b.c.d. */
  ip(piece: Piece, address: Uint8Array): void {
    this.position = this.address(this.put(piece, this.position), address, 0);
  }

  /** The first `count` of 16-byte addresses, one after the other. */
  ips(piece: Piece, addresses: Uint8Array, count: number): void {
    let o = this.put(piece, this.position);
    for (let i = 0; i < count; i++) {
      if (i > 0) this.buffer[o++] = COMMA;
      this.buffer[o++] = QUOTE;
      o = this.address(o, addresses, 16 * i);
      this.buffer[o++] = QUOTE;
    }
    this.position = o;
  }

  /** Bytes in hex. */
  hex(piece: Piece, bytes: Uint8Array): void {
    const o = this.put(piece, this.position);
    for (let i = 0; i < bytes.length; i++) this.view.setUint16(o + 2 * i, HEX[bytes[i]], true);
    this.position = o + 2 * bytes.length;
  }

  /** The 6-byte MAC address. */
  mac(piece: Piece, address: Uint8Array): void {
    const o = this.put(piece, this.position);
    const { buffer, view } = this;
    for (let i = 0; i < 6; i++) {
      view.setUint16(o + 3 * i, HEX[address[i]], true);
      buffer[o + 3 * i + 2] = COLON;
    }
    // The last colon does not count.
    this.position = o + 17;
  }

  /** The 16-byte UUID. */
  uuid(piece: Piece, id: Uint8Array): void {
    const o = this.put(piece, this.position);
    const { buffer, view } = this;
    hexes(view, o, id, 0);
    hexes(view, o + 4, id, 2);
    buffer[o + 8] = DASH;
    hexes(view, o + 9, id, 4);
    buffer[o + 13] = DASH;
    hexes(view, o + 14, id, 6);
    buffer[o + 18] = DASH;
    hexes(view, o + 19, id, 8);
    buffer[o + 23] = DASH;
    hexes(view, o + 24, id, 10);
    hexes(view, o + 28, id, 12);
    hexes(view, o + 32, id, 14);
    this.position = o + 36;
  }

  private put(piece: Piece, o: number): number {
    return putPiece(piece, this.view, o);
  }

  /** The address at `at`. */
  private address(o: number, bytes: Uint8Array, at: number): number {
    const { view } = this;
    let end = o;
    if (isMapped(bytes, at)) {
      for (let i = at + 12; i < at + 16; i++) {
        const octet = bytes[i];
        view.setUint32(end, OCTETS[octet], true);
        end += OCTET_LENGTHS[octet];
      }
      // The last dot does not count.
      return end - 1;
    }
    return this.address6(o, bytes, at);
  }

  /** An IPv6 address in the form of RFC 5952 section 4, as formatIp of wire has it. */
  private address6(o: number, bytes: Uint8Array, at: number): number {
    const { buffer } = this;
    const run = zeroGroups(bytes, at);
    const start = run & 15;
    const length = run >>> 4;
    let end = o;
    for (let i = 0; i < 8; i++) {
      if (i === start) {
        buffer[end++] = COLON;
        buffer[end++] = COLON;
        i += length - 1;
        continue;
      }
      if (i > 0 && i !== start + length) buffer[end++] = COLON;
      const group = (bytes[at + 2 * i] << 8) | bytes[at + 2 * i + 1];
      if (group > 0xfff) buffer[end++] = HEX[group >>> 12] >>> 8;
      if (group > 0xff) buffer[end++] = HEX[(group >>> 8) & 15] >>> 8;
      if (group > 0xf) buffer[end++] = HEX[(group >>> 4) & 15] >>> 8;
      buffer[end++] = HEX[group & 15] >>> 8;
    }
    return end;
  }

  /** The characters of a string, escaped where they have to be. */
  private characters(o: number, value: string): number {
    const { buffer } = this;
    for (let i = 0; i < value.length; i++) {
      const c = value.charCodeAt(i);
      if (c < SPACE || c > TILDE || c === QUOTE || c === BACKSLASH) {
        const bytes = utf8(escaped(value));
        buffer.set(bytes, o);
        return o + bytes.length;
      }
      buffer[o + i] = c;
    }
    return o + value.length;
  }

  private number(o: number, value: number): number {
    if (value < 10) {
      this.buffer[o] = ZERO + value;
      return o + 1;
    }
    if (value < BILLION) return digits(this.view, this.buffer, o, value | 0);
    return this.characters(o, String(value));
  }
}

/** Writes a number below 2^31. @returns where it ends */
function digits(view: DataView, b: Uint8Array, o: number, n: number): number {
  if (n < 100) {
    if (n < 10) {
      b[o] = ZERO + n;
      return o + 1;
    }
    view.setUint16(o, DECIMAL[n], true);
    return o + 2;
  }
  if (n < 10_000) {
    const high = (n / 100) | 0;
    const end = n < 1000 ? o + 1 : o + 2;
    if (n < 1000) b[o] = ZERO + high;
    else view.setUint16(o, DECIMAL[high], true);
    view.setUint16(end, DECIMAL[n - high * 100], true);
    return end + 2;
  }
  const high = (n / 10_000) | 0;
  const end = digits(view, b, o, high);
  four(view, end, n - high * 10_000);
  return end + 4;
}

/** Writes the two bytes at `at` in hex. */
function hexes(view: DataView, o: number, bytes: Uint8Array, at: number): void {
  view.setInt32(o, HEX[bytes[at]] | (HEX[bytes[at + 1]] << 16), true);
}

/** Writes four digits. */
function four(view: DataView, o: number, n: number): void {
  const high = (n / 100) | 0;
  view.setInt32(o, DECIMAL[high] | (DECIMAL[n - high * 100] << 16), true);
}
