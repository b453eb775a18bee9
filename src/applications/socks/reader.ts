import { Told } from '../../model/told.js';
import { type Dialogue, Read, type Reader, type State } from '../reader.js';

const VERSION4 = 4;
const VERSION5 = 5;
/** Of the negotiation by user and password (RFC 1929). */
const LOGIN_VERSION = 1;
const NO_METHOD = 0;
const LOGIN_METHOD = 2;
const BIND = 2;
const ASSOCIATE = 3;
/** Kinds of addresses. */
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;
/** Version 4: a request's fixed part, an answer and what grants it. */
const REQUEST4 = 8;
const ANSWER4 = 8;
const GRANTED4 = 90;
/** Version 5: a request or an answer up to the address, and the shortest one. */
const HEADER5 = 4;
const SHORTEST5 = 10;
const PORT = 2;
const LONGEST_TEXT = 255;

/** What a side says next. */
const Next = { Method: 0, Login: 1, Connection: 2, Data: 3 } as const;
type Next = (typeof Next)[keyof typeof Next];

class SocksState implements State {
  client: Next = Next.Method;
  server: Next = Next.Method;
  command = 0;
  /** Answers to come; BIND has two. */
  answers = 1;
  /** The last answer came before the request. */
  isEarly = false;

  reset(): void {
    this.client = this.server = Next.Method;
    this.command = 0;
    this.answers = 1;
    this.isEarly = false;
  }
}

/** SOCKS 4, 4A and 5 (RFC 1928, RFC 1929), as far as the connection that is asked for. */
export class SocksReader implements Reader {
  newState(): SocksState {
    return new SocksState();
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const s = d.state as SocksState;
    if (d.fromClient ? s.client === Next.Data : s.isEarly) {
      // What the other side said before may only be late.
      if (d.ending !== '') d.becomeAnything();
      return Read.More;
    }
    const n = d.fromClient ? asked(d, s, b, o, end) : answered(d, s, b, o, end);
    return n === Read.More && d.ending !== '' ? Read.Turn : n;
  }
}

function asked(d: Dialogue, s: SocksState, b: Uint8Array, o: number, end: number): number {
  if (b[o] === LOGIN_VERSION && s.client !== Next.Method) return login(d, b, o, end);
  if (b[o] === VERSION4) return request4(d, s, b, o, end);
  if (b[o] !== VERSION5) {
    // The request was lost.
    if (!s.isEarly) return Read.Over;
    d.becomeAnything();
    return Read.More;
  }
  if (end - o < 2) return Read.More;
  const methods = 2 + b[o + 1];
  // Without its opening, a request is longer than that would be.
  const isOpening = s.client === Next.Method && !(end - o > methods && isConnection(b, o, end));
  if (!isOpening) return request5(d, s, b, o, end);
  if (end - o < methods) return Read.More;
  s.client = Next.Connection;
  return methods;
}

function answered(d: Dialogue, s: SocksState, b: Uint8Array, o: number, end: number): number {
  const n = end - o;
  if (b[o] === 0) {
    if (n < ANSWER4) return Read.More;
    return connected(d, s, b[o + 1] === GRANTED4, ANSWER4);
  }
  if (n < 2) return Read.More;
  if (b[o] === LOGIN_VERSION && s.server === Next.Login) {
    if (b[o + 1] !== 0) return Read.Over;
    s.server = Next.Connection;
    return 2;
  }
  if (b[o] !== VERSION5) {
    // The answer was lost.
    if (s.client !== Next.Data) return Read.Over;
    d.becomeAnything();
    return Read.More;
  }
  if (s.server === Next.Method && !(n >= SHORTEST5 && isConnection(b, o, end))) {
    if (b[o + 1] !== NO_METHOD && b[o + 1] !== LOGIN_METHOD) return Read.Over;
    s.server = b[o + 1] === LOGIN_METHOD ? Next.Login : Next.Connection;
    return 2;
  }
  const length = connectionLength(b, o, end);
  return length > 0 ? connected(d, s, b[o + 1] === 0, length) : length;
}

/** An answer of `n` bytes: behind the last one are the connection's own bytes. */
function connected(d: Dialogue, s: SocksState, isGranted: boolean, n: number): number {
  if (!isGranted || s.command === ASSOCIATE) return Read.Over;
  if (--s.answers > 0) return n;
  if (s.client === Next.Data) d.becomeAnything();
  else s.isEarly = true;
  return n;
}

/** A user's name; the password behind it stays unread. */
function login(d: Dialogue, b: Uint8Array, o: number, end: number): number {
  const name = o + 2;
  if (name >= end) return Read.More;
  const password = name + b[o + 1];
  if (password >= end || password + 1 + b[password] > end) return Read.More;
  d.tell(Told.UserName, d.texts.utf8(b, name, password));
  return password + 1 + b[password] - o;
}

/** A command, a port, an address, a user's name; in 4A a host's name in place of the address 0.0.0.x. */
function request4(d: Dialogue, s: SocksState, b: Uint8Array, o: number, end: number): number {
  if (end - o <= REQUEST4) return Read.More;
  let last = zero(b, o + REQUEST4, end);
  if (last >= 0 && b[o + 4] === 0 && b[o + 5] === 0 && b[o + 6] === 0 && b[o + 7] !== 0)
    last = zero(b, last + 1, end);
  if (last < 0) return end - o > REQUEST4 + 2 * LONGEST_TEXT ? Read.Over : Read.More;
  requested(d, s, b[o + 1]);
  return last + 1 - o;
}

function request5(d: Dialogue, s: SocksState, b: Uint8Array, o: number, end: number): number {
  const length = connectionLength(b, o, end);
  if (length > 0) requested(d, s, b[o + 1]);
  return length;
}

function requested(d: Dialogue, s: SocksState, command: number): void {
  s.client = Next.Data;
  s.command = command;
  if (command === BIND) s.answers++;
  if (s.isEarly && s.answers <= 0) d.becomeAnything();
}

/** The length of a request or answer of version 5; or one of Read. */
function connectionLength(b: Uint8Array, o: number, end: number): number {
  if (end - o <= HEADER5) return Read.More;
  if (!isConnection(b, o, end)) return Read.Over;
  const kind = b[o + 3];
  const address = kind === IPV4 ? 4 : kind === IPV6 ? 16 : 1 + b[o + HEADER5];
  const length = HEADER5 + address + PORT;
  return end - o < length ? Read.More : length;
}

/** A zero behind the command or result, and a kind of address. */
function isConnection(b: Uint8Array, o: number, end: number): boolean {
  if (end - o < HEADER5 || b[o + 2] !== 0) return false;
  return b[o + 3] === IPV4 || b[o + 3] === NAME || b[o + 3] === IPV6;
}

function zero(b: Uint8Array, o: number, end: number): number {
  const last = Math.min(end, o + LONGEST_TEXT + 1);
  let p = o;
  while (p < last && b[p] !== 0) p++;
  return p < last ? p : -1;
}
