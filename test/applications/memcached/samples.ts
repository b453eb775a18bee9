import type { Sample } from '../../support/sample.js';

const ascii = (text: string) => Buffer.from(text, 'latin1');

export const samples: readonly Sample[] = [
  {
    server: 11211,
    messages: [
      ['client', ascii('get user:17 user:18\r\n')],
      ['server', ascii('VALUE user:17 0 5\r\nhello\r\nEND\r\n')],
      ['client', ascii('set user:19 0 300 11\r\nset quit\r\nx\r\n')],
      ['server', ascii('STORED\r\n')],
      ['client', ascii('incr visits one\r\n')],
      ['server', ascii('CLIENT_ERROR invalid numeric delta argument\r\n')],
    ],
  },
];
