/**
 * Raw sockets of protocol 47: one for IPv4, and one for each IPv6 address of this host, because they do not
 * report a packet's destination.
 */
import { networkInterfaces } from 'node:os';
import { AF_INET, AF_INET6 } from '../linux/address.js';
import { attachFilter } from '../linux/bpf.js';
import { errnoName, LinuxError } from '../linux/errors.js';
import { dropAll } from '../linux/input-filter.js';
import type { PacketArena } from './packet-arena.js';
import { ipv6HeaderFor, parseIpv6Text } from './raw-ipv6.js';
import { type MessageTaker, type RawLibrary, RawSocket, SpareSockets } from './raw-sockets.js';

const IPV6_HEADER = 40;
/** How often local IPv6 addresses are checked, milliseconds. */
const ADDRESS_CHECK_MS = 2000;
/** IPv6 sockets opened in advance for addresses that appear after privileges are dropped. They are reused. */
export const SPARE_SOCKETS = 64;

export interface GreOptions {
  /** Opens the sockets and watches them. */
  readonly library: RawLibrary;
  /** Receive buffer of each socket, bytes; the kernel may grant less. */
  readonly receiveBuffer: number;
  /** A socket filter for the packets to receive, for IPv4 or IPv6 sockets. */
  readonly filter?: ((ipv6: boolean) => Uint8Array) | undefined;
  /** Called when receiving on an address begins, ends or fails. */
  readonly event: (message: string, failed: boolean) => void;
}

export class GreSockets {
  private addressTimer: NodeJS.Timeout | undefined;
  private ipv4: RawSocket | undefined;
  /** By local address. */
  private readonly ipv6 = new Map<string, RawSocket>();
  /** Addresses without a socket. */
  private readonly missed = new Set<string>();
  private spares: SpareSockets | undefined;
  private closedDrops = 0;
  private closing = false;
  private addressTrouble = '';

  /** @param take takes the IP packet that was put into the arena, from its `used` up to `end` */
  constructor(
    private readonly options: GreOptions,
    private readonly arena: PacketArena,
    private readonly take: (end: number, sec: number, nsec: number) => void,
  ) {}

  /**
   * @param unprivileged whether privileges will be dropped
   * @throws LinuxError without the privilege for raw sockets
   */
  open(unprivileged: boolean): void {
    const { library, receiveBuffer } = this.options;
    const raw = RawSocket.open(library, AF_INET, receiveBuffer);
    if (this.options.filter !== undefined) attachFilter(raw.fd, this.options.filter(false));
    this.ipv4 = this.receive(raw, undefined);
    this.watchAddresses();
    if (unprivileged) this.spares = new SpareSockets(library, SPARE_SOCKETS, receiveBuffer);
    this.addressTimer = setInterval(() => this.watchAddresses(), ADDRESS_CHECK_MS);
  }

  /** Asks for the filters again. */
  refilter(): void {
    const { filter } = this.options;
    if (filter === undefined) return;
    if (this.ipv4 !== undefined) attachFilter(this.ipv4.fd, filter(false));
    for (const s of this.ipv6.values()) attachFilter(s.fd, filter(true));
  }

  /** Messages dropped for lack of room, of all sockets. */
  get dropped(): number {
    return this.sockets.reduce((sum, s) => sum + s.dropped, this.closedDrops);
  }

  /** The smallest receive buffer among the sockets, bytes as the kernel counts them. */
  get receiveBuffer(): number {
    return Math.min(...this.sockets.map((s) => s.buffer));
  }

  /** Local IPv6 addresses that are not received on, for lack of a socket. */
  get addressesMissed(): number {
    return this.missed.size;
  }

  /** Nothing more arrives; what is queued is still read. */
  stop(): void {
    this.closing = true;
    clearInterval(this.addressTimer);
    for (const s of this.sockets) attachFilter(s.fd, dropAll());
  }

  close(): void {
    this.closedDrops = this.dropped;
    for (const s of this.sockets) s.close();
    this.spares?.close();
    this.ipv4 = undefined;
    this.ipv6.clear();
  }

  private get sockets(): RawSocket[] {
    return this.ipv4 === undefined ? [...this.ipv6.values()] : [this.ipv4, ...this.ipv6.values()];
  }

  /** @param header the outer header of IPv6 packets, which raw sockets leave out; undefined for IPv4 */
  private receive(raw: RawSocket, header: Uint8Array | undefined): RawSocket {
    const take: MessageTaker = (bytes, o, length, from, sender, sec, nsec) => {
      const { bytes: room, used: at } = this.arena;
      let end = at;
      if (header !== undefined) {
        room.set(header, at);
        room[at + 4] = length >>> 8;
        room[at + 5] = length;
        room.set(from.subarray(sender, sender + 16), at + 8);
        end += IPV6_HEADER;
      }
      room.set(length === bytes.length ? bytes : bytes.subarray(o, o + length), end);
      this.take(end + length, sec, nsec);
    };
    raw.watch(take, (e) => this.options.event(`receiving from a raw socket failed: ${e.message}`, true));
    return raw;
  }

  /** Checks the addresses again. An error, such as too many open files, is logged once. */
  private watchAddresses(): void {
    let trouble = '';
    try {
      this.checkAddresses();
    } catch (e) {
      trouble = `this host's addresses cannot be looked at: ${whyNot(e)}; trying again`;
      if (trouble !== this.addressTrouble) this.options.event(trouble, true);
    }
    this.addressTrouble = trouble;
  }

  /** Opens a socket for every new IPv6 address of this host, and releases those of removed ones. */
  private checkAddresses(): void {
    if (this.closing) return;
    const now = new Map<string, number>();
    for (const list of Object.values(networkInterfaces())) {
      for (const a of list ?? []) if (a.family === 'IPv6') now.set(a.address, a.scopeid);
    }
    for (const [address, raw] of this.ipv6) {
      if (now.has(address)) continue;
      this.closedDrops += raw.dropped;
      this.ipv6.delete(address);
      this.giveUp(raw);
      this.options.event(`no longer receiving on ${address}: the address is gone`, false);
    }
    for (const address of this.missed) if (!now.has(address)) this.missed.delete(address);
    for (const [address, scope] of now) {
      if (this.ipv6.has(address)) continue;
      try {
        this.ipv6.set(address, this.openIpv6(parseIpv6Text(address), scope));
        this.missed.delete(address);
        this.options.event(`receiving on ${address}`, false);
      } catch (e) {
        // An address is unusable until duplicate address detection is complete (RFC 4862 section 5.4):
        // retried soon.
        if (e instanceof LinuxError && e.code === 'EADDRNOTAVAIL') continue;
        if (this.missed.has(address)) continue;
        this.missed.add(address);
        this.options.event(`not receiving on ${address}: ${e instanceof Error ? e.message : e}`, true);
      }
    }
  }

  private openIpv6(address: Uint8Array, scope: number): RawSocket {
    const raw = this.ipv6Socket(scope);
    try {
      raw.bind(address, scope, this.options.filter?.(true));
    } catch (e) {
      this.giveUp(raw);
      throw e;
    }
    return this.receive(raw, ipv6HeaderFor(address));
  }

  private ipv6Socket(scope: number): RawSocket {
    const spare = this.spares?.take(scope);
    if (spare !== undefined) return spare;
    try {
      return RawSocket.open(this.options.library, AF_INET6, this.options.receiveBuffer);
    } catch (e) {
      if (this.spares === undefined || !(e instanceof LinuxError) || e.code !== 'EPERM') throw e;
      throw new Error(
        `all ${SPARE_SOCKETS} sockets opened ahead are used; restart the collector, or run ` +
          'it with CAP_NET_RAW in place of --user',
      );
    }
  }

  private giveUp(raw: RawSocket): void {
    if (this.spares === undefined) raw.close();
    else this.spares.put(raw);
  }
}

/** Node has only a number, not a name, for the error that prevents listing interfaces. */
function whyNot(e: unknown): string {
  const { errno } = (e as { info?: { errno?: number } }).info ?? {};
  if (errno !== undefined) return errnoName(Math.abs(errno));
  return e instanceof Error ? e.message : String(e);
}
