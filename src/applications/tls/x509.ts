/** X.509 certificates (RFC 5280, 4.1), as far as `certificates` shows them. */
import { formatIp, formatIpv4 } from '../../wire/ip/addresses.js';
import { type Certificate, MOST_NAMES } from '../certificate.js';
import type { Texts } from '../engine/texts.js';
import { Der, Tag } from './der.js';
import { derTime, oidText, serialText } from './der-values.js';
import { CURVES, KEYS, SIGNATURES } from './oids.js';

/** The tag of the extensions, and of what subjectAltName holds. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;
const COMMON_NAME = 3;
const ORGANIZATION = 10;
const UNIT = 11;
/** Values that are looked at of one list. */
const MOST_VALUES = 256;
/** Bytes of a name in UTF-16 that are turned. */
const LONGEST_WIDE = 512;

/** Reads one certificate at a time. */
export class X509 {
  private readonly der = new Der();
  private readonly inner = new Der();
  private readonly turned = new Uint8Array(LONGEST_WIDE);
  private texts!: Texts;
  private b: Uint8Array = new Uint8Array(0);
  private there = 0;
  private isSound = true;

  /**
   * Reads the certificate at `o` into `c`, as far as it is there.
   *
   * @param there end of its bytes that are there
   * @param end where it ends, which may be behind `there`
   * @returns false if it breaks the rules of DER or has not the parts of a certificate
   */
  read(texts: Texts, b: Uint8Array, o: number, there: number, end: number, c: Certificate): boolean {
    this.texts = texts;
    this.b = b;
    this.there = there;
    this.isSound = true;
    c.subject = c.issuer = c.serial = c.keyType = c.signature = '';
    c.notBefore = c.notAfter = c.keyBits = 0;
    c.names = [];
    this.readParts(o, end, c);
    return this.isSound;
  }

  private readParts(o: number, end: number, c: Certificate): void {
    const { b, der, texts } = this;
    if (!this.enter(o, end, Tag.Sequence) || !this.enter(der.start, der.end, Tag.Sequence)) return;
    let p = der.start;
    const last = der.end;
    if (!this.look(p, last)) return;
    if (der.tag === VERSION) p = der.end;
    if (!this.part(p, last, Tag.Integer)) return;
    c.serial = serialText(texts, b, der.start, der.end);
    if (!this.part(der.end, last, Tag.Sequence)) return;
    p = der.end;
    c.signature = wordOf(SIGNATURES, this.oidIn(der.start, p));
    if (!this.part(p, last, Tag.Sequence)) return;
    p = der.end;
    c.issuer = this.readName(der.start, p);
    if (!this.part(p, last, Tag.Sequence)) return;
    p = der.end;
    this.readValidity(der.start, p, c);
    if (!this.part(p, last, Tag.Sequence)) return;
    p = der.end;
    c.subject = this.readName(der.start, p);
    if (!this.part(p, last, Tag.Sequence)) return;
    p = der.end;
    this.readKey(der.start, p, c);
    while (p < last && this.look(p, last)) {
      p = der.end;
      if (der.tag === EXTENSIONS) this.readExtensions(der.start, der.end, c);
    }
  }

  /** Looks at the value at `o`. */
  private look(o: number, limit: number, der = this.der): boolean {
    const is = der.at(this.b, o, this.there, limit);
    if (der.isBroken) this.isSound = false;
    return is;
  }

  /** Likewise; it has to have this tag. */
  private enter(o: number, limit: number, tag: number): boolean {
    if (!this.look(o, limit)) return false;
    if (this.der.tag !== tag) this.isSound = false;
    return this.der.tag === tag;
  }

  /** Likewise, and all of it has to be there. */
  private part(o: number, limit: number, tag: number): boolean {
    return this.enter(o, limit, tag) && this.der.end <= this.there;
  }

  /** The last common name; without one, the last organization or unit of it. */
  private readName(o: number, end: number): string {
    const { b, der, inner } = this;
    let name = '';
    let other = '';
    for (let p = o, i = 0; p < end && i < MOST_VALUES; p = der.end, i++) {
      if (!this.look(p, end)) break;
      for (let q = der.start, j = 0; q < der.end && j < MOST_VALUES; j++) {
        if (!this.look(q, der.end, inner)) break;
        q = inner.end;
        const attributeEnd = inner.end;
        if (!this.look(inner.start, attributeEnd, inner)) break;
        // Of the attributes 2.5.4.n, in three bytes, these are looked for.
        const kind =
          inner.end - inner.start === 3 && b[inner.start] === 0x55 && b[inner.start + 1] === 4
            ? b[inner.start + 2]
            : 0;
        if (kind !== COMMON_NAME && kind !== ORGANIZATION && kind !== UNIT) continue;
        if (!this.look(inner.end, attributeEnd, inner)) break;
        const text = this.readText(inner.tag, inner.start, inner.end);
        if (kind === COMMON_NAME) name = text;
        else other = text;
      }
    }
    return name === '' ? other : name;
  }

  private readText(tag: number, o: number, end: number): string {
    const { b, turned, texts } = this;
    if (tag !== Tag.Bmp) return texts.utf8(b, o, end);
    const length = Math.min(end - o, LONGEST_WIDE) & ~1;
    for (let i = 0; i < length; i += 2) {
      turned[i] = b[o + i + 1];
      turned[i + 1] = b[o + i];
    }
    return texts.utf16(turned, 0, length);
  }

  private readValidity(o: number, end: number, c: Certificate): void {
    const { b, der } = this;
    if (!this.look(o, end)) return;
    c.notBefore = derTime(b, der.start, der.end, der.tag === Tag.UtcTime) ?? 0;
    if (!this.look(der.end, end)) return;
    c.notAfter = derTime(b, der.start, der.end, der.tag === Tag.UtcTime) ?? 0;
  }

  /** SubjectPublicKeyInfo: an AlgorithmIdentifier, and the key. */
  private readKey(o: number, end: number, c: Certificate): void {
    const { b, der } = this;
    if (!this.look(o, end)) return;
    const algorithmAt = der.start;
    const algorithmEnd = der.end;
    const oid = this.oidIn(algorithmAt, algorithmEnd);
    const kind = KEYS.get(oid);
    c.keyType = kind?.[0] ?? oid;
    c.keyBits = kind?.[1] ?? 0;
    if (c.keyType === 'ec') c.keyBits = CURVES.get(this.oidBehindOid(algorithmAt, algorithmEnd)) ?? 0;
    else if (c.keyType === 'dsa') {
      // p is the first of its parameters.
      if (!this.look(algorithmAt, algorithmEnd) || !this.look(der.end, algorithmEnd)) return;
      if (this.look(der.start, der.end)) c.keyBits = bitsOf(b, der.start, der.end);
    } else if (c.keyType === 'rsa' && this.look(algorithmEnd, end) && der.start < der.end) {
      // Behind a byte that counts unused bits, a sequence of modulus and exponent.
      if (this.look(der.start + 1, der.end) && this.look(der.start, der.end))
        c.keyBits = bitsOf(b, der.start, der.end);
    }
  }

  private readExtensions(o: number, end: number, c: Certificate): void {
    const { der } = this;
    if (!this.look(o, end)) return;
    const last = der.end;
    let p = der.start;
    for (let i = 0; p < last && i < MOST_VALUES; i++) {
      if (!this.look(p, last)) return;
      p = der.end;
      const extensionEnd = p;
      if (!this.look(der.start, extensionEnd) || !this.isAltName()) continue;
      if (!this.look(der.end, extensionEnd)) return;
      if (der.tag === Tag.Boolean && !this.look(der.end, extensionEnd)) return;
      this.readNames(der.start, der.end, c);
    }
  }

  /** Whether the value at hand is the identifier of subjectAltName, 2.5.29.17. */
  private isAltName(): boolean {
    const { b, der } = this;
    const { start, end } = der;
    if (der.tag !== Tag.Oid || end - start !== 3 || end > this.there) return false;
    return b[start] === 0x55 && b[start + 1] === 29 && b[start + 2] === 17;
  }

  private readNames(o: number, end: number, c: Certificate): void {
    const { b, der, texts } = this;
    if (!this.look(o, end)) return;
    const last = der.end;
    for (let p = der.start; p < last && c.names.length < MOST_NAMES; p = der.end) {
      if (!this.look(p, last) || der.end > this.there) return;
      const length = der.end - der.start;
      if (der.tag === DNS_NAME) c.names.push(texts.lower(b, der.start, der.end));
      else if (der.tag === IP_ADDRESS && length === 4) c.names.push(formatIpv4(b, der.start));
      else if (der.tag === IP_ADDRESS && length === 16) c.names.push(formatIp(b, der.start));
    }
  }

  /** The object identifier that is the first value in `o` to `end`; '' if it is none. `der` stays. */
  private oidIn(o: number, end: number): string {
    const { inner } = this;
    if (!this.look(o, end, inner) || inner.tag !== Tag.Oid || inner.end > this.there) return '';
    return oidText(this.texts, this.b, inner.start, inner.end);
  }

  /** The object identifier that is the second value in `o` to `end`. */
  private oidBehindOid(o: number, end: number): string {
    return this.look(o, end, this.inner) ? this.oidIn(this.inner.end, end) : '';
  }
}

/** Bits of a positive integer. */
function bitsOf(b: Uint8Array, o: number, end: number): number {
  let p = o;
  while (p < end && b[p] === 0) p++;
  return p === end ? 0 : 8 * (end - p) - Math.clz32(b[p]) + 24;
}

function wordOf(words: ReadonlyMap<string, string>, oid: string): string {
  return words.get(oid) ?? oid;
}
