/** The first bytes of well-known applications: enough of each protocol to recognise it. */
import type { Random } from './random.js';

const text = new TextEncoder();

export function ascii(s: string): Uint8Array {
  return text.encode(s);
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let o = 0;
  for (const part of parts) {
    all.set(part, o);
    o += part.length;
  }
  return all;
}

/** A 16-bit number in network byte order. */
export function be16(v: number): Uint8Array {
  return Uint8Array.of(v >>> 8, v);
}

/** The bytes of a hex string; spaces are ignored. */
export function hex(s: string): Uint8Array {
  const digits = s.replaceAll(' ', '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

/** Bytes after their own 16-bit length. */
export function sized16(body: Uint8Array): Uint8Array {
  return concat(be16(body.length), body);
}

/** HTTP/1.1 (RFC 9112). */
export function httpRequest(host: string, path: string, method = 'GET'): Uint8Array {
  return ascii(
    `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: Mozilla/5.0 (X11; Linux ` +
      `x86_64)\r\nAccept: */*\r\n\r\n`,
  );
}

export function httpResponse(body: Uint8Array, status = '200 OK', type = 'text/html'): Uint8Array {
  return concat(
    ascii(
      `HTTP/1.1 ${status}\r\nServer: nginx\r\nContent-Type: ${type}\r\nContent-Length: ` +
        `${body.length}\r\n\r\n`,
    ),
    body,
  );
}

/** A TLS record (RFC 8446 section 5.1). */
export function tlsRecord(type: number, body: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(type, 3, 3), sized16(body));
}

export function tlsHandshake(type: number, body: Uint8Array): Uint8Array {
  return tlsRecord(22, concat(Uint8Array.of(type, 0), sized16(body)));
}

export function tlsExtension(type: number, body: Uint8Array): Uint8Array {
  return concat(be16(type), sized16(body));
}

/** A ClientHello with server name, ALPN (h2, http/1.1) and TLS 1.3 (RFC 8446 section 4.1.2). */
export function tlsClientHello(serverName: string, random: Random): Uint8Array {
  const name = ascii(serverName);
  const extensions = concat(
    tlsExtension(0, sized16(concat(Uint8Array.of(0), sized16(name)))),
    tlsExtension(16, sized16(concat(hex('02 6832 08'), ascii('http/1.1')))),
    tlsExtension(43, hex('04 0304 0303')),
    tlsExtension(10, sized16(hex('001d 0017'))),
    tlsExtension(13, sized16(hex('0403 0804 0401'))),
    tlsExtension(51, sized16(concat(hex('001d'), sized16(random.bytes(32))))),
  );
  const ciphers = sized16(hex('1301 1302 1303 c02b c02f'));
  return tlsHandshake(
    1,
    concat(
      hex('0303'),
      random.bytes(32),
      hex('20'),
      random.bytes(32),
      ciphers,
      hex('01 00'),
      sized16(extensions),
    ),
  );
}

/** A ServerHello of TLS 1.3, a ChangeCipherSpec and encrypted data. */
export function tlsServerHello(random: Random, encrypted: number): Uint8Array {
  const extensions = concat(
    tlsExtension(43, hex('0304')),
    tlsExtension(51, concat(hex('001d'), sized16(random.bytes(32)))),
  );
  return concat(
    tlsHandshake(
      2,
      concat(hex('0303'), random.bytes(32), hex('20'), random.bytes(32), hex('1301 00'), sized16(extensions)),
    ),
    tlsRecord(20, hex('01')),
    tlsData(random.bytes(encrypted)),
  );
}

/** Application data records, none longer than TLS allows. */
export function tlsData(encrypted: Uint8Array): Uint8Array {
  const records: Uint8Array[] = [];
  for (let o = 0; o < encrypted.length; o += 16_384)
    records.push(tlsRecord(23, encrypted.subarray(o, o + 16_384)));
  return concat(...records);
}

export const SSH_CLIENT_BANNER = ascii('SSH-2.0-OpenSSH_9.6\r\n');
export const SSH_SERVER_BANNER = ascii('SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n');

/** A DNS name as labels (RFC 1035 section 3.1). */
function dnsName(name: string): Uint8Array {
  return concat(...name.split('.').map((l) => concat(Uint8Array.of(l.length), ascii(l))), Uint8Array.of(0));
}

/** A query of class IN; type 1 is A, 28 AAAA. */
export function dnsQuery(id: number, name: string, type = 1): Uint8Array {
  return concat(be16(id), hex('0100 0001 0000 0000 0000'), dnsName(name), be16(type), be16(1));
}

/** A response: one address, or none and an error code (3 is NXDOMAIN). */
export function dnsResponse(id: number, name: string, address: Uint8Array | null, rcode = 3): Uint8Array {
  const type = address?.length === 16 ? 28 : 1;
  const question = concat(dnsName(name), be16(type), be16(1));
  if (address === null) return concat(be16(id), be16(0x8180 | rcode), hex('0001 0000 0000 0000'), question);
  const answer = concat(hex('c00c'), be16(type), hex('0001 0000012c'), sized16(address));
  return concat(be16(id), hex('8180 0001 0001 0000 0000'), question, answer);
}

/** NTP version 4 (RFC 5905): mode 3 is a request, 4 a response. */
export function ntp(mode: 3 | 4, random: Random): Uint8Array {
  return concat(Uint8Array.of(0x20 | mode, mode === 4 ? 2 : 0, 6, 0xe9), new Uint8Array(36), random.bytes(8));
}

/** Syslog (RFC 3164). */
export function syslog(host: string, message: string): Uint8Array {
  return ascii(`<134>Nov 12 08:15:42 ${host} ${message}`);
}

/** SMB2 NEGOTIATE after its NetBIOS length ([MS-SMB2] 2.2.3): dialects 2.0.2 to 3.1.1. */
export function smb2Negotiate(random: Random, isAnswer = false): Uint8Array {
  const header = concat(hex('fe534d42 4000 0000 00000000 0000 0100'), new Uint8Array(48));
  const body = concat(
    hex('2400 0500 0100 0000 7f000000'),
    random.bytes(16),
    new Uint8Array(8),
    hex('0202 1002 0003 0203 1103'),
  );
  if (isAnswer) header[16] = 1;
  const message = concat(header, body);
  return concat(Uint8Array.of(0, 0), be16(message.length), message);
}

/** A QUIC version 1 Initial (RFC 9000 section 17.2.2) padded to 1200 bytes, the payload encrypted. */
export function quicInitial(random: Random): Uint8Array {
  const head = concat(hex('c3 00000001 08'), random.bytes(8), hex('00 00'));
  const rest = 1200 - head.length - 2;
  return concat(head, be16(0x4000 | rest), random.bytes(rest));
}

/**
 * A QUIC packet with the short header (RFC 9000 section 17.3.1): the fixed bit, then bytes that look random.
 */
export function quicData(encrypted: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(0x40 | (encrypted[0]! & 0x1f)), encrypted);
}

/** DHCP (RFC 2131): message type 1 is DISCOVER, 5 is ACK. */
export function dhcp(type: number, mac: Uint8Array, id: number): Uint8Array {
  const head = concat(Uint8Array.of(type === 1 ? 1 : 2, 1, 6, 0), hex('0000'), be16(id), new Uint8Array(20));
  return concat(head, mac, new Uint8Array(202), hex('63825363 35 01'), Uint8Array.of(type), hex('ff'));
}

/** SNMP version 2c get of sysUpTime, community "public" (RFC 3416). */
export const SNMP_GET = concat(
  hex('3026 020101 0406'),
  ascii('public'),
  hex('a019 020101 020100 020100 300e 300c 06082b06010201010300 0500'),
);

export const MYSQL_GREETING = concat(
  hex('4a000000 0a'),
  ascii('8.0.36'),
  hex('00 08000000'),
  ascii('abcdefgh'),
  hex('00 ffff ff 0200 ffdf 15'),
  new Uint8Array(10),
  ascii('ijklmnopqrst'),
  hex('00'),
  ascii('caching_sha2_password'),
  hex('00'),
);
export const SMTP_BANNER = ascii('220 mail.example.net ESMTP Postfix\r\n');

/** A MySQL packet: the length and the number before its payload. */
export function mysqlPacket(number: number, payload: Uint8Array): Uint8Array {
  const n = payload.length;
  return concat(Uint8Array.of(n, n >> 8, n >> 16, number), payload);
}

/** A client's login to a MySQL server, as `app` to the database `shop`. */
export function mysqlLogin(random: Random): Uint8Array {
  const head = concat(hex('85a6ff01 00000001 ff'), new Uint8Array(23));
  const login = concat(ascii('app'), hex('00 20'), random.bytes(32), ascii('shop'), hex('00'));
  return mysqlPacket(1, concat(head, login, ascii('caching_sha2_password'), hex('00 00')));
}

export const MYSQL_OK = mysqlPacket(2, hex('00 00 00 0200 0000'));

export function mysqlQuery(statement: string): Uint8Array {
  return mysqlPacket(0, concat(hex('03'), ascii(statement)));
}

/** A result of one column, with rows of some bytes each. */
export function mysqlResult(rows: number, bytes: number): Uint8Array {
  const column = concat(
    hex('03 646566 00 00 00 04'),
    ascii('name'),
    hex('00 0c 2d00 ff000000 fd 0000 00 0000'),
  );
  const end = hex('fe 0000 0200');
  const row = concat(Uint8Array.of(bytes), new Uint8Array(bytes).fill(0x61));
  const packets = [hex('01'), column, end, ...Array.from({ length: rows }, () => row), end];
  return concat(...packets.map((payload, i) => mysqlPacket((i + 1) & 0xff, payload)));
}

/** An SMB2 message behind its NetBIOS length ([MS-SMB2] 2.2.1): a command of a session, or its answer. */
export function smb2(command: number, id: number, body: Uint8Array, isAnswer: boolean): Uint8Array {
  const header = new Uint8Array(64);
  header.set(hex('fe534d42 4000'));
  header[12] = command;
  header[14] = 1;
  header[16] = isAnswer ? 1 : 0;
  header.set(Uint8Array.of(id, id >> 8), 24);
  header[36] = 5;
  header[40] = 9;
  const n = header.length + body.length;
  return concat(Uint8Array.of(0, n >> 16, n >> 8, n), header, body);
}

/** A key exchange of SSH (RFC 4253 section 7.1) in its packet. */
export function sshKexInit(random: Random): Uint8Array {
  const list = (names: string) => concat(be16(0), sized16(ascii(names)));
  const ciphers = 'chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr';
  const macs = 'umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com';
  const payload = concat(
    hex('14'),
    random.bytes(16),
    list('sntrup761x25519-sha512@openssh.com,curve25519-sha256,ecdh-sha2-nistp256'),
    list('ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256'),
    list(ciphers),
    list(ciphers),
    list(macs),
    list(macs),
    list('none,zlib@openssh.com'),
    list('none,zlib@openssh.com'),
    list(''),
    list(''),
    hex('00 00000000'),
  );
  const padding = 4 + ((8 - ((payload.length + 5 + 4) % 8)) % 8);
  const n = payload.length + padding + 1;
  return concat(be16(0), be16(n), Uint8Array.of(padding), payload, random.bytes(padding));
}

/** An RTP packet with 160 bytes of telephony (RFC 3550 section 5.1). */
export function rtp(sequence: number, source: number, sound: Uint8Array): Uint8Array {
  const head = concat(hex('8000'), be16(sequence & 0xffff), new Uint8Array(8));
  const timestamp = (sequence * 160) >>> 0;
  head.set(Uint8Array.of(timestamp >>> 24, timestamp >>> 16, timestamp >>> 8, timestamp), 4);
  head.set(Uint8Array.of(source >>> 24, source >>> 16, source >>> 8, source), 8);
  return concat(head, sound);
}
