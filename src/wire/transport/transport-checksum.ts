/**
 * Checksums inside an IP packet: TCP, UDP and ICMPv6 include the pseudo header of IPv4 (RFC 9293 section 3.1)
 * or IPv6 (RFC 8200 section 8.1); ICMP and IGMP do not.
 */
import { setU16 } from '../bytes.js';
import { foldChecksum, sumWords } from '../checksum.js';
import { IpProtocol } from '../ip/ip-protocol.js';
import { IPV4_SOURCE } from '../ip/ipv4.js';
import { IPV6_SOURCE } from '../ip/ipv6.js';
import { TCP_CHECKSUM } from './tcp.js';
import { UDP_CHECKSUM } from './udp.js';

/** The running sum of the pseudo header for `length` bytes of `protocol` under the IP header at `ip`. */
export function pseudoHeaderSum(b: Uint8Array, ip: number, protocol: number, length: number): number {
  const sum = protocol + (length % 0x10000) + Math.floor(length / 0x10000);
  return b[ip] >>> 4 === 4
    ? sumWords(b, ip + IPV4_SOURCE, ip + IPV4_SOURCE + 8, sum)
    : sumWords(b, ip + IPV6_SOURCE, ip + IPV6_SOURCE + 32, sum);
}

/** The offset of the checksum in a protocol's header, -1 for protocols without an Internet checksum. */
function checksumField(protocol: number): number {
  switch (protocol) {
    case IpProtocol.Tcp:
      return TCP_CHECKSUM;
    case IpProtocol.Udp:
      return UDP_CHECKSUM;
    case IpProtocol.Icmp:
    case IpProtocol.Icmp6:
    case IpProtocol.Igmp:
      return 2;
    default:
      return -1;
  }
}

function sum(b: Uint8Array, ip: number, protocol: number, o: number, end: number): number {
  const pseudo = protocol === IpProtocol.Icmp || protocol === IpProtocol.Igmp;
  return sumWords(b, o, end, pseudo ? 0 : pseudoHeaderSum(b, ip, protocol, end - o));
}

/**
 * Computes and writes the checksum of the TCP, UDP, ICMP, ICMPv6 or IGMP message at `o`, ending at `end`,
 * under the IPv4 or IPv6 header at `ip`. Other protocols are left alone.
 */
export function setTransportChecksum(
  b: Uint8Array,
  ip: number,
  protocol: number,
  o: number,
  end: number,
): void {
  const field = checksumField(protocol);
  if (field < 0) return;
  setU16(b, o + field, 0);
  const value = foldChecksum(sum(b, ip, protocol, o, end));
  // RFC 768: a computed zero is sent as all ones, because zero means no checksum.
  setU16(b, o + field, value === 0 && protocol === IpProtocol.Udp ? 0xffff : value);
}

/** Whether that checksum is right, or absent (UDP over IPv4 with 0). */
export function transportChecksumOk(
  b: Uint8Array,
  ip: number,
  protocol: number,
  o: number,
  end: number,
): boolean {
  if (protocol === IpProtocol.Udp && b[o + UDP_CHECKSUM] === 0 && b[o + UDP_CHECKSUM + 1] === 0) {
    return b[ip] >>> 4 === 4;
  }
  return foldChecksum(sum(b, ip, protocol, o, end)) === 0;
}
