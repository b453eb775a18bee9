import type { MirrorTable } from '../accounts/mirrors.js';
import { NO_KEY } from '../accounts/point-gate.js';
import type { Clocks } from '../clocks/clocks.js';
import { type MirrorPoint, MirrorType } from '../model/mirror-point.js';
import { type FrameSink, Mirrored } from '../model/mirrored.js';
import type { OuterPacket } from '../model/outer-packet.js';
import { CiscoMetadata } from '../wire/link/cisco-metadata.js';
import { EtherType } from '../wire/link/ethertypes.js';
import { AmsduCursor, Ieee80211Header } from '../wire/link/ieee80211.js';
import { ErspanHeader } from '../wire/tunnel/erspan.js';
import { GRE_KEY, GRE_SEQ, GreHeader } from '../wire/tunnel/gre.js';
import { WccpHeader } from '../wire/tunnel/wccp.js';
import { decodeFrame, Frame, FrameKind, KNOWN_TUNNEL_PORTS, Walk } from '../wire/walk/frame.js';
import { Malformed } from '../wire/walk/malformed.js';
import type { DemuxCounters } from './counters.js';
import { packetTrace } from './packet-trace.js';

/** Learns the result for every packet that carries mirrored traffic, and for every plain frame. */
export interface PacketWatcher {
  /**
   * Called for each frame of a packet, or once if it has none. The arguments are reused for the next call.
   *
   * @param outer without an IP version for a plain frame, which has no outer packet and no GRE header
   * @param gre as far as it was parsed; all zero where there is none
   * @param mirrored undefined if no frame was reached
   * @param frame undefined if the packet has none
   * @param reason why the packet was refused, or why the walk through its frame ended: a code of
   * wire/walk/malformed.ts
   */
  packet(
    outer: OuterPacket,
    gre: GreHeader,
    mirrored: Mirrored | undefined,
    frame: Frame | undefined,
    reason: number,
  ): void;
}

/** What the handlers of packets share: the parsed headers, and methods that count and hand on frames. */
export class Dispatch {
  readonly gre = new GreHeader();
  readonly frame = new Frame();
  readonly mirrored = new Mirrored();
  /** Knows the UDP ports of tunnels inside frames. */
  readonly walk = new Walk(KNOWN_TUNNEL_PORTS);
  /** Headers between GRE and the frame. */
  readonly erspan = new ErspanHeader();
  readonly wccp = new WccpHeader();
  readonly metadata = new CiscoMetadata();
  readonly ieee80211 = new Ieee80211Header();
  readonly amsdu = new AmsduCursor();
  /** Whether the packet's time is its timestamp's. */
  private isStamped = false;

  constructor(
    readonly counters: DemuxCounters,
    readonly mirrors: MirrorTable,
    private readonly sink: FrameSink,
    private readonly watcher: PacketWatcher | undefined,
    public clocks: Clocks | undefined,
  ) {}

  /** Clears the previous packet's GRE header, for a packet without one or refused before parsing. */
  clearGre(): void {
    this.gre.flags = 0;
    this.gre.version = 0;
    this.gre.protocol = 0;
  }

  /** Counts a malformed packet. */
  refuse(packet: OuterPacket, reason: number): void {
    this.counters.malformed[reason]++;
    this.counters.malformedSenders.count(packet, reason);
    this.watcher?.packet(packet, this.gre, undefined, undefined, reason);
  }

  /** Counts a valid packet without a payload. */
  passEmpty(packet: OuterPacket): void {
    this.counters.empty++;
    this.watcher?.packet(packet, this.gre, undefined, undefined, Malformed.None);
  }

  /**
   * Finds the packet's mirror point, and sets {@link mirrored} from its GRE header.
   *
   * @param type that of plain GRE is another one in UDP
   * @returns false if packets of that point are refused
   */
  begin(packet: OuterPacket, type: MirrorType, session: number): boolean {
    const gre = this.gre;
    const inUdp = packet.udp >= 0 && (type === MirrorType.Gre || type === MirrorType.Gretap);
    const key = (gre.flags & GRE_KEY) !== 0 ? gre.key : NO_KEY;
    const point = this.mirrors.find(inUdp ? MirrorType.GreUdp : type, packet, session, key);
    if (point === undefined) return false;
    this.at(point, gre.protocol);
    this.mirrored.sequence = (gre.flags & GRE_SEQ) !== 0 ? gre.sequence : -1;
    return true;
  }

  /** Sets {@link mirrored} for a frame of this point, about which nothing more is known yet. */
  at(point: MirrorPoint, protocol: number): void {
    const m = this.mirrored;
    this.isStamped = false;
    m.point = point;
    m.protocol = protocol;
    m.clear();
    m.clearPlatform();
    m.sequence = -1;
  }

  /** Says that {@link mirrored} has a timestamp, which may be the packet's time. */
  stamp(packet: OuterPacket): void {
    const { clocks, mirrored } = this;
    if (clocks !== undefined) this.isStamped = clocks.time(mirrored.point, mirrored, packet.sec, packet.nsec);
  }

  /** Decodes a packet's only frame, from `o` to the end, counts it for its mirror point, and hands it on. */
  whole(packet: OuterPacket, kind: number, type: number, o: number): void {
    this.decode(packet, kind, type, o, packet.end, packet.wireEnd);
    const f = this.frame;
    this.count(packet, o, f.truncated, f.malformed !== Malformed.None);
    this.hand(packet);
  }

  /** {@link whole} for a frame that a GRE protocol type announces. */
  announced(packet: OuterPacket, type: number, o: number): void {
    if (type === EtherType.Teb) this.whole(packet, FrameKind.Ethernet, 0, o);
    else if (type === EtherType.Ipv4 || type === EtherType.Ipv6) this.whole(packet, FrameKind.Ip, 0, o);
    // Types below 0x0600 are those of RFC 1701; here they are no lengths.
    else this.whole(packet, FrameKind.EtherType, type, o);
  }

  /** Decodes a frame that may be one of several in its packet. */
  decode(packet: OuterPacket, kind: number, type: number, o: number, end: number, wireEnd: number): void {
    const f = this.frame;
    f.sec = packet.sec;
    f.nsec = packet.nsec;
    f.lag = 0;
    if (this.isStamped) this.clocks?.put(f, packet.sec);
    decodeFrame(this.walk, kind, type, packet.bytes, o, end, wireEnd, f);
    if (this.mirrored.truncated) f.truncated = true;
  }

  /** Counts the packet for its mirror point; its payload starts at `o`. */
  count(packet: OuterPacket, o: number, truncated: boolean, malformed: boolean): void {
    const m = this.mirrored;
    const length = packet.wireEnd - o;
    const trace = m.sequence < 0 ? 0 : packetTrace(packet.bytes, o, packet.end, length);
    this.mirrors.count(m, packet.sec, packet.nsec, length, truncated, malformed, trace);
    if (packet.incomplete) this.mirrors.countIncomplete(m);
  }

  /** Hands the decoded frame on. */
  hand(packet: OuterPacket): void {
    const f = this.frame;
    this.counters.frames++;
    if (f.malformed !== Malformed.None) this.counters.malformed[f.malformed]++;
    this.sink.frame(f, this.mirrored);
    this.watcher?.packet(packet, this.gre, this.mirrored, f, f.malformed);
  }

  /** Hands on a payload that cannot be decoded, as a frame of which only the GRE protocol type is known. */
  opaque(packet: OuterPacket, o: number, reason: number): void {
    this.decode(packet, FrameKind.EtherType, this.gre.protocol, o, packet.end, packet.wireEnd);
    this.frame.malformed = reason;
    this.count(packet, o, this.frame.truncated, true);
    this.hand(packet);
  }
}
