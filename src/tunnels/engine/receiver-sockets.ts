/**
 * The sockets that tunnels receive on: protocol 47 over IPv4 and IPv6, and ICMP errors about sent packets.
 */
import { AF_INET, AF_INET6 } from '../../linux/address.js';
import { ACCEPT, attachFilter, BpfProgram } from '../../linux/bpf.js';
import type { Messages } from '../../linux/messages.js';
import {
  IP_PKTINFO,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
  openSocket,
  SOCK_RAW,
  setIntOption,
  setOption,
  setReceiveBuffer,
} from '../../linux/socket.js';
import type { OuterPacket } from '../../model/outer-packet.js';
import { u16, u32 } from '../../wire/bytes.js';
import { ETHERTYPE_EXPERIMENTAL } from '../../wire/tunnel/trial.js';
import type { Tunnel } from '../kernel/tunnel.js';

const RECEIVE_BUFFER = 32 << 20;
const SOL_RAW = 255;
const ICMP_FILTER = 1;
const ICMP6_FILTER = 1;
const IPV6_RECVTCLASS = 66;
const IPV6_PKTINFO = 50;
const IPV6_TCLASS = 67;
/** Bits of the accepted types: destination unreachable and time exceeded; for IPv6 also packet too big. */
const ICMP_ERRORS = (1 << 3) | (1 << 11);
const ICMP6_ERRORS = (1 << 1) | (1 << 2) | (1 << 3);
/** Offset of the network header in a filter's packet (linux/filter.h: SKF_NET_OFF). */
const SKF_NET_OFF = 0xfff00000;
/** The most remotes named in a filter; with more tunnels everything is accepted. */
const MAX_REMOTES = 60;
const CMSG = 16;
const IP_ADD_MEMBERSHIP = 35;
const IP_DROP_MEMBERSHIP = 36;
const IPV6_ADD_MEMBERSHIP = 20;
const IPV6_DROP_MEMBERSHIP = 21;

/** Bytes of ancillary data per message: packet information and traffic class. */
export const CONTROL = 80;

export function openGre(ipv6: boolean): number {
  const fd = openSocket(ipv6 ? AF_INET6 : AF_INET, SOCK_RAW, IPPROTO_GRE, true);
  setReceiveBuffer(fd, RECEIVE_BUFFER);
  if (ipv6) {
    setIntOption(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, 'packet information');
    setIntOption(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1, 'the traffic class');
  } else setIntOption(fd, IPPROTO_IP, IP_PKTINFO, 1, 'packet information');
  return fd;
}

/** A socket for ICMP errors only (raw(7), RFC 3542 section 3.2: a set bit blocks a type). */
export function openIcmp(ipv6: boolean): number {
  const fd = openSocket(ipv6 ? AF_INET6 : AF_INET, SOCK_RAW, ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, true);
  if (ipv6) {
    const blocked = new Uint32Array(8).fill(0xffffffff);
    blocked[0] = ~ICMP6_ERRORS;
    setOption(fd, IPPROTO_ICMPV6, ICMP6_FILTER, new Uint8Array(blocked.buffer), 'the ICMPv6 filter');
  } else {
    const blocked = new Uint32Array([~ICMP_ERRORS]);
    setOption(fd, SOL_RAW, ICMP_FILTER, new Uint8Array(blocked.buffer), 'the ICMP filter');
  }
  return fd;
}

/** Joins or leaves a tunnel's multicast remote (Linux: ipgre_open, ipgre_close). */
export function membership(fd: number, t: Tunnel, join: boolean): void {
  // struct ip_mreqn: group, local address, interface index; struct ipv6_mreq: group, interface index.
  const request = new Uint8Array(t.ipv6 ? 20 : 12);
  request.set(t.config.remote);
  if (!t.ipv6) request.set(t.config.local, 4);
  new DataView(request.buffer).setInt32(t.ipv6 ? 16 : 8, t.link, true);
  const name = t.ipv6
    ? join
      ? IPV6_ADD_MEMBERSHIP
      : IPV6_DROP_MEMBERSHIP
    : join
      ? IP_ADD_MEMBERSHIP
      : IP_DROP_MEMBERSHIP;
  setOption(
    fd,
    t.ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
    name,
    request,
    `the membership of ${t.config.name}'s group`,
  );
}

/** Filters out packets that can belong to no tunnel: those of other senders than the tunnels' remotes. */
export function filterRemotes(fd: number, ipv6: boolean, tunnels: Iterable<Tunnel>): void {
  const remotes = new Map<string, Uint8Array>();
  let all = false;
  for (const t of tunnels) {
    if (t.ipv6 !== ipv6) continue;
    if (t.remoteAny || t.remoteMulticast) all = true;
    remotes.set(t.config.remote.join(), t.config.remote);
  }
  const program = new BpfProgram();
  if (all || remotes.size > MAX_REMOTES) {
    // `doctor`'s packets to this host have no remote's address, and count nowhere.
    if (ipv6) program.setX(0);
    else program.loadHeaderLength(0);
    program.loadX('w', 0).jump('jeq', ETHERTYPE_EXPERIMENTAL, null, 'pass').answer(0);
    attachFilter(fd, program.label('pass').answer(ACCEPT).assemble());
  } else {
    let n = 0;
    for (const remote of remotes.values()) {
      const view = new DataView(remote.buffer, remote.byteOffset);
      for (let word = 0; word < remote.length; word += 4) {
        program.load('w', SKF_NET_OFF + (ipv6 ? 8 : 12) + word);
        program.jump('jeq', view.getUint32(word), null, `next${n}`);
      }
      program.answer(ACCEPT).label(`next${n++}`);
    }
    attachFilter(fd, program.answer(0).assemble());
  }
}

/** Describes message `i` of a socket of {@link openGre}. @returns false if it cannot be parsed. */
export function outerOf(m: Messages, i: number, ipv6: boolean, p: OuterPacket): boolean {
  const b = m.bytes;
  const at = m.offset(i);
  p.bytes = b;
  p.end = at + Math.min(m.length(i), m.size);
  p.wireEnd = at + m.length(i);
  p.link = -1;
  const controls = m.controlOffset(i);
  const controlEnd = controls + m.controlLength(i);
  if (!ipv6) {
    if (p.end - at < 24) return false;
    p.ipVersion = 4;
    p.ip = at;
    p.source = at + 12;
    p.destination = at + 16;
    p.gre = at + (b[at] & 0x0f) * 4;
    p.tos = b[at + 1];
    p.ttl = b[at + 8];
    // struct in_pktinfo: interface index first.
    if (controlEnd - controls >= CMSG + 4) p.link = int(b, controls + CMSG);
    return true;
  }
  p.ipVersion = 6;
  p.gre = at;
  p.ip = at;
  // struct sockaddr_in6: family, port, flow information, address.
  p.source = m.nameOffset(i) + 8;
  p.destination = -1;
  p.tos = 0;
  for (let c = controls; c + CMSG <= controlEnd; ) {
    const length = int(b, c);
    const type = int(b, c + 12);
    // struct in6_pktinfo: address, interface index.
    if (type === IPV6_PKTINFO) {
      p.destination = c + CMSG;
      p.link = int(b, c + CMSG + 16);
    } else if (type === IPV6_TCLASS) p.tos = int(b, c + CMSG);
    if (length < CMSG) break;
    c += (length + 7) & ~7;
  }
  return p.destination >= 0;
}

const IPPROTO_DSTOPTS = 60;

/** Our packet that an ICMP error quotes, as an outer packet; and the type and code of the error. */
export class IcmpError {
  type = 0;
  code = 0;
  /** The MTU in an ICMPv6 "packet too big" (RFC 4443 section 3.2), in bytes. */
  mtu = 0;
}

/** @returns false if it is no error about a GRE packet. */
export function quotedOf(m: Messages, i: number, ipv6: boolean, e: IcmpError, p: OuterPacket): boolean {
  const b = m.bytes;
  const at = m.offset(i);
  p.bytes = b;
  p.end = at + Math.min(m.length(i), m.size);
  p.wireEnd = p.end;
  const icmp = ipv6 ? at : at + (b[at] & 0x0f) * 4;
  const ip = icmp + 8;
  if (ip + (ipv6 ? 44 : 24) > p.end) return false;
  e.type = b[icmp];
  e.code = b[icmp + 1];
  e.mtu = ipv6 ? u32(b, icmp + 4) : 0;
  p.ip = ip;
  if (ipv6) {
    p.ipVersion = 6;
    p.source = ip + 8;
    p.destination = ip + 24;
    p.gre = ip + 40;
    if (b[ip + 6] === IPPROTO_GRE) return true;
    if (b[ip + 6] !== IPPROTO_DSTOPTS || b[p.gre] !== IPPROTO_GRE) return false;
    p.gre += 8 * (b[p.gre + 1] + 1);
    return p.gre + 4 <= p.end;
  }
  p.ipVersion = 4;
  p.source = ip + 12;
  p.destination = ip + 16;
  p.gre = ip + (b[ip] & 0x0f) * 4;
  // A later fragment has no GRE header.
  return b[ip + 9] === IPPROTO_GRE && (u16(b, ip + 6) & 0x1fff) === 0;
}

/** A 32-bit number in host byte order (little endian where koffi's prebuilt Linux targets are). */
function int(b: Uint8Array, o: number): number {
  return b[o] | (b[o + 1] << 8) | (b[o + 2] << 16) | (b[o + 3] << 24);
}
