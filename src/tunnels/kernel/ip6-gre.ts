/** Receives for ip6gre, ip6gretap and ip6erspan tunnels: GRE over IPv6 (net/ipv6/ip6_gre.c, ip6_tunnel.c). */

import type { OuterPacket } from '../../model/outer-packet.js';
import { GRE_PROTO_ERSPAN, GRE_PROTO_ERSPAN3, GRE_PROTO_TEB } from '../../wire/tunnel/gre.js';
import { BAD_CHECKSUM, BAD_HEADER, greParseHeader, TnlPtkInfo } from '../packet/gre-header.js';
import { Counter } from './counters.js';
import { changeDsfield, INET_ECN_MASK } from './inet-ecn.js';
import { erspanHdrLen, PACKET_REJECT, type PacketFate, received } from './ip-gre.js';
import { checkFlags, checkInner, innerProtocol } from './ip-tunnel.js';
import type { Tunnel, TunnelDevice } from './tunnel.js';

const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const ETH_HLEN = 14;

/**
 * The kernel's four lists, searched in this order: (remote, local), (remote, any), (any, local), (any, any).
 */
const R_L = 0;
const R = 1;
const L = 2;
const WC = 3;

export class Ip6Gre {
  private readonly lists: Tunnel[][] = [[], [], [], []];
  private readonly tpi = new TnlPtkInfo();

  constructor(private readonly device: TunnelDevice) {}

  add(t: Tunnel): void {
    this.list(t).unshift(t);
  }

  remove(t: Tunnel): void {
    const list = this.list(t);
    list.splice(list.indexOf(t), 1);
  }

  /** A tunnel with the same addresses, key, link and kind of device (Linux: ip6gre_tunnel_find). */
  find(t: Tunnel): Tunnel | undefined {
    return this.list(t).find(
      (o) =>
        equal(o.config.local, t.config.local, 0) &&
        equal(o.config.remote, t.config.remote, 0) &&
        o.iKey === t.iKey &&
        o.link === t.link &&
        o.ethernet === t.ethernet,
    );
  }

  /** Linux: __ip6gre_bucket. */
  private list(t: Tunnel): Tunnel[] {
    const remote = !t.remoteAny && !t.remoteMulticast;
    return this.lists[remote ? (t.localAny ? R : R_L) : t.localAny ? WC : L];
  }

  /**
   * The tunnel for a packet; among matches one with the packet's link and kind of device is best, and a gre
   * device takes packets without a better match (Linux: ip6gre_tunnel_lookup). The key's value is compared,
   * not its presence.
   */
  lookup(p: OuterPacket, remote: number, local: number, key: number, proto: number): Tunnel | null {
    const ethernet = proto === GRE_PROTO_TEB || proto === GRE_PROTO_ERSPAN || proto === GRE_PROTO_ERSPAN3;
    const b = p.bytes;
    let cand: Tunnel | null = null;
    let candScore = 4;
    for (let list = R_L; list <= WC; list++) {
      const tunnels = this.lists[list];
      for (let i = 0; i < tunnels.length; i++) {
        const t = tunnels[i];
        if (key !== t.iKey) continue;
        if (list <= R && !equal(t.config.remote, b, remote)) continue;
        if (list === R_L && !equal(t.config.local, b, local)) continue;
        if (
          list === L &&
          !equal(t.config.local, b, local) &&
          !(b[local] === 0xff && equal(t.config.remote, b, local))
        ) {
          continue;
        }
        if (t.ethernet && !ethernet) continue;
        let score = 0;
        if (t.link !== p.link) score |= 1;
        if (t.ethernet !== ethernet) score |= 2;
        if (score === 0) return t;
        if (score < candScore) {
          cand = t;
          candScore = score;
        }
      }
    }
    return cand;
  }

  /** Linux: gre_rcv of ip6_gre.c. */
  greRcv(p: OuterPacket): PacketFate {
    const tpi = this.tpi;
    const hdrLen = greParseHeader(p, tpi, ETH_P_IPV6);
    if (hdrLen === BAD_HEADER || hdrLen === BAD_CHECKSUM) return hdrLen;
    const data = p.gre + hdrLen;
    // iptunnel_pull_header requires a complete Ethernet header if one is announced.
    if (data + (tpi.proto === GRE_PROTO_TEB ? ETH_HLEN : 0) > p.end) return PACKET_REJECT;
    const t = this.lookup(p, p.source, p.destination, tpi.key, tpi.proto);
    if (t === null) return PACKET_REJECT;
    if (tpi.proto === GRE_PROTO_ERSPAN || tpi.proto === GRE_PROTO_ERSPAN3) return this.erspanRcv(t, p, data);
    this.ip6TnlRcv(t, p, data);
    return received(t);
  }

  /** Linux: ip6erspan_rcv. It reads the first nibble as a version even without a sequence number. */
  private erspanRcv(t: Tunnel, p: OuterPacket, ershdr: number): PacketFate {
    if (ershdr + 4 > p.end) return PACKET_REJECT;
    const data = ershdr + erspanHdrLen(p.bytes[ershdr] >>> 4);
    if (data + ETH_HLEN > p.end) return PACKET_REJECT;
    this.ip6TnlRcv(t, p, data);
    return received(t);
  }

  /** Linux: __ip6_tnl_rcv. Unlike over IPv4, rx_bytes excludes the Ethernet header. */
  private ip6TnlRcv(t: Tunnel, p: OuterPacket, data: number): void {
    const tpi = this.tpi;
    if (!checkFlags(t, tpi)) return;
    if (t.ethernet && data + ETH_HLEN > p.wireEnd) {
      t.counters[Counter.rxLengthErrors]++;
      t.counters[Counter.rxErrors]++;
      return;
    }
    const network = t.ethernet ? data + ETH_HLEN : data;
    const protocol = innerProtocol(p.bytes, data, t.ethernet, tpi.proto);
    if (!checkInner(t, p, network, protocol)) return;
    if (t.config.dscpInherit && (protocol === ETH_P_IP || protocol === ETH_P_IPV6)) {
      changeDsfield(p.bytes, network, protocol, INET_ECN_MASK, p.tos & ~INET_ECN_MASK);
    }
    t.counters[Counter.rxPackets]++;
    t.counters[Counter.rxBytes] += p.wireEnd - network;
    this.device.receive(t, p.bytes, data, p.end, protocol);
  }
}

function equal(a: Uint8Array, b: Uint8Array, o: number): boolean {
  for (let i = 0; i < 16; i++) if (a[i] !== b[o + i]) return false;
  return true;
}
