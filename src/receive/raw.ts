/**
 * Receives from raw sockets of protocol 47: what the kernel delivers to this host, with fragments
 * reassembled. It is the receiver for low rates; ring.ts is the one for high rates. Sockets are watched in
 * the main thread's event loop, so it runs there.
 */
import { networkInterfaces } from 'node:os';
import { AF_INET, AF_INET6 } from '../linux/address.js';
import { attachFilter } from '../linux/bpf.js';
import { errnoName, LinuxError } from '../linux/errors.js';
import { dropAll } from '../linux/gre-filter.js';
import { BATCH_CAPACITY, LinkType, PacketBatch } from '../model/batch.js';
import { ipv6HeaderFor, parseIpv6Text } from './raw-ipv6.js';
import { LONGEST, type MessageTaker, type RawLibrary, RawSocket, SpareSockets } from './raw-sockets.js';
import { type Trial, takeTrial } from './trial.js';

/** Bytes gathered before they are handed on; there is room for one more message. */
const ARENA = 1 << 20;
const IPV6_HEADER = 40;
/** The longest time a packet waits for others, milliseconds. */
const GATHER_MS = 2;
/** How often local IPv6 addresses are checked, milliseconds. */
const ADDRESS_CHECK_MS = 2000;
/** IPv6 sockets opened in advance for addresses that appear after privileges are dropped. They are reused. */
export const SPARE_SOCKETS = 64;

export interface RawOptions {
  /** Opens the sockets and watches them. */
  readonly library: RawLibrary;
  /** Receive buffer of each socket, bytes; the kernel may grant less. */
  readonly receiveBuffer: number;
  /** A socket filter for the packets to receive, for IPv4 or IPv6 sockets. */
  readonly filter?: (ipv6: boolean) => Uint8Array;
  /** Takes the gathered packets; their bytes are reused afterwards. */
  readonly packets: (batch: PacketBatch) => void;
  /** Called when receiving on an address begins, ends or fails. */
  readonly event: (message: string, failed: boolean) => void;
}

export class RawReceiver {
  private readonly batch = new PacketBatch();
  private readonly arena = new Uint8Array(ARENA + LONGEST + IPV6_HEADER);
  private used = 0;
  private timer: NodeJS.Timeout | undefined;
  private addressTimer: NodeJS.Timeout | undefined;
  private ipv4: RawSocket | undefined;
  /** By local address: raw IPv6 sockets do not report a packet's destination, so each address has its own. */
  private readonly ipv6 = new Map<string, RawSocket>();
  /** Addresses without a socket. */
  private readonly missed = new Set<string>();
  private spares: SpareSockets | undefined;
  private closedDrops = 0;
  private closing = false;
  private addressTrouble = '';
  /** A trial packet to look out for, which is neither counted nor passed on. */
  trial: Trial | undefined;
  packets = 0;
  bytes = 0;

  constructor(private readonly options: RawOptions) {}

  /**
   * @param unprivileged whether privileges will be dropped
   * @throws LinuxError without the privilege for raw sockets
   */
  open(unprivileged = false): void {
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

  /** Stops receiving, after handing on what the sockets still hold. */
  async close(): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    clearInterval(this.addressTimer);
    // Nothing more arrives, and the sockets' queues are read: what the kernel has accepted is not lost.
    for (const s of this.sockets) attachFilter(s.fd, dropAll());
    for (let before = -1; before !== this.packets; ) {
      before = this.packets;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    this.flush();
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
      const at = this.used;
      let end = at;
      if (header !== undefined) {
        this.arena.set(header, at);
        this.arena[at + 4] = length >>> 8;
        this.arena[at + 5] = length;
        this.arena.set(from.subarray(sender, sender + 16), at + 8);
        end += IPV6_HEADER;
      }
      this.arena.set(length === bytes.length ? bytes : bytes.subarray(o, o + length), end);
      this.packet(at, end + length, sec, nsec);
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

  /** Appends the packet in the arena from `at` to `end`. */
  private packet(at: number, end: number, sec: number, nsec: number): void {
    if (this.trial !== undefined && takeTrial(this.trial, this.arena, at, end)) return;
    const b = this.batch;
    const i = b.count++;
    b.offset[i] = at;
    b.captured[i] = b.length[i] = end - at;
    b.sec[i] = sec;
    b.nsec[i] = nsec;
    b.linkType[i] = LinkType.Raw;
    b.interface[i] = 0;
    this.used = end;
    this.packets++;
    this.bytes += end - at;
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

/** Node has only a number, not a name, for the error that prevents listing interfaces. */
function whyNot(e: unknown): string {
  const { errno } = (e as { info?: { errno?: number } }).info ?? {};
  if (errno !== undefined) return errnoName(Math.abs(errno));
  return e instanceof Error ? e.message : String(e);
}
