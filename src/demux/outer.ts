/** The outer IP header (Linux: ip_rcv and ip6_rcv, up to the hand-over by protocol number). */

import type { OuterPacket } from '../model/outer-packet.js';
import { u16, u32 } from '../wire/bytes.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import {
  IPV4_BASE_LENGTH,
  IPV4_DESTINATION,
  IPV4_MORE_FRAGMENTS,
  IPV4_OFFSET_MASK,
  IPV4_SOURCE,
} from '../wire/ip/ipv4.js';
import { IPV6_DESTINATION, IPV6_LENGTH, IPV6_SOURCE } from '../wire/ip/ipv6.js';
import { isIpv6Extension, MAX_OUTER_HEADERS } from '../wire/ip/ipv6-extension.js';

/** Results of {@link parseOuter} that are no protocol number. */
export const OUTER_BAD = -1;
/** The bytes end before the GRE header. */
export const OUTER_CUT = -2;
/** A fragment, described by {@link OuterFragment}. */
export const OUTER_FRAGMENT = -3;

const IPV6_FRAGMENT_LENGTH = 8;
const AH_MIN_LENGTH = 12;

/** The fragment fields of an outer packet. Reused for every packet. */
export class OuterFragment {
  /** Offset in the payload of the whole packet, bytes. */
  offset = 0;
  more = false;
  id = 0;
  /** The payload's protocol: an IP protocol, or the first IPv6 extension header after the fragment header. */
  protocol = 0;
  /** Offset of the payload in the packet's bytes. */
  payload = 0;
  /** IPv6: offset of the fragment header, and of the next-header field that names it. */
  header = 0;
  announced = 0;
}

/**
 * Parses the outer IP header at `o` into `out`: bytes, addresses, `gre` (where the payload starts), `end`,
 * `wireEnd`, tos and ttl.
 *
 * @param end the byte after the last captured one; `wireEnd` where the packet ended on the wire
 * @param lengthLost whether `wireEnd` may be too small: a longer length in the header is then believed
 * @returns the IP protocol behind all extension headers; OUTER_FRAGMENT; OUTER_CUT; OUTER_BAD
 */
export function parseOuter(
  b: Uint8Array,
  o: number,
  end: number,
  wireEnd: number,
  out: OuterPacket,
  fragment: OuterFragment,
  lengthLost = false,
): number {
  out.bytes = b;
  out.ip = o;
  out.udp = -1;
  out.input = 0;
  if (o >= end) return OUTER_CUT;
  const version = b[o] >>> 4;
  if (version === 4) return parseOuterIpv4(b, o, end, wireEnd, out, fragment, lengthLost);
  if (version === 6) return parseOuterIpv6(b, o, end, wireEnd, out, fragment, lengthLost);
  return OUTER_BAD;
}

function parseOuterIpv4(
  b: Uint8Array,
  o: number,
  end: number,
  wireEnd: number,
  out: OuterPacket,
  fragment: OuterFragment,
  lengthLost: boolean,
): number {
  if (end - o < IPV4_BASE_LENGTH) return end < wireEnd ? OUTER_CUT : OUTER_BAD;
  const headerLength = (b[o] & 0x0f) << 2;
  // A host that leaves segmentation to its network card captures packets with a total length of 0.
  const totalLength = u16(b, o + 2) || wireEnd - o;
  if (headerLength < IPV4_BASE_LENGTH || totalLength < headerLength) return OUTER_BAD;
  if (o + totalLength > wireEnd && !lengthLost) return OUTER_BAD;
  out.ipVersion = 4;
  out.source = o + IPV4_SOURCE;
  out.destination = o + IPV4_DESTINATION;
  out.tos = b[o + 1];
  out.ttl = b[o + 8];
  out.gre = o + headerLength;
  out.wireEnd = o + totalLength;
  out.end = Math.min(end, out.wireEnd);
  const flags = u16(b, o + 6);
  const protocol = b[o + 9];
  if ((flags & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK)) !== 0) {
    fragment.offset = (flags & IPV4_OFFSET_MASK) << 3;
    fragment.more = (flags & IPV4_MORE_FRAGMENTS) !== 0;
    fragment.id = u16(b, o + 4);
    fragment.protocol = protocol;
    fragment.payload = out.gre;
    return OUTER_FRAGMENT;
  }
  if (protocol === IpProtocol.Ah) return behindAh(b, out);
  return out.gre > end ? OUTER_CUT : protocol;
}

/** An authentication header before GRE, which is not verified. @returns the protocol behind it */
function behindAh(b: Uint8Array, out: OuterPacket): number {
  const p = out.gre;
  if (p + AH_MIN_LENGTH > out.end) return out.end < out.wireEnd ? OUTER_CUT : OUTER_BAD;
  const length = (b[p + 1] + 2) << 2;
  if (length < AH_MIN_LENGTH || p + length > out.wireEnd) return OUTER_BAD;
  out.gre = p + length;
  return out.gre > out.end ? OUTER_CUT : b[p];
}

function parseOuterIpv6(
  b: Uint8Array,
  o: number,
  end: number,
  wireEnd: number,
  out: OuterPacket,
  fragment: OuterFragment,
  lengthLost: boolean,
): number {
  if (end - o < IPV6_LENGTH) return end < wireEnd ? OUTER_CUT : OUTER_BAD;
  // 0 is a jumbogram, or segmentation left to the network card.
  const payloadLength = u16(b, o + 4) || wireEnd - o - IPV6_LENGTH;
  if (o + IPV6_LENGTH + payloadLength > wireEnd && !lengthLost) return OUTER_BAD;
  out.ipVersion = 6;
  out.source = o + IPV6_SOURCE;
  out.destination = o + IPV6_DESTINATION;
  out.tos = ((b[o] & 0x0f) << 4) | (b[o + 1] >>> 4);
  out.ttl = b[o + 7];
  out.wireEnd = o + IPV6_LENGTH + payloadLength;
  out.end = Math.min(end, out.wireEnd);
  let protocol = b[o + 6];
  let announced = o + 6;
  let p = o + IPV6_LENGTH;
  let headers = 0;
  while (isIpv6Extension(protocol) || protocol === IpProtocol.Ah) {
    if (++headers > MAX_OUTER_HEADERS) return OUTER_BAD;
    if (p + IPV6_FRAGMENT_LENGTH > out.end) return out.end < out.wireEnd ? OUTER_CUT : OUTER_BAD;
    const kind = protocol;
    protocol = b[p];
    if (kind === IpProtocol.Fragment) {
      const word = u16(b, p + 2);
      // Offset 0 and no more fragments: an atomic fragment, complete in itself (RFC 6946).
      if ((word & 0xfff9) !== 0) {
        fragment.offset = word & 0xfff8;
        fragment.more = (word & 1) !== 0;
        fragment.id = u32(b, p + 4);
        fragment.protocol = protocol;
        fragment.header = p;
        fragment.announced = announced;
        fragment.payload = p + IPV6_FRAGMENT_LENGTH;
        out.gre = fragment.payload;
        return OUTER_FRAGMENT;
      }
    }
    announced = p;
    if (kind === IpProtocol.Ah) {
      const length = (b[p + 1] + 2) << 2;
      if (length < AH_MIN_LENGTH) return OUTER_BAD;
      p += length;
    } else {
      p += kind === IpProtocol.Fragment ? IPV6_FRAGMENT_LENGTH : (b[p + 1] + 1) << 3;
    }
  }
  if (p > out.wireEnd) return OUTER_BAD;
  if (p > out.end) return OUTER_CUT;
  out.gre = p;
  return protocol;
}
