import { Outcome, Told } from '../../model/told.js';
import { Ber, context, Tag } from '../asn1/ber.js';
import type { Question } from '../question.js';
import { type Dialogue, type Reader, STATELESS } from '../reader.js';
import { trimmed } from '../words.js';
import { ERRORS, METHODS, Pdu } from './words.js';

/** Versions by their number (RFC 1157; RFC 1901; RFC 3412). */
const VERSIONS = ['1', '2c', '', '3'];
const VERSION_3 = 3;
/** The user-based security model, and bits of msgFlags (RFC 3412, 6.3 and 6.4). */
const USM = 3;
const IS_ENCRYPTED = 0x02;
const IS_REPORTABLE = 0x04;
const GEN_ERR = 5;
/** Where traps go. */
const TRAPS = 162;

/**
 * Reads SNMP, versions 1 to 3. Communities are passed over. What is encrypted is paired by the message's
 * number, which stands before it.
 */
export class SnmpReader implements Reader {
  readonly inTurns = true;
  private readonly ber = new Ber();
  /** Of the message at hand: its version, and in version 3 its number, flags, and user. */
  private version = '';
  private number = Number.NaN;
  private flags = 0;
  private user = '';

  newState() {
    return STATELESS;
  }

  datagram(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    const { ber } = this;
    ber.set(b, o, end, d.ending !== '');
    this.number = Number.NaN;
    this.flags = 0;
    this.user = '';
    if (!(this.head(d) && this.message(d)) && d.ending === '') d.tell(Told.Partial, 'malformed');
  }

  /** Reads what stands before the PDU. */
  private head(d: Dialogue): boolean {
    const { ber } = this;
    if (!ber.into(Tag.Sequence)) return false;
    const version = ber.nextInteger();
    this.version = VERSIONS[version] ?? '';
    if (this.version === '') return false;
    if (version !== VERSION_3) return ber.expect(Tag.OctetString);
    const { end } = ber;
    if (!ber.into(Tag.Sequence)) return false;
    this.number = ber.nextInteger();
    ber.nextInteger();
    if (!ber.expect(Tag.OctetString) || ber.stop - ber.start !== 1) return false;
    this.flags = ber.bytes[ber.start];
    const model = ber.nextInteger();
    ber.leave(end);
    if (!ber.expect(Tag.OctetString)) return false;
    if (model !== USM) return true;
    ber.enter();
    this.readUser(d);
    ber.leave(end);
    return true;
  }

  /** The user of the security parameters (RFC 3414, 2.4): behind the engine, its boots and its time. */
  private readUser(d: Dialogue): void {
    const { ber } = this;
    const { end } = ber;
    if (!ber.into(Tag.Sequence)) return;
    const isThere =
      ber.expect(Tag.OctetString) &&
      ber.expect(Tag.Integer) &&
      ber.expect(Tag.Integer) &&
      ber.expect(Tag.OctetString);
    if (isThere) this.user = d.texts.utf8(ber.bytes, ber.start, trimmed(ber.bytes, ber.start, ber.stop));
    ber.leave(end);
  }

  /** Reads the PDU. @returns false if it is none */
  private message(d: Dialogue): boolean {
    const { ber } = this;
    if (this.version === '3') {
      if ((this.flags & IS_ENCRYPTED) !== 0) {
        this.encrypted(d);
        return true;
      }
      if (!ber.into(Tag.Sequence) || !ber.expect(Tag.OctetString) || !ber.expect(Tag.OctetString))
        return false;
    }
    if (!ber.next()) return false;
    const pdu = ber.tag - context(0);
    const method = METHODS[pdu];
    if (method === undefined) return false;
    ber.enter();
    if (pdu === Pdu.TrapV1) {
      this.trapV1(d);
      return true;
    }
    const request = ber.nextInteger();
    const error = ber.nextInteger();
    ber.nextInteger();
    if (Number.isNaN(request)) return false;
    const id = this.version === '3' ? this.number : request;
    if (pdu === Pdu.Response || pdu === Pdu.Report) this.answer(d, id, pdu, error);
    else if (pdu === Pdu.Trap) this.trap(d, method);
    else this.ask(d, id, method);
    return true;
  }

  private ask(d: Dialogue, id: number, method: string): void {
    d.sentByClient(true);
    // The same one again.
    if (d.find(id) !== undefined) return;
    const q = this.about(d.ask(id), method);
    if (method !== 'encrypted') this.tellNames(d, q);
  }

  private answer(d: Dialogue, id: number, pdu: Pdu, error: number): void {
    d.sentByClient(false);
    const asked = d.find(id);
    const q = asked ?? this.about(d.unasked(), '');
    const isReport = pdu === Pdu.Report;
    if (isReport) q.status = 'report';
    else if (!Number.isNaN(error)) q.status = ERRORS[error] ?? String(error);
    if (asked === undefined) return;
    if (isReport) d.answer(q, q.userName === '' ? Outcome.Ok : Outcome.ClientError);
    else if (error === GEN_ERR) d.answer(q, Outcome.ServerError);
    else d.answer(q, error > 0 ? Outcome.ClientError : Outcome.Ok);
    if (q.outcome === Outcome.Ok) d.tell(Told.UserName, q.userName);
  }

  /** A message of which only the head can be read. What may be reported about asks for an answer. */
  private encrypted(d: Dialogue): void {
    if ((this.flags & IS_REPORTABLE) !== 0) {
      this.ask(d, this.number, 'encrypted');
      return;
    }
    const to = d.fromClient ? d.serverPort : d.clientPort;
    if (to === TRAPS) this.trap(d, 'encrypted');
    else this.answer(d, this.number, Pdu.Response, Number.NaN);
  }

  private trap(d: Dialogue, method: string): void {
    d.sentByClient(true);
    const q = this.about(d.row(), method);
    if (method !== 'encrypted') this.tellNames(d, q);
  }

  /** A trap of version 1 (RFC 1157, 4.1.6): by its first variable, or by whose trap it is. */
  private trapV1(d: Dialogue): void {
    const { ber } = this;
    d.sentByClient(true);
    const q = this.about(d.row(), 'trap');
    const enterprise = ber.expect(Tag.Oid) ? ber.oid(d.texts) : '';
    // Address, generic and specific number, time.
    for (let i = 0; i < 4; i++) ber.next();
    this.tellNames(d, q);
    if (q.resource === '') q.resource = enterprise;
  }

  private about(q: Question, method: string): Question {
    q.method = method;
    q.userName = this.user;
    q.attribute('version', this.version);
    return q;
  }

  /** The first name of the list of variables that comes next. */
  private tellNames(d: Dialogue, q: Question): void {
    const { ber } = this;
    if (ber.into(Tag.Sequence) && ber.into(Tag.Sequence) && ber.expect(Tag.Oid))
      q.resource = ber.oid(d.texts);
    if (ber.bad && q.partial === '') q.partial = 'malformed';
  }
}
