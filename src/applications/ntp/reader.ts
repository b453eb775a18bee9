import { Outcome, Told } from '../../model/told.js';
import { i32, u16, u32 } from '../../wire/bytes.js';
import type { Question } from '../question.js';
import { type Dialogue, type Reader, STATELESS } from '../reader.js';
import { ipv4Word, trimmed } from '../words.js';

/** Modes (RFC 5905, 3); 0 is what version 1 has in all packets (RFC 1059). */
const Mode = {
  None: 0,
  SymmetricActive: 1,
  SymmetricPassive: 2,
  Client: 3,
  Server: 4,
  Broadcast: 5,
  Control: 6,
  Private: 7,
} as const;
/** Where fields are (RFC 5905, 7.3). */
const STRATUM = 1;
const REFERENCE_ID = 12;
const ORIGIN = 24;
const TRANSMIT = 40;
const LENGTH = 48;
/** Kiss codes that refuse (RFC 5905, 7.4); others say that the server has no time. */
const REFUSALS = ['AUTH', 'CRYP', 'DENY', 'NKEY', 'RATE', 'RSTR'];
/** Of control messages (RFC 9327, 2): the shortest one, and bits of their second byte. */
const CONTROL_LENGTH = 12;
const IS_RESPONSE = 0x80;
const IS_ERROR = 0x40;
/** Of private ones (ntpd's own, mode 7): the shortest one, and the bit of a response in the first byte. */
const PRIVATE_LENGTH = 8;

/** Reads NTP, and what ntpd says of itself by it. An answer's origin time is its question's transmit time. */
export class NtpReader implements Reader {
  newState() {
    return STATELESS;
  }

  datagram(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    const mode = b[o] & 7;
    const length = mode === Mode.Control ? CONTROL_LENGTH : mode === Mode.Private ? PRIVATE_LENGTH : LENGTH;
    if (end - o < length) {
      // Short of its time it says nothing.
      if (d.ending === '') d.tell(Told.Partial, 'malformed');
      return;
    }
    switch (mode) {
      case Mode.Control:
        this.control(d, b, o);
        return;
      case Mode.Private:
        this.private(d, b, o);
        return;
      case Mode.Broadcast: {
        const q = d.row();
        q.method = 'broadcast';
        this.tellServer(d, q, b, o);
        return;
      }
      case Mode.Client:
        d.sentByClient(true);
        this.ask(d, 'client', b, o);
        return;
      case Mode.SymmetricActive:
        // Two peers that are both active answer each other so: neither is the client.
        if (answered(d, b, o) === undefined) this.ask(d, 'symmetric_active', b, o);
        else this.answer(d, b, o);
        return;
      case Mode.None:
        if (d.fromClient) this.ask(d, 'client', b, o);
        else this.answer(d, b, o);
        return;
      default:
        d.sentByClient(false);
        this.answer(d, b, o);
    }
  }

  private ask(d: Dialogue, method: string, b: Uint8Array, o: number): void {
    const seconds = i32(b, o + TRANSMIT);
    const fraction = u32(b, o + TRANSMIT + 4);
    for (const q of d.open) if (q.id === fraction && q.note === seconds && seconds !== 0) return;
    const q = d.ask(fraction);
    q.method = method;
    q.note = seconds;
    tellVersion(d, q, b[o]);
  }

  private answer(d: Dialogue, b: Uint8Array, o: number): void {
    const asked = answered(d, b, o) ?? oldest(d);
    const q = asked ?? d.unasked();
    if (asked === undefined) q.method = (b[o] & 7) === Mode.SymmetricPassive ? 'symmetric_active' : 'client';
    const outcome = this.tellServer(d, q, b, o);
    if (asked !== undefined) d.answer(q, outcome);
  }

  /** What a server says of itself. @returns how it answers */
  private tellServer(d: Dialogue, q: Question, b: Uint8Array, o: number): Outcome {
    const stratum = b[o + STRATUM];
    const at = o + REFERENCE_ID;
    tellVersion(d, q, b[o]);
    q.attribute('stratum', number(d, stratum));
    if (stratum > 1) {
      q.name = ipv4Word(d.texts, b, at);
      return Outcome.Ok;
    }
    q.name = d.texts.ascii(b, at, trimmed(b, at, at + 4));
    if (stratum === 1 || q.name === '') return Outcome.Ok;
    q.status = q.name;
    return REFUSALS.includes(q.name) ? Outcome.ClientError : Outcome.ServerError;
  }

  /** A control message. Only the first part of an answer counts. */
  private control(d: Dialogue, b: Uint8Array, o: number): void {
    const kind = b[o + 1];
    const sequence = u16(b, o + 2);
    if ((kind & IS_RESPONSE) === 0) {
      this.askFor(d, 'control', sequence, b[o]);
      return;
    }
    const outcome = (kind & IS_ERROR) === 0 ? Outcome.Ok : Outcome.ClientError;
    this.answerTo(d, 'control', sequence, u16(b, o + 8) === 0, outcome, b[o]);
  }

  /** A private message: the request's code pairs them, answers count their own parts. */
  private private(d: Dialogue, b: Uint8Array, o: number): void {
    const code = u16(b, o + 2);
    if ((b[o] & IS_RESPONSE) === 0) {
      this.askFor(d, 'private', code, b[o]);
      return;
    }
    const outcome = b[o + 4] >> 4 === 0 ? Outcome.Ok : Outcome.ClientError;
    this.answerTo(d, 'private', code, (b[o + 1] & 0x7f) === 0, outcome, b[o]);
  }

  private askFor(d: Dialogue, method: string, id: number, first: number): void {
    d.sentByClient(true);
    if (d.find(id, method) !== undefined) return;
    const q = d.ask(id);
    q.key = q.method = method;
    tellVersion(d, q, first);
  }

  private answerTo(
    d: Dialogue,
    method: string,
    id: number,
    isFirst: boolean,
    outcome: Outcome,
    first: number,
  ): void {
    d.sentByClient(false);
    const asked = d.find(id, method);
    if (asked !== undefined) d.answer(asked, outcome);
    else if (isFirst) {
      const q = d.unasked();
      q.method = method;
      tellVersion(d, q, first);
    }
  }
}

/** The other side's question with an answer's origin time. */
function answered(d: Dialogue, b: Uint8Array, o: number): Question | undefined {
  const seconds = i32(b, o + ORIGIN);
  const fraction = u32(b, o + ORIGIN + 4);
  for (const q of d.open)
    if (q.id === fraction && q.note === seconds && q.byClient !== d.fromClient && q.key === '') return q;
  return undefined;
}

/** The other side's oldest question about the time. */
function oldest(d: Dialogue): Question | undefined {
  for (const q of d.open) if (q.byClient !== d.fromClient && q.key === '') return q;
  return undefined;
}

function tellVersion(d: Dialogue, q: Question, first: number): void {
  q.attribute('version', number(d, (first >> 3) & 7));
}

function number(d: Dialogue, n: number): string {
  d.texts.begin();
  d.texts.addNumber(n);
  return d.texts.take();
}
