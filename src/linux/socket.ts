/** Opens sockets and sets their options. Descriptors are plain numbers; their owner closes them. */
import { readdirSync } from 'node:fs';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import { AF_INET, AF_INET6, AF_PACKET, AF_XDP } from './address.js';
import { check, LinuxError } from './errors.js';
import * as libc from './libc.js';

export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;

export const IPPROTO_IP = 0;
export const IPPROTO_ICMP = IpProtocol.Icmp;
export const IPPROTO_UDP = IpProtocol.Udp;
export const IPPROTO_IPV6 = IpProtocol.Ipv6;
export const IPPROTO_GRE = IpProtocol.Gre;
export const IPPROTO_ICMPV6 = IpProtocol.Icmp6;
export const IPPROTO_RAW = 255;

export const SOL_SOCKET = 1;
export const SOL_UDP = IpProtocol.Udp;
export const SOL_PACKET = 263;

export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_BINDTODEVICE = 25;
export const SO_ATTACH_FILTER = 26;
export const SO_TIMESTAMPNS = 35;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_MARK = 36;
export const SO_RXQ_OVFL = 40;

export const IP_TOS = 1;
export const IP_TTL = 2;
export const IP_HDRINCL = 3;
export const IP_PKTINFO = 8;
export const IP_MTU_DISCOVER = 10;
export const IP_RECVERR = 11;
/** Of a raw socket: the offset of a checksum that the kernel fills in, pseudo header included. */
export const IPV6_CHECKSUM = 7;
export const IP_RECVTTL = 12;
export const IP_RECVTOS = 13;
export const IPV6_UNICAST_HOPS = 16;
export const IPV6_MTU_DISCOVER = 23;
export const IPV6_RECVERR = 25;
export const IPV6_V6ONLY = 26;
export const IPV6_HDRINCL = 36;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;
export const IPV6_RECVHOPLIMIT = 51;
export const IPV6_HOPLIMIT = 52;
export const IPV6_RECVTCLASS = 66;
export const IPV6_TCLASS = 67;

/** Takes datagrams over IPv6 without a checksum, as encapsulations send them (RFC 6935). */
export const UDP_NO_CHECK6_RX = 102;

/** Opens a close-on-exec socket. */
export function openSocket(domain: number, type: number, protocol: number, nonblocking = false): number {
  const flags = SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0);
  return check(
    libc.socket(domain, type | flags, protocol),
    `open a ${socketWords(domain, type, protocol)} socket`,
  );
}

function socketWords(domain: number, type: number, protocol: number): string {
  if (type === SOCK_DGRAM && protocol === IPPROTO_UDP) return domain === AF_INET6 ? 'UDP IPv6' : 'UDP IPv4';
  switch (domain) {
    case AF_PACKET:
      return 'packet';
    case AF_XDP:
      return 'AF_XDP';
    case AF_INET:
      return `raw IPv4 (protocol ${protocol})`;
    case AF_INET6:
      return `raw IPv6 (protocol ${protocol})`;
    default:
      return `family ${domain}`;
  }
}

export function bindSocket(fd: number, address: Uint8Array, what: string): void {
  check(libc.bind(fd, address, address.length), `bind to ${what}`);
}

const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** Marks a descriptor that a library opened as close-on-exec. */
export function closeOnExec(fd: number): void {
  check(libc.fcntl(fd, F_SETFD, FD_CLOEXEC), 'keep a socket from other programs');
}

const MSG_DONTWAIT = 0x40;

/** Discards what a socket has received and nobody has read. */
export function discardQueue(fd: number): void {
  // Reading one byte of a message discards the rest of it.
  const byte = new Uint8Array(1);
  while (libc.recv(fd, byte, 1, MSG_DONTWAIT) >= 0);
}

export function closeSocket(fd: number): void {
  libc.close(fd);
}

export function setOption(fd: number, level: number, name: number, value: Uint8Array, what: string): void {
  check(libc.setsockopt(fd, level, name, value, value.length), `set ${what}`);
}

/** An option whose value is an int. */
export function setIntOption(fd: number, level: number, name: number, value: number, what: string): void {
  setOption(fd, level, name, new Uint8Array(new Int32Array([value]).buffer), what);
}

/** Reads an option into `value`; bytes written. */
export function getOption(fd: number, level: number, name: number, value: Uint8Array, what: string): number {
  const length = new Uint32Array([value.length]);
  check(libc.getsockopt(fd, level, name, value, length), `read ${what}`);
  return length[0];
}

export function getIntOption(fd: number, level: number, name: number, what: string): number {
  const value = new Int32Array(1);
  getOption(fd, level, name, new Uint8Array(value.buffer), what);
  return value[0];
}

/**
 * Makes the receive buffer as large as possible, up to `bytes`: with CAP_NET_ADMIN, even beyond
 * net.core.rmem_max.
 *
 * @returns what the kernel granted, bytes (it includes its own overhead: twice what was asked for).
 */
export function setReceiveBuffer(fd: number, bytes: number): number {
  try {
    setIntOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes, 'the receive buffer');
  } catch (e) {
    if (!(e instanceof LinuxError) || e.code !== 'EPERM') throw e;
    setIntOption(fd, SOL_SOCKET, SO_RCVBUF, bytes, 'the receive buffer');
  }
  return getIntOption(fd, SOL_SOCKET, SO_RCVBUF, 'the receive buffer');
}

/** Receives only what arrives on, and sends only through, interface `name`. */
export function bindToDevice(fd: number, name: string): void {
  const value = new TextEncoder().encode(`${name}\0`);
  setOption(fd, SOL_SOCKET, SO_BINDTODEVICE, value, `the socket's interface to ${name}`);
}

const SO_TYPE = 3;
const SO_PROTOCOL = 38;
const SO_DOMAIN = 39;
const SO_MEMINFO = 55;
/** Index of the drop counter in SO_MEMINFO's words (linux/sock_diag.h), and how many there are. */
const SK_MEMINFO_DROPS = 8;
const SK_MEMINFO_VARS = 9;
const SIOCGSTAMPNS = 0x8907;

/** This process's sockets of a kind: for sockets that a library opened and does not expose. */
export function socketsOf(domain: number, type: number, protocol: number): number[] {
  const is = (fd: number): boolean => {
    const value = new Int32Array(1);
    const bytes = new Uint8Array(value.buffer);
    const wanted = [
      [SO_DOMAIN, domain],
      [SO_TYPE, type],
      [SO_PROTOCOL, protocol],
    ];
    return wanted.every(([name, expected]) => {
      if (libc.getsockopt(fd, SOL_SOCKET, name, bytes, new Uint32Array([4])) < 0) return false;
      return value[0] === expected;
    });
  };
  return readdirSync('/proc/self/fd').map(Number).filter(is);
}

/** Messages dropped by the socket for lack of room since it was opened (modulo 2^32). */
export function socketDrops(fd: number): number {
  const words = new Uint32Array(SK_MEMINFO_VARS);
  getOption(fd, SOL_SOCKET, SO_MEMINFO, new Uint8Array(words.buffer), "the socket's counters");
  return words[SK_MEMINFO_DROPS];
}

/** The arrival time of the message last received from a socket, by the kernel's clock. */
export class ReceiveTime {
  // struct timespec of a 64-bit machine: seconds and nanoseconds, 8 bytes each.
  private readonly words = new Uint32Array(4);

  /** Seconds since 1970, and nanoseconds. */
  get sec(): number {
    return this.words[0];
  }
  get nsec(): number {
    return this.words[2];
  }

  /** @returns false before the first message; from the first call on, the kernel records times. */
  read(fd: number): boolean {
    return libc.ioctl(fd, SIOCGSTAMPNS, this.words) === 0;
  }
}

/** Makes a socket report the arrival time of every message, by the kernel's clock (socket(7)). */
export function noteTimes(fd: number): void {
  setIntOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1, 'receive times');
}

const SO_ERROR = 4;

/** Clears a socket's pending error, so that poll waits again. @returns the error number, 0 for none. */
export function clearSocketError(fd: number): number {
  return getIntOption(fd, SOL_SOCKET, SO_ERROR, "the socket's error");
}
