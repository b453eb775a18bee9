/** AF_PACKET sockets with a TPACKET_V3 receive ring (packet(7), Documentation/networking/packet_mmap.rst). */
import { AF_PACKET, sockaddrLl } from './address.js';
import { attachFilter, sockFprog } from './bpf.js';
import { check } from './errors.js';
import { dropAll } from './input-filter.js';
import * as libc from './libc.js';
import {
  bindSocket,
  getOption,
  openSocket,
  SO_RCVBUF,
  SOCK_RAW,
  SOL_PACKET,
  SOL_SOCKET,
  setIntOption,
  setOption,
} from './socket.js';

export const ETH_P_ALL = 0x0003;

const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const PACKET_RESERVE = 12;
const PACKET_FANOUT = 18;
const PACKET_FANOUT_DATA = 22;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_MR_PROMISC = 1;
const PACKET_FANOUT_CBPF = 6;
const PACKET_FANOUT_FLAG_DEFRAG = 0x8000;
const TPACKET_V3 = 2;

/** Room that the kernel leaves before a packet, for putting back a VLAN tag that the interface removed. */
export const VLAN_RESERVE = 16;

/** The shape of a ring: blocks, which the kernel hands over whole. */
export interface RingShape {
  /** Bytes per block: a power of two, at least the page size. */
  readonly blockSize: number;
  readonly blocks: number;
  /** Milliseconds after which a block with packets is handed over even if it is not full. */
  readonly retireMs: number;
}

/**
 * Opens an unbound packet socket that receives nothing yet. This step takes CAP_NET_RAW; {@link setUpRing}
 * and {@link bindRing} need no privileges.
 */
export function openPacketSocket(): number {
  const fd = openSocket(AF_PACKET, SOCK_RAW, 0);
  attachFilter(fd, dropAll());
  return fd;
}

/**
 * Gives the socket its ring; map it with Mapping.shared(fd, blockSize * blocks).
 *
 * @param outgoing whether to receive packets that this host sends through the interface, too
 */
export function setUpRing(fd: number, shape: RingShape, outgoing = false): void {
  setIntOption(fd, SOL_PACKET, PACKET_VERSION, TPACKET_V3, 'the ring version (TPACKET_V3)');
  setIntOption(fd, SOL_PACKET, PACKET_RESERVE, VLAN_RESERVE, 'the room before a packet');
  if (!outgoing) {
    setIntOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, 'PACKET_IGNORE_OUTGOING (Linux 4.20 and later)');
  }
  // struct tpacket_req3: block size, blocks, frame size, frames, retire timeout, private size, features.
  const frameSize = 2048;
  const frames = (shape.blockSize / frameSize) * shape.blocks;
  const request = new Uint32Array([shape.blockSize, shape.blocks, frameSize, frames, shape.retireMs, 0, 0]);
  check(
    libc.setsockopt(fd, SOL_PACKET, PACKET_RX_RING, request, request.byteLength),
    `set up a ring of ${(shape.blockSize * shape.blocks) / 1048576} MiB`,
  );
}

/** Binds the socket to interface `index`; it receives nothing while its filter drops everything. */
export function bindRing(fd: number, index: number, name: string): void {
  bindSocket(fd, sockaddrLl(ETH_P_ALL, index), `interface ${name}`);
}

/**
 * Adds the bound socket to the group `id` (1 to 65535, unique in a network namespace), which distributes an
 * interface's packets by a classic BPF program.
 *
 * @param defragment whether IPv4 fragments are reassembled before the program runs, and received so
 */
export function joinFanout(fd: number, id: number, program: Uint8Array, defragment = true): void {
  const argument = id | ((PACKET_FANOUT_CBPF | (defragment ? PACKET_FANOUT_FLAG_DEFRAG : 0)) << 16);
  setIntOption(fd, SOL_PACKET, PACKET_FANOUT, argument, `the fanout group ${id}`);
  setFanoutProgram(fd, program);
}

/** Changes the program of the group that the socket belongs to. */
export function setFanoutProgram(fd: number, program: Uint8Array): void {
  setOption(fd, SOL_PACKET, PACKET_FANOUT_DATA, sockFprog(program), 'the fanout program');
}

/** Makes the interface receive packets addressed to others, while the socket is open (packet(7)). */
export function setPromiscuous(fd: number, index: number): void {
  // struct packet_mreq: int index, u16 type, u16 length, 8 bytes of address.
  const request = new Uint8Array(16);
  const view = new DataView(request.buffer);
  view.setInt32(0, index, true);
  view.setUint16(4, PACKET_MR_PROMISC, true);
  setOption(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, 'promiscuous mode');
}

/**
 * Resets a socket whose ring nobody maps any more to the state of {@link openPacketSocket}, except for its
 * interface: binding it to another one takes no privileges. Not for sockets of a fanout group, which are
 * bound for good.
 */
export function resetPacketSocket(fd: number): void {
  attachFilter(fd, dropAll());
  const nothing = new Uint32Array(7);
  check(libc.setsockopt(fd, SOL_PACKET, PACKET_RX_RING, nothing, nothing.byteLength), 'give up a ring');
}

/** Counts of packets that passed a socket's filter since the last read. */
export class PacketStatistics {
  private readonly words = new Uint32Array(3);
  private readonly bytes = new Uint8Array(this.words.buffer);
  /** Packets that passed the filter, including dropped ones. */
  packets = 0;
  /** Packets without room in the ring. */
  drops = 0;
  /** How often the ring was full. */
  freezes = 0;

  /** Reads the kernel's counters, which resets them. */
  read(fd: number): void {
    getOption(fd, SOL_PACKET, PACKET_STATISTICS, this.bytes, 'the packet statistics');
    this.packets = this.words[0];
    this.drops = this.words[1];
    this.freezes = this.words[2];
  }
}

/** Receives nothing; while it is open, the kernel does not answer `protocol` with ICMP unreachable. */
export function openDropAll(family: number, protocol: number): number {
  const fd = openSocket(family, SOCK_RAW, protocol);
  attachFilter(fd, dropAll());
  setIntOption(fd, SOL_SOCKET, SO_RCVBUF, 0, 'the receive buffer');
  return fd;
}
