/** Receives for gre, gretap and erspan tunnels: GRE over IPv4 (net/ipv4/ip_gre.c). */

import type { OuterPacket } from '../../model/outer-packet.js';
import { u32 } from '../../wire/bytes.js';
import { GRE_KEY, GRE_PROTO_ERSPAN, GRE_PROTO_ERSPAN3, GRE_PROTO_TEB } from '../../wire/tunnel/gre.js';
import { BAD_CHECKSUM, BAD_HEADER, greParseHeader, TnlPtkInfo } from '../packet/gre-header.js';
import { IpTunnelNet, innerProtocol, ipTunnelRcv, TUNNEL_NO_KEY } from './ip-tunnel.js';
import type { Tunnel, TunnelDevice } from './tunnel.js';

const ETH_P_IP = 0x0800;
const ETH_HLEN = 14;

/**
 * What becomes of a packet (Linux: PACKET_RCVD, PACKET_REJECT): a tunnel took or refused it, or no tunnel
 * owns it. Ours in addition: a tunnel with `observe` took it, and it is to be observed too; and why it was
 * dropped before the lookup.
 */
export const PACKET_RCVD = 0;
export const PACKET_REJECT = 1;
export const PACKET_OBSERVE = 2;
export type PacketFate =
  | typeof PACKET_RCVD
  | typeof PACKET_REJECT
  | typeof PACKET_OBSERVE
  | typeof BAD_HEADER
  | typeof BAD_CHECKSUM;

/** The fate of a packet that is this tunnel's. */
export function received(t: Tunnel): PacketFate {
  return t.config.observe ? PACKET_OBSERVE : PACKET_RCVD;
}

/** Length of the ERSPAN header behind GRE's, by its version field (Linux: erspan_hdr_len). */
export function erspanHdrLen(version: number): number {
  if (version === 0) return 0;
  return version === 1 ? 8 : 12;
}

export class IpGre {
  readonly ipgre = new IpTunnelNet();
  readonly gretap = new IpTunnelNet();
  readonly erspan = new IpTunnelNet();
  private readonly tpi = new TnlPtkInfo();

  constructor(private readonly device: TunnelDevice) {}

  net(t: Tunnel): IpTunnelNet {
    if (t.erspan) return this.erspan;
    return t.ethernet ? this.gretap : this.ipgre;
  }

  /** Linux: gre_rcv of ip_gre.c. */
  greRcv(p: OuterPacket): PacketFate {
    const tpi = this.tpi;
    const hdrLen = greParseHeader(p, tpi, ETH_P_IP);
    if (hdrLen === BAD_HEADER || hdrLen === BAD_CHECKSUM) return hdrLen;
    if (tpi.proto === GRE_PROTO_ERSPAN || tpi.proto === GRE_PROTO_ERSPAN3) return this.erspanRcv(p, hdrLen);
    return this.ipgreRcv(p, hdrLen);
  }

  /** Linux: erspan_rcv. Version and platform subheader beyond the fixed header are not read. */
  private erspanRcv(p: OuterPacket, greHdrLen: number): PacketFate {
    const tpi = this.tpi;
    const remote = u32(p.bytes, p.source);
    const local = u32(p.bytes, p.destination);
    const type1 = greHdrLen === 4;
    const t = type1
      ? this.erspan.lookup(p.link, tpi.flags | TUNNEL_NO_KEY, remote, local, 0)
      : this.erspan.lookup(p.link, tpi.flags | GRE_KEY, remote, local, tpi.key);
    if (t === null) return PACKET_REJECT;
    const version = type1 ? 0 : p.bytes[p.gre + greHdrLen] >>> 4;
    const data = p.gre + greHdrLen + erspanHdrLen(version);
    if (data > p.wireEnd) return PACKET_REJECT;
    if (data + ETH_HLEN > p.end) return received(t);
    ipTunnelRcv(t, p, tpi, data, innerProtocol(p.bytes, data, true, tpi.proto), this.device);
    return received(t);
  }

  /** Linux: ipgre_rcv. Ethernet goes to gretap tunnels first, then to gre tunnels. */
  private ipgreRcv(p: OuterPacket, hdrLen: number): PacketFate {
    if (this.tpi.proto === GRE_PROTO_TEB) {
      const fate = this.deliver(p, this.gretap, hdrLen, true);
      if (fate !== PACKET_REJECT) return fate;
    }
    return this.deliver(p, this.ipgre, hdrLen, false);
  }

  /** Linux: __ipgre_rcv; `ethernet` is the opposite of its raw_proto: Ethernet inside. */
  private deliver(p: OuterPacket, net: IpTunnelNet, hdrLen: number, ethernet: boolean): PacketFate {
    const tpi = this.tpi;
    const t = net.lookup(p.link, tpi.flags, u32(p.bytes, p.source), u32(p.bytes, p.destination), tpi.key);
    if (t === null) return PACKET_REJECT;
    const data = p.gre + hdrLen;
    if (data + (ethernet ? ETH_HLEN : 0) > p.end) return received(t);
    ipTunnelRcv(t, p, tpi, data, innerProtocol(p.bytes, data, ethernet, tpi.proto), this.device);
    return received(t);
  }
}
