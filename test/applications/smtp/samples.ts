import { hello } from '../../support/handed-on.js';
import type { Sample } from '../../support/sample.js';

const text = (s: string) => Buffer.from(s, 'latin1');

export const samples: readonly Sample[] = [
  {
    server: 25,
    messages: [
      ['server', text('220 mail.example.net ESMTP\r\n')],
      ['client', text('EHLO a.example.net\r\n')],
      ['server', text('250-mail.example.net\r\n250-SIZE 1000\r\n250 STARTTLS\r\n')],
      ['client', text('STARTTLS\r\n')],
      ['server', text('220 go ahead\r\n')],
      ['client', hello('client')],
      ['server', hello('server')],
    ],
  },
  {
    server: 25,
    messages: [
      ['server', text('220 mail.example.net ESMTP\r\n')],
      ['client', text('EHLO a.example.net\r\nMAIL FROM:<a@example.net>\r\n')],
      ['server', text('250 mail.example.net\r\n250 ok\r\n')],
      ['client', text('DATA\r\n')],
    ],
  },
];
