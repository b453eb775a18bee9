import type { Sample } from '../../support/sample.js';
import { message, message3, octets, pdu, scoped } from './messages.js';

export const samples: readonly Sample[] = [
  {
    server: 161,
    udp: true,
    messages: [
      ['client', message(0, pdu(0, 1, 0, 1, 2))],
      ['server', message(0, pdu(2, 1, 2, 1, 2))],
      ['client', message(1, pdu(5, 2, 0, 1))],
      ['server', message(1, pdu(2, 2, 0, 3))],
      ['client', message3(1, 4, '', scoped(pdu(0, 5, 0)))],
      ['server', message3(1, 0, '', scoped(pdu(8, 0, 0, 4)))],
      ['client', message3(2, 7, 'operator', octets('?'.repeat(60)))],
      ['server', message3(2, 3, 'operator', octets('?'.repeat(60)))],
    ],
  },
  { server: 162, udp: true, messages: [['client', message(1, pdu(7, 1, 0, 1))]] },
];
