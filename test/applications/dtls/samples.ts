import type { Sample } from '../../support/sample.js';
import { bytes, clientHelloBody, extension, serverHelloBody, serverName } from '../tls/build.js';
import { ENCRYPTED, fragment, record } from './build.js';

const hello = clientHelloBody({
  version: 0xfefd,
  cookie: bytes(1, 2, 3, 4),
  ciphers: [0xc02b, 0xc02f],
  extensions: [serverName('a.example'), extension(51, new Uint8Array(1300))],
});

export const samples: readonly Sample[] = [
  {
    server: 4433,
    udp: true,
    messages: [
      ['client', record(22, 0, fragment(1, hello, 0, 900))],
      ['client', record(22, 0, fragment(1, hello, 900))],
      ['server', record(22, 0, fragment(2, serverHelloBody({ version: 0xfefd, cipher: 0xc02b })))],
      ['client', bytes(record(20, 0, bytes(1)), record(22, 1, new Uint8Array(48)))],
      ['server', ENCRYPTED],
    ],
  },
];
