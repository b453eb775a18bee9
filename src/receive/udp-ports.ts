/** UDP sockets of the raw receiver: one for IPv4 and one for IPv6 per listed port. */
import { AF_INET, AF_INET6 } from '../linux/address.js';
import { attachFilter } from '../linux/bpf.js';
import { LinuxError } from '../linux/errors.js';
import { dropAll } from '../linux/input-filter.js';
import { Messages } from '../linux/messages.js';
import { type PortHolder, udpPortHolder } from '../linux/port-holder.js';
import { closeSocket, setReceiveBuffer, socketDrops } from '../linux/socket.js';
import { Ancillary, openUdpPort, UDP_CONTROL } from '../linux/udp-socket.js';
import { CommandError } from '../model/errors.js';
import type { UdpInput } from '../model/inputs.js';
import { setU16 } from '../wire/bytes.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import { IPV4_BASE_LENGTH } from '../wire/ip/ipv4.js';
import { IPV6_LENGTH } from '../wire/ip/ipv6.js';
import { UDP_LENGTH } from '../wire/transport/udp.js';
import type { PacketArena } from './packet-arena.js';
import type { PollLoop } from './poll-loop.js';
import { LONGEST } from './raw-sockets.js';
import { RunningCount } from './running-count.js';

/** Datagrams per receive. Only the pages of a slot that a datagram fills are ever touched. */
const BATCH = 256;
/** Offsets in struct sockaddr_in and sockaddr_in6. */
const SIN_PORT = 2;
const SIN_ADDR = 4;
const SIN6_ADDR = 8;

/** Takes the IP packet that has been made in an arena, from its `used` up to `end`. */
export type DatagramTaker = (port: UdpPort, end: number, sec: number, nsec: number) => void;

/** The sockets of one port. */
export class UdpPort {
  /** Datagrams taken; whoever takes them counts. */
  packets = 0;
  private readonly drops = new Map<number, RunningCount>();
  private closedDrops = 0;

  private constructor(
    readonly input: UdpInput,
    private readonly fds: readonly { readonly fd: number; readonly ipv6: boolean }[],
    /** The smaller of their receive buffers, bytes as the kernel counts them. */
    readonly buffer: number,
  ) {
    for (const { fd } of fds) {
      const drops = new RunningCount();
      drops.begin(socketDrops(fd));
      this.drops.set(fd, drops);
    }
  }

  /**
   * @param receiveBuffer bytes; the kernel may grant less
   * @throws CommandError for a port that cannot be had
   */
  static open(input: UdpInput, receiveBuffer: number): UdpPort {
    const fds: { fd: number; ipv6: boolean }[] = [];
    try {
      for (const family of [AF_INET, AF_INET6]) {
        try {
          fds.push({ fd: openUdpPort(family, input.port), ipv6: family === AF_INET6 });
        } catch (e) {
          // A host without IPv6.
          if (!(e instanceof LinuxError) || e.code !== 'EAFNOSUPPORT') throw e;
        }
      }
      return new UdpPort(input, fds, Math.min(...fds.map(({ fd }) => setReceiveBuffer(fd, receiveBuffer))));
    } catch (e) {
      for (const { fd } of fds) closeSocket(fd);
      throw whyNot(input, e);
    }
  }

  /** Datagrams dropped for lack of room or for a wrong checksum. */
  get dropped(): number {
    return this.fds.reduce((sum, { fd }) => sum + (this.dropsOf(fd) ?? 0), this.closedDrops);
  }

  private dropsOf(fd: number): number | undefined {
    return this.drops.get(fd)?.read(socketDrops(fd));
  }

  /** From now on reads what has arrived. */
  watch(loop: PollLoop, reader: DatagramReader, failed: (error: Error) => void): void {
    for (const { fd, ipv6 } of this.fds) loop.watch(fd, { read: () => reader.read(fd, ipv6, this), failed });
  }

  /** Nothing more arrives; what is queued can still be read. */
  stop(): void {
    // A filter's drops count as the socket's.
    this.closedDrops = this.dropped;
    this.drops.clear();
    for (const { fd } of this.fds) attachFilter(fd, dropAll());
  }

  unwatch(loop: PollLoop): void {
    for (const { fd } of this.fds) loop.unwatch(fd);
  }

  /** Gives the port free, once nobody watches it. */
  close(): void {
    for (const { fd } of this.fds) closeSocket(fd);
  }
}

/**
 * Reads datagrams, and makes IP packets of them, with headers of what the kernel told. Checksums are 0, as is
 * what nobody reads.
 */
export class DatagramReader {
  private readonly messages = new Messages(BATCH, LONGEST, UDP_CONTROL);
  private readonly ancillary = new Ancillary();

  constructor(
    private readonly arena: PacketArena,
    private readonly taker: DatagramTaker,
  ) {}

  /** Hands on a batch of a socket's datagrams. @returns whether there may be more */
  read(fd: number, ipv6: boolean, port: UdpPort): boolean {
    const { messages, ancillary } = this;
    const n = messages.receive(fd);
    for (let i = 0; i < n; i++) {
      ancillary.read(messages, i);
      const end = this.put(i, ipv6, port.input.port);
      this.taker(port, end, ancillary.sec, ancillary.nsec);
    }
    return n === BATCH;
  }

  /** Writes the packet of slot `i`. @returns its end */
  private put(i: number, ipv6: boolean, port: number): number {
    const { messages, ancillary, arena } = this;
    const from = messages.bytes;
    const to = arena.bytes;
    const payload = messages.length(i);
    const at = arena.used;
    const name = messages.nameOffset(i);
    const ip = ipv6 ? IPV6_LENGTH : IPV4_BASE_LENGTH;
    const udp = at + ip;
    const end = udp + UDP_LENGTH + payload;
    to.fill(0, at, udp + UDP_LENGTH);
    if (ipv6) {
      to[at] = 0x60 | (ancillary.tos >>> 4);
      to[at + 1] = (ancillary.tos & 0x0f) << 4;
      setU16(to, at + 4, UDP_LENGTH + payload);
      to[at + 6] = IpProtocol.Udp;
      to[at + 7] = ancillary.ttl;
      to.set(from.subarray(name + SIN6_ADDR, name + SIN6_ADDR + 16), at + 8);
      if (ancillary.destination >= 0)
        to.set(from.subarray(ancillary.destination, ancillary.destination + 16), at + 24);
    } else {
      to[at] = 0x45;
      to[at + 1] = ancillary.tos;
      setU16(to, at + 2, end - at);
      to[at + 8] = ancillary.ttl;
      to[at + 9] = IpProtocol.Udp;
      for (let k = 0; k < 4; k++) {
        to[at + 12 + k] = from[name + SIN_ADDR + k];
        if (ancillary.destination >= 0) to[at + 16 + k] = from[ancillary.destination + k];
      }
    }
    to[udp] = from[name + SIN_PORT];
    to[udp + 1] = from[name + SIN_PORT + 1];
    setU16(to, udp + 2, port);
    setU16(to, udp + 4, UDP_LENGTH + payload);
    const o = messages.offset(i);
    to.set(from.subarray(o, o + payload), udp + UDP_LENGTH);
    return end;
  }
}

/** Why a port cannot be had, and what to do. */
function whyNot({ kind, port }: UdpInput, error: unknown): unknown {
  if (!(error instanceof LinuxError)) return error;
  const what = `cannot receive ${kind} on UDP port ${port}`;
  if (error.code === 'EACCES')
    return new CommandError(`${what}: ports below 1024 take CAP_NET_BIND_SERVICE; take a higher one`);
  if (error.code !== 'EADDRINUSE') return error;
  return new CommandError(`${what}: ${heldWords(udpPortHolder(port))}`);
}

/** A port that is held, in words that say what to do. */
export function heldWords({ kind, words, release }: PortHolder): string {
  const free = release === undefined ? 'stop that' : `give it free with \`${release}\``;
  const instead = kind === 'device' ? ', or receive with a ring (--interface), which sees packets first' : '';
  return `${words} holds it; ${free}, list another port${instead}`;
}
