/**
 * ICMPv6 (RFC 4443 section 2.1): type, code, checksum over the pseudo header too (2), and four bytes that
 * depend on the type.
 */
import { SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

export const ICMP6_LENGTH = 8;

/** Types (IANA) that are used here. */
export const Icmp6Type = {
  DestinationUnreachable: 1,
  PacketTooBig: 2,
  TimeExceeded: 3,
  ParameterProblem: 4,
  EchoRequest: 128,
  EchoReply: 129,
  RouterSolicitation: 133,
  RouterAdvertisement: 134,
  NeighborSolicitation: 135,
  NeighborAdvertisement: 136,
} as const;

/** The first byte of multicast addresses. */
const MULTICAST = 0xff;

/**
 * Whether a message answers another: echo reply, router and neighbour advertisement, node information
 * response (RFC 4443, RFC 4861, RFC 4620). One to a group answers nobody.
 *
 * @param to the first byte of the address that it goes to
 */
export function isIcmp6Reply(type: number, to: number): boolean {
  return to !== MULTICAST && (type === 129 || type === 134 || type === 136 || type === 140);
}

export class Icmp6Header {
  type = 0;
  code = 0;
  checksum = 0;
  /** Echo: identifier (high 16 bits) and sequence (low). Packet too big: the MTU. */
  rest = 0;
}

/** @returns the header's length (8), or SHORT. */
export function parseIcmp6(b: Uint8Array, o: number, end: number, h: Icmp6Header): number {
  if (end - o < ICMP6_LENGTH) return SHORT;
  h.type = b[o];
  h.code = b[o + 1];
  h.checksum = u16(b, o + 2);
  h.rest = u32(b, o + 4);
  return ICMP6_LENGTH;
}

/** Writes the header at `o`, the checksum as it stands: see setTransportChecksum. @returns bytes written. */
export function emitIcmp6(h: Icmp6Header, b: Uint8Array, o: number): number {
  b[o] = h.type;
  b[o + 1] = h.code;
  setU16(b, o + 2, h.checksum);
  setU32(b, o + 4, h.rest);
  return ICMP6_LENGTH;
}
