import type { Sample } from '../../support/sample.js';
import { ask, message, name, TYPE } from '../dns/messages.js';

const printer = name('Printer._ipp._tcp.local');
const answers = [
  { name: '_ipp._tcp.local', type: TYPE.PTR, data: printer },
  { name: printer, type: TYPE.TXT, class: 0x8001, data: Buffer.from('\x05a=b c\x03d=e') },
  { name: 'printer.local', type: TYPE.A, class: 0x8001, data: Uint8Array.from([192, 0, 2, 7]) },
];

export const samples: readonly Sample[] = [
  {
    server: 5353,
    udp: true,
    messages: [
      ['client', ask('_ipp._tcp.local', TYPE.PTR, 0)],
      ['client', message({ id: 0, response: true, answers })],
    ],
  },
];
