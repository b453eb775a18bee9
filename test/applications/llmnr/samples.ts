import type { Sample } from '../../support/sample.js';
import { answer, ask, pointer, TYPE } from '../dns/messages.js';

const answers = [{ name: pointer(12), type: TYPE.A, data: Uint8Array.from([192, 0, 2, 66]) }];

export const samples: readonly Sample[] = [
  {
    server: 5355,
    udp: true,
    messages: [
      ['client', ask('wpad', TYPE.A, 7)],
      ['server', answer('wpad', TYPE.A, 7, { answers })],
    ],
  },
];
