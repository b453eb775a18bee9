/**
 * A host with tunnels, in memory, with its engine: the test provides devices, sockets, routes and time. It
 * needs no privileges.
 */
import { onTestFinished } from 'vitest';
import { POLLERR, POLLIN } from '../../src/linux/poll.js';
import { Engine } from '../../src/tunnels/engine/engine.js';
import type { Host, Poll } from '../../src/tunnels/engine/host.js';
import { namedCounters } from '../../src/tunnels/kernel/counters.js';
import { REFUSED_COUNT, Refused } from '../../src/tunnels/kernel/refused.js';
import { STATE_COUNT, State } from '../../src/tunnels/kernel/state.js';
import type { Tunnel } from '../../src/tunnels/kernel/tunnel.js';
import type { TunnelConfig } from '../../src/tunnels/spec/config.js';
import { parseTunnelSpec } from '../../src/tunnels/spec/spec.js';
import { u16 } from '../../src/wire/bytes.js';
import { payloadOf, TestGreReceiver, TestReceiver, TestSender } from './test-bind.js';
import { TestTun } from './test-tun.js';
import { destinationOf, isIpv6, Reassembly, type Station, sourceOf, type TestWire } from './test-wire.js';

const [GRE, ICMP, ICMPV6] = [47, 1, 58];
const DEVICE_MTU = 1500;
/** The interface that receives packets. */
export const WAN = { name: 'wan', index: 7 } as const;

/** Something to poll. */
interface Polled {
  readonly readable: boolean;
  readonly isGone?: boolean;
}

export class TestHost implements Host, Station {
  /** Milliseconds since 1970; only the test advances it. */
  time = Date.UTC(2026, 0, 1);
  /** How many times the engine let packets accumulate. */
  pauses = 0;
  readonly engine: Engine;
  readonly refused = new Float64Array(REFUSED_COUNT);
  /** Configurations applied to devices, the latest last. */
  readonly configured: TunnelConfig[] = [];
  /** Addresses without a route. */
  readonly unreachable = new Set<string>();
  private readonly tuns: TestTun[] = [];
  private readonly senders: TestSender[] = [];
  private readonly polled = new Map<number, Polled>();
  private readonly gre = new Map<boolean, TestGreReceiver>();
  private readonly icmp = new Map<boolean, TestReceiver>();
  private readonly fragments = new Reassembly();
  /** Path MTUs that the kernel has learned from IPv4 ICMP errors. */
  private readonly pathMtus = new Map<string, number>();
  private next = 100;
  private isClosed = false;

  constructor(
    readonly wire: TestWire,
    private readonly addresses: { readonly 4: string; readonly 6: string },
  ) {
    wire.add(this);
    // It has no event: nothing wakes it.
    this.engine = new Engine(this, -1, this.refused);
    onTestFinished(() => this.close());
  }

  add(...specs: string[]): this {
    for (const spec of specs) this.engine.add(parseTunnelSpec(spec), new Float64Array(STATE_COUNT));
    return this;
  }
  change(spec: string): void {
    this.engine.change(parseTunnelSpec(spec));
  }

  /** Closes its tunnels. The end of the test does, too. */
  close(): void {
    if (!this.isClosed) this.engine.close();
    this.isClosed = true;
  }

  tun(name: string): TestTun {
    return this.tuns.findLast((tun) => tun.name === name)!;
  }
  sender(name: string): TestSender {
    return this.senders.findLast((s) => s.tunnel.config.name === name)!;
  }
  tunnel(name: string): Tunnel {
    return this.engine.table.get(name)!;
  }
  /** The counters of a tunnel that are not 0, by their kernel names. */
  counters(name: string): Record<string, number> {
    const all = Object.entries(namedCounters(this.tunnel(name).counters));
    return Object.fromEntries(all.filter(([, n]) => n !== 0));
  }
  state(name: string): { carrier: boolean; mtu: number; route: boolean; icmpErrors: number } {
    const c = this.tunnel(name).counters;
    return {
      carrier: c[State.carrier] === 1,
      mtu: c[State.mtu],
      route: c[State.noRoute] === 0,
      icmpErrors: c[State.icmpErrors],
    };
  }
  refusals(): { header: number; checksum: number; noTunnel: number } {
    const of = (at: number) => this.refused[at];
    return { header: of(Refused.header), checksum: of(Refused.checksum), noTunnel: of(Refused.noTunnel) };
  }

  get busy(): boolean {
    return [...this.polled.values()].some((p) => p.readable);
  }

  // What the engine calls.

  now(): number {
    return this.time;
  }
  pause(): void {
    this.pauses++;
  }
  openPoll(): Poll {
    return new TestPoll((fd) => this.polled.get(fd));
  }
  interfaceIndex(name: string): number {
    return name === WAN.name ? WAN.index : 0;
  }
  interfaceMtu(): number {
    return DEVICE_MTU;
  }
  openDevice(t: Tunnel): TestTun {
    const tun = new TestTun(this.next++, t.config.name, t.config.persist);
    this.tuns.push(tun);
    this.polled.set(tun.fd, tun);
    return tun;
  }
  configureDevice(t: TunnelConfig): void {
    this.configured.push(t);
  }
  openSender(t: Tunnel): TestSender {
    const sender = new TestSender(t, this.wire, {
      mtuTo: (address) => this.mtuTo(address),
      address: (six) => this.addresses[six ? 6 : 4],
    });
    this.senders.push(sender);
    return sender;
  }
  openGre(ipv6: boolean): TestGreReceiver {
    return this.opened(this.gre, ipv6, new TestGreReceiver(this.next++));
  }
  openIcmp(ipv6: boolean): TestReceiver {
    return this.opened(this.icmp, ipv6, new TestReceiver(this.next++));
  }

  private opened<T extends TestReceiver>(sockets: Map<boolean, T>, ipv6: boolean, socket: T): T {
    sockets.set(ipv6, socket);
    this.polled.set(socket.fd, socket);
    return socket;
  }

  private mtuTo(address: string): number {
    if (this.unreachable.has(address)) return -101; // ENETUNREACH
    return Math.min(DEVICE_MTU, this.pathMtus.get(address) ?? DEVICE_MTU);
  }

  // What the wire calls.

  has(address: string): boolean {
    if (address === this.addresses[4] || address === this.addresses[6]) return true;
    return [...this.gre.values()].some((socket) => !socket.isClosed && socket.groups.has(address));
  }

  arrive(fragment: Uint8Array): void {
    const packet = this.fragments.add(fragment);
    if (packet === null) return;
    const six = isIpv6(packet);
    const { at, protocol } = payloadOf(packet);
    if (protocol === ICMP && packet[at] === 3 && packet[at + 1] === 4) {
      this.pathMtus.set(destinationOf(packet.subarray(at + 8)), u16(packet, at + 6));
    }
    const sockets = protocol === GRE ? this.gre : protocol === ICMP || protocol === ICMPV6 ? this.icmp : null;
    const socket = sockets?.get(six);
    // A multicast packet does not return to the host that sent it.
    if (socket?.isClosed === false && sourceOf(packet) !== this.addresses[six ? 6 : 4]) {
      socket.arrive(packet, WAN.index);
    }
  }
}

/** Reports at once what is readable; it never waits. */
class TestPoll implements Poll {
  private readonly fds: number[] = [];

  constructor(private readonly find: (fd: number) => Polled | undefined) {}

  add(fd: number): number {
    return this.fds.push(fd) - 1;
  }
  set(index: number, fd: number): void {
    this.fds[index] = fd;
  }
  wait(): number {
    return this.fds.filter((_, i) => this.events(i) !== 0).length;
  }
  events(index: number): number {
    const polled = this.find(this.fds[index]);
    if (polled?.isGone === true) return POLLERR;
    return polled?.readable === true ? POLLIN : 0;
  }
}

/** Runs the hosts until they have nothing left to do. */
export function settle(...hosts: readonly TestHost[]): void {
  do {
    for (const host of hosts) host.engine.step();
  } while (hosts.some((host) => host.busy));
}

/** Advances time second by second, as engines check what is due. */
export function pass(seconds: number, ...hosts: readonly TestHost[]): void {
  for (let i = 0; i < seconds; i++) {
    for (const host of hosts) host.time += 1000;
    settle(...hosts);
  }
}
