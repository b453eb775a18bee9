import type { MirrorTable } from '../accounts/mirrors.js';
import type { Clocks } from '../clocks/clocks.js';
import { LinkType, type PacketBatch } from '../model/batch.js';
import { DEFAULT_INPUTS, type Inputs } from '../model/inputs.js';
import type { MirrorPoint, MirrorType } from '../model/mirror-point.js';
import type { FrameSink } from '../model/mirrored.js';
import { type GreReceiver, OuterPacket } from '../model/outer-packet.js';
import { u16 } from '../wire/bytes.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import { isIpv6Extension } from '../wire/ip/ipv6-extension.js';
import { ETHERNET_LENGTH, ETHERNET_TYPE } from '../wire/link/ethernet.js';
import { EtherType } from '../wire/link/ethertypes.js';
import { UDP_LENGTH } from '../wire/transport/udp.js';
import { CiscoMarker, parseCiscoMarker } from '../wire/tunnel/cisco-marker.js';
import type { TunnelPorts } from '../wire/tunnel/tunnel-ports.js';
import { Malformed } from '../wire/walk/malformed.js';
import { DemuxCounters } from './counters.js';
import { Dispatch, type PacketWatcher } from './dispatch.js';
import { FastPath } from './fast-path.js';
import { greRcv, tunnelRcv } from './gre.js';
import { LINK_SHORT, LINK_UNSUPPORTED, LinkReader } from './link.js';
import { MAX_IP_IN_IP, MirrorProbe } from './mirror-probe.js';
import { OUTER_BAD, OUTER_CUT, OUTER_FRAGMENT, OuterFragment, parseOuter } from './outer.js';
import { PlainFrames } from './plain-frames.js';
import { FRAGMENT_REFUSED, REASSEMBLED, Reassembly, type ReassemblyLimits } from './reassembly.js';
import { UdpInputs } from './udp-inputs.js';

export interface DemuxOptions {
  /** Where decoded frames go. */
  sink: FrameSink;
  mirrors: MirrorTable;
  /** What carries mirrored traffic; {@link DEFAULT_INPUTS} by default. */
  inputs?: Inputs;
  /** Asked first about GRE version 0. */
  tunnels?: GreReceiver;
  /** Bounds of outer reassembly; {@link REASSEMBLY_DEFAULTS} by default. */
  reassembly?: ReassemblyLimits;
  /** Told of every packet that carries mirrored traffic. */
  watcher?: PacketWatcher;
  /** Finds when frames were mirrored, by their timestamps; without it their times are those of arrival. */
  clocks?: Clocks;
  /**
   * Whether packets that look whole may have been cut: some programs cut packets and record the shorter
   * length as the original one. The outer IP header then shows it.
   */
  lengthsLost?: boolean;
}

/**
 * From packets to mirrored frames: link layer, outer IP, reassembly, GRE by version and protocol, and what is
 * listed of UDP. Nothing is allocated per packet, and nothing is thrown, whatever the bytes.
 */
export class Demux {
  readonly counters = new DemuxCounters();
  private tunnels: GreReceiver | undefined;
  /** What carries mirrored traffic, and the UDP ports of it, if any. */
  private listed = DEFAULT_INPUTS;
  private udp: UdpInputs | undefined;
  private readonly watcher: PacketWatcher | undefined;
  private readonly lengthsLost: boolean;
  private clocks: Clocks | undefined;
  private readonly marker = new CiscoMarker();
  private readonly fastPath: FastPath;
  private readonly mirrors: MirrorTable;
  private readonly reassembly: Reassembly;
  private readonly inner: Dispatch;
  private readonly linkReader = new LinkReader();
  private readonly plainFrames: PlainFrames;
  private readonly probe: MirrorProbe;
  private readonly packet = new OuterPacket();
  private readonly fragment = new OuterFragment();
  /** For datagrams that are given up while another packet is being processed. */
  private readonly begun = Object.assign(new OuterPacket(), { incomplete: true });
  private readonly begunFragment = new OuterFragment();

  constructor(options: DemuxOptions) {
    this.tunnels = options.tunnels;
    this.watcher = options.watcher;
    this.lengthsLost = options.lengthsLost ?? false;
    this.mirrors = options.mirrors;
    this.clocks = options.clocks;
    this.reassembly = new Reassembly(options.reassembly, this.incomplete);
    this.counters.reassembly = this.reassembly.counters;
    this.inner = new Dispatch(this.counters, options.mirrors, options.sink, options.watcher, options.clocks);
    this.fastPath = new FastPath(this.counters, options.mirrors, options.sink, options.clocks);
    this.plainFrames = new PlainFrames(this.inner, this.linkReader);
    const inputs = options.inputs ?? DEFAULT_INPUTS;
    this.probe = new MirrorProbe(this.linkReader, this.lengthsLost, inputs);
    this.setInputs(inputs);
  }

  /** What carries mirrored traffic. */
  get inputs(): Inputs {
    return this.listed;
  }

  /** Changes what carries mirrored traffic; interfaces' own frames are none of a demux's business. */
  setInputs(inputs: Inputs): void {
    this.listed = inputs;
    this.udp = inputs.udp.length > 0 ? new UdpInputs(this.inner, inputs) : undefined;
    this.probe.setInputs(inputs);
  }

  /** Changes who is asked first about GRE version 0. */
  setTunnels(tunnels: GreReceiver | undefined): void {
    this.tunnels = tunnels;
  }

  /** Changes the UDP ports of tunnels inside mirrored frames. */
  setTunnelPorts(ports: TunnelPorts): void {
    this.inner.walk.ports = ports;
    this.fastPath.ports = ports;
  }

  /** Gives frames the times of their timestamps. */
  setClocks(clocks: Clocks): void {
    this.clocks = clocks;
    this.inner.clocks = clocks;
    this.fastPath.clocks = clocks;
  }

  /** Takes a batch of packets. */
  process(batch: PacketBatch): void {
    this.packets(batch);
    this.fastPath.flush();
    this.sumGivenUp();
  }

  // Its own function, so that V8 does not deoptimise the compiled loop when it exits.
  private packets(batch: PacketBatch): void {
    const b = batch.bytes;
    const c = this.counters;
    // Tunnels and watchers need headers that the fast path does not keep.
    const fast = this.tunnels === undefined && this.watcher === undefined;
    const fastGre = fast && this.listed.gre;
    const types = fast ? this.udp?.types : undefined;
    for (let i = 0; i < batch.count; i++) {
      const o = batch.offset[i];
      const length = batch.length[i];
      const captured = batch.captured[i];
      c.packets++;
      c.bytes += length;
      const end = o + captured;
      const wireEnd = o + Math.max(length, captured);
      if (fast) {
        const ip = plainIp(b, o, end, batch.linkType[i]);
        if (ip >= 0) {
          const sec = batch.sec[i];
          const nsec = batch.nsec[i];
          if (fastGre && this.fastPath.take(b, ip, end, wireEnd, sec, nsec)) continue;
          if (types !== undefined && this.fastPath.takeUdp(b, ip, end, wireEnd, sec, nsec, types)) continue;
        }
      }
      this.fastPath.flush();
      this.packet.sec = batch.sec[i];
      this.packet.nsec = batch.nsec[i];
      this.link(b, o, end, wireEnd, batch.linkType[i]);
    }
  }

  /**
   * Takes a batch of plain frames: those of an interface, or of a capture that holds no mirror.
   *
   * @param type MirrorType.Span or Capture
   * @param origin the interface or the capture
   */
  processPlain(batch: PacketBatch, type: MirrorType, origin: string): void {
    const point = this.mirrors.findOrigin(type, origin);
    if (point !== undefined) this.plain(batch, point);
    else {
      // They are refused, and counted as packets of refused points.
      this.counters.packets += batch.count;
      for (let i = 0; i < batch.count; i++) this.counters.bytes += batch.length[i];
    }
    this.fastPath.flush();
  }

  // Its own function, as that of packets.
  private plain(batch: PacketBatch, point: MirrorPoint): void {
    const b = batch.bytes;
    const c = this.counters;
    // Datagrams to listed ports are looked for.
    const listed = this.udp !== undefined;
    const fast = this.watcher === undefined && !listed;
    for (let i = 0; i < batch.count; i++) {
      const o = batch.offset[i];
      const captured = batch.captured[i];
      const length = Math.max(batch.length[i], captured);
      c.packets++;
      c.plain++;
      c.bytes += length;
      const end = o + captured;
      const wireEnd = o + length;
      const linkType = batch.linkType[i];
      const sec = batch.sec[i];
      const nsec = batch.nsec[i];
      if (
        fast &&
        linkType === LinkType.Ethernet &&
        this.fastPath.takePlain(b, o, end, wireEnd, sec, nsec, point)
      )
        continue;
      this.fastPath.flush();
      const gre = this.plainFrames.take(b, o, end, wireEnd, linkType, sec, nsec, point);
      if ((gre || listed) && this.probe.holds(b, o, end, wireEnd, linkType)) c.heldMirrors++;
    }
  }

  /** Moves time on to `sec` (seconds since 1970) when no packets do. */
  advance(sec: number): void {
    this.reassembly.expire(sec);
    this.sumGivenUp();
    this.mirrors.advance(sec);
  }

  /** Gives up incomplete datagrams and writes the mirrors' last minute: no more packets come. */
  finish(): void {
    this.reassembly.finish();
    this.sumGivenUp();
    this.mirrors.finish();
  }

  private link(b: Uint8Array, o: number, end: number, wireEnd: number, linkType: number): void {
    const ip = this.linkReader.find(b, o, end, wireEnd, linkType);
    if (ip >= 0) this.outer(b, ip, end, wireEnd);
    else if (ip === LINK_SHORT) this.counters.malformed[Malformed.LinkHeader]++;
    else if (ip === LINK_UNSUPPORTED) this.counters.unsupportedLinkType++;
    else this.counters.notGre++;
  }

  private outer(b: Uint8Array, ip: number, end: number, wireEnd: number): void {
    const lost = this.lengthsLost && end === wireEnd;
    const protocol = parseOuter(b, ip, end, wireEnd, this.packet, this.fragment, lost);
    if (protocol === OUTER_FRAGMENT) this.defragment();
    else if (protocol === OUTER_BAD || protocol === OUTER_CUT) this.counters.malformed[Malformed.IpHeader]++;
    else if (protocol === IpProtocol.Ipip || protocol === IpProtocol.Ipv6) this.ipInIp(b);
    else this.take(protocol, this.packet, this.tunnels);
  }

  /** Takes a whole packet by its IP protocol. */
  private take(protocol: number, packet: OuterPacket, tunnels: GreReceiver | undefined): void {
    if (protocol === IpProtocol.Gre) this.gre(packet, tunnels);
    else if (protocol !== IpProtocol.Udp) this.counters.notGre++;
    else if (this.udp?.rcv(packet) !== true) this.datagram(packet);
  }

  /** A datagram to a port that is not listed may be a marker of the clock that stamps mirrored frames. */
  private datagram(packet: OuterPacket): void {
    const { counters, clocks } = this;
    counters.notGre++;
    counters.unlisted.datagram(packet);
    if (clocks === undefined) return;
    const { bytes, gre, end, source, ipVersion, sec, nsec } = packet;
    if (parseCiscoMarker(bytes, gre + UDP_LENGTH, end, this.marker))
      clocks.marker(this.marker, bytes, source, ipVersion, sec, nsec);
  }

  /**
   * A capture taken in the network also shows mirrors inside IP-in-IP. None of our tunnels ends there, so GRE
   * is observed.
   */
  private ipInIp(b: Uint8Array): void {
    const p = this.packet;
    let protocol: number = IpProtocol.Ipip;
    for (let n = 0; n < MAX_IP_IN_IP && (protocol === IpProtocol.Ipip || protocol === IpProtocol.Ipv6); n++) {
      protocol = parseOuter(b, p.gre, p.end, p.wireEnd, p, this.fragment);
    }
    this.take(protocol, p, undefined);
  }

  /** Linux: ip_defrag, ipv6_frag_rcv. Fragments that cannot carry mirrored traffic are left alone. */
  private defragment(): void {
    if (!this.mayCarry(this.fragment.protocol)) {
      this.counters.notGre++;
      return;
    }
    const p = this.packet;
    // Fragments of a packet that will be refused take no room. A tunnel's packets are identified by more than
    // their addresses.
    if (this.tunnels === undefined && !this.mirrors.mayAdmit(p)) return;
    if (p.ipVersion === 6) this.counters.ipv6Fragments++;
    const answer = this.reassembly.take(p, this.fragment);
    if (answer === FRAGMENT_REFUSED) this.counters.malformed[Malformed.IpFragment]++;
    if (answer !== REASSEMBLED) return;
    const whole = parseOuter(p.bytes, p.ip, p.end, p.wireEnd, p, this.fragment);
    if (whole < 0) this.counters.malformed[Malformed.IpFragment]++;
    else this.take(whole, p, this.tunnels);
  }

  /** Whether a fragment's payload may: of an extension header it is not known what follows. */
  private mayCarry(protocol: number): boolean {
    if (protocol === IpProtocol.Gre) return this.listed.gre || this.tunnels !== undefined;
    if (protocol === IpProtocol.Udp) return this.udp !== undefined;
    return protocol === IpProtocol.Ah || isIpv6Extension(protocol);
  }

  /** Takes the beginning of a packet with missing fragments: a cut frame, unless it is a tunnel's. */
  private readonly incomplete = (
    b: Uint8Array,
    ip: number,
    end: number,
    wireEnd: number,
    sec: number,
    nsec: number,
  ): boolean => {
    const p = this.begun;
    p.sec = sec;
    p.nsec = nsec;
    const protocol = parseOuter(b, ip, end, wireEnd, p, this.begunFragment);
    if (protocol === IpProtocol.Udp) return this.udp?.rcv(p) === true;
    if (protocol !== IpProtocol.Gre || !this.listed.gre || this.tunnels?.mayOwn(p) === true) return false;
    this.counters.gre++;
    greRcv(this.inner, p, undefined);
    return true;
  };

  private sumGivenUp(): void {
    const r = this.counters.reassembly;
    this.counters.malformed[Malformed.Reassembly] = r.incomplete - r.begun;
  }

  private gre(packet: OuterPacket, tunnels: GreReceiver | undefined): void {
    const { counters } = this;
    if (this.listed.gre) {
      counters.gre++;
      greRcv(this.inner, packet, tunnels);
    } else if (tunnels !== undefined && tunnelRcv(packet, tunnels)) {
      counters.gre++;
      counters.tunnelled++;
    } else {
      counters.notGre++;
      counters.unlisted.gre();
    }
  }
}

/** Offset of the IPv4 header, directly in Ethernet or at the start; -1 for anything else. */
function plainIp(b: Uint8Array, o: number, end: number, linkType: number): number {
  if (linkType === LinkType.Raw) return o;
  if (linkType !== LinkType.Ethernet || end - o < ETHERNET_LENGTH) return -1;
  return u16(b, o + ETHERNET_TYPE) === EtherType.Ipv4 ? o + ETHERNET_LENGTH : -1;
}
