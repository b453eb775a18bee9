import type { Sample } from '../../support/sample.js';
import { message, option } from './messages.js';

const name = option(12, Buffer.from('laptop'));
const client = option(81, Buffer.concat([Buffer.from([4, 0, 0, 2]), Buffer.from('pc\0')]));

export const samples: readonly Sample[] = [
  {
    server: 67,
    udp: true,
    messages: [
      ['client', message({}, option(53, [1]), name, option(55, [1, 3, 6]))],
      ['server', message({ op: 2, yours: '0a000014' }, option(53, [2]), option(51, [0, 0, 14, 16]))],
      [
        'client',
        message(
          { relay: '0a000001' },
          option(53, [3]),
          option(54, [10, 0, 0, 1]),
          option(50, [10, 0, 0, 20]),
          client,
          option(60, Buffer.from('x 1')),
        ),
      ],
      ['server', message({ op: 2, file: name, name: option(51, [0, 0, 1, 44]) }, option(52, [3]))],
    ],
  },
];
