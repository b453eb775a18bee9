/** What clients ask: logins and procedure calls. Source: MS-TDS 2.2.6. */
import { Told } from '../../model/told.js';
import type { Question } from '../question.js';
import type { Dialogue } from '../reader.js';
import type { Statement } from '../sql/statement.js';
import { low16, low32, type TdsState } from './state.js';

/** Procedures by number, from 1 on. */
const PROCEDURES: readonly string[] = [
  '',
  'sp_cursor',
  'sp_cursoropen',
  'sp_cursorprepare',
  'sp_cursorexecute',
  'sp_cursorprepexec',
  'sp_cursorunprepare',
  'sp_cursorfetch',
  'sp_cursoroption',
  'sp_cursorclose',
  'sp_executesql',
  'sp_prepare',
  'sp_execute',
  'sp_prepexec',
  'sp_prepexecrpc',
  'sp_unprepare',
];
/** Which of their parameters is a statement. */
const STATEMENTS: ReadonlyMap<string, number> = new Map([
  ['sp_cursoropen', 1],
  ['sp_cursorprepare', 2],
  ['sp_cursorprepexec', 3],
  ['sp_executesql', 0],
  ['sp_prepare', 2],
  ['sp_prepexec', 2],
]);
/** The one whose first parameter is the number of a prepared statement. */
const PREPARED = 'sp_execute';
const BY_NUMBER = 0xffff;
const INT_N = 0x26;
const NVARCHAR = 0xe7;
const LONGEST_HEADERS = 0x1000;

/** Requests to the transaction manager by number. */
const TRANSACTIONS: readonly string[] = [
  'GET_DTC_ADDRESS',
  'PROPAGATE',
  '',
  '',
  '',
  'BEGIN',
  'PROMOTE',
  'COMMIT',
  'ROLLBACK',
  'SAVE',
];

/** Where a request begins behind its headers, which came with version 7.2. */
export function behindHeaders(b: Uint8Array, o: number, end: number): number {
  const length = low32(b, o, end);
  // Characters, in their place, make a number that is far larger.
  return length >= 4 && length < LONGEST_HEADERS && length <= end - o ? o + length : o;
}

export function transactionRequest(b: Uint8Array, o: number, end: number): string {
  return TRANSACTIONS[low16(b, o, end)] || 'TRANSACTION';
}

/** A login: offsets and lengths of texts, from its beginning on; low byte first. */
export function readLogin(
  d: Dialogue,
  s: TdsState,
  q: Question,
  b: Uint8Array,
  o: number,
  end: number,
): void {
  if (end - o < 72) return;
  s.isOld = b[o + 7] < 0x72;
  s.hasQuotedNames = (b[o + 25] & 0x02) !== 0;
  q.userName = textAt(d, b, o, end, 40);
  q.name = textAt(d, b, o, end, 68);
  d.tell(Told.ClientSoftware, textAt(d, b, o, end, 48));
  d.tell(Told.ClientSoftware, textAt(d, b, o, end, 60));
}

function textAt(d: Dialogue, b: Uint8Array, o: number, end: number, at: number): string {
  const from = Math.min(end, o + low16(b, o + at, end));
  return d.texts.utf16(b, from, Math.min(end, from + 2 * low16(b, o + at + 2, end)));
}

/** A call: a procedure's name or number, options, parameters. A statement among them is an attribute. */
export function readCall(
  d: Dialogue,
  s: TdsState,
  q: Question,
  statement: Statement,
  dialect: number,
  b: Uint8Array,
  o: number,
  end: number,
): void {
  const length = low16(b, o, end);
  let p = o + 2;
  if (length === BY_NUMBER) {
    q.resource = PROCEDURES[low16(b, p, end)] ?? '';
    p += 2;
  } else {
    q.resource = d.texts.utf16(b, p, Math.min(end, p + 2 * length));
    p += 2 * length;
  }
  p += 2;
  if (q.resource === PREPARED) {
    // Without a name, of 4 bytes.
    const isNumber = p + 9 <= end && b[p] === 0 && b[p + 2] === INT_N && b[p + 4] === 4;
    const known = isNumber ? s.statement(low32(b, p + 5, end)) : '';
    if (known !== '') q.attribute('statement', known);
    return;
  }
  const place = STATEMENTS.get(q.resource);
  if (place === undefined) return;
  for (let i = 0; i <= place && p < end; i++) {
    p += 1 + 2 * b[p] + 1;
    if (p + 3 > end) return;
    if (b[p] === INT_N) p += 3 + b[p + 2];
    else if (b[p] === NVARCHAR) {
      const isLong = low16(b, p + 1, end) === 0xffff;
      // A collation of 5 bytes; then a length, or that of all and that of the first piece.
      const from = p + 3 + 5 + (isLong ? 12 : 2);
      const size = isLong ? low32(b, from - 4, end) : low16(b, from - 2, end);
      if (i === place && from < end) {
        statement.read(d.texts, b, from, Math.min(end, from + size), dialect);
        q.key = statement.text;
        if (q.key !== '') q.attribute('statement', q.key);
      }
      // Behind pieces stands one without length; NULL has neither.
      const isNull = isLong ? low32(b, p + 8, end) === 0xffff_ffff : size === 0xffff;
      p = isNull ? p + 8 + (isLong ? 8 : 2) : from + size + (isLong ? 4 : 0);
    } else return;
  }
}
