/**
 * IPv6 extension headers (RFC 8200 section 4, RFC 6275, RFC 7401, RFC 5533): next header (1), length in units
 * of 8 bytes beyond the first 8 (1), then content by kind. The fragment header is always 8 bytes long. AH is
 * in ah.ts.
 */
import { BAD, SHORT, setU16, setU32, u16, u32 } from '../bytes.js';
import { IpProtocol } from './ip-protocol.js';

/** The jumbo payload option (RFC 2675 section 2): type, and data length. */
const OPTION_PAD1 = 0x00;
const OPTION_JUMBO = 0xc2;

export class Ipv6Extension {
  nextHeader = 0;
  /** Of the whole header, bytes. */
  length = 8;
  /** Routing header only. */
  routingType = 0;
  segmentsLeft = 0;
  /**
   * Fragment header only: offset and flag as on the wire (offset in units of 8 bytes in the high 13 bits, M
   * in the last).
   */
  fragment = 0;
  identification = 0;
  /** Hop-by-hop header only: the jumbo payload length, 0 without that option. */
  jumboLength = 0;
}

/**
 * IP protocol numbers of the extension headers of the common form, including the fragment header (IANA's
 * list; without ESP, behind which nothing can be read, and AH, whose length has other units).
 */
export const IPV6_EXTENSIONS: readonly number[] = [
  IpProtocol.HopByHop,
  IpProtocol.Routing,
  IpProtocol.Fragment,
  IpProtocol.DestinationOptions,
  IpProtocol.Mobility,
  IpProtocol.Hip,
  IpProtocol.Shim6,
];
/** Headers skipped between an outer IP header and GRE, including AH: RFC 8200 section 4.1 names six. */
export const MAX_OUTER_HEADERS = 8;

/** Whether an IP protocol number is an extension header of the common form, or the fragment header. */
export function isIpv6Extension(protocol: number): boolean {
  switch (protocol) {
    case IpProtocol.HopByHop:
    case IpProtocol.Routing:
    case IpProtocol.Fragment:
    case IpProtocol.DestinationOptions:
    case IpProtocol.Mobility:
    case IpProtocol.Hip:
    case IpProtocol.Shim6:
      return true;
    default:
      return false;
  }
}

/**
 * Parses the extension header of the given kind (an IP protocol number) at `o`.
 *
 * @returns its length in bytes; SHORT; BAD if an option of a hop-by-hop header runs past it.
 */
export function parseIpv6Extension(
  kind: number,
  b: Uint8Array,
  o: number,
  end: number,
  h: Ipv6Extension,
): number {
  if (end - o < 8) return SHORT;
  h.nextHeader = b[o];
  h.length = kind === IpProtocol.Fragment ? 8 : (b[o + 1] + 1) << 3;
  if (end - o < h.length) return SHORT;
  h.routingType = 0;
  h.segmentsLeft = 0;
  h.fragment = 0;
  h.identification = 0;
  h.jumboLength = 0;
  if (kind === IpProtocol.Fragment) {
    h.fragment = u16(b, o + 2);
    h.identification = u32(b, o + 4);
  } else if (kind === IpProtocol.Routing) {
    h.routingType = b[o + 2];
    h.segmentsLeft = b[o + 3];
  } else if (kind === IpProtocol.HopByHop) {
    const jumbo = jumboOption(b, o + 2, o + h.length);
    if (jumbo < 0) return BAD;
    h.jumboLength = jumbo;
  }
  return h.length;
}

/**
 * Writes the fixed part; the caller writes options, addresses or segments behind it. A jumbo payload option
 * is written if `h.jumboLength` is not 0.
 *
 * @returns the header's length in bytes.
 */
export function emitIpv6Extension(kind: number, h: Ipv6Extension, b: Uint8Array, o: number): number {
  b[o] = h.nextHeader;
  b[o + 1] = kind === IpProtocol.Fragment ? 0 : (h.length >>> 3) - 1;
  if (kind === IpProtocol.Fragment) {
    setU16(b, o + 2, h.fragment);
    setU32(b, o + 4, h.identification);
  } else if (kind === IpProtocol.Routing) {
    b[o + 2] = h.routingType;
    b[o + 3] = h.segmentsLeft;
  } else if (kind === IpProtocol.HopByHop && h.jumboLength !== 0) {
    b[o + 2] = OPTION_JUMBO;
    b[o + 3] = 4;
    setU32(b, o + 4, h.jumboLength);
  }
  return h.length;
}

/**
 * The jumbo payload length among the options from `o` up to `end`, 0 without one, BAD when an option runs
 * past `end`.
 */
function jumboOption(b: Uint8Array, o: number, end: number): number {
  let p = o;
  while (p < end) {
    if (b[p] === OPTION_PAD1) {
      p++;
      continue;
    }
    if (p + 2 > end || p + 2 + b[p + 1] > end) return BAD;
    if (b[p] === OPTION_JUMBO && b[p + 1] === 4) return u32(b, p + 2);
    p += 2 + b[p + 1];
  }
  return 0;
}
