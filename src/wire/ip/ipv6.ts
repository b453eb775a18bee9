/**
 * IPv6 (RFC 8200 section 3): version(4) traffic class(8) flow label(20), payload length (2), next header (1),
 * hop limit (1), source (16), destination (16). Extension headers are in ipv6-extension.ts.
 */
import { BAD, SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

export const IPV6_LENGTH = 40;
/** Offsets of the addresses in the header. */
export const IPV6_SOURCE = 8;
export const IPV6_DESTINATION = 24;

export class Ipv6Header {
  /** DSCP in the high six bits, ECN in the low two. */
  trafficClass = 0;
  flowLabel = 0;
  /** Bytes behind this header, extension headers included; 0 in a jumbogram (RFC 2675). */
  payloadLength = 0;
  nextHeader = 0;
  hopLimit = 64;
}

/**
 * Parses the header at `o`. The addresses are not copied: they are at `o + IPV6_SOURCE` and
 * `o + IPV6_DESTINATION`.
 *
 * @returns the header's length (40); SHORT; BAD for another version.
 */
export function parseIpv6(b: Uint8Array, o: number, end: number, h: Ipv6Header): number {
  if (end - o < IPV6_LENGTH) return SHORT;
  const word = u32(b, o);
  if (word >>> 28 !== 6) return BAD;
  h.trafficClass = (word >>> 20) & 0xff;
  h.flowLabel = word & 0xfffff;
  h.payloadLength = u16(b, o + 4);
  h.nextHeader = b[o + 6];
  h.hopLimit = b[o + 7];
  return IPV6_LENGTH;
}

/**
 * Writes the first 8 bytes; the caller writes the addresses behind them. @returns the header's length (40).
 */
export function emitIpv6(h: Ipv6Header, b: Uint8Array, o: number): number {
  setU32(b, o, 0x60000000 | (h.trafficClass << 20) | h.flowLabel);
  setU16(b, o + 4, h.payloadLength);
  b[o + 6] = h.nextHeader;
  b[o + 7] = h.hopLimit;
  return IPV6_LENGTH;
}
