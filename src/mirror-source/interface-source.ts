import { attachFilter } from '../linux/bpf.js';
import { LinuxError } from '../linux/errors.js';
import { interfaceIndex, interfaceType } from '../linux/interface.js';
import { ERRNO } from '../linux/libc.js';
import {
  bindRing,
  openPacketSocket,
  PacketStatistics,
  setPromiscuous,
  setUpRing,
} from '../linux/packet-socket.js';
import { POLLERR, POLLIN, PollSet } from '../linux/poll.js';
import { clearSocketError, closeSocket } from '../linux/socket.js';
import { BATCH_CAPACITY, LinkType, type PacketBatch } from '../model/batch.js';
import { Ring } from '../receive/ring.js';
import { type OwnOutput, passAllButOwn } from './own-output.js';
import { PACKET_OUTGOING } from './to-ethernet.js';

/** 32 MiB: some 0.2 s of a full 1 Gbit/s in both directions, to bridge a pause of the process. */
const SHAPE = { blockSize: 1024 * 1024, blocks: 32, retireMs: 10 };
/** ARPHRD_ types that are supported: Ethernet, loopback (also Ethernet), none (TUN: bare IP). */
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;
const ARPHRD_NONE = 65534;

export interface InterfaceOptions {
  /** Whether packets the host sends are wanted. */
  readonly outgoing: boolean;
  readonly promiscuous: boolean;
}

/** An interface's packets in both directions, except what the mirror itself sends. */
export class InterfaceSource {
  private readonly fd: number;
  private readonly ring: Ring;
  private readonly readable = new PollSet(1);
  private readonly statistics = new PacketStatistics();
  private readonly types = new Uint8Array(BATCH_CAPACITY);
  private readonly linkHeader: boolean;
  /** Packets dropped by the kernel for lack of room. */
  drops = 0;

  /** @throws LinuxError without the privilege, or for a missing or unsupported interface */
  constructor(
    readonly name: string,
    options: InterfaceOptions,
  ) {
    const type = interfaceType(name);
    if (type < 0) throw new LinuxError(`mirror interface ${name}`, ERRNO.ENODEV);
    const linkHeader = type === ARPHRD_ETHER || type === ARPHRD_LOOPBACK;
    this.linkHeader = linkHeader;
    if (!linkHeader && type !== ARPHRD_NONE) {
      throw new LinuxError(
        `mirror interface ${name}`,
        ERRNO.EPROTONOSUPPORT,
        `it has neither Ethernet nor bare IP packets: its link type is ${type}; name the interface below it`,
      );
    }
    this.fd = openPacketSocket();
    try {
      const index = interfaceIndex(name);
      // Packets sent through the loopback interface are received again: take them once.
      setUpRing(this.fd, SHAPE, options.outgoing && type !== ARPHRD_LOOPBACK);
      bindRing(this.fd, index, name);
      if (options.promiscuous && type === ARPHRD_ETHER) setPromiscuous(this.fd, index);
      this.ring = new Ring(this.fd, SHAPE, linkHeader ? LinkType.Ethernet : LinkType.Raw, 0, linkHeader);
    } catch (error) {
      closeSocket(this.fd);
      throw error;
    }
    this.ring.packetTypes = this.types;
    this.readable.add(this.fd, POLLIN);
  }

  /** Leaves out what the mirror sends, from now on. */
  exclude(own: OwnOutput): void {
    attachFilter(this.fd, passAllButOwn(own, this.linkHeader));
  }

  /** Fills the batch, waiting up to `timeout` milliseconds for packets; false if there are none. */
  next(batch: PacketBatch, timeout: number): boolean {
    if (this.ring.fill(batch)) return true;
    this.readable.wait(timeout);
    // An interface that goes down leaves an error, which would end every later wait at once; packets return
    // with the interface.
    if ((this.readable.events(0) & POLLERR) !== 0) clearSocketError(this.fd);
    return this.ring.fill(batch);
  }

  /** Whether the host sent packet `i` of the last batch. */
  outgoing(i: number): boolean {
    return this.types[i] === PACKET_OUTGOING;
  }

  /** Whether the interface still exists: a packet socket silently outlives its interface. */
  get present(): boolean {
    return interfaceIndex(this.name) !== 0;
  }

  /** Brings {@link drops} up to date. */
  count(): void {
    this.statistics.read(this.fd);
    this.drops += this.statistics.drops;
  }

  close(): void {
    this.ring.close();
    closeSocket(this.fd);
  }
}
