/**
 * The ring receiver, in the main thread: it opens the sockets, distributes them to the workers, watches the
 * interfaces, and reads the kernel's drop counters.
 */
import { type MessagePort, Worker } from 'node:worker_threads';
import type { MirrorChanges, MirrorCounts } from '../../accounts/mirror-changes.js';
import { AF_INET, AF_INET6 } from '../../linux/address.js';
import { LinuxError } from '../../linux/errors.js';
import { openEvent } from '../../linux/event.js';
import { interfaceIndex } from '../../linux/interface.js';
import {
  openDropAll,
  openPacketSocket,
  type RingShape,
  resetPacketSocket,
} from '../../linux/packet-socket.js';
import { udpPortHolder } from '../../linux/port-holder.js';
import { closeSocket, IPPROTO_GRE } from '../../linux/socket.js';
import { holdUdpPort } from '../../linux/udp-socket.js';
import { NOTHING_READ } from '../../model/application-counts.js';
import { CommandError } from '../../model/errors.js';
import type { Inputs } from '../../model/inputs.js';
import type { ReceiverStatus } from '../../model/status.js';
import type { Knowledge } from '../../networks/conversation-facts.js';
import type { SharedCopies } from '../../sessions/copies.js';
import type { TunnelConfig } from '../../tunnels/spec/config.js';
import type { LiveOutput, LivePath } from '../live/live-path.js';
import type { ReceivedMarker } from '../marker-socket.js';
import type { PathOptions, PathSnapshot } from '../packet-path.js';
import type { MirrorRules } from '../policy.js';
import { type HandoverOptions, handoverRings } from './handover.js';
import type { RingCounts, RingWorkerData } from './ring-dialect.js';
import { RingInterface } from './ring-interface.js';
import { WorkerHandle } from './ring-worker-handle.js';
import { XdpInterface } from './xdp-interface.js';

/**
 * The kernel hands over a block when it is full or old enough, at low rates nearly empty. The longer that
 * time and the smaller the blocks, the longer a reader may pause: 256 blocks of 64 MiB last for 7 s.
 */
const BLOCK = 256 << 10;
const RETIRE_MS = 30;
/**
 * Sockets opened in advance, per ring, for interfaces that disappear and return after privileges are dropped.
 * With one worker they are reused; those of a fanout group cannot be used after their interface.
 */
export const SPARES = 64;

export interface RingReceiverOptions {
  readonly interfaces: readonly string[];
  readonly workers: number;
  /** Bytes of one ring. */
  readonly ringSize: number;
  readonly promiscuous: boolean;
  /** Whether AF_XDP receives what it can, and the rings the rest. */
  readonly xdp?: boolean;
  readonly inputs: Inputs;
  /** Whether what this host sends through SPAN ports is taken. */
  readonly spanOutgoing: boolean;
  readonly path: PathOptions;
  /** Returns a new port for segments. */
  readonly store: () => { port: MessagePort; waiting: SharedArrayBuffer };
  readonly minute: (counts: MirrorCounts) => void;
  readonly changes: (worker: number, changes: MirrorChanges) => void;
  /** Takes what a worker tells while somebody asks what happens now. */
  readonly live: (worker: number) => LiveOutput;
  /** Memory for a worker's sequence numbers, if several workers see one mirror. */
  readonly numbers?: (worker: number) => SharedArrayBuffer;
  /** Where a worker's conversations are compared with those of the others, if there are several. */
  readonly copies?: (worker: number) => SharedCopies;
  /** Memory for a worker's observations, where packets are matched. */
  readonly observations?: () => SharedArrayBuffer;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** A worker has died: the collector cannot continue. */
  readonly failed: (error: Error) => void;
}

/** Of a worker that has not reported yet. */
const NO_SNAPSHOT: PathSnapshot = {
  packets: 0,
  bytes: 0,
  frames: 0,
  ipv6Fragments: 0,
  incomplete: 0,
  dropped: {},
  inputs: [],
  unlisted: [],
  gatewayLoadBalancer: 0,
  refused: [],
  malformedSenders: [],
  open: 0,
  opened: 0,
  rows: 0,
  pressure: 0,
  collisions: 0,
  fragmentTrainsDropped: 0,
  fragmentTrainsHeadless: 0,
  duplicates: 0,
  duplicatesForgotten: 0,
  copies: 0,
  uncompared: 0,
  groupHandedOver: 0,
  groupCopies: 0,
  groupFramesForgotten: 0,
  groupMembersShared: 0,
  clocks: undefined,
  placeClocks: [],
  applications: NOTHING_READ,
  addresses: { lookups: 0, cold: 0, damaged: 0, policies: {} },
  rowsDropped: 0,
};

/** @param code why the port cannot be had */
function sharedWords(port: number, code: string): string {
  if (code === 'EACCES')
    return (
      `UDP port ${port} takes CAP_NET_BIND_SERVICE to be held: without it this host answers what arrives ` +
      'there with ICMP port unreachable'
    );
  const { words } = udpPortHolder(port);
  return `UDP port ${port} is held by ${words}, which gets what arrives there, as the ring does`;
}

export class RingReceiver {
  private readonly interfaces: RingInterface[];
  private readonly workers: WorkerHandle[] = [];
  private readonly spares: number[] = [];
  private readonly guards: number[] = [];
  /** UDP ports that somebody else has. */
  private readonly shared = new Set<number>();
  /** Sockets out of use, until the worker releases them. */
  private readonly releasing = new Map<number, RingInterface>();
  private finished = false;
  private unprivileged = false;
  private ipv6Fragmented = false;
  /** Ours, whose packets are theirs. */
  private tunnels: readonly TunnelConfig[];

  constructor(private readonly options: RingReceiverOptions) {
    this.tunnels = options.path.rules.claims;
    const shape: RingShape = {
      blockSize: BLOCK,
      blocks: Math.max(4, Math.floor(options.ringSize / BLOCK)),
      retireMs: RETIRE_MS,
    };
    const { workers, promiscuous, inputs } = options;
    const socket = (): number => this.packetSocket();
    const done = (fd: number): void => this.takeBack(fd);
    const common = { workers, shape, promiscuous, inputs, socket, done };
    const span = { outgoing: options.spanOutgoing };
    const { length } = options.interfaces;
    const xdp = options.xdp === true && {
      xdp: (name: string, index: number) => this.openXdp(name, index),
    };
    this.interfaces = [
      ...options.interfaces.map((name, number) => new RingInterface(name, number, { ...common, ...xdp })),
      ...inputs.span.map((name, i) => new RingInterface(name, length + i, { ...common, span })),
    ];
  }

  /**
   * Opens everything that takes privileges.
   *
   * @param unprivileged whether privileges will be dropped
   * @throws LinuxError, CommandError for an interface that does not exist
   */
  open(unprivileged: boolean): void {
    for (const w of this.interfaces) {
      if (interfaceIndex(w.name) === 0) {
        throw new CommandError(`there is no interface ${w.name}; \`ip link\` lists them`);
      }
    }
    this.guard();
    for (const w of this.interfaces) w.attach();
    this.unprivileged = unprivileged;
    if (unprivileged) {
      const count = SPARES * this.interfaces.length * this.options.workers;
      for (let i = 0; i < count; i++) this.spares.push(openPacketSocket());
    }
  }

  /**
   * While these sockets are open, the kernel does not answer what is received here with ICMP protocol or port
   * unreachable (ip_protocol_deliver_rcu, __udp4_lib_rcv).
   */
  private guard(): void {
    const { inputs } = this.options;
    for (const family of [AF_INET, AF_INET6]) {
      try {
        if (inputs.gre) this.guards.push(openDropAll(family, IPPROTO_GRE));
        for (const { port } of inputs.udp) this.guardPort(family, port);
      } catch (e) {
        if (!(e instanceof LinuxError) || e.code !== 'EAFNOSUPPORT') throw e;
      }
    }
  }

  /** A port that somebody else has is not answered either; whoever has it gets the packets as well. */
  private guardPort(family: number, port: number): void {
    try {
      this.guards.push(holdUdpPort(family, port));
    } catch (e) {
      if (!(e instanceof LinuxError) || (e.code !== 'EADDRINUSE' && e.code !== 'EACCES')) throw e;
      if (this.shared.has(port)) return;
      this.shared.add(port);
      this.options.log('warn', sharedWords(port, e.code));
    }
  }

  start(): void {
    const { workers } = this.options;
    const wakes = Array.from({ length: workers }, openEvent);
    // There may be groups later, when the configuration is read again: memory costs nothing before its use.
    const rings = handoverRings(workers);
    const spans = this.options.inputs.span;
    for (let i = 0; i < workers; i++) {
      const into = rings.flatMap((out) => out[i] ?? []);
      this.startWorker(i, wakes[i], workers > 1 ? { out: rings[i], into, wakes, spans } : undefined);
    }
    this.share();
    for (const w of this.interfaces) w.admit();
  }

  private startWorker(number: number, wake: number, handover: HandoverOptions | undefined): void {
    const { port, waiting } = this.options.store();
    const { path: common, numbers, copies } = this.options;
    const path = {
      ...common,
      ...(numbers && { numbers: numbers(number) }),
      ...(copies && { sessions: { ...common.sessions, copies: copies(number) } }),
      ...(handover && { handover }),
    };
    const live = this.options.live(number);
    const observations = this.options.observations?.();
    const workerData: RingWorkerData = {
      path,
      wake,
      store: port,
      waiting,
      ...(observations && { observations }),
    };
    const worker = new Worker(new URL('./ring-worker.js', import.meta.url), {
      workerData,
      transferList: [port],
    });
    const handle: WorkerHandle = new WorkerHandle(
      worker,
      wake,
      {
        counts: (counts) => this.counted(number, handle, counts),
        minute: (counts) => this.options.minute(counts),
        released: (fd) => this.release(fd),
        rows: (rows) => live.rows(rows),
        open: (rows) => live.open(rows),
        frames: (frames) => live.frames(frames),
      },
      (error) => this.options.failed(error),
    );
    this.workers.push(handle);
  }

  private counted(number: number, worker: WorkerHandle, { snapshot, changes }: RingCounts): void {
    worker.snapshot = snapshot;
    this.options.changes(number, changes);
    if (snapshot.ipv6Fragments > 0) this.fragmented();
  }

  /** The kernel does not see the inner addresses in fragments of large packets over IPv6. */
  private fragmented(): void {
    if (this.ipv6Fragmented || this.options.workers === 1) return;
    this.ipv6Fragmented = true;
    for (const w of this.interfaces) w.shareIpv6ByOuterAddresses();
    this.options.log(
      'warn',
      'mirrored traffic over IPv6 comes in fragments: from now on all that comes over IPv6 is shared out ' +
        'to workers by outer addresses, a mirror to one worker; a larger MTU on the way from the mirrors ' +
        'spares that',
    );
  }

  /** Checks the interfaces and the kernel's counters. To be called several times per second. */
  watch(): void {
    for (const w of this.interfaces) {
      w.count();
      if (w.index !== 0 && interfaceIndex(w.name) !== w.index) {
        this.options.log('warn', `interface ${w.name} is gone; waiting for it to come back`);
        for (const fd of w.detach()) this.releasing.set(fd, w);
        this.share();
      }
      if (w.index === 0) this.attach(w);
      else this.follow(w);
    }
  }

  /** Resumes receiving on an interface that is back. */
  private attach(w: RingInterface): void {
    try {
      if (!w.attach()) return;
    } catch (e) {
      if (w.state !== 'failed') this.options.log('error', `interface ${w.name}: ${(e as Error).message}`);
      w.state = 'failed';
      return;
    }
    this.share();
    w.admit();
    this.options.log('info', `interface ${w.name} is back; receiving on it`);
  }

  /** Follows an interface that goes down or comes up; its sockets do the same. */
  private follow(w: RingInterface): void {
    const state = w.isUp ? 'up' : 'down';
    if (state === w.state) return;
    w.state = state;
    if (state === 'down') this.options.log('warn', `interface ${w.name} is down; waiting for it to come up`);
    else this.options.log('info', `interface ${w.name} is up; receiving on it`);
  }

  /** AF_XDP on an interface; without it the ring receives everything, which is said once. */
  private openXdp(name: string, index: number): XdpInterface | undefined {
    const { workers, ringSize: size, inputs, log } = this.options;
    try {
      const udp = inputs.udp.filter(({ port }) => !this.shared.has(port));
      const xdp = new XdpInterface({
        name,
        index,
        workers,
        size,
        gre: inputs.gre,
        udp,
        tunnels: this.tunnels,
      });
      log('info', `interface ${name}: ${xdp.words}`);
      return xdp;
    } catch (e) {
      log('warn', `interface ${name}: the ring receives instead of AF_XDP: ${(e as Error).message}`);
      return undefined;
    }
  }

  private packetSocket(): number {
    const spare = this.spares.pop();
    if (spare !== undefined) return spare;
    try {
      return openPacketSocket();
    } catch (e) {
      if (!this.unprivileged || !(e instanceof LinuxError) || e.code !== 'EPERM') throw e;
      throw new CommandError(
        `all ${SPARES} sockets opened ahead for it are used; restart the collector, or run ` +
          'it with CAP_NET_RAW in place of --user',
      );
    }
  }

  /** A socket that nobody reads any more: kept if no other could be opened later. */
  private takeBack(fd: number): void {
    if (this.unprivileged && this.options.workers === 1 && !this.finished) {
      try {
        resetPacketSocket(fd);
        this.spares.push(fd);
        return;
      } catch (e) {
        this.options.log('warn', (e as Error).message);
      }
    }
    closeSocket(fd);
  }

  /** Tells every worker its rings. */
  private share(): void {
    const attached = this.interfaces.filter((w) => w.index !== 0);
    for (const [i, worker] of this.workers.entries()) {
      worker.tell(
        'rings',
        attached.flatMap((w) => w.rings(i)),
      );
    }
  }

  private release(fd: number): void {
    this.releasing.get(fd)?.release(fd);
    this.releasing.delete(fd);
  }

  /** Packets of encapsulated traffic that the rings had no room for. */
  get dropped(): number {
    return this.interfaces.reduce((sum, w) => sum + (w.isSpan ? 0 : w.dropped), 0);
  }

  /** Frames of each SPAN port that its rings had no room for. */
  get spansDropped(): ReadonlyMap<string, number> {
    return new Map(this.interfaces.filter((w) => w.isSpan).map((w) => [w.name, w.dropped]));
  }

  /** The workers' packet paths; none before {@link start}. */
  get livePaths(): readonly LivePath[] {
    return this.workers;
  }

  get snapshots(): PathSnapshot[] {
    return this.workers.map((w) => w.snapshot ?? NO_SNAPSHOT);
  }

  /** The current status; it never shows fewer packets than the workers have reported. */
  status(): ReceiverStatus[] {
    return this.interfaces.map((w) => {
      w.count();
      return w.status();
    });
  }

  /** Passes on what a switch says of its clock. */
  marker(marker: ReceivedMarker): void {
    for (const worker of this.workers) worker.tell('marker', marker);
  }

  setRules(rules: MirrorRules): void {
    this.tunnels = rules.claims;
    for (const w of this.interfaces) w.setTunnels(rules.claims);
    for (const worker of this.workers) worker.tell('rules', rules);
  }

  setKnowledge(knowledge: Knowledge): void {
    for (const worker of this.workers) worker.tell('knowledge', knowledge);
  }

  /** Stops receiving, and lets the workers read their rings empty and finish. */
  async finish(): Promise<void> {
    if (this.finished) return;
    this.finished = true;
    for (const w of this.interfaces) w.refuse();
    // The kernel hands over the last block when its time is up.
    await new Promise((resolve) => setTimeout(resolve, 3 * RETIRE_MS));
    for (const w of this.interfaces) for (const fd of w.detach()) this.releasing.set(fd, w);
    // Before any of them ends its sessions: others may still hand over frames of these.
    await Promise.all(this.workers.map((worker) => worker.empty()));
    await Promise.all(
      this.workers.map(async (worker, number) => {
        const last = await worker.finish();
        if (last !== undefined) this.counted(number, worker, last);
      }),
    );
    // With no worker there is none to release them.
    for (const fd of [...this.guards, ...this.spares, ...this.releasing.keys()]) closeSocket(fd);
    await Promise.all(this.workers.map((w) => w.worker.terminate()));
  }
}
