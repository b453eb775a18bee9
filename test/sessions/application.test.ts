import fc from 'fast-check';
import { expect, it } from 'vitest';
import { APPLICATION_NAMES, recogniseApplication } from '../../src/sessions/application.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const dns = hex('1234 0100 0001 0000 0000 0000 03777777 07657861 6d706c65 03636f6d 00 0001 0001');

/** Protocol, server port, who sent it, the bytes, what they are. */
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

it('never fails, whatever the bytes and ports', () => {
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
