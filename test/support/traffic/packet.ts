import { setU32 } from '../../../src/wire/bytes.js';
import { IpProtocol } from '../../../src/wire/ip/ip-protocol.js';
import { emitIpv4, Ipv4Header, setIpv4Checksum } from '../../../src/wire/ip/ipv4.js';
import {
  emitIpv6,
  IPV6_DESTINATION,
  IPV6_LENGTH,
  IPV6_SOURCE,
  Ipv6Header,
} from '../../../src/wire/ip/ipv6.js';
import { EthernetHeader, emitEthernet, macAt } from '../../../src/wire/link/ethernet.js';
import { EtherType } from '../../../src/wire/link/ethertypes.js';
import { emitVlan, VLAN_LENGTH, VlanTag } from '../../../src/wire/link/vlan.js';
import { emitTcp, TCP_BASE_LENGTH, TcpHeader } from '../../../src/wire/transport/tcp.js';
import { setTransportChecksum } from '../../../src/wire/transport/transport-checksum.js';
import { emitUdp, UDP_LENGTH, UdpHeader } from '../../../src/wire/transport/udp.js';
import { ErspanHeader, emitErspan } from '../../../src/wire/tunnel/erspan.js';
import {
  emitGre,
  GRE_CSUM,
  GRE_KEY,
  GRE_PROTO_ERSPAN,
  GRE_PROTO_ERSPAN3,
  GRE_SEQ,
  GreHeader,
  greHeaderLength,
  setGreChecksum,
} from '../../../src/wire/tunnel/gre.js';
import { NO_BYTES } from './talk.js';

const HEADROOM = 1024;
const LARGEST = 65_536;
const ETHERNET_LENGTH = 14;
/** The shortest Ethernet frame, without its checksum. */
const ETHERNET_MIN = 60;

/**
 * A packet built from the inside out, as in a kernel: first the payload, then each header is pushed before
 * it. A layer knows what it carries, so callers need not give types and protocol numbers. Checksums that
 * cover the IP addresses are written when the IP header is pushed.
 */
export class PacketBuilder {
  readonly bytes = new Uint8Array(HEADROOM + LARGEST);
  start = HEADROOM;
  end = HEADROOM;
  /** The type of the packet so far, for the next IP header. */
  protocol = 0;
  /** The type of the packet so far, for the next Ethernet, VLAN or GRE header. */
  etherType = 0;

  private readonly tcpHeader = new TcpHeader();
  private readonly udpHeader = new UdpHeader();
  private readonly ipv4Header = new Ipv4Header();
  private readonly ipv6Header = new Ipv6Header();
  private readonly ethernetHeader = new EthernetHeader();
  private readonly vlanTag = new VlanTag();
  private readonly greHeader = new GreHeader();
  /** A transport header without checksum yet: its offset (-1: none) and protocol. */
  private unsummed = -1;
  private unsummedProtocol = 0;

  get length(): number {
    return this.end - this.start;
  }

  /** Starts over with these bytes. They have the given type if they are a packet already. */
  payload(payload: Uint8Array, type: { protocol?: number; etherType?: number } = {}): this {
    this.start = HEADROOM;
    this.end = HEADROOM + payload.length;
    this.bytes.set(payload, HEADROOM);
    this.protocol = type.protocol ?? 0;
    this.etherType = type.etherType ?? 0;
    this.unsummed = -1;
    return this;
  }

  /**
   * Puts a header of any kind before the packet. One with an IP protocol number is an extension of the IP
   * header.
   */
  push(header: Uint8Array, type: { protocol?: number; etherType?: number } = {}): this {
    this.start -= header.length;
    this.bytes.set(header, this.start);
    this.protocol = type.protocol ?? 0;
    this.etherType = type.etherType ?? 0;
    if (type.protocol === undefined) this.unsummed = -1;
    return this;
  }

  /** Appends bytes to the packet: padding, a frame check sequence. */
  trailer(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.end);
    this.end += bytes.length;
    return this;
  }

  /** Cuts the packet to at most so many bytes, like a snap length. */
  cut(length: number): this {
    this.end = Math.min(this.end, this.start + length);
    return this;
  }

  /** The finished packet, in memory of its own. */
  take(): Uint8Array {
    return this.bytes.slice(this.start, this.end);
  }

  tcp(
    sourcePort: number,
    destinationPort: number,
    fields: { flags: number; sequence: number; acknowledgment?: number; window?: number },
    options: Uint8Array = NO_BYTES,
  ): this {
    const h = this.tcpHeader;
    h.sourcePort = sourcePort;
    h.destinationPort = destinationPort;
    h.sequence = fields.sequence;
    h.acknowledgment = fields.acknowledgment ?? 0;
    h.headerLength = TCP_BASE_LENGTH + options.length;
    h.flags = fields.flags;
    h.window = fields.window ?? 501;
    this.start -= h.headerLength;
    emitTcp(h, this.bytes, this.start);
    this.bytes.set(options, this.start + TCP_BASE_LENGTH);
    return this.transport(IpProtocol.Tcp);
  }

  udp(sourcePort: number, destinationPort: number): this {
    const h = this.udpHeader;
    h.sourcePort = sourcePort;
    h.destinationPort = destinationPort;
    h.length = UDP_LENGTH + this.length;
    this.start -= UDP_LENGTH;
    emitUdp(h, this.bytes, this.start);
    return this.transport(IpProtocol.Udp);
  }

  /** ICMP, or ICMPv6: the payload starts with the four bytes after the checksum. */
  icmp(type: number, code: number, protocol: number = IpProtocol.Icmp): this {
    this.push(Uint8Array.of(type, code, 0, 0));
    return this.transport(protocol);
  }

  private transport(protocol: number): this {
    this.protocol = protocol;
    this.unsummedProtocol = protocol;
    this.unsummed = this.start;
    return this;
  }

  /** An IPv4 or IPv6 header, depending on the addresses (4 or 16 bytes). */
  ip(
    source: Uint8Array,
    destination: Uint8Array,
    fields: {
      ttl?: number;
      tos?: number;
      identification?: number;
      fragment?: number;
      protocol?: number;
    } = {},
  ): this {
    const protocol = fields.protocol ?? this.protocol;
    const b = this.bytes;
    if (source.length === 4) {
      const h = this.ipv4Header;
      h.tos = fields.tos ?? 0;
      h.totalLength = 20 + this.length;
      h.identification = fields.identification ?? 0;
      h.fragment = fields.fragment ?? 0;
      h.ttl = fields.ttl ?? 64;
      h.protocol = protocol;
      this.start -= 20;
      emitIpv4(h, b, this.start);
      b.set(source, this.start + 12);
      b.set(destination, this.start + 16);
      setIpv4Checksum(b, this.start);
      this.etherType = EtherType.Ipv4;
      this.protocol = IpProtocol.Ipip;
    } else {
      const h = this.ipv6Header;
      h.trafficClass = fields.tos ?? 0;
      h.payloadLength = this.length;
      h.nextHeader = protocol;
      h.hopLimit = fields.ttl ?? 64;
      this.start -= IPV6_LENGTH;
      emitIpv6(h, b, this.start);
      b.set(source, this.start + IPV6_SOURCE);
      b.set(destination, this.start + IPV6_DESTINATION);
      this.etherType = EtherType.Ipv6;
      this.protocol = IpProtocol.Ipv6;
    }
    if (this.unsummed >= 0)
      setTransportChecksum(b, this.start, this.unsummedProtocol, this.unsummed, this.end);
    this.unsummed = -1;
    return this;
  }

  vlan(id: number, priority = 0, tpid: number = EtherType.Vlan): this {
    const t = this.vlanTag;
    t.id = id;
    t.priority = priority;
    t.type = this.etherType;
    this.start -= VLAN_LENGTH;
    emitVlan(t, this.bytes, this.start);
    this.etherType = tpid;
    return this;
  }

  /** Ethernet II, padded to the minimum length. */
  ethernet(source: Uint8Array, destination: Uint8Array, type = this.etherType): this {
    const h = this.ethernetHeader;
    h.source = macAt(source, 0);
    h.destination = macAt(destination, 0);
    h.type = type;
    this.start -= ETHERNET_LENGTH;
    emitEthernet(h, this.bytes, this.start);
    if (this.length < ETHERNET_MIN) this.trailer(new Uint8Array(ETHERNET_MIN - this.length));
    this.etherType = EtherType.Teb;
    return this;
  }

  /** ERSPAN, by default type II. Has a platform subheader if a platform id is given. */
  erspan(fields: Partial<ErspanHeader>): this {
    const h = Object.assign(new ErspanHeader(), fields);
    if (fields.platformId !== undefined) h.platform = 1;
    const header = new Uint8Array(20);
    const length = emitErspan(h, header, 0);
    return this.push(header.subarray(0, length), {
      etherType: h.type === 3 ? GRE_PROTO_ERSPAN3 : GRE_PROTO_ERSPAN,
    });
  }

  /** GRE version 0 with the given fields. */
  gre(fields: { key?: number | null; sequence?: number; checksum?: boolean; protocol?: number } = {}): this {
    const h = this.greHeader;
    h.flags =
      (fields.checksum === true ? GRE_CSUM : 0) |
      (fields.key == null ? 0 : GRE_KEY) |
      (fields.sequence === undefined ? 0 : GRE_SEQ);
    h.protocol = fields.protocol ?? this.etherType;
    h.key = fields.key ?? 0;
    h.sequence = fields.sequence ?? 0;
    this.start -= greHeaderLength(h.flags);
    emitGre(h, this.bytes, this.start);
    if (fields.checksum === true) setGreChecksum(this.bytes, this.start, this.end);
    this.protocol = IpProtocol.Gre;
    this.unsummed = -1;
    return this;
  }
}

/** A 32-bit number in network byte order. */
export function be32(v: number): Uint8Array {
  const b = new Uint8Array(4);
  setU32(b, 0, v >>> 0);
  return b;
}
