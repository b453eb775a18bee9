/** UDP (RFC 768): ports, length of header and payload, checksum (0: none). */
import { SHORT, setU16, u16 } from '../bytes.js';

export const UDP_LENGTH = 8;
export const UDP_CHECKSUM = 6;

export class UdpHeader {
  sourcePort = 0;
  destinationPort = 0;
  /** Of header and payload, bytes; 0 in a jumbogram (RFC 2675 section 4). */
  length = UDP_LENGTH;
  checksum = 0;
}

/** @returns the header's length (8), or SHORT. */
export function parseUdp(b: Uint8Array, o: number, end: number, h: UdpHeader): number {
  if (end - o < UDP_LENGTH) return SHORT;
  h.sourcePort = u16(b, o);
  h.destinationPort = u16(b, o + 2);
  h.length = u16(b, o + 4);
  h.checksum = u16(b, o + UDP_CHECKSUM);
  return UDP_LENGTH;
}

/** Writes the header at `o`, the checksum as it stands: see setTransportChecksum. @returns bytes written. */
export function emitUdp(h: UdpHeader, b: Uint8Array, o: number): number {
  setU16(b, o, h.sourcePort);
  setU16(b, o + 2, h.destinationPort);
  setU16(b, o + 4, h.length);
  setU16(b, o + UDP_CHECKSUM, h.checksum);
  return UDP_LENGTH;
}
