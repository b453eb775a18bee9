/**
 * The application protocol of a session, from the first bytes of its first messages. What the bytes say
 * goes before what a port suggests; a port alone names nothing.
 */
import { u16, u24, u32 } from '../wire/bytes.js';
import { IpProtocol } from '../wire/ip-protocol.js';

/** Messages looked at before a session's protocol stays unknown. */
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

/** Four ASCII letters as a number, for comparing with u32. */
function ascii(s: string): number {
  return ((s.charCodeAt(0) << 24) | (s.charCodeAt(1) << 16) | (s.charCodeAt(2) << 8) | s.charCodeAt(3)) >>> 0;
}

const HTTP_WORDS = new Set(
  ['GET ', 'POST', 'HEAD', 'PUT ', 'DELE', 'OPTI', 'CONN', 'PATC', 'TRAC', 'HTTP'].map(ascii),
);
const SIP_WORDS = new Set(
  ['INVI', 'REGI', 'SIP/', 'BYE ', 'ACK ', 'CANC', 'SUBS', 'NOTI', 'OPTI'].map(ascii),
);
const PRI = ascii('PRI ');
const SSH = ascii('SSH-');
const RTSP = ascii('RTSP');
const READY = ascii('220 ');
const READY_MORE = ascii('220-');
const IMAP_OK = ascii('* OK');
const SSDP_SEARCH = ascii('M-SE');
const SSDP_NOTIFY = ascii('NOTI');
const FTP_PORT = 21;
const SMTP_PORTS = new Set([25, 465, 587, 2525]);

function overTcp(b: Uint8Array, o: number, end: number, client: boolean, serverPort: number): number {
  const n = end - o;
  if (n < 4) return 0;
  const head = u32(b, o);
  if (head === PRI) return CODE.http2;
  if (head === SSH) return CODE.ssh;
  if (head === RTSP) return CODE.rtsp;
  if (SIP_WORDS.has(head) && hasSipVersion(b, o, end)) return CODE.sip;
  if (HTTP_WORDS.has(head)) return CODE.http;
  if (isTlsRecord(b, o, n)) return CODE.tls;
  if (n >= 8 && isSmb(b, o)) return CODE.smb;
  if (n >= 19 && isBgp(b, o)) return CODE.bgp;
  if (n >= 7 && isRdp(b, o, n)) return CODE.rdp;
  if (isPostgresql(b, o, n, client)) return CODE.postgresql;
  if (n >= 14 && isMqtt(b, o)) return CODE.mqtt;
  if (n >= 8 && !client && isMysqlGreeting(b, o, n)) return CODE.mysql;
  if (isRedis(b, o, end, serverPort)) return CODE.redis;
  if (n >= 14 && serverPort === 53 && isDns(b, o + 2, end)) return CODE.dns;
  if (n >= 7 && serverPort === 389 && b[o] === 0x30) return CODE.ldap;
  if (serverPort === 88 && n > 8 && u32(b, o) === n - 4) return CODE.kerberos;
  if (serverPort === 23 && b[o] === 0xff && b[o + 1] >= 0xf0) return CODE.telnet;
  if (!client) return greeting(b, o, end, serverPort);
  return 0;
}

/** Servers that speak first: "220 …" (SMTP, FTP), "+OK" (POP3), "* OK" (IMAP). */
function greeting(b: Uint8Array, o: number, end: number, serverPort: number): number {
  const head = u32(b, o);
  if (head === READY || head === READY_MORE) {
    if (serverPort === FTP_PORT || contains(b, o, end, 'FTP')) return CODE.ftp;
    if (SMTP_PORTS.has(serverPort) || contains(b, o, end, 'SMTP')) return CODE.smtp;
    return 0;
  }
  if (u24(b, o) === 0x2b4f4b) return CODE.pop3;
  if (head === IMAP_OK) return CODE.imap;
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

/** TPKT (RFC 1006) with an X.224 connection request or confirm. */
function isRdp(b: Uint8Array, o: number, n: number): boolean {
  return u16(b, o) === 0x0300 && u16(b, o + 2) === n && (b[o + 5] === 0xe0 || b[o + 5] === 0xd0);
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

/** RESP: an array of bulk strings from the client. */
function isRedis(b: Uint8Array, o: number, end: number, serverPort: number): boolean {
  if (b[o] !== 0x2a || !isDigit(b[o + 1])) return false;
  return serverPort === 6379 || contains(b, o, Math.min(end, o + 8), '\r\n$');
}

function overUdp(b: Uint8Array, o: number, end: number, clientPort: number, serverPort: number): number {
  const n = end - o;
  if (n < 4) return 0;
  switch (serverPort) {
    case 53:
      if (isDns(b, o, end)) return CODE.dns;
      break;
    case 5353:
      if (isDns(b, o, end)) return CODE.mdns;
      break;
    case 5355:
      if (isDns(b, o, end)) return CODE.llmnr;
      break;
    case 137:
    case 138:
      return CODE.netbios;
    case 67:
    case 68:
      if (n >= 240 && u32(b, o + 236) === 0x63825363) return CODE.dhcp;
      break;
    case 546:
    case 547:
      if (b[o] >= 1 && b[o] <= 13) return CODE.dhcp6;
      break;
    case 69:
      if (b[o] === 0 && (b[o + 1] === 1 || b[o + 1] === 2)) return CODE.tftp;
      break;
    case 123:
      if (n >= 48 && (b[o] & 7) !== 0 && ((b[o] >> 3) & 7) >= 1 && ((b[o] >> 3) & 7) <= 4) return CODE.ntp;
      break;
    case 88:
      if (b[o] === 0x6a || b[o] === 0x6c || b[o] === 0x7e) return CODE.kerberos;
      break;
    case 161:
    case 162:
      if (b[o] === 0x30) return CODE.snmp;
      break;
    case 389:
      if (b[o] === 0x30) return CODE.ldap;
      break;
    case 514:
      if (b[o] === 0x3c && isDigit(b[o + 1])) return CODE.syslog;
      break;
    case 500:
    case 4500:
      if (n >= 28) return CODE.ike;
      break;
    case 520:
      if ((b[o] === 1 || b[o] === 2) && b[o + 1] <= 2) return CODE.rip;
      break;
    case 1194:
      if (b[o] >> 3 >= 1 && b[o] >> 3 <= 10) return CODE.openvpn;
      break;
    case 1645:
    case 1646:
    case 1812:
    case 1813:
      if (n >= 20 && u16(b, o + 2) === n) return CODE.radius;
      break;
    case 1985:
      return CODE.hsrp;
    case 2055:
      if (u16(b, o) === 5 || u16(b, o) === 9) return CODE.netflow;
      break;
    case 4739:
      if (u16(b, o) === 10) return CODE.ipfix;
      break;
    case 6343:
      if (u32(b, o) === 5) return CODE.sflow;
      break;
    case 3784:
    case 4784:
      if (b[o] >> 5 === 1 && n >= 24) return CODE.bfd;
      break;
    case 4789:
      if (b[o] === 0x08) return CODE.vxlan;
      break;
    case 11211:
      if (n >= 8) return CODE.memcached;
      break;
    case 51820:
      if (b[o] >= 1 && b[o] <= 4 && u24(b, o + 1) === 0) return CODE.wireguard;
      break;
    default:
      break;
  }
  return anyUdpPort(b, o, end, clientPort);
}

/** What shows itself on any port. */
function anyUdpPort(b: Uint8Array, o: number, end: number, clientPort: number): number {
  const n = end - o;
  const head = u32(b, o);
  if (SIP_WORDS.has(head) && hasSipVersion(b, o, end)) return CODE.sip;
  if (head === SSDP_SEARCH || (head === SSDP_NOTIFY && contains(b, o, end, 'ssdp'))) return CODE.ssdp;
  if (n >= 20 && b[o] < 4 && u32(b, o + 4) === 0x2112a442) return CODE.stun;
  // RFC 9000 section 17.2: long header, fixed bit, version 1 or 2 (RFC 9369).
  if (n >= 20 && (b[o] & 0xc0) === 0xc0) {
    const version = u32(b, o + 1);
    if (version === 1 || version === 0x6b3343cf) return CODE.quic;
  }
  if (n >= 13 && b[o] === 22 && b[o + 1] === 0xfe && b[o + 2] >= 0xfd) return CODE.dtls;
  // Some services answer a client that uses their own port.
  if (clientPort === 514 && b[o] === 0x3c && isDigit(b[o + 1])) return CODE.syslog;
  return 0;
}

/** RFC 1035 section 4.1.1: a plausible header, with one to a few questions in queries. */
function isDns(b: Uint8Array, o: number, end: number): boolean {
  if (end - o < 12) return false;
  const opcode = (b[o + 2] >> 3) & 0xf;
  const questions = u16(b, o + 4);
  return opcode <= 6 && questions <= 16 && u16(b, o + 6) <= 512 && (b[o + 3] & 0x40) === 0;
}

function hasSipVersion(b: Uint8Array, o: number, end: number): boolean {
  return contains(b, o, Math.min(end, o + 256), 'SIP/2.0');
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
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
