import type { Application, Opening } from '../reader.js';
import { isDigit, isPrintable } from '../text.js';
import { MysqlReader } from './reader.js';

/** A packet's header: a length of 24 bits, low byte first, and its number. */
const HEADER = 4;
const VERSION_10 = 10;
const LONGEST_VERSION = 64;
/** The least and the most that a greeting takes. */
const SHORTEST_GREETING = 7;
const LONGEST_GREETING = 512;
const ERROR = 0xff;
/** Where a login's zeros begin and end, behind capabilities, size and character set. */
const ZEROS = HEADER + 9;
const ZEROS_END = ZEROS + 19;
const PROTOCOL_41 = 0x02;
/** Commands of texts, and others with their lengths: what a client says that logged on long ago. */
const QUERY = 3;
const PREPARE = 22;
const EXECUTE = 23;
const EXECUTE_HEAD = 10;
const PING = 14;
const CLOSE = 25;
const RESET = 26;

export const MYSQL: Application = {
  name: 'mysql',
  newReader: () => new MysqlReader(),
  tcp: { ports: [3306], is: isMysql, elsewhere: isGreeting },
};

/** Also a refusal, and what a client sends, where the greeting was not seen. */
function isMysql(m: Opening): boolean {
  const { bytes: b, start: o, end, fromClient } = m;
  if (!fromClient) return isGreeting(m) || isError(b, o, end);
  if (end - o <= HEADER) return false;
  const length = lengthOf(b, o);
  if (b[o + 3] === 0) return isCommand(b, o, end, length);
  if (b[o + 3] !== 1 || end - o < ZEROS_END || length + HEADER < ZEROS_END || (b[o + 5] & PROTOCOL_41) === 0)
    return false;
  return isEmpty(b, o + ZEROS, o + ZEROS_END);
}

function isCommand(b: Uint8Array, o: number, end: number, length: number): boolean {
  const p = o + HEADER;
  switch (b[p]) {
    case QUERY:
      return end > p + 1 && length >= end - p;
    case PREPARE:
      return end > p + 1 && length >= end - p && isPrintable(b[p + 1]);
    case EXECUTE: {
      // A statement, flags, and how often: once.
      const head = p + EXECUTE_HEAD;
      return end >= head && length >= end - p && b[head - 4] === 1 && isEmpty(b, head - 3, head);
    }
    case PING:
      return length === 1 && end === p + 1;
    case CLOSE:
    case RESET:
      return length === 5 && end >= p + 5 && (end === p + 5 || (end > p + 8 && b[p + 8] === 0));
    default:
      return false;
  }
}

/** The server's first packet: number 0, protocol version 10, a version that begins with a digit. */
function isGreeting({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  if (fromClient || end - o < HEADER + 3 || b[o + 3] !== 0 || b[o + 4] !== VERSION_10) return false;
  const length = lengthOf(b, o);
  if (length < SHORTEST_GREETING || length > LONGEST_GREETING || !isDigit(b[o + 5])) return false;
  const last = Math.min(end, o + HEADER + length, o + 5 + LONGEST_VERSION);
  let p = o + 6;
  while (p < last && isPrintable(b[p])) p++;
  return p === end || b[p] === 0;
}

/** An error in place of the greeting: a number below 4096 and a text. */
function isError(b: Uint8Array, o: number, end: number): boolean {
  if (end - o < HEADER + 4 || b[o + 3] > 1 || b[o + 4] !== ERROR || b[o + 6] > 15) return false;
  return lengthOf(b, o) + HEADER >= end - o && isPrintable(b[o + 7]);
}

function isEmpty(b: Uint8Array, o: number, end: number): boolean {
  for (let p = o; p < end; p++) if (b[p] !== 0) return false;
  return true;
}

function lengthOf(b: Uint8Array, o: number): number {
  return b[o] | (b[o + 1] << 8) | (b[o + 2] << 16);
}
