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
import type { RingData } from './ring-dialect.js';

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
  /** Packets the rings had no room for. */
  dropped = 0;
  private readonly statistics = new PacketStatistics();
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

  /** The ring that a worker reads. */
  ring(worker: number): RingData {
    const linkType = this.hasMac ? LinkType.Ethernet : LinkType.Raw;
    return {
      fd: this.fds[worker],
      shape: this.options.shape,
      linkType,
      hasMac: this.hasMac,
      number: this.number,
      span: this.options.span === undefined ? undefined : this.name,
    };
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
  }

  /** Lets no more packets in. */
  refuse(): void {
    for (const fd of this.fds) attachFilter(fd, dropAll());
  }

  /** Gives up its sockets. @returns them, for {@link release} once nobody reads them */
  detach(): number[] {
    this.count();
    const fds = this.fds;
    this.fds = [];
    this.index = 0;
    this.state = 'gone';
    return fds;
  }

  /** Reads a socket's last counts, and returns the socket. */
  release(fd: number): void {
    this.countOf(fd);
    this.options.done(fd);
  }

  /** Reads the kernel's counters. */
  count(): void {
    for (const fd of this.fds) this.countOf(fd);
  }

  private countOf(fd: number): void {
    this.statistics.read(fd);
    this.packets += this.statistics.packets - this.statistics.drops;
    this.dropped += this.statistics.drops;
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
    const { name, state, packets, dropped } = this;
    const received = this.index === 0 ? undefined : interfacePackets(name);
    return {
      name,
      kind: this.options.span === undefined ? 'ring' : 'span',
      state,
      packets,
      dropped,
      addresses_missed: 0,
      ...(received !== undefined && { interface_packets: Math.max(0, received - this.before) }),
    };
  }
}
