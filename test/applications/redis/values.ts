/** RESP, for tests. */
import type { Sample } from '../../support/sample.js';

export const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
export const array = (...texts: string[]) => `*${texts.length}\r\n${texts.map(bulk).join('')}`;
const bytes = (text: string) => Buffer.from(text, 'utf8');

export const samples: readonly Sample[] = [
  {
    server: 6379,
    messages: [
      ['client', bytes(array('HELLO', '3', 'AUTH', 'app', 'secret'))],
      ['server', bytes(`%2\r\n${bulk('server')}${bulk('redis')}${bulk('version')}${bulk('7.2.4')}`)],
      ['client', bytes(array('SET', 'k', 'v'))],
      ['server', bytes('+OK\r\n')],
      ['client', bytes(array('GET', 'a') + array('LRANGE', 'b', '0', '-1'))],
      ['server', bytes(`$-1\r\n*2\r\n:1\r\n${bulk('x')}`)],
      ['client', bytes(array('SUBSCRIBE', 'news'))],
      ['server', bytes(`>3\r\n${bulk('subscribe')}${bulk('news')}:1\r\n`)],
      ['server', bytes(`>3\r\n${bulk('message')}${bulk('news')}${bulk('hello')}`)],
      ['client', bytes(array('INCR', 'k'))],
      ['server', bytes('-ERR value is not an integer\r\n')],
    ],
  },
];
