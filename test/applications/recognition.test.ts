import fc from 'fast-check';
import { expect, it } from 'vitest';
import { APPLICATION_NAMES } from '../../src/applications/names.js';
import { recogniseApplication } from '../../src/sessions/application.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const dns = hex('1234 0100 0001 0000 0000 0000 03777777 07657861 6d706c65 03636f6d 00 0001 0001');

/** IP protocol, server port, sender, bytes, and the application protocol expected. */
const messages: [6 | 17, number, 'client' | 'server', Uint8Array | string, string][] = [
  [6, 8080, 'client', 'GET /index.html HTTP/1.1\r\n', 'http'],
  [6, 80, 'server', 'HTTP/1.1 200 OK\r\n', 'http'],
  [6, 80, 'client', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http2'],
  [6, 22, 'server', 'SSH-2.0-OpenSSH_9.2\r\n', 'ssh'],
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
  [6, 6379, 'client', 'GET a\r\n', ''],
  [6, 11211, 'client', 'get a\r\n', ''],
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
  [6, 102, 'client', hex('03000016 11e00000000100 c0010ac1020100c2020102'), ''],
  [6, 102, 'server', hex('03000016 11d00001000100 c0010ac1020100c2020102'), ''],
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

it.each(messages)('protocol %i, port %i, from the %s: %o is %s', (protocol, port, from, message, name) => {
  const payload = typeof message === 'string' ? Buffer.from(message) : message;
  const bytes = Buffer.concat([Buffer.from('before'), payload, Buffer.from('behind')]);
  const code = recogniseApplication(protocol, bytes, 6, 6 + payload.length, from === 'client', 50000, port);
  expect(APPLICATION_NAMES[code]).toBe(name);
});

/** If only answers were seen, the end that answers may be taken for the client. */
it.each([
  [5355, hex('58c4 8000 0001 0001 0000 0000 01610000010001c00c000100010000001e0004c6336402'), 'llmnr'],
  [5353, hex('0000 8400 0000 0001 0000 0000 016100 0001 8001 0000001e 0004 c6336402'), 'mdns'],
  [1900, Buffer.from('HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:1\r\n'), 'ssdp'],
  [53, dns, 'dns'],
  [514, Buffer.from('<34>Oct 11 22:14:15 host su: x'), 'syslog'],
  [1900, Buffer.from('HTTP/1.1 200 OK\r\nServer: a\r\n'), ''],
])('an answer from port %i is recognised', (port, message, name) => {
  const code = recogniseApplication(17, message, 0, message.length, true, port, 51385);
  expect(APPLICATION_NAMES[code]).toBe(name);
});

it('recognition never fails, whatever the bytes and ports', () => {
  const port = fc.oneof(
    fc.constantFrom(...new Set(messages.map((m) => m[1]))),
    fc.integer({ min: 0, max: 65535 }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(6, 17),
      fc.uint8Array({ maxLength: 300 }),
      fc.boolean(),
      port,
      port,
      (p, b, c, x, y) => {
        expect(APPLICATION_NAMES[recogniseApplication(p, b, 0, b.length, c, x, y)]).toBeDefined();
      },
    ),
    { numRuns: 2000 },
  );
});
