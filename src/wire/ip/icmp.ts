/** ICMP (RFC 792): type, code, checksum (2), and four bytes that depend on the type. */
import { SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

export const ICMP_LENGTH = 8;

/** Types (IANA) that are used here. */
export const IcmpType = {
  EchoReply: 0,
  DestinationUnreachable: 3,
  Redirect: 5,
  EchoRequest: 8,
  TimeExceeded: 11,
  ParameterProblem: 12,
} as const;

/**
 * Whether a message answers another: echo, timestamp, information and address mask replies (RFC 792, RFC
 * 950).
 */
export function isIcmpReply(type: number): boolean {
  return type === 0 || type === 14 || type === 16 || type === 18;
}

/** Codes of {@link IcmpType.DestinationUnreachable}. */
export const ICMP_PROTOCOL_UNREACHABLE = 2;
export const ICMP_PORT_UNREACHABLE = 3;
export const ICMP_FRAGMENTATION_NEEDED = 4;

export class IcmpHeader {
  type = 0;
  code = 0;
  checksum = 0;
  /**
   * Echo: identifier (high 16 bits) and sequence (low). Fragmentation needed: the next hop's MTU in the low
   * 16 bits (RFC 1191).
   */
  rest = 0;
}

/** @returns the header's length (8), or SHORT. */
export function parseIcmp(b: Uint8Array, o: number, end: number, h: IcmpHeader): number {
  if (end - o < ICMP_LENGTH) return SHORT;
  h.type = b[o];
  h.code = b[o + 1];
  h.checksum = u16(b, o + 2);
  h.rest = u32(b, o + 4);
  return ICMP_LENGTH;
}

/** Writes the header at `o`, the checksum as it stands: see setTransportChecksum. @returns bytes written. */
export function emitIcmp(h: IcmpHeader, b: Uint8Array, o: number): number {
  b[o] = h.type;
  b[o + 1] = h.code;
  setU16(b, o + 2, h.checksum);
  setU32(b, o + 4, h.rest);
  return ICMP_LENGTH;
}
