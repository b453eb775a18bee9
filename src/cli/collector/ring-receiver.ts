/**
 * The ring receiver, from the main thread: it opens the sockets, shares them out to the workers, watches the
 * interfaces, and reads the kernel's counters of drops.
 */
import { type MessagePort, Worker } from 'node:worker_threads';
import { AF_INET, AF_INET6 } from '../../linux/address.js';
import { attachFilter } from '../../linux/bpf.js';
import { LinuxError } from '../../linux/errors.js';
import { openEvent, signalEvent } from '../../linux/event.js';
import { dropAll, fanoutByInnerAddresses, greFilter } from '../../linux/gre-filter.js';
import { IFF_UP, interfaceFlags, interfaceIndex, interfaceType } from '../../linux/interface.js';
import {
  bindRing,
  joinFanout,
  openDropAll,
  openPacketSocket,
  PacketStatistics,
  type RingShape,
  setPromiscuous,
  setUpRing,
} from '../../linux/packet-socket.js';
import { closeSocket, IPPROTO_GRE } from '../../linux/socket.js';
import type { ReceiverStatus } from '../../observe/status.js';
import { LinkType } from '../../receive/batch.js';
import { CommandError } from '../errors.js';
import type { CaptureOptions, CaptureSnapshot, MirrorCounts } from './capture.js';
import type { MirrorRules } from './policy.js';
import type { FromRingWorker, RingData, RingWorkerData, ToRingWorker } from './ring-protocol.js';

/**
 * A block goes to its reader full, or after a while: at low rates nearly empty. The longer that is and the smaller the
 * blocks, the longer a reader may be kept from reading: 256 blocks of 64 MiB last for 7 s.
 */
const BLOCK = 256 << 10;
const RETIRE_MS = 30;
/** Interface types (ARPHRD_) that have an Ethernet header: Ethernet and loopback. */
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;
/** Sockets opened ahead for interfaces that go and come once privileges are dropped: as many for each ring. */
const SPARES = 16;

export interface RingReceiverOptions {
  readonly interfaces: readonly string[];
  readonly workers: number;
  /** Bytes of one ring. */
  readonly ringSize: number;
  readonly promiscuous: boolean;
  readonly capture: CaptureOptions;
  /** Gives a new way in for segments. */
  readonly store: () => { port: MessagePort; waiting: SharedArrayBuffer };
  readonly minute: (worker: number, counts: MirrorCounts) => void;
  /** Memory for a worker's sequence numbers, where several workers see one mirror. */
  readonly numbers?: (worker: number) => SharedArrayBuffer;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** A worker has died: the collector cannot go on. */
  readonly failed: (error: Error) => void;
}

type State = 'up' | 'down' | 'gone' | 'failed';

/** One interface, with a socket for each worker while it is attached. */
class Watched {
  state: State = 'gone';
  index = 0;
  fds: number[] = [];
  packets = 0;
  dropped = 0;

  constructor(
    readonly name: string,
    readonly number: number,
  ) {}
}

/** Of a worker that has not said anything yet. */
const NO_SNAPSHOT: CaptureSnapshot = {
  packets: 0,
  bytes: 0,
  frames: 0,
  dropped: {},
  mirrors: [],
  open: 0,
  opened: 0,
  rows: 0,
  pressure: 0,
  duplicates: 0,
  rowsDropped: 0,
};

class WorkerHandle {
  snapshot: CaptureSnapshot | undefined;
  finished: (() => void) | undefined;

  constructor(
    readonly worker: Worker,
    readonly wake: number,
  ) {}

  tell(message: ToRingWorker): void {
    this.worker.postMessage(message);
    signalEvent(this.wake);
  }
}

export class RingReceiver {
  private readonly watched: Watched[];
  private readonly shape: RingShape;
  private readonly workers: WorkerHandle[] = [];
  private readonly spares: number[] = [];
  private readonly guards: number[] = [];
  /** Sockets taken out of use, until the worker has let go of them. */
  private readonly releasing = new Map<number, Watched>();
  private readonly statistics = new PacketStatistics();
  private fanoutId = process.pid & 0xffff;
  private finished = false;

  constructor(private readonly options: RingReceiverOptions) {
    this.watched = options.interfaces.map((name, i) => new Watched(name, i));
    this.shape = {
      blockSize: BLOCK,
      blocks: Math.max(4, Math.floor(options.ringSize / BLOCK)),
      retireMs: RETIRE_MS,
    };
  }

  /**
   * Opens everything that takes privileges.
   *
   * @param unprivileged whether privileges will be dropped
   * @throws LinuxError, CommandError for an interface that is not there
   */
  open(unprivileged: boolean): void {
    for (const w of this.watched) {
      if (interfaceIndex(w.name) === 0) {
        throw new CommandError(`there is no interface ${w.name}; \`ip link\` lists them`);
      }
    }
    // While these are open the kernel answers GRE with no ICMP protocol unreachable (icmp_unreach of ip_input.c).
    this.guards.push(openDropAll(AF_INET, IPPROTO_GRE));
    try {
      this.guards.push(openDropAll(AF_INET6, IPPROTO_GRE));
    } catch (e) {
      if (!(e instanceof LinuxError) || e.code !== 'EAFNOSUPPORT') throw e;
    }
    if (unprivileged) {
      const count = SPARES * this.watched.length * this.options.workers;
      for (let i = 0; i < count; i++) this.spares.push(openPacketSocket());
    }
    for (const w of this.watched) this.attach(w);
  }

  /** Starts the workers. */
  start(): void {
    for (let i = 0; i < this.options.workers; i++) this.startWorker(i);
    this.share();
    for (const w of this.watched) this.admit(w);
  }

  private startWorker(number: number): void {
    const wake = openEvent();
    const { port, waiting } = this.options.store();
    const capture = {
      ...this.options.capture,
      ...(this.options.numbers && { numbers: this.options.numbers(number) }),
    };
    const workerData: RingWorkerData = { capture, wake, store: port, waiting };
    const worker = new Worker(new URL('./ring-worker.js', import.meta.url), {
      workerData,
      transferList: [port],
    });
    const handle = new WorkerHandle(worker, wake);
    this.workers.push(handle);
    worker.on('message', (m: FromRingWorker) => this.heard(number, handle, m));
    worker.on('error', (e) => this.options.failed(e instanceof Error ? e : new Error(String(e))));
  }

  private heard(number: number, handle: WorkerHandle, m: FromRingWorker): void {
    if (m.kind === 'minute') this.options.minute(number, m.counts);
    else if (m.kind === 'released') this.release(m.fd);
    else {
      handle.snapshot = m.snapshot;
      if (m.kind === 'finished') handle.finished?.();
    }
  }

  /** Looks at the interfaces and at the kernel's counters. To be called some times a second. */
  watch(): void {
    for (const w of this.watched) {
      this.count(w, w.fds);
      const index = interfaceIndex(w.name);
      if (w.index !== 0 && index !== w.index) {
        this.options.log('warn', `interface ${w.name} is gone; waiting for it to come back`);
        this.detach(w);
      }
      if (w.index === 0) {
        if (index === 0 || !this.attach(w)) continue;
        this.share();
        this.admit(w);
        this.options.log('info', `interface ${w.name} is back; receiving on it`);
        continue;
      }
      const state: State = isUp(w.name) ? 'up' : 'down';
      if (state === w.state) continue;
      w.state = state;
      if (state === 'down')
        this.options.log('warn', `interface ${w.name} is down; waiting for it to come up`);
      else this.options.log('info', `interface ${w.name} is up; receiving on it`);
    }
  }

  private attach(w: Watched): boolean {
    const index = interfaceIndex(w.name);
    const up = isUp(w.name);
    // A fanout group takes no sockets of an interface that is down.
    if (index === 0 || (!up && this.options.workers > 1)) {
      w.state = index === 0 ? 'gone' : 'down';
      return false;
    }
    const fds: number[] = [];
    try {
      const fanout = fanoutByInnerAddresses();
      this.fanoutId = (this.fanoutId % 0xffff) + 1;
      for (let i = 0; i < this.options.workers; i++) {
        const fd = this.packetSocket();
        fds.push(fd);
        setUpRing(fd, this.shape);
        bindRing(fd, index, w.name);
        if (this.options.promiscuous) setPromiscuous(fd, index);
        if (this.options.workers > 1) joinFanout(fd, this.fanoutId, fanout);
      }
    } catch (e) {
      for (const fd of fds) closeSocket(fd);
      if (this.workers.length === 0) throw e;
      if (w.state !== 'failed') {
        this.options.log('error', `interface ${w.name}: ${e instanceof Error ? e.message : e}`);
      }
      w.state = 'failed';
      return false;
    }
    w.fds = fds;
    w.index = index;
    w.state = up ? 'up' : 'down';
    return true;
  }

  private packetSocket(): number {
    try {
      return openPacketSocket();
    } catch (e) {
      const spare = this.spares.pop();
      if (spare === undefined) throw e;
      return spare;
    }
  }

  /** Tells every worker which rings are its own. */
  private share(): void {
    for (const [i, worker] of this.workers.entries()) {
      const rings: RingData[] = this.watched
        .filter((w) => w.index !== 0)
        .map((w) => {
          const hasMac = hasLinkHeader(w.name);
          const linkType = hasMac ? LinkType.Ethernet : LinkType.Raw;
          return { fd: w.fds[i], shape: this.shape, linkType, hasMac, number: w.number };
        });
      worker.tell({ kind: 'rings', rings });
    }
  }

  /** Lets packets in: from now on all sockets of the interface share them. */
  private admit(w: Watched): void {
    const filter = greFilter(hasLinkHeader(w.name));
    for (const fd of w.fds) attachFilter(fd, filter);
  }

  private detach(w: Watched): void {
    for (const fd of w.fds) this.releasing.set(fd, w);
    w.fds = [];
    w.index = 0;
    w.state = 'gone';
    this.share();
  }

  private release(fd: number): void {
    const w = this.releasing.get(fd);
    if (w === undefined) return;
    this.releasing.delete(fd);
    this.count(w, [fd]);
    closeSocket(fd);
  }

  private count(w: Watched, fds: readonly number[]): void {
    for (const fd of fds) {
      this.statistics.read(fd);
      w.packets += this.statistics.packets - this.statistics.drops;
      w.dropped += this.statistics.drops;
    }
  }

  get dropped(): number {
    return this.watched.reduce((sum, w) => sum + w.dropped, 0);
  }

  get snapshots(): CaptureSnapshot[] {
    return this.workers.map((w) => w.snapshot ?? NO_SNAPSHOT);
  }

  status(): ReceiverStatus[] {
    return this.watched.map((w) => ({
      name: w.name,
      kind: 'ring',
      state: w.state,
      packets: w.packets,
      dropped: w.dropped,
    }));
  }

  setRules(rules: MirrorRules): void {
    for (const worker of this.workers) worker.tell({ kind: 'rules', rules });
  }

  /** Stops receiving, has the workers read their rings empty and end what is open. */
  async finish(): Promise<void> {
    if (this.finished) return;
    this.finished = true;
    for (const w of this.watched) for (const fd of w.fds) attachFilter(fd, dropAll());
    // The last block is handed over when its time is up.
    await new Promise((resolve) => setTimeout(resolve, 3 * RETIRE_MS));
    for (const w of this.watched) {
      this.count(w, w.fds);
      for (const fd of w.fds) this.releasing.set(fd, w);
      w.fds = [];
    }
    await Promise.all(
      this.workers.map(
        (worker) =>
          new Promise<void>((resolve) => {
            worker.finished = resolve;
            worker.tell({ kind: 'finish' });
          }),
      ),
    );
    // With no worker there is none to release them.
    for (const fd of [...this.guards, ...this.spares, ...this.releasing.keys()]) closeSocket(fd);
    await Promise.all(this.workers.map((w) => w.worker.terminate()));
  }
}

function isUp(name: string): boolean {
  try {
    return (interfaceFlags(name) & IFF_UP) !== 0;
  } catch {
    return false;
  }
}

function hasLinkHeader(name: string): boolean {
  const type = interfaceType(name);
  return type === ARPHRD_ETHER || type === ARPHRD_LOOPBACK;
}
