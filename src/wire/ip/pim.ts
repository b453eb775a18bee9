/** PIM (RFC 7761 section 4.9): version(4) type(4), reserved (1), checksum (2). */
import { SHORT, setU16, u16 } from '../bytes.js';

export const PIM_LENGTH = 4;
export const PIM_REGISTER = 1;
/**
 * A register's own header: the common one, then B and N bits and reserved ones (4). A multicast packet
 * follows (section 4.9.3).
 */
export const PIM_REGISTER_LENGTH = 8;
/** N, in the byte behind the common header: a probe, without a packet. */
export const PIM_NULL_REGISTER = 0x40;

export class PimHeader {
  version = 2;
  /** 0 hello, 1 register, 3 join/prune, 4 bootstrap, 5 assert. */
  type = 0;
  reserved = 0;
  checksum = 0;
}

/** @returns the header's length (4), or SHORT. */
export function parsePim(b: Uint8Array, o: number, end: number, h: PimHeader): number {
  if (end - o < PIM_LENGTH) return SHORT;
  h.version = b[o] >>> 4;
  h.type = b[o] & 0x0f;
  h.reserved = b[o + 1];
  h.checksum = u16(b, o + 2);
  return PIM_LENGTH;
}

/** Writes the header at `o`, the checksum as it stands. @returns bytes written. */
export function emitPim(h: PimHeader, b: Uint8Array, o: number): number {
  b[o] = (h.version << 4) | h.type;
  b[o + 1] = h.reserved;
  setU16(b, o + 2, h.checksum);
  return PIM_LENGTH;
}
