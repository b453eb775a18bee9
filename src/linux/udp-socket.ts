/** UDP sockets that receive on a port at every address of this host (udp(7), ip(7), ipv6(7)). */
import { AF_INET, AF_INET6, sockaddrIn, sockaddrIn6 } from './address.js';
import { attachFilter } from './bpf.js';
import { dropAll } from './input-filter.js';
import type { Messages } from './messages.js';
import {
  bindSocket,
  closeSocket,
  IP_PKTINFO,
  IP_RECVTOS,
  IP_RECVTTL,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_UDP,
  IPV6_HOPLIMIT,
  IPV6_PKTINFO,
  IPV6_RECVHOPLIMIT,
  IPV6_RECVPKTINFO,
  IPV6_RECVTCLASS,
  IPV6_TCLASS,
  IPV6_V6ONLY,
  noteTimes,
  openSocket,
  SO_RCVBUF,
  SO_TIMESTAMPNS,
  SOCK_DGRAM,
  SOL_SOCKET,
  SOL_UDP,
  setIntOption,
  UDP_NO_CHECK6_RX,
} from './socket.js';

const ANY = new Uint8Array(16);

/**
 * A bound socket. Nobody else can bind the port, nor can a tunnel device of the kernel.
 *
 * @param family AF_INET or AF_INET6; each takes its own packets only
 * @throws LinuxError EADDRINUSE for a port that is held, EAFNOSUPPORT without IPv6, EACCES for a port that
 * takes a privilege
 */
function boundSocket(family: number, port: number, prepare: (fd: number) => void): number {
  const fd = openSocket(family, SOCK_DGRAM, IPPROTO_UDP, true);
  try {
    if (family === AF_INET6) setIntOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, 'IPv6 only');
    prepare(fd);
    const address = family === AF_INET6 ? sockaddrIn6(ANY, 0, port) : sockaddrIn(ANY, 0, port);
    bindSocket(fd, address, `UDP port ${port}`);
    return fd;
  } catch (e) {
    closeSocket(fd);
    throw e;
  }
}

/** Receives nothing; while it is open, the kernel answers no packet to the port with ICMP unreachable. */
export function holdUdpPort(family: number, port: number): number {
  return boundSocket(family, port, (fd) => {
    attachFilter(fd, dropAll());
    setIntOption(fd, SOL_SOCKET, SO_RCVBUF, 0, 'the receive buffer');
  });
}

/** Receives datagrams with what {@link Ancillary} reads. */
export function openUdpPort(family: number, port: number): number {
  return boundSocket(family, port, (fd) => {
    noteTimes(fd);
    if (family === AF_INET) {
      setIntOption(fd, IPPROTO_IP, IP_PKTINFO, 1, 'the report of destinations');
      setIntOption(fd, IPPROTO_IP, IP_RECVTTL, 1, 'the report of TTLs');
      setIntOption(fd, IPPROTO_IP, IP_RECVTOS, 1, 'the report of TOS');
    } else {
      setIntOption(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, 'the report of destinations');
      setIntOption(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, 'the report of hop limits');
      setIntOption(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1, 'the report of traffic classes');
      setIntOption(fd, SOL_UDP, UDP_NO_CHECK6_RX, 1, 'datagrams without a checksum');
    }
  });
}

/** Bytes of ancillary data of one datagram: five messages of at most 40. */
export const UDP_CONTROL = 200;

const CMSGHDR = 16;

/** The ancillary data of a datagram from {@link openUdpPort}. */
export class Ancillary {
  sec = 0;
  nsec = 0;
  ttl = 0;
  tos = 0;
  /** Where the destination address, 4 or 16 bytes, is in the messages' bytes; -1: nowhere. */
  destination = -1;

  /** Reads that of slot `i`. */
  read(messages: Messages, i: number): void {
    const { words, bytes } = messages;
    this.destination = -1;
    let o = messages.controlOffset(i);
    const end = o + messages.controlLength(i);
    while (o + CMSGHDR <= end) {
      // struct cmsghdr: length (8), level (4), type (4); then the data.
      const length = words[o >>> 2];
      if (length < CMSGHDR) return;
      const data = o + CMSGHDR;
      this.take(words[(o + 8) >>> 2], words[(o + 12) >>> 2], data, words, bytes);
      o += (length + 7) & ~7;
    }
  }

  private take(level: number, type: number, data: number, words: Uint32Array, bytes: Uint8Array): void {
    if (level === SOL_SOCKET && type === SO_TIMESTAMPNS) {
      this.sec = words[data >>> 2];
      this.nsec = words[(data + 8) >>> 2];
    } else if (level === IPPROTO_IP) {
      // struct in_pktinfo: interface, the local address, the header's destination; 4 bytes each.
      if (type === IP_PKTINFO) this.destination = data + 8;
      else if (type === IP_TTL) this.ttl = bytes[data];
      else if (type === IP_TOS) this.tos = bytes[data];
    } else if (level === IPPROTO_IPV6) {
      // struct in6_pktinfo: the header's destination, interface.
      if (type === IPV6_PKTINFO) this.destination = data;
      else if (type === IPV6_HOPLIMIT) this.ttl = bytes[data];
      else if (type === IPV6_TCLASS) this.tos = bytes[data];
    }
  }
}
