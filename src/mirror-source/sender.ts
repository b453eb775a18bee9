import { AF_INET, AF_INET6, sockaddrIn, sockaddrIn6 } from '../linux/address.js';
import { attachFilter } from '../linux/bpf.js';
import { ErrorQueue } from '../linux/error-queue.js';
import { check, errnoName } from '../linux/errors.js';
import { dropAll } from '../linux/input-filter.js';
import * as libc from '../linux/libc.js';
import { Messages } from '../linux/messages.js';
import { POLLOUT, PollSet } from '../linux/poll.js';
import {
  bindSocket,
  closeSocket,
  IP_MTU_DISCOVER,
  IP_TOS,
  IP_TTL,
  IPPROTO_GRE,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_UDP,
  IPV6_CHECKSUM,
  IPV6_MTU_DISCOVER,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  openSocket,
  SO_SNDBUF,
  SOCK_RAW,
  SOL_SOCKET,
  setIntOption,
} from '../linux/socket.js';
import { IPV4_BASE_LENGTH } from '../wire/ip/ipv4.js';
import { IPV6_LENGTH } from '../wire/ip/ipv6.js';
import { UDP_CHECKSUM } from '../wire/transport/udp.js';

/** Packets per system call. */
const BATCH = 64;
/** The longest IPv4 packet; the kernel fragments it to the path's MTU. */
const MAX_IP = 65535;
const SEND_BUFFER = 4 * 1024 * 1024;
/** How long to wait for a full socket before its packets are given up, milliseconds. */
const PATIENCE = 100;
/** IP_PMTUDISC_DONT and IPV6_PMTUDISC_DONT: packets longer than the MTU are fragmented. */
const PMTUDISC_DONT = 0;

/** The most bytes behind IP of a packet. */
export const ROOM = MAX_IP - IPV6_LENGTH;

/** What packets to all collectors have in common. */
export interface Outer {
  /** The outer source address, 4 or 16 bytes; by default the kernel chooses it. */
  readonly from: Uint8Array | undefined;
  /** The UDP destination port; undefined for GRE. */
  readonly port: number | undefined;
  /** UDP over IPv6: whether to compute checksums. Without, they are 0 (RFC 6935). */
  readonly udpChecksum: boolean;
  readonly ttl: number;
  /** DSCP in the high six bits, ECN in the low two. */
  readonly tos: number;
}

/** An address to send to. */
export interface Address {
  /** 4 or 16 bytes. */
  readonly bytes: Uint8Array;
  /** Interface index of a link-local address, else 0. */
  readonly scope: number;
}

/** Packets to one collector, counted. */
export class Counts {
  /** Packets, and bytes of IP packets before fragmentation, that the kernel accepted. */
  packets = 0;
  bytes = 0;
  /** Packets that the kernel did not accept. */
  lost = 0;
  /**
   * Errors by name: of packets not accepted (ENOBUFS, ENETUNREACH, …), and those that ICMP reported for
   * earlier ones (ECONNREFUSED, ENOPROTOOPT: the collector's host does not receive them).
   */
  readonly errors = new Map<string, number>();

  error(name: string): void {
    this.errors.set(name, (this.errors.get(name) ?? 0) + 1);
  }
}

/**
 * Sends GRE packets, or UDP datagrams with a header of their own, to one address through a raw socket, one
 * system call per batch. The kernel writes the IP header, and over IPv6 the checksum of UDP.
 */
export class Sender {
  private readonly fd: number;
  private readonly queue: ErrorQueue;
  private readonly messages = new Messages(BATCH, MAX_IP);
  private readonly writable = new PollSet(1);
  private readonly lengths = new Uint16Array(BATCH);
  private queued = 0;
  /** Bytes of the IP header. */
  readonly ipHeader: number;

  /**
   * @param counts is added to
   * @param unreachable is called with the error's name when ICMP says that packets do not arrive
   * @throws LinuxError without the privilege, or without a route to the address
   */
  constructor(
    to: Address,
    outer: Outer,
    private readonly counts: Counts,
    private readonly unreachable: (error: string) => void,
  ) {
    const v4 = to.bytes.length === 4;
    this.ipHeader = v4 ? IPV4_BASE_LENGTH : IPV6_LENGTH;
    const protocol = outer.port === undefined ? IPPROTO_GRE : IPPROTO_UDP;
    this.fd = openSocket(v4 ? AF_INET : AF_INET6, SOCK_RAW, protocol);
    try {
      attachFilter(this.fd, dropAll());
      this.queue = new ErrorQueue(this.fd, v4, outer.port);
      this.setOptions(v4, outer);
      const sockaddr = (bytes: Uint8Array) => (v4 ? sockaddrIn(bytes) : sockaddrIn6(bytes, 0, 0, to.scope));
      if (outer.from !== undefined) bindSocket(this.fd, sockaddr(outer.from), 'the source address');
      const address = sockaddr(to.bytes);
      check(libc.connect(this.fd, address, address.length), 'find a way to the collector');
    } catch (error) {
      closeSocket(this.fd);
      this.messages.close();
      throw error;
    }
    this.writable.add(this.fd, POLLOUT);
  }

  private setOptions(v4: boolean, outer: Outer): void {
    const { fd } = this;
    setIntOption(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER, 'the send buffer');
    if (v4) {
      setIntOption(fd, IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DONT, 'fragmentation');
      setIntOption(fd, IPPROTO_IP, IP_TTL, outer.ttl, 'the TTL');
      setIntOption(fd, IPPROTO_IP, IP_TOS, outer.tos, 'the TOS');
      return;
    }
    setIntOption(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_DONT, 'fragmentation');
    setIntOption(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, outer.ttl, 'the hop limit');
    setIntOption(fd, IPPROTO_IPV6, IPV6_TCLASS, outer.tos, 'the traffic class');
    if (outer.port !== undefined && outer.udpChecksum)
      setIntOption(fd, IPPROTO_IPV6, IPV6_CHECKSUM, UDP_CHECKSUM, 'UDP checksums');
  }

  /** Memory of the next packet: what follows IP, from {@link offset}, at most {@link ROOM} bytes. */
  get buffer(): Uint8Array {
    return this.messages.bytes;
  }

  get offset(): number {
    return this.messages.offset(this.queued);
  }

  /** Queues the `length` bytes written at `offset`; sends a full batch. */
  push(length: number): void {
    this.messages.setOut(this.queued, length, 0);
    this.lengths[this.queued++] = length;
    if (this.queued === BATCH) this.flush();
  }

  /** Sends the queue. Packets that the kernel refuses are counted and skipped. */
  flush(): void {
    const { counts } = this;
    let first = 0;
    let retried = -1;
    while (first < this.queued) {
      const n = this.messages.send(this.fd, first, this.queued - first);
      if (n > 0) {
        for (let i = first; i < first + n; i++) counts.bytes += this.ipHeader + this.lengths[i];
        counts.packets += n;
        first += n;
        continue;
      }
      const full = -n === libc.ERRNO.EAGAIN;
      if (-n === libc.ERRNO.EINTR || (full && this.writable.wait(PATIENCE) > 0)) continue;
      // The socket reports an ICMP error of an earlier packet instead of sending this one: retry once.
      const reported = this.hear();
      if (reported === 0 || retried === first) counts.error(errnoName(-n));
      if (retried === first) {
        counts.lost++;
        first++;
      } else retried = first;
    }
    this.queued = 0;
  }

  /** Takes note of what ICMP has reported. @returns how many messages there were */
  hear(): number {
    return this.queue.read((error, unreachable) => {
      this.counts.error(error);
      if (unreachable) this.unreachable(error);
    });
  }

  close(): void {
    closeSocket(this.fd);
    this.queue.close();
    this.messages.close();
  }
}
