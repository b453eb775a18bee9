/**
 * PostgreSQL's frontend/backend protocol, version 3. Source: the PostgreSQL documentation, "Frontend/Backend
 * Protocol", "Message Formats".
 */
import { Told } from '../../model/told.js';
import { u32 } from '../../wire/bytes.js';
import { askInOrder, due, giveUpOlder } from '../in-order.js';
import type { Question } from '../question.js';
import { type Dialogue, Read, type Reader } from '../reader.js';
import { POSTGRESQL, Sql } from '../sql/dialects.js';
import { Statement } from '../sql/statement.js';
import { readAnswers } from './answers.js';
import { isSynced, Kind, kindOf, PostgresqlState } from './state.js';
import { HEADER, isText, lengthOf, passOver, textEnd } from './wire.js';

/** The first message has no type: a length, and one of these or a version. */
const Code = { Cancel: 80_877_102, Tls: 80_877_103, Gss: 80_877_104 } as const;
const STARTUP_HEAD = 8;
const LONGEST_STARTUP = 10_000;
const MOST_PARAMETERS = 64;
/** Names of a portal and of a statement are looked at that far. */
const NAMES = 256;

export class PostgresqlReader implements Reader {
  readonly inTurns = true;
  private readonly statement = new Statement();

  newState(): PostgresqlState {
    return new PostgresqlState();
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const s = d.state as PostgresqlState;
    // Only the first messages of a client have no type.
    if (!s.isSure && b[o] === 0) d.sentByClient(true);
    s.isSure = true;
    if (d.fromClient) return b[o] === 0 ? this.startup(d, s, b, o, end) : this.client(d, s, b, o, end);
    if (s.isEncryptionAsked) {
      s.isEncryptionAsked = false;
      if (b[o] === 0x4e) return 1;
      if (b[o] === 0x47) return Read.Over;
      if (b[o] === 0x53) {
        d.become('tls');
        return 1;
      }
    }
    if (d.isResumed) {
      giveUpOlder(d);
      s.answered = due(d)?.id ?? s.questions;
      s.isReadyDue = false;
      s.error = '';
    }
    return readAnswers(d, s, b, o, end);
  }

  private startup(d: Dialogue, s: PostgresqlState, b: Uint8Array, o: number, end: number): number {
    if (end - o < STARTUP_HEAD) return d.ending === '' ? Read.More : Read.Turn;
    const length = u32(b, o);
    if (length < STARTUP_HEAD || length > LONGEST_STARTUP) return d.malformed();
    const code = u32(b, o + 4);
    if (code === Code.Tls || code === Code.Gss) s.isEncryptionAsked = true;
    else if (code === Code.Cancel) d.row().method = 'CANCEL';
    else if (code >>> 16 !== 3) return Read.Over;
    else if (end - o < length && d.ending === '') return Read.More;
    else this.login(d, b, o + STARTUP_HEAD, Math.min(end, o + length));
    return length;
  }

  /** Names and values, a NUL behind each. */
  private login(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    const q = askInOrder(d);
    q.note = Kind.Login | Kind.Synced;
    q.method = 'login';
    let p = o;
    for (let i = 0; i < MOST_PARAMETERS && p < end && b[p] !== 0; i++) {
      const nameEnd = textEnd(b, p, end);
      const value = Math.min(nameEnd + 1, end);
      const valueEnd = textEnd(b, value, end);
      if (isText(b, p, nameEnd, 'user')) q.userName = d.texts.utf8(b, value, valueEnd);
      else if (isText(b, p, nameEnd, 'database')) q.name = d.texts.utf8(b, value, valueEnd);
      else if (isText(b, p, nameEnd, 'application_name'))
        d.tell(Told.ClientSoftware, d.texts.utf8(b, value, valueEnd));
      p = valueEnd + 1;
    }
    if (q.name === '') q.name = q.userName;
  }

  private client(d: Dialogue, s: PostgresqlState, b: Uint8Array, o: number, end: number): number {
    const more = d.ending === '' ? Read.More : Read.Turn;
    if (end - o < HEADER) return more;
    const length = lengthOf(b, o, end);
    if (length < 0) return Read.Turn;
    const whole = 1 + length;
    if (d.ending === '' && end - o < wanted(b[o], whole)) return Read.More;
    const last = d.open.at(-1);
    const from = o + HEADER;
    const to = Math.min(end, o + whole);
    switch (b[o]) {
      case 0x51: // Query
        this.read(d, s, b, from, textEnd(b, from, to));
        this.ask(d, s, Kind.Simple | Kind.Synced, this.statement.text, this.statement.word);
        break;
      case 0x50: // Parse
        this.parse(d, s, b, from, to);
        break;
      case 0x42: // Bind
        this.bind(d, s, b, from, to);
        break;
      case 0x45: // Execute
        this.execute(d, s, b, from, to);
        break;
      case 0x46: // FunctionCall
        this.ask(d, s, Kind.Simple | Kind.Synced, '', 'FUNCTION_CALL');
        break;
      case 0x53: // Sync
        if (last !== undefined && !isSynced(last)) {
          last.note |= Kind.Synced;
          d.askMore(last);
        }
        break;
      case 0x64: // CopyData
        if (d.oldest !== undefined) d.askMore(d.oldest);
        return passOver(b, o + whole, end, b[o]) - o;
      case 0x63: // CopyDone
      case 0x66: // CopyFail
        if (d.oldest !== undefined) d.askMore(d.oldest);
        break;
      case 0x70: // PasswordMessage and its like
        if (last !== undefined && kindOf(last) === Kind.Login) d.askMore(last);
        break;
      case 0x44: // Describe
      case 0x43: // Close
      case 0x48: // Flush
        if (last !== undefined && !isSynced(last)) d.askMore(last);
        break;
      case 0x58: // Terminate
        break;
      default:
        return Read.Turn;
    }
    return whole;
  }

  /** A name, and the statement that is to have it. */
  private parse(d: Dialogue, s: PostgresqlState, b: Uint8Array, o: number, end: number): void {
    const nameEnd = textEnd(b, o, end);
    const from = Math.min(nameEnd + 1, end);
    this.read(d, s, b, from, textEnd(b, from, end));
    const q = this.ask(d, s, Kind.Parse, this.statement.text, 'PARSE');
    q.key = d.texts.utf8(b, o, nameEnd);
    s.statements.set(q.key, this.statement.text, this.statement.word);
  }

  /** The names of a portal and of a statement. */
  private bind(d: Dialogue, s: PostgresqlState, b: Uint8Array, o: number, end: number): void {
    const portalEnd = textEnd(b, o, end);
    const portal = d.texts.utf8(b, o, portalEnd);
    const from = Math.min(portalEnd + 1, end);
    const place = s.statements.find(d.texts.utf8(b, from, textEnd(b, from, end)));
    s.portals.set(portal, s.statements.text(place), s.statements.word(place));
    const last = d.open.at(-1);
    if (last !== undefined && !isSynced(last)) d.askMore(last);
  }

  private execute(d: Dialogue, s: PostgresqlState, b: Uint8Array, o: number, end: number): void {
    const place = s.portals.find(d.texts.utf8(b, o, textEnd(b, o, end)));
    const text = s.portals.text(place);
    const word = s.portals.word(place) || 'EXECUTE';
    const last = d.open.at(-1);
    // What was prepared just before is executed: both are one question.
    if (last !== undefined && last.note === Kind.Parse && last.resource === text) {
      last.note = Kind.Execute;
      last.method = word;
      d.askMore(last);
    } else this.ask(d, s, Kind.Execute, text, word);
  }

  private read(d: Dialogue, s: PostgresqlState, b: Uint8Array, o: number, end: number): void {
    const dialect = s.backslashes ? POSTGRESQL | Sql.Backslashes : POSTGRESQL;
    this.statement.read(d.texts, b, o, end, dialect);
  }

  private ask(d: Dialogue, s: PostgresqlState, note: number, resource: string, method: string): Question {
    if (d.open.length === 0) {
      s.answered = s.questions;
      s.isReadyDue = false;
    }
    const q = askInOrder(d, s.questions);
    if (!q.answered) s.questions++;
    q.note = note;
    q.method = method === '' ? 'QUERY' : method;
    q.resource = resource;
    q.name = s.database;
    q.userName = s.user;
    return q;
  }
}

/** Bytes of a message of the client that are looked at. */
function wanted(type: number, whole: number): number {
  switch (type) {
    case 0x51: // Query
    case 0x50: // Parse
      return whole;
    case 0x42: // Bind
    case 0x45: // Execute
      return Math.min(whole, HEADER + NAMES);
    default:
      return HEADER;
  }
}
