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
const QUERY = 3;

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
  if (b[o + 3] === 0) return b[o + 4] === QUERY && length + HEADER >= end - o && end - o > HEADER + 1;
  if (b[o + 3] !== 1 || end - o < ZEROS_END || length + HEADER < ZEROS_END || (b[o + 5] & PROTOCOL_41) === 0)
    return false;
  for (let p = o + ZEROS; p < o + ZEROS_END; p++) if (b[p] !== 0) return false;
  return true;
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

function lengthOf(b: Uint8Array, o: number): number {
  return b[o] | (b[o + 1] << 8) | (b[o + 2] << 16);
}
