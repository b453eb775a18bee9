/**
 * Packets from raw sockets of protocol 47, by the raw-socket package: what the kernel delivers to this host,
 * fragments already put together. It is the receiver for small rates; ring.ts is the one for large ones.
 *
 * The package watches its sockets in the main thread's event loop, so this lives there.
 */
import { networkInterfaces } from 'node:os';
import { AddressFamily, createSocket, type Socket } from 'raw-socket';
import { AF_INET, AF_INET6, sockaddrIn6 } from '../linux/address.js';
import { attachFilter } from '../linux/bpf.js';
import { LinuxError } from '../linux/errors.js';
import { dropAll } from '../linux/gre-filter.js';
import {
  bindSocket,
  IPPROTO_GRE,
  ReceiveTime,
  SOCK_RAW,
  setReceiveBuffer,
  socketDrops,
  socketsOf,
} from '../linux/socket.js';
import { BATCH_CAPACITY, LinkType, PacketBatch } from './batch.js';
import { ipv6HeaderFor, parseIpv6Text } from './raw-ipv6.js';

/** Bytes gathered before they are handed on, with room for one more message. */
const ARENA = 1 << 20;
const LONGEST = 65535;
const IPV6_HEADER = 40;
/** The longest a packet waits for others to be handed on with, milliseconds. */
const GATHER_MS = 2;
/** How often local IPv6 addresses are looked at, milliseconds. */
const ADDRESS_CHECK_MS = 2000;

export interface RawOptions {
  /** Receive buffer of each socket, bytes; as much of it as the kernel allows is had. */
  readonly receiveBuffer: number;
  /** A socket filter of what is to be received, for sockets of IPv4 and IPv6. */
  readonly filter?: (ipv6: boolean) => Uint8Array;
  /** Takes the packets gathered; their bytes are reused afterwards. */
  readonly packets: (batch: PacketBatch) => void;
  /** Told when receiving on an address begins, ends or fails. */
  readonly event: (message: string, failed: boolean) => void;
}

/** One raw socket, its descriptor found, and what it counted. */
interface Open {
  readonly socket: Socket;
  readonly fd: number;
  /** The outer header of IPv6 packets, which raw sockets leave out; undefined for IPv4. */
  readonly header: Uint8Array | undefined;
  readonly buffer: number;
}

export class RawReceiver {
  private readonly batch = new PacketBatch();
  private readonly arena = new Uint8Array(ARENA + LONGEST + IPV6_HEADER);
  private used = 0;
  private timer: NodeJS.Timeout | undefined;
  private addressTimer: NodeJS.Timeout | undefined;
  private readonly time = new ReceiveTime();
  private ipv4: Open | undefined;
  /** By local address: raw IPv6 sockets do not say to which address a packet came, so each has its own. */
  private readonly ipv6 = new Map<string, Open | undefined>();
  private closedDrops = 0;
  private closing = false;
  packets = 0;
  bytes = 0;

  constructor(private readonly options: RawOptions) {}

  /** @throws LinuxError without the privilege for raw sockets. */
  open(): void {
    this.ipv4 = this.openSocket(AF_INET, undefined);
    this.checkAddresses();
    this.addressTimer = setInterval(() => this.checkAddresses(), ADDRESS_CHECK_MS);
  }

  /** Asks for the filters again. */
  refilter(): void {
    const { filter } = this.options;
    if (filter === undefined) return;
    if (this.ipv4 !== undefined) attachFilter(this.ipv4.fd, filter(false));
    for (const s of this.ipv6.values()) if (s !== undefined) attachFilter(s.fd, filter(true));
  }

  /** Messages the kernel had no room for, of all sockets. */
  get dropped(): number {
    let sum = this.closedDrops;
    if (this.ipv4 !== undefined) sum += socketDrops(this.ipv4.fd);
    for (const s of this.ipv6.values()) if (s !== undefined) sum += socketDrops(s.fd);
    return sum;
  }

  /** The smallest receive buffer among the sockets, bytes as the kernel counts them. */
  get receiveBuffer(): number {
    const sizes = [this.ipv4, ...this.ipv6.values()].flatMap((s) => (s === undefined ? [] : [s.buffer]));
    return Math.min(...sizes);
  }

  /** Stops receiving, after what the sockets still hold has been handed on. */
  async close(): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    clearInterval(this.addressTimer);
    // Nothing more comes in, and the sockets' queues are read out: what the kernel has accepted is not lost.
    for (const s of [this.ipv4, ...this.ipv6.values()]) if (s !== undefined) attachFilter(s.fd, dropAll());
    for (let before = -1; before !== this.packets; ) {
      before = this.packets;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    this.flush();
    this.closedDrops = this.dropped;
    this.ipv4?.socket.close();
    for (const s of this.ipv6.values()) s?.socket.close();
    this.ipv4 = undefined;
    this.ipv6.clear();
  }

  private openSocket(family: number, local: Uint8Array | undefined, scope = 0): Open {
    const known = new Set(socketsOf(family, SOCK_RAW, IPPROTO_GRE));
    const socket = this.create(family);
    const fd = socketsOf(family, SOCK_RAW, IPPROTO_GRE).find((n) => !known.has(n));
    if (fd === undefined) throw new Error('the raw socket just opened is not among the open files');
    try {
      if (local !== undefined) bindSocket(fd, sockaddrIn6(local, 0, 0, scope), 'a local IPv6 address');
    } catch (e) {
      socket.close();
      throw e;
    }
    const buffer = setReceiveBuffer(fd, this.options.receiveBuffer);
    if (this.options.filter !== undefined) attachFilter(fd, this.options.filter(family === AF_INET6));
    this.time.read(fd);
    const header = local === undefined ? undefined : ipv6HeaderFor(local);
    const open: Open = { socket, fd, header, buffer };
    socket.on('message', (message: Buffer, source: string) => this.message(open, message, source));
    socket.on('error', (e: Error) =>
      this.options.event(`receiving from a raw socket failed: ${e.message}`, true),
    );
    return open;
  }

  private create(family: number): Socket {
    const addressFamily = family === AF_INET6 ? AddressFamily.IPv6 : AddressFamily.IPv4;
    try {
      return createSocket({ addressFamily, protocol: IPPROTO_GRE, bufferSize: LONGEST });
    } catch (e) {
      throw LinuxError.fromMessage(
        `open a raw ${family === AF_INET6 ? 'IPv6' : 'IPv4'} socket (protocol 47)`,
        e,
      );
    }
  }

  /** Opens a socket for every IPv6 address this host has got, and closes those of addresses it has lost. */
  private checkAddresses(): void {
    if (this.closing) return;
    const now = new Map<string, number>();
    for (const list of Object.values(networkInterfaces())) {
      for (const a of list ?? []) if (a.family === 'IPv6') now.set(a.address, a.scopeid);
    }
    for (const [address, open] of this.ipv6) {
      if (now.has(address)) continue;
      if (open !== undefined) {
        this.closedDrops += socketDrops(open.fd);
        open.socket.close();
        this.options.event(`no longer receiving on ${address}: the address is gone`, false);
      }
      this.ipv6.delete(address);
    }
    for (const [address, scope] of now) {
      if (this.ipv6.has(address)) continue;
      try {
        this.ipv6.set(address, this.openSocket(AF_INET6, parseIpv6Text(address), scope));
        this.options.event(`receiving on ${address}`, false);
      } catch (e) {
        // Not usable before duplicate address detection is through (RFC 4862 section 5.4): tried again soon.
        if (e instanceof LinuxError && e.code === 'EADDRNOTAVAIL') continue;
        this.ipv6.set(address, undefined);
        this.options.event(`not receiving on ${address}: ${e instanceof Error ? e.message : e}`, true);
      }
    }
  }

  private message(from: Open, message: Buffer, source: string): void {
    const b = this.batch;
    const at = this.used;
    let length = message.length;
    if (from.header !== undefined) {
      this.arena.set(from.header, at);
      this.arena[at + 4] = length >>> 8;
      this.arena[at + 5] = length;
      this.arena.set(parseIpv6Text(source), at + 8);
      this.arena.set(message, at + IPV6_HEADER);
      length += IPV6_HEADER;
    } else {
      this.arena.set(message, at);
    }
    if (!this.time.read(from.fd)) return;
    const i = b.count++;
    b.offset[i] = at;
    b.captured[i] = b.length[i] = length;
    b.sec[i] = this.time.sec;
    b.nsec[i] = this.time.nsec;
    b.linkType[i] = LinkType.Raw;
    b.interface[i] = 0;
    this.used = at + length;
    this.packets++;
    this.bytes += length;
    if (b.count === BATCH_CAPACITY || this.used >= ARENA) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.batch.count === 0) return;
    this.batch.bytes = this.arena;
    this.options.packets(this.batch);
    this.batch.count = 0;
    this.used = 0;
  }
}
