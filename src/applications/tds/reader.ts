/**
 * Tabular Data Stream, of Microsoft SQL Server: packets, one or more to a message. Source: MS-TDS.
 */
import { Outcome, Told } from '../../model/told.js';
import { u16 } from '../../wire/bytes.js';
import { answerEarly, askInOrder, due, giveUpOlder } from '../in-order.js';
import { Ntlm } from '../ntlm/ntlm.js';
import type { Question } from '../question.js';
import { type Dialogue, Read, type Reader } from '../reader.js';
import { Sql, TRANSACT_SQL } from '../sql/dialects.js';
import { Statement } from '../sql/statement.js';
import { behindHeaders, readCall, readLogin, transactionRequest } from './requests.js';
import { HEADER, LAST, LOOKED_AT, Note, TdsState } from './state.js';
import { TAIL, Tokens, tellVersion } from './tokens.js';

const Type = {
  Batch: 1,
  Call: 3,
  Answer: 4,
  Attention: 6,
  Bulk: 7,
  FedAuth: 8,
  Transaction: 14,
  Login: 16,
  Sspi: 17,
  Prelogin: 18,
} as const;
/** Records of TLS in place of packets: the login alone may be encrypted. */
const TLS_FIRST = 0x14;
const TLS_LAST = 0x17;
const TLS_DATA = 0x17;
const TLS_HEADER = 5;
/** Options before the login: the version, and whether all is to be encrypted. */
const Option = { Version: 0, Encryption: 1, End: 0xff } as const;
const Encryption = { On: 1, Required: 3 } as const;

export class TdsReader implements Reader {
  readonly inTurns = true;
  private readonly statement = new Statement();
  private readonly tokens = new Tokens();
  private readonly ntlm = new Ntlm();

  newState(): TdsState {
    return new TdsState();
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const s = d.state as TdsState;
    if (d.isResumed) {
      if (d.fromClient) s.clientGoesOn = false;
      else {
        giveUpOlder(d);
        s.serverGoesOn = s.isAtTail = false;
      }
    }
    if (s.isAtTail && !d.fromClient) return this.tail(d, s, b, o, end);
    const more = d.ending === '' ? Read.More : Read.Turn;
    if (end - o < HEADER) return more;
    if (b[o] >= TLS_FIRST && b[o] <= TLS_LAST && b[o + 1] === 3) return this.tls(d, s, b, o);
    const whole = u16(b, o + 2);
    if (whole < HEADER) return Read.Turn;
    if (!s.isSure && b[o] !== Type.Prelogin) {
      s.isSure = true;
      d.sentByClient(b[o] !== Type.Answer);
    }
    const isFirst = d.fromClient ? !s.clientGoesOn : !s.serverGoesOn;
    if (isFirst && d.ending === '' && end - o < Math.min(whole, LOOKED_AT)) return Read.More;
    const isLast = (b[o + 1] & LAST) !== 0;
    const stop = Math.min(end, o + whole);
    if (!d.fromClient) return this.server(d, s, b, o, whole, stop, isFirst, isLast);
    s.clientGoesOn = !isLast;
    if (isFirst) this.client(d, s, b, o, stop, stop - o < whole || !isLast);
    else {
      const last = d.open.at(-1);
      if (last !== undefined) d.askMore(last);
    }
    return whole;
  }

  private client(d: Dialogue, s: TdsState, b: Uint8Array, o: number, end: number, goesOn: boolean): void {
    const p = o + HEADER;
    const login = d.oldest;
    switch (b[o]) {
      case Type.Batch: {
        const q = this.ask(d, s, 'BATCH');
        this.statement.read(d.texts, b, behindHeaders(b, p, end), end, this.dialect(s));
        q.resource = this.statement.text;
        if (this.statement.word !== '') q.method = this.statement.word;
        if (goesOn && q.resource.length < 1024 && q.partial === '') q.partial = 'limit';
        return;
      }
      case Type.Call: {
        const q = this.ask(d, s, 'RPC');
        readCall(d, s, q, this.statement, this.dialect(s), b, behindHeaders(b, p, end), end);
        return;
      }
      case Type.Transaction:
        this.ask(d, s, transactionRequest(b, behindHeaders(b, p, end), end));
        return;
      case Type.Bulk:
        this.ask(d, s, 'BULK_LOAD');
        return;
      case Type.Login:
        readLogin(d, s, this.login(d, s), b, p, end);
        return;
      case Type.Sspi:
      case Type.FedAuth:
        if (login?.note !== Note.Login) return;
        d.askMore(login);
        if (!this.ntlm.find(d.texts, b, p, end)) return;
        if (this.ntlm.user !== '') login.userName = this.ntlm.user;
        if (this.ntlm.workstation !== '') login.attribute('workstation', this.ntlm.workstation);
        return;
      case Type.Attention:
        s.isCancelled = true;
        return;
      case Type.Prelogin:
        s.isPreloginAsked = b[p] === Option.Version;
    }
  }

  private ask(d: Dialogue, s: TdsState, method: string): Question {
    const q = askInOrder(d);
    q.method = method;
    q.name = s.database;
    q.userName = s.user;
    return q;
  }

  private login(d: Dialogue, s: TdsState): Question {
    const q = this.ask(d, s, 'login');
    q.note = Note.Login;
    return q;
  }

  private dialect(s: TdsState): number {
    return s.hasQuotedNames ? TRANSACT_SQL : TRANSACT_SQL | Sql.DoubleQuotedStrings;
  }

  /** The client encrypts its login; if the server encrypts as well, nothing more is to be read. */
  private tls(d: Dialogue, s: TdsState, b: Uint8Array, o: number): number {
    if (!d.fromClient) {
      const q = d.oldest;
      if (q?.note === Note.Login) d.drop(q);
      return Read.Over;
    }
    if (b[o] === TLS_DATA) {
      const q = d.oldest;
      if (q?.note === Note.Login) d.askMore(q);
      else this.login(d, s);
    }
    return TLS_HEADER + u16(b, o + 3);
  }

  private server(
    d: Dialogue,
    s: TdsState,
    b: Uint8Array,
    o: number,
    whole: number,
    end: number,
    isFirst: boolean,
    isLast: boolean,
  ): number {
    if (b[o] !== Type.Answer) return whole;
    const p = o + HEADER;
    if (s.isPreloginAsked) {
      s.isPreloginAsked = false;
      return this.prelogin(d, b, p, end) ? Read.Over : whole;
    }
    s.serverGoesOn = !isLast;
    const q = due(d) ?? this.unasked(d, s, isFirst);
    if (q === undefined) return whole;
    if (q.note === Note.Login) return this.loginAnswer(d, s, q, b, p, end, whole);
    d.begin(q);
    const { tokens } = this;
    if (isFirst) {
      s.rows = -1;
      q.outcome = q.outcome === Outcome.Unasked ? Outcome.Unasked : Outcome.Ok;
      tokens.read(d, s, q, b, p, end);
      if (tokens.hasError && q.outcome === Outcome.Ok) q.outcome = Outcome.ClientError;
    } else tokens.isWhole = false;
    if (!isLast) return whole;
    if (tokens.isWhole && isFirst) this.end(d, s, q);
    else if (end - o === whole || d.ending !== '' || whole < HEADER + TAIL) {
      if (end - o === whole) this.readTail(d, s, q, b, p, end);
      this.end(d, s, q);
    } else {
      s.isAtTail = true;
      return whole - TAIL;
    }
    return whole;
  }

  /** The end of a long packet, whose rows were passed over. */
  private tail(d: Dialogue, s: TdsState, b: Uint8Array, o: number, end: number): number {
    if (end - o < TAIL && d.ending === '') return Read.More;
    s.isAtTail = false;
    const q = due(d);
    if (q !== undefined) {
      d.begin(q);
      if (end - o >= TAIL) this.readTail(d, s, q, b, o, o + TAIL);
      this.end(d, s, q);
    }
    return TAIL;
  }

  private readTail(d: Dialogue, s: TdsState, q: Question, b: Uint8Array, o: number, end: number): void {
    this.tokens.readTail(d, s, q, b, o, end);
    if (this.tokens.hasError && q.outcome === Outcome.Ok) q.outcome = Outcome.ClientError;
  }

  private end(d: Dialogue, s: TdsState, q: Question): void {
    const { handle } = this.tokens;
    if (handle >= 0 && q.key !== '') s.prepare(handle, q.key);
    if (s.rows >= 0) q.attribute('rows', String(s.rows));
    if (q.outcome !== Outcome.Unasked) d.answer(q, q.outcome);
  }

  /** The answer to a request that was not seen: a row once, at its beginning. */
  private unasked(d: Dialogue, s: TdsState, isFirst: boolean): Question | undefined {
    const isKnown = s.isCancelled;
    s.isCancelled = false;
    return isFirst && !isKnown ? answerEarly(d) : undefined;
  }

  /** Accepted, refused, or a step on the way. */
  private loginAnswer(
    d: Dialogue,
    s: TdsState,
    q: Question,
    b: Uint8Array,
    p: number,
    end: number,
    whole: number,
  ): number {
    const { tokens } = this;
    tokens.read(d, s, q, b, p, end);
    if (tokens.isLoggedOn) {
      s.user = q.userName;
      if (s.database !== '') q.name = s.database;
      q.status = '';
      d.tell(Told.UserName, q.userName);
      d.answer(q);
    } else if (tokens.hasError) d.answer(q, Outcome.ClientError);
    return whole;
  }

  /**
   * The server's options: 5 bytes each, what it is, where it stands and how long it is.
   *
   * @returns whether all is encrypted
   */
  private prelogin(d: Dialogue, b: Uint8Array, o: number, end: number): boolean {
    let isEncrypted = false;
    for (let p = o; p + 5 <= end && b[p] !== Option.End; p += 5) {
      const at = o + u16(b, p + 1);
      if (b[p] === Option.Version && at + 4 <= end) tellVersion(d, b, at);
      else if (b[p] === Option.Encryption && at < end)
        isEncrypted = b[at] === Encryption.On || b[at] === Encryption.Required;
    }
    return isEncrypted;
  }
}
