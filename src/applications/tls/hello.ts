/** What a client of TLS, DTLS or QUIC says it can (RFC 8446, 4.1.2; RFC 9147, 5.3). */
import { u16, u24 } from '../../wire/bytes.js';
import type { Hello } from './ja4.js';
import { Offer } from './offer.js';
import { OfferWords } from './offer-words.js';
import { isGrease } from './versions.js';

/** Bytes before the body of a handshake message: its type and length. */
export const HANDSHAKE_HEADER = 4;

/** Types of extensions (IANA, TLS ExtensionType Values); ESNI is draft-ietf-tls-esni-02's. */
export const Extension = {
  ServerName: 0,
  SignatureAlgorithms: 13,
  Alpn: 16,
  SessionTicket: 35,
  PreSharedKey: 41,
  SupportedVersions: 43,
  Ech: 0xfe0d,
  Esni: 0xffce,
} as const;

/** A client's hello, as far as it is there. The object is reused: it holds places in `bytes`. */
export class ClientHello implements Hello {
  readonly words = new OfferWords();
  bytes: Uint8Array = new Uint8Array(0);
  /** Whether all of it was read. */
  isWhole = false;
  sessionAt = 0;
  sessionEnd = 0;
  readonly offer = new Offer();
  /** Whether there is a server_name; the first host name in it. */
  hasServerName = false;
  nameAt = 0;
  nameEnd = 0;
  /** The list of protocol names: each has a byte with its length before it. */
  alpnAt = 0;
  alpnEnd = 0;
  /** Whether it has a session ticket of before (RFC 5077). */
  hasTicket = false;
  /** Whether an encrypted hello is offered, or one that looks like it. */
  hasEch = false;
  /** legacy_version, and the highest of supported_versions, 0 without any; GREASE left out. */
  private legacy = 0;
  private highest = 0;

  /** The highest version that is offered; 0 where too little of it is there to tell. */
  get version(): number {
    return this.highest === 0 ? this.legacy : this.highest;
  }

  /**
   * Reads a handshake message of type 1, from its header at `o` (one byte type, three bytes length) to its
   * end, or as far as it is there.
   *
   * @param isDatagram of DTLS: behind the session id there is a cookie
   * @returns false if its lengths contradict each other
   */
  read(b: Uint8Array, o: number, end: number, isDatagram = false): boolean {
    this.reset(b);
    if (o + HANDSHAKE_HEADER > end) return true;
    const whole = o + HANDSHAKE_HEADER + u24(b, o + 1);
    const there = Math.min(end, whole);
    let p = o + HANDSHAKE_HEADER;
    if (p + 35 > there) return p + 35 <= whole;
    this.legacy = u16(b, p);
    p += 34;
    for (let skipped = 0; skipped < (isDatagram ? 2 : 1); skipped++) {
      if (p >= there) return p < whole;
      const next = p + 1 + b[p];
      if (next > there) return next <= whole;
      if (skipped === 0) {
        this.sessionAt = p + 1;
        this.sessionEnd = next;
      }
      p = next;
    }
    if (p + 2 > there) return p + 2 <= whole;
    const ciphersEnd = p + 2 + u16(b, p);
    if (ciphersEnd > whole) return false;
    this.offer.takeCiphers(b, p + 2, Math.min(ciphersEnd, there));
    p = ciphersEnd;
    if (p + 1 > there) return p + 1 <= whole;
    p += 1 + b[p];
    if (p > whole) return false;
    if (p === whole) {
      this.isWhole = end >= whole;
      return true;
    }
    return this.readExtensions(b, p, there, whole);
  }

  private readExtensions(b: Uint8Array, o: number, there: number, whole: number): boolean {
    if (o + 2 > there) return o + 2 <= whole;
    const end = o + 2 + u16(b, o);
    if (end > whole) return false;
    let p = o + 2;
    while (p + 4 <= there && p < end) {
      const type = u16(b, p);
      const from = p + 4;
      p = from + u16(b, p + 2);
      if (p > end) return false;
      this.offer.takeExtension(type);
      if (type === Extension.Ech || type === Extension.Esni) this.hasEch = true;
      else if (type === Extension.ServerName) this.hasServerName = true;
      if (p <= there) this.readExtension(type, b, from, p);
    }
    this.isWhole = p === end && end <= there;
    return p === end || there < end;
  }

  private readExtension(type: number, b: Uint8Array, o: number, end: number): void {
    switch (type) {
      case Extension.ServerName:
        if (this.nameEnd === 0) this.readServerName(b, o, end);
        return;
      case Extension.Alpn:
        if (o + 2 > end || this.alpnEnd !== 0) return;
        this.alpnAt = o + 2;
        this.alpnEnd = Math.min(end, o + 2 + u16(b, o));
        return;
      case Extension.SessionTicket:
        this.hasTicket = end > o;
        return;
      case Extension.SignatureAlgorithms:
        if (o + 2 > end || this.offer.algorithms > 0) return;
        this.offer.takeAlgorithms(b, o + 2, Math.min(end, o + 2 + u16(b, o)));
        return;
      case Extension.SupportedVersions: {
        if (o + 1 > end) return;
        const last = Math.min(end, o + 1 + b[o]);
        for (let p = o + 1; p + 2 <= last; p += 2) {
          const version = u16(b, p);
          if (!isGrease(version) && version > this.highest) this.highest = version;
        }
        return;
      }
    }
  }

  /** The first host name of a server_name (RFC 6066, 3). */
  private readServerName(b: Uint8Array, o: number, end: number): void {
    if (o + 2 > end) return;
    const last = Math.min(end, o + 2 + u16(b, o));
    for (let p = o + 2; p + 3 <= last; ) {
      const from = p + 3;
      const to = from + u16(b, p + 1);
      if (to > last) return;
      if (b[p] === 0) {
        this.nameAt = from;
        this.nameEnd = to;
        return;
      }
      p = to;
    }
  }

  private reset(b: Uint8Array): void {
    this.bytes = b;
    this.isWhole = this.hasServerName = this.hasTicket = this.hasEch = false;
    this.legacy = this.highest = this.sessionAt = this.sessionEnd = 0;
    this.nameAt = this.nameEnd = this.alpnAt = this.alpnEnd = 0;
    this.offer.begin();
  }
}
