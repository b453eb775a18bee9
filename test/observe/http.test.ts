import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { MOST_HEADERS, type ObserveOptions, ObserveServer } from '../../src/observe/http.js';
import { STATUS, shown } from '../support/collector-status.js';

let server: ObserveServer;
const held: Socket[] = [];
afterEach(async () => {
  for (const socket of held.splice(0)) socket.destroy();
  await server.close();
});
async function listen(options: ObserveOptions = {}, status = STATUS): Promise<void> {
  server = await ObserveServer.listen(
    '127.0.0.1',
    0,
    shown(() => status),
    options,
  );
}

async function get(path: string, host: string): Promise<[number | undefined, string]> {
  const asked = request({ port: server.port, path, headers: { host }, agent: false });
  asked.end();
  const [answer] = await once(asked, 'response');
  return [answer.statusCode, await text(answer)];
}
async function raw(bytes: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  socket.end(bytes);
  return text(socket);
}

describe('the Host of a request', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.1:9470',
    '192.0.2.7:80',
    '[::1]',
    '[2001:db8::1]:9470',
    'localhost',
    'LOCALHOST:1',
    'localhost.',
    'lake.example.net:9470',
    'Lake.Example.NET',
    'collector',
  ])('may be %s', async (host) => {
    await listen({ names: ['Lake.example.net', 'collector'] });
    expect(await get('/healthz', host)).toEqual([200, 'ok\n']);
    expect((await get('/metrics', host))[0]).toBe(200);
  });

  it.each([
    'evil.example',
    'evil.example:9470',
    'lake.example.net.evil.example',
    'evil.lake.example.net',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.1@evil.example',
    'evil.example#127.0.0.1',
    '[::1].evil.example',
    '[evil.example]',
    '::1',
    '0x7f.1',
    'collector:9470:9470',
  ])('may not be %j', async (host) => {
    await listen({ names: ['lake.example.net', 'collector'] });
    for (const path of ['/metrics', '/healthz', '/'])
      expect(await get(path, host)).toEqual([421, expect.stringMatching(/^[^\n]*`listen_names`[^\n]*\n$/)]);
  });

  it('may be missing in HTTP/1.0 only', async () => {
    await listen();
    expect(await raw('GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nok\n$/s);
    expect(await raw('GET /healthz HTTP/1.0\r\nHost: evil.example\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /);
    expect(await raw('GET /healthz HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw('GET /healthz HTTP/1.1\r\nHost:\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /);
  });

  it('is checked before the path', async () => {
    await listen();
    expect(await raw('GET http://127.0.0.1/metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 421 /,
    );
    expect((await get('/nothing', '127.0.0.1'))[0]).toBe(404);
  });
});

describe('connections', () => {
  async function hold(bytes = ''): Promise<Socket> {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    held.push(socket);
    await once(socket, 'connect');
    socket.write(bytes);
    return socket;
  }

  it('are closed to make room for a request, if they ask nothing', async () => {
    await listen({ connections: 8 });
    for (let i = 0; i < 300; i++) await hold(i % 2 === 0 ? '' : 'GET /healthz HTTP/1.1\r\nHost: 127');
    expect(await get('/healthz', '127.0.0.1')).toEqual([200, 'ok\n']);
    expect(server.refused).toBe(293);
  });

  const count = (): Promise<number> =>
    new Promise((done) =>
      (
        server as unknown as { server: { getConnections(f: (e: unknown, n: number) => void): void } }
      ).server.getConnections((_, n) => done(n)),
    );
  /** Mirrors whose metrics are more than fits into the kernel's buffers. */
  const mirrors = Array.from({ length: 1500 }, (_, n) => ({
    ...STATUS.mirrors[0],
    source: `mirror ${n} ${'x'.repeat(1000)}`,
  }));
  const soon = { request: 300, checking: 50, keepAlive: 100, idle: 300, answer: 30_000 };

  it('are cut off if they are late, idle or do not read, and counted unless they are idle', async () => {
    await listen({ timeouts: soon }, { ...STATUS, mirrors });
    const sockets = await Promise.all([
      hold(),
      hold('GET /healthz HTTP/1.1\r\nHost:'),
      hold('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'),
      hold('GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'),
    ]);
    // Only the last one does not read.
    for (const socket of sockets.slice(0, 3)) socket.resume();
    sockets[3].pause();
    await expect.poll(count).toBe(0);
    // The third one is not counted, because it had its answer.
    expect(server.cut).toBe(3);
  });

  it('are cut off and counted if an answer takes too long in all', async () => {
    await listen({ timeouts: { ...soon, idle: 30_000, answer: 300 } }, { ...STATUS, mirrors });
    const socket = await hold('GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    socket.pause();
    await expect.poll(() => server.cut).toBe(1);
    expect(await count()).toBe(0);
  });

  it('are cut off and counted if headers are too long', async () => {
    await listen();
    const headers = (bytes: number): Promise<string> =>
      raw(`GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX: ${'x'.repeat(bytes)}\r\n\r\n`);
    expect(await headers(MOST_HEADERS - 200)).toMatch(/^HTTP\/1\.1 200 /);
    expect(server.cut).toBe(0);
    expect(await headers(MOST_HEADERS)).toMatch(/^HTTP\/1\.1 431 /);
    expect(server.cut).toBe(1);
    expect(await raw('nothing of HTTP\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(server.cut).toBe(1);
  });

  it('that ask for /metrics at the same time share one answer', async () => {
    let asked = 0;
    server = await ObserveServer.listen(
      '127.0.0.1',
      0,
      shown(() => {
        asked++;
        return STATUS;
      }),
    );
    const answers = await Promise.all(Array.from({ length: 20 }, () => get('/metrics', '127.0.0.1')));
    expect(new Set(answers.map(([code]) => code))).toEqual(new Set([200]));
    expect(asked).toBeLessThan(5);
  });
});
