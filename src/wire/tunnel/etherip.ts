/** EtherIP (IP protocol 97; RFC 3378 section 2): version(4)=3 reserved(12)=0. An Ethernet frame follows. */
import { BAD, SHORT, setU16, u16 } from '../bytes.js';

export const ETHERIP_LENGTH = 2;
const ETHERIP_HEADER = 0x3000;

/** @returns the header's length (2); SHORT; BAD for another version, or reserved bits. */
export function parseEtherIp(b: Uint8Array, o: number, end: number): number {
  if (end - o < ETHERIP_LENGTH) return SHORT;
  return u16(b, o) === ETHERIP_HEADER ? ETHERIP_LENGTH : BAD;
}

export function emitEtherIp(b: Uint8Array, o: number): number {
  setU16(b, o, ETHERIP_HEADER);
  return ETHERIP_LENGTH;
}
