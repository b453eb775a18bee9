/**
 * AH (RFC 4302 section 2): next header, length in units of 4 bytes minus 2, reserved (2), security parameters
 * index (4), sequence number (4), integrity check value.
 */
import { BAD, SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

export const AH_BASE_LENGTH = 12;

export class AhHeader {
  nextHeader = 0;
  /** Of the whole header, check value included: a multiple of 4, at least 12. */
  length = AH_BASE_LENGTH;
  reserved = 0;
  spi = 0;
  sequence = 0;
}

/** @returns the header's length; SHORT; BAD for a length below 12. */
export function parseAh(b: Uint8Array, o: number, end: number, h: AhHeader): number {
  if (end - o < AH_BASE_LENGTH) return SHORT;
  h.nextHeader = b[o];
  h.length = (b[o + 1] + 2) << 2;
  if (h.length < AH_BASE_LENGTH) return BAD;
  if (end - o < h.length) return SHORT;
  h.reserved = u16(b, o + 2);
  h.spi = u32(b, o + 4);
  h.sequence = u32(b, o + 8);
  return h.length;
}

/** Writes the first 12 bytes; the caller writes the check value behind them. @returns the header's length. */
export function emitAh(h: AhHeader, b: Uint8Array, o: number): number {
  b[o] = h.nextHeader;
  b[o + 1] = (h.length >>> 2) - 2;
  setU16(b, o + 2, h.reserved);
  setU32(b, o + 4, h.spi);
  setU32(b, o + 8, h.sequence);
  return h.length;
}
