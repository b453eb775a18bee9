/**
 * GENEVE (RFC 8926 section 3.4): version(2)=0 options length(6, in units of 4 bytes), O(1) C(1) reserved(6),
 * protocol type (2, an EtherType), network id (3), reserved (1), options.
 */
import { BAD, SHORT, setU16, setU24, u16, u24 } from '../bytes.js';

export const GENEVE_PORT = 6081;
export const GENEVE_BASE_LENGTH = 8;
export const GENEVE_CONTROL = 0x80;
export const GENEVE_CRITICAL = 0x40;
/** Option class of AWS' Gateway Load Balancer (IANA: Amazon.com). */
export const GENEVE_CLASS_AWS = 0x0108;
/** An option's class (2), type (1), and length in units of 4 bytes without these four (5 bits). */
const OPTION_BASE_LENGTH = 4;

export class GeneveHeader {
  /** Bytes of options: 0 to 252, a multiple of 4. */
  optionsLength = 0;
  /** O and C, and the reserved bits. */
  flags = 0;
  protocol = 0x6558;
  /** Virtual network identifier, 24 bits. */
  vni = 0;
  reserved = 0;
}

/** @returns the header's length, options included; SHORT; BAD for another version. */
export function parseGeneve(b: Uint8Array, o: number, end: number, h: GeneveHeader): number {
  if (end - o < GENEVE_BASE_LENGTH) return SHORT;
  if (b[o] >>> 6 !== 0) return BAD;
  h.optionsLength = (b[o] & 0x3f) << 2;
  if (end - o < GENEVE_BASE_LENGTH + h.optionsLength) return SHORT;
  h.flags = b[o + 1];
  h.protocol = u16(b, o + 2);
  h.vni = u24(b, o + 4);
  h.reserved = b[o + 7];
  return GENEVE_BASE_LENGTH + h.optionsLength;
}

/**
 * Writes the first 8 bytes; the caller writes `h.optionsLength` bytes of options behind them. @returns bytes
 * written.
 */
export function emitGeneve(h: GeneveHeader, b: Uint8Array, o: number): number {
  b[o] = h.optionsLength >>> 2;
  b[o + 1] = h.flags;
  setU16(b, o + 2, h.protocol);
  setU24(b, o + 4, h.vni);
  b[o + 7] = h.reserved;
  return GENEVE_BASE_LENGTH;
}

/** Whether a header at `o` that {@link parseGeneve} has read has an option of a class. */
export function hasGeneveOption(b: Uint8Array, o: number, h: GeneveHeader, optionClass: number): boolean {
  const end = o + GENEVE_BASE_LENGTH + h.optionsLength;
  for (let p = o + GENEVE_BASE_LENGTH; p < end; p += OPTION_BASE_LENGTH + ((b[p + 3] & 0x1f) << 2))
    if (u16(b, p) === optionClass) return true;
  return false;
}
