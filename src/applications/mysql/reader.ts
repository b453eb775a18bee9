/**
 * MySQL's and MariaDB's client/server protocol: packets of a length (3 bytes, low byte first), a number, and
 * what they carry. Source: MySQL Internals, "Client/Server Protocol".
 */
import { Told } from '../../model/told.js';
import { askInOrder, giveUpOlder } from '../in-order.js';
import { type Dialogue, Read, type Reader } from '../reader.js';
import { MYSQL, Sql } from '../sql/dialects.js';
import { Statement } from '../sql/statement.js';
import { Answers } from './answers.js';
import { Command, clientSoftware, commandName, hasNoAnswer, skipQueryAttributes } from './commands.js';
import { Fields } from './packet.js';
import { Can, HEADER, LONGEST, MysqlState, Phase } from './state.js';

const GREETING = 10;
const ERROR = 0xff;
/** A greeting has at least a version, a connection, half of a challenge. */
const SHORTEST_GREETING = 20;
/** A login begins with capabilities, the longest packet, a character set, 23 bytes of nothing. */
const LOGIN_HEAD = 32;
/** Bytes of other commands that are looked at: the command, a number. */
const COMMAND_HEAD = 5;

export class MysqlReader implements Reader {
  readonly inTurns = true;
  private readonly fields = new Fields();
  private readonly statement = new Statement();
  private readonly answers = new Answers(this.fields);

  newState(): MysqlState {
    return new MysqlState();
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    const s = d.state as MysqlState;
    const more = d.ending === '' ? Read.More : Read.Turn;
    if (end - o < HEADER) return more;
    const length = b[o] | (b[o + 1] << 8) | (b[o + 2] << 16);
    if (end - o === HEADER && length > 0) return more;
    if (!s.isSure) this.whoIsWho(d, s, b, o, length);
    if (d.isResumed) lost(d, s);
    if (!d.fromClient) return this.server(d, s, b, o, end);
    const whole = HEADER + length;
    const isContinued = s.clientGoesOn;
    if (!isContinued && end - o < this.wanted(s, b, o, whole) && d.ending === '') return Read.More;
    s.clientGoesOn = length === LONGEST;
    s.first = (b[o + 3] + 1) & 0xff;
    if (d.open.length === 0) s.next = -1;
    if (isContinued) {
      const last = d.open.at(-1);
      if (last !== undefined) d.askMore(last);
    } else if (b[o + 3] === 0) {
      if (length > 0) this.command(d, s, b, o + HEADER, Math.min(end, o + whole));
    } else if (length > 0) this.login(d, s, b, o + HEADER, Math.min(end, o + whole));
    return whole;
  }

  /** Greetings are the server's, other packets with the number 0 the client's. */
  private whoIsWho(d: Dialogue, s: MysqlState, b: Uint8Array, o: number, length: number): void {
    s.isSure = true;
    if (b[o + 3] !== 0 || length === 0) return;
    const first = b[o + HEADER];
    d.sentByClient(first !== ERROR && (first !== GREETING || length < SHORTEST_GREETING));
  }

  /** Bytes of a packet of the client that are looked at. */
  private wanted(s: MysqlState, b: Uint8Array, o: number, whole: number): number {
    const command = b[o + HEADER];
    const isText =
      b[o + 3] !== 0
        ? !s.isLoggedIn
        : command === Command.InitDb ||
          command === Command.Query ||
          command === Command.StmtPrepare ||
          command === Command.ChangeUser;
    return isText ? whole : Math.min(whole, HEADER + COMMAND_HEAD);
  }

  private server(d: Dialogue, s: MysqlState, b: Uint8Array, o: number, end: number): number {
    const length = b[o] | (b[o + 1] << 8) | (b[o + 2] << 16);
    const isGreeting = b[o + 3] === 0 && length >= SHORTEST_GREETING && b[o + HEADER] === GREETING;
    if (!isGreeting || s.isLoggedIn || d.open.length > 0) return this.answers.read(d, s, b, o, end);
    const whole = HEADER + length;
    if (end - o < whole && d.ending === '') return Read.More;
    const f = this.fields;
    f.begin(b, o + HEADER + 1, Math.min(end, o + whole));
    const version = f.at;
    d.tell(Told.ServerSoftware, d.texts.ascii(b, version, f.terminated()));
    // The connection, 8 bytes of the challenge, a NUL; half of the capabilities, a character set, a status.
    f.skip(4 + 8 + 1);
    const low = f.number(2);
    f.skip(3);
    const high = f.number(2);
    if (low !== Fields.NONE) s.serverCan = low + (high === Fields.NONE ? 0 : high * 65_536);
    return whole;
  }

  /** What the client says before it is logged on, or to the server's questions about who it is. */
  private login(d: Dialogue, s: MysqlState, b: Uint8Array, o: number, end: number): void {
    const open = d.open.at(-1);
    if (open !== undefined) {
      d.askMore(open);
      return;
    }
    const f = this.fields;
    f.begin(b, o, end);
    if (s.isLoggedIn || f.left < 5) return;
    const low = f.number(2);
    const isNew = (low & Can.Protocol41) !== 0;
    if (isNew && f.left < LOGIN_HEAD - 2) return;
    const can = isNew ? low + f.number(2) * 65_536 : low;
    if (s.serverCan === -1 && !(isNew && isEmpty(b, o + 9, o + 28))) return;
    s.clientCan = can;
    if (isNew && end - o === LOGIN_HEAD && (can & Can.Tls) !== 0) {
      d.become('tls');
      return;
    }
    f.skip(isNew ? LOGIN_HEAD - 4 : 3);
    const q = askInOrder(d);
    q.note = Command.Login;
    q.method = 'login';
    const user = f.at;
    q.userName = d.texts.utf8(b, user, f.terminated());
    if (isNew && (can & Can.LengthOfAuth) !== 0) f.counted();
    else if (isNew && (can & Can.SecureConnection) !== 0) f.skip(f.number(1));
    else f.terminated();
    if ((can & Can.ConnectWithDb) !== 0) {
      const database = f.at;
      q.name = d.texts.utf8(b, database, f.terminated());
    }
    if (isNew && (can & Can.PluginAuth) !== 0) f.terminated();
    if (isNew && (can & Can.Attributes) !== 0) d.tell(Told.ClientSoftware, clientSoftware(d.texts, f));
  }

  private command(d: Dialogue, s: MysqlState, b: Uint8Array, o: number, end: number): void {
    const command = b[o];
    const method = commandName(command);
    if (method === '') return;
    s.isLoggedIn = true;
    const q = hasNoAnswer(command) ? d.row() : askInOrder(d);
    q.note = command;
    q.method = method;
    q.name = s.database;
    q.userName = s.user;
    const f = this.fields;
    f.begin(b, o + 1, end);
    switch (command) {
      case Command.InitDb:
        q.name = d.texts.utf8(b, f.at, end);
        break;
      case Command.Query:
        if (this.isBehindAttributes(s)) {
          this.statement.read(d.texts, b, f.at, end, this.dialect(s));
          q.resource = this.statement.text;
          if (this.statement.word !== '') q.method = this.statement.word;
        }
        break;
      case Command.StmtPrepare:
        this.statement.read(d.texts, b, f.at, end, this.dialect(s));
        q.resource = this.statement.text;
        break;
      case Command.StmtExecute:
      case Command.StmtFetch:
      case Command.BulkExecute:
        q.resource = s.statement(f.number(4));
        break;
      case Command.ChangeUser: {
        q.userName = d.texts.utf8(b, f.at, f.terminated());
        f.skip(f.number(1));
        q.name = d.texts.utf8(b, f.at, f.terminated());
        break;
      }
    }
  }

  /** Goes to where the statement of a query begins. */
  private isBehindAttributes(s: MysqlState): boolean {
    const f = this.fields;
    // No statement begins with a NUL: so it is also seen where the login was not.
    const marked = f.left >= 2 && f.bytes[f.at] === 0 && f.bytes[f.at + 1] === 1;
    return marked || s.can(Can.QueryAttributes) ? skipQueryAttributes(f) : true;
  }

  private dialect(s: MysqlState): number {
    return s.noBackslashes ? MYSQL & ~Sql.Backslashes : MYSQL;
  }
}

/** Packets before the one at hand are missing. */
function lost(d: Dialogue, s: MysqlState): void {
  if (d.fromClient) s.clientGoesOn = false;
  else {
    giveUpOlder(d);
    s.serverGoesOn = false;
    s.phase = Phase.Idle;
  }
}

function isEmpty(b: Uint8Array, o: number, end: number): boolean {
  for (let i = o; i < end; i++) if (b[i] !== 0) return false;
  return true;
}
