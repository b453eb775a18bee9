/**
 * The fast path for the common packets of a mirror: IPv4 without options; GRE without a checksum, ERSPAN of
 * any type (III without a subheader) or gretap; or UDP with VXLAN or GENEVE; inside it Ethernet with at most
 * one VLAN tag, IPv4 without options or IPv6 without extension headers, no fragment, TCP, or UDP that is no
 * tunnel; every header captured and every length right. All checks come first: a packet that fails one is
 * left untouched to the walk through all layers, which produces the same fields more slowly
 * (test/demux/fast-path.test.ts compares them). Plain Ethernet frames with such contents take it too.
 */

import type { MirrorTable } from '../accounts/mirrors.js';
import { NO_KEY } from '../accounts/point-gate.js';
import type { Clocks } from '../clocks/clocks.js';
import { MirrorDirection, type MirrorPoint, MirrorType } from '../model/mirror-point.js';
import { FRAMES_AHEAD, type FrameSink, Mirrored } from '../model/mirrored.js';
import { OuterPacket } from '../model/outer-packet.js';
import { i32, u16, u24, u32 } from '../wire/bytes.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import {
  IPV4_BASE_LENGTH,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_IDENTIFICATION,
  IPV4_MORE_FRAGMENTS,
  IPV4_OFFSET_MASK,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TOS,
  IPV4_TOTAL_LENGTH,
  IPV4_TTL,
} from '../wire/ip/ipv4.js';
import { IPV6_DESTINATION, IPV6_LENGTH, IPV6_SOURCE } from '../wire/ip/ipv6.js';
import { ETHERNET_LENGTH, ETHERNET_TYPE, MAC_LENGTH } from '../wire/link/ethernet.js';
import { EtherType } from '../wire/link/ethertypes.js';
import { isVlanType, VLAN_LENGTH } from '../wire/link/vlan.js';
import {
  TCP_ACKNOWLEDGMENT,
  TCP_BASE_LENGTH,
  TCP_DATA_OFFSET,
  TCP_FLAGS,
  TCP_SEQUENCE,
  TCP_WINDOW,
} from '../wire/transport/tcp.js';
import { UDP_LENGTH } from '../wire/transport/udp.js';
import {
  ERSPAN_FT_ETHERNET,
  ERSPAN2_LENGTH,
  ERSPAN2_VERSION,
  ERSPAN3_LENGTH,
  ERSPAN3_VERSION,
  ErspanEncapsulation,
} from '../wire/tunnel/erspan.js';
import { GENEVE_CONTROL } from '../wire/tunnel/geneve.js';
import { GRE_KEY, GRE_PROTO_ERSPAN, GRE_PROTO_ERSPAN3, GRE_PROTO_TEB, GRE_SEQ } from '../wire/tunnel/gre.js';
import { KNOWN_TUNNEL_PORTS } from '../wire/tunnel/tunnel-ports.js';
import { VXLAN_FLAG_G, VXLAN_FLAG_I, VXLAN_LENGTH } from '../wire/tunnel/vxlan.js';
import { Frame } from '../wire/walk/frame-fields.js';
import { Layer } from '../wire/walk/layers.js';
import { Step } from '../wire/walk/walk-state.js';
import type { DemuxCounters } from './counters.js';
import { packetTrace } from './packet-trace.js';

/** Version 4, header of five words. */
const IPV4_NO_OPTIONS = 0x45;
/** The length of a GRE header with key and sequence number. */
const GRE_LONGEST = 12;
/** From the outer IPv4 header to the end of the longest GRE and ERSPAN headers and the frame's MAC header. */
const SHORTEST = IPV4_BASE_LENGTH + GRE_LONGEST + ERSPAN3_LENGTH + ETHERNET_LENGTH;
/** The same with UDP and VXLAN. */
const SHORTEST_UDP = IPV4_BASE_LENGTH + UDP_LENGTH + VXLAN_LENGTH + ETHERNET_LENGTH;
/** Offset of the network id in VXLAN and in GENEVE. */
const OVERLAY_VNI = 4;
const ANY_FRAGMENT = IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK;
/** Offsets in IPv6: payload length, next header, hop limit, last word of an address. */
const IPV6_PAYLOAD_LENGTH = 4;
const IPV6_NEXT_HEADER = 6;
const IPV6_HOP_LIMIT = 7;
const LAST_WORD = 12;

export class FastPath {
  /** UDP to one of these ports takes the long way. */
  ports = KNOWN_TUNNEL_PORTS;
  /**
   * Fields that never change on this path (no fragment, nothing malformed, no ICMP …) stay as in a new Frame.
   */
  private readonly frames: Frame[] = [];
  private readonly mirroreds: Mirrored[] = [];
  /** How many of them wait to be handed on, at which number they are, and the next. */
  private waiting = 0;
  private readonly depth: number;
  private frame: Frame;
  private mirrored: Mirrored;
  private readonly packet = new OuterPacket();
  private type: MirrorType = MirrorType.Gretap;
  private session = 0;
  /** The byte after the inner IP packet's last captured one, and after its last one on the wire. */
  private end = 0;
  private wireEnd = 0;

  constructor(
    private readonly counters: DemuxCounters,
    private readonly mirrors: MirrorTable,
    private readonly sink: FrameSink,
    public clocks?: Clocks,
  ) {
    this.depth = sink.ahead === undefined ? 1 : FRAMES_AHEAD;
    for (let i = 0; i < this.depth; i++) {
      this.frames.push(new Frame());
      this.mirroreds.push(new Mirrored());
      this.mirroreds[i].protocol = EtherType.Teb;
    }
    this.frame = this.frames[0];
    this.mirrored = this.mirroreds[0];
  }

  /**
   * Takes a packet whose outer IP header would be at `ip`, if it is of the common kind. Its frame may be
   * handed on only with a later one, or by {@link flush}.
   *
   * @param end the byte after the last captured one; `wireEnd` where the packet ended on the wire
   * @returns false for any other packet, which is left untouched
   */
  take(b: Uint8Array, ip: number, end: number, wireEnd: number, sec: number, nsec: number): boolean {
    if (end - ip < SHORTEST || b[ip] !== IPV4_NO_OPTIONS || b[ip + IPV4_PROTOCOL] !== IpProtocol.Gre)
      return false;
    const packetEnd = ip + u16(b, ip + IPV4_TOTAL_LENGTH);
    if (packetEnd > wireEnd || packetEnd - ip < SHORTEST) return false;
    if ((u16(b, ip + IPV4_FRAGMENT) & ANY_FRAGMENT) !== 0) return false;
    const gre = ip + IPV4_BASE_LENGTH;
    const flags = u16(b, gre);
    if ((flags & ~(GRE_KEY | GRE_SEQ)) !== 0) return false;
    const keyed = (flags & GRE_KEY) !== 0;
    const sequenced = (flags & GRE_SEQ) !== 0;
    const sequence = gre + (keyed ? 8 : 4);
    const start = this.mirror(b, u16(b, gre + 2), sequenced, sequenced ? sequence + 4 : sequence);
    if (start < 0 || !this.ethernet(b, start, Math.min(packetEnd, end))) return false;

    const { frame, mirrored, packet, mirrors } = this;
    this.counters.gre++;
    packet.bytes = b;
    packet.ipVersion = 4;
    packet.source = ip + IPV4_SOURCE;
    packet.destination = ip + IPV4_DESTINATION;
    const point = mirrors.find(this.type, packet, this.session, keyed ? u32(b, gre + 4) : NO_KEY);
    if (point === undefined) return true;
    mirrored.point = point;
    mirrored.sequence = sequenced ? u32(b, sequence) : -1;
    frame.sec = sec;
    frame.nsec = nsec;
    if (this.clocks !== undefined) this.stamp(this.clocks, sec, nsec);
    const length = packetEnd - start;
    const trace = sequenced ? packetTrace(b, start, Math.min(packetEnd, end), length) : 0;
    mirrors.count(mirrored, sec, nsec, length, frame.truncated, false, trace);
    this.handOn();
    return true;
  }

  private handOn(): void {
    this.counters.frames++;
    if (++this.waiting === this.depth) this.flush();
    this.frame = this.frames[this.waiting];
    this.mirrored = this.mirroreds[this.waiting];
  }

  /**
   * Takes a plain Ethernet frame, if it is of the common kind. It may be handed on only with a later one, or
   * by {@link flush}.
   *
   * @param end the byte after the last captured one; `wireEnd` where the frame ended on the wire
   * @returns false for any other frame, which is left untouched
   */
  takePlain(
    b: Uint8Array,
    o: number,
    end: number,
    wireEnd: number,
    sec: number,
    nsec: number,
    point: MirrorPoint,
  ): boolean {
    const { frame, mirrored } = this;
    if (end - o < ETHERNET_LENGTH) return false;
    mirrored.clear();
    if (!this.ethernet(b, o, end)) return false;
    mirrored.point = point;
    mirrored.sequence = -1;
    frame.sec = sec;
    frame.nsec = nsec;
    frame.lag = 0;
    this.mirrors.count(mirrored, sec, nsec, wireEnd - o, frame.truncated, false);
    this.handOn();
    return true;
  }

  /**
   * {@link take} for a packet that may be in UDP: VXLAN without a group policy, GENEVE without options.
   *
   * @param types by UDP port: the MirrorType of its input, 0 where none is listed
   */
  takeUdp(
    b: Uint8Array,
    ip: number,
    end: number,
    wireEnd: number,
    sec: number,
    nsec: number,
    types: Uint8Array,
  ): boolean {
    if (end - ip < SHORTEST_UDP || b[ip] !== IPV4_NO_OPTIONS || b[ip + IPV4_PROTOCOL] !== IpProtocol.Udp)
      return false;
    const packetEnd = ip + u16(b, ip + IPV4_TOTAL_LENGTH);
    const udp = ip + IPV4_BASE_LENGTH;
    const start = udp + UDP_LENGTH + VXLAN_LENGTH;
    if (packetEnd > wireEnd || packetEnd - start < ETHERNET_LENGTH) return false;
    if ((u16(b, ip + IPV4_FRAGMENT) & ANY_FRAGMENT) !== 0 || u16(b, udp + 4) !== packetEnd - udp)
      return false;
    const port = u16(b, udp + 2);
    const type = types[port];
    if (type === 0 || !isPlainOverlay(b, udp + UDP_LENGTH, type)) return false;
    const { frame, mirrored, packet, mirrors, counters } = this;
    mirrored.clear();
    if (!this.ethernet(b, start, Math.min(packetEnd, end))) return false;

    counters.udp++;
    counters.udpByPort[port]++;
    packet.bytes = b;
    packet.ipVersion = 4;
    packet.source = ip + IPV4_SOURCE;
    packet.destination = ip + IPV4_DESTINATION;
    const vni = u24(b, udp + UDP_LENGTH + OVERLAY_VNI);
    const point = mirrors.find(type as MirrorType, packet, vni, NO_KEY);
    if (point === undefined) return true;
    mirrored.point = point;
    mirrored.sequence = -1;
    frame.sec = sec;
    frame.nsec = nsec;
    frame.lag = 0;
    mirrors.count(mirrored, sec, nsec, packetEnd - start, frame.truncated, false);
    this.handOn();
    return true;
  }

  /**
   * Hands on the waiting frames. To be called before the packets' bytes change, and before a packet takes the
   * long way.
   */
  flush(): void {
    const count = this.waiting;
    if (count === 0) return;
    const { frames, mirroreds, sink } = this;
    if (count > 1) sink.ahead?.(frames, mirroreds, count);
    for (let i = 0; i < count; i++) sink.frame(frames[i], mirroreds[i]);
    this.waiting = 0;
    this.frame = frames[0];
    this.mirrored = mirroreds[0];
  }

  /** Gives the frame the time of its timestamp, if it has one that is believed. */
  private stamp(clocks: Clocks, sec: number, nsec: number): void {
    const { frame, mirrored } = this;
    frame.lag = 0;
    if (mirrored.granularity >= 0 && clocks.time(mirrored.point, mirrored, sec, nsec)) clocks.put(frame, sec);
  }

  /**
   * Parses what lies between GRE and the frame, at `o`. @returns where the frame starts, -1 unless it is a
   * common mirror header
   */
  private mirror(b: Uint8Array, protocol: number, sequenced: boolean, o: number): number {
    const m = this.mirrored;
    m.clear();
    this.session = 0;
    if (protocol === GRE_PROTO_TEB) {
      this.type = MirrorType.Gretap;
      return o;
    }
    if (protocol === GRE_PROTO_ERSPAN && !sequenced) {
      this.type = MirrorType.Erspan1;
      return o;
    }
    if (protocol !== GRE_PROTO_ERSPAN && protocol !== GRE_PROTO_ERSPAN3) return -1;
    const word = u16(b, o + 2);
    m.cos = word >>> 13;
    m.truncated = (word & 0x400) !== 0;
    this.session = word & 0x3ff;
    const vlan = u16(b, o) & 0xfff;
    const version = b[o] >>> 4;
    if (version === ERSPAN2_VERSION) {
      this.type = MirrorType.Erspan2;
      m.port = u32(b, o + 4) & 0xfffff;
      const encapsulation = (word >>> 11) & 3;
      const frame = o + ERSPAN2_LENGTH;
      if (
        vlan !== 0 &&
        encapsulation !== ErspanEncapsulation.TagKept &&
        (encapsulation !== ErspanEncapsulation.Untagged || vlan !== tagOf(b, frame))
      )
        m.vlan = vlan;
      return frame;
    }
    if (version !== ERSPAN3_VERSION) return -1;
    this.type = MirrorType.Erspan3;
    const flags = u16(b, o + 10);
    // A subheader follows, or something other than Ethernet.
    if ((flags & 1) !== 0 || ((flags >>> 10) & 0x1f) !== ERSPAN_FT_ETHERNET) return -1;
    m.direction = (flags & 8) === 0 ? MirrorDirection.Ingress : MirrorDirection.Egress;
    m.hardware = (flags >>> 4) & 0x3f;
    m.securityGroup = u16(b, o + 8);
    m.timestamp = u32(b, o + 4);
    m.granularity = (flags >>> 1) & 3;
    // The VLAN is a removed tag's, unless the frame has a tag.
    if (vlan !== 0 && tagOf(b, o + ERSPAN3_LENGTH) < 0) m.vlan = vlan;
    return o + ERSPAN3_LENGTH;
  }

  private ethernet(b: Uint8Array, o: number, end: number): boolean {
    const f = this.frame;
    let type = u16(b, o + ETHERNET_TYPE);
    let p = o + ETHERNET_LENGTH;
    f.bytes = b;
    f.start = o;
    f.end = end;
    f.mac = o;
    f.macSource = o + MAC_LENGTH;
    f.vlanCount = 0;
    f.layerKind[0] = Layer.Ethernet;
    f.layerOffset[0] = o;
    let layers = 1;
    if (isVlanType(type)) {
      if (end - p < VLAN_LENGTH) return false;
      f.vlanIds[0] = u16(b, p) & 0xfff;
      f.vlanCount = 1;
      f.layerKind[1] = Layer.Vlan;
      f.layerOffset[1] = p;
      layers = 2;
      type = u16(b, p + 2);
      p += VLAN_LENGTH;
    }
    f.etherType = type;
    f.ip = p;
    f.layerOffset[layers] = p;
    if (type === EtherType.Ipv4) {
      f.layerKind[layers] = Layer.Ipv4;
      return this.ipv4(b, p, end, layers + 1);
    }
    if (type !== EtherType.Ipv6) return false;
    f.layerKind[layers] = Layer.Ipv6;
    return this.ipv6(b, p, end, layers + 1);
  }

  private ipv4(b: Uint8Array, o: number, end: number, layers: number): boolean {
    const f = this.frame;
    if (end - o < IPV4_BASE_LENGTH || b[o] !== IPV4_NO_OPTIONS) return false;
    const total = u16(b, o + IPV4_TOTAL_LENGTH);
    if (total < IPV4_BASE_LENGTH || (u16(b, o + IPV4_FRAGMENT) & ANY_FRAGMENT) !== 0) return false;
    f.ipVersion = 4;
    f.source = o + IPV4_SOURCE;
    f.destination = o + IPV4_DESTINATION;
    f.sourceWord = i32(b, o + IPV4_SOURCE);
    f.destinationWord = i32(b, o + IPV4_DESTINATION);
    f.ttl = b[o + IPV4_TTL];
    const tos = b[o + IPV4_TOS];
    f.dscp = tos >>> 2;
    f.ecn = tos & 3;
    f.fragmentId = u16(b, o + IPV4_IDENTIFICATION);
    this.bounds(o, total, end);
    return this.transport(b, o + IPV4_BASE_LENGTH, b[o + IPV4_PROTOCOL], layers);
  }

  private ipv6(b: Uint8Array, o: number, end: number, layers: number): boolean {
    const f = this.frame;
    if (end - o < IPV6_LENGTH || b[o] >>> 4 !== 6) return false;
    const payload = u16(b, o + IPV6_PAYLOAD_LENGTH);
    if (payload === 0) return false;
    f.ipVersion = 6;
    f.source = o + IPV6_SOURCE;
    f.destination = o + IPV6_DESTINATION;
    f.sourceWord = i32(b, o + IPV6_SOURCE + LAST_WORD);
    f.destinationWord = i32(b, o + IPV6_DESTINATION + LAST_WORD);
    f.ttl = b[o + IPV6_HOP_LIMIT];
    const trafficClass = (u16(b, o) >>> 4) & 0xff;
    f.dscp = trafficClass >>> 2;
    f.ecn = trafficClass & 3;
    f.fragmentId = 0;
    this.bounds(o, IPV6_LENGTH + payload, end);
    return this.transport(b, o + IPV6_LENGTH, b[o + IPV6_NEXT_HEADER], layers);
  }

  /** Sets the bounds of an IP packet of `total` bytes at `o`; the frame's bytes behind it are padding. */
  private bounds(o: number, total: number, end: number): void {
    this.wireEnd = o + total;
    this.end = Math.min(end, this.wireEnd);
    this.frame.ipLength = total;
    this.frame.truncated = this.end < this.wireEnd || this.mirrored.truncated;
  }

  private transport(b: Uint8Array, o: number, protocol: number, layers: number): boolean {
    const f = this.frame;
    const there = this.end - o;
    const wire = this.wireEnd - o;
    f.protocol = protocol;
    f.transport = o;
    f.layerOffset[layers] = o;
    f.layerCount = layers + 1;
    if (protocol === IpProtocol.Tcp) {
      if (there < TCP_BASE_LENGTH) return false;
      const header = (b[o + TCP_DATA_OFFSET] >>> 4) << 2;
      if (header < TCP_BASE_LENGTH || header > wire) return false;
      f.layerKind[layers] = Layer.Tcp;
      f.sourcePort = u16(b, o);
      f.destinationPort = u16(b, o + 2);
      f.tcpSequence = u32(b, o + TCP_SEQUENCE);
      f.tcpAcknowledgment = u32(b, o + TCP_ACKNOWLEDGMENT);
      f.tcpFlags = b[o + TCP_FLAGS];
      f.tcpWindow = u16(b, o + TCP_WINDOW);
      f.payload = o + header;
      f.payloadLength = wire - header;
      return true;
    }
    if (protocol !== IpProtocol.Udp || there < UDP_LENGTH) return false;
    const length = u16(b, o + 4) || wire;
    if (length < UDP_LENGTH || length > wire) return false;
    f.layerKind[layers] = Layer.Udp;
    f.sourcePort = u16(b, o);
    f.destinationPort = u16(b, o + 2);
    f.tcpSequence = 0;
    f.tcpAcknowledgment = 0;
    f.tcpFlags = 0;
    f.tcpWindow = 0;
    f.payload = o + UDP_LENGTH;
    f.payloadLength = length - UDP_LENGTH;
    return this.ports.step(f.destinationPort) === Step.Done;
  }
}

/** Whether there is a header of VXLAN or GENEVE of 8 bytes at `o`, with Ethernet behind it. */
function isPlainOverlay(b: Uint8Array, o: number, type: number): boolean {
  if (type === MirrorType.Vxlan) return (b[o] & (VXLAN_FLAG_I | VXLAN_FLAG_G)) === VXLAN_FLAG_I;
  if (type !== MirrorType.Geneve || b[o] !== 0) return false;
  return (b[o + 1] & GENEVE_CONTROL) === 0 && u16(b, o + 2) === GRE_PROTO_TEB;
}

/** The VLAN id of the outermost tag of the Ethernet frame at `o`, -1 without one. */
function tagOf(b: Uint8Array, o: number): number {
  return isVlanType(u16(b, o + ETHERNET_TYPE)) ? u16(b, o + ETHERNET_LENGTH) & 0xfff : -1;
}
