import { Outcome, Told } from '../../model/told.js';
import type { Question } from '../question.js';
import { type Dialogue, Read, type Reader, type State } from '../reader.js';
import { Chunks, Stage } from './chunks.js';
import { addRequest, addResponse, addTarget, contentLength, isChunked, isMethod, isValue } from './fields.js';
import { Found, Head, lineEndsAt } from './head.js';
import { Field } from './names.js';
import { Users } from './user.js';

/** What an answer has to know of its request: bits of Question.note. */
const IS_HEAD = 1;
const IS_CONNECT = 2;
/** Who asked had an answer that was not seen, to the request before it. */
const IS_AFTER_LOSS = 4;
/** Longer bodies are not passed over by their length: sequence numbers come round. */
const LONGEST_BODY = 0x3fff_ffff;
/** Beginnings of turns in a row that are no head, before the reading ends. */
const MOST_MISSES = 16;
const PREFACE_BYTES = 24;
/** The longest line of a chunked body that is waited for. */
const MOST_LINE = 1024;

class HttpState implements State {
  request: Stage = Stage.Head;
  response: Stage = Stage.Head;
  /** Whether a head was read: it is known who the client is. */
  isSure = false;
  misses = 0;

  reset(): void {
    this.request = this.response = Stage.Head;
    this.isSure = false;
    this.misses = 0;
  }
}

/**
 * HTTP/1 (RFC 9110, RFC 9112): a request and its final response are a row. Bodies are passed over by their
 * length or their chunks; one that ends with the connection, until the client speaks again.
 */
export class HttpReader implements Reader {
  readonly inTurns = true;
  private readonly head = new Head();
  private readonly chunks = new Chunks();
  private readonly users = new Users();

  newState(): State {
    return new HttpState();
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const s = d.state as HttpState;
    if ((d.fromClient ? s.request : s.response) !== Stage.Head) {
      if (!d.isResumed) return this.body(d, s, b, o, end);
      this.lost(d, s);
    }
    // Alone, they are no beginning of what comes later.
    if (!d.isResumed && lineEndsAt(b, o, end) === end - o) return end - o;
    const found = this.head.find(b, o, end, d.ending !== '');
    if (found === Found.Incomplete) return Read.More;
    const isRequest = found === Found.Request;
    if (found === Found.Nothing || (s.isSure && isRequest !== d.fromClient)) return this.miss(d, s);
    if (!s.isSure) d.sentByClient(isRequest);
    s.isSure = true;
    s.misses = 0;
    return isRequest ? this.request(d, s, b, o, end) : this.response(d, s, b, o);
  }

  /** What is no head: the middle of a body, or another protocol. */
  private miss(d: Dialogue, s: HttpState): number {
    if (!s.isSure) return d.malformed();
    return ++s.misses === MOST_MISSES ? Read.Over : Read.Turn;
  }

  /** The chunks of a body, of which some were lost, cannot be followed. */
  private lost(d: Dialogue, s: HttpState): void {
    if (d.fromClient) {
      s.request = Stage.Head;
      return;
    }
    s.response = Stage.Head;
    const q = d.oldest;
    if (q?.begun === true) d.giveUp(q, 'gap');
  }

  private request(d: Dialogue, s: HttpState, b: Uint8Array, o: number, end: number): number {
    const { head } = this;
    if (isMethod(b, head, 'pri')) return this.preface(d, o, end);
    const q = d.ask();
    const isConnect = isMethod(b, head, 'connect');
    if (isConnect) q.note = IS_CONNECT;
    else if (isMethod(b, head, 'head')) q.note = IS_HEAD;
    if (d.open.length > 1 && d.knowsMore) q.note |= IS_AFTER_LOSS;
    addTarget(q, head, d.texts, b, isConnect);
    addRequest(q, head, d.texts, b, this.users);
    if (!head.isWhole) return Read.Turn;
    const taken = head.end - o;
    q.requestBytes = 0;
    if (isChunked(head, b)) {
      s.request = Stage.Chunk;
      return taken;
    }
    const length = contentLength(head, b);
    q.requestBytes = Math.max(0, length);
    return length > LONGEST_BODY ? Read.Turn : taken + q.requestBytes;
  }

  /** HTTP/2 without an upgrade (RFC 9113, 3.4) begins with what looks like a request. */
  private preface(d: Dialogue, o: number, end: number): number {
    if (end - o < PREFACE_BYTES && d.ending === '') return Read.More;
    d.become('http2');
    return PREFACE_BYTES;
  }

  private response(d: Dialogue, s: HttpState, b: Uint8Array, o: number): number {
    const { head } = this;
    const { status, isWhole } = head;
    const taken = head.end - o;
    if (status < 200 && status !== 101) return isWhole ? taken : Read.Turn;
    this.giveUpAnswered(d);
    const asked = d.oldest;
    const q = asked ?? d.unasked();
    addResponse(q, head, d.texts, b);
    const outcome = outcomeOf(status);
    if (asked !== undefined && status !== 401 && status !== 407) d.tell(Told.UserName, q.userName);
    if (isWhole && asked !== undefined && isChunked(head, b) && mayHaveBody(q, status)) {
      this.goOn(d, q);
      q.outcome = outcome;
      q.responseBytes = 0;
      s.response = Stage.Chunk;
      return taken;
    }
    if (asked !== undefined) d.answer(q, outcome);
    if (!isWhole) return Read.Turn;
    q.responseBytes = 0;
    if (status === 101) return this.upgrade(d, b, taken);
    if ((q.note & IS_CONNECT) !== 0 && status < 300) {
      d.becomeAnything();
      return taken;
    }
    if (!mayHaveBody(q, status)) return taken;
    if (isChunked(head, b)) {
      s.response = Stage.Chunk;
      return taken;
    }
    return this.passOver(q, contentLength(head, b), taken);
  }

  /** A body of known length, or one that ends with the connection. */
  private passOver(q: Question, length: number, head: number): number {
    if (length >= 0) q.responseBytes = length;
    else {
      // The engine counts until the end, from the head on.
      q.responseBytes = -1;
      q.answeredBytes = -head;
    }
    return length < 0 || length > LONGEST_BODY ? Read.Turn : head + length;
  }

  /** Open requests that were answered unseen: who sent the next one says so, and the answers are missing. */
  private giveUpAnswered(d: Dialogue): void {
    if (!d.isResumed) return;
    while (d.open.length > 1 && (d.open[1].note & IS_AFTER_LOSS) !== 0) d.giveUp(d.open[0], 'gap');
  }

  /** The other protocol of an upgrade (RFC 9110, 7.8). */
  private upgrade(d: Dialogue, b: Uint8Array, taken: number): number {
    const { head } = this;
    if (isValue(head, b, Field.Upgrade, 'websocket')) return Read.Over;
    if (isValue(head, b, Field.Upgrade, 'h2c')) d.become('http2');
    else d.becomeAnything();
    return taken;
  }

  /** An answer, or more of it, that ends with a later message. Should that never come, this is all of it. */
  private goOn(d: Dialogue, q: Question): void {
    d.begin(q);
    q.answered = true;
    q.endedSec = d.sec;
    q.endedNsec = d.nsec;
  }

  /** Chunks, and what is behind them. */
  private body(d: Dialogue, s: HttpState, b: Uint8Array, o: number, end: number): number {
    const { chunks } = this;
    const isRequest = d.fromClient;
    chunks.stage = isRequest ? s.request : s.response;
    let taken = chunks.follow(b, o, end);
    if (taken === 0 && d.ending === '' && end - o < MOST_LINE) return Read.More;
    const isBroken = taken < 0;
    if (taken <= 0) {
      chunks.stage = Stage.Head;
      taken = Read.Turn;
    }
    if (isRequest) {
      s.request = chunks.stage;
      const q = d.open.at(-1);
      if (q !== undefined && !q.begun) {
        d.askMore(q);
        q.requestBytes += chunks.bytes;
      }
      return taken;
    }
    s.response = chunks.stage;
    const q = d.oldest;
    if (q?.begun === true) {
      q.responseBytes += chunks.bytes;
      if (isBroken && q.partial === '') q.partial = 'malformed';
      if (chunks.stage === Stage.Head) d.answer(q, q.outcome);
      else this.goOn(d, q);
    }
    return taken;
  }
}

/** RFC 9112, 6.3. */
function mayHaveBody(q: Question, status: number): boolean {
  return (q.note & IS_HEAD) === 0 && status >= 200 && status !== 204 && status !== 304;
}

function outcomeOf(status: number): Outcome {
  if (status < 400) return Outcome.Ok;
  return status < 500 ? Outcome.ClientError : Outcome.ServerError;
}
