/**
 * Running tunnels, all in one thread: packets from the wire go through the tunnel table to the devices,
 * packets from the devices are encapsulated and sent. It blocks in poll until there is something to do.
 */
import { clearEvent } from '../../linux/event.js';
import { Messages } from '../../linux/messages.js';
import { POLLIN } from '../../linux/poll.js';
import { OuterPacket } from '../../model/outer-packet.js';
import { u16 } from '../../wire/bytes.js';
import { GRE_PROTO_KEEPALIVE } from '../../wire/tunnel/gre.js';
import { Counter } from '../kernel/counters.js';
import { IcmpMeaning, icmpMeaning } from '../kernel/icmp.js';
import { emitKeepalive, isKeepaliveAnswer, isKeepaliveRequest } from '../kernel/keepalive.js';
import { TunnelTable } from '../kernel/table.js';
import type { Tunnel, TunnelDevice } from '../kernel/tunnel.js';
import { ETH_P_IP, ETH_P_IPV6 } from '../packet/inner-packet.js';
import { isEthernetMode, type TunnelConfig, TunnelConfigError } from '../spec/config.js';
import { Endpoint } from './endpoint.js';
import type { Device, GreReceiver, Host, Poll, Receiver } from './host.js';
import { CONTROL, IcmpError, outerOf, quotedOf } from './receiver-sockets.js';
import { MOST_READS, Transmitter } from './transmitter.js';

/** The most tunnels of one process. */
export const MAX_TUNNELS = 1024;
const RECEIVE_MESSAGES = 64;
/** The largest packet, and some more so that messages do not all start at the same place of a cache. */
const MESSAGE_SIZE = 65536 + 320;
const ICMP_MESSAGES = 16;
const ICMP_SIZE = 2048;
/** How often paths are checked and keepalives sent, ms. */
const TICK_MS = 1000;
/** Batches from one socket before it is the others' turn. */
const ROUNDS = 4;

/**
 * After this many packets at once, more are on their way: they gather for this long, µs, like packets in a
 * network card that delays its interrupts. Blocked in poll, this thread would be woken for each, at its
 * sender's expense.
 */
const MANY = 16;
const GATHER_US = 100;

/** Indices in the poll set: the wake-up, GRE and ICMP of either IP version, then the devices. */
const WAKE = 0;
const SOCKETS = 1;
const DEVICES = 5;

export class Engine implements TunnelDevice {
  readonly table: TunnelTable;
  private readonly endpoints: Endpoint[] = [];
  private readonly byTunnel = new Map<Tunnel, Endpoint>();
  private readonly messages = new Messages(RECEIVE_MESSAGES, MESSAGE_SIZE, CONTROL);
  private readonly errors = new Messages(ICMP_MESSAGES, ICMP_SIZE);
  private readonly transmitter = new Transmitter();
  private readonly packet = new OuterPacket();
  private readonly icmpError = new IcmpError();
  private readonly dirty: Endpoint[] = [];
  /** What is received by over IPv4, over IPv6; null while no tunnel needs it. */
  private readonly gre: (GreReceiver | null)[] = [null, null];
  private readonly icmp: (Receiver | null)[] = [null, null];
  private polled: Poll;
  private nextTick = 0;
  /** Packets of this step, and whether it has left some for the next. */
  private moved = 0;
  private more = false;

  /**
   * @param host what devices, sockets and time come from.
   * @param wake an event descriptor (linux/event.ts): {@link step} returns when it is signalled.
   * @param refused counts of packets that no tunnel took, see refused.ts.
   */
  constructor(
    private readonly host: Host,
    private readonly wake: number,
    refused?: Float64Array,
  ) {
    this.table = new TunnelTable(this, refused);
    this.polled = this.arrangePoll();
  }

  /**
   * Adds a tunnel and creates its device.
   *
   * @throws TunnelConfigError, LinuxError
   */
  add(config: TunnelConfig, counters?: Float64Array): void {
    if (this.endpoints.length === MAX_TUNNELS) {
      throw new TunnelConfigError(
        'name',
        `tunnel ${config.name}: there are ${MAX_TUNNELS} tunnels already, no more are made`,
      );
    }
    this.attach(this.table.add(config, this.link(config), counters));
  }

  private link(config: TunnelConfig): number {
    if (config.dev === null) return 0;
    const index = this.host.interfaceIndex(config.dev);
    if (index > 0) return index;
    throw new TunnelConfigError(
      'dev',
      `tunnel ${config.name}: there is no interface ${config.dev}; \`ip link\` lists them`,
    );
  }

  /** Removes a tunnel and its device, persistent or not. */
  remove(name: string): void {
    const t = this.table.get(name);
    if (t === undefined) return;
    const e = this.byTunnel.get(t);
    if (t.config.persist && e?.gone === false) e.device.setPersistent(false);
    this.end(t);
  }

  private end(t: Tunnel): void {
    this.table.remove(t.config.name);
    this.detach(t).close(true);
    this.arrangeSockets();
  }

  /**
   * Gives a tunnel other parameters; its device stays, and its counters go on (Linux: ip_tunnel_changelink).
   * When that cannot be, it stays what it was.
   *
   * @throws TunnelConfigError, LinuxError
   */
  change(config: TunnelConfig): void {
    const old = this.table.get(config.name);
    if (old === undefined || old.ethernet !== isEthernetMode(config.mode)) {
      this.remove(config.name);
      this.add(config, old?.counters);
      return;
    }
    const link = this.link(config);
    this.table.remove(config.name);
    let t: Tunnel;
    try {
      t = this.table.add(config, link, old.counters);
    } catch (e) {
      this.table.put(old);
      throw e;
    }
    t.iSeqno = old.iSeqno;
    t.oSeqno = old.oSeqno;
    const before = this.detach(old);
    if (before.gone) {
      before.close(true);
      this.attach(t);
    } else this.replace(before, t);
  }

  /** Makes a tunnel that is in the table work, with a new device. */
  private attach(t: Tunnel): void {
    try {
      this.install(this.open(t));
    } catch (error) {
      if (this.byTunnel.has(t)) this.end(t);
      else this.table.remove(t.config.name);
      throw error;
    }
  }

  /** Has a tunnel that is in the table take the device of another one over, or that one goes on. */
  private replace(before: Endpoint, t: Tunnel): void {
    let e: Endpoint | null = null;
    try {
      e = this.endpoint(t, before.device);
      e.reconfigure();
      this.install(e);
    } catch (error) {
      if (this.byTunnel.has(t)) this.detach(t);
      e?.close(false);
      this.table.remove(t.config.name);
      this.table.put(before.tunnel);
      this.install(before);
      before.reconfigure();
      throw error;
    }
    before.close(false);
  }

  private install(e: Endpoint): void {
    this.endpoints.push(e);
    this.byTunnel.set(e.tunnel, e);
    this.arrangeSockets();
    this.groups(e.tunnel, true);
  }

  /** An endpoint with a device of its own. */
  private open(t: Tunnel): Endpoint {
    const device = this.host.openDevice(t);
    try {
      const e = this.endpoint(t, device);
      try {
        e.begin();
        return e;
      } catch (error) {
        e.close(false);
        throw error;
      }
    } catch (error) {
      device.close();
      throw error;
    }
  }

  private endpoint(t: Tunnel, device: Device): Endpoint {
    const sender = this.host.openSender(t);
    try {
      return new Endpoint(t, device, sender, this.host, this.messages.mapping);
    } catch (error) {
      sender.close();
      throw error;
    }
  }

  private detach(t: Tunnel): Endpoint {
    const e = this.byTunnel.get(t)!;
    e.flush();
    this.byTunnel.delete(t);
    this.endpoints.splice(this.endpoints.indexOf(e), 1);
    this.groups(t, false);
    return e;
  }

  /** Joins or leaves a tunnel's group, unless another tunnel is in it too. */
  private groups(t: Tunnel, join: boolean): void {
    const group = t.config.remote.join();
    const others = this.endpoints.some(
      (e) => e.tunnel !== t && e.tunnel.link === t.link && e.tunnel.config.remote.join() === group,
    );
    if (t.remoteMulticast && !others) this.gre[t.ipv6 ? 1 : 0]?.setMembership(t, join);
  }

  /** Opens the sockets that tunnels need and closes unused ones. */
  private arrangeSockets(): void {
    for (const six of [0, 1]) {
      const needed = this.endpoints.some((e) => e.tunnel.ipv6 === (six === 1));
      if (needed) {
        this.gre[six] ??= this.host.openGre(six === 1);
        this.icmp[six] ??= this.host.openIcmp(six === 1);
        this.gre[six].filter(this.table.tunnels());
      } else {
        this.gre[six]?.close();
        this.icmp[six]?.close();
        this.gre[six] = null;
        this.icmp[six] = null;
      }
    }
    this.polled = this.arrangePoll();
  }

  private arrangePoll(): Poll {
    const poll = this.host.openPoll(DEVICES + MAX_TUNNELS);
    poll.add(this.wake, POLLIN);
    for (const socket of [...this.gre, ...this.icmp]) poll.add(socket?.fd ?? -1, POLLIN);
    for (const e of this.endpoints) poll.add(e.gone ? -1 : e.device.fd, POLLIN);
    return poll;
  }

  /** Waits for packets and passes them on, once. @returns whether it was woken. */
  step(): boolean {
    const before = this.host.now();
    this.polled.wait(Math.max(0, Math.min(TICK_MS, this.nextTick - before)));
    const now = this.host.now();
    const p = this.polled;
    this.moved = 0;
    this.more = false;
    for (let six = 0; six < 2; six++) {
      const gre = this.gre[six];
      const icmp = this.icmp[six];
      if (gre !== null && p.events(SOCKETS + six) !== 0) this.receiveGre(gre, six === 1);
      if (icmp !== null && p.events(SOCKETS + 2 + six) !== 0) this.receiveIcmp(icmp, six === 1, now);
    }
    for (let i = 0; i < this.endpoints.length; i++) {
      const events = p.events(DEVICES + i);
      if ((events & POLLIN) !== 0) this.transmit(this.endpoints[i], now);
      else if (events !== 0) this.lose(i);
    }
    if (now >= this.nextTick) this.tick(now);
    if (this.moved >= MANY && !this.more) this.host.pause(GATHER_US);
    if (p.events(WAKE) === 0) return false;
    clearEvent(this.wake);
    return true;
  }

  /** Somebody has removed a device: its descriptor would be readable forever. */
  private lose(i: number): void {
    this.endpoints[i].lose();
    this.polled.set(DEVICES + i, -1, POLLIN);
  }

  private transmit(e: Endpoint, now: number): void {
    const reads = this.transmitter.transmit(e, now);
    this.moved += reads;
    if (reads === MOST_READS) this.more = true;
  }

  private receiveGre(socket: GreReceiver, ipv6: boolean): void {
    for (let round = 0; round < ROUNDS; round++) {
      const n = socket.receive(this.messages);
      for (let i = 0; i < n; i++) {
        if (!outerOf(this.messages, i, ipv6, this.packet)) continue;
        const p = this.packet;
        if (u16(p.bytes, p.gre + 2) === GRE_PROTO_KEEPALIVE && this.keepaliveAnswer()) continue;
        this.table.rcv(p);
      }
      for (let i = 0; i < this.dirty.length; i++) this.dirty[i].flush();
      this.dirty.length = 0;
      this.moved += n;
      if (n < RECEIVE_MESSAGES) return;
    }
    this.more = true;
  }

  /** Takes a packet that belongs to tunnel `t`, for its device. */
  receive(t: Tunnel, bytes: Uint8Array, at: number, end: number, protocol: number): void {
    const e = this.byTunnel.get(t)!;
    // The other end is alive: earlier errors from the path are no longer news to senders.
    t.errCount = 0;
    if (isKeepaliveRequest(t, bytes, at, end, protocol)) {
      this.transmitter.transmitBare(e, bytes, at, end);
      return;
    }
    if (!t.ethernet && !isIp(bytes[at] >>> 4, protocol)) {
      t.counters[Counter.rxDropped]++;
      return;
    }
    if (e.peers !== null) this.learn(e, bytes, at, protocol);
    e.gro.write(bytes, at, end, protocol);
    if (!e.dirty) {
      e.dirty = true;
      this.dirty.push(e);
    }
  }

  private learn(e: Endpoint, b: Uint8Array, at: number, protocol: number): void {
    const p = this.packet;
    const t = e.tunnel;
    const size = t.ipv6 ? 16 : 4;
    const peers = e.peers!;
    if (t.ethernet) peers.learn(b, at + 6, 6, p.bytes, p.source, p.destination, size);
    else if (protocol === ETH_P_IP) peers.learn(b, at + 12, 4, p.bytes, p.source, p.destination, size);
    else if (protocol === ETH_P_IPV6) peers.learn(b, at + 8, 16, p.bytes, p.source, p.destination, size);
  }

  private keepaliveAnswer(): boolean {
    for (let i = 0; i < this.endpoints.length; i++) {
      const e = this.endpoints[i];
      if (e.tunnel.config.keepalive === null || !isKeepaliveAnswer(e.tunnel, this.packet)) continue;
      e.unanswered = 0;
      e.setCarrier(true);
      return true;
    }
    return false;
  }

  /** Linux: gre_err of ip_gre.c, ip6gre_err of ip6_gre.c. */
  private receiveIcmp(socket: Receiver, ipv6: boolean, now: number): void {
    const n = socket.receive(this.errors);
    for (let i = 0; i < n; i++) {
      if (!quotedOf(this.errors, i, ipv6, this.icmpError, this.packet)) continue;
      const t = this.table.quoted(this.packet);
      const e = t === null ? undefined : this.byTunnel.get(t);
      if (t === null || e === undefined || t.remoteAny || t.remoteMulticast) continue;
      const meaning = icmpMeaning(ipv6, this.icmpError.type, this.icmpError.code, t.config.ttl === 0);
      if (meaning === IcmpMeaning.Mtu) {
        if (ipv6) e.path?.learn(this.icmpError.mtu);
        e.askPath();
      }
      if (meaning !== IcmpMeaning.Nothing) e.noteError(now, meaning === IcmpMeaning.Unreachable);
    }
  }

  private tick(now: number): void {
    this.nextTick = now + TICK_MS;
    for (const e of this.endpoints) {
      if (e.gone) continue;
      e.askPath();
      const keepalive = e.tunnel.config.keepalive;
      if (keepalive === null || now < e.nextKeepalive) continue;
      e.nextKeepalive = now + keepalive.seconds * 1000;
      if (e.unanswered >= keepalive.retries) e.setCarrier(false);
      e.unanswered++;
      const source = e.tunnel.localAny ? (e.path?.source ?? e.tunnel.config.local) : e.tunnel.config.local;
      this.transmitter.transmitOwn(e, now, (b, o) => emitKeepalive(e.tunnel, source, b, o));
    }
  }

  /** Ends every tunnel; persistent devices stay. */
  close(): void {
    for (const t of [...this.table.tunnels()]) this.end(t);
    this.messages.close();
    this.errors.close();
    this.transmitter.close();
  }
}

/** Whether the packet's version nibble is that of GRE's protocol type: a TUN device carries IP alone. */
function isIp(version: number, protocol: number): boolean {
  return protocol === ETH_P_IP ? version === 4 : protocol === ETH_P_IPV6 && version === 6;
}
