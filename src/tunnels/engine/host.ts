/**
 * What tunnels use of the host they are on: a device and a socket for each, sockets to receive on, time.
 * Linux's is in linux-host.ts; tests have one in memory, which needs no rights.
 */
import type { Gather } from '../../linux/gather.js';
import type { Messages } from '../../linux/messages.js';
import type { Pieces } from '../../linux/pieces.js';
import type { PacketSlots } from '../../linux/tun.js';
import type { Tunnel } from '../kernel/tunnel.js';
import type { TunnelConfig } from '../spec/config.js';

/**
 * A network interface whose packets a program reads and writes (linux/tun.ts), each with a virtio_net_hdr in
 * front, by which one stands for many. It never blocks.
 */
export interface Device {
  /** What it is polled by. */
  readonly fd: number;
  /** Whether it takes many UDP datagrams as one (VIRTIO_NET_HDR_GSO_UDP_L4). */
  readonly udpSegmentation: boolean;
  /** Reads a packet into slot `i`. @returns its bytes, the header's too; less than 0 when there is none. */
  read(slots: PacketSlots, i: number): number;
  /** Writes one packet of `count` pieces. @returns whether it was taken. */
  write(packet: Pieces, count: number): boolean;
  mtu(): number;
  setMtu(mtu: number): void;
  /** Lets it work, with so many packets waiting to be read at most. */
  setUp(queueLength: number): void;
  /** Whether it says that it has a link. */
  setCarrier(up: boolean): void;
  /** Whether it outlives the program. */
  setPersistent(persistent: boolean): void;
  /** Takes it away, unless it is persistent. */
  close(): void;
}

/**
 * The socket that one tunnel sends by, outer IP header included (raw(7)). It never blocks but when told to
 * wait.
 */
export interface Sender {
  /** Sends messages `first` to `end`. @returns how many were taken; -errno of the first when none was. */
  send(messages: Gather, first: number, end: number): number;
  /** Waits for room to send, up to so many ms. @returns whether there is some. */
  waitForRoom(ms: number): boolean;
  /** The route to the tunnel's remote: see {@link Path}. */
  route(source: Uint8Array): number;
  close(): void;
}

/** A raw socket that all tunnels of a family receive by. It never blocks. */
export interface Receiver {
  /** What it is polled by. */
  readonly fd: number;
  /** Receives as many messages as there are and have room. @returns how many. */
  receive(into: Messages): number;
  close(): void;
}

/** One of protocol 47; the others are of ICMP errors. */
export interface GreReceiver extends Receiver {
  /** Keeps out what none of these tunnels can take, as far as that can be told early. */
  filter(tunnels: Iterable<Tunnel>): void;
  /** Joins or leaves a tunnel's multicast group. */
  setMembership(t: Tunnel, joined: boolean): void;
}

/** Waiting for several of them at once (linux/poll.ts). */
export interface Poll {
  add(fd: number, events: number): number;
  set(index: number, fd: number, events: number): void;
  wait(timeout: number): number;
  events(index: number): number;
}

/** All that opens or makes something throws LinuxError when it cannot. */
export interface Host {
  /** The time, ms since 1970. */
  now(): number;
  /** Does nothing for so long, µs. */
  pause(us: number): void;
  openPoll(capacity: number): Poll;
  /** 0: there is no such interface. */
  interfaceIndex(name: string): number;
  interfaceMtu(name: string): number;
  /** The device of a tunnel, of its name and kind. It is down. */
  openDevice(t: Tunnel): Device;
  /** Gives a tunnel's device its addresses and routes. @throws TunnelConfigError */
  configureDevice(t: TunnelConfig): void;
  openSender(t: Tunnel): Sender;
  openGre(ipv6: boolean): GreReceiver;
  openIcmp(ipv6: boolean): Receiver;
}
