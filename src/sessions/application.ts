/**
 * The application protocol of a session, from the first bytes of its first messages. Content takes precedence
 * over ports; a port alone identifies nothing.
 */

import { CODE } from '../applications/names.js';
import { u16, u24, u32 } from '../wire/bytes.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import { isKerberos, isKerberosOverTcp, isLdap, isSnmp } from './application-ber.js';
import {
  contains,
  isDigit,
  isPrintable,
  isSip,
  isStatus,
  lineEnd,
  startsWith,
  textOverTcp,
} from './application-text.js';

/** Messages examined per side before a session's protocol remains unknown. */
export const MAX_TRIES = 4;

/**
 * Recognises the application protocol of one message.
 *
 * @param client whether the client sent it
 * @returns an index in APPLICATION_NAMES, 0 if nothing fits (the next message may tell more).
 */
export function recogniseApplication(
  protocol: number,
  b: Uint8Array,
  o: number,
  end: number,
  client: boolean,
  clientPort: number,
  serverPort: number,
): number {
  if (protocol === IpProtocol.Tcp) return overTcp(b, o, end, client, serverPort);
  if (protocol === IpProtocol.Udp) return overUdp(b, o, end, clientPort, serverPort);
  return 0;
}

const LDAP_PORTS = new Set([389, 3268]);
const KERBEROS_PORT = 88;

function overTcp(b: Uint8Array, o: number, end: number, client: boolean, serverPort: number): number {
  const n = end - o;
  if (n < 4) return 0;
  if (isPrintable(b[o]) && isPrintable(b[o + 1])) {
    const named = textOverTcp(b, o, end, client, serverPort);
    if (named !== 0) return named;
  }
  if (isTlsRecord(b, o, n)) return CODE.tls;
  if (n >= 8 && isSmb(b, o)) return CODE.smb;
  if (n >= 19 && isBgp(b, o)) return CODE.bgp;
  if (n >= X224_VARIABLE && isRdp(b, o, n, serverPort)) return CODE.rdp;
  if (isPostgresql(b, o, n, client)) return CODE.postgresql;
  if (n >= 14 && isMqtt(b, o)) return CODE.mqtt;
  if (n >= 8 && !client && isMysqlGreeting(b, o, n)) return CODE.mysql;
  if (n >= 14 && serverPort === 53 && isDns(b, o + 2, end)) return CODE.dns;
  if (LDAP_PORTS.has(serverPort) && isLdap(b, o, end)) return CODE.ldap;
  if (serverPort === KERBEROS_PORT && isKerberosOverTcp(b, o, end)) return CODE.kerberos;
  if (serverPort === 23 && b[o] === 0xff && b[o + 1] >= 0xf0) return CODE.telnet;
  return 0;
}

/** RFC 8446 section 5.1: type 20 to 23, version 3.x, and a length that a record may have. */
function isTlsRecord(b: Uint8Array, o: number, n: number): boolean {
  if (n < 6 || b[o] !== 22 || b[o + 1] !== 3 || b[o + 2] > 4) return false;
  const length = u16(b, o + 3);
  return length >= 4 && length <= 16640 && (b[o + 5] === 1 || b[o + 5] === 2);
}

/** Direct TCP transport: a zero byte and a 24-bit length, then 0xFF or 0xFE "SMB". */
function isSmb(b: Uint8Array, o: number): boolean {
  return b[o] === 0 && (b[o + 4] === 0xff || b[o + 4] === 0xfe) && u24(b, o + 5) === 0x534d42;
}

/** RFC 4271 section 4.1: a marker of ones. */
function isBgp(b: Uint8Array, o: number): boolean {
  for (let i = 0; i < 16; i++) if (b[o + i] !== 0xff) return false;
  return b[o + 18] >= 1 && b[o + 18] <= 5;
}

/** Where a connection request's parameters begin: behind TPKT and the fixed part of X.224. */
const X224_VARIABLE = 11;
const RDP_PORT = 3389;

/**
 * TPKT (RFC 1006) with an X.224 connection request or confirm in RDP's form (MS-RDPBCGR 2.2.1.1, 2.2.1.2):
 * the fixed part is followed by a cookie, a negotiation, or nothing. Other users of ISO transport (S7, MMS)
 * name its ends there.
 */
function isRdp(b: Uint8Array, o: number, n: number, serverPort: number): boolean {
  if (u16(b, o) !== 0x0300 || u16(b, o + 2) !== n || (b[o + 5] !== 0xe0 && b[o + 5] !== 0xd0)) return false;
  if (n === X224_VARIABLE) return serverPort === RDP_PORT;
  const p = o + X224_VARIABLE;
  if (startsWith(b, p, o + n, 'Cookie:')) return true;
  // Request, response or failure; flags; a length of 8, little endian.
  return n === X224_VARIABLE + 8 && b[p] >= 1 && b[p] <= 3 && u16(b, p + 2) === 0x0800;
}

/** The startup message or an SSL request: a length and version 3.0 or 1234.5679. */
function isPostgresql(b: Uint8Array, o: number, n: number, client: boolean): boolean {
  if (!client || n < 8 || u32(b, o) !== n) return false;
  const version = u32(b, o + 4);
  return version === 0x00030000 || version === 80877103;
}

/** CONNECT (1) with protocol name MQTT or MQIsdp. */
function isMqtt(b: Uint8Array, o: number): boolean {
  return b[o] === 0x10 && b[o + 2] === 0 && u16(b, o + 4) === 0x4d51;
}

/** Packet 0, protocol version 10, and a version string. */
function isMysqlGreeting(b: Uint8Array, o: number, n: number): boolean {
  const length = b[o] | (b[o + 1] << 8) | (b[o + 2] << 16);
  return b[o + 3] === 0 && b[o + 4] === 10 && length + 4 === n && isDigit(b[o + 5]);
}

function overUdp(b: Uint8Array, o: number, end: number, clientPort: number, serverPort: number): number {
  if (end - o < 4) return 0;
  // If only answers are seen, the client is a guess: the service may be at either end.
  return onUdpPort(b, o, end, serverPort) || onUdpPort(b, o, end, clientPort) || onAnyUdpPort(b, o, end);
}

/** Protocols on their own port. */
function onUdpPort(b: Uint8Array, o: number, end: number, port: number): number {
  const n = end - o;
  switch (port) {
    case 53:
      return isDns(b, o, end) ? CODE.dns : 0;
    case 5353:
      return isDns(b, o, end) ? CODE.mdns : 0;
    case 5355:
      return isDns(b, o, end) ? CODE.llmnr : 0;
    case 137:
      return isNetbiosName(b, o, end) ? CODE.netbios : 0;
    case 138:
      // RFC 1002 section 4.4: datagrams, and the errors and queries of their distribution.
      return b[o] >= 0x10 && b[o] <= 0x16 ? CODE.netbios : 0;
    case 67:
    case 68:
      return n >= 240 && u32(b, o + 236) === 0x63825363 ? CODE.dhcp : 0;
    case 546:
    case 547:
      return b[o] >= 1 && b[o] <= 13 ? CODE.dhcp6 : 0;
    case 69:
      return b[o] === 0 && (b[o + 1] === 1 || b[o + 1] === 2) ? CODE.tftp : 0;
    case 123:
      return n >= 48 && (b[o] & 7) !== 0 && ((b[o] >> 3) & 7) >= 1 && ((b[o] >> 3) & 7) <= 4 ? CODE.ntp : 0;
    case KERBEROS_PORT:
      return isKerberos(b, o, end) ? CODE.kerberos : 0;
    case 161:
    case 162:
      return isSnmp(b, o, end) ? CODE.snmp : 0;
    case 389:
      return isLdap(b, o, end) ? CODE.ldap : 0;
    case 514:
      return b[o] === 0x3c && isDigit(b[o + 1]) ? CODE.syslog : 0;
    case 500:
      return isIke(b, o, end) ? CODE.ike : 0;
    case 4500:
      // RFC 3948 section 2.2: a packet other than ESP has four zeros before it.
      return u32(b, o) === 0 && isIke(b, o + 4, end) ? CODE.ike : 0;
    case 520:
      return (b[o] === 1 || b[o] === 2) && b[o + 1] <= 2 ? CODE.rip : 0;
    case 1194:
      return b[o] >> 3 >= 1 && b[o] >> 3 <= 10 ? CODE.openvpn : 0;
    case 1645:
    case 1646:
    case 1812:
    case 1813:
      return n >= 20 && u16(b, o + 2) === n ? CODE.radius : 0;
    case 1900:
      return isSsdpAnswer(b, o, end) ? CODE.ssdp : 0;
    case 1985:
      // RFC 2281 section 5.1; version 2 consists of lists, the group's state of 40 bytes first.
      return (b[o] === 0 && b[o + 1] <= 3 && n >= 20) || (b[o] === 1 && b[o + 1] === 40) ? CODE.hsrp : 0;
    case 2055:
      return u16(b, o) === 5 || u16(b, o) === 9 ? CODE.netflow : 0;
    case 4739:
      return u16(b, o) === 10 ? CODE.ipfix : 0;
    case 6343:
      return u32(b, o) === 5 ? CODE.sflow : 0;
    case 3784:
    case 4784:
      return b[o] >> 5 === 1 && n >= 24 ? CODE.bfd : 0;
    case 4789:
      return b[o] === 0x08 ? CODE.vxlan : 0;
    case 11211:
      // A request's number, the datagram's number, their count, and zeros.
      return n > 8 && u16(b, o + 4) >= 1 && u16(b, o + 6) === 0 ? CODE.memcached : 0;
    case 51820:
      return b[o] >= 1 && b[o] <= 4 && u24(b, o + 1) === 0 ? CODE.wireguard : 0;
    default:
      return 0;
  }
}

/** Protocols that are recognisable on any port. */
function onAnyUdpPort(b: Uint8Array, o: number, end: number): number {
  const n = end - o;
  if (isPrintable(b[o]) && isPrintable(b[o + 1])) {
    if (isSip(b, o, end, lineEnd(b, o, end))) return CODE.sip;
    if (startsWith(b, o, end, 'M-SEARCH * HTTP/')) return CODE.ssdp;
    if (startsWith(b, o, end, 'NOTIFY * HTTP/') && contains(b, o, end, 'ssdp')) return CODE.ssdp;
  }
  if (n >= 20 && b[o] < 4 && u32(b, o + 4) === 0x2112a442) return CODE.stun;
  // RFC 9000 section 17.2: long header, fixed bit, version 1 or 2 (RFC 9369).
  if (n >= 20 && (b[o] & 0xc0) === 0xc0) {
    const version = u32(b, o + 1);
    if (version === 1 || version === 0x6b3343cf) return CODE.quic;
  }
  if (n >= 13 && b[o] === 22 && b[o + 1] === 0xfe && b[o + 2] >= 0xfd) return CODE.dtls;
  return 0;
}

/** An answer to a search (UPnP Device Architecture section 1.3.3): HTTP over UDP, with the service's name. */
function isSsdpAnswer(b: Uint8Array, o: number, end: number): boolean {
  return isStatus(b, o, end, 'HTTP/') && (contains(b, o, end, 'USN:') || contains(b, o, end, 'ST:'));
}

/** RFC 1002 section 4.2.1: a header with a few records of any kind. */
function isNetbiosName(b: Uint8Array, o: number, end: number): boolean {
  if (end - o < 12) return false;
  const records = u16(b, o + 4) + u16(b, o + 6) + u16(b, o + 8) + u16(b, o + 10);
  return records >= 1 && records <= 32;
}

/** RFC 7296 section 3.1, RFC 2408 section 3.1: version 1 or 2, and the length of the whole. */
function isIke(b: Uint8Array, o: number, end: number): boolean {
  return end - o >= 28 && (b[o + 17] >>> 4 === 1 || b[o + 17] >>> 4 === 2) && u32(b, o + 24) >= end - o;
}

/** RFC 1035 section 4.1.1: a plausible header, with one to a few questions in queries. */
function isDns(b: Uint8Array, o: number, end: number): boolean {
  if (end - o < 12) return false;
  const opcode = (b[o + 2] >> 3) & 0xf;
  const questions = u16(b, o + 4);
  return opcode <= 6 && questions <= 16 && u16(b, o + 6) <= 512 && (b[o + 3] & 0x40) === 0;
}
