/**
 * Elements of BER and DER (X.690): identifier octet, length, content. What Kerberos, LDAP, SNMP, SPNEGO and
 * certificates are made of.
 */
import type { Texts } from '../engine/texts.js';

/** Identifier octets (X.690, 8.1.2) of the universal types that occur. */
export const Tag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  Null: 0x05,
  Oid: 0x06,
  Enumerated: 0x0a,
  Utf8String: 0x0c,
  PrintableString: 0x13,
  Ia5String: 0x16,
  UtcTime: 0x17,
  GeneralizedTime: 0x18,
  GeneralString: 0x1b,
  Sequence: 0x30,
  Set: 0x31,
} as const;

/** The most octets of a length behind its first one, and of an integer that is told. */
const LONGEST_LENGTH = 4;
const LONGEST_INTEGER = 6;
/** The most characters of an object identifier. */
const LONGEST_OID = 255;

/** The identifier octet of `[n]`, n below 31. */
export function context(n: number, constructed = true): number {
  return 0x80 | (constructed ? 0x20 : 0) | n;
}

/** The identifier octet of `[APPLICATION n]`, n below 31. */
export function application(n: number, constructed = true): number {
  return 0x40 | (constructed ? 0x20 : 0) | n;
}

/**
 * Goes from element to element. To look into one: `enter()`, and afterwards `leave()` with the `end` from
 * before. The object is reused.
 *
 *     const { end } = ber;
 *     if (!ber.expect(Tag.Sequence)) return;
 *     ber.enter();
 *     while (ber.next()) …
 *     ber.leave(end);
 */
export class Ber {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the next element begins, and where those at hand end. */
  at = 0;
  end = 0;
  /** Whether the bytes may end within an element: it then ends with them. */
  partial = false;
  /** Whether something was no element: nothing behind it can be read. */
  bad = false;
  /** The element that was read last: its identifier octet, where its content begins and ends. */
  tag = 0;
  start = 0;
  stop = 0;
  /** Its content's length, as it says. */
  length = 0;
  /** Whether its content is here only in part. */
  cut = false;

  /** Reads bytes `o` to `end` from now on. */
  set(b: Uint8Array, o: number, end: number, partial = false): this {
    this.bytes = b;
    this.at = o;
    this.end = end;
    this.partial = partial;
    this.bad = this.cut = false;
    this.tag = this.start = this.stop = this.length = 0;
    return this;
  }

  /**
   * Reads the next element's identifier and length, and passes over its content.
   *
   * @returns false if there is none. Tags above 30, indefinite lengths, lengths of more than 4 octets, and
   * lengths beyond the bytes (unless `partial`) are `bad`
   */
  next(): boolean {
    const { bytes: b, end } = this;
    let o = this.at;
    if (o >= end || this.bad) return false;
    if (o + 2 > end) return this.fail();
    const tag = b[o];
    let length = b[o + 1];
    o += 2;
    if ((tag & 0x1f) === 0x1f) return this.break();
    if (length >= 0x80) {
      const octets = length & 0x7f;
      if (octets === 0 || octets > LONGEST_LENGTH) return this.break();
      if (o + octets > end) return this.fail();
      length = 0;
      for (let i = 0; i < octets; i++) length = length * 256 + b[o + i];
      o += octets;
    }
    this.cut = length > end - o;
    if (this.cut && !this.partial) return this.break();
    this.tag = tag;
    this.length = length;
    this.start = o;
    this.at = this.stop = this.cut ? end : o + length;
    return true;
  }

  /** Reads the next element if it has this identifier; else stays where it is. */
  expect(tag: number): boolean {
    return this.at < this.end && this.bytes[this.at] === tag && this.next();
  }

  /** Goes on with the elements in the one that was read last. */
  enter(): void {
    this.at = this.start;
    this.end = this.stop;
  }

  /** Goes on behind the element that was entered, within those that end at `end`. */
  leave(end: number): void {
    this.at = this.end;
    this.end = end;
  }

  /** Reads the next element if it has this identifier, and goes on within it. */
  into(tag: number): boolean {
    if (!this.expect(tag)) return false;
    this.enter();
    return true;
  }

  /** The last content as a signed integer (X.690, 8.3); NaN if it is cut, or of 7 octets or more. */
  integer(): number {
    const { bytes: b, start, stop } = this;
    if (this.cut || stop === start || stop - start > LONGEST_INTEGER) return Number.NaN;
    let n = b[start] >= 0x80 ? b[start] - 0x100 : b[start];
    for (let i = start + 1; i < stop; i++) n = n * 256 + b[i];
    return n;
  }

  /** Reads the next element if it is an INTEGER; NaN if it is not, and as `integer` does. */
  nextInteger(): number {
    return this.expect(Tag.Integer) ? this.integer() : Number.NaN;
  }

  /** Whether the last element's content is these bytes. */
  is(what: readonly number[]): boolean {
    const { bytes: b, start } = this;
    if (this.cut || this.stop - start !== what.length) return false;
    for (let i = 0; i < what.length; i++) if (b[start + i] !== what[i]) return false;
    return true;
  }

  /** The last element's content as an object identifier, `1.2.840.113549`; '' if it is none. */
  oid(texts: Texts): string {
    return this.cut ? '' : oidOf(texts, this.bytes, this.start, this.stop);
  }

  /** The bytes end within the identifier or the length. */
  private fail(): false {
    if (!this.partial) this.bad = true;
    this.at = this.end;
    return false;
  }

  private break(): false {
    this.bad = true;
    return false;
  }
}

/** The object identifier in bytes `o` to `end` (X.690, 8.19): `1.2.840.113549`; '' if they are none. */
export function oidOf(texts: Texts, b: Uint8Array, o: number, end: number): string {
  if (o >= end || b[end - 1] >= 0x80) return '';
  texts.begin();
  let n = 0;
  let isFirst = true;
  for (let i = o; i < end && texts.added < LONGEST_OID; i++) {
    n = n * 128 + (b[i] & 0x7f);
    if (n > Number.MAX_SAFE_INTEGER) return '';
    if (b[i] >= 0x80) continue;
    if (isFirst) {
      const root = Math.min(2, Math.floor(n / 40));
      texts.addNumber(root);
      n -= 40 * root;
      isFirst = false;
    }
    texts.add(0x2e);
    texts.addNumber(n);
    n = 0;
  }
  return texts.take(LONGEST_OID);
}
