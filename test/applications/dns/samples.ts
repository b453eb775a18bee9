import type { Sample } from '../../support/sample.js';
import { answer, ask, framed, name, opt, pointer, TYPE } from './messages.js';

const answers = [
  { name: pointer(12), type: TYPE.CNAME, data: name('a.example.net') },
  { name: 'a.example.net', type: TYPE.A, ttl: 60, data: Uint8Array.from([192, 0, 2, 1]) },
  { name: pointer(12), type: TYPE.MX, data: Buffer.concat([Uint8Array.from([0, 10]), pointer(12)]) },
  { name: pointer(12), type: TYPE.TXT, data: Buffer.from('\x05hello\x05world') },
];
const edns = [opt(1232, 0, 0x8000, [[8, Uint8Array.from([0, 1, 24, 0, 192, 0, 2])]])];
const question = ask('www.Example.com');
const reply = answer('www.Example.com', 1, 1, { answers, additionals: edns });

export const samples: readonly Sample[] = [
  {
    server: 53,
    udp: true,
    messages: [
      ['client', question],
      ['server', reply],
      ['client', ask('example.org', TYPE.AAAA, 2)],
      ['server', answer('example.org', TYPE.AAAA, 2, { rcode: 3 })],
    ],
  },
  {
    server: 53,
    messages: [
      ['client', Buffer.concat([framed(question), framed(ask('example.org', TYPE.AAAA, 2))])],
      ['server', framed(reply)],
      ['server', framed(answer('example.org', TYPE.AAAA, 2))],
    ],
  },
];
