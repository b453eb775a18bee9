import { Outcome } from '../../model/told.js';
import { u16 } from '../../wire/bytes.js';
import type { Question } from '../question.js';
import { type Dialogue, Read, type Reader, type State } from '../reader.js';
import { FUNCTIONS, GROUPS } from './words.js';

/** TPKT (RFC 1006 section 6): version 3, a reserved byte, the length of the whole. */
const TPKT = 4;
/** The data TPDU of class 0 (RFC 905 section 13.7): its code, and the bit of the last part. */
const DATA = 0xf0;
const LAST = 0x80;
const S7 = 0x32;
/** The kinds of messages (ROSCTR). */
const JOB = 1;
const ACK = 2;
const ACK_DATA = 3;
const USERDATA = 7;
/** Headers of a message; answers have an error besides. */
const HEADER = 10;
const ANSWER_HEADER = 12;
/** The highest numbers of services of blocks, which come from the other side of the connection. */
const DOWNLOAD_BLOCK = 0x1b;
const DOWNLOAD_ENDED = 0x1c;

/** Types of user data. */
const REQUEST = 4;
const RESPONSE = 8;

/** Bytes of a message that came in several parts. */
const GATHERED = 64;

/** What came of a message in several data TPDUs, of the client, and of the server. */
class S7State implements State {
  readonly parts = [new Uint8Array(GATHERED), new Uint8Array(GATHERED)];
  readonly had = [0, 0];

  reset(): void {
    this.had[0] = this.had[1] = 0;
  }
}

/** S7 communication over ISO transport (RFC 1006), numbers in network byte order. */
export class S7commReader implements Reader {
  readonly inTurns = true;
  newState() {
    return new S7State();
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    if (end - o < TPKT + 3) return d.ending === '' ? Read.More : Read.Turn;
    const length = u16(b, o + 2);
    if (b[o] !== 3 || length < TPKT + 3) return d.malformed();
    if (o + length > end && d.ending === '') return Read.More;
    const stop = Math.min(o + length, end);
    const user = o + TPKT + 1 + b[o + TPKT];
    // Requests of a connection and their confirmations carry no message.
    if (b[o + TPKT + 1] === DATA && user <= stop) this.part(d, b, user, stop, (b[o + TPKT + 2] & LAST) !== 0);
    return length;
  }

  /** A part of a message: its first ones are gathered, up to what is looked at. */
  private part(d: Dialogue, b: Uint8Array, o: number, end: number, isLast: boolean): void {
    const { parts, had } = d.state as S7State;
    const from = d.fromClient ? 0 : 1;
    if (isLast && had[from] === 0) {
      message(d, b, o, end);
      return;
    }
    const part = parts[from];
    for (let i = o; i < end && had[from] < GATHERED; i++) part[had[from]++] = b[i];
    if (!isLast) return;
    message(d, part, 0, had[from]);
    had[from] = 0;
  }
}

function message(d: Dialogue, b: Uint8Array, o: number, end: number): void {
  if (end - o < HEADER || b[o] !== S7) return;
  const reference = u16(b, o + 4);
  switch (b[o + 1]) {
    case JOB:
      job(d, b, o, end, reference);
      break;
    case ACK:
    case ACK_DATA:
      if (end - o >= ANSWER_HEADER) acknowledgment(d, b, o, end, reference);
      break;
    case USERDATA:
      userData(d, b, o + HEADER, end, reference);
      break;
    default:
      break;
  }
}

function job(d: Dialogue, b: Uint8Array, o: number, end: number, reference: number): void {
  const code = end > o + HEADER ? b[o + HEADER] : -1;
  // Of a download the controller asks for the blocks.
  if (code !== DOWNLOAD_BLOCK && code !== DOWNLOAD_ENDED) d.sentByClient(true);
  const q = d.ask(idOf(d, reference));
  q.method = wordOf(code);
}

function acknowledgment(d: Dialogue, b: Uint8Array, o: number, end: number, reference: number): void {
  const error = u16(b, o + HEADER);
  const q = d.find(answerOf(d, reference)) ?? d.unasked();
  fail(q, error);
  if (q.outcome === Outcome.Unasked) q.method = wordOf(end > o + ANSWER_HEADER ? b[o + ANSWER_HEADER] : -1);
  else d.answer(q, error === 0 ? Outcome.Ok : Outcome.ClientError);
}

/** Parameters: 00 01 12, their length, method, type and group, subfunction, sequence; in answers an error. */
function userData(d: Dialogue, b: Uint8Array, o: number, end: number, reference: number): void {
  if (end - o < 8) return;
  const type = b[o + 5] >> 4;
  const resource = GROUPS[b[o + 5] & 0x0f] ?? '';
  if (type === REQUEST) {
    const q = d.ask(idOf(d, reference));
    q.method = 'USERDATA';
    q.resource = resource;
    return;
  }
  const error = end - o >= 12 ? u16(b, o + 10) : 0;
  const asked = type === RESPONSE ? d.find(answerOf(d, reference)) : undefined;
  // Without a question a controller reports on its own.
  const q = asked ?? (type === RESPONSE ? d.unasked() : d.row());
  q.method = 'USERDATA';
  q.resource = resource;
  fail(q, error);
  if (asked !== undefined) d.answer(q, error === 0 ? Outcome.Ok : Outcome.ClientError);
}

function fail(q: Question, error: number): void {
  if (error !== 0) q.status = error.toString(16).padStart(4, '0');
}

/** Both sides number their questions. */
function idOf(d: Dialogue, reference: number): number {
  return d.fromClient ? reference : reference + 0x10000;
}

function answerOf(d: Dialogue, reference: number): number {
  return d.fromClient ? reference + 0x10000 : reference;
}

function wordOf(code: number): string {
  return FUNCTIONS[code] ?? (code < 0 ? '' : `0x${code.toString(16).padStart(2, '0')}`);
}
