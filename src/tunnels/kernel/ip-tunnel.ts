/**
 * Tunnels over IPv4, whatever their payload: which one a packet is for, and whether it accepts the packet
 * (net/ipv4/ip_tunnel.c).
 */

import type { OuterPacket } from '../../model/outer-packet.js';
import { u16, u32 } from '../../wire/bytes.js';
import { GRE_CSUM, GRE_KEY, GRE_SEQ } from '../../wire/tunnel/gre.js';
import type { TnlPtkInfo } from '../packet/gre-header.js';
import { Counter } from './counters.js';
import { dsfield, inetEcnCopyInside, inetEcnDecapsulate } from './inet-ecn.js';
import type { Tunnel, TunnelDevice } from './tunnel.js';

/** Or-ed with the GRE flags in a lookup: the packet cannot have a key (ERSPAN type I). */
export const TUNNEL_NO_KEY = 0x10000;

const IP_TNL_HASH_BITS = 7;
const ETH_HLEN = 14;
const ETH_P_IP = 0x0800;
const ETH_P_8021Q = 0x8100;
const ETH_P_IPV6 = 0x86dd;
const ETH_P_8021AD = 0x88a8;
const ETH_P_802_3_MIN = 0x0600;
/** eth_type_trans' protocol for a frame with a length in place of the EtherType. */
const ETH_P_802_2 = 0x0004;

/**
 * Linux: ip_tunnel_hash. The kernel hashes the numbers as they are in memory: network order read as little
 * endian.
 */
function ipTunnelHash(key: number, remote: number): number {
  return Math.imul(swap32(key ^ remote), 0x61c88647) >>> (32 - IP_TNL_HASH_BITS);
}

function swap32(v: number): number {
  return (v << 24) | ((v & 0xff00) << 8) | ((v >>> 8) & 0xff00) | (v >>> 24);
}

function isMulticast4(address: number): boolean {
  return address >>> 28 === 14;
}

/** The tunnels of one kind: gre, gretap and erspan have separate tables (Linux: struct ip_tunnel_net). */
export class IpTunnelNet {
  private readonly buckets: Tunnel[][] = Array.from({ length: 1 << IP_TNL_HASH_BITS }, () => []);

  /** The newest tunnel comes first in its bucket (Linux: ip_tunnel_add). */
  add(t: Tunnel): void {
    this.bucket(t).unshift(t);
  }

  remove(t: Tunnel): void {
    const bucket = this.bucket(t);
    bucket.splice(bucket.indexOf(t), 1);
  }

  /**
   * A tunnel with the same addresses, key and link, of which there can be only one (Linux: ip_tunnel_find).
   */
  find(t: Tunnel): Tunnel | undefined {
    return this.bucket(t).find(
      (o) =>
        o.local4 === t.local4 &&
        o.remote4 === t.remote4 &&
        o.link === t.link &&
        o.hasIKey === t.hasIKey &&
        o.iKey === t.iKey,
    );
  }

  /** Linux: ip_bucket. */
  private bucket(t: Tunnel): Tunnel[] {
    return this.buckets[ipTunnelHash(t.iKey, t.remoteMulticast ? 0 : t.remote4)];
  }

  /**
   * The tunnel for a packet from `remote` to `local`; the first match wins, and among equals the one with the
   * packet's link (Linux: ip_tunnel_lookup). There is no fallback device: packets without a tunnel are
   * observed.
   */
  lookup(link: number, flags: number, remote: number, local: number, key: number): Tunnel | null {
    let cand: Tunnel | null = null;
    let bucket = this.buckets[ipTunnelHash(key, remote)];
    for (let i = 0; i < bucket.length; i++) {
      const t = bucket[i];
      if (local !== t.local4 || remote !== t.remote4) continue;
      if (!keyMatch(t, flags, key)) continue;
      if (t.link === link) return t;
      cand = t;
    }
    for (let i = 0; i < bucket.length; i++) {
      const t = bucket[i];
      if (remote !== t.remote4 || t.local4 !== 0) continue;
      if (!keyMatch(t, flags, key)) continue;
      if (t.link === link) return t;
      cand ??= t;
    }
    bucket = this.buckets[ipTunnelHash(key, 0)];
    for (let i = 0; i < bucket.length; i++) {
      const t = bucket[i];
      if ((local !== t.local4 || t.remote4 !== 0) && (local !== t.remote4 || !isMulticast4(local))) continue;
      if (!keyMatch(t, flags, key)) continue;
      if (t.link === link) return t;
      cand ??= t;
    }
    for (let i = 0; i < bucket.length; i++) {
      const t = bucket[i];
      if ((flags & TUNNEL_NO_KEY) === 0 && t.iKey !== key) continue;
      if (t.local4 !== 0 || t.remote4 !== 0) continue;
      if (t.link === link) return t;
      cand ??= t;
    }
    return cand;
  }
}

/** Linux: ip_tunnel_key_match. */
function keyMatch(t: Tunnel, flags: number, key: number): boolean {
  if (!t.hasIKey) return (flags & GRE_KEY) === 0;
  return (flags & GRE_KEY) !== 0 && key === t.iKey;
}

/** The checks that IPv4 and IPv6 share: checksum and sequence number. @returns whether the packet passes. */
export function checkFlags(t: Tunnel, tpi: TnlPtkInfo): boolean {
  if (((tpi.flags & GRE_CSUM) !== 0) !== t.config.icsum) {
    t.counters[Counter.rxCrcErrors]++;
    t.counters[Counter.rxErrors]++;
    return false;
  }
  if (t.config.iseq) {
    if ((tpi.flags & GRE_SEQ) === 0 || (t.iSeqno !== 0 && ((tpi.seq - t.iSeqno) | 0) < 0)) {
      t.counters[Counter.rxFifoErrors]++;
      t.counters[Counter.rxErrors]++;
      return false;
    }
    t.iSeqno = (tpi.seq + 1) >>> 0;
  }
  return true;
}

/**
 * The inner packet's protocol, from the Ethernet header at `data` or from GRE's protocol type (Linux:
 * skb->protocol after __iptunnel_pull_header).
 */
export function innerProtocol(b: Uint8Array, data: number, ethernet: boolean, proto: number): number {
  if (!ethernet) return proto;
  const type = u16(b, data + 12);
  return type >= ETH_P_802_3_MIN ? type : ETH_P_802_2;
}

/**
 * The remaining checks: length of the inner IP header, and ECN (Linux: pskb_inet_may_pull,
 * IP_ECN_decapsulate). @returns whether the packet passes.
 */
export function checkInner(t: Tunnel, p: OuterPacket, network: number, protocol: number): boolean {
  const nhlen = protocol === ETH_P_IP ? 20 : protocol === ETH_P_IPV6 ? 40 : 0;
  if (network + nhlen > p.wireEnd) {
    t.counters[Counter.rxLengthErrors]++;
    t.counters[Counter.rxErrors]++;
    return false;
  }
  const b = p.bytes;
  let at = network;
  let type = protocol;
  while ((type === ETH_P_8021Q || type === ETH_P_8021AD) && at + 4 <= p.end) {
    type = u16(b, at + 2);
    at += 4;
  }
  if ((type !== ETH_P_IP && type !== ETH_P_IPV6) || at + 20 > p.end) return true;
  // Behind VLAN tags the kernel does not find the inner field: over IPv4 it reads it at the first tag, over
  // IPv6 not at all. The verdict follows the kernel, so that the counters agree; the mark goes to the IP
  // header.
  if ((at === network || !t.ipv6) && inetEcnDecapsulate(p.tos, dsfield(b, network, type)) === 2) {
    t.counters[Counter.rxFrameErrors]++;
    t.counters[Counter.rxErrors]++;
    return false;
  }
  inetEcnCopyInside(p.tos, b, at, type);
  return true;
}

/**
 * Accepts a packet for tunnel `t`, or refuses it, and counts (Linux: ip_tunnel_rcv).
 *
 * @param data where the inner packet starts, behind all of the tunnel's headers.
 */
export function ipTunnelRcv(
  t: Tunnel,
  p: OuterPacket,
  tpi: TnlPtkInfo,
  data: number,
  protocol: number,
  device: TunnelDevice,
): void {
  if (isMulticast4(u32(p.bytes, p.destination))) t.counters[Counter.multicast]++;
  if (!checkFlags(t, tpi)) return;
  if (!checkInner(t, p, t.ethernet ? data + ETH_HLEN : data, protocol)) return;
  t.counters[Counter.rxPackets]++;
  t.counters[Counter.rxBytes] += p.wireEnd - data;
  device.receive(t, p.bytes, data, p.end, protocol);
}
