/**
 * One interface that the ring receiver reads: a packet socket per worker while the interface exists, and the
 * sockets' counters.
 */
import { attachFilter } from '../../linux/bpf.js';
import {
  dropAll,
  fanoutByAddresses,
  fanoutByInnerAddresses,
  inputFilter,
  passAll,
} from '../../linux/input-filter.js';
import { IFF_UP, interfaceFlags, interfaceIndex, interfaceType } from '../../linux/interface.js';
import { interfacePackets } from '../../linux/interface-packets.js';
import {
  bindRing,
  joinFanout,
  PacketStatistics,
  type RingShape,
  setFanoutProgram,
  setPromiscuous,
  setUpRing,
} from '../../linux/packet-socket.js';
import { LinkType } from '../../model/batch.js';
import { type Inputs, unlistedPorts } from '../../model/inputs.js';
import type { ReceiverStatus } from '../../model/status.js';
import type { TunnelConfig } from '../../tunnels/spec/config.js';
import type { RingData } from './ring-dialect.js';
import type { XdpInterface } from './xdp-interface.js';

/** Interface types (ARPHRD_) with an Ethernet header: Ethernet and loopback. */
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;

export interface SpanOptions {
  /** Whether frames that this host sends are taken as well. */
  readonly outgoing: boolean;
}

export interface RingInterfaceOptions {
  /** Sockets, one for each worker. */
  readonly workers: number;
  readonly shape: RingShape;
  readonly promiscuous: boolean;
  readonly inputs: Inputs;
  /** For a SPAN port: its own frames are what it is read for. */
  readonly span?: SpanOptions;
  /** Opens AF_XDP on an interface of this name and index, if it can; undefined where nobody wants it. */
  readonly xdp?: (name: string, index: number) => XdpInterface | undefined;
  /** Returns an unbound packet socket. @throws LinuxError */
  readonly socket: () => number;
  /** Takes a socket back that nobody reads any more. */
  readonly done: (fd: number) => void;
}

export class RingInterface {
  state: 'up' | 'down' | 'gone' | 'failed' = 'gone';
  /** Its index while it is attached, else 0. */
  index = 0;
  private fds: number[] = [];
  private hasMac = true;
  private ipv6ByOuter = false;
  private packets = 0;
  private ringDropped = 0;
  private readonly statistics = new PacketStatistics();
  private xdp: XdpInterface | undefined;
  /** Out of use, but its sockets are still read; and what those before it took and dropped. */
  private readonly formerXdp = new Set<XdpInterface>();
  private xdpBefore = { packets: 0, dropped: 0 };
  /** What its interface had received when it was attached. */
  private before = 0;
  private static fanoutId = process.pid & 0xffff;

  constructor(
    readonly name: string,
    /** Its number among the collector's interfaces. */
    readonly number: number,
    private readonly options: RingInterfaceOptions,
  ) {}

  /**
   * Binds a socket per worker; they receive nothing before {@link admit}.
   *
   * @returns false while the interface does not exist, or cannot be attached yet
   * @throws LinuxError
   */
  attach(): boolean {
    const index = interfaceIndex(this.name);
    const up = this.isUp;
    const { workers, shape, promiscuous, inputs, span } = this.options;
    // A fanout group accepts no sockets of an interface that is down.
    if (index === 0 || (!up && workers > 1)) {
      this.state = index === 0 ? 'gone' : 'down';
      return false;
    }
    const fds: number[] = [];
    try {
      const fanout = span ? fanoutByAddresses() : fanoutByInnerAddresses(this.ipv6ByOuter, inputs.udp);
      const id = RingInterface.nextFanoutId();
      for (let i = 0; i < workers; i++) {
        const fd = this.options.socket();
        fds.push(fd);
        setUpRing(fd, shape, span?.outgoing);
        bindRing(fd, index, this.name);
        if (promiscuous || span) setPromiscuous(fd, index);
        // Fragments of a SPAN port's frames are frames of their own.
        if (workers > 1) joinFanout(fd, id, fanout, span === undefined);
      }
    } catch (e) {
      for (const fd of fds) this.options.done(fd);
      throw e;
    }
    const type = interfaceType(this.name);
    this.hasMac = type === ARPHRD_ETHER || type === ARPHRD_LOOPBACK;
    this.before = interfacePackets(this.name) ?? 0;
    this.fds = fds;
    this.index = index;
    this.state = up ? 'up' : 'down';
    this.xdp = this.options.xdp?.(this.name, index);
    return true;
  }

  /** For IPv6 with fragments: see {@link fanoutByInnerAddresses}. */
  shareIpv6ByOuterAddresses(): void {
    this.ipv6ByOuter = true;
    if (this.fds.length > 1 && this.options.span === undefined)
      setFanoutProgram(this.fds[0], fanoutByInnerAddresses(true, this.options.inputs.udp));
  }

  /** The number must differ from that of the group before the interface was recreated. */
  private static nextFanoutId(): number {
    RingInterface.fanoutId = (RingInterface.fanoutId % 0xffff) + 1;
    return RingInterface.fanoutId;
  }

  /** The rings that a worker reads: of its packet socket, and of AF_XDP sockets. */
  rings(worker: number): RingData[] {
    const linkType = this.hasMac ? LinkType.Ethernet : LinkType.Raw;
    const span = this.options.span === undefined ? undefined : this.name;
    const common = { linkType, hasMac: this.hasMac, number: this.number, span };
    const redirected = this.xdp?.ofWorker(worker) ?? [];
    return [
      { ...common, fd: this.fds[worker], shape: this.options.shape },
      ...redirected.map(({ fd, source }) => ({ ...common, fd, shape: source })),
    ];
  }

  /** Lets packets in: from now on all sockets of the interface share them. */
  admit(): void {
    const { inputs, span } = this.options;
    if (span !== undefined) {
      for (const fd of this.fds) attachFilter(fd, passAll());
      return;
    }
    const udp = inputs.udp.map(({ port }) => port);
    const sampled = { udp: unlistedPorts(inputs) };
    const filter = inputFilter(this.hasMac, { gre: inputs.gre, udp, sampled });
    for (const fd of this.fds) attachFilter(fd, filter);
    // What it passes is received by now.
    this.xdp?.admit();
  }

  /** Leaves what belongs to tunnels to them. */
  setTunnels(tunnels: readonly TunnelConfig[]): void {
    this.xdp?.setTunnels(tunnels);
  }

  /** Lets no more packets in. */
  refuse(): void {
    this.xdp?.refuse();
    for (const fd of this.fds) attachFilter(fd, dropAll());
  }

  /** Gives up its sockets. @returns them, for {@link release} once nobody reads them */
  detach(): number[] {
    this.count();
    const fds = [...this.fds, ...(this.xdp?.fds ?? [])];
    this.xdp?.refuse();
    if (this.xdp !== undefined) this.formerXdp.add(this.xdp);
    this.xdp = undefined;
    this.fds = [];
    this.index = 0;
    this.state = 'gone';
    return fds;
  }

  /** Reads a socket's last counts, and returns the socket. */
  release(fd: number): void {
    for (const xdp of this.formerXdp) {
      if (!xdp.has(fd)) continue;
      xdp.release(fd);
      if (!xdp.released) return;
      this.formerXdp.delete(xdp);
      const { packets, ring_full, no_frame } = xdp.status();
      this.xdpBefore.packets += packets;
      this.xdpBefore.dropped += ring_full + no_frame;
      return;
    }
    this.countOf(fd);
    this.options.done(fd);
  }

  /** Reads the kernel's counters. */
  count(): void {
    for (const fd of this.fds) this.countOf(fd);
    this.xdp?.count();
  }

  private countOf(fd: number): void {
    this.statistics.read(fd);
    this.packets += this.statistics.packets - this.statistics.drops;
    this.ringDropped += this.statistics.drops;
  }

  /** Packets that its rings had no room for, AF_XDP's included. */
  get dropped(): number {
    const all = [...this.formerXdp, ...(this.xdp ? [this.xdp] : [])].map((x) => x.status());
    return all.reduce((n, x) => n + x.ring_full + x.no_frame, this.ringDropped + this.xdpBefore.dropped);
  }

  private get received(): number {
    const all = [...this.formerXdp, ...(this.xdp ? [this.xdp] : [])].map((x) => x.status());
    return all.reduce((n, x) => n + x.packets, this.packets + this.xdpBefore.packets);
  }

  /** Whether its own frames are the mirrored traffic. */
  get isSpan(): boolean {
    return this.options.span !== undefined;
  }

  get isUp(): boolean {
    try {
      return (interfaceFlags(this.name) & IFF_UP) !== 0;
    } catch {
      return false;
    }
  }

  status(): ReceiverStatus {
    const { name, state, received: packets, dropped } = this;
    const received = this.index === 0 ? undefined : interfacePackets(name);
    const kind = this.options.span !== undefined ? 'span' : this.xdp === undefined ? 'ring' : 'xdp';
    return {
      name,
      kind,
      state,
      packets,
      dropped,
      addresses_missed: 0,
      ...(received !== undefined && { interface_packets: Math.max(0, received - this.before) }),
      ...(this.xdp && { xdp: this.xdp.status() }),
    };
  }
}
