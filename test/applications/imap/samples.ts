import { hello } from '../../support/handed-on.js';
import type { Sample } from '../../support/sample.js';

const text = (s: string) => Buffer.from(s, 'latin1');

export const samples: readonly Sample[] = [
  {
    server: 143,
    messages: [
      ['server', text('* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n')],
      ['client', text('a1 CAPABILITY\r\na2 STARTTLS\r\n')],
      ['server', text('* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK done\r\na2 OK begin\r\n')],
      ['client', hello('client')],
      ['server', hello('server')],
    ],
  },
  {
    server: 143,
    messages: [
      ['server', text('* OK ready\r\n')],
      ['client', text('a1 LOGIN "alice" "secret"\r\n')],
      ['server', text('a1 OK done\r\n')],
    ],
  },
];
