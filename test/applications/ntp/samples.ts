import type { Sample } from '../../support/sample.js';
import { control, time } from './messages.js';

const T = 0xeb00_0001_8000_0001n;

export const samples: readonly Sample[] = [
  {
    server: 123,
    udp: true,
    messages: [
      ['client', time({ mode: 3, transmit: T })],
      ['server', time({ mode: 4, stratum: 1, reference: '47505300', origin: T })],
      ['client', time({ mode: 1, transmit: T })],
      ['server', time({ mode: 2, stratum: 0, reference: '52415445', origin: T })],
      ['client', control(0, 1)],
      ['server', control(0x80, 1)],
      ['client', Buffer.from('1700032a00000000', 'hex')],
      ['server', Buffer.from('9700032a00000000', 'hex')],
      ['server', time({ mode: 5, stratum: 2, reference: 'c0000201' })],
    ],
  },
];
