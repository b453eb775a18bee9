import { describe, expect, it } from 'vitest';
import { HttpReader } from '../../../src/applications/http/reader.js';
import { type Application, Read, STATELESS } from '../../../src/applications/reader.js';
import { Conversation } from '../../support/conversation.js';
import { ntlmAuthenticate } from '../../support/ntlm-messages.js';

const isTls = (b: Uint8Array, o: number) => b[o] === 0x16;
const other = (name: 'tls' | 'http2', is: (b: Uint8Array, o: number) => boolean): Application => ({
  name,
  tcp: { is: (m) => is(m.bytes, m.start) },
  newReader: () => ({
    newState: () => STATELESS,
    stream: (d, b, o, end) => {
      d.row().name = d.texts.ascii(b, o, end);
      return Read.Turn;
    },
  }),
});
const APPLICATIONS: readonly Application[] = [
  other('tls', isTls),
  other('http2', () => false),
  { name: 'http', tcp: { is: () => true }, newReader: () => new HttpReader() },
];
const talk = () => new Conversation(APPLICATIONS, { client: 40000, server: 80 });
const text = (...lines: string[]) => lines.map((l) => `${l}\r\n`).join('');
const get = (path: string, ...fields: string[]) =>
  text(`GET ${path} HTTP/1.1`, 'Host: example.com', ...fields, '');
const ok = (body = '', ...fields: string[]) =>
  `${text('HTTP/1.1 200 OK', ...fields, `Content-Length: ${body.length}`, '')}${body}`;
const CHUNKED = 'Transfer-Encoding: chunked';
const summary = (c: Conversation) =>
  c.rows.map((r) => `${r.resource} ${r.status} ${r.outcome} ${r.partial}`.trim());

describe('a request and its response', () => {
  it('are a row with what their fields say', () => {
    const c = talk()
      .ask(
        text(
          'GET /a/b.html?secret=1#x HTTP/1.1',
          'hOST: WWW.Example.com:8080',
          'User-Agent:\t test/1.0 (x)  ',
          'Cookie: session=secret',
          'Referer: https://user:pw@example.org/p?q=secret',
          'X-Forwarded-For: 192.0.2.1 , 192.0.2.2',
          '',
        ),
      )
      .wait(4000)
      .answer(
        text(
          'HTTP/1.1 302 Found',
          'Content-Type: Text/HTML; charset=utf-8',
          'LOCATION: /login?token=secret',
          'Server: nginx',
          'Set-Cookie: secret',
          'Content-Length: 5',
          '',
        ),
        'hello',
      );
    expect(c.rows).toEqual([
      {
        app: 'http',
        method: 'GET',
        name: 'www.example.com',
        resource: '/a/b.html',
        user: '',
        status: '302',
        outcome: 'ok',
        answers: [],
        ttl: 0,
        attributes: {
          user_agent: 'test/1.0 (x)',
          referer: 'https://example.org/p',
          x_forwarded_for: '192.0.2.1',
          content_type: 'text/html',
          location: '/login',
          server: 'nginx',
        },
        partial: '',
        responseUs: 5000,
        transferUs: 1000,
        requestBytes: 0,
        responseBytes: 5,
      },
    ]);
    expect(JSON.stringify([c.rows, c.told])).not.toMatch(/secret|pw/);
  });

  it('end as the status says', () => {
    const outcomes = [204, 304, 400, 401, 404, 500, 503].map((status) => {
      const c = talk()
        .ask(get('/'))
        .answer(text(`HTTP/1.1 ${status} x`, 'Content-Length: 0', ''));
      return `${c.rows[0].status} ${c.rows[0].outcome}`;
    });
    expect(outcomes).toEqual([
      '204 ok',
      '304 ok',
      '400 client_error',
      '401 client_error',
      '404 client_error',
      '500 server_error',
      '503 server_error',
    ]);
  });

  it('may have lines that end in LF, folded fields, empty lines before, and any method', () => {
    const c = talk()
      .ask('\r\nM-SEARCH_2 * HTTP/1.0\nHost: a\nUser-Agent: one\n\ttwo\r\n  three\n\n')
      .answer('HTTP/1.0 200 OK\nContent-Length: 0\n\n');
    expect(c.rows).toMatchObject([
      {
        method: 'M-SEARCH_2',
        resource: '*',
        name: 'a',
        attributes: { user_agent: 'one two three' },
        status: '200',
      },
    ]);
  });

  it('begin behind line ends that came with the body before', () => {
    const c = talk()
      .ask(get('/1'))
      .answer(`${ok('body')}\r\n`)
      .wait(5000)
      .ask(get('/2'))
      .answer(ok('', 'Server: x'))
      .ask(get('/3'))
      .answer('\n', ok());
    expect(c.rows.map((r) => [r.resource, r.responseUs, r.transferUs])).toEqual([
      ['/1', 1000, 0],
      ['/2', 1000, 0],
      ['/3', 2000, 0],
    ]);
  });

  it('name the host in the target, or in Host', () => {
    const hosts = [
      ['HTTP://user:pw@Example.ORG:8080/x?y HTTP/1.1', 'example.org', '/x'],
      ['http://example.org HTTP/1.1', 'example.org', '/'],
      ['http://example.org?q=1 HTTP/1.1', 'example.org', '/'],
      ['/x?u=http://other/ HTTP/1.1', 'h', '/x'],
      ['/Hello World HTTP/1.1', 'h', '/Hello'],
    ].map(([line, name, resource]) => {
      const c = talk()
        .ask(text(`GET ${line}`, 'Host: H:80', ''))
        .answer(ok());
      expect(c.rows).toMatchObject([{ name, resource }]);
      return c;
    });
    expect(hosts.length).toBe(5);
    expect(
      talk()
        .ask(text('GET / HTTP/1.1', 'Host: [2001:DB8::1]:80', ''))
        .end().rows[0].name,
    ).toBe('[2001:db8::1]');
    expect(
      talk()
        .ask(text('GET / HTTP/1.1', 'Host: 192.0.2.80', ''))
        .end().rows[0].name,
    ).toBe('192.0.2.80');
  });

  it('come in pieces', () => {
    const request = get('/pieces', 'User-Agent: a');
    const chunks = `5;x=y\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nA: b\r\n\r\n`;
    const response = text('HTTP/1.1 200 OK', CHUNKED, '') + chunks;
    for (let i = 1; i < request.length; i++) {
      const c = talk().ask(request.slice(0, i), request.slice(i)).answer(ok('x'));
      expect(summary(c)).toEqual(['/pieces 200 ok']);
    }
    for (let i = 1; i < response.length; i++) {
      const c = talk()
        .ask(request)
        .answer(response.slice(0, i), response.slice(i))
        .ask(get('/2'))
        .answer(ok());
      expect(summary(c)).toEqual(['/pieces 200 ok', '/2 200 ok']);
      expect([c.rows[0].responseBytes, c.rows[0].transferUs]).toEqual([21, 1000]);
    }
  });
});

describe('bodies', () => {
  it('of known length are passed over', () => {
    const c = talk()
      .ask(`${text('POST /up HTTP/1.1', 'Content-Length: 3000', '')}${'x'.repeat(1000)}`, 'x'.repeat(1000))
      .ask(`${'GET /not HTTP/1.1\r\n\r\n'.repeat(50).slice(0, 1000)}`)
      .answer(ok('y'.repeat(100)))
      .ask(get('/next'))
      .answer(ok('z'));
    expect(summary(c)).toEqual(['/up 200 ok', '/next 200 ok']);
    expect(c.rows[0]).toMatchObject({ requestBytes: 3000, responseBytes: 100, responseUs: 1000 });
  });

  it('that end with the connection are counted', () => {
    const c = talk().ask(get('/')).answer(text('HTTP/1.0 200 OK', ''), 'x'.repeat(100), 'y'.repeat(50)).end();
    expect(c.rows).toMatchObject([{ responseBytes: 150, transferUs: 2000 }]);
    const one = talk()
      .ask(get('/'))
      .answer(`${text('HTTP/1.0 200 OK', '')}abc`)
      .end();
    expect(one.rows).toMatchObject([{ responseBytes: 3, transferUs: 0 }]);
  });

  it('are none of answers to HEAD, 204 and 304', () => {
    const c = talk()
      .ask(text('HEAD /head HTTP/1.1', ''))
      .answer(text('HTTP/1.1 200 OK', 'Content-Length: 5000', ''))
      .ask(get('/204'))
      .answer(text('HTTP/1.1 204 No Content', ''))
      .ask(get('/304'))
      .answer(text('HTTP/1.1 304 Not Modified', CHUNKED, ''))
      .ask(get('/200'))
      .answer(ok('x'));
    expect(summary(c)).toEqual(['/head 200 ok', '/204 204 ok', '/304 304 ok', '/200 200 ok']);
    expect(c.rows.map((r) => r.responseBytes)).toEqual([0, 0, 0, 1]);
  });

  it('in chunks end the row with their last one', () => {
    const c = talk()
      .ask(text('POST / HTTP/1.1', CHUNKED, ''))
      .ask('3\r\nabc\r\n', '2\r\nde\r\n0\r\n\r\n')
      .wait(500);
    c.answer(text('HTTP/1.1 200 OK', CHUNKED, ''))
      .answer('fffff\r\n', 'x'.repeat(900))
      .wait(1000);
    for (let left = 0xfffff - 900; left > 0; left -= 60_000) c.answer('x'.repeat(Math.min(60_000, left)));
    expect(c.rows).toEqual([]);
    c.answer('\r\n0\r\n\r\n');
    expect(c.rows).toMatchObject([
      { requestBytes: 5, responseBytes: 0xfffff, responseUs: 1500, transferUs: 22_000 },
    ]);
  });

  it('in chunks that break off are told as far as they came', () => {
    const c = talk()
      .ask(get('/'))
      .answer(`${text('HTTP/1.1 200 OK', CHUNKED, '')}3\r\nabc\r\n`, '5\r\nab')
      .end();
    expect(c.rows).toMatchObject([{ status: '200', outcome: 'ok', responseBytes: 8, transferUs: 1000 }]);
    const broken = talk()
      .ask(get('/'))
      .answer(text('HTTP/1.1 200 OK', CHUNKED, ''), 'no length\r\n');
    broken.ask(get('/2')).answer(ok());
    expect(summary(broken)).toEqual(['/ 200 ok malformed', '/2 200 ok']);
  });

  it('are waited for by 1xx, which is no answer', () => {
    const c = talk()
      .ask(text('PUT /x HTTP/1.1', 'Expect: 100-continue', 'Content-Length: 4', ''))
      .answer(text('HTTP/1.1 100 Continue', ''))
      .ask('body')
      .wait(2000)
      .answer(
        `${text('HTTP/1.1 103 Early Hints', '')}${text('HTTP/1.1 201 Created', 'Content-Length: 0', '')}`,
      );
    expect(c.rows).toMatchObject([{ status: '201', responseUs: 3000, requestBytes: 4 }]);
  });
});

describe('the order of messages', () => {
  it('pairs requests that are sent at once', () => {
    const c = talk()
      .ask(get('/1') + get('/2') + get('/3'))
      .answer(ok('a') + ok('bb'))
      .answer(ok('ccc'));
    expect(summary(c)).toEqual(['/1 200 ok', '/2 200 ok', '/3 200 ok']);
    expect(c.rows.map((r) => r.responseBytes)).toEqual([1, 2, 3]);
  });

  it('says of an answer without a request that nobody asked, and of a request without one too', () => {
    const c = talk().answer(ok('x')).ask(get('/late')).end();
    expect(summary(c)).toEqual(['200 unasked', '/late  unanswered']);
    expect(c.client).toBe(0);
  });

  it('says who the client is', () => {
    const c = new Conversation(APPLICATIONS, { client: 80, server: 40000 });
    c.answer(get('/')).ask(ok('x'));
    expect(c.client).toBe(1);
    expect(summary(c)).toEqual(['/ 200 ok']);
  });

  it('is found again behind bytes that never came', () => {
    const body = 'x'.repeat(5000);
    const head = text('HTTP/1.1 200 OK', `Content-Length: ${body.length}`, '');
    const sized = talk().ask(get('/1')).answer(head).lose(1, 4000).answer(body.slice(4000));
    sized.ask(get('/2')).answer(ok());
    expect(summary(sized)).toEqual(['/1 200 ok', '/2 200 ok']);

    const chunked = talk()
      .ask(get('/1'))
      .answer(`${text('HTTP/1.1 200 OK', CHUNKED, '')}5\r\nhello\r\n`);
    chunked.lose(1, 3000).answer('and the end\r\n0\r\n\r\n').ask(get('/2')).answer(ok());
    expect(summary(chunked)).toEqual(['/1 200 ok gap', '/2 200 ok']);
  });

  it('does not pair the next answer where one never came', () => {
    const c = talk().ask(get('/0')).answer(ok()).ask(get('/1')).lose(1, 60).ask(get('/2')).answer(ok('x'));
    expect(summary(c)).toEqual(['/0 200 ok', '/1  unanswered gap', '/2 200 ok']);
    const late = talk().ask(get('/0')).answer(ok()).ask(get('/1'));
    const one = Buffer.from(ok('1'));
    const at = ok().length;
    late.lose(1, one.length).ask(get('/2')).segment(1, at, one).answer(ok('22'));
    expect(late.rows.map((r) => r.responseBytes)).toEqual([0, 1, 2]);
  });

  it('of requests that never came leaves their answers', () => {
    const c = talk().ask(get('/0')).answer(ok()).lose(0, 70).answer(ok('x')).ask(get('/2')).answer(ok());
    expect(summary(c)).toEqual(['/0 200 ok', '200 unasked', '/2 200 ok']);
  });

  it('is given up where it is none', () => {
    const c = talk().ask('nothing of HTTP\r\n');
    expect([c.isOver, c.told.Partial]).toEqual([true, 'malformed']);
    const late = talk().ask(get('/')).answer('\x00\x01\x02 no head').ask(get('/2')).answer(ok());
    expect(summary(late.end())).toEqual(['/ 200 ok', '/2  unanswered']);
    const never = talk().ask(get('/')).answer(ok());
    for (let i = 0; i < 20; i++) never.ask('\x01\x02').answer('\x03');
    expect(never.isOver).toBe(true);
  });
});

describe('what the mirror cut', () => {
  it('is read as far as it goes', () => {
    const c = talk();
    const request = Buffer.from(get('/a/long/path', 'User-Agent: abcdef'));
    c.segment(0, 0, request, request.length - 7);
    c.answer(ok('x')).end();
    expect(c.rows).toMatchObject([
      { name: 'example.com', attributes: { user_agent: 'abc' }, partial: 'cut', status: '200' },
    ]);
    const line = talk().segment(0, 0, request, 10).end();
    expect(line.rows).toMatchObject([{ method: 'GET', resource: '/a/lon', partial: 'cut' }]);
  });

  it('does not hide the next turn', () => {
    const response = Buffer.from(ok('x'.repeat(1000)));
    const c = talk().ask(get('/1'));
    c.segment(1, 0, response, 100).lose(1, response.length).ask(get('/2')).answer(ok());
    expect(summary(c)).toEqual(['/1 200 ok', '/2 200 ok']);
  });

  it('and heads that are longer than what is looked at', () => {
    const cookies = Array.from({ length: 10 }, (_, i) => `Cookie: ${i}${'c'.repeat(590)}`);
    const long = get('/', ...cookies);
    const c = talk()
      .ask(...(long.match(/[\s\S]{1,1000}/g) ?? []))
      .answer(ok());
    c.ask(get('/2')).answer(ok());
    expect(summary(c)).toEqual(['/ 200 ok limit', '/2 200 ok']);
  });
});

describe('who asks', () => {
  const userOf = (field: string, status = '200 OK') => {
    const c = talk()
      .ask(get('/', field))
      .answer(text(`HTTP/1.1 ${status}`, 'Content-Length: 0', ''));
    return [c.rows[0].user, c.told.UserName];
  };
  const base64 = (s: string | Uint8Array) => Buffer.from(s).toString('base64');

  it('is the user of Basic, never with the password', () => {
    expect(userOf(`Authorization: Basic ${base64('alice:s:ecret')}`)).toEqual(['alice', 'alice']);
    expect(userOf(`proxy-authorization:bASIC ${base64('büro:x')}`)).toEqual(['büro', 'büro']);
    expect(userOf(`Authorization: Basic ${base64('alice:x')}`, '401 No')).toEqual(['alice', undefined]);
    expect(userOf(`Authorization: Basic ${base64('nocolon')}`)).toEqual(['', undefined]);
    expect(userOf(`Authorization: Basic ${base64(`${'x'.repeat(300)}:y`)}`)).toEqual(['', undefined]);
    expect(userOf('Authorization: Bearer YTpi')).toEqual(['', undefined]);
  });

  it('is the user of Digest', () => {
    const rest = 'realm="a, username=b", uri="/", response="00"';
    expect(userOf(`Authorization: Digest username="DOM\\\\al\\"ice", ${rest}`)[0]).toBe('DOM\\al"ice');
    expect(userOf(`Authorization: digest ${rest}, username=bob`)[0]).toBe('bob');
    expect(userOf(`Authorization: Digest username*=UTF-8''J%C3%A4s%zz, ${rest}`)[0]).toBe('Jäs%zz');
    expect(userOf(`Authorization: Digest ${rest}`)[0]).toBe('');
    expect(userOf('Authorization: Digest username="open')[0]).toBe('open');
  });

  it('is the user of NTLM', () => {
    const token = base64(ntlmAuthenticate('CORP', 'alice', 'PC1'));
    expect(userOf(`Authorization: NTLM ${token}`)).toEqual(['CORP\\alice', 'CORP\\alice']);
    expect(userOf(`Authorization: Negotiate ${token}`)[0]).toBe('CORP\\alice');
    expect(userOf('Authorization: Negotiate YII=')[0]).toBe('');
  });
});

describe('what comes behind', () => {
  it('CONNECT is recognised anew', () => {
    const c = talk().ask(text('CONNECT Example.com:443 HTTP/1.1', 'Host: proxy', ''));
    c.answer(text('HTTP/1.1 200 Connection established', '')).ask('\x16 hello').end();
    expect(c.rows).toMatchObject([
      { app: 'http', method: 'CONNECT', name: 'example.com', resource: '', status: '200', responseBytes: 0 },
      { app: 'tls' },
    ]);
    const no = talk()
      .ask(text('CONNECT a:1 HTTP/1.1', ''))
      .answer(text('HTTP/1.1 407 No', 'Content-Length: 1', ''), 'x');
    expect(summary(no.ask(get('/')).answer(ok()))).toEqual(['407 client_error', '/ 200 ok']);
  });

  it('an upgrade to WebSocket is not read', () => {
    const c = talk().ask(get('/ws', 'Upgrade: websocket'));
    c.answer(`${text('HTTP/1.1 101 Switching Protocols', 'Upgrade: WebSocket', '')}\x81\x05hello`);
    expect(c.rows).toMatchObject([{ resource: '/ws', status: '101', outcome: 'ok' }]);
    expect(c.isOver).toBe(true);
  });

  it('an upgrade to HTTP/2 is, and so is HTTP/2 without one', () => {
    const c = talk().ask(get('/', 'Upgrade: h2c'));
    c.answer(`${text('HTTP/1.1 101 Switching Protocols', 'Upgrade: h2c', '')}frames`).end();
    expect(c.rows.map((r) => `${r.app} ${r.name} ${r.status}`.trim())).toEqual([
      'http example.com 101',
      'http2 frames',
    ]);
    const prior = talk().ask('PRI * HTTP/2.0\r\n\r\n', 'SM\r\n\r\nframes').end();
    expect(prior.rows.map((r) => `${r.app} ${r.name}`)).toEqual(['http2 frames']);
  });

  it('any other upgrade is recognised anew', () => {
    const c = talk().ask(get('/', 'Upgrade: TLS/1.0'));
    c.answer(text('HTTP/1.1 101 Switching Protocols', 'Upgrade: TLS/1.0', ''))
      .ask('\x16 hello')
      .end();
    expect(c.rows.map((r) => r.app)).toEqual(['http', 'tls']);
  });
});
