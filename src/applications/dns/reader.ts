import { u16 } from '../../wire/bytes.js';
import type { Texts } from '../engine/texts.js';
import type { Question } from '../question.js';
import { type Dialogue, Read, type Reader, STATELESS } from '../reader.js';
import { Message, Whole } from './message.js';
import { addName } from './name.js';
import { addEdns, addRecords } from './records.js';
import { rcodeOutcome, rcodeWord, Type, typeWord } from './words.js';

const HEADER_BYTES = 12;
/** Stateful operations (RFC 8490): messages of a session, no questions. */
const OPCODE_DSO = 6;
/** Question.note of a question whose type and class are not known. */
const UNKNOWN = -1;

/**
 * DNS (RFC 1035) over UDP and TCP, mDNS (RFC 6762) and LLMNR (RFC 4795), whose messages are the same. One
 * question, one row: first question to first answer with its identifier, name, type and class. One that is
 * sent again while it is open has a row only if it is answered again too.
 *
 * mDNS, and LLMNR over UDP, ask a group; who answers does so in another conversation. There each message is a
 * row of its own, and nothing is left unanswered.
 */
export class DnsReader implements Reader {
  readonly inTurns = true;
  private readonly m = new Message();
  /** Between the strings of a TXT record: one text in pieces (RFC 7208, 3.3), or facts (RFC 6763, 6.1). */
  private readonly betweenStrings: string;

  constructor(private readonly word: 'dns' | 'mdns' | 'llmnr') {
    this.betweenStrings = word === 'mdns' ? ' ' : '';
  }

  newState(): typeof STATELESS {
    return STATELESS;
  }

  datagram(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    this.message(d, b, o, end);
  }

  /** A length of two bytes before each message (RFC 1035, 4.2.2). */
  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    if (o + 2 > end) return d.ending === '' ? Read.More : Read.Turn;
    const length = u16(b, o);
    if (length < HEADER_BYTES) return d.malformed();
    const next = o + 2 + length;
    if (next > end && d.ending === '') return Read.More;
    this.message(d, b, o + 2, Math.min(next, end));
    return next - o;
  }

  private message(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    const { m } = this;
    if (!m.read(d.texts, b, o, end) || m.opcode === OPCODE_DSO) return;
    // Of mDNS both sides are on the same port, and it is the group that would be asked by an answer.
    if (this.word !== 'mdns' && d.open.length === 0) d.sentByClient(!m.isResponse);
    if (m.isResponse) this.response(d, b, o);
    else this.question(d, b);
  }

  private question(d: Dialogue, b: Uint8Array): void {
    const { m } = this;
    const asksGroup = this.asksGroup(d);
    const isRepeated = !asksGroup && this.find(d, d.fromClient) !== undefined;
    const q = asksGroup ? d.row() : d.ask(m.id);
    q.isRepeated = isRepeated;
    this.name(q, d.texts);
    addEdns(q, m, d.texts, b);
    this.note(q, d);
  }

  private response(d: Dialogue, b: Uint8Array, start: number): void {
    const { m } = this;
    const { texts } = d;
    const outcome = rcodeOutcome(m.rcode);
    const asked = this.asksGroup(d) ? undefined : this.find(d, !d.fromClient);
    if (asked === undefined && d.isTcp && this.goesOn()) return;
    const q = asked ?? d.unasked();
    if (asked !== undefined) d.answer(asked, outcome);
    if (asked === undefined || (asked.note === UNKNOWN && m.hasQuestion)) this.ofAnswer(q, d, b, start);
    if (this.asksGroup(d)) q.outcome = outcome;
    q.status = rcodeWord(texts, m.rcode);
    const count = this.word === 'mdns' ? m.records : m.answers;
    addRecords(q, m, texts, b, start, count, this.betweenStrings);
    addEdns(q, m, texts, b);
    this.note(q, d);
  }

  /** Whether questions are answered elsewhere. */
  private asksGroup(d: Dialogue): boolean {
    return this.word !== 'dns' && !d.isTcp;
  }

  /** What a question says; of a message without one, nothing. */
  private name(q: Question, texts: Texts): void {
    const { m } = this;
    q.name = m.name;
    q.note = m.hasQuestion ? kindOf(m) : UNKNOWN;
    if (m.hasQuestion && m.questions > 0) q.method = typeWord(texts, m.type);
  }

  /** An answer without a question says by its first record what it is about. */
  private ofAnswer(q: Question, d: Dialogue, b: Uint8Array, start: number): void {
    const { m } = this;
    this.name(q, d.texts);
    if (m.questions > 0 || m.records === 0 || m.opt === 0) return;
    d.texts.begin();
    addName(d.texts, b, start, m.nameAt(0), m.dataAt(0));
    q.name = d.texts.take();
    q.method = typeWord(d.texts, m.typeOf(0));
  }

  /** Whether a response is a further one to the question for a zone: the first begins with its SOA. */
  private goesOn(): boolean {
    const { m } = this;
    if (m.rcode !== 0) return false;
    if (m.questions > 0 && m.type !== Type.Axfr && m.type !== Type.Ixfr) return false;
    return m.answers < 2 || m.typeOf(0) !== Type.Soa;
  }

  /** The oldest open question that the message at hand repeats, or answers. */
  private find(d: Dialogue, byClient: boolean): Question | undefined {
    const { m } = this;
    for (const q of d.open) if (q.id === m.id && q.byClient === byClient && this.isSame(q)) return q;
    return undefined;
  }

  private isSame(q: Question): boolean {
    const { m } = this;
    if (m.questions === 0) return m.isResponse;
    // Of what was cut, as much of the name as there is of both.
    if (!m.hasQuestion) return q.name.startsWith(m.name) || m.name.startsWith(q.name);
    if (q.note === UNKNOWN) return m.name.startsWith(q.name);
    return q.note === kindOf(m) && q.name === m.name;
  }

  private note(q: Question, d: Dialogue): void {
    const { whole } = this.m;
    if (whole === Whole.Yes || q.partial !== '') return;
    if (whole === Whole.Limit) q.partial = 'limit';
    else if (d.ending === '') q.partial = 'malformed';
  }
}

/** Type and class of the first question as one number. The class' top bit is mDNS' own (RFC 6762, 5.4). */
function kindOf(m: Message): number {
  return m.type * 0x10000 + (m.class & 0x7fff);
}
