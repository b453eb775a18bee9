import type { Sample } from '../../support/sample.js';

const text = (...lines: string[]) => Buffer.from(lines.join('\r\n'), 'latin1');

const get = text(
  'GET /a/b?c=d HTTP/1.1',
  'Host: www.example.com:8080',
  'User-Agent: test/1.0',
  'Authorization: Digest username="alice", realm="r", response="00"',
  'X-Forwarded-For: 192.0.2.1, 192.0.2.2',
  '',
  '',
);
const chunked = text('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '5', 'hello', '0', 'A: b', '', '');
const sized = text(
  'HTTP/1.1 404 Not Found',
  'Content-Type: text/html; charset=x',
  'Content-Length: 4',
  '',
  'gone',
);

export const samples: readonly Sample[] = [
  {
    server: 80,
    messages: [
      ['client', Buffer.concat([get, get])],
      ['server', chunked],
      ['server', sized],
      ['client', text('POST / HTTP/1.0', 'Content-Length: 3', '', 'abc')],
      ['server', text('HTTP/1.0 302 Found', 'Location: http://u:p@example.org/x?y', 'Server: s', '', 'body')],
    ],
  },
  {
    server: 8080,
    messages: [
      ['client', text('CONNECT example.com:443 HTTP/1.1', 'Proxy-Authorization: Basic YTpi', '', '')],
      ['server', text('HTTP/1.1 200 Connection established', '', '')],
      ['client', text('GET http://example.com/ HTTP/1.1', '', '')],
    ],
  },
];
