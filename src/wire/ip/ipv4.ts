/**
 * IPv4 (RFC 791, RFC 2474, RFC 3168).
 *
 *     0 version(4) ihl(4) | 1 dscp(6) ecn(2) | 2 total length
 *     4 identification | 6 flags(3) fragment offset(13)
 *     8 ttl | 9 protocol | 10 header checksum
 *     12 source | 16 destination | 20 options
 */
import { BAD, SHORT, setU16, setU32, u16, u32 } from '../bytes.js';
import { checksum } from '../checksum.js';

export const IPV4_BASE_LENGTH = 20;
/** Offsets in the header. */
export const IPV4_TOS = 1;
export const IPV4_TOTAL_LENGTH = 2;
export const IPV4_IDENTIFICATION = 4;
export const IPV4_FRAGMENT = 6;
export const IPV4_TTL = 8;
export const IPV4_PROTOCOL = 9;
export const IPV4_SOURCE = 12;
export const IPV4_DESTINATION = 16;
const IPV4_CHECKSUM = 10;
export const IPV4_DONT_FRAGMENT = 0x4000;
export const IPV4_MORE_FRAGMENTS = 0x2000;
export const IPV4_OFFSET_MASK = 0x1fff;

export class Ipv4Header {
  /** Header length in bytes, options included: 20 to 60, a multiple of 4. */
  headerLength = IPV4_BASE_LENGTH;
  /** DSCP in the high six bits, ECN in the low two. */
  tos = 0;
  /** Of header and payload, bytes; 0 in packets that a host captured before segmentation. */
  totalLength = 0;
  identification = 0;
  /** Flags and fragment offset as on the wire: DF 0x4000, MF 0x2000, offset in units of 8 bytes. */
  fragment = 0;
  ttl = 64;
  protocol = 0;
  checksum = 0;
  /** 32-bit numbers: 10.0.0.1 is 0x0a000001. */
  source = 0;
  destination = 0;
}

/**
 * Parses the header at `o`. It judges neither total length nor checksum: a mirrored packet may be cut.
 *
 * @returns the header's length; SHORT (the fields are set when only options are cut); BAD when version or
 * header length cannot be right.
 */
export function parseIpv4(b: Uint8Array, o: number, end: number, h: Ipv4Header): number {
  if (end - o < IPV4_BASE_LENGTH) return SHORT;
  const first = b[o];
  const length = (first & 0x0f) << 2;
  if (first >>> 4 !== 4 || length < IPV4_BASE_LENGTH) return BAD;
  h.headerLength = length;
  h.tos = b[o + IPV4_TOS];
  h.totalLength = u16(b, o + IPV4_TOTAL_LENGTH);
  h.identification = u16(b, o + IPV4_IDENTIFICATION);
  h.fragment = u16(b, o + IPV4_FRAGMENT);
  h.ttl = b[o + IPV4_TTL];
  h.protocol = b[o + IPV4_PROTOCOL];
  h.checksum = u16(b, o + IPV4_CHECKSUM);
  h.source = u32(b, o + IPV4_SOURCE);
  h.destination = u32(b, o + IPV4_DESTINATION);
  return end - o < length ? SHORT : length;
}

/**
 * Writes the header at `o`. `h.checksum` is written as it stands: call {@link setIpv4Checksum} afterwards.
 * With a header length over 20 the caller writes the options at `o + 20`.
 *
 * @returns bytes written, options not included.
 */
export function emitIpv4(h: Ipv4Header, b: Uint8Array, o: number): number {
  b[o] = 0x40 | (h.headerLength >>> 2);
  b[o + IPV4_TOS] = h.tos;
  setU16(b, o + IPV4_TOTAL_LENGTH, h.totalLength);
  setU16(b, o + IPV4_IDENTIFICATION, h.identification);
  setU16(b, o + IPV4_FRAGMENT, h.fragment);
  b[o + IPV4_TTL] = h.ttl;
  b[o + IPV4_PROTOCOL] = h.protocol;
  setU16(b, o + IPV4_CHECKSUM, h.checksum);
  setU32(b, o + IPV4_SOURCE, h.source);
  setU32(b, o + IPV4_DESTINATION, h.destination);
  return IPV4_BASE_LENGTH;
}

/** Computes and writes the checksum of the header at `o`, options included. */
export function setIpv4Checksum(b: Uint8Array, o: number): void {
  setU16(b, o + IPV4_CHECKSUM, 0);
  setU16(b, o + IPV4_CHECKSUM, checksum(b, o, o + ((b[o] & 0x0f) << 2)));
}

/** Whether the checksum of the header at `o` is right. The header must lie within the bytes. */
export function ipv4ChecksumOk(b: Uint8Array, o: number): boolean {
  return checksum(b, o, o + ((b[o] & 0x0f) << 2)) === 0;
}
