import { hello } from '../../support/handed-on.js';
import type { Sample } from '../../support/sample.js';

const text = (s: string) => Buffer.from(s, 'latin1');

export const samples: readonly Sample[] = [
  {
    server: 110,
    messages: [
      ['server', text('+OK ready\r\n')],
      ['client', text('CAPA\r\n')],
      ['server', text('+OK\r\nSTLS\r\nUSER\r\n.\r\n')],
      ['client', text('STLS\r\n')],
      ['server', text('+OK begin\r\n')],
      ['client', hello('client')],
      ['server', hello('server')],
    ],
  },
  {
    server: 110,
    messages: [
      ['server', text('+OK ready <1.2@example.net>\r\n')],
      ['client', text('APOP alice c4c9334bac560ecc979e58001b3e22fb\r\n')],
      ['server', text('+OK\r\n')],
    ],
  },
];
