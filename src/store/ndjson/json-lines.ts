/**
 * Writes lines of JSON as bytes. A row as a string costs some fifty small strings, their garbage collection
 * and an encoding into bytes; writing directly into a buffer takes a third of that time.
 */
import { formatIp, isMapped } from '../../wire/ip/addresses.js';

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const DASH = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const ZULU = 0x5a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const TILDE = 0x7e;
const NEWLINE = 0x0a;
/** Numbers below this are split into digits in 32-bit arithmetic. */
const BILLION = 1_000_000_000;
const DAY = 86_400;
/** The first and the last second of years that RFC 3339 can write. */
const FIRST_SECOND = -62_167_219_200;
const LAST_SECOND = 253_402_300_799;
const HEX = ascii('0123456789abcdef');
/** Words recur (tcp, SF, dns); beyond this many they are not cached. */
const MOST_WORDS = 1000;

/** The bytes of a text. */
export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The keys of an object in order, each with the preceding comma and quotes, by name. */
export function jsonKeys<const K extends string>(...names: readonly K[]): Record<K, Uint8Array> {
  const keys = names.map((name, i) => [name, ascii(`${i === 0 ? '{' : ','}"${name}":`)]);
  return Object.fromEntries(keys) as Record<K, Uint8Array>;
}

/** Some keys of an object, none of which is its first, with the values that say that there is nothing. */
export function jsonDefaults(values: Readonly<Record<string, 0 | ''>>): Uint8Array {
  return ascii(`,${JSON.stringify(values).slice(1, -1)}`);
}

/** Lines in one reused buffer. A line is `begin()`, its fields by their keys, then `end()`. */
export class JsonLines {
  private buffer: Uint8Array;
  private position = 0;
  private readonly words = new Map<string, Uint8Array>();
  /** What a line begins with, before its own first key; and where that key's brace is. */
  private opening: Uint8Array = new Uint8Array(0);
  private brace = 0;
  /** The day of the last time written, and its date as 2026-01-31T. */
  private lastDay = -1;
  private date: Uint8Array = new Uint8Array(0);

  /** @param capacity initial bytes; the buffer doubles if a line needs more */
  constructor(capacity = 65536) {
    this.buffer = new Uint8Array(capacity);
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
    this.opening = ascii(`{"table":"${table}"`);
  }

  /** Starts a line of at most `most` bytes. */
  begin(most: number): void {
    this.reserve(this.opening.length + most);
    this.raw(this.opening);
    this.brace = this.position;
  }

  private reserve(bytes: number): void {
    if (this.position + bytes <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.position + bytes));
    grown.set(this.buffer.subarray(0, this.position));
    this.buffer = grown;
  }

  end(): void {
    if (this.opening.length > 0) this.buffer[this.brace] = COMMA;
    this.buffer[this.position++] = CLOSE_OBJECT;
    this.buffer[this.position++] = NEWLINE;
  }

  /** Bytes that are JSON already. */
  raw(bytes: Uint8Array): void {
    const b = this.buffer;
    const n = bytes.length;
    let o = this.position;
    for (let i = 0; i < n; i++) b[o++] = bytes[i];
    this.position = o;
  }

  /** The same for more than some hundred bytes, where a copy is faster than a loop. */
  text(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.position);
    this.position += bytes.length;
  }

  /** A whole number, 0 to 2^53 - 1. */
  uint(key: Uint8Array, value: number): void {
    this.raw(key);
    this.number(value);
  }

  /** A whole number or null. */
  optionalUint(key: Uint8Array, value: number | null): void {
    this.raw(key);
    if (value === null) this.raw(NULL);
    else this.number(value);
  }

  /** The first `count` of `values` as an array. */
  uints(key: Uint8Array, values: Uint16Array, count: number): void {
    this.raw(key);
    this.buffer[this.position++] = OPEN_ARRAY;
    for (let i = 0; i < count; i++) {
      if (i > 0) this.buffer[this.position++] = COMMA;
      this.number(values[i]);
    }
    this.buffer[this.position++] = CLOSE_ARRAY;
  }

  /** A string from a small recurring set. */
  word(key: Uint8Array, value: string): void {
    this.raw(key);
    const bytes = this.words.get(value);
    if (bytes !== undefined) {
      this.raw(bytes);
      return;
    }
    if (this.words.size < MOST_WORDS) this.words.set(value, ascii(JSON.stringify(value)));
    this.quoted(value);
  }

  /** Any string. */
  string(key: Uint8Array, value: string): void {
    this.raw(key);
    this.quoted(value);
  }

  /** The first `count` of `values` as an array of strings. */
  strings(key: Uint8Array, values: readonly string[], count: number): void {
    this.raw(key);
    this.buffer[this.position++] = OPEN_ARRAY;
    for (let i = 0; i < count; i++) {
      if (i > 0) this.buffer[this.position++] = COMMA;
      this.quoted(values[i]);
    }
    this.buffer[this.position++] = CLOSE_ARRAY;
  }

  /** The first `count` of `names` with their `values` as an object. */
  map(key: Uint8Array, names: readonly string[], values: readonly string[], count: number): void {
    this.raw(key);
    this.buffer[this.position++] = OPEN_OBJECT;
    for (let i = 0; i < count; i++) {
      if (i > 0) this.buffer[this.position++] = COMMA;
      this.quoted(names[i]);
      this.buffer[this.position++] = COLON;
      this.quoted(values[i]);
    }
    this.buffer[this.position++] = CLOSE_OBJECT;
  }

  /** A string of ASCII characters that need no escaping. */
  plain(key: Uint8Array, value: string): void {
    this.raw(key);
    this.buffer[this.position++] = QUOTE;
    this.characters(value);
    this.buffer[this.position++] = QUOTE;
  }

  /** A time as RFC 3339 in UTC with nanoseconds: seconds since 1970, and nanoseconds. */
  time(key: Uint8Array, sec: number, nsec: number): void {
    this.raw(key);
    this.seconds(sec);
    const b = this.buffer;
    const o = this.position;
    b[o] = DOT;
    digits(b, o + 1, nsec | 0, 9);
    b[o + 10] = ZULU;
    b[o + 11] = QUOTE;
    this.position = o + 12;
  }

  /** A time as RFC 3339 in UTC without a fraction: seconds since 1970, of the years 0 to 9999. */
  second(key: Uint8Array, sec: number): void {
    this.raw(key);
    this.seconds(Math.min(Math.max(sec, FIRST_SECOND), LAST_SECOND));
    this.buffer[this.position++] = ZULU;
    this.buffer[this.position++] = QUOTE;
  }

  /** A day in UTC, 2026-01-31: days since 1970. */
  day(key: Uint8Array, day: number): void {
    this.plain(key, new Date(day * DAY * 1000).toISOString().slice(0, 10));
  }

  /** A quote, and a time up to its second. */
  private seconds(sec: number): void {
    const ofDay = sec >= 0 ? sec % DAY : ((sec % DAY) + DAY) % DAY;
    if (sec - ofDay !== this.lastDay) {
      this.lastDay = sec - ofDay;
      this.date = ascii(new Date(this.lastDay * 1000).toISOString().slice(0, 11));
    }
    this.buffer[this.position++] = QUOTE;
    this.raw(this.date);
    const b = this.buffer;
    const o = this.position;
    const hours = (ofDay / 3600) | 0;
    const minutes = ((ofDay - hours * 3600) / 60) | 0;
    const seconds = ofDay - hours * 3600 - minutes * 60;
    twoDigits(b, o, hours);
    b[o + 2] = COLON;
    twoDigits(b, o + 3, minutes);
    b[o + 5] = COLON;
    twoDigits(b, o + 6, seconds);
    this.position = o + 8;
  }

  /** The bytes from `start` up to `end` in base64 (RFC 4648). */
  base64(key: Uint8Array, bytes: Uint8Array, start: number, end: number): void {
    const { buffer, byteOffset } = bytes;
    this.plain(key, Buffer.from(buffer, byteOffset + start, end - start).toString('base64'));
  }

  /** The 16-byte address in text form; IPv4 is stored as ::ffff:a.b.c.d. */
  ip(key: Uint8Array, address: Uint8Array): void {
    this.raw(key);
    this.address(address, 0);
  }

  /** The first `count` of 16-byte addresses, one after the other, as an array. */
  ips(key: Uint8Array, addresses: Uint8Array, count: number): void {
    this.raw(key);
    this.buffer[this.position++] = OPEN_ARRAY;
    for (let i = 0; i < count; i++) {
      if (i > 0) this.buffer[this.position++] = COMMA;
      this.address(addresses, 16 * i);
    }
    this.buffer[this.position++] = CLOSE_ARRAY;
  }

  /** Bytes in hex. */
  hex(key: Uint8Array, bytes: Uint8Array): void {
    this.raw(key);
    this.buffer[this.position++] = QUOTE;
    for (let i = 0; i < bytes.length; i++) this.hexByte(bytes[i]);
    this.buffer[this.position++] = QUOTE;
  }

  /** The 6-byte MAC address. */
  mac(key: Uint8Array, address: Uint8Array): void {
    this.raw(key);
    this.buffer[this.position++] = QUOTE;
    for (let i = 0; i < 6; i++) {
      if (i > 0) this.buffer[this.position++] = COLON;
      this.hexByte(address[i]);
    }
    this.buffer[this.position++] = QUOTE;
  }

  /** The 16-byte UUID. */
  uuid(key: Uint8Array, id: Uint8Array): void {
    this.raw(key);
    this.buffer[this.position++] = QUOTE;
    for (let i = 0; i < 16; i++) {
      if (i === 4 || i === 6 || i === 8 || i === 10) this.buffer[this.position++] = DASH;
      this.hexByte(id[i]);
    }
    this.buffer[this.position++] = QUOTE;
  }

  private hexByte(value: number): void {
    const b = this.buffer;
    const o = this.position;
    b[o] = HEX[value >>> 4];
    b[o + 1] = HEX[value & 15];
    this.position = o + 2;
  }

  /** The address at `o`, in quotes. */
  private address(bytes: Uint8Array, o: number): void {
    this.buffer[this.position++] = QUOTE;
    if (isMapped(bytes, o))
      for (let i = 12; i < 16; i++) {
        if (i > 12) this.buffer[this.position++] = DOT;
        this.number(bytes[o + i]);
      }
    else this.characters(formatIp(bytes, o));
    this.buffer[this.position++] = QUOTE;
  }

  /** A string in quotes, escaped where it has to be. */
  private quoted(value: string): void {
    const b = this.buffer;
    let o = this.position;
    b[o++] = QUOTE;
    for (let i = 0; i < value.length; i++) {
      const c = value.charCodeAt(i);
      if (c < SPACE || c > TILDE || c === QUOTE || c === BACKSLASH) {
        this.raw(ascii(JSON.stringify(value)));
        return;
      }
      b[o++] = c;
    }
    b[o++] = QUOTE;
    this.position = o;
  }

  private characters(text: string): void {
    const b = this.buffer;
    let o = this.position;
    for (let i = 0; i < text.length; i++) b[o++] = text.charCodeAt(i);
    this.position = o;
  }

  private number(value: number): void {
    if (value < 10) {
      this.buffer[this.position++] = ZERO + value;
    } else if (value < BILLION) {
      const n = value | 0;
      const count = n < 100 ? 2 : n < 1000 ? 3 : n < 10_000 ? 4 : n < 100_000 ? 5 : countDigits(n);
      digits(this.buffer, this.position, n, count);
      this.position += count;
    } else {
      this.characters(String(value));
    }
  }
}

const NULL = ascii('null');

/** For numbers from 100,000 to 999,999,999. */
function countDigits(n: number): number {
  return n < 1_000_000 ? 6 : n < 10_000_000 ? 7 : n < 100_000_000 ? 8 : 9;
}

/** Writes the last `count` digits of a number below 2^31. */
function digits(b: Uint8Array, o: number, value: number, count: number): void {
  let n = value;
  for (let i = o + count - 1; i >= o; i--) {
    const rest = (n / 10) | 0;
    b[i] = ZERO + n - rest * 10;
    n = rest;
  }
}

function twoDigits(b: Uint8Array, o: number, n: number): void {
  const tens = (n / 10) | 0;
  b[o] = ZERO + tens;
  b[o + 1] = ZERO + n - tens * 10;
}
