/**
 * GTP-U, which carries packets of mobile networks (UDP port 2152; 3GPP TS 29.281 section 5): version(3)=1
 * protocol(1)=1 spare(1) E(1) S(1) PN(1), message type (1), length behind the first 8 bytes (2), tunnel
 * endpoint id (4). With any of E, S and PN 4 bytes more: sequence number (2), N-PDU number (1), type of the
 * next extension header (1); with E extension headers, each its length in units of 4 bytes (1), content, and
 * the type of the next (1).
 */
import { BAD, SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

export const GTPU_PORT = 2152;
/** The message that carries a packet. */
export const GTPU_GPDU = 255;
export const GTPU_EXTENSION = 0x04;
export const GTPU_SEQUENCE = 0x02;
export const GTPU_NPDU = 0x01;
const BASE_LENGTH = 8;
const OPTIONAL_LENGTH = 4;
const OPTIONAL = GTPU_EXTENSION | GTPU_SEQUENCE | GTPU_NPDU;
/** Version 1, protocol GTP. */
const GTPU_FIRST = 0x30;
/** More extension headers than there are kinds. */
const MAX_EXTENSIONS = 16;

export class GtpuHeader {
  /** E, S, PN and the spare bit. */
  flags = 0;
  type = GTPU_GPDU;
  /** Bytes behind the first 8. */
  length = 0;
  /** Tunnel endpoint id of the receiver. */
  teid = 0;
  /** The optional 4 bytes, 0 without them. */
  sequence = 0;
  npdu = 0;
  nextExtension = 0;
}

/**
 * @returns bytes up to the payload; SHORT; BAD for another version or protocol, or an extension header of
 * length 0.
 */
export function parseGtpu(b: Uint8Array, o: number, end: number, h: GtpuHeader): number {
  if (end - o < BASE_LENGTH) return SHORT;
  if ((b[o] & 0xf0) !== GTPU_FIRST) return BAD;
  h.flags = b[o] & 0xf;
  h.type = b[o + 1];
  h.length = u16(b, o + 2);
  h.teid = u32(b, o + 4);
  h.sequence = 0;
  h.npdu = 0;
  h.nextExtension = 0;
  if ((h.flags & OPTIONAL) === 0) return BASE_LENGTH;
  let p = o + BASE_LENGTH + OPTIONAL_LENGTH;
  if (end < p) return SHORT;
  h.sequence = u16(b, o + 8);
  h.npdu = b[o + 10];
  h.nextExtension = b[o + 11];
  if ((h.flags & GTPU_EXTENSION) === 0) return p - o;
  let next = h.nextExtension;
  for (let i = 0; next !== 0; i++) {
    if (end <= p) return SHORT;
    const length = b[p] << 2;
    if (length === 0 || i === MAX_EXTENSIONS) return BAD;
    if (end - p < length) return SHORT;
    next = b[p + length - 1];
    p += length;
  }
  return p - o;
}

/** Writes the header without extension headers, which the caller writes behind it. @returns bytes written. */
export function emitGtpu(h: GtpuHeader, b: Uint8Array, o: number): number {
  b[o] = GTPU_FIRST | h.flags;
  b[o + 1] = h.type;
  setU16(b, o + 2, h.length);
  setU32(b, o + 4, h.teid);
  if ((h.flags & OPTIONAL) === 0) return BASE_LENGTH;
  setU16(b, o + 8, h.sequence);
  b[o + 10] = h.npdu;
  b[o + 11] = h.nextExtension;
  return BASE_LENGTH + OPTIONAL_LENGTH;
}
