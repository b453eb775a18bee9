/** Puts frames back into their encapsulation: outer IP, GRE, ERSPAN, UDP, as their mirror sent them. */

import { frameStart } from '../model/frame-start.js';
import { MIRROR_TYPE_NAMES, MirrorDirection, MirrorType } from '../model/mirror-point.js';
import { PACKET_LAYER_NAMES, PacketLayer } from '../model/packet-layer.js';
import type { PacketRow } from '../store/packet-rows.js';
import { setU16, u32 } from '../wire/bytes.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import { emitIpv4, IPV4_BASE_LENGTH, Ipv4Header, setIpv4Checksum } from '../wire/ip/ipv4.js';
import { emitIpv6, IPV6_DESTINATION, IPV6_LENGTH, IPV6_SOURCE, Ipv6Header } from '../wire/ip/ipv6.js';
import { CiscoMetadata, emitCiscoMetadata } from '../wire/link/cisco-metadata.js';
import { MAC_LENGTH, macAt } from '../wire/link/ethernet.js';
import { EtherType } from '../wire/link/ethertypes.js';
import {
  emitIeee80211,
  FC_SUBTYPE_QOS,
  FC_TYPE_DATA,
  Ieee80211Header,
  QOS_AMSDU,
} from '../wire/link/ieee80211.js';
import { emitUdp, UDP_LENGTH, UdpHeader } from '../wire/transport/udp.js';
import {
  ERSPAN_FT_ETHERNET,
  ERSPAN_FT_IP,
  ErspanEncapsulation,
  ErspanHeader,
  ErspanPlatform,
  emitErspan,
} from '../wire/tunnel/erspan.js';
import {
  emitGre,
  GRE_KEY,
  GRE_PROTO_CISCO_METADATA,
  GRE_PROTO_ERSPAN,
  GRE_PROTO_ERSPAN3,
  GRE_PROTO_MELLANOX,
  GRE_PROTO_PPP,
  GRE_PROTO_TEB,
  GRE_SEQ,
  GreHeader,
} from '../wire/tunnel/gre.js';
import { emitMellanox } from '../wire/tunnel/mellanox.js';
import { Flow, flowPort } from '../wire/walk/flow.js';
import { portOf, UdpHeaders } from './udp-headers.js';

/** The longest outer IP, UDP, GRE and ERSPAN headers. */
export const MAX_OVERHEAD = 96;
/** The longest IP packet; a longer one is cut. */
const MAX_IP = 65_535;
/** The first of the GRE protocol types for 802.11. */
const ARUBA = 0x9000;
/** An ERSPAN frame type that is neither Ethernet nor IP. */
const ERSPAN_FT_UNKNOWN = 1;

/** Builds outer packets. It numbers them per mirror point, for types with sequence numbers. */
export class OuterPackets {
  readonly bytes = new Uint8Array(MAX_IP + MAX_OVERHEAD);
  /** The packet's length on the wire: more than {@link bytes} holds, if the frame was kept in part. */
  length = 0;
  private readonly gre = new GreHeader();
  private readonly erspan = new ErspanHeader();
  private readonly metadata = new CiscoMetadata();
  private readonly wlan = new Ieee80211Header();
  private readonly ipv4 = new Ipv4Header();
  private readonly ipv6 = new Ipv6Header();
  private readonly sequences: number[] = [];
  private readonly inUdp = new UdpHeaders();
  private readonly udp = new UdpHeader();
  private readonly flow = new Flow();

  /**
   * Writes the packet that carries a row's frame to {@link bytes}.
   *
   * @returns the number of bytes available; 0 if it is unknown how such a frame is carried
   */
  build(row: PacketRow): number {
    const { bytes } = this;
    const { point } = row.mirrored;
    const v4 = point.source[10] === 0xff && point.source.subarray(0, 10).every((byte) => byte === 0);
    const start = v4 ? IPV4_BASE_LENGTH : IPV6_LENGTH;
    const port = portOf(point.type);
    const headers = port === 0 ? this.headers(row, start) : this.udpHeaders(row, start + UDP_LENGTH);
    if (headers === 0) return 0;
    const frame = row.frame.subarray(0, MAX_IP - headers);
    bytes.set(frame, headers);
    const end = headers + frame.length;
    this.length = Math.min(headers + Math.max(row.originalLength, frame.length), MAX_IP);
    if (port !== 0) this.datagram(row, port, start, headers, end);
    const protocol = port === 0 ? IpProtocol.Gre : IpProtocol.Udp;
    if (v4) this.outer4(point.source, point.target, protocol);
    else this.outer6(point.source, point.target, protocol);
    return end;
  }

  /** Writes what follows UDP at `o`. @returns where the frame begins, 0 if it cannot be carried */
  private udpHeaders(row: PacketRow, o: number): number {
    if (row.mirrored.point.type === MirrorType.GreUdp) return this.headers(row, o);
    const length = this.inUdp.emit(row, this.bytes, o);
    return length === 0 ? 0 : o + length;
  }

  /**
   * Writes UDP at `o`, before what reaches from there to `end`. Its source port is a hash of the frame's
   * ends: the mirror's own is not kept. It has no checksum, as most mirrors send it.
   *
   * @param frame where the frame begins
   */
  private datagram(row: PacketRow, port: number, o: number, frame: number, end: number): void {
    const { bytes, flow, length, udp } = this;
    const { type } = row.mirrored.point;
    const layer = PACKET_LAYER_NAMES[row.layer];
    const start = frameStart(layer, MIRROR_TYPE_NAMES[type], row.mirrored.protocol);
    flow.read(bytes, frame, end, length - frame, start.kind, start.type);
    udp.sourcePort = flowPort(flow.flow);
    udp.destinationPort = port;
    udp.length = length - o;
    emitUdp(udp, bytes, o);
  }

  /** Writes GRE and ERSPAN at `o`. @returns where the frame begins, 0 if it cannot be carried */
  private headers(row: PacketRow, o: number): number {
    const { gre, bytes } = this;
    const { point, securityGroup } = row.mirrored;
    const protocol = protocolOf(row);
    if (protocol === 0) return 0;
    const plain =
      point.type === MirrorType.Gre || point.type === MirrorType.Gretap || point.type === MirrorType.GreUdp;
    const tagged = plain && securityGroup !== 0;
    gre.flags = 0;
    gre.protocol = tagged ? GRE_PROTO_CISCO_METADATA : protocol;
    gre.key = point.key ?? 0;
    if (point.type === MirrorType.Pptp) {
      // RFC 2637: the high half of the key is the payload's length, the low half the call.
      gre.flags = 1 | GRE_KEY | GRE_SEQ;
      gre.key =
        ((Math.min(Math.max(row.originalLength, row.frame.length), 0xffff) << 16) |
          ((point.key ?? 0) & 0xffff)) >>>
        0;
    } else if (point.key !== null) gre.flags |= GRE_KEY;
    if (point.type === MirrorType.Erspan2 || point.type === MirrorType.Erspan3) gre.flags |= GRE_SEQ;
    if ((gre.flags & GRE_SEQ) !== 0) {
      gre.sequence = this.sequences[point.index] ?? 0;
      this.sequences[point.index] = (gre.sequence + 1) >>> 0;
    }
    const p = o + emitGre(gre, bytes, o);
    if (tagged) return p + this.metadataHeader(securityGroup, protocol, p);
    if (point.type === MirrorType.Gre && protocol === ARUBA) return p + this.amsduHeader(row, p);
    if (point.type === MirrorType.Mellanox) return p + emitMellanox(bytes, p);
    return point.type <= MirrorType.Erspan3 ? p + this.erspanHeader(row, p) : p;
  }

  private erspanHeader(row: PacketRow, o: number): number {
    const h = this.erspan;
    const m = row.mirrored;
    h.type = m.point.type;
    if (h.type === MirrorType.Erspan1) return 0;
    h.vlan = Math.max(m.vlan, 0);
    h.cos = m.cos;
    h.truncated = m.truncated ? 1 : 0;
    h.session = m.point.session;
    const second = h.type === MirrorType.Erspan2;
    h.encapsulation = second && m.vlan >= 0 ? ErspanEncapsulation.TagRemoved : ErspanEncapsulation.Untagged;
    h.index = second ? m.port : 0;
    h.direction = m.direction === MirrorDirection.Egress ? 1 : 0;
    h.hardware = m.hardware;
    h.securityGroup = m.securityGroup;
    h.frameType = frameTypeOf(row.layer);
    h.platform = !second && m.port !== 0 ? 1 : 0;
    h.platformId = h.platform === 1 ? ErspanPlatform.Port : 0;
    h.port = h.platform === 1 ? m.port : 0;
    return emitErspan(h, this.bytes, o);
  }

  private metadataHeader(securityGroup: number, protocol: number, o: number): number {
    const h = this.metadata;
    h.typeFirst = 1;
    h.securityGroup = securityGroup;
    h.type = protocol;
    return emitCiscoMetadata(h, this.bytes, o);
  }

  /** An 802.3 frame in plain GRE was part of an A-MSDU: it gets an A-MSDU header. */
  private amsduHeader(row: PacketRow, o: number): number {
    if (row.layer !== PacketLayer.Ethernet) return 0;
    const h = this.wlan;
    h.frameControl = FC_TYPE_DATA | FC_SUBTYPE_QOS;
    h.qosControl = QOS_AMSDU;
    h.address1 = macAt(row.frame, 0);
    h.address2 = macAt(row.frame, MAC_LENGTH);
    return emitIeee80211(h, this.bytes, o);
  }

  private outer4(source: Uint8Array, target: Uint8Array, protocol: number): void {
    const h = this.ipv4;
    h.totalLength = this.length;
    h.protocol = protocol;
    h.source = u32(source, 12);
    h.destination = u32(target, 12);
    emitIpv4(h, this.bytes, 0);
    setIpv4Checksum(this.bytes, 0);
  }

  private outer6(source: Uint8Array, target: Uint8Array, protocol: number): void {
    const h = this.ipv6;
    h.payloadLength = this.length - IPV6_LENGTH;
    h.nextHeader = protocol;
    emitIpv6(h, this.bytes, 0);
    this.bytes.set(source, IPV6_SOURCE);
    this.bytes.set(target, IPV6_DESTINATION);
    setU16(this.bytes, 4, h.payloadLength);
  }
}

/** The GRE protocol type of the frame; 0 if it has none. */
function protocolOf(row: PacketRow): number {
  const { protocol } = row.mirrored;
  switch (row.mirrored.point.type) {
    case MirrorType.Erspan1:
    case MirrorType.Erspan2:
      return row.layer === PacketLayer.Ethernet ? GRE_PROTO_ERSPAN : 0;
    case MirrorType.Erspan3:
      // The ERSPAN header may follow either type; use this one if the original type is unknown.
      return protocol === GRE_PROTO_ERSPAN ? GRE_PROTO_ERSPAN : GRE_PROTO_ERSPAN3;
    case MirrorType.Gretap:
      return GRE_PROTO_TEB;
    case MirrorType.Pptp:
      return GRE_PROTO_PPP;
    case MirrorType.Mellanox:
      return GRE_PROTO_MELLANOX;
    case MirrorType.GreUdp:
      return protocol;
  }
  if (protocol !== 0) return protocol === GRE_PROTO_TEB ? ARUBA : protocol;
  switch (row.layer) {
    case PacketLayer.Ipv4:
      return EtherType.Ipv4;
    case PacketLayer.Ipv6:
      return EtherType.Ipv6;
    case PacketLayer.Ppp:
      return GRE_PROTO_PPP;
    default:
      return 0;
  }
}

function frameTypeOf(layer: PacketLayer): number {
  switch (layer) {
    case PacketLayer.Ethernet:
      return ERSPAN_FT_ETHERNET;
    case PacketLayer.Other:
      return ERSPAN_FT_UNKNOWN;
    default:
      return ERSPAN_FT_IP;
  }
}
