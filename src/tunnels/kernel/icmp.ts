/** ICMP errors: those that a tunnel sends to its senders, and those that routers send to the tunnel. */
import { setU16, setU32 } from '../../wire/bytes.js';
import { checksum, foldChecksum, sumWords } from '../../wire/checksum.js';
import { ICMP_FRAGMENTATION_NEEDED, ICMP_PORT_UNREACHABLE } from '../../wire/ip/icmp.js';
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, type InnerPacket } from '../packet/inner-packet.js';

const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
const ICMP_DEST_UNREACH = 3;
const ICMP_HOST_UNREACH = 1;
const ICMP_SR_FAILED = 5;
const ICMP_TIME_EXCEEDED = 11;
const ICMP_EXC_TTL = 0;
const ICMPV6_DEST_UNREACH = 1;
const ICMPV6_ADDR_UNREACH = 3;
const ICMPV6_PORT_UNREACH = 4;
const ICMPV6_PKT_TOOBIG = 2;
const ICMPV6_TIME_EXCEED = 3;
/** An error fits into every path's MTU (RFC 1812 section 4.3.2.3, RFC 4443 section 2.4). */
const ICMP_LIMIT = 576;
const ICMPV6_LIMIT = 1280;
/** The longest error, with an Ethernet header. */
export const ICMP_ERROR_BYTES = ETH_HLEN + ICMPV6_LIMIT;

/**
 * Writes the error "packet too big" (`mtu` > 0) or "host unreachable" (0) about an inner packet, as if from
 * the device's network: from the packet's destination, back to its sender, with an Ethernet header if the
 * packet has one.
 *
 * @returns its length; 0 if no error may be sent: about another ICMP error, a fragment, or a packet that is
 * not IP.
 */
export function emitIcmpError(p: InnerPacket, mtu: number, out: Uint8Array): number {
  if (!mayAnswer(p)) return 0;
  const o = p.network === p.at ? 0 : ETH_HLEN;
  if (o > 0) {
    out.set(p.bytes.subarray(p.at + 6, p.at + 12), 0);
    out.set(p.bytes.subarray(p.at, p.at + 6), 6);
    setU16(out, 12, p.protocol);
  }
  return o + (p.protocol === ETH_P_IP ? emitIcmp4(p, mtu, out, o) : emitIcmp6(p, mtu, out, o));
}

function mayAnswer(p: InnerPacket): boolean {
  const b = p.bytes;
  const n = p.network;
  if (p.protocol === ETH_P_IP) {
    if ((((b[n + 6] << 8) | b[n + 7]) & 0x1fff) !== 0 || b[n + 16] >>> 4 >= 14) return false;
    if (b[n + 9] !== IPPROTO_ICMP) return true;
    const type = b[n + (b[n] & 0x0f) * 4];
    return type === 0 || type === 8;
  }
  if (p.protocol !== ETH_P_IPV6) return false;
  return b[n + 24] !== 0xff && (b[n + 6] !== IPPROTO_ICMPV6 || b[n + 40] >= 128);
}

function emitIcmp4(p: InnerPacket, mtu: number, out: Uint8Array, o: number): number {
  const quoted = Math.min(p.end - p.network, ICMP_LIMIT - 28);
  const length = 28 + quoted;
  out.fill(0, o, o + 28);
  out[o] = 0x45;
  out[o + 1] = 0xc0;
  setU16(out, o + 2, length);
  out[o + 8] = 64;
  out[o + 9] = IPPROTO_ICMP;
  for (let i = 0; i < 4; i++) {
    out[o + 12 + i] = p.bytes[p.network + 16 + i];
    out[o + 16 + i] = p.bytes[p.network + 12 + i];
  }
  setU16(out, o + 10, checksum(out, o, o + 20));
  out[o + 20] = ICMP_DEST_UNREACH;
  out[o + 21] = mtu > 0 ? ICMP_FRAGMENTATION_NEEDED : ICMP_HOST_UNREACH;
  setU16(out, o + 26, mtu);
  out.set(p.bytes.subarray(p.network, p.network + quoted), o + 28);
  setU16(out, o + 22, checksum(out, o + 20, o + length));
  return length;
}

function emitIcmp6(p: InnerPacket, mtu: number, out: Uint8Array, o: number): number {
  const quoted = Math.min(p.end - p.network, ICMPV6_LIMIT - 48);
  const payload = 8 + quoted;
  out.fill(0, o, o + 48);
  setU32(out, o, 0x60000000);
  setU16(out, o + 4, payload);
  out[o + 6] = IPPROTO_ICMPV6;
  out[o + 7] = 64;
  out.set(p.bytes.subarray(p.network + 24, p.network + 40), o + 8);
  out.set(p.bytes.subarray(p.network + 8, p.network + 24), o + 24);
  const icmp = o + 40;
  out[icmp] = mtu > 0 ? ICMPV6_PKT_TOOBIG : ICMPV6_DEST_UNREACH;
  out[icmp + 1] = mtu > 0 ? 0 : ICMPV6_ADDR_UNREACH;
  setU32(out, icmp + 4, mtu);
  out.set(p.bytes.subarray(p.network, p.network + quoted), icmp + 8);
  const sum = sumWords(out, o + 8, o + 40, IPPROTO_ICMPV6 + payload);
  setU16(out, icmp + 2, foldChecksum(sumWords(out, icmp, icmp + payload, sum)));
  return 40 + payload;
}

/** What an error about a tunnel's packet means for the tunnel. */
export const IcmpMeaning = { Nothing: 0, Mtu: 1, Unreachable: 2 } as const;
export type IcmpMeaning = (typeof IcmpMeaning)[keyof typeof IcmpMeaning];

/**
 * Interprets the type and code of an ICMP error (Linux: the switch of ipgre_err, and of ip6gre_err).
 *
 * @param ttlInherited whether a time exceeded is the sender's doing, not the path's.
 */
export function icmpMeaning(ipv6: boolean, type: number, code: number, ttlInherited: boolean): IcmpMeaning {
  if (ipv6) {
    if (type === ICMPV6_PKT_TOOBIG) return IcmpMeaning.Mtu;
    if (type === ICMPV6_DEST_UNREACH && code !== ICMPV6_PORT_UNREACH) return IcmpMeaning.Unreachable;
    return type === ICMPV6_TIME_EXCEED && code === 0 && !ttlInherited
      ? IcmpMeaning.Unreachable
      : IcmpMeaning.Nothing;
  }
  switch (type) {
    case ICMP_DEST_UNREACH:
      if (code === ICMP_FRAGMENTATION_NEEDED) return IcmpMeaning.Mtu;
      return code === ICMP_SR_FAILED || code === ICMP_PORT_UNREACHABLE
        ? IcmpMeaning.Nothing
        : IcmpMeaning.Unreachable;
    case ICMP_TIME_EXCEEDED:
      return code === ICMP_EXC_TTL && !ttlInherited ? IcmpMeaning.Unreachable : IcmpMeaning.Nothing;
    default:
      return IcmpMeaning.Nothing;
  }
}
