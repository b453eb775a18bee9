import { AF_INET, AF_INET6, sockaddrIn, sockaddrIn6 } from '../linux/address.js';
import { attachFilter } from '../linux/bpf.js';
import { check, errnoName } from '../linux/errors.js';
import { dropAll } from '../linux/gre-filter.js';
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

/** Packets per system call. */
const BATCH = 64;
/** The longest IPv4 packet; the kernel fragments it to the path's MTU. */
const MAX_IP = 65535;
const SEND_BUFFER = 4 * 1024 * 1024;
/** How long to wait for a full socket before its packets are given up, milliseconds. */
const PATIENCE = 100;
/** IP_PMTUDISC_DONT and IPV6_PMTUDISC_DONT: packets longer than the MTU are fragmented. */
const PMTUDISC_DONT = 0;

export interface Destination {
  /** 4 or 16 bytes. */
  readonly to: Uint8Array;
  /** The outer source address; by default the kernel chooses it. */
  readonly from?: Uint8Array;
  /** Interface index of a link-local address, else 0. */
  readonly scope: number;
  readonly ttl: number;
  /** DSCP in the high six bits, ECN in the low two. */
  readonly tos: number;
}

/**
 * Sends GRE packets to one address through a raw socket, one system call per batch. The kernel writes the IP
 * header.
 */
export class GreSender {
  private readonly fd: number;
  private readonly messages = new Messages(BATCH, MAX_IP);
  private readonly writable = new PollSet(1);
  private readonly lengths = new Uint16Array(BATCH);
  private queued = 0;
  /** Bytes of the IP header. */
  readonly ipHeader: number;
  /** Packets, and bytes of IP packets before fragmentation, that the kernel accepted. */
  packets = 0;
  bytes = 0;
  /** Packets that the kernel did not accept. */
  lost = 0;
  /**
   * Errors by name: of packets not accepted (ENOBUFS, ENETUNREACH, …), and those that ICMP reported for
   * earlier ones (ENOPROTOOPT: the collector's host does not receive GRE).
   */
  readonly errors = new Map<string, number>();

  /** @throws LinuxError without the privilege, or without a route to the address */
  constructor(destination: Destination) {
    const v4 = destination.to.length === 4;
    const sockaddr = (address: Uint8Array) =>
      v4 ? sockaddrIn(address) : sockaddrIn6(address, 0, 0, destination.scope);
    this.ipHeader = v4 ? IPV4_BASE_LENGTH : IPV6_LENGTH;
    this.fd = openSocket(v4 ? AF_INET : AF_INET6, SOCK_RAW, IPPROTO_GRE);
    try {
      attachFilter(this.fd, dropAll());
      setIntOption(this.fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER, 'the send buffer');
      if (v4) {
        setIntOption(this.fd, IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DONT, 'fragmentation');
        setIntOption(this.fd, IPPROTO_IP, IP_TTL, destination.ttl, 'the TTL');
        setIntOption(this.fd, IPPROTO_IP, IP_TOS, destination.tos, 'the TOS');
      } else {
        setIntOption(this.fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_DONT, 'fragmentation');
        setIntOption(this.fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, destination.ttl, 'the hop limit');
        setIntOption(this.fd, IPPROTO_IPV6, IPV6_TCLASS, destination.tos, 'the traffic class');
      }
      if (destination.from !== undefined)
        bindSocket(this.fd, sockaddr(destination.from), 'the source address');
      const to = sockaddr(destination.to);
      check(libc.connect(this.fd, to, to.length), 'find a way to the collector');
    } catch (error) {
      this.close();
      throw error;
    }
    this.writable.add(this.fd, POLLOUT);
  }

  /** Memory of the next packet: write GRE to `bytes` from `offset`, at most `room` bytes. */
  get buffer(): Uint8Array {
    return this.messages.bytes;
  }

  get offset(): number {
    return this.messages.offset(this.queued);
  }

  get room(): number {
    return MAX_IP - IPV6_LENGTH;
  }

  /** Queues the `length` bytes written at `offset`; sends a full batch. */
  push(length: number): void {
    this.messages.setOut(this.queued, length, 0);
    this.lengths[this.queued++] = length;
    if (this.queued === BATCH) this.flush();
  }

  /** Sends the queue. Packets that the kernel refuses are counted and skipped. */
  flush(): void {
    let first = 0;
    let retried = -1;
    while (first < this.queued) {
      const n = this.messages.send(this.fd, first, this.queued - first);
      if (n > 0) {
        for (let i = first; i < first + n; i++) this.bytes += this.ipHeader + this.lengths[i];
        this.packets += n;
        first += n;
        continue;
      }
      const full = -n === libc.ERRNO.EAGAIN;
      if (-n === libc.ERRNO.EINTR || (full && this.writable.wait(PATIENCE) > 0)) continue;
      const name = errnoName(-n);
      this.errors.set(name, (this.errors.get(name) ?? 0) + 1);
      // The socket reports an ICMP error of an earlier packet instead of sending this one: retry once.
      if (retried === first) {
        this.lost++;
        first++;
      } else retried = first;
    }
    this.queued = 0;
  }

  close(): void {
    closeSocket(this.fd);
    this.messages.close();
  }
}
