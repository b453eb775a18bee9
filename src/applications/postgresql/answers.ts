/** The server's messages of the frontend/backend protocol. */
import { Outcome, Told } from '../../model/told.js';
import { answerEarly, due } from '../in-order.js';
import type { Question } from '../question.js';
import { type Dialogue, Read } from '../reader.js';
import { isSynced, Kind, kindOf, type PostgresqlState } from './state.js';
import { HEADER, isText, lengthOf, passOver, textEnd } from './wire.js';

const AUTHENTICATED = 0;
/** DataRow and CopyData. */
const ROW = 0x44;
const COPY_DATA = 0x64;
/** Bytes of an authentication that are looked at: its kind. */
const AUTHENTICATION_HEAD = HEADER + 4;

/** Reads messages up to the end of an answer. @returns what Reader.stream does */
export function readAnswers(d: Dialogue, s: PostgresqlState, b: Uint8Array, o: number, end: number): number {
  let p = o;
  const asked = due(d);
  if (asked?.begun === true) d.begin(asked);
  while (p < end) {
    const length = lengthOf(b, p, end);
    const isThere = end - p >= HEADER;
    if (isThere && length < 0) return p > o ? p - o : Read.Turn;
    const whole = 1 + length;
    if (!isThere || (d.ending === '' && end - p < wanted(b[p], whole))) {
      if (p > o) return p - o;
      return d.ending === '' ? Read.More : Read.Turn;
    }
    const open = d.open.length;
    const type = b[p];
    message(d, s, b, p, Math.min(end, p + whole));
    p += whole;
    if (d.open.length !== open) break;
    if (type === ROW || type === COPY_DATA) p = passOver(b, p, end, type);
  }
  return p - o;
}

/** Bytes of a message that are looked at. */
function wanted(type: number, whole: number): number {
  switch (type) {
    case 0x43: // CommandComplete
    case 0x45: // ErrorResponse
    case 0x53: // ParameterStatus
      return whole;
    case 0x52: // Authentication
      return Math.min(whole, AUTHENTICATION_HEAD);
    default:
      return HEADER;
  }
}

function message(d: Dialogue, s: PostgresqlState, b: Uint8Array, o: number, end: number): void {
  let q = due(d);
  // A client that asks for more is logged on, whether that was seen or not.
  if (q !== undefined && kindOf(q) === Kind.Login && d.open.length > 1 && isOfStatement(b[o])) {
    loggedOn(d, s, q);
    q = due(d);
  }
  const isLogin = q !== undefined && kindOf(q) === Kind.Login;
  switch (b[o]) {
    case 0x52: // Authentication
      if (q !== undefined && isLogin && end - o >= AUTHENTICATION_HEAD && b[o + HEADER + 3] === AUTHENTICATED)
        begin(d, q);
      return;
    case 0x53: // ParameterStatus
      parameter(d, s, b, o + HEADER, end);
      return;
    case 0x45: // ErrorResponse
      failed(d, s, q, b, o + HEADER, end);
      return;
    case 0x5a: // ReadyForQuery
      if (q !== undefined && isLogin) loggedOn(d, s, q);
      else ready(d, s);
      return;
    case 0x43: // CommandComplete
    case 0x49: // EmptyQueryResponse
    case 0x73: // PortalSuspended
      if (!isLogin) complete(d, s, q, b, o, end);
      return;
    case 0x31: // ParseComplete
    case 0x32: // BindComplete
    case 0x54: // RowDescription
    case 0x74: // ParameterDescription
    case 0x6e: // NoData
    case ROW:
    case 0x48: // CopyOutResponse
    case 0x57: // CopyBothResponse
    case COPY_DATA:
    case 0x56: // FunctionCallResponse
      if (q !== undefined && !isLogin) begin(d, q);
  }
}

/** RowDescription, DataRow, CommandComplete. */
function isOfStatement(type: number): boolean {
  return type === 0x54 || type === ROW || type === 0x43;
}

function begin(d: Dialogue, q: Question): void {
  d.begin(q);
  q.outcome = Outcome.Ok;
}

function loggedOn(d: Dialogue, s: PostgresqlState, q: Question): void {
  s.user = q.userName;
  s.database = q.name;
  d.tell(Told.UserName, q.userName);
  d.answer(q);
}

function parameter(d: Dialogue, s: PostgresqlState, b: Uint8Array, o: number, end: number): void {
  const nameEnd = textEnd(b, o, end);
  const value = Math.min(nameEnd + 1, end);
  if (isText(b, o, nameEnd, 'server_version'))
    d.tell(Told.ServerSoftware, d.texts.utf8(b, value, textEnd(b, value, end)));
  else if (isText(b, o, nameEnd, 'standard_conforming_strings'))
    s.backslashes = isText(b, value, textEnd(b, value, end), 'off');
}

/** The end of a statement. Several that were sent as one message are one question. */
function complete(
  d: Dialogue,
  s: PostgresqlState,
  q: Question | undefined,
  b: Uint8Array,
  o: number,
  end: number,
): void {
  if (q === undefined || q.id > s.answered) {
    // Of many statements at once, the first ones were given up.
    if (s.answered < s.questions) s.answered++;
    else answerEarly(d);
    return;
  }
  begin(d, q);
  const rows = b[o] === 0x43 ? rowsOf(b, o + HEADER, textEnd(b, o + HEADER, end)) : -1;
  if (rows >= 0) s.rows = Math.max(0, s.rows) + rows;
  if (kindOf(q) === Kind.Execute) answer(d, s, q, Outcome.Ok);
}

/** The number of rows at the end of a command's tag, `INSERT 0 5`; -1 if there is none. */
function rowsOf(b: Uint8Array, o: number, end: number): number {
  let rows = 0;
  let scale = 1;
  let p = end;
  while (p > o && b[p - 1] >= 0x30 && b[p - 1] <= 0x39) {
    rows += (b[--p] - 0x30) * scale;
    scale *= 10;
  }
  return p < end && p > o && b[p - 1] === 0x20 ? rows : -1;
}

/** An error: fields of a letter and a text each; the letter C has SQLSTATE. */
function failed(
  d: Dialogue,
  s: PostgresqlState,
  open: Question | undefined,
  b: Uint8Array,
  o: number,
  end: number,
): void {
  s.error = '';
  for (let p = o; p < end && b[p] !== 0; ) {
    const stop = textEnd(b, p + 1, end);
    if (b[p] === 0x43) {
      s.error = d.texts.ascii(b, p + 1, stop, 5);
      break;
    }
    p = stop + 1;
  }
  const q = open ?? answerEarly(d);
  q.status = s.error;
  if (open !== undefined) answer(d, s, open, outcomeOf(s.error));
}

/** Insufficient resources, operator intervention, system and internal errors are the server's. */
function outcomeOf(sqlState: string): Outcome {
  const isServers =
    sqlState.startsWith('53') ||
    sqlState.startsWith('57') ||
    sqlState.startsWith('58') ||
    sqlState.startsWith('XX');
  return isServers ? Outcome.ServerError : Outcome.ClientError;
}

/** The server has done, or passed over, what is before a Sync. */
function ready(d: Dialogue, s: PostgresqlState): void {
  if (!s.isReadyDue) {
    for (let q = due(d); q !== undefined; q = due(d)) {
      const isLast = isSynced(q);
      q.status = s.error;
      answer(d, s, q, s.error === '' ? Outcome.Ok : outcomeOf(s.error));
      if (isLast) break;
    }
  }
  s.isReadyDue = false;
  s.error = '';
  s.rows = -1;
}

function answer(d: Dialogue, s: PostgresqlState, q: Question, outcome: Outcome): void {
  if (s.rows >= 0 && outcome === Outcome.Ok) q.attribute('rows', String(s.rows));
  s.rows = -1;
  s.answered = q.id + 1;
  if (isSynced(q)) s.isReadyDue = true;
  d.answer(q, outcome);
}
