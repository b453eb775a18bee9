import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { isPrintable } from '../text.js';
import { SocksReader } from './reader.js';

const VERSION4 = 4;
const VERSION5 = 5;
/** The end of a request's fixed part, in version 4. */
const USER = 8;
const LONGEST_USER = 255;
/** Methods that clients offer: none, GSSAPI, user and password. */
const LAST_METHOD = 2;
/** Answers of version 4 (granted, refused), which begin with zero. */
const FIRST_REPLY = 90;
const LAST_REPLY = 93;
/** Of version 5: no method is acceptable. */
const NONE = 0xff;

export const SOCKS: Application = {
  name: 'socks',
  tcp: { ports: [1080, 9050], is: isSocks, elsewhere: isOpening, firstBytes: [VERSION4, VERSION5] },
  newReader: () => new SocksReader(),
};

/** Also what a server answers, and a request whose opening was not seen. */
function isSocks(m: Opening): boolean {
  const { bytes: b, start: o, end } = m;
  const n = end - o;
  if (m.fromClient)
    return isOpening(m) || isRequest5(b, o, n) || (b[o] === VERSION5 && n > 2 && n === 2 + b[o + 1]);
  if (n === 2) return b[o] === VERSION5 && (b[o + 1] <= LAST_METHOD || b[o + 1] === NONE);
  if (n === 8) return b[o] === 0 && b[o + 1] >= FIRST_REPLY && b[o + 1] <= LAST_REPLY;
  return n >= 10 && b[o] === VERSION5 && b[o + 1] <= 8 && b[o + 2] === 0 && isAddressType(b[o + 3]);
}

/** What a client begins with: a request of version 4, or the methods that it offers (RFC 1928 section 3). */
function isOpening({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  const n = end - o;
  if (!fromClient || n < 3) return false;
  if (b[o] === VERSION4) return isRequest4(b, o, end);
  if (b[o] !== VERSION5 || b[o + 1] < 1 || n !== 2 + b[o + 1] || b[o + 1] > LAST_METHOD + 1) return false;
  for (let p = o + 2; p < end; p++) if (b[p] > LAST_METHOD) return false;
  return b[o + 1] === 1 || b[o + 2] !== b[o + 3];
}

/** CONNECT or BIND, port, address, user, zero; with a name behind it if the address is 0.0.0.x (SOCKS 4A). */
function isRequest4(b: Uint8Array, o: number, end: number): boolean {
  if (end - o <= USER || (b[o + 1] !== 1 && b[o + 1] !== 2) || u16(b, o + 2) === 0) return false;
  let p = zero(b, o + USER, end);
  if (p >= 0 && b[o + 4] === 0 && b[o + 5] === 0 && b[o + 6] === 0) p = zero(b, p + 1, end);
  return p === end - 1;
}

/** Where the zero behind printable characters stands; -1 if there is none. */
function zero(b: Uint8Array, o: number, end: number): number {
  const last = Math.min(end, o + LONGEST_USER + 1);
  let p = o;
  while (p < last && isPrintable(b[p])) p++;
  return p < last && b[p] === 0 ? p : -1;
}

function isRequest5(b: Uint8Array, o: number, n: number): boolean {
  return (
    n >= 10 &&
    b[o] === VERSION5 &&
    b[o + 1] >= 1 &&
    b[o + 1] <= 3 &&
    b[o + 2] === 0 &&
    isAddressType(b[o + 3])
  );
}

function isAddressType(type: number): boolean {
  return type === 1 || type === 3 || type === 4;
}
