/** ISO transport over TCP: TPKT (RFC 1006 section 6) and the header of COTP (X.224, RFC 905 section 13). */
import { u16 } from '../wire/bytes.js';

export const TPKT = 3;
/** Kinds of COTP: a connection's request and confirm, data. */
export const CONNECT = 0xe0;
export const CONFIRM = 0xd0;
export const DATA = 0xf0;
/** Where parameters of a request or confirm begin: behind TPKT and COTP's fixed part. */
export const PARAMETERS = 11;
/** Where the user's data begins, behind TPKT and COTP's header of data. */
export const USER_DATA = 7;

/** The kind of COTP in a packet that begins here, without credit; -1 if none does. */
export function cotpKind(b: Uint8Array, o: number, end: number): number {
  if (end - o < USER_DATA || b[o] !== TPKT || b[o + 1] !== 0) return -1;
  const length = u16(b, o + 2);
  const kind = b[o + 5] & 0xf0;
  const header = b[o + 4];
  if (header + 5 > length) return -1;
  return header >= (kind === DATA ? USER_DATA - 5 : PARAMETERS - 5) ? kind : -1;
}
