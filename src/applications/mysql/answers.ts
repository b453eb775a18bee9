/** The server's packets: one, or results of column definitions and rows. */
import { Outcome, Told } from '../../model/told.js';
import { answerEarly, due } from '../in-order.js';
import type { Question } from '../question.js';
import { type Dialogue, Read } from '../reader.js';
import { Command, isStream } from './commands.js';
import { Fields } from './packet.js';
import { Can, HEADER, LONGEST, type MysqlState, Phase } from './state.js';

const OK = 0;
const MORE_DATA = 1;
const FILE = 0xfb;
const END = 0xfe;
const ERROR = 0xff;
/** The end of rows or definitions as it was before the OK packet took its place. */
const EOF_LENGTH = 5;
/** An error with this number is MariaDB's progress report. */
const PROGRESS = 0xffff;
/** Of an OK packet: two counts and a status. */
const OK_HEAD = 1 + 9 + 9 + 2;

const Status = { MoreResults: 0x8, CursorExists: 0x40, NoBackslashes: 0x200 } as const;

export class Answers {
  private status = 0;
  private affected = 0;

  constructor(private readonly fields: Fields) {}

  /** Reads packets up to the end of an answer. @returns what Reader.stream does */
  read(d: Dialogue, s: MysqlState, b: Uint8Array, o: number, end: number): number {
    let p = o;
    const asked = due(d);
    if (s.phase !== Phase.Idle && asked !== undefined) d.begin(asked);
    do {
      if (s.phase === Phase.Rows || s.phase === Phase.Columns) p = passOver(s, b, p, end, due(d));
      if (p >= end) break;
      const n = this.packet(d, s, b, p, end);
      if (n <= 0) return p > o ? p - o : n;
      p += n;
    } while (p < end && s.phase !== Phase.Idle);
    return p - o;
  }

  private packet(d: Dialogue, s: MysqlState, b: Uint8Array, o: number, end: number): number {
    const more = d.ending === '' ? Read.More : Read.Turn;
    if (end - o < HEADER) return more;
    const length = b[o] | (b[o + 1] << 8) | (b[o + 2] << 16);
    const number = b[o + 3];
    const whole = HEADER + length;
    if (length > 0 && end - o === HEADER) return more;
    const isContinued = s.serverGoesOn;
    const type = length === 0 || isContinued ? -1 : b[o + HEADER];
    if (!isContinued && d.ending === '' && end - o < Math.min(whole, HEADER + wanted(s, type, length)))
      return Read.More;
    s.serverGoesOn = length === LONGEST;
    const isNext = number === s.next;
    s.next = (number + 1) & 0xff;
    if (isContinued || length === 0) return whole;
    const q = due(d);
    if (s.phase !== Phase.Idle && s.phase !== Phase.File && !isNext) {
      s.phase = Phase.Idle;
      if (q !== undefined) d.giveUp(q, 'gap');
    }
    const f = this.fields;
    f.begin(b, o + HEADER + 1, Math.min(end, o + whole));
    switch (s.phase) {
      case Phase.Idle:
        this.first(d, s, type, number, isNext);
        break;
      case Phase.Next:
      case Phase.File:
        if (q !== undefined) this.result(d, s, q, type);
        break;
      case Phase.Columns:
        if (type === ERROR) this.end(d, s, type);
        else if (--s.columns === 0) s.phase = Phase.Between;
        break;
      case Phase.Between:
        s.phase = Phase.Rows;
        if (type === END && length === EOF_LENGTH) this.endOfColumns(d, s);
        else this.row(d, s, type, length);
        break;
      default:
        this.row(d, s, type, length);
    }
    return whole;
  }

  /** The first packet of an answer, or one that is left over from the answer before. */
  private first(d: Dialogue, s: MysqlState, type: number, number: number, isNext: boolean): void {
    let q = due(d);
    if (q?.note === Command.Login && d.open.length > 1) {
      // A client that sends commands is logged on, whether that was seen or not.
      this.accept(d, s, q);
      q = due(d);
    }
    if (q?.note === Command.Login || q?.note === Command.ChangeUser) this.loggedOn(d, s, q, type);
    else if (q === undefined) this.unasked(d, s, type, number, isNext);
    else if (number === s.first && !(isNext && q.begun)) {
      s.rows = 0;
      this.result(d, s, q, type);
    }
  }

  private unasked(d: Dialogue, s: MysqlState, type: number, number: number, isNext: boolean): void {
    const isRefusal = !s.isLoggedIn && number === 0 && type === ERROR;
    if (!isRefusal && (number !== s.first || isNext)) return;
    const q = isRefusal ? d.unasked() : answerEarly(d);
    if (isRefusal) q.method = 'login';
    if (type === ERROR) this.error(d, q);
  }

  private loggedOn(d: Dialogue, s: MysqlState, q: Question, type: number): void {
    if (type === ERROR) {
      this.error(d, q);
      d.answer(q, Outcome.ClientError);
    } else if (type === OK) {
      this.ok(s);
      this.accept(d, s, q);
      if (q.note === Command.Login && (s.can(Can.Compress) || s.can(Can.Zstd))) d.over();
    } else if (type !== END && type !== MORE_DATA) return;
    s.next = -1;
  }

  private accept(d: Dialogue, s: MysqlState, q: Question): void {
    s.isLoggedIn = true;
    s.user = q.userName;
    s.database = q.name;
    d.tell(Told.UserName, q.userName);
    d.answer(q);
  }

  /** The first packet of a result. */
  private result(d: Dialogue, s: MysqlState, q: Question, type: number): void {
    if (type === FILE && q.note === Command.Query) {
      s.phase = Phase.File;
      return;
    }
    if (type === ERROR) {
      this.end(d, s, type);
      return;
    }
    d.begin(q);
    q.outcome = Outcome.Ok;
    if (isStream(q.note)) {
      d.answer(q);
      d.over();
    } else if (q.note === Command.StmtPrepare) {
      const id = this.fields.number(4);
      if (type === OK && id !== Fields.NONE) s.prepare(id, q.resource);
      s.phase = Phase.Idle;
      d.answer(q);
    } else if (q.note === Command.Statistics) this.answer(d, s, q);
    else if (q.note === Command.FieldList || q.note === Command.StmtFetch) {
      s.phase = Phase.Rows;
      this.row(d, s, type, this.fields.left + 1);
    } else if (type === OK || type === END) this.end(d, s, type);
    else this.columns(s, type);
  }

  /** The number of columns; MariaDB says behind it whether their definitions follow. */
  private columns(s: MysqlState, first: number): void {
    const f = this.fields;
    if (first >= 0xfc) {
      f.at--;
      s.columns = f.count();
    } else s.columns = first;
    s.phase = s.columns > 0 && (f.left === 0 || f.number(1) !== 0) ? Phase.Columns : Phase.Between;
  }

  private endOfColumns(d: Dialogue, s: MysqlState): void {
    this.fields.skip(2);
    this.status = this.fields.number(2);
    const q = due(d);
    // Rows come when the client fetches them.
    if (q !== undefined && this.status > 0 && (this.status & Status.CursorExists) !== 0) this.answer(d, s, q);
  }

  private row(d: Dialogue, s: MysqlState, type: number, length: number): void {
    if ((type === END && length < LONGEST) || type === ERROR) this.end(d, s, type);
    else if (due(d)?.note !== Command.FieldList) s.rows++;
  }

  /** The last packet of a result: OK, the end of rows, or an error. */
  private end(d: Dialogue, s: MysqlState, type: number): void {
    const q = due(d);
    if (q === undefined) {
      s.phase = Phase.Idle;
      return;
    }
    if (type === ERROR) {
      if (!this.error(d, q)) {
        // The statement is still at work.
        if (s.phase === Phase.Idle) s.first = s.next;
        return;
      }
      s.phase = Phase.Idle;
      s.next = -1;
      d.answer(q, Outcome.ClientError);
      return;
    }
    const isEof = type === END && this.fields.left === EOF_LENGTH - 1;
    if (isEof) {
      this.fields.skip(2);
      this.affected = 0;
      this.status = this.fields.number(2);
      this.keepStatus(s);
    } else this.ok(s);
    if (type === OK && this.affected > 0) s.rows += this.affected;
    if (this.status > 0 && (this.status & Status.MoreResults) !== 0) s.phase = Phase.Next;
    else this.answer(d, s, q);
  }

  private answer(d: Dialogue, s: MysqlState, q: Question): void {
    s.phase = Phase.Idle;
    s.next = -1;
    if (q.note === Command.InitDb) s.database = q.name;
    else if (q.method === 'USE') s.database = databaseOf(q.resource);
    else if (q.note === Command.Query || q.note === Command.StmtExecute) q.attribute('rows', String(s.rows));
    d.answer(q);
  }

  /** Counts and status of an OK packet. */
  private ok(s: MysqlState): void {
    const f = this.fields;
    this.affected = f.count();
    f.count();
    this.status = f.number(2);
    this.keepStatus(s);
  }

  private keepStatus(s: MysqlState): void {
    if (this.status >= 0) s.noBackslashes = (this.status & Status.NoBackslashes) !== 0;
  }

  /** @returns false if it is none, but a report of progress */
  private error(d: Dialogue, q: Question): boolean {
    const code = this.fields.number(2);
    if (code === PROGRESS) return false;
    if (code === Fields.NONE) return true;
    d.texts.begin();
    d.texts.addNumber(code);
    q.status = d.texts.take();
    return true;
  }
}

/**
 * Passes over packets that are nothing but rows, or definitions of columns but for the last one: there are
 * many of them.
 *
 * @returns where the first one is that has to be looked at
 */
function passOver(s: MysqlState, b: Uint8Array, o: number, end: number, q: Question | undefined): number {
  if (s.serverGoesOn) return o;
  const areColumns = s.phase === Phase.Columns;
  const most = areColumns ? s.columns - 1 : end - o;
  let { next } = s;
  let p = o;
  let passed = 0;
  while (end - p > HEADER && passed < most) {
    const length = b[p] | (b[p + 1] << 8) | (b[p + 2] << 16);
    const type = b[p + HEADER];
    if (length === 0 || length === LONGEST || b[p + 3] !== next || type >= END) break;
    // Rows of the binary protocol begin with 0, definitions never do.
    if (type === OK && areColumns) break;
    p += HEADER + length;
    next = (next + 1) & 0xff;
    passed++;
  }
  s.next = next;
  if (areColumns) s.columns -= passed;
  else if (q?.note !== Command.FieldList) s.rows += passed;
  return p;
}

/** Bytes of a packet that are looked at. */
function wanted(s: MysqlState, type: number, length: number): number {
  if (type === OK || type === END || type === ERROR) {
    // Rows of the binary protocol begin with 0.
    return s.phase === Phase.Rows && (type === OK || length === LONGEST) ? 1 : OK_HEAD;
  }
  return s.phase === Phase.Idle || s.phase === Phase.Next ? 1 + 9 : 1;
}

/** The database of a USE statement. */
function databaseOf(statement: string): string {
  const name = statement.slice('USE '.length);
  return name.startsWith('`') && name.endsWith('`') ? name.slice(1, -1) : name;
}
