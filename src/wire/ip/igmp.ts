/**
 * IGMP (RFC 2236, RFC 9776): type, max response time, checksum (2), group address (4); version 3 has more
 * behind it.
 */
import { SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

export const IGMP_LENGTH = 8;

export class IgmpHeader {
  /** 0x11 query, 0x16 version 2 report, 0x17 leave, 0x22 version 3 report. */
  type = 0;
  /** In units of 100 ms. */
  maxResponse = 0;
  checksum = 0;
  /** Group address; in a version 3 report reserved(16) and the number of records(16). */
  group = 0;
}

/** @returns the header's length (8), or SHORT. */
export function parseIgmp(b: Uint8Array, o: number, end: number, h: IgmpHeader): number {
  if (end - o < IGMP_LENGTH) return SHORT;
  h.type = b[o];
  h.maxResponse = b[o + 1];
  h.checksum = u16(b, o + 2);
  h.group = u32(b, o + 4);
  return IGMP_LENGTH;
}

/** Writes the header at `o`, the checksum as it stands: see setTransportChecksum. @returns bytes written. */
export function emitIgmp(h: IgmpHeader, b: Uint8Array, o: number): number {
  b[o] = h.type;
  b[o + 1] = h.maxResponse;
  setU16(b, o + 2, h.checksum);
  setU32(b, o + 4, h.group);
  return IGMP_LENGTH;
}
