import { application, Ber, context, Tag } from '../asn1/ber.js';

/** Operations: their identifier octets (RFC 4511, 4.2 to 4.13). */
export const Operation = {
  BindRequest: application(0),
  BindResponse: application(1),
  UnbindRequest: application(2, false),
  SearchRequest: application(3),
  SearchResultEntry: application(4),
  SearchResultDone: application(5),
  ModifyRequest: application(6),
  ModifyResponse: application(7),
  AddRequest: application(8),
  AddResponse: application(9),
  DelRequest: application(10, false),
  DelResponse: application(11),
  ModifyDnRequest: application(12),
  ModifyDnResponse: application(13),
  CompareRequest: application(14),
  CompareResponse: application(15),
  AbandonRequest: application(16, false),
  SearchResultReference: application(19),
  ExtendedRequest: application(23),
  ExtendedResponse: application(24),
  IntermediateResponse: application(25),
} as const;

const SIMPLE = context(0, false);
const SASL = context(3);
/** Microsoft's Sicily: NTLM's messages by themselves (MS-ADTS 5.1.1.1.3). */
const SICILY_NEGOTIATE = context(10, false);
const SICILY_RESPONSE = context(11, false);
const REQUEST_NAME = context(0, false);
const RESPONSE_NAME = context(10, false);
/** Of a token of SASL: what says who it is stands before. */
const TOKEN_BYTES = 2048;

/** An LDAPMessage (RFC 4511, 4.1.1; BER). The object is reused. */
export class LdapMessage {
  id = 0;
  /** One of Operation; 0 where it was not seen. */
  operation = 0;
  /** The DN that is bound, searched below, changed; an extended operation's OID. Where it is in the bytes. */
  name = 0;
  nameEnd = 0;
  /** Of a search: 0 base, 1 one, 2 sub; and where its filter is. */
  scope = Number.NaN;
  filter = 0;
  filterEnd = 0;
  /** Of a bind: whether it is SASL or Sicily, its mechanism, its token. Passwords are passed over. */
  isSasl = false;
  isSicily = false;
  /** Of Sicily: it is the first of two, whose success means no logon. */
  asksChallenge = false;
  mechanism = 0;
  mechanismEnd = 0;
  token = 0;
  tokenEnd = 0;
  /** Of a response: resultCode. NaN where it was not seen. */
  result = Number.NaN;
  /** Whether all that is told of it was there. */
  isEnough = false;
  private readonly ber = new Ber();

  /**
   * Reads the content of a message, bytes `o` to `end`, as far as it goes with `partial`.
   *
   * @returns false if it is none
   */
  read(b: Uint8Array, o: number, end: number, partial: boolean): boolean {
    const { ber } = this;
    this.id = this.operation = 0;
    this.name = this.nameEnd = this.filter = this.filterEnd = 0;
    this.mechanism = this.mechanismEnd = this.token = this.tokenEnd = 0;
    this.isSasl = this.isSicily = this.asksChallenge = this.isEnough = false;
    this.scope = this.result = Number.NaN;
    ber.set(b, o, end, partial);
    const id = ber.nextInteger();
    if (Number.isNaN(id)) return partial && !ber.bad && ber.at >= end;
    if (!ber.next()) return partial && !ber.bad;
    this.id = id;
    this.operation = ber.tag;
    this.content();
    return !ber.bad;
  }

  private content(): void {
    const { ber } = this;
    switch (this.operation) {
      case Operation.SearchResultEntry:
      case Operation.SearchResultReference:
      case Operation.IntermediateResponse:
      case Operation.UnbindRequest:
      case Operation.AbandonRequest:
        this.isEnough = true;
        return;
      case Operation.DelRequest:
        this.named();
        return;
      case Operation.BindRequest:
        ber.enter();
        this.bind();
        return;
      case Operation.SearchRequest:
        ber.enter();
        this.search();
        return;
      case Operation.ExtendedRequest:
        ber.enter();
        if (ber.expect(REQUEST_NAME)) this.named();
        return;
      case Operation.ModifyRequest:
      case Operation.AddRequest:
      case Operation.ModifyDnRequest:
      case Operation.CompareRequest:
        ber.enter();
        // The DN comes first in all of them.
        if (ber.expect(Tag.OctetString)) this.named();
        return;
      default:
        ber.enter();
        this.response();
    }
  }

  /** BindRequest (4.2): version, name, authentication. */
  private bind(): void {
    const { ber } = this;
    if (!ber.expect(Tag.Integer) || !ber.expect(Tag.OctetString)) return;
    this.named();
    this.isEnough = false;
    if (!ber.next()) return;
    if (ber.tag === SIMPLE) {
      this.isEnough = true;
      return;
    }
    this.asksChallenge = ber.tag === SICILY_NEGOTIATE;
    this.isSicily = this.asksChallenge || ber.tag === SICILY_RESPONSE;
    this.isSasl = ber.tag === SASL;
    if (this.isSasl) {
      const isWhole = !ber.cut;
      ber.enter();
      if (!ber.expect(Tag.OctetString) || ber.cut) return;
      this.mechanism = ber.start;
      this.mechanismEnd = ber.stop;
      if (!ber.expect(Tag.OctetString)) {
        this.isEnough = isWhole;
        return;
      }
    }
    this.token = ber.start;
    this.tokenEnd = ber.stop;
    this.isEnough = !ber.cut || ber.stop - ber.start >= TOKEN_BYTES;
  }

  /** SearchRequest (4.5.1): baseObject, scope, derefAliases, sizeLimit, timeLimit, typesOnly, filter. */
  private search(): void {
    const { ber } = this;
    if (!ber.expect(Tag.OctetString)) return;
    this.named();
    this.isEnough = false;
    if (!ber.expect(Tag.Enumerated)) return;
    this.scope = ber.integer();
    if (!ber.expect(Tag.Enumerated) || !ber.expect(Tag.Integer) || !ber.expect(Tag.Integer)) return;
    if (!ber.expect(Tag.Boolean)) return;
    this.filter = ber.at;
    const isThere = ber.next();
    this.filterEnd = isThere ? ber.stop : this.filter;
    this.isEnough = isThere && !ber.cut;
  }

  /** LDAPResult (4.1.9): resultCode, matchedDN, diagnosticMessage; later maybe responseName (4.12). */
  private response(): void {
    const { ber } = this;
    if (!ber.expect(Tag.Enumerated)) return;
    this.result = ber.integer();
    this.isEnough = !Number.isNaN(this.result);
    if (this.operation !== Operation.ExtendedResponse) return;
    while (ber.next()) if (ber.tag === RESPONSE_NAME) this.named();
  }

  /** The name is the element that was read last. */
  private named(): void {
    if (this.ber.cut) return;
    this.name = this.ber.start;
    this.nameEnd = this.ber.stop;
    this.isEnough = true;
  }
}
