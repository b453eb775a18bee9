/** A packet from a device: the fields of its IP header that determine the outer one. */
import { u16, u32 } from '../../wire/bytes.js';

export const ETH_HLEN = 14;
export const ETH_P_IP = 0x0800;
export const ETH_P_IPV6 = 0x86dd;
export const ETH_P_8021Q = 0x8100;
export const ETH_P_8021AD = 0x88a8;
const IP_DF = 0x4000;

/** Reused from packet to packet. */
export class InnerPacket {
  bytes: Uint8Array = new Uint8Array(0);
  /** The first byte of GRE's payload, and the byte after its last. */
  at = 0;
  end = 0;
  /** Offset of the IP header, or of whatever follows the Ethernet header. */
  network = 0;
  /** EtherType, behind VLAN tags. */
  protocol = 0;
  /** 0 for what is not IP. */
  tos = 0;
  ttl = 0;
  df = false;
  flowLabel = 0;
  /** The first 802.1Q tag's control information, -1 without. */
  vlanTci = -1;
}

/** @returns false if the packet is too short for what it claims to be (Linux: pskb_inet_may_pull). */
export function parseInnerPacket(p: InnerPacket, ethernet: boolean): boolean {
  const b = p.bytes;
  p.tos = 0;
  p.ttl = 0;
  p.df = false;
  p.flowLabel = 0;
  p.vlanTci = -1;
  p.network = p.at;
  if (ethernet) {
    if (p.at + ETH_HLEN > p.end) return false;
    p.protocol = u16(b, p.at + 12);
    p.network = p.at + ETH_HLEN;
    while ((p.protocol === ETH_P_8021Q || p.protocol === ETH_P_8021AD) && p.network + 4 <= p.end) {
      if (p.vlanTci < 0 && p.protocol === ETH_P_8021Q) p.vlanTci = u16(b, p.network);
      p.protocol = u16(b, p.network + 2);
      p.network += 4;
    }
  } else {
    if (p.at >= p.end) return false;
    const version = b[p.at] >>> 4;
    p.protocol = version === 4 ? ETH_P_IP : version === 6 ? ETH_P_IPV6 : 0;
    if (p.protocol === 0) return false;
  }
  const n = p.network;
  if (p.protocol === ETH_P_IP) {
    if (n + 20 > p.end) return false;
    p.tos = b[n + 1];
    p.ttl = b[n + 8];
    p.df = (u16(b, n + 6) & IP_DF) !== 0;
  } else if (p.protocol === ETH_P_IPV6) {
    if (n + 40 > p.end) return false;
    const word = u32(b, n);
    p.tos = (word >>> 20) & 0xff;
    p.flowLabel = word & 0xfffff;
    p.ttl = b[n + 7];
  }
  return true;
}
