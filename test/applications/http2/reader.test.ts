import { connect, constants, createServer, type IncomingHttpHeaders } from 'node:http2';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Http2Reader, MOST_TABLES } from '../../../src/applications/http2/reader.js';
import { Conversation } from '../../support/conversation.js';
import { block, data, FLAG, frame, headers, PREFACE, SETTINGS, TYPE } from './frames.js';

const talk = () =>
  new Conversation([{ name: 'http2', tcp: { is: () => true }, newReader: () => new Http2Reader() }], {
    client: 40000,
    server: 8080,
  });
const opened = () =>
  talk()
    .ask(Buffer.concat([PREFACE, SETTINGS]))
    .answer(SETTINGS);
const GET = {
  ':method': 'GET',
  ':scheme': 'http',
  ':path': '/a?secret=1',
  ':authority': 'User@X.example:80',
};
const get = (stream: number, path = '/', flags: number = FLAG.endHeaders | FLAG.endStream) =>
  headers(stream, block({ ...GET, ':path': path }, true), flags);
const LAST = FLAG.endHeaders | FLAG.endStream;
const summary = (c: Conversation) =>
  c.rows.map((r) => `${r.resource} ${r.status} ${r.outcome} ${r.partial}`.trim());

describe('a request and its response', () => {
  it('are a row with what their fields say', () => {
    const c = opened();
    c.ask(headers(1, block({ ...GET, 'user-agent': 'ua', cookie: 'secret', referer: 'http://r/x?secret' })));
    c.ask(data(1, 'x'.repeat(20)), data(1, 'x'.repeat(10), true)).wait(3000);
    c.answer(
      headers(
        1,
        block({ ':status': '404', 'content-type': 'Text/Plain; a=b', server: 's', location: '/l?q' }),
      ),
    );
    c.answer(data(1, 'y'.repeat(50)), data(1, 'y', true));
    expect(c.rows).toEqual([
      {
        app: 'http2',
        method: 'GET',
        name: 'x.example',
        resource: '/a',
        user: '',
        status: '404',
        outcome: 'client_error',
        answers: [],
        ttl: 0,
        attributes: {
          user_agent: 'ua',
          referer: 'http://r/x',
          content_type: 'text/plain',
          location: '/l',
          server: 's',
        },
        partial: '',
        responseUs: 4000,
        transferUs: 2000,
        requestBytes: 30,
        responseBytes: 51,
      },
    ]);
    expect(JSON.stringify(c.rows)).not.toContain('secret');
  });

  it('find each other by their stream', () => {
    const c = opened().ask(Buffer.concat([get(1, '/1'), get(3, '/3'), get(5, '/5')]));
    const status = (stream: number, of: string, flags: number = LAST) =>
      headers(stream, block({ ':status': of }), flags);
    c.answer(
      status(5, '200'),
      status(1, '100', FLAG.endHeaders),
      status(1, '503'),
      status(7, '200'),
      status(3, '302'),
    );
    expect(summary(c)).toEqual(['/5 200 ok', '/1 503 server_error', '200 unasked', '/3 302 ok']);
  });

  it('have the status of gRPC in trailers, or in the only head', () => {
    const grpc = (code: string) => {
      const c = opened().ask(get(1));
      c.answer(headers(1, block({ ':status': '200', 'content-type': 'application/grpc' })), data(1, 'x'));
      c.answer(headers(1, block({ 'grpc-status': code }), LAST));
      return [c.rows[0].outcome, c.rows[0].attributes.grpc_status];
    };
    expect(grpc('0')).toEqual(['ok', '0']);
    expect(grpc('5')).toEqual(['client_error', '5']);
    expect(grpc('14')).toEqual(['server_error', '14']);
    const c = opened()
      .ask(get(1))
      .answer(headers(1, block({ ':status': '200', 'grpc-status': '12' }), LAST));
    expect(c.rows).toMatchObject([
      { status: '200', outcome: 'server_error', attributes: { grpc_status: '12' } },
    ]);
  });

  it('may be in continuations, padded, with a priority, and have trailers', () => {
    const fields = block(GET, true);
    const padded = Buffer.concat([Buffer.from([4, 0, 0, 0, 0, 16]), fields.subarray(0, 7), Buffer.alloc(4)]);
    const frames = Buffer.concat([
      frame(TYPE.headers, FLAG.padded | FLAG.priority, 1, padded),
      frame(TYPE.continuation, 0, 1, fields.subarray(7, 20)),
      frame(TYPE.continuation, FLAG.endHeaders, 1, fields.subarray(20)),
      frame(TYPE.data, FLAG.padded, 1, '\x02abc\0\0'),
      headers(1, block({ trailer: 'x' }), LAST),
    ]);
    for (let i = 1; i < frames.length; i += 3) {
      const c = opened().ask(frames.subarray(0, i), frames.subarray(i));
      c.answer(headers(1, block({ ':status': '200' }), LAST));
      expect(c.rows).toMatchObject([{ name: 'x.example', resource: '/a', status: '200', requestBytes: 3 }]);
    }
  });

  it('of pushed resources are passed over, but read', () => {
    const c = opened().ask(get(1));
    const promise = Buffer.concat([Buffer.from([0, 0, 0, 2]), block({ ':method': 'GET' }, true)]);
    c.answer(frame(TYPE.push, FLAG.endHeaders, 1, promise), frame(TYPE.ping, 0, 0, '12345678'));
    // ':method' and 'GET' are the newest entry of the table now.
    c.answer(headers(1, Buffer.concat([block({ ':status': '200' }), Buffer.from([0xbe])]), LAST));
    expect(summary(c)).toEqual(['/ 200 ok']);
  });

  it('that are stopped end as far as they came', () => {
    const c = opened().ask(get(1, '/1'), get(3, '/3'), get(5, '/5'));
    c.answer(headers(1, block({ ':status': '200' })), data(1, 'abc'), frame(TYPE.reset, 0, 1, '\0\0\0\x02'));
    c.answer(frame(TYPE.reset, 0, 3, '\0\0\0\x07'))
      .ask(frame(TYPE.reset, 0, 5, '\0\0\0\x08'))
      .end();
    expect(summary(c)).toEqual(['/1 200 ok', '/3  server_error', '/5  unanswered']);
  });
});

describe('bytes that are missing', () => {
  it('end the reading, as header fields refer to those before', () => {
    const c = opened()
      .ask(get(1, '/1'))
      .lose(0, 40)
      .answer(headers(1, block({ ':status': '200' }), LAST));
    c.ask(get(5, '/5')).answer(headers(5, block({ ':status': '200' }), LAST));
    expect(summary(c)).toEqual(['/1 200 ok']);
    expect([c.isOver, c.told.Partial]).toEqual([true, 'gap']);
  });

  it('of bodies do not', () => {
    const c = opened().ask(get(1, '/1'));
    c.answer(
      headers(1, block({ ':status': '200' })),
      frame(TYPE.data, 1, 1, 'x'.repeat(9000)).subarray(0, 1000),
    );
    c.lose(1, 4009)
      .answer('x'.repeat(4000))
      .ask(get(3, '/3'))
      .answer(headers(3, block({ ':status': '200' }), LAST));
    expect(summary(c)).toEqual(['/1 200 ok', '/3 200 ok']);
    expect(c.rows[0].responseBytes).toBe(9000);
  });

  it('because the frame was cut leave the fields before them', () => {
    const c = talk();
    const bytes = Buffer.concat([PREFACE, SETTINGS, headers(1, block({ ...GET, 'user-agent': 'abcdef' }))]);
    c.segment(0, 0, bytes, bytes.length - 3);
    expect(c.rows).toMatchObject([{ name: 'x.example', resource: '/a', attributes: {}, partial: 'cut' }]);
    expect(c.isOver).toBe(true);
  });
});

it('is given up where the beginning is none, or a block is broken', () => {
  const middle = talk().ask(get(1));
  expect([middle.isOver, middle.told.Partial, middle.rows.length]).toEqual([true, 'malformed', 0]);
  const broken = opened().ask(headers(1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f])));
  expect(broken.isOver).toBe(true);
});

it('is read where a side says first that it has the settings of the other one', () => {
  const ack = frame(TYPE.settings, 1, 0, '');
  const c = talk()
    .answer(SETTINGS)
    .ask(PREFACE, Buffer.concat([ack, SETTINGS]));
  c.answer(ack)
    .ask(get(1, '/1'))
    .answer(headers(1, block({ ':status': '200' }), LAST));
  expect(summary(c)).toEqual(['/1 200 ok']);
});

it('is not read on where a table of header fields is larger than is followed', () => {
  const c = opened().ask(headers(1, Buffer.from([0x3f, 0xe2, 0xff, 0x03, 0x82]), LAST));
  expect([c.isOver, c.told.Partial]).toEqual([true, 'limit']);
});

describe('what Node.js writes', () => {
  /** Both sides of a connection in memory; what each writes is kept. */
  function pair(kept: [side: 0 | 1, bytes: Buffer][]): [Duplex, Duplex] {
    const sides: Duplex[] = [0, 1].map(
      (side) =>
        new Duplex({
          read() {},
          write(chunk: Buffer, _, done) {
            kept.push([side as 0 | 1, Buffer.from(chunk)]);
            sides[1 - side].push(chunk);
            done();
          },
          final(done) {
            sides[1 - side].push(null);
            done();
          },
        }),
    );
    return [sides[0], sides[1]];
  }

  it('is read', async () => {
    const kept: [0 | 1, Buffer][] = [];
    const [near, far] = pair(kept);
    const server = createServer((request, response) => {
      response.setHeader('content-type', 'text/plain');
      response.setHeader('x-all', Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join(''));
      request.resume().on('end', () => response.writeHead(request.url === '/no' ? 404 : 200).end('hello'));
    });
    server.emit('connection', far);
    const client = connect('http://www.example.com', { createConnection: () => near });
    const ask = (path: string, body?: string) =>
      new Promise<IncomingHttpHeaders>((resolve, reject) => {
        const request = client.request({
          ':path': path,
          ':method': body === undefined ? 'GET' : 'POST',
          'user-agent': 'node',
        });
        request.on('error', reject).on('response', (got) => request.resume().on('end', () => resolve(got)));
        request.end(body);
      });
    for (let i = 0; i < 40; i++) {
      const got = await ask(`/${i}?${'q'.repeat(i)}`);
      expect(got[constants.HTTP2_HEADER_STATUS]).toBe(200);
    }
    await Promise.all([ask('/no'), ask('/body', 'x'.repeat(3000))]);
    client.close();
    server.close();
    const c = talk();
    for (const [side, bytes] of kept) side === 0 ? c.ask(bytes) : c.answer(bytes);
    c.end();
    expect(c.told.Partial).toBeUndefined();
    expect(c.rows.map((r) => r.resource)).toEqual(
      expect.arrayContaining(['/no', '/body', ...Array.from({ length: 40 }, (_, i) => `/${i}`)]),
    );
    expect(c.rows.length).toBe(42);
    for (const r of c.rows)
      expect(r).toMatchObject({
        name: 'www.example.com',
        method: r.resource === '/body' ? 'POST' : 'GET',
        status: r.resource === '/no' ? '404' : '200',
        requestBytes: r.resource === '/body' ? 3000 : 0,
        responseBytes: 5,
        attributes: { user_agent: 'node', content_type: 'text/plain' },
      });
  });
});

it('is not read where all tables of header fields are in use', () => {
  const reader = new Http2Reader();
  for (let i = 0; i < MOST_TABLES; i++) reader.newState();
  const c = new Conversation([{ name: 'http2', tcp: { is: () => true }, newReader: () => reader }], {
    client: 40_000,
    server: 8080,
  });
  c.ask(Buffer.concat([PREFACE, SETTINGS, get(1)])).end();
  expect([c.rows, c.told.Partial, c.isOver]).toEqual([[], 'limit', true]);
});
