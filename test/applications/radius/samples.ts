import type { Sample } from '../../support/sample.js';
import { attribute, packet } from './messages.js';

export const samples: readonly Sample[] = [
  {
    server: 1812,
    udp: true,
    messages: [
      ['client', packet(1, 5, 1, attribute(1, 'ann'), attribute(32, 'nas-1'), attribute(31, '00-11-22'))],
      ['server', packet(2, 5, 9, attribute(8, [10, 0, 0, 7]), attribute(168, Buffer.alloc(16, 0x20)))],
      ['client', packet(4, 6, 1, attribute(1, 'ann'), attribute(8, [10, 0, 0, 7]))],
      ['server', packet(5, 6, 9)],
    ],
  },
];
