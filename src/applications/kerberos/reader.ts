import { Outcome, Told } from '../../model/told.js';
import { u32 } from '../../wire/bytes.js';
import type { Question } from '../question.js';
import { type Dialogue, Read, type Reader, STATELESS, type State } from '../reader.js';
import { errorName, errorOutcome } from './errors.js';
import { KerberosMessage, MessageType } from './message.js';

/** Longer messages are none: tickets with thousands of groups stay below. */
const LONGEST = 1 << 20;

/**
 * Kerberos 5 (RFC 4120). Over UDP a message is a datagram, over TCP it has its length before it, in 32 bits,
 * high byte first (7.2.2). Answers have no number in clear: they are held against the oldest question of
 * their kind.
 */
export class KerberosReader implements Reader {
  readonly inTurns = true;
  /** Tickets, which requests have before what is asked for, may be long. */
  readonly most = [16_384, 4096] as const;
  private readonly message = new KerberosMessage();

  newState(): State {
    return STATELESS;
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    if (end - o < 4) return d.ending === '' ? Read.More : Read.Turn;
    const length = u32(b, o);
    if (length === 0 || length > LONGEST) return d.malformed();
    const isWhole = length <= end - o - 4;
    const m = this.message;
    if (!m.read(b, o + 4, isWhole ? o + 4 + length : end, !isWhole)) return d.malformed();
    if (!isWhole && !m.isEnough && d.ending === '') return Read.More;
    this.take(d, m);
    return 4 + length;
  }

  datagram(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    if (this.message.read(b, o, end, d.ending !== '')) this.take(d, this.message);
    else d.malformed();
  }

  private take(d: Dialogue, m: KerberosMessage): void {
    switch (m.type) {
      case MessageType.AsReq:
        this.ask(d, m, 'AS');
        return;
      case MessageType.TgsReq:
        this.ask(d, m, 'TGS');
        return;
      case MessageType.ApReq:
        this.ask(d, m, 'AP');
        return;
      case MessageType.AsRep:
        this.answer(d, m, 'AS');
        return;
      case MessageType.TgsRep:
        this.answer(d, m, 'TGS');
        return;
      case MessageType.ApRep:
        this.answer(d, m, 'AP');
        return;
      case MessageType.Error:
        this.answer(d, m, '');
    }
  }

  private ask(d: Dialogue, m: KerberosMessage, method: string): void {
    d.sentByClient(true);
    const id = Number.isNaN(m.nonce) ? 0 : m.nonce;
    // Sent again: the same question.
    if (id !== 0 && d.find(id)?.method === method) return;
    const q = d.ask(id);
    q.method = method;
    this.describe(d, m, q);
    const till = m.till(d.texts);
    if (till !== '') q.attribute('till', till);
    if (method === 'AP') tellEtype(m, q);
  }

  private answer(d: Dialogue, m: KerberosMessage, method: string): void {
    d.sentByClient(false);
    const asked = oldestOf(d, method);
    const q = asked ?? d.unasked();
    if (method === '') q.status = errorName(m.error);
    else tellEtype(m, q);
    if (asked === undefined) q.method = method;
    this.describe(d, m, q);
    if (asked === undefined) return;
    d.answer(q, method === '' ? errorOutcome(m.error) : Outcome.Ok);
    if (method !== '') d.tell(Told.UserName, q.userName);
  }

  /** Who wants what of whom: what the question said of it stays. */
  private describe(d: Dialogue, m: KerberosMessage, q: Question): void {
    if (q.name === '') q.name = m.realm(d.texts);
    if (q.resource === '') q.resource = m.service(d.texts);
    if (q.userName === '') q.userName = m.client(d.texts);
  }
}

function tellEtype(m: KerberosMessage, q: Question): void {
  if (!Number.isNaN(m.etype)) q.attribute('etype', String(m.etype));
}

/** The oldest open question of this method; of any for ''. */
function oldestOf(d: Dialogue, method: string): Question | undefined {
  if (method === '') return d.oldest;
  for (const q of d.open) if (q.method === method) return q;
  return undefined;
}
