/**
 * AF_XDP sockets (Documentation/networking/af_xdp.rst): the kernel takes frames of a shared memory, the UMEM,
 * from a fill ring, writes packets into them, and says where in a socket's receive ring.
 */
import { AF_XDP } from '../address.js';
import { check } from '../errors.js';
import * as libc from '../libc.js';
import { Mapping } from '../memory.js';
import { bindSocket, getOption, openSocket, SOCK_RAW, setIntOption } from '../socket.js';

const SOL_XDP = 283;
const XDP_MMAP_OFFSETS = 1;
const XDP_RX_RING = 2;
const XDP_UMEM_REG = 4;
const XDP_UMEM_FILL_RING = 5;
const XDP_UMEM_COMPLETION_RING = 6;
const XDP_STATISTICS = 7;
const XDP_OPTIONS = 8;
const XDP_OPTIONS_ZEROCOPY = 1;
const XDP_SHARED_UMEM = 1;
const XDP_COPY = 1 << 1;
const XDP_USE_NEED_WAKEUP = 1 << 3;
const XDP_USE_SG = 1 << 4;
const MSG_DONTWAIT = 0x40;
const XDP_UMEM_PGOFF_FILL_RING = 0x1_0000_0000;

/** struct xdp_desc: address (8), length (4), options (4). */
export const DESCRIPTOR = 16;
/** An option of a descriptor: the packet goes on in the next one (Linux 6.6). */
export const XDP_PKT_CONTD = 1;
/** A flag of the fill ring: the driver waits to be told of new frames. */
export const XDP_RING_NEED_WAKEUP = 1;
/** What the kernel leaves in front of a packet in its frame (XDP_PACKET_HEADROOM). */
export const HEADROOM = 256;
/** The kernel wants a ring for what is sent, which nothing is. */
const COMPLETIONS = 2;

/** Where a ring lies in the memory of its socket: bytes. */
export interface RingOffsets {
  readonly producer: number;
  readonly consumer: number;
  readonly entries: number;
  readonly flags: number;
}

/** A socket that nothing is bound to yet. Takes CAP_NET_RAW. */
export function openXdpSocket(): number {
  return openSocket(AF_XDP, SOCK_RAW, 0);
}

/** Makes the beginning of memory the UMEM of a socket, in frames of `frame` bytes: 2048 or 4096. */
export function registerUmem(fd: number, memory: Mapping, length: number, frame: number): void {
  // struct xdp_umem_reg: address, length; frame size, headroom; flags.
  const request = new Uint8Array(32);
  const view = new DataView(request.buffer);
  view.setBigUint64(0, memory.address, true);
  view.setBigUint64(8, BigInt(length), true);
  view.setUint32(16, frame, true);
  const words =
    'the memory is pinned: raise LimitMEMLOCK= (or `ulimit -l`), give CAP_IPC_LOCK, or ask for a smaller ' +
    'ring_size';
  const attempt = `pin ${length / 1048576} MiB for packets`;
  check(libc.setsockopt(fd, SOL_XDP, XDP_UMEM_REG, request, request.length), attempt, words);
}

/** Gives a socket its receive ring. @param entries a power of two */
export function setUpReceiveRing(fd: number, entries: number): void {
  setIntOption(fd, SOL_XDP, XDP_RX_RING, entries, `a receive ring of ${entries} packets`);
}

/** Gives the first socket of a queue the ring that the queue's frames come from. */
export function setUpFillRing(fd: number, entries: number): void {
  setIntOption(fd, SOL_XDP, XDP_UMEM_FILL_RING, entries, `a fill ring of ${entries} frames`);
  setIntOption(fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, COMPLETIONS, 'a completion ring');
}

export interface XdpBinding {
  readonly index: number;
  readonly name: string;
  readonly queue: number;
  /** The socket whose UMEM it shares; undefined for the one that has it. */
  readonly umem: number | undefined;
  /** Whether packets may take several frames (Linux 6.6). */
  readonly pieces: boolean;
  /** Whether the kernel copies packets even where the driver could write them into the frames itself. */
  readonly copy: boolean;
}

/** Binds a socket to a queue of an interface. */
export function bindXdpSocket(fd: number, { index, name, queue, umem, pieces, copy }: XdpBinding): void {
  // struct sockaddr_xdp: family, flags; index, queue, UMEM's socket. Who shares takes over the flags.
  const own = XDP_USE_NEED_WAKEUP | (copy ? XDP_COPY : 0) | (pieces ? XDP_USE_SG : 0);
  const flags = umem === undefined ? own : XDP_SHARED_UMEM;
  const address = new Uint8Array(16);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_XDP, true);
  view.setUint16(2, flags, true);
  view.setUint32(4, index, true);
  view.setUint32(8, queue, true);
  view.setUint32(12, umem ?? 0, true);
  bindSocket(fd, address, `queue ${queue} of interface ${name}`);
}

/** Whether the driver writes packets into the frames itself. */
export function isZeroCopy(fd: number): boolean {
  const options = new Uint8Array(4);
  getOption(fd, SOL_XDP, XDP_OPTIONS, options, "the AF_XDP socket's options");
  return (options[0] & XDP_OPTIONS_ZEROCOPY) !== 0;
}

/** Where the receive ring and the fill ring lie (struct xdp_mmap_offsets). */
export function ringOffsets(fd: number): { receive: RingOffsets; fill: RingOffsets } {
  const offsets = new BigUint64Array(16);
  getOption(fd, SOL_XDP, XDP_MMAP_OFFSETS, new Uint8Array(offsets.buffer), 'where the rings are');
  const ring = (n: number): RingOffsets => {
    const [producer, consumer, entries, flags] = Array.from(offsets.subarray(4 * n, 4 * n + 4), Number);
    return { producer, consumer, entries, flags };
  };
  return { receive: ring(0), fill: ring(2) };
}

/** Maps a socket's receive ring. */
export function mapReceiveRing(fd: number, at: RingOffsets, entries: number): Mapping {
  return Mapping.shared(fd, at.entries + entries * DESCRIPTOR);
}

/** Maps the fill ring of a queue's first socket. */
export function mapFillRing(fd: number, at: RingOffsets, entries: number): Mapping {
  return Mapping.shared(fd, at.entries + entries * 8, XDP_UMEM_PGOFF_FILL_RING);
}

/** Tells a driver that waits for it that there are frames again. */
export function wakeDriver(fd: number): void {
  libc.recv(fd, null, 0, MSG_DONTWAIT);
}

/** What a socket has dropped since it was opened (struct xdp_statistics). */
export class XdpStatistics {
  private readonly words = new BigUint64Array(6);
  private readonly bytes = new Uint8Array(this.words.buffer);
  /** Packets without a frame, or too long for one. */
  dropped = 0;
  /** Packets without room in the receive ring. */
  full = 0;
  /** How often the fill ring was empty, for all sockets of the queue. */
  empty = 0;

  read(fd: number): void {
    getOption(fd, SOL_XDP, XDP_STATISTICS, this.bytes, 'the statistics of an AF_XDP socket');
    this.dropped = Number(this.words[0]);
    this.full = Number(this.words[3]);
    this.empty = Number(this.words[4]);
  }
}
