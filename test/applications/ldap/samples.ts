import { ntlmAuthenticate, ntlmMessage } from '../../support/ntlm-messages.js';
import type { Sample } from '../../support/sample.js';
import {
  and,
  buffer,
  entry,
  equal,
  extensible,
  not,
  reference,
  result,
  saslBind,
  search,
  signature,
  simpleBind,
  substrings,
  unbind,
} from './messages.js';

const FILTER = and(
  equal('objectClass', 'user'),
  not(substrings('cn', [0x80, 'a'], [0x81, 'b'], [0x82, 'c'])),
  extensible('1.2.840.113556.1.4.803', 'userAccountControl', '2', true),
);

export const samples: readonly Sample[] = [
  {
    server: 389,
    messages: [
      ['client', simpleBind(1, 'cn=alice,dc=example', 'swordfish')],
      ['server', result(1, 0x61, 0)],
      ['client', search(2, 'dc=example', 2, FILTER)],
      [
        'server',
        Buffer.concat([entry(2, 'cn=bob,dc=example'), reference(2, 'ldap://other/'), result(2, 0x65, 0)]),
      ],
      ['client', unbind(3)],
    ],
  },
  {
    server: 389,
    messages: [
      ['client', saslBind(1, 'GSS-SPNEGO', ntlmMessage(1))],
      ['server', result(1, 0x61, 14)],
      ['client', saslBind(2, 'GSS-SPNEGO', ntlmAuthenticate('DOM', 'bob', 'PC'))],
      ['server', result(2, 0x61, 0)],
      ['client', buffer(signature(), search(3, '', 0, equal('cn', 'x')))],
      ['server', buffer(signature(), entry(3, ''), result(3, 0x65, 0))],
    ],
  },
  {
    server: 389,
    udp: true,
    messages: [
      ['client', search(7, '', 0, and(equal('DnsDomain', 'example.org'), equal('NtVer', '\x06\0\0\0')))],
      ['server', Buffer.concat([entry(7, ''), result(7, 0x65, 0)])],
    ],
  },
];
