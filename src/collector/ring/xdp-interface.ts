/**
 * AF_XDP on one interface, beside its rings: the program that redirects packets, the sockets that it
 * redirects them to, and what these dropped. The program is taken off when the process ends.
 */
import {
  attachXdp,
  closeBpf,
  createSocketMap,
  loadXdp,
  programName,
  type Shared,
  setSocketOf,
  share,
  XdpMode,
} from '../../linux/ebpf/bpf.js';
import { LinuxError } from '../../linux/errors.js';
import { interfaceMtu, receiveQueues } from '../../linux/interface.js';
import { type Link, links } from '../../linux/rtnetlink.js';
import { closeSocket } from '../../linux/socket.js';
import { stateLength, type TunnelEnds, XdpState, xdpProgram } from '../../linux/xdp/program.js';
import { isZeroCopy, XdpStatistics } from '../../linux/xdp/socket.js';
import { needsPieces, XdpMemory, type XdpSource } from '../../linux/xdp/umem.js';
import { CommandError } from '../../model/errors.js';
import type { UdpInput } from '../../model/inputs.js';
import type { XdpStatus } from '../../model/status.js';
import { isAny, isMulticast } from '../../tunnels/spec/address.js';
import type { TunnelConfig } from '../../tunnels/spec/config.js';

/** As `ip link` and others show it. */
const PROGRAM = 'mirrorlake';
/** Milliseconds after which it is forgotten where fragments came from. */
export const FRAGMENTS_MS = 600_000;

export interface XdpOptions {
  readonly name: string;
  readonly index: number;
  readonly workers: number;
  /** Bytes for the packets of one worker. */
  readonly size: number;
  readonly gre: boolean;
  /** The listed ports, but for those that somebody else has. */
  readonly udp: readonly UdpInput[];
  /** Our tunnels. */
  readonly tunnels: readonly TunnelConfig[];
}

export class XdpInterface {
  private readonly state: XdpState;
  private readonly shared: Shared;
  private readonly memory: XdpMemory;
  private readonly link: number;
  private readonly mode: 'native' | 'generic';
  private readonly zeroCopy: boolean;
  private attached = true;
  private readonly open: Set<number>;
  private readonly statistics = new XdpStatistics();
  /** What each socket has dropped: packets without a frame, and without room in its ring. */
  private readonly drops = new Map<number, { readonly dropped: number; readonly full: number }>();
  private forgotten = Date.now();
  private last: XdpStatus | undefined;

  /**
   * Attaches the program, which passes everything before {@link admit}, and opens the sockets.
   *
   * @throws LinuxError; CommandError if packets are better left to the ring
   */
  constructor(options: XdpOptions) {
    const { name, index, workers, size, gre, udp } = options;
    unclaimed(links(), options);
    const queues = receiveQueues(name);
    const sockets = queues * workers;
    const mtu = interfaceMtu(name);
    const undo: (() => void)[] = [];
    const done: (() => void)[] = [];
    try {
      this.shared = share(stateLength(sockets));
      done.push(() => closeBpf(this.shared.fd));
      undo.push(() => this.shared.mapping.unmap());
      const map = createSocketMap(sockets);
      done.push(() => closeBpf(map));
      const shape = { gre, udp, queues, workers, state: this.shared.fd, sockets: map };
      const program = loadXdp(xdpProgram(shape), PROGRAM, needsPieces(mtu));
      done.push(() => closeBpf(program));
      const { link, mode } = attach(program, index, name);
      this.link = link;
      this.mode = mode;
      undo.push(() => closeBpf(link));
      this.memory = new XdpMemory({ index, name, mtu, queues, workers, size, copy: mode === 'generic' });
      undo.push(() => {
        for (const fd of this.memory.fds) closeSocket(fd);
        this.memory.free();
      });
      for (const [i, fd] of this.memory.fds.entries()) setSocketOf(map, i, fd);
      this.zeroCopy = isZeroCopy(this.memory.fds[0]);
    } catch (e) {
      for (const step of undo.reverse()) step();
      throw e;
    } finally {
      for (const step of done) step();
    }
    this.state = new XdpState(this.shared.mapping.buffer, sockets);
    this.open = new Set(this.memory.fds);
    this.setTunnels(options.tunnels);
  }

  /** In a few words: how it is attached. */
  get words(): string {
    const { queues } = this.memory;
    const copies = this.zeroCopy ? 'zero-copy' : 'copied';
    return `AF_XDP, ${this.mode}, ${copies}, ${queues} ${queues === 1 ? 'queue' : 'queues'}`;
  }

  get fds(): readonly number[] {
    return this.memory.fds;
  }

  /** The sockets that a worker reads. */
  ofWorker(worker: number): { fd: number; source: XdpSource }[] {
    return this.memory.ofWorker(worker);
  }

  /** Leaves the packets of these tunnels, and of the kernel's own, to them. */
  setTunnels(tunnels: readonly TunnelConfig[]): void {
    this.state.setTunnels([...tunnels.map(endsOf), ...kernelTunnels(links())]);
  }

  admit(): void {
    this.state.admit(true);
  }

  /** Takes the program off the interface: everything is passed. */
  refuse(): void {
    if (!this.attached) return;
    this.state.admit(false);
    closeBpf(this.link);
    this.attached = false;
  }

  /** Whether it has this socket, and nobody has released it. */
  has(fd: number): boolean {
    return this.open.has(fd);
  }

  /** Reads a socket's last counts, and closes it; with the last one everything is freed. */
  release(fd: number): void {
    this.countOf(fd);
    closeSocket(fd);
    this.open.delete(fd);
    if (this.open.size > 0) return;
    this.refuse();
    this.last = this.status();
    this.memory.free();
    this.shared.mapping.unmap();
  }

  get released(): boolean {
    return this.open.size === 0;
  }

  /** Reads the kernel's counters. */
  count(): void {
    for (const fd of this.open) this.countOf(fd);
    if (this.released || Date.now() - this.forgotten < FRAGMENTS_MS) return;
    this.state.forgetFragments();
    this.forgotten = Date.now();
  }

  private countOf(fd: number): void {
    this.statistics.read(fd);
    this.drops.set(fd, { dropped: this.statistics.dropped, full: this.statistics.full });
  }

  /** By what was last counted. */
  status(): XdpStatus {
    if (this.last !== undefined) return this.last;
    let [full, dropped] = [0, 0];
    for (const d of this.drops.values()) {
      full += d.full;
      dropped += d.dropped;
    }
    const packets = Math.max(0, this.state.packets - full - dropped);
    return { mode: this.mode, zero_copy: this.zeroCopy, packets, ring_full: full, no_frame: dropped };
  }
}

/** Attaches the program by the driver; if that cannot, by the kernel. */
function attach(program: number, index: number, name: string): { link: number; mode: 'native' | 'generic' } {
  try {
    return { link: attachXdp(program, index, XdpMode.Native, name), mode: 'native' };
  } catch (e) {
    if (!(e instanceof LinuxError) || e.code === 'EPERM' || e.code === 'EBUSY') throw e;
    return { link: attachXdp(program, index, XdpMode.Generic, name), mode: 'generic' };
  }
}

/** @throws CommandError if the program must not be attached */
function unclaimed(found: readonly Link[], { name, index, tunnels }: XdpOptions): void {
  const other = found.find((l) => l.index === index)?.xdp ?? 0;
  if (other !== 0) {
    const called = programName(other);
    throw new CommandError(
      `an XDP program is attached to ${name} already: number ${other}${called === '' ? '' : `, ${called}`}`,
    );
  }
  const greedy = tunnels.find((t) => isAny(t.local) && isAny(t.remote))?.name;
  const device = found.find((l) => l.up && takesAll(l))?.name;
  if (greedy !== undefined || device !== undefined)
    throw new CommandError(`the tunnel ${greedy ?? device} takes GRE from everywhere`);
}

const isGre = (link: Link): boolean => /gre|erspan/.test(link.kind);

function takesAll(link: Link): boolean {
  return isGre(link) && (link.remote === undefined || isAny(link.remote)) && isAnyOrNone(link.local);
}

const isAnyOrNone = (address: Uint8Array | undefined): boolean => address === undefined || isAny(address);

function endsOf({ remote, local }: Pick<TunnelConfig, 'remote' | 'local'>): TunnelEnds {
  // What is sent to a group comes from anywhere.
  if (isMulticast(remote)) return { remote: undefined, local: remote };
  return { remote: isAny(remote) ? undefined : remote, local: isAny(local) ? undefined : local };
}

/** Tunnels of the kernel that receive. */
function kernelTunnels(found: readonly Link[]): TunnelEnds[] {
  return found.flatMap((l) =>
    l.up && isGre(l) && l.local !== undefined && l.remote !== undefined
      ? [endsOf({ local: l.local, remote: l.remote })]
      : [],
  );
}
