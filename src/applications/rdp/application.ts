import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { startsWith } from '../text.js';
import { CONFIRM, CONNECT, cotpKind, DATA, PARAMETERS, TPKT, USER_DATA } from '../tpkt.js';
import { RdpReader } from './reader.js';

/** A negotiation's request, response or failure, and its length. */
const NEGOTIATION = 8;
const LAST_NEGOTIATION = 3;
/** T.125's Connect-Initial and Connect-Response: BER tags of two bytes. */
const CONNECT_INITIAL = 0x7f65;
const CONNECT_RESPONSE = 0x7f66;

export const RDP: Application = {
  name: 'rdp',
  newReader: () => new RdpReader(),
  tcp: { ports: [3389], is: isRdp, elsewhere: isNegotiated, firstBytes: [TPKT] },
};

/** Also connections without a cookie or negotiation, and those seen from their second message on. */
function isRdp({ bytes: b, start: o, end }: Opening): boolean {
  const kind = cotpKind(b, o, end);
  if (kind === DATA && end - o >= USER_DATA + 2) {
    const tag = u16(b, o + USER_DATA);
    return tag === CONNECT_INITIAL || tag === CONNECT_RESPONSE;
  }
  return kind === CONNECT || kind === CONFIRM;
}

/**
 * A connection request or confirm in RDP's form (MS-RDPBCGR 2.2.1.1, 2.2.1.2): the fixed part is followed by
 * a cookie or a negotiation. Other users of ISO transport (S7, MMS) name its ends there.
 */
function isNegotiated({ bytes: b, start: o, end }: Opening): boolean {
  const kind = cotpKind(b, o, end);
  if (kind !== CONNECT && kind !== CONFIRM) return false;
  const p = o + PARAMETERS;
  if (startsWith(b, p, end, 'Cookie:')) return true;
  // Request, response or failure; flags; a length of 8, little endian.
  if (end - p < 4 || u16(b, o + 2) < PARAMETERS + NEGOTIATION) return false;
  return b[p] >= 1 && b[p] <= LAST_NEGOTIATION && u16(b, p + 2) === NEGOTIATION << 8;
}
