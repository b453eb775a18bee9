/** Tokens of the server's messages. Source: MS-TDS 2.2.7. */

import { Told } from '../../model/told.js';
import { u24 } from '../../wire/bytes.js';
import type { Question } from '../question.js';
import type { Dialogue } from '../reader.js';
import { low16, low32, type TdsState } from './state.js';

const Token = {
  ReturnStatus: 0x79,
  ReturnValue: 0xac,
  TabName: 0xa4,
  ColInfo: 0xa5,
  Order: 0xa9,
  Error: 0xaa,
  Info: 0xab,
  LoginAck: 0xad,
  FeatureExtAck: 0xae,
  EnvChange: 0xe3,
  SessionState: 0xe4,
  Sspi: 0xed,
  FedAuthInfo: 0xee,
  Done: 0xfd,
  DoneInProc: 0xff,
} as const;

const DATABASE = 1;
const INT_N = 0x26;
const LAST_FEATURE = 0xff;
const Done = { More: 0x1, Error: 0x2, Count: 0x10, All: 0x137 } as const;
/** A DONE token, and one of 4 bytes of count. */
const DONE = 13;
const OLD_DONE = 9;
const RETURN_STATUS = 5;
/** A returned number without a name. */
const RETURN_VALUE = 18;
/** An error without texts: its length, number, state, class, lengths of three texts, a line of 2 bytes. */
const SHORTEST_ERROR = 3 + 4 + 1 + 1 + 2 + 1 + 1 + 2;
const MOST_SEVERE = 25;
/** The end of a message that is looked at: the last DONE; what a procedure returns; the DONE before it. */
export const TAIL = DONE + RETURN_VALUE + RETURN_STATUS + DONE;

/** Reads tokens, up to the first one of rows. What they said is in its members. */
export class Tokens {
  /** Whether all was read. */
  isWhole = false;
  hasError = false;
  isLoggedOn = false;
  /** The number that a procedure returned; -1 for none. */
  handle = -1;

  read(d: Dialogue, s: TdsState, q: Question | undefined, b: Uint8Array, o: number, end: number): void {
    this.isWhole = this.hasError = this.isLoggedOn = false;
    this.handle = -1;
    let p = o;
    while (p < end) {
      const next = this.next(s, b, p, end);
      if (next < 0 || next > end) {
        // An error that is cut has its number before its text.
        if (b[p] === Token.Error && p + 7 <= end) this.error(d, q, b, p, end);
        return;
      }
      switch (b[p]) {
        case Token.Error:
          this.error(d, q, b, p, end);
          break;
        case Token.LoginAck:
          this.loginAck(d, s, b, p, next);
          break;
        case Token.EnvChange:
          if (p + 5 <= next && b[p + 3] === DATABASE)
            s.database = d.texts.utf16(b, p + 5, Math.min(next, p + 5 + 2 * b[p + 4]));
          break;
        case Token.ReturnValue:
          this.returned(b, p, next);
          break;
        case Token.Done:
        case Token.Done + 1:
        case Token.DoneInProc:
          this.done(s, b, p, next);
      }
      p = next;
    }
    this.isWhole = true;
  }

  /** Reads the end of a message whose rows were passed over. */
  readTail(d: Dialogue, s: TdsState, q: Question | undefined, b: Uint8Array, o: number, end: number): void {
    this.hasError = false;
    const size = s.isOld ? OLD_DONE : DONE;
    let p = end - size;
    if (p < o || !isDone(b, p, end)) return;
    this.done(s, b, p, end);
    const value = p - RETURN_VALUE;
    if (!s.isOld && value >= o && b[value] === Token.ReturnValue && b[value + 11] === INT_N) {
      this.returned(b, value, p);
      p = value;
    }
    const status = p - RETURN_STATUS;
    const inside = status - size;
    if (inside >= o && b[status] === Token.ReturnStatus && b[inside] === Token.DoneInProc) {
      if (isDone(b, inside, status)) this.done(s, b, inside, status);
      p = inside;
    }
    if (this.hasError) this.errorBefore(d, q, b, o, p);
  }

  /** The first of the errors and notes that stand before a DONE, behind columns or rows. */
  private errorBefore(d: Dialogue, q: Question | undefined, b: Uint8Array, o: number, end: number): void {
    let first = -1;
    let stop = end;
    for (let at = end - SHORTEST_ERROR; at >= o; at--) {
      if (!isErrorOrInfo(b, at, stop)) continue;
      if (b[at] === Token.Error) first = at;
      stop = at;
    }
    if (first >= 0) this.error(d, q, b, first, end);
  }

  /** @returns where the token ends; -1 if it is one of rows, or not known */
  private next(s: TdsState, b: Uint8Array, p: number, end: number): number {
    switch (b[p]) {
      case Token.ReturnStatus:
        return p + RETURN_STATUS;
      case Token.TabName:
      case Token.ColInfo:
      case Token.Order:
      case Token.Error:
      case Token.Info:
      case Token.LoginAck:
      case Token.EnvChange:
      case Token.Sspi:
        return p + 3 <= end ? p + 3 + low16(b, p + 1, end) : -1;
      case Token.SessionState:
      case Token.FedAuthInfo:
        return p + 5 <= end ? p + 5 + low32(b, p + 1, end) : -1;
      case Token.FeatureExtAck: {
        let at = p + 1;
        while (at < end && b[at] !== LAST_FEATURE) at += 5 + low32(b, at + 1, end);
        return at + 1;
      }
      case Token.ReturnValue: {
        if (p + 4 > end) return -1;
        const type = p + 4 + 2 * b[p + 3] + 1 + (s.isOld ? 2 : 4) + 2;
        return type + 3 <= end && b[type] === INT_N ? type + 3 + b[type + 2] : -1;
      }
      case Token.Done:
      case Token.Done + 1:
      case Token.DoneInProc:
        return p + (s.isOld ? OLD_DONE : DONE);
      default:
        return -1;
    }
  }

  private error(d: Dialogue, q: Question | undefined, b: Uint8Array, p: number, end: number): void {
    this.hasError = true;
    if (q === undefined || q.status !== '') return;
    d.texts.begin();
    d.texts.addNumber(low32(b, p + 3, end));
    q.status = d.texts.take();
  }

  private returned(b: Uint8Array, p: number, end: number): void {
    if (end - p >= RETURN_VALUE && this.handle < 0) this.handle = low32(b, end - 4, end);
  }

  /** Interface, version of the protocol, name of the program, its version. */
  private loginAck(d: Dialogue, s: TdsState, b: Uint8Array, p: number, end: number): void {
    this.isLoggedOn = true;
    if (end - p < 13) return;
    s.isOld = b[p + 4] < 0x72;
    tellVersion(d, b, end - 4);
  }

  private done(s: TdsState, b: Uint8Array, p: number, end: number): void {
    const status = low16(b, p + 1, end);
    if ((status & Done.Error) !== 0) this.hasError = true;
    if ((status & Done.Count) === 0 || end - p < OLD_DONE) return;
    const high = end - p >= DONE ? low32(b, p + 9, end) : 0;
    s.rows = Math.max(0, s.rows) + low32(b, p + 5, end) + high * 2 ** 32;
  }
}

/** Tells a version: major, minor, build (2 bytes, high byte first). */
export function tellVersion(d: Dialogue, b: Uint8Array, o: number): void {
  const build = u24(b, o + 1) & 0xffff;
  d.texts.begin();
  d.texts.addNumber(b[o]);
  d.texts.addWord('.');
  d.texts.addNumber(b[o + 1]);
  d.texts.addWord('.');
  d.texts.addNumber(build);
  d.tell(Told.ServerSoftware, d.texts.take());
}

/** Whether an error or a note begins here and ends at `end`: what it says of its lengths has to fit. */
function isErrorOrInfo(b: Uint8Array, p: number, end: number): boolean {
  if ((b[p] !== Token.Error && b[p] !== Token.Info) || p + 3 + low16(b, p + 1, end) !== end) return false;
  const server = p + 11 + 2 * low16(b, p + 9, end);
  if (b[p + 8] > MOST_SEVERE || server >= end) return false;
  const procedure = server + 1 + 2 * b[server];
  if (procedure >= end) return false;
  const line = end - (procedure + 1 + 2 * b[procedure]);
  return line === 2 || line === 4;
}

function isDone(b: Uint8Array, p: number, end: number): boolean {
  const isToken = b[p] === Token.Done || b[p] === Token.Done + 1 || b[p] === Token.DoneInProc;
  return isToken && (low16(b, p + 1, end) & ~Done.All) === 0;
}
