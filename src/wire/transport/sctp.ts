/**
 * SCTP's common header (RFC 9260 section 3.1): ports, verification tag (4), CRC32c (4, least significant byte
 * first).
 */
import { SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

export const SCTP_LENGTH = 12;
const SCTP_CHECKSUM = 8;

export class SctpHeader {
  sourcePort = 0;
  destinationPort = 0;
  verificationTag = 0;
  /** The four bytes as a big-endian number. */
  checksum = 0;
}

/** @returns the header's length (12), or SHORT. */
export function parseSctp(b: Uint8Array, o: number, end: number, h: SctpHeader): number {
  if (end - o < SCTP_LENGTH) return SHORT;
  h.sourcePort = u16(b, o);
  h.destinationPort = u16(b, o + 2);
  h.verificationTag = u32(b, o + 4);
  h.checksum = u32(b, o + SCTP_CHECKSUM);
  return SCTP_LENGTH;
}

/**
 * Writes the header at `o`, the checksum as it stands: see {@link setSctpChecksum}. @returns bytes written.
 */
export function emitSctp(h: SctpHeader, b: Uint8Array, o: number): number {
  setU16(b, o, h.sourcePort);
  setU16(b, o + 2, h.destinationPort);
  setU32(b, o + 4, h.verificationTag);
  setU32(b, o + SCTP_CHECKSUM, h.checksum);
  return SCTP_LENGTH;
}

/** Computes and writes the CRC32c of the packet from `o` up to `end` (RFC 9260 appendix A). */
export function setSctpChecksum(b: Uint8Array, o: number, end: number): void {
  setU32(b, o + SCTP_CHECKSUM, 0);
  let crc = 0xffffffff;
  for (let i = o; i < end; i++) {
    crc ^= b[i];
    // Castagnoli's polynomial, reflected.
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  crc = ~crc >>> 0;
  b[o + SCTP_CHECKSUM] = crc;
  b[o + SCTP_CHECKSUM + 1] = crc >>> 8;
  b[o + SCTP_CHECKSUM + 2] = crc >>> 16;
  b[o + SCTP_CHECKSUM + 3] = crc >>> 24;
}
