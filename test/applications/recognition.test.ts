import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Recogniser } from '../../src/applications/engine/recogniser.js';
import { Opening } from '../../src/applications/reader.js';
import { APPLICATIONS } from '../../src/applications/registry.js';
import { APPLICATION_NAMES } from '../../src/model/application-names.js';

const tcp = new Recogniser(APPLICATIONS, 'tcp');
const udp = new Recogniser(APPLICATIONS, 'udp');

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** A message between other bytes, as in a frame; `length` is what it had before it was cut. */
function opening(message: Uint8Array, fromClient: boolean, clientPort: number, serverPort: number): Opening {
  const m = new Opening();
  m.bytes = Buffer.concat([Buffer.from('before'), message, Buffer.from('behind')]);
  m.start = 6;
  m.end = 6 + message.length;
  m.length = message.length;
  m.fromClient = fromClient;
  m.clientPort = clientPort;
  m.serverPort = serverPort;
  return m;
}

const recognise = (protocol: number, m: Opening) => (protocol === 6 ? tcp : udp).recognise(m)?.name ?? '';

const dns = hex('1234 0100 0001 0000 0000 0000 03777777 07657861 6d706c65 03636f6d 00 0001 0001');

/** IP protocol, server port, sender, bytes, and the application protocol expected. */
const messages: [6 | 17, number, 'client' | 'server', Uint8Array | string, string][] = [
  [6, 8080, 'client', 'GET /index.html HTTP/1.1\r\n', 'http'],
  [6, 80, 'server', 'HTTP/1.1 200 OK\r\n', 'http'],
  [6, 80, 'client', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http2'],
  [6, 22, 'server', 'SSH-2.0-OpenSSH_9.2\r\n', 'ssh'],
  [6, 22, 'server', 'Authorized users only\r\nSSH-2.0-OpenSSH_9.2\r\n', 'ssh'],
  [6, 2222, 'server', 'Authorized users only\r\nSSH-2.0-OpenSSH_9.2\r\n', ''],
  [6, 4433, 'client', hex('16 0301 0200 01 0001fc 0303'), 'tls'],
  [6, 25, 'server', '220 mail.example.net ESMTP\r\n', 'smtp'],
  [6, 21, 'server', '220 ready\r\n', 'ftp'],
  [6, 2121, 'server', '220 ProFTPD FTP server\r\n', 'ftp'],
  [6, 110, 'server', '+OK ready\r\n', 'pop3'],
  [6, 143, 'server', '* OK [CAPABILITY IMAP4rev1]\r\n', 'imap'],
  [6, 445, 'client', hex('00000044 fe534d42 40000100'), 'smb'],
  [6, 3389, 'client', hex('0300000b 06e00000 000000'), 'rdp'],
  [6, 179, 'client', hex('ffffffffffffffffffffffffffffffff 001d 01 04'), 'bgp'],
  [6, 5432, 'client', hex('00000008 04d2162f'), 'postgresql'],
  [6, 3306, 'server', hex('07000000 0a 382e302e33 00'), 'mysql'],
  [6, 6379, 'client', '*1\r\n$4\r\nPING\r\n', 'redis'],
  [6, 1883, 'client', hex('10 0c 0004 4d515454 04 02 003c 0000'), 'mqtt'],
  [6, 53, 'client', Buffer.concat([hex('001d'), dns]), 'dns'],
  [17, 53, 'client', dns, 'dns'],
  // Reserved bits do not matter where there is a question; without one nothing else tells.
  [17, 53, 'client', hex('1234 7960 0001 0000 0000 0000 0161 00 0001 0001'), 'dns'],
  [17, 53, 'client', hex('1234 0140 0000 0001 0000 0000 0161 00 0001 0001 00000000 0000'), ''],
  [17, 5353, 'client', dns, 'mdns'],
  [17, 123, 'client', Buffer.concat([hex('23'), Buffer.alloc(47)]), 'ntp'],
  [17, 514, 'client', '<34>Oct 11 22:14:15 host su: x', 'syslog'],
  [17, 5060, 'client', 'INVITE sip:bob@example.com SIP/2.0\r\n', 'sip'],
  [17, 1900, 'client', 'M-SEARCH * HTTP/1.1\r\n', 'ssdp'],
  [17, 443, 'client', Buffer.concat([hex('c3 00000001 08'), Buffer.alloc(20)]), 'quic'],
  [17, 3478, 'client', hex('0001 0000 2112a442 000000000000000000000000'), 'stun'],
  [17, 67, 'client', Buffer.concat([Buffer.alloc(236), hex('63825363')]), 'dhcp'],
  [17, 161, 'client', hex('302602010104'), 'snmp'],
  [17, 1812, 'client', Buffer.concat([hex('01 01 0014'), Buffer.alloc(16)]), 'radius'],
  [17, 51820, 'client', hex('01000000 00000000'), 'wireguard'],
  // A complete line of the protocol, on any port.
  [6, 8080, 'client', 'DELETE /index.html HTTP/1.1\r\n', 'http'],
  [6, 8080, 'client', 'PROPPATCH /a HTTP/1.1\r\nHost: a', 'http'],
  [6, 3128, 'client', 'CONNECT example.net:443 HTTP/1.1\r\n', 'http'],
  [6, 80, 'server', 'HTTP/1.0 404\r\n', 'http'],
  [6, 80, 'server', 'HTTP/1.1 200 O', 'http'],
  [6, 80, 'client', `GET /${'a'.repeat(900)}`, 'http'],
  [6, 80, 'client', `POST http://example.net/${'a'.repeat(2000)}`, 'http'],
  [6, 554, 'client', 'OPTIONS rtsp://192.0.2.1/a RTSP/1.0\r\nCSeq: 1\r\n', 'rtsp'],
  [6, 554, 'client', 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n', 'rtsp'],
  [6, 8554, 'client', 'DESCRIBE rtsp://192.0.2.1/a RTSP/2.0\r\n', 'rtsp'],
  [6, 8554, 'client', 'SET_PARAMETER rtsp://192.0.2.1/a RTSP/1.0\r\n', 'rtsp'],
  [6, 8554, 'client', `SETUP rtsp://192.0.2.1/${'a'.repeat(2000)}`, 'rtsp'],
  [6, 8554, 'server', 'RTSP/1.0 200 OK\r\n', 'rtsp'],
  [6, 5060, 'client', 'OPTIONS sip:carol@example.net SIP/2.0\r\n', 'sip'],
  [6, 5060, 'client', 'INVITE tel:+441632960001 SIP/2.0\r\n', 'sip'],
  [6, 5060, 'server', 'SIP/2.0 180 Ringing\r\n', 'sip'],
  [6, 5060, 'client', `REGISTER sip:${'a'.repeat(2000)}`, 'sip'],
  [6, 61613, 'client', 'CONNECT\naccept-version:1.2\nhost:a\n\n\0', ''],
  [6, 61613, 'server', 'CONNECTED\nversion:1.2\n\n\0', ''],
  [6, 21, 'client', 'DELE file\r\n', ''],
  [6, 110, 'client', 'DELE 1\r\n', ''],
  [6, 143, 'client', 'a1 DELETE box\r\n', ''],
  [6, 2049, 'client', 'OPTIONAL words\r\n', ''],
  [6, 80, 'client', 'GET nothing at all\r\n', ''],
  [6, 80, 'client', 'HEAD of the department', ''],
  [6, 80, 'server', 'HTTP is a protocol\r\n', ''],
  [6, 80, 'server', 'SSH-host key\r\n', ''],
  // Commands that do not wait for a greeting.
  [6, 21, 'client', 'USER anonymous\r\n', 'ftp'],
  [6, 21, 'client', 'auth tls\r\n', 'ftp'],
  [6, 110, 'client', 'USER a\r\nPASS b\r\n', 'pop3'],
  [6, 110, 'client', 'CAPA\r\n', 'pop3'],
  [6, 143, 'client', 'a001 login a b\r\n', 'imap'],
  [6, 2525, 'client', 'EHLO mail.example.net\r\n', 'smtp'],
  [6, 24, 'client', 'LHLO mail.example.net\r\n', 'smtp'],
  [6, 6667, 'client', 'USER guest 0 * :Ronnie\r\n', ''],
  // Greetings that several protocols share.
  [6, 25, 'server', '220 ftp.example.net FTP and mail\r\n', 'smtp'],
  [6, 2121, 'server', '220-Welcome\r\n', ''],
  [6, 10025, 'server', '220 mail.example.net ESMTP Postfix\r\n', 'smtp'],
  [6, 6379, 'server', '+OK\r\n', 'redis'],
  [6, 6379, 'server', '-ERR unknown command\r\n', 'redis'],
  [6, 6379, 'server', ':1\r\n', 'redis'],
  [6, 6379, 'server', '$-1\r\n', 'redis'],
  [6, 6379, 'server', '*2\r\n$1\r\na\r\n', 'redis'],
  [6, 7000, 'server', '+OK\r\n', ''],
  [6, 4222, 'server', '+OK\r\n', ''],
  [6, 1110, 'server', '+OK POP3 server ready\r\n', 'pop3'],
  [6, 1110, 'server', '+OK ready <1896.697170952@dbc.mtview.ca.us>\r\n', 'pop3'],
  [6, 1143, 'server', '* OK [CAPABILITY IMAP4rev1] ready\r\n', 'imap'],
  [6, 1143, 'server', '* OK then\r\n', ''],
  // ISO transport: RDP, and S7 or MMS.
  [
    6,
    3389,
    'client',
    hex('0300002b 26e00000000000 436f6f6b69653a206d737473686173683d616161610d0a 0100080003000000 00'),
    'rdp',
  ],
  [6, 13389, 'client', hex('03000013 0ee00000000000 01000800 0b000000'), 'rdp'],
  [6, 13389, 'server', hex('03000013 0ed00000123400 02000800 01000000'), 'rdp'],
  [6, 13389, 'server', hex('03000013 0ed00000123400 03000800 05000000'), 'rdp'],
  [6, 102, 'client', hex('03000016 11e00000000100 c0010ac1020100c2020102'), 's7comm'],
  [6, 102, 'server', hex('03000016 11d00001000100 c0010ac1020100c2020102'), 's7comm'],
  [6, 102, 'client', hex('0300000b 06e00000 000000'), ''],
  [6, 3268, 'client', hex('300c 020101 6007 020103 0400 8000'), 'ldap'],
  [6, 389, 'client', hex('3084 00000010 020101 6384 00000007 0400'), 'ldap'],
  [6, 389, 'client', hex('3003 010100 ffffffff'), ''],
  [6, 88, 'client', Buffer.concat([hex('000007d0 6c8207cc'), Buffer.alloc(1440)]), 'kerberos'],
  [6, 88, 'server', hex('0000000a 7e08 30060000 00000000'), 'kerberos'],
  [6, 88, 'client', Buffer.concat([hex('000007d0 6c8207aa'), Buffer.alloc(1440)]), ''],
  [6, 88, 'client', Buffer.concat([hex('000007d0 308207cc'), Buffer.alloc(1440)]), ''],
  [17, 88, 'server', hex('6b8203a0 3082039c'), 'kerberos'],
  [17, 500, 'client', Buffer.concat([Buffer.alloc(16), hex('2120220800000000 0000001c')]), 'ike'],
  [17, 4500, 'client', Buffer.concat([Buffer.alloc(20), hex('2120220800000000 0000001c')]), 'ike'],
  [17, 4500, 'client', Buffer.alloc(40, 0x11), ''],
  [17, 137, 'client', hex('0001 0110 0001 0000 0000 0000'), 'netbios'],
  [17, 137, 'client', Buffer.alloc(40), ''],
  [17, 138, 'client', Buffer.concat([hex('11'), Buffer.alloc(20)]), 'netbios'],
  [17, 1985, 'client', Buffer.concat([hex('0000'), Buffer.alloc(18)]), 'hsrp'],
  [17, 11211, 'client', Buffer.from('\0\x01\0\0\0\x01\0\0get a\r\n', 'latin1'), 'memcached'],
  [17, 11211, 'client', 'something', ''],
  [17, 161, 'client', hex('300302010a 04'), ''],
  [17, 389, 'client', hex('300c 020101 6307 0400 0a0100 0000'), 'ldap'],
  [6, 9999, 'client', 'something else entirely', ''],
  [17, 9999, 'client', hex('00112233445566778899'), ''],
  [6, 53, 'client', 'not dns at all, though on its port', ''],
];

/** What was wrong once, and what came since. */
const more: typeof messages = [
  // ISO transport: S7 itself, and MMS, whose ends are named otherwise.
  [6, 102, 'client', hex('03000019 02f080 32010000 0000 0008 0000 f0000001000101e0'), 's7comm'],
  [6, 10102, 'client', hex('03000019 02f080 32010000 0000 0008 0000 f0000001000101e0'), 's7comm'],
  [6, 102, 'client', hex('03000016 11e00000000100 c0010ac1020000c2020001'), ''],
  [6, 102, 'client', hex('03000019 02f080 7201000000000008 0000f000000100010100'), ''],
  [6, 3389, 'client', hex('03000021 1ce00000000000 0102030405060708090a0b0c0d0e0f1011121314151617'), 'rdp'],
  [6, 3389, 'client', hex('030001be 02f080 7f658201b2 040101'), 'rdp'],
  [6, 13389, 'client', hex('0300002b 26e00000000000 436f6f6b69653a206d737473'), 'rdp'],
  // Redis, in one line and in answers; memcached.
  [6, 6379, 'client', 'SET a b\r\n', 'redis'],
  [6, 6379, 'client', 'get a\r\n', 'redis'],
  [6, 6379, 'client', 'PING\r\n', 'redis'],
  [6, 6379, 'client', 'GET / HTTP/1.1\r\n', 'http'],
  [6, 6379, 'client', 'GETTING on\r\n', ''],
  [6, 6380, 'client', '*2\r\n$3\r\nGET\r\n$1\r\na\r\n', 'redis'],
  [6, 11211, 'client', 'get a\r\n', 'memcached'],
  [6, 11211, 'client', 'set a 0 60 5\r\nhello\r\n', 'memcached'],
  [6, 11211, 'server', 'VALUE a 0 5\r\nhello\r\nEND\r\n', 'memcached'],
  [6, 11211, 'server', 'STORED\r\n', 'memcached'],
  [6, 11211, 'client', hex('8000000100000000 00000001 00000000 0000000000000000 61'), 'memcached'],
  [6, 11211, 'client', 'getting on\r\n', ''],
  // Kerberos, LDAP, SNMP: on their ports, and elsewhere where all of the beginning fits.
  [
    6,
    749,
    'client',
    Buffer.concat([hex('000007d0 6a8207cc 308207c8 a1030201 05 a2030201 0a'), Buffer.alloc(99)]),
    'kerberos',
  ],
  [
    6,
    749,
    'client',
    Buffer.concat([hex('000007d0 6a8207cc 308207c8 a1030201 04 a2030201 0a'), Buffer.alloc(99)]),
    '',
  ],
  [17, 749, 'client', hex('7e0d 300b a0030201 05 a1040201 1e00'), 'kerberos'],
  [6, 10389, 'client', hex('300c 020101 6007 020103 0400 8000'), 'ldap'],
  [6, 10389, 'server', hex('300c 020101 6107 0a0100 0400 0400'), 'ldap'],
  [
    6,
    10389,
    'client',
    hex('3025 020102 6320 0400 0a0100 0a0100 020100 020100 010100 870b6f626a656374436c617373 3000'),
    'ldap',
  ],
  [6, 10389, 'client', hex('300c 020101 6007 020109 0400 8000'), ''],
  [6, 389, 'client', hex('3005 020103 4200'), 'ldap'],
  [17, 1161, 'client', hex('3018 020101 0400 a011 020101 020100 020100 3006 3004 0600 0500'), 'snmp'],
  [17, 1161, 'client', hex('3019 020101 0400 a011 020101 020100 020100 3006 3004 0600 0500'), ''],
  // TLS: hellos of version 2, alerts, and on its ports what is in mid-stream.
  [6, 8000, 'client', Buffer.concat([hex('802e 01 0301 0015 0000 0010'), Buffer.alloc(37, 7)]), 'tls'],
  [6, 8000, 'client', Buffer.concat([hex('802f 01 0301 0015 0000 0010'), Buffer.alloc(37, 7)]), ''],
  [6, 8000, 'server', hex('15 0303 0002 0228'), 'tls'],
  [6, 8000, 'server', hex('15 0303 0003 022800'), ''],
  [6, 636, 'client', hex('16 0301 0200 01 0001fc 0303'), 'tls'],
  [6, 443, 'client', Buffer.concat([hex('17 0303 0020'), Buffer.alloc(32, 9)]), 'tls'],
  [
    6,
    443,
    'client',
    Buffer.concat([hex('17 0303 0008'), Buffer.alloc(8, 9), hex('17 0303 1000 1234')]),
    'tls',
  ],
  [6, 443, 'client', Buffer.concat([hex('17 0303 0008'), Buffer.alloc(32, 9)]), ''],
  [6, 8000, 'client', Buffer.concat([hex('17 0303 0020'), Buffer.alloc(32, 9)]), ''],
  // Behind the NetBIOS session service; SMB 3, encrypted.
  [
    6,
    139,
    'client',
    Buffer.concat([hex('81000044 20'), Buffer.from('CKFDENECFDEFFCFGEFFCCACACACACACA'), hex('00 20')]),
    'smb',
  ],
  [6, 139, 'server', hex('82000000'), 'smb'],
  [6, 139, 'server', hex('8300000182'), 'smb'],
  [6, 139, 'client', hex('00000054 ff534d42 72000000'), 'smb'],
  [6, 445, 'server', hex('00000100 fd534d42 00112233'), 'smb'],
  // Databases: requests before the startup, greetings that are cut or that others follow, mid-stream.
  [6, 5432, 'client', hex('00000008 04d21630'), 'postgresql'],
  [6, 5433, 'client', hex('00000010 04d2162e 00000001 00000002'), 'postgresql'],
  [
    6,
    5433,
    'client',
    Buffer.concat([hex('00000054 00030000'), Buffer.from('user\0postgres\0data')]),
    'postgresql',
  ],
  [
    6,
    5433,
    'client',
    Buffer.concat([hex('00000054 00030002'), Buffer.from('user\0postgres\0data')]),
    'postgresql',
  ],
  [6, 5432, 'client', Buffer.concat([hex('51 0000000e'), Buffer.from('SELECT 1;\0')]), 'postgresql'],
  // What a client that prepared its statements long ago sends: names, formats, values.
  [
    6,
    5432,
    'client',
    Buffer.concat([hex('42 00000010 00'), Buffer.from('S_1'), hex('00 0000 0000 0000')]),
    'postgresql',
  ],
  [6, 5432, 'client', hex('42 00000014 00 00 0002 0001 0000 0000 0000 45 00000009'), 'postgresql'],
  [6, 5432, 'client', hex('42 00000014 00 00 0002 0001 0007 0000 0000 45 00000009'), ''],
  [6, 5432, 'client', hex('42 00000010 00 9f53 31 00 0000 0000 0000'), ''],
  [6, 5432, 'server', hex('52 0000000c 00000005 12345678'), 'postgresql'],
  [6, 3307, 'server', Buffer.concat([hex('4a000000 0a'), Buffer.from('8.0.36\0'), Buffer.alloc(8)]), 'mysql'],
  [
    6,
    3307,
    'server',
    Buffer.concat([hex('07000000 0a'), Buffer.from('8.0.3\0'), hex('07000002 000000')]),
    'mysql',
  ],
  [6, 3306, 'server', Buffer.concat([hex('1b000000 ff 1004'), Buffer.from('Too many connections')]), 'mysql'],
  [6, 3306, 'client', Buffer.concat([hex('09000000 03'), Buffer.from('SELECT 1')]), 'mysql'],
  [
    6,
    3306,
    'client',
    Buffer.concat([hex('54000001 85a6ff01 00000001 2d'), Buffer.alloc(23), Buffer.from('root\0')]),
    'mysql',
  ],
  // A ping; a statement is executed, prepared, closed and another one executed.
  [6, 3306, 'client', hex('01000000 0e'), 'mysql'],
  [6, 3306, 'client', hex('0a000000 17 07000000 00 01000000'), 'mysql'],
  [6, 3306, 'client', hex('0a000000 17 07000000 00 02000000'), ''],
  [6, 3306, 'client', Buffer.concat([hex('09000000 16'), Buffer.from('SELECT ?')]), 'mysql'],
  [6, 3306, 'client', hex('05000000 19 07000000'), 'mysql'],
  [6, 3306, 'client', hex('05000000 19 07000000 0a000000 17 08000000 00 01000000'), 'mysql'],
  [6, 3306, 'client', hex('05000000 19 07000000 0a000001'), ''],
  [6, 1433, 'client', hex('1201 001a 0000 0100 00000b0006 0100110001 ff 0f00000000000000'), 'tds'],
  [6, 14330, 'client', hex('1201 001a 0000 0100 00000b0006 0100110001 ff 0f00000000000000'), 'tds'],
  [6, 14330, 'client', hex('1001 0090 0000 0100 88000000 04000074 00100000'), 'tds'],
  [6, 1433, 'client', hex('0e01 0020 0000 0100 1600000012000000'), 'tds'],
  [6, 1433, 'client', hex('0304 1f40 0000 0100 1600000012000000'), 'tds'],
  [6, 1433, 'client', hex('0320 1f40 0000 0100 1600000012000000'), ''],
  [6, 1433, 'client', hex('0101 0020 0000 0100 1600000012000000'), 'tds'],
  [6, 1433, 'server', hex('0401 0020 0034 0100 e31b0001'), 'tds'],
  [6, 14330, 'client', hex('0101 0020 0000 0100 1600000012000000'), ''],
  // MQTT: versions 3.1 and 5, a length of two bytes, an answer.
  [6, 18830, 'client', hex('10 8002 0004 4d515454 05 c2 003c'), 'mqtt'],
  [6, 18830, 'client', hex('10 25 0006 4d5149736470 03 02 003c'), 'mqtt'],
  [6, 1883, 'server', hex('20 02 00 05'), 'mqtt'],
  // What is said later: a ping, a message and more behind it, the beginning of a long one, answers.
  [6, 1883, 'client', hex('c000'), 'mqtt'],
  [6, 1883, 'server', hex('d000'), 'mqtt'],
  [6, 1883, 'client', Buffer.concat([hex('30 07 0003'), Buffer.from('a/b12'), hex('c000')]), 'mqtt'],
  [6, 1883, 'server', Buffer.concat([hex('32 ff7f 0003'), Buffer.from('a/b'), hex('0007')]), 'mqtt'],
  [6, 1883, 'client', Buffer.concat([hex('82 08 0001 0003'), Buffer.from('a/#'), hex('01')]), 'mqtt'],
  [6, 1883, 'server', hex('90 03 0001 00'), 'mqtt'],
  [6, 1883, 'client', hex('40 02 0007'), 'mqtt'],
  // The server does not subscribe, messages have no wildcards, no number is 0, nothing follows a ping.
  [6, 1883, 'server', Buffer.concat([hex('82 08 0001 0003'), Buffer.from('a/#'), hex('01')]), ''],
  [6, 1883, 'client', Buffer.concat([hex('30 07 0003'), Buffer.from('a/#12')]), ''],
  [6, 1883, 'client', hex('40 02 0000'), ''],
  [6, 1883, 'client', hex('c000 00'), ''],
  [6, 18830, 'client', Buffer.concat([hex('30 07 0003'), Buffer.from('a/b12')]), ''],
  // Industry.
  [6, 502, 'client', hex('0001 0000 0006 01 03 0000 000a'), 'modbus'],
  [6, 502, 'server', hex('0001 0000 0003 01 83 02'), 'modbus'],
  [6, 502, 'client', hex('0001 0001 0006 01 03 0000 000a'), ''],
  [6, 20000, 'client', hex('0564 05 c9 0100 0a00 0000'), 'dnp3'],
  [6, 30000, 'client', hex('0564 05 c0 0100 0004 e921'), 'dnp3'],
  [6, 30000, 'client', hex('0564 05 c0 0100 0004 e922'), ''],
  [6, 2404, 'client', hex('6804 07000000'), 'iec104'],
  [6, 2404, 'server', hex('680e 0000 0000 64010a00 0100 000000 14'), 'iec104'],
  [6, 2404, 'client', hex('6804 05000000'), ''],
  [17, 47808, 'client', hex('810b000c 0120ffff 00ff1008'), 'bacnet'],
  [6, 44818, 'client', hex('6500 0400 00000000 00000000 0000000000000000 00000000 01000000'), 'enip'],
  [17, 44818, 'client', hex('6300 0000 00000000 00000000 0000000000000000 00000000'), 'enip'],
  // Queues, calls, proxies, chat.
  [6, 5672, 'client', hex('01 0001 00000004 003c 0050 ce'), 'amqp'],
  [6, 5672, 'server', hex('08 0000 00000000 ce'), 'amqp'],
  [6, 5672, 'client', hex('01 0001 00000004 003c 0050 cd'), ''],
  [6, 56720, 'server', hex('08 0000 00000000 ce'), ''],
  [6, 5672, 'client', Buffer.from('AMQP\0\0\x09\x01', 'latin1'), 'amqp'],
  [
    6,
    9092,
    'client',
    Buffer.concat([hex('00000020 0012 0003 00000001 000a'), Buffer.from('consumer-1')]),
    'kafka',
  ],
  [6, 135, 'client', hex('05000b03 10000000 48000000 01000000 d016d016'), 'dcerpc'],
  [6, 49664, 'client', hex('05000003 10000000 48001000 01000000 10000000'), 'dcerpc'],
  [6, 49664, 'client', hex('05000003 10000000 48004000 01000000 10000000'), ''],
  [17, 135, 'client', Buffer.concat([hex('04000000 10000000'), Buffer.alloc(72)]), 'dcerpc'],
  [6, 1081, 'client', hex('05 01 00'), 'socks'],
  [6, 1081, 'client', hex('05 02 00 02'), 'socks'],
  [6, 1081, 'client', hex('04 01 0050 cb007105 00'), 'socks'],
  [
    6,
    1081,
    'client',
    Buffer.concat([hex('04 01 01bb 00000001 6100'), Buffer.from('example.com\0')]),
    'socks',
  ],
  [6, 1080, 'server', hex('05 00'), 'socks'],
  [6, 1080, 'server', hex('00 5a 0000 00000000'), 'socks'],
  [6, 1080, 'client', hex('05 01 00 01 cb007105 0050'), 'socks'],
  [6, 5222, 'client', "<?xml version='1.0'?>", 'xmpp'],
  [6, 8222, 'client', "<?xml version='1.0'?><stream:stream to='a' xmlns='jabber:client'>", 'xmpp'],
  [6, 8222, 'client', "<?xml version='1.0'?><html>", ''],
  [6, 514, 'client', '<34>Oct 11 22:14:15 host su: x', 'syslog'],
  [6, 601, 'client', '31 <34>1 2003-10-11T22:14:15.003Z a', 'syslog'],
  [6, 1194, 'client', Buffer.concat([hex('000e 38'), Buffer.alloc(13, 5)]), 'openvpn'],
  [6, 8080, 'server', hex('00000c 04 00 00000000 0003 00000064 0004 00010000'), 'http2'],
  // QUIC: version 2, drafts, Google's, an answer that lists versions, one that asks for it.
  [17, 443, 'client', Buffer.concat([hex('d3 6b3343cf 08'), Buffer.alloc(20)]), 'quic'],
  [17, 443, 'client', Buffer.concat([hex('c3 ff00001d 08'), Buffer.alloc(20)]), 'quic'],
  [17, 443, 'client', Buffer.concat([hex('c3 ff000023 08'), Buffer.alloc(20)]), ''],
  [17, 443, 'client', Buffer.concat([hex('c3 51303436 50'), Buffer.alloc(20)]), 'quic'],
  [17, 443, 'client', Buffer.concat([hex('0d 0011223344556677 51303433 01'), Buffer.alloc(20)]), 'quic'],
  [17, 443, 'server', hex('80 00000000 08 0011223344556677 00 0a1a2a3a 00000001'), 'quic'],
  [17, 443, 'client', Buffer.concat([hex('c0 1a2a3a4a 08'), Buffer.alloc(1194)]), 'quic'],
  [17, 443, 'client', Buffer.concat([hex('c3 00000001 15'), Buffer.alloc(40)]), ''],
  // Datagrams.
  [17, 123, 'client', hex('17 00 03 2a 00000000'), 'ntp'],
  [17, 123, 'client', hex('16 02 0001 00000000 00000000'), 'ntp'],
  [17, 443, 'client', Buffer.concat([hex('16 fefd 0000 000000000000 0030 01'), Buffer.alloc(47)]), 'dtls'],
  [17, 443, 'client', Buffer.concat([hex('16 fefd 0001 000000000000 0030 01'), Buffer.alloc(47)]), ''],
  [
    17,
    41194,
    'client',
    Buffer.concat([hex('01000000'), Buffer.alloc(128, 3), Buffer.alloc(16)]),
    'wireguard',
  ],
  [
    17,
    1812,
    'client',
    Buffer.concat([hex('01 01 0026'), Buffer.alloc(16), hex('0107'), Buffer.from('alice')]),
    'radius',
  ],
  [
    17,
    18120,
    'client',
    Buffer.concat([hex('01 01 001b'), Buffer.alloc(16), hex('0107'), Buffer.from('alice')]),
    'radius',
  ],
  [
    17,
    18120,
    'client',
    Buffer.concat([hex('01 01 001b'), Buffer.alloc(16), hex('0106'), Buffer.from('alice')]),
    '',
  ],
  [17, 1812, 'client', Buffer.concat([hex('06 01 0014'), Buffer.alloc(16)]), ''],
  [17, 521, 'client', Buffer.concat([hex('0101 0000'), Buffer.alloc(20)]), 'rip'],
  // Speech between even ports, in whole steps of 10 ms; and the reports beside it.
  [17, 20002, 'client', Buffer.concat([hex('8000 0001 00000000 12345678'), Buffer.alloc(160, 0x7f)]), 'rtp'],
  [17, 20002, 'client', Buffer.concat([hex('8092 0001 00000000 12345678'), Buffer.alloc(20, 0x7f)]), 'rtp'],
  [17, 20003, 'client', Buffer.concat([hex('8000 0001 00000000 12345678'), Buffer.alloc(160, 0x7f)]), ''],
  [17, 20002, 'client', Buffer.concat([hex('8060 0001 00000000 12345678'), Buffer.alloc(160, 0x7f)]), ''],
  [17, 20002, 'client', Buffer.concat([hex('8000 0001 00000000 12345678'), Buffer.alloc(161, 0x7f)]), ''],
  [17, 20003, 'client', hex('80c90001 12345678 81ca0003 12345678 01026162 00000000'), 'rtcp'],
  [17, 20003, 'client', hex('80c90001 12345678'), ''],
];

it.each([...messages, ...more])(
  'protocol %i, port %i, from the %s: %o is %s',
  (protocol, port, from, message, name) => {
    const payload = typeof message === 'string' ? Buffer.from(message) : message;
    expect(recognise(protocol, opening(payload, from === 'client', 50000, port))).toBe(name);
  },
);

/** If only later messages were seen, the end that answers may be taken for the client. */
it.each([
  [17, 5355, hex('58c4 8000 0001 0001 0000 0000 01610000010001c00c000100010000001e0004c6336402'), 'llmnr'],
  [17, 5353, hex('0000 8400 0000 0001 0000 0000 016100 0001 8001 0000001e 0004 c6336402'), 'mdns'],
  [17, 1900, Buffer.from('HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:1\r\n'), 'ssdp'],
  [17, 53, dns, 'dns'],
  [17, 514, Buffer.from('<34>Oct 11 22:14:15 host su: x'), 'syslog'],
  [17, 1900, Buffer.from('HTTP/1.1 200 OK\r\nServer: a\r\n'), ''],
  [6, 6379, Buffer.from('+OK\r\n'), 'redis'],
  [6, 1433, hex('0401 0020 0034 0100 e31b0001'), 'tds'],
])('protocol %i: an answer from port %i is recognised, and who sent it', (protocol, port, message, name) => {
  const m = opening(message, true, port, 51385);
  expect(recognise(protocol, m)).toBe(name);
  expect([m.fromClient, m.clientPort, m.serverPort]).toEqual(
    name === '' ? [true, port, 51385] : [false, 51385, port],
  );
});

it.each([...messages, ...more].filter(([, , , , name]) => name !== ''))(
  'protocol %i, port %i, from the %s: %o, whose end was cut, is %s or nothing',
  (protocol, port, from, message, name) => {
    const payload = typeof message === 'string' ? Buffer.from(message) : message;
    for (let n = 1; n < payload.length; n++) {
      const m = opening(payload.subarray(0, n), from === 'client', 50000, port);
      m.length = payload.length;
      expect(['', name]).toContain(recognise(protocol, m));
    }
  },
);

describe('random bytes', () => {
  const generate = (most: number) =>
    fc.sample(fc.uint8Array({ minLength: 1, maxLength: 300, max: most }), { numRuns: 20_000, seed: 4711 });

  it.each([255, 127])('up to %i are nothing between ports of their own', (most) => {
    const found = new Map<string, number>();
    for (const bytes of generate(most))
      for (const protocol of [6, 17])
        for (const fromClient of [true, false]) {
          const name = recognise(protocol, opening(bytes, fromClient, 50001, 50002));
          if (name !== '') found.set(name, (found.get(name) ?? 0) + 1);
        }
    expect([...found]).toEqual([]);
  });

  it('are seldom taken for what has its port and little else', () => {
    const found = new Map<string, number>();
    const ports = new Set(APPLICATIONS.flatMap((a) => a.tcp?.ports ?? []));
    const all = generate(255).slice(0, 1000);
    for (const port of ports)
      for (const bytes of all) {
        const name = recognise(6, opening(bytes, true, 50001, port));
        if (name !== '') found.set(name, (found.get(name) ?? 0) + 1);
      }
    expect([...found].filter(([, times]) => times > 2)).toEqual([]);
  });
});

it('recognition never fails, whatever the bytes and ports', () => {
  const port = fc.oneof(
    fc.constantFrom(...new Set([...messages, ...more].map((m) => m[1]))),
    fc.integer({ min: 0, max: 65535 }),
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .tuple(fc.constantFrom(...messages, ...more), fc.uint8Array({ maxLength: 8 }), fc.nat(60), fc.nat(300))
      .map(([[, , , text], change, at, n]) => {
        const b = Buffer.from(text as string);
        b.set(change.subarray(0, Math.max(0, b.length - at)), Math.min(at, b.length));
        return b.subarray(0, n);
      }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(6, 17),
      bytes,
      fc.boolean(),
      port,
      port,
      fc.nat(1000),
      (p, b, c, x, y, more) => {
        const m = opening(b, c, x, y);
        m.length += more;
        expect(APPLICATION_NAMES).toContain(recognise(p, m));
      },
    ),
    { numRuns: 3000 },
  );
});
