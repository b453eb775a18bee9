import { hello } from '../../support/handed-on.js';
import type { Sample } from '../../support/sample.js';

const text = (s: string) => Buffer.from(s, 'latin1');
const OPEN = "<?xml version='1.0'?><stream:stream to='example.net' xmlns='jabber:client' version='1.0'>";

export const samples: readonly Sample[] = [
  {
    server: 5222,
    messages: [
      ['client', text(OPEN)],
      ['server', text(OPEN)],
      [
        'server',
        text("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"),
      ],
      ['client', text("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")],
      ['server', text("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")],
      ['client', hello('client')],
      ['server', hello('server')],
    ],
  },
];
