import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { TdsReader } from './reader.js';

const HEADER = 8;
/** Kinds of packets (MS-TDS 2.2.3.1.1). */
const BATCH = 1;
const RPC = 3;
const ANSWER = 4;
const TRANSACTION = 14;
const LOGIN = 0x10;
const PRELOGIN = 0x12;
/** What clients send but for attentions and bulk loads, which follow one of these. */
const FROM_CLIENT: ReadonlySet<number> = new Set([BATCH, RPC, TRANSACTION, LOGIN, PRELOGIN]);
const LONGEST = 32_767;
/** A prelogin's options are five bytes each; the first is the version's. */
const OPTION = 5;
const VERSION_LENGTH = 6;
/** The beginning of a login: its length, the version, the packets' size. */
const VERSION = HEADER + 4;
const LOGIN_BEGINNING = VERSION + 4;
/** Of major versions 7 and 8, as numbers with the low byte first. */
const MAJOR_VERSIONS: ReadonlySet<number> = new Set([0x70, 0x71, 0x72, 0x73, 0x74, 0x08]);

export const TDS: Application = {
  name: 'tds',
  newReader: () => new TdsReader(),
  tcp: { ports: [1433], is: isTds, elsewhere: isOpening, firstBytes: [LOGIN, PRELOGIN] },
};

/** Also what follows the login, where that was not seen. */
function isTds(m: Opening): boolean {
  const { bytes: b, start: o, end, fromClient } = m;
  if (!isHeader(b, o, end)) return false;
  if (!fromClient) return b[o] === ANSWER;
  return FROM_CLIENT.has(b[o]);
}

/** A prelogin that begins with the version, or a login (MS-TDS 2.2.6.4, 2.2.6.5). */
function isOpening({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  if (!fromClient || !isHeader(b, o, end)) return false;
  if (b[o] === PRELOGIN) {
    if (end - o < HEADER + OPTION || b[o + HEADER] !== 0) return false;
    return u16(b, o + HEADER + 1) % OPTION === 1 && u16(b, o + HEADER + 3) === VERSION_LENGTH;
  }
  return b[o] === LOGIN && end - o >= LOGIN_BEGINNING && MAJOR_VERSIONS.has(b[o + VERSION + 3]);
}

/** Five bits of status, a length, a process number, a packet's number, and a zero. */
function isHeader(b: Uint8Array, o: number, end: number): boolean {
  if (end - o < HEADER || (b[o + 1] & 0xe0) !== 0 || b[o + 7] !== 0) return false;
  const length = u16(b, o + 2);
  return length > HEADER && length <= LONGEST && b[o + 6] <= 1;
}
