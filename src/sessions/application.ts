/**
 * The application protocol of a session, from the first bytes of its first messages. What the bytes say
 * goes before what a port suggests; a port alone names nothing.
 */
import { u16, u24, u32 } from '../wire/bytes.js';
import { IpProtocol } from '../wire/ip-protocol.js';

/** Messages of each side looked at before a session's protocol stays unknown. */
export const MAX_TRIES = 4;

/** The words of the `app_protocol` column; a session keeps the place in this list. */
export const APPLICATION_NAMES = [
  '',
  'http',
  'tls',
  'dns',
  'ssh',
  'smtp',
  'ftp',
  'imap',
  'pop3',
  'sip',
  'rtsp',
  'mysql',
  'postgresql',
  'redis',
  'smb',
  'rdp',
  'ldap',
  'kerberos',
  'bgp',
  'mqtt',
  'ntp',
  'dhcp',
  'dhcp6',
  'snmp',
  'syslog',
  'tftp',
  'radius',
  'mdns',
  'llmnr',
  'netbios',
  'ssdp',
  'quic',
  'stun',
  'wireguard',
  'openvpn',
  'ike',
  'bfd',
  'hsrp',
  'vrrp',
  'netflow',
  'ipfix',
  'sflow',
  'vxlan',
  'rip',
  'http2',
  'memcached',
  'telnet',
  'dtls',
] as const;
type Application = (typeof APPLICATION_NAMES)[number];

const CODE = Object.fromEntries(APPLICATION_NAMES.map((name, i) => [name, i])) as Record<Application, number>;

/**
 * Recognises the application protocol of one message.
 *
 * @param client whether the client sent it
 * @returns a place in APPLICATION_NAMES, 0 when nothing fits (the next message may say more).
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

const FTP_PORT = 21;
const SMTP_PORTS = new Set([25, 465, 587, 2525]);
const POP3_PORT = 110;
const IMAP_PORT = 143;
const LDAP_PORTS = new Set([389, 3268]);
const REDIS_PORT = 6379;
const KERBEROS_PORT = 88;
/** The longest first line that is read to its end. */
const LONGEST_LINE = 1024;
/** Methods that a request is known by where the end of its line was not captured. */
const HTTP_METHODS = [
  'GET ',
  'POST ',
  'HEAD ',
  'PUT ',
  'DELETE ',
  'PATCH ',
  'OPTIONS ',
  'PROPFIND ',
  'REPORT ',
];
/** What clients say who wait for no greeting, on the ports of the protocols. */
const FTP_COMMANDS = ['USER ', 'AUTH TLS', 'AUTH SSL', 'AUTH GSSAPI', 'FEAT', 'SYST'];
const POP3_COMMANDS = ['USER ', 'APOP ', 'CAPA', 'STLS', 'AUTH'];
const IMAP_COMMANDS = [
  'CAPABILITY',
  'STARTTLS',
  'LOGIN ',
  'AUTHENTICATE ',
  'ID (',
  'ID NIL',
  'SELECT ',
  'NOOP',
];
const SMTP_HELLOS = ['EHLO ', 'HELO ', 'LHLO '];
const MOST_TAG = 16;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

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

/** Protocols whose messages begin with a line of text. The whole line is the protocol's, not its first word. */
function textOverTcp(b: Uint8Array, o: number, end: number, client: boolean, serverPort: number): number {
  const line = lineEnd(b, o, end);
  if (startsWith(b, o, end, 'PRI * HTTP/2.0')) return CODE.http2;
  if (isHttp(b, o, end, line)) return CODE.http;
  if (isStatus(b, o, end, 'RTSP/') || isRequest(b, o, end, line, ' RTSP/', 'rtsp')) return CODE.rtsp;
  if (isSip(b, o, end, line)) return CODE.sip;
  if (startsWith(b, o, end, 'SSH-') && isDigit(b[o + 4]) && b[o + 5] === 0x2e) return CODE.ssh;
  if (isRedis(b, o, end, line, client, serverPort)) return CODE.redis;
  return client ? command(b, o, end, serverPort) : greeting(b, o, line < 0 ? end : line, serverPort);
}

function isHttp(b: Uint8Array, o: number, end: number, line: number): boolean {
  if (isStatus(b, o, end, 'HTTP/')) return true;
  if (line >= 0) return isRequest(b, o, end, line, ' HTTP/', '');
  for (const method of HTTP_METHODS)
    if (startsWith(b, o, end, method)) {
      const target = o + method.length;
      return b[target] === 0x2f || startsWith(b, target, end, 'http');
    }
  return false;
}

function isSip(b: Uint8Array, o: number, end: number, line: number): boolean {
  return (
    isStatus(b, o, end, 'SIP/') ||
    isRequest(b, o, end, line, ' SIP/', 'sip') ||
    (line < 0 && isRequest(b, o, end, line, ' SIP/', 'tel:'))
  );
}

/** A version and a status code of three digits, in the way of HTTP (RFC 9112 section 4). */
function isStatus(b: Uint8Array, o: number, end: number, version: string): boolean {
  if (!startsWith(b, o, end, version)) return false;
  const p = o + version.length;
  return (
    p + 7 <= end &&
    isVersion(b, p) &&
    b[p + 3] === SPACE &&
    isDigit(b[p + 4]) &&
    isDigit(b[p + 5]) &&
    isDigit(b[p + 6])
  );
}

/**
 * A method, a target and a version, in the way of HTTP (RFC 9112 section 3). Where the line's end was not captured, a
 * method and a target of the scheme.
 */
function isRequest(
  b: Uint8Array,
  o: number,
  end: number,
  line: number,
  version: string,
  scheme: string,
): boolean {
  let p = o;
  while (p < end && p - o <= MOST_TAG && isMethod(b[p])) p++;
  if (p - o < 3 || p >= end || b[p] !== SPACE || b[p + 1] === SPACE) return false;
  if (line < 0) return startsWith(b, p + 1, end, scheme);
  const at = line - version.length - 3;
  return at > p + 1 && startsWith(b, at, line, version) && isVersion(b, line - 3);
}

/** Digit, point, digit. */
function isVersion(b: Uint8Array, o: number): boolean {
  return isDigit(b[o]) && b[o + 1] === 0x2e && isDigit(b[o + 2]);
}

/** What a client says first, or before it has waited for the server's greeting. */
function command(b: Uint8Array, o: number, end: number, serverPort: number): number {
  if (startsWithOneOf(b, o, end, SMTP_HELLOS)) return CODE.smtp;
  switch (serverPort) {
    case FTP_PORT:
      return startsWithOneOf(b, o, end, FTP_COMMANDS) ? CODE.ftp : 0;
    case POP3_PORT:
      return startsWithOneOf(b, o, end, POP3_COMMANDS) ? CODE.pop3 : 0;
    case IMAP_PORT: {
      // A tag of the client's own goes before (RFC 9051 section 2.2.1).
      let p = o;
      while (p < end && p - o < MOST_TAG && b[p] !== SPACE) p++;
      return b[p] === SPACE && startsWithOneOf(b, p + 1, end, IMAP_COMMANDS) ? CODE.imap : 0;
    }
    default:
      return 0;
  }
}

/** Servers that speak first: "220 …" (SMTP, FTP), "+OK" (POP3), "* OK" (IMAP). */
function greeting(b: Uint8Array, o: number, line: number, serverPort: number): number {
  if (startsWith(b, o, line, '220') && (b[o + 3] === SPACE || b[o + 3] === 0x2d)) {
    if (serverPort === FTP_PORT) return CODE.ftp;
    if (SMTP_PORTS.has(serverPort) || contains(b, o, line, 'SMTP')) return CODE.smtp;
    return contains(b, o, line, 'FTP') ? CODE.ftp : 0;
  }
  // A time stamp in angle brackets is for APOP (RFC 1939 section 7).
  if (startsWith(b, o, line, '+OK') && (line === o + 3 || b[o + 3] === SPACE))
    return serverPort === POP3_PORT || contains(b, o, line, 'POP') || b[line - 1] === 0x3e ? CODE.pop3 : 0;
  if (startsWith(b, o, line, '* OK ') || startsWith(b, o, line, '* PREAUTH '))
    return serverPort === IMAP_PORT || contains(b, o, line, 'IMAP') ? CODE.imap : 0;
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
 * TPKT (RFC 1006) with an X.224 connection request or confirm as RDP has it (MS-RDPBCGR 2.2.1.1, 2.2.1.2): behind the
 * fixed part a cookie, or what is negotiated, or nothing. Other users of ISO transport (S7, MMS) name its ends there.
 */
function isRdp(b: Uint8Array, o: number, n: number, serverPort: number): boolean {
  if (u16(b, o) !== 0x0300 || u16(b, o + 2) !== n || (b[o + 5] !== 0xe0 && b[o + 5] !== 0xd0)) return false;
  if (n === X224_VARIABLE) return serverPort === RDP_PORT;
  const p = o + X224_VARIABLE;
  if (n >= X224_VARIABLE + 8 && u16(b, p) === 0x436f && contains(b, p, p + 7, 'Cookie:')) return true;
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

/** RESP: an array of bulk strings from the client; on Redis' own port what a server answers, too. */
function isRedis(
  b: Uint8Array,
  o: number,
  end: number,
  line: number,
  client: boolean,
  serverPort: number,
): boolean {
  if (client) {
    if (b[o] !== 0x2a || !isDigit(b[o + 1])) return false;
    return serverPort === REDIS_PORT || contains(b, o, Math.min(end, o + 8), '\r\n$');
  }
  if (serverPort !== REDIS_PORT || line < 0) return false;
  // A status and an error in capitals; a number, and the length of a string, a list or a map.
  const of = b[o] === 0x2b || b[o] === 0x2d ? isCapital : isDigit;
  if (of === isDigit && !REDIS_LENGTHS.has(b[o])) return false;
  const minus = of === isDigit && b[o + 1] === 0x2d ? 1 : 0;
  return of(b[o + 1 + minus]);
}

/** ":", "$", "*" and "%". */
const REDIS_LENGTHS = new Set([0x3a, 0x24, 0x2a, 0x25]);

/** RFC 4511 section 4.1.1: a sequence, in it a message id and an operation, whose tag is of the application's class. */
function isLdap(b: Uint8Array, o: number, end: number): boolean {
  if (b[o] !== 0x30) return false;
  const id = afterLength(b, o + 1, end);
  if (id < 0 || id + 2 >= end || b[id] !== 2 || b[id + 1] < 1 || b[id + 1] > 4) return false;
  const operation = id + 2 + b[id + 1];
  return operation >= end || (b[operation] & 0xc0) === 0x40;
}

/** RFC 4120 section 5.10: the application tags of requests, answers and errors. */
function isKerberosTag(tag: number): boolean {
  return (tag >= 0x6a && tag <= 0x6f) || tag === 0x7e;
}

/** RFC 4120 section 7.2.2: a length, which may be of more than this segment, and a message that is as long. */
function isKerberosOverTcp(b: Uint8Array, o: number, end: number): boolean {
  const n = end - o;
  if (n < 8 || !isKerberosTag(b[o + 4])) return false;
  const length = u32(b, o);
  const content = afterLength(b, o + 5, end);
  return length + 4 >= n && content > 0 && content - (o + 4) + derLength(b, o + 5) === length;
}

/** Octets of a BER length that is not longer than three, as messages are; -1 for others. */
function lengthOctets(b: Uint8Array, o: number): number {
  if (b[o] < 0x80) return 1;
  return b[o] >= 0x81 && b[o] <= 0x83 ? 1 + (b[o] & 3) : b[o] === 0x84 ? 5 : -1;
}

/** Where the content behind a BER length begins, -1 where that is none or not here. */
function afterLength(b: Uint8Array, o: number, end: number): number {
  const octets = lengthOctets(b, o);
  return octets < 0 || o + octets >= end ? -1 : o + octets;
}

function derLength(b: Uint8Array, o: number): number {
  if (b[o] < 0x80) return b[o];
  let length = 0;
  for (let i = 1; i < lengthOctets(b, o); i++) length = length * 256 + b[o + i];
  return length;
}

function overUdp(b: Uint8Array, o: number, end: number, clientPort: number, serverPort: number): number {
  if (end - o < 4) return 0;
  // Who asked is guessed where only answers are seen: the service may be at either end.
  return onUdpPort(b, o, end, serverPort) || onUdpPort(b, o, end, clientPort) || onAnyUdpPort(b, o, end);
}

/** What is spoken on a port of its own. */
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
      return isKerberosTag(b[o]) && afterLength(b, o + 1, end) > 0 ? CODE.kerberos : 0;
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
      // RFC 3948 section 2.2: what is not ESP has four zeros before it.
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
      // RFC 2281 section 5.1; version 2 has lists, the group's state of 40 bytes first.
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
      // A request's number, the datagram's, how many there are, and zeros.
      return n > 8 && u16(b, o + 4) >= 1 && u16(b, o + 6) === 0 ? CODE.memcached : 0;
    case 51820:
      return b[o] >= 1 && b[o] <= 4 && u24(b, o + 1) === 0 ? CODE.wireguard : 0;
    default:
      return 0;
  }
}

/** What shows itself on any port. */
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

/** A sequence that begins with a version: 1, 2c, 2u or 3 (RFC 1157, RFC 3416, RFC 3412). */
function isSnmp(b: Uint8Array, o: number, end: number): boolean {
  if (b[o] !== 0x30) return false;
  const version = afterLength(b, o + 1, end);
  return version > 0 && version + 2 < end && u16(b, version) === 0x0201 && b[version + 2] <= 3;
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

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

function isCapital(c: number): boolean {
  return c >= 0x41 && c <= 0x5a;
}

/** What methods are made of: capitals, and in some of RTSP's and SSDP's a line or a dash. */
function isMethod(c: number): boolean {
  return isCapital(c) || c === 0x5f || c === 0x2d;
}

/** Letters, digits and what is written between them. */
function isPrintable(c: number): boolean {
  return c >= SPACE && c < 0x7f;
}

/** Where the first line ends, without what ends it; -1 where that was not captured, or is far away. */
function lineEnd(b: Uint8Array, o: number, end: number): number {
  const last = Math.min(end, o + LONGEST_LINE);
  for (let i = o; i < last; i++) if (b[i] === CR || b[i] === LF) return i;
  return -1;
}

function startsWith(b: Uint8Array, o: number, end: number, word: string): boolean {
  if (end - o < word.length) return false;
  for (let i = 0; i < word.length; i++) if (b[o + i] !== word.charCodeAt(i)) return false;
  return true;
}

/** Whether a message starts with one of some words, in capitals or not. */
function startsWithOneOf(b: Uint8Array, o: number, end: number, words: readonly string[]): boolean {
  for (const word of words) {
    if (end - o < word.length) continue;
    let i = 0;
    while (i < word.length && capital(b[o + i]) === word.charCodeAt(i)) i++;
    if (i === word.length) return true;
  }
  return false;
}

function capital(c: number): number {
  return c >= 0x61 && c <= 0x7a ? c - SPACE : c;
}

/** Whether the first 256 bytes hold a word. */
function contains(b: Uint8Array, o: number, end: number, word: string): boolean {
  const last = Math.min(end, o + 256) - word.length;
  for (let i = o; i <= last; i++) {
    let j = 0;
    while (j < word.length && b[i + j] === word.charCodeAt(j)) j++;
    if (j === word.length) return true;
  }
  return false;
}
