import { Outcome } from '../../model/told.js';
import type { Question } from '../question.js';
import { type Dialogue, Read, type Reader, type State } from '../reader.js';
import { endOfLine, startsWith } from '../text.js';
import { SipHeaders } from './headers.js';
import { announced } from './sdp.js';

const LF = 0x0a;
const SPACE = 0x20;
const COLON = 0x3a;
/** "SIP/2.0 " before the status code of three digits (RFC 3261 section 7.2). */
const VERSION = 'SIP/2.0 ';
/** Provisional answers from this one on say that the other side rings: the first that counts. */
const RINGING = 180;
/** Transactions whose answer may be sent again. */
const REMEMBERED = 8;

/** Transactions of a conversation that were answered last. */
class SipState implements State {
  private readonly keys = new Array<string>(REMEMBERED).fill('');
  private readonly numbers = new Float64Array(REMEMBERED);
  private readonly methods = new Array<string>(REMEMBERED).fill('');
  private at = 0;

  add(q: Question): void {
    this.at = (this.at + 1) % REMEMBERED;
    this.keys[this.at] = q.key;
    this.numbers[this.at] = q.id;
    this.methods[this.at] = q.method;
  }

  has(key: string, number: number, method: string): boolean {
    for (let i = 0; i < REMEMBERED; i++)
      if (this.keys[i] === key && this.numbers[i] === number && this.methods[i] === method) return true;
    return false;
  }

  reset(): void {
    this.keys.fill('');
  }
}

/** SIP over UDP and TCP (RFC 3261): requests, and their final responses. */
export class SipReader implements Reader {
  private readonly headers = new SipHeaders();

  newState() {
    return new SipState();
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    // Keepalives between messages (RFC 5626 section 4.4.1).
    let start = o;
    while (start < end && (b[start] === 0x0d || b[start] === LF)) start++;
    if (start > o) return start - o;
    const line = endOfLine(b, o, end);
    if (line >= 0) this.headers.read(b, line + 1, end);
    if (line < 0 || this.headers.body < 0) {
      if (d.ending === '') return Read.More;
      this.message(d, b, o, end);
      return Read.Turn;
    }
    const length = this.headers.length(b);
    const after = this.headers.body + Math.max(0, length);
    if (after > end && d.ending === '' && after - o <= 4096) return Read.More;
    this.message(d, b, o, Math.min(after, end));
    return length < 0 ? Read.Turn : after - o;
  }

  datagram(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    this.message(d, b, o, end);
  }

  private message(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    const line = endOfLine(b, o, end);
    const stop = line < 0 ? end : line;
    this.headers.read(b, Math.min(stop + 1, end), end);
    if (startsWith(b, o, stop, VERSION)) this.response(d, b, o, end);
    else this.request(d, b, o, stop, end);
  }

  private request(d: Dialogue, b: Uint8Array, o: number, line: number, end: number): void {
    let space = o;
    while (space < line && b[space] !== SPACE) space++;
    const method = d.texts.ascii(b, o, space, 32);
    if (space === line || method === '') return;
    const { headers: h } = this;
    if (method !== 'ACK') {
      const key = d.texts.ascii(b, h.callId.start, h.callId.end);
      const number = this.number(b);
      // Sent again, while the first is open.
      const q = this.find(d, key, number, method) ?? d.ask(number);
      q.key = q.resource = key;
      q.method = method;
      q.name = address(d, b, h.to.start, h.to.end);
      q.attribute('from', address(d, b, h.from.start, h.from.end));
      if (h.userAgent.start >= 0) q.attribute('ua', d.texts.ascii(b, h.userAgent.start, h.userAgent.end));
      const who = h.authorization.start >= 0 ? h.authorization : h.proxyAuthorization;
      if (who.start >= 0) q.userName = userOf(d, b, who.start, who.end);
    }
    if (h.body >= 0) announced(d, b, h.body, end, d.texts.ascii(b, h.callId.start, h.callId.end));
  }

  private response(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    const code = (b[o + 8] - 0x30) * 100 + (b[o + 9] - 0x30) * 10 + (b[o + 10] - 0x30);
    if (!(code >= 100 && code <= 699)) return;
    const { headers: h } = this;
    const key = d.texts.ascii(b, h.callId.start, h.callId.end);
    const number = this.number(b);
    const method = this.methodOf(d, b);
    if (h.body >= 0) announced(d, b, h.body, end, key);
    const q = this.find(d, key, number, method);
    if (code < 200) {
      if (q === undefined) return;
      if (method === 'INVITE') d.waitFor(q);
      if (code >= RINGING) d.begin(q);
      return;
    }
    const state = d.state as SipState;
    if (q === undefined && state.has(key, number, method)) return;
    const said = q ?? d.unasked();
    said.status = d.texts.ascii(b, o + 8, o + 11);
    if (q !== undefined) {
      d.answer(q, outcomeOf(code));
      state.add(q);
      return;
    }
    said.method = method;
    said.resource = said.key = key;
    said.id = number;
    said.name = address(d, b, h.to.start, h.to.end);
    state.add(said);
  }

  private find(d: Dialogue, key: string, number: number, method: string): Question | undefined {
    for (const q of d.open) if (q.id === number && q.key === key && q.method === method) return q;
    return undefined;
  }

  /** The number in CSeq, 0 without one. */
  private number(b: Uint8Array): number {
    const { start, end } = this.headers.cseq;
    let n = 0;
    for (let i = start; i >= 0 && i < end && i < start + 10 && b[i] >= 0x30 && b[i] <= 0x39; i++)
      n = n * 10 + b[i] - 0x30;
    return n;
  }

  /** The method in CSeq. */
  private methodOf(d: Dialogue, b: Uint8Array): string {
    const { start, end } = this.headers.cseq;
    if (start < 0) return '';
    let o = end;
    while (o > start && b[o - 1] !== SPACE) o--;
    return d.texts.ascii(b, o, end, 32);
  }
}

function outcomeOf(code: number): Outcome {
  if (code < 400 || code === 401 || code === 407) return Outcome.Ok;
  return code < 500 ? Outcome.ClientError : Outcome.ServerError;
}

/** The user and host of an address: `user@host`, without scheme, port and parameters (section 19.1). */
function address(d: Dialogue, b: Uint8Array, start: number, end: number): string {
  if (start < 0) return '';
  let o = start;
  for (let i = start; i < end; i++)
    if (b[i] === 0x3c) {
      o = i + 1;
      break;
    }
  let scheme = o;
  while (scheme < end && b[scheme] !== COLON && b[scheme] !== 0x40) scheme++;
  if (scheme < end && b[scheme] === COLON && isScheme(b, o, scheme)) o = scheme + 1;
  let at = -1;
  let stop = o;
  while (stop < end && b[stop] !== 0x3e && b[stop] !== 0x3b && b[stop] !== 0x3f && b[stop] !== SPACE) {
    if (b[stop] === 0x40) at = stop;
    stop++;
  }
  // A password may stand behind the user's name, a port behind the host's.
  const host = at < 0 ? o : at + 1;
  let port = host;
  while (port < stop && b[port] !== COLON) port = b[port] === 0x5b ? bracket(b, port, stop) : port + 1;
  let user = o;
  while (user < at && b[user] !== COLON) user++;
  const { texts } = d;
  texts.begin();
  if (at >= 0) {
    texts.addBytes(b, o, user);
    texts.add(0x40);
  }
  texts.addBytes(b, host, Math.min(port, stop));
  return texts.take();
}

/** Behind the bracket that closes an IPv6 address. */
function bracket(b: Uint8Array, o: number, end: number): number {
  let i = o;
  while (i < end && b[i] !== 0x5d) i++;
  return Math.min(i + 1, end);
}

function isScheme(b: Uint8Array, o: number, end: number): boolean {
  const length = end - o;
  if (length !== 3 && length !== 4) return false;
  return startsWith(b, o, end, 'sip') || startsWith(b, o, end, 'tel') || startsWith(b, o, end, 'SIP');
}

/** The user in `Digest username="…"`. */
function userOf(d: Dialogue, b: Uint8Array, start: number, end: number): string {
  for (let i = start; i + 10 < end; i++) {
    if (!startsWith(b, i, end, 'username="')) continue;
    let stop = i + 10;
    while (stop < end && b[stop] !== 0x22) stop++;
    return d.texts.ascii(b, i + 10, stop);
  }
  return '';
}
