/** MySQL, PostgreSQL and Redis: what a message is, and its statement. */
import { u32 } from '../../../../../src/wire/bytes.js';
import type { Sheet } from './layer.js';
import { byte, bytesOf, count, hex, lineEnd, named, nextLine, text } from './words.js';

/** Messages of one segment that are shown. */
const MOST_MESSAGES = 40;

const COMMANDS: Readonly<Record<number, string>> = {
  1: 'QUIT',
  2: 'INIT_DB',
  3: 'QUERY',
  4: 'FIELD_LIST',
  9: 'STATISTICS',
  14: 'PING',
  17: 'CHANGE_USER',
  18: 'BINLOG_DUMP',
  22: 'STMT_PREPARE',
  23: 'STMT_EXECUTE',
  24: 'STMT_SEND_LONG_DATA',
  25: 'STMT_CLOSE',
  26: 'STMT_RESET',
  27: 'SET_OPTION',
  28: 'STMT_FETCH',
  31: 'RESET_CONNECTION',
};

/** MySQL's packets: a length of three bytes, low byte first, a number, what they carry. */
export function mysql(s: Sheet, fromClient: boolean | undefined): boolean {
  const { b, limit } = s;
  const said: string[] = [];
  let p = s.at;
  for (let n = 0; n < MOST_MESSAGES && s.has(p, 5); n++) {
    const length = b[p]! | (b[p + 1]! << 8) | (b[p + 2]! << 16);
    const end = Math.min(limit, p + 4 + length);
    s.field('packet', p, 4, (b, o) => `number ${b[o + 3]!}, ${bytesOf(length)}`);
    said.push(
      fromClient === true && b[p + 3] === 0 ? command(s, p + 4, end) : answer(s, p + 4, end, b[p + 3]!),
    );
    p += 4 + length;
    if (length === 0) break;
  }
  if (said.length === 0) return false;
  s.upTo(limit);
  s.summary = `${said[0]!}${said.length > 1 ? ` +${said.length - 1}` : ''}`;
  s.detail = fromClient === true ? 'command' : 'answer';
  return true;
}

function command(s: Sheet, at: number, end: number): string {
  const code = s.b[at]!;
  const word = named(COMMANDS, code);
  s.field('command', at, 1, () => word);
  if (end <= at + 1) return word;
  const isText = code === 2 || code === 3 || code === 22;
  const said = isText ? text(s.b, at + 1, end) : bytesOf(end - at - 1);
  s.field(code === 2 ? 'database' : isText ? 'statement' : 'data', at + 1, end - at - 1, () => said);
  return isText ? said.slice(0, 200) : word;
}

function answer(s: Sheet, at: number, end: number, number: number): string {
  const { b } = s;
  if (at >= end) return 'empty';
  if (b[at] === 0xff && end - at >= 3) {
    const code = b[at + 1]! | (b[at + 2]! << 8);
    const message = text(b, at + 3, end);
    s.field('error', at, end - at, () => `${code}: ${message}`);
    return `error ${code}: ${message}`.slice(0, 200);
  }
  if (b[at] === 0 && number > 0 && end - at >= 5) {
    s.field('ok', at, end - at, () => bytesOf(end - at));
    return 'OK';
  }
  if (number === 0 && b[at] === 10) {
    let to = at + 1;
    while (to < end && b[to] !== 0) to++;
    s.field('greeting', at, 1, () => 'protocol 10');
    s.field('server', at + 1, to - at - 1, (b, o) => text(b, o, to));
    s.field('data', to + 1, end - to - 1, () => bytesOf(end - to - 1));
    return `greeting ${text(b, at + 1, to, 60)}`;
  }
  const word = b[at] === 0xfe && end - at < 9 ? 'end' : number === 1 ? 'result' : 'data';
  s.field(word, at, end - at, () => bytesOf(end - at));
  return word;
}

const FROM_CLIENT: Readonly<Record<string, string>> = {
  B: 'bind',
  C: 'close',
  D: 'describe',
  E: 'execute',
  F: 'function call',
  H: 'flush',
  P: 'parse',
  Q: 'query',
  S: 'sync',
  X: 'terminate',
  c: 'copy done',
  d: 'copy data',
  f: 'copy failed',
  p: 'password',
};
const FROM_SERVER: Readonly<Record<string, string>> = {
  '1': 'parse complete',
  '2': 'bind complete',
  '3': 'close complete',
  A: 'notification',
  C: 'command complete',
  D: 'row',
  E: 'error',
  G: 'copy in',
  H: 'copy out',
  I: 'empty query',
  K: 'cancellation key',
  N: 'notice',
  R: 'authentication',
  S: 'parameter',
  T: 'row description',
  Z: 'ready for query',
  c: 'copy done',
  d: 'copy data',
  n: 'no data',
  s: 'portal suspended',
  t: 'parameter description',
};

/** PostgreSQL's messages: a type, a length with itself, what they carry. */
export function postgresql(s: Sheet, fromClient: boolean | undefined): boolean {
  const { b, limit } = s;
  // The first message of a client has no type.
  if (fromClient === true && s.has(s.at, 8) && b[s.at] === 0) return startup(s);
  const words = fromClient === true ? FROM_CLIENT : FROM_SERVER;
  const said: string[] = [];
  let p = s.at;
  for (let n = 0; n < MOST_MESSAGES && s.has(p, 5); n++) {
    const [type, length] = [String.fromCharCode(b[p]!), u32(b, p + 1)];
    const word = words[type];
    if (word === undefined || length < 4 || length > 0x4000_0000) break;
    const end = Math.min(limit, p + 1 + length);
    s.field(word, p, 5, () => bytesOf(length - 4));
    const isText = type === 'Q' || (fromClient !== true && (type === 'C' || type === 'E' || type === 'S'));
    const from = fromClient === true && type === 'P' ? behindNul(b, p + 5, end) : p + 5;
    const shown =
      isText || (fromClient === true && type === 'P') ? text(b, from, end).replace(/·+$/, '') : '';
    if (end > from)
      s.field(shown === '' ? 'data' : 'text', from, end - from, () => shown || bytesOf(end - from));
    said.push(shown === '' || type === 'S' ? word : shown.slice(0, 200));
    p += 1 + length;
  }
  if (said.length === 0) return false;
  s.upTo(limit);
  s.summary = `${said[0]!}${said.length > 1 ? ` +${said.length - 1}` : ''}`;
  s.detail = said.slice(0, 3).join(', ').slice(0, 80);
  return true;
}

function behindNul(b: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && b[p] !== 0) p++;
  return Math.min(end, p + 1);
}

function startup(s: Sheet): boolean {
  const { b, at, limit } = s;
  const code = u32(b, at + 4);
  const word = named({ 80877102: 'cancel', 80877103: 'asks for TLS', 80877104: 'asks for GSSAPI' }, code);
  s.field('length', at, 4, (b, o) => count(u32(b, o)));
  s.field('version', at + 4, 4, () => (code >>> 16 === 3 ? `3.${code & 0xffff}` : word));
  s.field('parameters', at + 8, limit - at - 8, (b, o) => text(b, o, limit).replaceAll('·', ' ').trim());
  s.detail = s.summary = code >>> 16 === 3 ? 'startup' : word;
  return true;
}

/** Redis: values of a type and a line, arrays of them (RESP). */
export function redis(s: Sheet): boolean {
  const { b, at, limit } = s;
  const KINDS: Readonly<Record<string, string>> = {
    '*': 'array',
    $: 'text',
    '+': 'status',
    '-': 'error',
    ':': 'number',
    '%': 'map',
    '~': 'set',
    _: 'nothing',
  };
  if (!s.has(at, 1) || KINDS[String.fromCharCode(b[at]!)] === undefined) return false;
  const words: string[] = [];
  let p = at;
  for (let n = 0; p < limit && n < MOST_MESSAGES; n++) {
    const kind = String.fromCharCode(b[p]!);
    const word = KINDS[kind];
    if (word === undefined) break;
    const end = lineEnd(b, p, Math.min(limit, p + 1024));
    const line = text(b, p + 1, end, 100);
    const next = nextLine(b, end, limit);
    if (kind === '$' && /^\d{1,9}$/.test(line)) {
      const to = Math.min(limit, next + Number(line));
      s.field(word, p, to - p, () => text(b, next, to));
      words.push(text(b, next, to, 60));
      p = nextLine(b, to, limit);
    } else {
      s.field(word, p, end - p, () => line || 'empty');
      if (kind !== '*' && kind !== '%' && kind !== '~') words.push(line);
      p = next > p ? next : limit;
    }
  }
  s.upTo(limit);
  s.summary = words.slice(0, 6).join(' ').slice(0, 200);
  s.detail = KINDS[String.fromCharCode(b[at]!)]!;
  return true;
}

/** Modbus over TCP: a header of seven bytes, a function. */
export function modbus(s: Sheet): boolean {
  const { at } = s;
  const FUNCTIONS: Readonly<Record<number, string>> = {
    1: 'read coils',
    2: 'read discrete inputs',
    3: 'read holding registers',
    4: 'read input registers',
    5: 'write a coil',
    6: 'write a register',
    15: 'write coils',
    16: 'write registers',
    22: 'mask a register',
    23: 'read and write registers',
    43: 'device identification',
  };
  if (!s.has(at, 8) || s.b[at + 2] !== 0 || s.b[at + 3] !== 0) return false;
  s.field('transaction', at, 2, (b, o) => String((b[o]! << 8) | b[o + 1]!));
  s.field('protocol', at + 2, 2, () => 'Modbus');
  s.field('length', at + 4, 2, (b, o) => String((b[o]! << 8) | b[o + 1]!));
  s.field('unit', at + 6, 1, byte);
  const code = s.b[at + 7]!;
  const word = `${named(FUNCTIONS, code & 0x7f)}${code >= 0x80 ? ', exception' : ''}`;
  s.field('function', at + 7, 1, () => `${word} (${hex(code, 2)})`);
  s.field('data', at + 8, s.limit - at - 8, () => bytesOf(s.limit - at - 8));
  s.summary = s.detail = word;
  return true;
}
