import type { Sample } from '../../support/sample.js';
import { apReply, apRequest, framed, refusal, reply, request } from './messages.js';

export const samples: readonly Sample[] = [
  {
    server: 88,
    udp: true,
    messages: [
      ['client', request(10, { client: 'alice' })],
      ['server', refusal(25, { client: 'alice', service: 'krbtgt/EXAMPLE.ORG' })],
      ['client', request(10, { client: 'alice', nonce: 4712 })],
      ['server', reply(11, {})],
      ['client', apRequest({})],
      ['server', apReply()],
    ],
  },
  {
    server: 88,
    messages: [
      ['client', framed(request(12, { service: 'cifs/files.example.org' }))],
      ['server', framed(reply(13, { service: 'cifs/files.example.org', etype: 23, length: 1200 }))],
    ],
  },
];
