/**
 * GRE, version 0 (RFC 2784, RFC 2890, RFC 1701) and version 1 (enhanced GRE for PPTP, RFC 2637 section 4.1).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-----+-+-------+-----+-------------------------------+
 *     |C|R|K|S|s|Recur|A| Flags | Ver |         Protocol type         |
 *     +-+-+-+-+-+-----+-+-------+-----+-------------------------------+
 *     |      Checksum (C or R)        |       Offset (C or R)         |
 *     |                           Key (K)                             |
 *     |                   Sequence number (S)                         |
 *     |        Routing (R), or acknowledgment number (A, version 1)   |
 *     +---------------------------------------------------------------+
 */
import { BAD, SHORT, setU16, setU32, u16, u32 } from '../bytes.js';
import { checksum } from '../checksum.js';

/**
 * Flag bits in the first 16-bit word (Linux: GRE_CSUM, GRE_ROUTING, GRE_KEY, GRE_SEQ, GRE_ACK, GRE_VERSION).
 */
export const GRE_CSUM = 0x8000;
export const GRE_ROUTING = 0x4000;
export const GRE_KEY = 0x2000;
export const GRE_SEQ = 0x1000;
export const GRE_STRICT = 0x0800;
export const GRE_ACK = 0x0080;
export const GRE_VERSION = 0x0007;

/** GRE protocol types (EtherTypes) that a GRE receiver treats specially. */
export const GRE_PROTO_KEEPALIVE = 0x0000;
export const GRE_PROTO_WCCP = 0x883e;
export const GRE_PROTO_TEB = 0x6558;
export const GRE_PROTO_PPP = 0x880b;
export const GRE_PROTO_ERSPAN = 0x88be;
export const GRE_PROTO_ERSPAN3 = 0x22eb;
export const GRE_PROTO_CISCO_METADATA = 0x8909;
export const GRE_PROTO_MELLANOX = 0x8949;

/** UDP destination port of GRE-in-UDP (RFC 8086). */
export const GRE_IN_UDP_PORT = 4754;

/** Length of the part of the header that is always present, bytes. */
export const GRE_BASE_LENGTH = 4;

/** A GRE header as fields; reused for every packet. Fields whose flag is not set are 0. */
export class GreHeader {
  /** The first 16-bit word: flags, recursion, version. */
  flags = 0;
  /** 0 to 7: the low three bits of `flags`. */
  version = 0;
  /** EtherType of the payload. */
  protocol = 0;
  checksum = 0;
  /** Offset field of RFC 1701, next to the checksum; reserved (0) since RFC 2784. */
  offset = 0;
  /** Version 1: payload length (high 16 bits) and call id (low 16 bits). */
  key = 0;
  sequence = 0;
  /** Version 1 only. */
  acknowledgment = 0;
  /** Bytes of source routing (RFC 1701 section 4), its NULL entry included; only with R. */
  routingLength = 0;
}

/**
 * Parses a GRE header at `o`.
 *
 * @returns the header's length in bytes; SHORT if it does not end before `end`; BAD if its routing entries
 * run past `end`. The checksum is not verified, since it covers the payload: see {@link greChecksumOk}.
 */
export function parseGre(b: Uint8Array, o: number, end: number, h: GreHeader): number {
  if (end - o < GRE_BASE_LENGTH) return SHORT;
  const flags = u16(b, o);
  h.flags = flags;
  h.version = flags & GRE_VERSION;
  h.protocol = u16(b, o + 2);
  const length = greHeaderLength(flags);
  if (end - o < length) return SHORT;
  let p = o + GRE_BASE_LENGTH;
  h.checksum = 0;
  h.offset = 0;
  if ((flags & (GRE_CSUM | GRE_ROUTING)) !== 0) {
    h.checksum = u16(b, p);
    h.offset = u16(b, p + 2);
    p += 4;
  }
  h.key = 0;
  if ((flags & GRE_KEY) !== 0) {
    h.key = u32(b, p);
    p += 4;
  }
  h.sequence = 0;
  if ((flags & GRE_SEQ) !== 0) {
    h.sequence = u32(b, p);
    p += 4;
  }
  h.acknowledgment = 0;
  if (h.version === 1 && (flags & GRE_ACK) !== 0) {
    h.acknowledgment = u32(b, p);
    p += 4;
  }
  h.routingLength = 0;
  if ((flags & GRE_ROUTING) !== 0) {
    const routing = routingLength(b, p, end);
    if (routing < 0) return BAD;
    h.routingLength = routing;
    p += routing;
  }
  return p - o;
}

/**
 * Writes a GRE header at `o`. With C set, `h.checksum` is written unchanged: call {@link setGreChecksum} once
 * the payload is in place. With R set the caller writes `h.routingLength` bytes of entries behind it.
 *
 * @returns bytes written, without routing.
 */
export function emitGre(h: GreHeader, b: Uint8Array, o: number): number {
  setU16(b, o, h.flags);
  setU16(b, o + 2, h.protocol);
  let p = o + GRE_BASE_LENGTH;
  if ((h.flags & (GRE_CSUM | GRE_ROUTING)) !== 0) {
    setU16(b, p, h.checksum);
    setU16(b, p + 2, h.offset);
    p += 4;
  }
  if ((h.flags & GRE_KEY) !== 0) {
    setU32(b, p, h.key);
    p += 4;
  }
  if ((h.flags & GRE_SEQ) !== 0) {
    setU32(b, p, h.sequence);
    p += 4;
  }
  if ((h.flags & GRE_VERSION) === 1 && (h.flags & GRE_ACK) !== 0) {
    setU32(b, p, h.acknowledgment);
    p += 4;
  }
  return p - o;
}

/**
 * The length in bytes of a header with these flags, without source routing entries (Linux: gre_calc_hlen).
 */
export function greHeaderLength(flags: number): number {
  let n = GRE_BASE_LENGTH;
  if ((flags & (GRE_CSUM | GRE_ROUTING)) !== 0) n += 4;
  if ((flags & GRE_KEY) !== 0) n += 4;
  if ((flags & GRE_SEQ) !== 0) n += 4;
  if ((flags & GRE_VERSION) === 1 && (flags & GRE_ACK) !== 0) n += 4;
  return n;
}

/**
 * Source route entries (RFC 1701): family 2, offset 1, length 1, then data; family 0 with length 0 ends them.
 */
function routingLength(b: Uint8Array, o: number, end: number): number {
  let p = o;
  while (p + 4 <= end) {
    const family = u16(b, p);
    const length = b[p + 3];
    p += 4 + length;
    if (family === 0 && length === 0) return p <= end ? p - o : BAD;
  }
  return BAD;
}

/** Whether the checksum over GRE header and payload, `o` up to `end`, is right (RFC 2784 section 2.3). */
export function greChecksumOk(b: Uint8Array, o: number, end: number): boolean {
  return checksum(b, o, end) === 0;
}

/** Computes and writes the checksum of a header with C set at `o`, whose payload ends at `end`. */
export function setGreChecksum(b: Uint8Array, o: number, end: number): void {
  setU16(b, o + GRE_BASE_LENGTH, 0);
  setU16(b, o + GRE_BASE_LENGTH, checksum(b, o, end));
}
