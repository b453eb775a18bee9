import { hello } from '../../support/handed-on.js';
import type { Sample } from '../../support/sample.js';

const text = (s: string) => Buffer.from(s, 'latin1');

export const samples: readonly Sample[] = [
  {
    server: 21,
    messages: [
      ['server', text('220-Welcome\r\n220 ready\r\n')],
      ['client', text('AUTH TLS\r\n')],
      ['server', text('234 AUTH TLS successful\r\n')],
      ['client', hello('client')],
      ['server', hello('server')],
    ],
  },
  {
    server: 21,
    messages: [
      ['server', text('220 ready\r\n')],
      ['client', text('USER alice\r\n')],
      ['server', text('331 password\r\n')],
      ['client', text('PASS secret\r\n')],
      ['server', text('230 ok\r\n')],
    ],
  },
];
