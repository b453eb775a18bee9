/**
 * Network interfaces: index, state, size, and the offloads that change what a receiver sees (netdevice(7),
 * ethtool).
 */
import { existsSync, writeFileSync } from 'node:fs';
import { AF_INET } from './address.js';
import { check, LinuxError } from './errors.js';
import * as libc from './libc.js';
import { openSocket, SOCK_DGRAM } from './socket.js';

const IFNAMSIZ = 16;
/** sizeof(struct ifreq) on 64-bit machines. */
const IFREQ = 40;
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
const SIOCGIFMTU = 0x8921;
const SIOCSIFMTU = 0x8922;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const SIOCSIFTXQLEN = 0x8943;
const SIOCETHTOOL = 0x8946;
const ETHTOOL_GCHANNELS = 0x3c;

export const IFF_UP = 0x1;
export const IFF_LOOPBACK = 0x8;
export const IFF_RUNNING = 0x40;
export const IFF_NOARP = 0x80;
export const IFF_PROMISC = 0x100;

/** Interface index, 0 if there is no such interface. */
export function interfaceIndex(name: string): number {
  const length = new TextEncoder().encode(name).length;
  if (length === 0 || length >= IFNAMSIZ) return 0;
  const r = ifreq(name);
  try {
    ask(SIOCGIFINDEX, r, `find interface ${name}`);
  } catch (e) {
    if (e instanceof LinuxError && e.code === 'ENODEV') return 0;
    throw e;
  }
  return new DataView(r.buffer).getInt32(IFNAMSIZ, true);
}

/** A struct ifreq with the interface's name. */
export function ifreq(name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length === 0 || bytes.length >= IFNAMSIZ) {
    throw new RangeError(`"${name}" cannot be an interface name: 1 to ${IFNAMSIZ - 1} bytes`);
  }
  const r = new Uint8Array(IFREQ);
  r.set(bytes);
  return r;
}

/**
 * Any socket will do for these requests. It is kept open: interfaces are polled, and without a descriptor for
 * the request an interface would look as if it were gone.
 */
let asking = -1;

function askingSocket(): number {
  if (asking < 0) asking = openSocket(AF_INET, SOCK_DGRAM, 0);
  return asking;
}

function ask(request: number, r: Uint8Array, attempt: string): void {
  check(libc.ioctl(askingSocket(), request, r), attempt);
}

/** IFF_UP, IFF_RUNNING, … */
export function interfaceFlags(name: string): number {
  const r = ifreq(name);
  ask(SIOCGIFFLAGS, r, `read the state of interface ${name}`);
  return r[IFNAMSIZ] | (r[IFNAMSIZ + 1] << 8);
}

/** Sets an interface up or down. */
export function setInterfaceUp(name: string, up: boolean): void {
  const flags = interfaceFlags(name);
  setFlags(name, up ? flags | IFF_UP : flags & ~IFF_UP, `set interface ${name} ${up ? 'up' : 'down'}`);
}

/**
 * Brings an interface up that only shows frames: it answers no ARP, and the kernel sends nothing of its own
 * over it.
 */
export function setSilentUp(name: string): void {
  const ipv6 = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
  try {
    if (existsSync(ipv6)) writeFileSync(ipv6, '1');
  } catch (e) {
    // A container's /proc/sys is read-only. IPv6 then sends a few solicitations, which nobody reads.
    if ((e as NodeJS.ErrnoException).code !== 'EROFS') throw e;
  }
  setFlags(name, interfaceFlags(name) | IFF_UP | IFF_NOARP, `set interface ${name} up`);
}

function setFlags(name: string, flags: number, attempt: string): void {
  const r = ifreq(name);
  r[IFNAMSIZ] = flags;
  r[IFNAMSIZ + 1] = flags >>> 8;
  ask(SIOCSIFFLAGS, r, attempt);
}

export function interfaceMtu(name: string): number {
  const r = ifreq(name);
  ask(SIOCGIFMTU, r, `read the MTU of interface ${name}`);
  return new DataView(r.buffer).getInt32(IFNAMSIZ, true);
}

export function setInterfaceMtu(name: string, mtu: number): void {
  const r = ifreq(name);
  new DataView(r.buffer).setInt32(IFNAMSIZ, mtu, true);
  ask(SIOCSIFMTU, r, `set the MTU of interface ${name} to ${mtu}`);
}

/** Sets the length of an interface's transmit queue, in packets. */
export function setInterfaceQueueLength(name: string, packets: number): void {
  const r = ifreq(name);
  new DataView(r.buffer).setInt32(IFNAMSIZ, packets, true);
  ask(SIOCSIFTXQLEN, r, `set the queue length of interface ${name} to ${packets}`);
}

/**
 * ARPHRD_ type of an interface: 1 Ethernet, 772 loopback, 65534 no link header (TUN); -1 if there is no such
 * interface. Not from /sys, which shows the network namespace it was mounted in.
 */
export function interfaceType(name: string): number {
  const r = ifreq(name);
  try {
    ask(SIOCGIFHWADDR, r, `read the type of interface ${name}`);
  } catch (e) {
    if (e instanceof LinuxError && e.code === 'ENODEV') return -1;
    throw e;
  }
  return r[IFNAMSIZ] | (r[IFNAMSIZ + 1] << 8);
}

/**
 * The queues that an interface receives by (ETHTOOL_GCHANNELS, struct ethtool_channels); 1 if the driver does
 * not tell.
 */
export function receiveQueues(name: string): number {
  const r = ifreq(name);
  const channels = new Uint32Array(9);
  channels[0] = ETHTOOL_GCHANNELS;
  const bytes = new Uint8Array(channels.buffer);
  new DataView(r.buffer).setBigUint64(IFNAMSIZ, libc.addressOf(bytes), true);
  if (libc.ioctl(askingSocket(), SIOCETHTOOL, r) < 0) return 1;
  const [receiving, combined] = [channels[5], channels[8]];
  return Math.max(1, receiving + combined);
}

/** ETHTOOL_G… commands that return one number (struct ethtool_value), for {@link ethtoolValue}. */
export const Ethtool = { Gro: 0x2b, Gso: 0x23, RxCsum: 0x14, Flags: 0x25 } as const;
/** Bits of ETHTOOL_GFLAGS. */
export const ETH_FLAG_TXVLAN = 1 << 7;
export const ETH_FLAG_RXVLAN = 1 << 8;
export const ETH_FLAG_LRO = 1 << 15;

/**
 * Reads one of the interface's offload settings.
 *
 * @returns the value; -1 if the driver does not have the setting.
 */
export function ethtoolValue(name: string, command: number): number {
  const r = ifreq(name);
  const value = new Uint32Array([command, 0]);
  const bytes = new Uint8Array(value.buffer);
  new DataView(r.buffer).setBigUint64(IFNAMSIZ, libc.addressOf(bytes), true);
  return libc.ioctl(askingSocket(), SIOCETHTOOL, r) < 0 ? -1 : value[1];
}
