import type { Sample } from '../../support/sample.js';
import { clientHello, crypto, initial, longHeader, padded, serverHello, V1, V2 } from './packets.js';

const keyId = Buffer.from('8394c8f03e515708', 'hex');
const to = Buffer.from('c15d62c70884f4b5', 'hex');
const long = clientHello('www.example.org', 1184);

export const samples: readonly Sample[] = [
  {
    server: 443,
    udp: true,
    messages: [
      ['client', initial(padded(1100, crypto(0, long.subarray(0, 900))), { keyId })],
      ['client', initial(padded(1100, crypto(900, long.subarray(900))), { keyId, number: 1 })],
      ['server', initial(padded(300, crypto(0, serverHello())), { keyId, to, byClient: false })],
    ],
  },
  {
    server: 443,
    udp: true,
    messages: [
      ['client', initial(padded(1100, crypto(0, clientHello('a.example'))), { keyId, version: V2 })],
      ['server', Buffer.concat([longHeader(V1, 0xf0, keyId, to), Buffer.alloc(40, 3)])],
      ['server', initial(crypto(0, serverHello()), { keyId, to, byClient: false, version: V2 })],
    ],
  },
];
