import { Ber, context, Tag } from '../asn1/ber.js';
import type { Texts } from '../engine/texts.js';

/** Message types: their APPLICATION tags (RFC 4120, 5.10). */
export const MessageType = {
  AsReq: 10,
  AsRep: 11,
  TgsReq: 12,
  TgsRep: 13,
  ApReq: 14,
  ApRep: 15,
  Error: 30,
} as const;

/** Where a text or a name is in the bytes: none while `start` is 0 and `stop` too. */
interface Range {
  start: number;
  stop: number;
}

/** APPLICATION, constructed. */
const APPLICATION = 0x60;
/** The most components of a name that are told. */
const MOST_COMPONENTS = 16;

/**
 * Reads what is in clear of a message of Kerberos 5 (RFC 4120, 5.4 to 5.9; DER). The object is reused, and
 * refers to the bytes that it read last.
 */
export class KerberosMessage {
  /** One of MessageType, or another tag; 0 for none. */
  type = 0;
  /** Of a request: nonce. NaN where it was not seen. */
  nonce = Number.NaN;
  /** Of a ticket: the type of its encryption. NaN where it was not seen. */
  etype = Number.NaN;
  /** Of KRB-ERROR: error-code. NaN where it was not seen. */
  error = Number.NaN;
  private readonly realmAt: Range = { start: 0, stop: 0 };
  private readonly clientAt: Range = { start: 0, stop: 0 };
  private readonly serviceAt: Range = { start: 0, stop: 0 };
  private readonly tillAt: Range = { start: 0, stop: 0 };
  private readonly ber = new Ber();

  /**
   * Reads the message in bytes `o` to `end`, as far as it goes with `partial`.
   *
   * @returns false if it is none
   */
  read(b: Uint8Array, o: number, end: number, partial: boolean): boolean {
    const { ber } = this;
    this.type = 0;
    this.nonce = this.etype = this.error = Number.NaN;
    forget(this.realmAt);
    forget(this.clientAt);
    forget(this.serviceAt);
    forget(this.tillAt);
    ber.set(b, o, end, partial);
    if (!ber.next() || (ber.tag & 0xe0) !== APPLICATION) return false;
    const type = ber.tag & 0x1f;
    ber.enter();
    if (!ber.into(Tag.Sequence)) return partial && !ber.bad && ber.at >= ber.end;
    this.type = type;
    while (ber.next()) this.field(type, ber.tag);
    return !ber.bad && (partial || type !== MessageType.Error || !Number.isNaN(this.error));
  }

  /** Whether all that is told of such a message was seen: what follows of it is not needed. */
  get isEnough(): boolean {
    switch (this.type) {
      case MessageType.AsReq:
      case MessageType.TgsReq:
        return !Number.isNaN(this.nonce);
      case MessageType.AsRep:
      case MessageType.TgsRep:
      case MessageType.ApReq:
        return !Number.isNaN(this.etype);
      default:
        return false;
    }
  }

  /** The realm asked for; that of the ticket in an answer. */
  realm(texts: Texts): string {
    const { start, stop } = this.realmAt;
    return texts.utf8(this.ber.bytes, start, stop);
  }

  /** The client's principal, without its realm. */
  client(texts: Texts): string {
    return this.principal(texts, this.clientAt);
  }

  /** The service's principal, `HTTP/www.example.com`. */
  service(texts: Texts): string {
    return this.principal(texts, this.serviceAt);
  }

  /** Until when the ticket is wanted, as sent: `20370913024805Z`. */
  till(texts: Texts): string {
    const { start, stop } = this.tillAt;
    return texts.ascii(this.ber.bytes, start, stop);
  }

  /** A field `[n]` of the message's SEQUENCE, which was read last. */
  private field(type: number, tag: number): void {
    switch (type) {
      case MessageType.AsReq:
      case MessageType.TgsReq:
        if (tag === context(4)) this.body();
        return;
      case MessageType.AsRep:
      case MessageType.TgsRep:
        if (tag === context(4)) this.note(this.clientAt);
        else if (tag === context(5)) this.ticket();
        return;
      case MessageType.ApReq:
        if (tag === context(3)) this.ticket();
        return;
      case MessageType.Error:
        if (tag === context(6)) this.error = this.number();
        else if (tag === context(8)) this.note(this.clientAt);
        else if (tag === context(9)) this.text(this.realmAt);
        else if (tag === context(10)) this.note(this.serviceAt);
    }
  }

  /** KDC-REQ-BODY (5.4.1). */
  private body(): void {
    const { ber } = this;
    const { end } = ber;
    const behind = ber.at;
    ber.enter();
    if (ber.into(Tag.Sequence))
      while (ber.next()) {
        if (ber.tag === context(1)) this.note(this.clientAt);
        else if (ber.tag === context(2)) this.text(this.realmAt);
        else if (ber.tag === context(3)) this.note(this.serviceAt);
        else if (ber.tag === context(5)) this.text(this.tillAt);
        else if (ber.tag === context(7)) this.nonce = this.number();
      }
    this.back(behind, end);
  }

  /** Ticket (5.3). */
  private ticket(): void {
    const { ber } = this;
    const { end } = ber;
    const behind = ber.at;
    ber.enter();
    if (ber.into(APPLICATION | 1) && ber.into(Tag.Sequence))
      while (ber.next()) {
        if (ber.tag === context(1)) this.text(this.realmAt);
        else if (ber.tag === context(2)) this.note(this.serviceAt);
        else if (ber.tag === context(3)) this.etype = this.encryption();
      }
    this.back(behind, end);
  }

  /** The etype of EncryptedData (5.2.9). */
  private encryption(): number {
    const { ber } = this;
    const { end } = ber;
    const behind = ber.at;
    ber.enter();
    const etype = ber.into(Tag.Sequence) && ber.into(context(0)) ? ber.nextInteger() : Number.NaN;
    this.back(behind, end);
    return etype;
  }

  /** The number in the field that was read last. */
  private number(): number {
    const { ber } = this;
    const { end } = ber;
    const behind = ber.at;
    ber.enter();
    const n = ber.nextInteger();
    this.back(behind, end);
    return n;
  }

  /** Keeps where the text in the field that was read last is, if it is whole. */
  private text(where: Range): void {
    const { ber } = this;
    const { end } = ber;
    const behind = ber.at;
    ber.enter();
    if (ber.next() && !ber.cut) {
      where.start = ber.start;
      where.stop = ber.stop;
    }
    this.back(behind, end);
  }

  /** Keeps where the name in the field that was read last is, if it is whole. */
  private note(where: Range): void {
    if (this.ber.cut) return;
    where.start = this.ber.start;
    where.stop = this.ber.stop;
  }

  private back(at: number, end: number): void {
    this.ber.at = at;
    this.ber.end = end;
  }

  /** A PrincipalName (5.2.2), its components joined by `/`. */
  private principal(texts: Texts, { start, stop }: Range): string {
    const { ber } = this;
    const b = ber.bytes;
    ber.set(b, start, stop);
    if (!ber.into(Tag.Sequence) || !ber.expect(context(0)) || !ber.into(context(1))) return '';
    if (!ber.into(Tag.Sequence) || !ber.next()) return '';
    // Users have one component, which may be of any alphabet; those with more are services.
    if (ber.at >= ber.end) return texts.utf8(b, ber.start, ber.stop);
    texts.begin();
    texts.addBytes(b, ber.start, ber.stop);
    for (let i = 1; i < MOST_COMPONENTS && ber.next(); i++) {
      texts.add(0x2f);
      texts.addBytes(b, ber.start, ber.stop);
    }
    return texts.take();
  }
}

function forget(where: Range): void {
  where.start = where.stop = 0;
}
