import type { Sample } from '../../support/sample.js';
import {
  alert,
  algorithms,
  alpn,
  bytes,
  CHANGE,
  certificate,
  certificates,
  chosenVersion,
  clientHello,
  data,
  extension,
  finished,
  handshake,
  message,
  RETRY,
  serverHello,
  serverName,
  versions,
} from './build.js';

const SESSION = new Uint8Array(32).fill(7);
/** With a key share as long as one with ML-KEM: two segments and more. */
const hello = clientHello({
  session: SESSION,
  ciphers: [0x2a2a, 0x1301, 0x1302, 0xc02f],
  extensions: [
    serverName('www.example.com'),
    alpn('h2', 'http/1.1'),
    versions(0x1a1a, 0x0304, 0x0303),
    algorithms(0x0403, 0x0804),
    extension(51, new Uint8Array(1216).fill(3)),
    extension(0xfe0d, new Uint8Array(100).fill(4)),
  ],
});
const before = clientHello({
  ciphers: [0xc02f, 0x009c],
  extensions: [serverName('www.example.com'), alpn('http/1.1'), extension(35)],
});

export const samples: readonly Sample[] = [
  {
    server: 443,
    messages: [
      ['client', handshake(hello)],
      [
        'server',
        handshake(serverHello({ random: RETRY, session: SESSION, extensions: [chosenVersion(0x0304)] })),
      ],
      ['client', bytes(CHANGE, handshake(hello))],
      [
        'server',
        bytes(CHANGE, handshake(serverHello({ cipher: 0x1301, extensions: [chosenVersion(0x0304)] }))),
      ],
      ['server', data(2000)],
      ['client', data()],
    ],
  },
  {
    server: 443,
    messages: [
      ['client', handshake(before)],
      ['server', handshake(serverHello({ session: SESSION, extensions: [alpn('http/1.1')] }))],
      ['server', bytes(handshake(certificates(certificate(), certificate())), handshake(message(14)))],
      ['client', bytes(handshake(message(16, new Uint8Array(66))), CHANGE, finished())],
      ['server', bytes(CHANGE, finished())],
    ],
  },
  {
    server: 8443,
    messages: [
      ['client', handshake(before)],
      ['server', bytes(handshake(serverHello()), handshake(certificates(certificate())), alert(1, 112))],
      ['client', alert(2, 48)],
    ],
  },
  {
    server: 443,
    messages: [['client', bytes(0x80, 0x2e, 1, 3, 1, 0, 0x15, 0, 0, 0, 0x10, new Uint8Array(37))]],
  },
];
