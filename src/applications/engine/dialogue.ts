import type { ApplicationName } from '../../model/application-names.js';
import { Outcome, type Partial, Told, type ToldFlag } from '../../model/told.js';
import type { Certificate } from '../certificate.js';
import type { Question } from '../question.js';
import { Read, STATELESS, type State } from '../read.js';
import type { Block } from './blocks.js';
import type { Held } from './held.js';
import type { Texts } from './texts.js';

/**
 * Open questions of one conversation, unless its reader says otherwise; beyond, the oldest becomes a row
 * without an answer.
 */
export const MOST_OPEN = 32;

/** What happens with a side's bytes. */
export const Phase = {
  /** Nothing came yet: its first bytes begin a message. */
  Begin: 0,
  /** `next` is where its next message begins. */
  Reading: 1,
  /** Nobody knows where its next message begins: wait until the other side has spoken. */
  Waiting: 2,
  /** Nothing more is wanted. */
  Done: 3,
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** One side's stream. */
export class Side {
  phase: Phase = Phase.Begin;
  /** The sequence number at which the next message begins; and the one behind all that came. */
  next = 0;
  top = 0;
  /** The other side's highest acknowledgment, if it sent one. */
  acked = 0;
  wasAcked = false;
  /** Whether its SYN was not seen, and nothing before its first bytes. */
  mayBeginEarlier = false;
  /** Whether the other side spoke since this one did. */
  interrupted = false;
  /** Whether bytes before `next` were passed over unread, or never came. */
  skipped = false;
  /** Where a message begins behind missing bytes, if that is known; nowhere while it is not behind `next`. */
  turn = 0;
  turnSec = 0;
  turnNsec = 0;
  /** When the first byte of the message that is gathered came. */
  beganSec = 0;
  beganNsec = 0;
  block: Block | undefined;
  /** The question whose message goes on behind what was looked at, and whether it is its answer. */
  going: Question | undefined;
  goingIsAnswer = false;
  /** Whether its bytes are counted as they come: its length is not known. */
  goingCounts = false;
  /** Attempts to recognise an application by what this side says. */
  tries = 0;

  reset(): void {
    this.phase = Phase.Begin;
    this.next = this.top = this.acked = this.beganSec = this.beganNsec = this.tries = 0;
    this.turn = this.turnSec = this.turnNsec = 0;
    this.wasAcked = this.mayBeginEarlier = this.interrupted = this.skipped = false;
    this.goingIsAnswer = this.goingCounts = false;
    this.block = undefined;
    this.going = undefined;
  }
}

/** What a dialogue's words and rows are for. */
export interface Host {
  readonly texts: Texts;
  /** Keeps a word of the conversation. */
  tell(d: Dialogue, column: Told, word: string): void;
  tellFlag(d: Dialogue, flag: ToldFlag): void;
  /** Keeps the time of the TLS handshake, in microseconds. */
  tellTlsTime(d: Dialogue, us: number): void;
  /** Says which side is the client, unless a SYN did. */
  tellClient(d: Dialogue, side: 0 | 1): void;
  /** Keeps a certificate of the server. */
  certificate(d: Dialogue, c: Certificate): void;
  /** A question as new. When all are in use, the oldest open one of all conversations is given up. */
  takeQuestion(d: Dialogue): Question;
  /** Writes a row, and takes the question back. */
  write(d: Dialogue, q: Question): void;
  /** See Dialogue.waitFor. */
  waitFor(q: Question): void;
  /** See Dialogue.expect, and noteOf. */
  expect(port: number, name: ApplicationName, note: string): void;
  noteOf(port: number): string;
  /** Takes a question back without a row. */
  giveQuestion(q: Question): void;
  /** What its message says is in an open question, and has its bounds. */
  weigh(q: Question): void;
}

/**
 * Reads the messages of one protocol. There is one for all conversations: what it has to remember of one is
 * in `d.state`, or in the questions that are open.
 *
 * Bytes come from strangers: every length is compared with `end` before it is used, loops are bounded by
 * bytes consumed or by a number, nothing is thrown, nothing allocated but texts.
 */
export interface Reader {
  /** A state for one conversation. */
  newState(): State;
  /**
   * Reads the message that begins at `o`, of the side that `d.fromClient` says.
   *
   * @returns bytes that it takes, its length if it goes on behind `end` (the rest is passed over); or one of
   * Read
   */
  stream?(d: Dialogue, b: Uint8Array, o: number, end: number): number;
  /** Reads a datagram. `d.over()` ends the reading of the conversation. */
  datagram?(d: Dialogue, b: Uint8Array, o: number, end: number): void;
  /** The conversation, or its reading, ends. Open questions become rows afterwards. */
  finish?(d: Dialogue): void;
  /** Bytes of a message that are looked at, 4096 unless said otherwise: of the client, of the server. */
  readonly most?: readonly [client: number, server: number];
  /**
   * Whether the server only answers. Then its answer waits, for a moment, if the question it acknowledges
   * has not come; and when it is read, what is still missing of the question is given up.
   */
  readonly inTurns?: boolean;
  /** Questions that are open at once, MOST_OPEN unless said otherwise. */
  readonly mostOpen?: number;
}

/**
 * What a reader knows of a conversation, and what it says of it. Objects are reused. The members above the
 * line are for readers, those below for what hands them their bytes.
 */
export class Dialogue {
  /** Whether the client sent the message at hand. */
  fromClient = true;
  /**
   * Why nothing more of the message at hand will come: it is read as far as it goes, and does not ask for
   * more. '' while more may come.
   */
  ending: Partial | '' = '';
  /** When its last byte came that is here, and its first one. */
  sec = 0;
  nsec = 0;
  beganSec = 0;
  beganNsec = 0;
  clientPort = 0;
  serverPort = 0;
  /** Whether it is over TCP. */
  isTcp = true;
  /** What its reader keeps. */
  state: State = STATELESS;
  /** Open questions, the oldest first. */
  readonly open: Question[] = [];

  /** @param handle the host's number of it */
  constructor(
    private readonly host: Host,
    readonly handle: number,
  ) {}

  get texts(): Texts {
    return this.host.texts;
  }

  /** Says a word of the conversation. The first one stays; an empty one says nothing. */
  tell(column: Told, word: string): void {
    if (word !== '') this.host.tell(this, column, word);
  }

  tellFlag(flag: ToldFlag): void {
    this.host.tellFlag(this, flag);
  }

  /** Says how long the TLS handshake took, in microseconds. */
  tellTlsTime(us: number): void {
    this.host.tellTlsTime(this, us);
  }

  certificate(c: Certificate): void {
    this.host.certificate(this, c);
  }

  /**
   * Says who sent the message at hand, where the message itself says so (a request, a response bit). What was
   * a guess is set right; a SYN knows better.
   */
  sentByClient(client: boolean): void {
    if (client !== this.fromClient)
      this.host.tellClient(this, client ? this.side : ((1 - this.side) as 0 | 1));
  }

  /**
   * A question: the message at hand. Its row is written when it is answered, or dropped, or its time is over.
   */
  ask(id = 0): Question {
    if (this.asked !== undefined) this.host.weigh(this.asked);
    const q = this.take();
    q.id = id;
    q.byClient = this.fromClient;
    if (this.open.length >= (this.reader?.mostOpen ?? MOST_OPEN)) this.giveUp(this.open[0], 'limit');
    this.open.push(q);
    this.asked = q;
    return q;
  }

  /**
   * The message at hand goes on with an open question, which came in several messages: the time that is
   * measured begins with the last of them.
   */
  askMore(q: Question): void {
    this.asked = q;
    if (q.partial === '') q.partial = this.ending;
    if (q.begun) return;
    q.askedSec = this.sec;
    q.askedNsec = this.nsec;
  }

  /** The oldest open question with this number, and this text where one is given; undefined for none. */
  find(id: number, key?: string): Question | undefined {
    for (const q of this.open) if (q.id === id && (key === undefined || q.key === key)) return q;
    return undefined;
  }

  /** Whether the message at hand does not follow the one before it: what is between was not read. */
  get isResumed(): boolean {
    return this.sides[this.side].skipped;
  }

  /** Whether who sent the message at hand has had bytes of the other side that did not come here (yet). */
  get knowsMore(): boolean {
    const peer = this.sides[1 - this.side];
    return peer.wasAcked && ((peer.acked - peer.top) | 0) > 0;
  }

  /** The oldest open question. */
  get oldest(): Question | undefined {
    return this.open[0];
  }

  /** The message at hand begins the answer: its first byte ends the time that is measured. */
  begin(q: Question): void {
    this.answering = q;
    if (q.begun) return;
    q.begun = true;
    q.begunSec = this.beganSec;
    q.begunNsec = this.beganNsec;
  }

  /** The message at hand is the answer, or ends it. Its row is written when the message is over. */
  answer(q: Question, outcome: Outcome = Outcome.Ok): void {
    this.begin(q);
    q.answered = true;
    q.outcome = outcome;
    q.endedSec = this.sec;
    q.endedNsec = this.nsec;
    if (q.partial === '') q.partial = this.ending;
    remove(this.open, q);
    this.finished.push(q);
  }

  /** A row for the message at hand alone: one that asks for no answer. Say what it is before it is over. */
  row(outcome: Outcome = Outcome.Ok): Question {
    const q = this.take();
    q.byClient = this.fromClient;
    q.outcome = outcome;
    this.finished.push(q);
    this.asked = q;
    return q;
  }

  /** A row for an answer whose question was not seen. */
  unasked(): Question {
    const q = this.take();
    q.byClient = !this.fromClient;
    q.outcome = Outcome.Unasked;
    this.begin(q);
    q.endedSec = this.sec;
    q.endedNsec = this.nsec;
    q.answered = true;
    this.finished.push(q);
    return q;
  }

  /** The answer to a question over UDP may take as long as the conversation lasts. */
  waitFor(q: Question): void {
    this.host.waitFor(q);
  }

  /**
   * A UDP port at which media of a conversation are expected: what comes there is held against an application
   * that is not recognised by its bytes alone.
   *
   * @param note what its reader is told, see {@link noteOf}
   */
  expect(port: number, name: ApplicationName, note: string): void {
    this.host.expect(port, name, note);
  }

  /** What was said of a port for {@link expect}, '' for nothing. */
  noteOf(port: number): string {
    return this.host.noteOf(port);
  }

  /** Forgets an open question without a row. */
  drop(q: Question): void {
    if (remove(this.open, q)) this.host.giveQuestion(q);
  }

  /** Writes an open question's row as it is. */
  giveUp(q: Question, why: Partial | '' = ''): void {
    remove(this.open, q);
    // Answered, and its answer goes on: it is written now, and not once more at its end.
    remove(this.finished, q);
    if (q.partial === '') q.partial = why;
    this.host.write(this, q);
  }

  /**
   * The bytes break the protocol: says so, and ends the reading.
   *
   * @returns what a stream's reader returns then
   */
  malformed(): typeof Read.Over {
    this.host.tell(this, Told.Partial, 'malformed');
    this.over();
    return Read.Over;
  }

  /** Nothing more of the conversation is wanted. */
  over(): void {
    this.isOver = true;
  }

  /**
   * Hands what comes behind the message at hand to another reader, as after STARTTLS; the message too, if the
   * reader returns Read.More. The word in `app_protocol` stays.
   */
  become(name: ApplicationName): void {
    this.successor = name;
  }

  /** Hands what comes next to whom it is recognised as, as behind a proxy. */
  becomeAnything(): void {
    this.successor = '';
  }

  // ------------------------------------------------------------------------------------------------------

  /** The host's number of the conversation. */
  slot = -1;
  /** The side whose message is at hand: 0 opened the session. */
  side: 0 | 1 = 0;
  readonly sides: readonly [Side, Side] = [new Side(), new Side()];
  reader: Reader | undefined;
  readerName: ApplicationName = '';
  isOver = false;
  successor: ApplicationName | undefined;
  /** Another reader took over with the segment at hand. */
  wasHandedOn = false;
  /** Answers that came before their question, and wait for it. */
  readonly held: Held[] = [];
  /** Questions whose rows are due when the message at hand is over. */
  readonly finished: Question[] = [];
  /** The question that the message at hand asks, and the one it answers. */
  asked: Question | undefined;
  answering: Question | undefined;
  /** Whether something came since it was last looked at for taking its place. */
  isActive = false;
  /** Which side is the client. */
  client: 0 | 1 = 0;

  /** Makes it as it was when it was new. */
  forget(): void {
    this.ending = '';
    this.slot = -1;
    this.isOver = this.isActive = this.wasHandedOn = false;
    this.successor = this.asked = this.answering = undefined;
    empty(this.open);
    empty(this.finished);
    empty(this.held);
  }

  private take(): Question {
    const q = this.host.takeQuestion(this);
    q.partial = this.ending;
    q.askedSec = this.sec;
    q.askedNsec = this.nsec;
    return q;
  }
}

/** Setting the length is a call of V8's runtime, even if nothing changes. */
function empty(list: unknown[]): void {
  if (list.length > 0) list.length = 0;
}

/** Takes a question out of a list, mostly its only one. @returns whether it was there */
function remove(list: Question[], q: Question): boolean {
  const at = list.indexOf(q);
  if (at < 0) return false;
  // splice makes an array of what it takes out.
  if (at === list.length - 1) list.pop();
  else list.splice(at, 1);
  return true;
}
