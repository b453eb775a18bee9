import { u16, u32 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { isPrintable } from '../text.js';
import { PostgresqlReader } from './reader.js';

/** Requests in place of a version: to encrypt by TLS or by GSSAPI, to cancel; and their lengths. */
const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const REQUEST_LENGTH = 8;
const CANCEL_LENGTH = 16;
/** The major version; and the longest startup message that servers take. */
const VERSION = 3;
const LONGEST_STARTUP = 10_000;
const QUERY = 0x51;
const PARSE = 0x50;
const BIND = 0x42;
const AUTHENTICATION = 0x52;
const ERROR = 0x45;
const LAST_AUTHENTICATION = 12;
const LONGEST_MESSAGE = 0x0100_0000;
/** Formats of values: as text, in binary. Servers take names of 63 bytes. */
const LAST_FORMAT = 1;
const LONGEST_NAME = 63;

export const POSTGRESQL: Application = {
  name: 'postgresql',
  newReader: () => new PostgresqlReader(),
  tcp: { ports: [5432], is: isPostgresql, elsewhere: isStartup, firstBytes: [0] },
};

/** Also a statement, and the server's authentication or error, where the startup was not seen. */
function isPostgresql(m: Opening): boolean {
  const { bytes: b, start: o, end } = m;
  if (isStartup(m)) return true;
  if (end - o < 9) return false;
  const length = u32(b, o + 1);
  if (length < 5 || length > LONGEST_MESSAGE) return false;
  if (!m.fromClient)
    return (
      (b[o] === AUTHENTICATION && length >= 8 && u32(b, o + 5) <= LAST_AUTHENTICATION) ||
      (b[o] === ERROR && b[o + 5] === 0x53)
    );
  if (b[o] === BIND) return isBind(b, o + 5, Math.min(end, o + 1 + length));
  return (b[o] === QUERY || b[o] === PARSE) && (isPrintable(b[o + 5]) || b[o] === PARSE);
}

/** The names of a portal and of a statement, and the formats of its parameters, with their number before. */
function isBind(b: Uint8Array, o: number, end: number): boolean {
  const portal = nameEnd(b, o, end);
  const statement = portal < 0 ? -1 : nameEnd(b, portal + 1, end);
  let p = statement + 1;
  if (statement < 0 || p + 2 > end) return false;
  const formats = u16(b, p);
  p += 2;
  if (p + 2 * formats + 4 > end) return false;
  for (const last = p + 2 * formats; p < last; p += 2) if (u16(b, p) > LAST_FORMAT) return false;
  return true;
}

/** Where a name ends, at its NUL; -1 if it is none. */
function nameEnd(b: Uint8Array, o: number, end: number): number {
  const last = Math.min(end, o + LONGEST_NAME + 1);
  for (let p = o; p < last; p++) {
    if (b[p] === 0) return p;
    if (!isPrintable(b[p])) return -1;
  }
  return -1;
}

/** The startup message, or a request before it (PostgreSQL's documentation, section 54.7). */
function isStartup({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  const n = end - o;
  if (!fromClient || n < REQUEST_LENGTH) return false;
  const length = u32(b, o);
  switch (u32(b, o + 4)) {
    case SSL_REQUEST:
    case GSSENC_REQUEST:
      return length === REQUEST_LENGTH;
    case CANCEL_REQUEST:
      return length >= CANCEL_LENGTH;
    default:
      // Names and values follow, or a zero.
      return (
        u16(b, o + 4) === VERSION &&
        length >= REQUEST_LENGTH &&
        length <= LONGEST_STARTUP &&
        length >= n &&
        (n === REQUEST_LENGTH || isPrintable(b[o + 8]) || b[o + 8] === 0)
      );
  }
}
