/** The memory and the sockets of one interface: an AF_XDP socket for each of its queues and each worker. */
import { Mapping } from '../memory.js';
import { closeSocket } from '../socket.js';
import {
  bindXdpSocket,
  HEADROOM,
  mapFillRing,
  mapReceiveRing,
  openXdpSocket,
  type RingOffsets,
  registerUmem,
  ringOffsets,
  setUpFillRing,
  setUpReceiveRing,
} from './socket.js';

/** Bytes of a frame: the kernel has two sizes. */
export const FRAMES = [2048, 4096] as const;
/** What drivers want of a page beside a packet, for those in one piece (struct skb_shared_info and more). */
const DRIVERS = 512;
/** An Ethernet header with two VLAN tags. */
export const LINK_HEADER = 22;
/** Bytes of all frames of an interface, at most: places in it are 32-bit numbers. */
export const MOST_UMEM = 1 << 30;
/** Frames of a queue at least, however many queues there are. */
export const LEAST_FRAMES = 256;
/** Room for packets in several frames, for each socket: some of the longest, of 64 KiB. */
const JOINED = 256 << 10;

/** Where a ring of a socket lies in this process's memory, and its parts from there: bytes. */
export interface XdpRingPlace extends RingOffsets {
  readonly address: bigint;
  readonly length: number;
}

/** Where an AF_XDP socket's packets and rings are. */
export interface XdpSource {
  /** Where the memory is, and its length, bytes: frames, and then room for packets in several of them. */
  readonly address: bigint;
  readonly length: number;
  /** This socket's part of that room. */
  readonly joined: number;
  readonly joinedLength: number;
  /** Packets that its receive ring has room for, and where that lies. */
  readonly entries: number;
  readonly receive: XdpRingPlace;
  /** The queue's fill ring, which has as many entries as the queue has frames. */
  readonly frames: number;
  readonly fill: XdpRingPlace;
  /** A word, 1 while a worker writes to the fill ring: the kernel wants one writer at a time. */
  readonly lock: SharedArrayBuffer;
}

export interface XdpMemoryOptions {
  readonly index: number;
  readonly name: string;
  readonly mtu: number;
  readonly queues: number;
  readonly workers: number;
  /** Bytes for the packets of one worker. */
  readonly size: number;
  /** Whether the kernel copies packets even where the driver could write them into the frames itself. */
  readonly copy: boolean;
}

/** Whether packets of an interface need several frames. */
export function needsPieces(mtu: number): boolean {
  return mtu + LINK_HEADER + HEADROOM + DRIVERS > FRAMES[1];
}

/** Packets that have room, by frame: for each queue, and in the ring of each socket. Both powers of two. */
export function shareOut(size: number, workers: number, queues: number, frame: number) {
  const all = Math.min(size * workers, MOST_UMEM);
  const frames = Math.max(LEAST_FRAMES, 2 ** Math.floor(Math.log2(all / frame / queues)));
  return { frames, entries: Math.max(64, frames / 2 ** Math.ceil(Math.log2(workers))) };
}

interface Shape {
  readonly pieces: boolean;
  readonly frame: number;
  readonly frames: number;
  readonly entries: number;
  /** Bytes of all frames, and each socket's room behind them. */
  readonly umem: number;
  readonly joined: number;
}

function shapeOf({ mtu, workers, queues, size }: XdpMemoryOptions): Shape {
  const pieces = needsPieces(mtu);
  const frame = !pieces && mtu + LINK_HEADER + HEADROOM <= FRAMES[0] ? FRAMES[0] : FRAMES[1];
  const { frames, entries } = shareOut(size, workers, queues, frame);
  return { pieces, frame, frames, entries, umem: frames * queues * frame, joined: pieces ? JOINED : 0 };
}

/** Sockets for an interface: `workers` for each of its queues, in order of queues. */
export class XdpMemory {
  private readonly memory: Mapping;
  private readonly shape: Shape;
  /** Descriptors, in order of queues and workers. */
  readonly fds: number[] = [];
  /** Of rings: readers find these there even when the interface is gone. */
  private readonly mappings: Mapping[] = [];
  private readonly sources: XdpSource[] = [];

  /** @throws LinuxError */
  constructor(private readonly options: XdpMemoryOptions) {
    this.shape = shapeOf(options);
    const { queues, workers } = options;
    this.memory = Mapping.anonymous(this.shape.umem + this.shape.joined * queues * workers);
    try {
      for (let queue = 0; queue < queues; queue++) this.openQueue(queue);
    } catch (e) {
      for (const fd of this.fds) closeSocket(fd);
      this.free();
      throw e;
    }
  }

  private openQueue(queue: number): void {
    const { index, name, workers, copy } = this.options;
    const { pieces, frame, frames, entries, umem, joined } = this.shape;
    const { address, length } = this.memory;
    const lock = new SharedArrayBuffer(4);
    let fill: XdpRingPlace | undefined;
    for (let worker = 0; worker < workers; worker++) {
      const fd = openXdpSocket();
      const place = umem + joined * this.fds.length;
      this.fds.push(fd);
      if (this.fds.length === 1) registerUmem(fd, this.memory, umem, frame);
      setUpReceiveRing(fd, entries);
      fill ??= this.fillRing(fd, queue);
      const at = ringOffsets(fd).receive;
      const receive = this.placeOf(mapReceiveRing(fd, at, entries), at);
      // Of the queue's first socket, whose fill ring it shares, too; that one, of the very first.
      const shares = worker > 0 ? this.fds[queue * workers] : queue > 0 ? this.fds[0] : undefined;
      bindXdpSocket(fd, { index, name, queue, umem: shares, pieces, copy });
      const room = { joined: place, joinedLength: joined };
      this.sources.push({ address, length, ...room, entries, receive, frames, fill, lock });
    }
  }

  /** Gives a queue its fill ring, by its first socket, and in it all of the queue's frames to the kernel. */
  private fillRing(fd: number, queue: number): XdpRingPlace {
    const { frame, frames } = this.shape;
    setUpFillRing(fd, frames);
    const at = ringOffsets(fd).fill;
    const mapping = mapFillRing(fd, at, frames);
    const words = new Uint32Array(mapping.buffer);
    for (let i = 0; i < frames; i++) words[(at.entries >>> 2) + 2 * i] = (queue * frames + i) * frame;
    Atomics.store(new Int32Array(mapping.buffer), at.producer >>> 2, frames);
    return this.placeOf(mapping, at);
  }

  private placeOf(mapping: Mapping, at: RingOffsets): XdpRingPlace {
    this.mappings.push(mapping);
    return { ...at, address: mapping.address, length: mapping.length };
  }

  get queues(): number {
    return this.options.queues;
  }

  /** The sockets that a worker reads: one for each queue. */
  ofWorker(worker: number): { fd: number; source: XdpSource }[] {
    const { workers } = this.options;
    return this.fds
      .map((fd, i) => ({ fd, source: this.sources[i] }))
      .filter((_, i) => i % workers === worker);
  }

  /** Frees the memory, once all of its sockets are closed and nobody reads them. */
  free(): void {
    for (const mapping of [this.memory, ...this.mappings]) mapping.unmap();
  }
}
