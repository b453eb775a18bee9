import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  askCollector,
  ControlError,
  ControlServer,
  controlPath,
  MAX_REQUEST,
  openReply,
} from '../../src/observe/control.js';
import { FirstLine } from '../../src/observe/first-line.js';
import { LONGEST_PATH } from '../../src/observe/socket-path.js';
import { describeWith } from '../support/needs.js';

const servers: ControlServer[] = [];
afterEach(async () => {
  for (const s of servers.splice(0)) await s.close();
});

async function serve(
  path = join(mkdtempSync(join(tmpdir(), 'mirrorlake-control-')), 'control.sock'),
): Promise<string> {
  servers.push(
    await ControlServer.open(path, {
      add: (r) => (r.a as number) + (r.b as number),
      fail: () => {
        throw new ControlError('no such tunnel', 2);
      },
      rows: (_r, answer) => {
        const body = answer.begin({ format: 'TSV' });
        for (let i = 0; i < 1000; i++) body.write(Buffer.from(`${i}\t${'x'.repeat(100)}\n`));
        body.end();
      },
    }),
  );
  return path;
}

it('the collector answers a command with a result or an error', async () => {
  const path = await serve();
  expect(statSync(path).mode & 0o777).toBe(0o660);
  expect(await askCollector(path, { command: 'add', a: 2, b: 3 })).toBe(5);
  await expect(askCollector(path, { command: 'fail' })).rejects.toMatchObject({
    message: 'no such tunnel',
    exitCode: 2,
  });
  await expect(askCollector(path, { command: 'toString' })).rejects.toThrow(
    'does not know the command toString',
  );
});

it('the collector answers with a body after its result', async () => {
  const path = await serve();
  const reply = await openReply(path, { command: 'rows' });
  expect(reply.result).toEqual({ format: 'TSV' });
  const parts: Buffer[] = [];
  for await (const part of reply.body) parts.push(part);
  const lines = Buffer.concat(parts).toString().trimEnd().split('\n');
  expect(lines.length).toBe(1000);
  expect(lines[999]).toMatch(/^999\t/);
});

it('an error says that no collector runs there, or that one does already', async () => {
  const path = await serve();
  await expect(ControlServer.open(path, {})).rejects.toThrow(/another collector is running there/);
  await servers.splice(0)[0].close();
  expect(existsSync(path)).toBe(false);
  await expect(askCollector(path, { command: 'add' })).rejects.toThrow(
    /no collector is running there \(ENOENT\)/,
  );
});

it('a path that is too long for a socket is refused, and nothing is made', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-control-'));
  const path = (bytes: number): string => join(directory, 'c'.repeat(bytes - directory.length - 1));
  await expect(ControlServer.open(path(LONGEST_PATH + 1), {})).rejects.toMatchObject({
    message: expect.stringMatching(/: too long for a socket \(107 bytes\); set `control` to a shorter path$/),
    exitCode: 2,
  });
  await serve(path(LONGEST_PATH));
  expect(readdirSync(directory)).toHaveLength(1);
});

/** Leaves a socket as a killed program would. */
async function leaveDead(path: string): Promise<void> {
  const program =
    "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
  await once(spawn(process.execPath, ['-e', program, path]), 'exit');
  expect(lstatSync(path).isSocket()).toBe(true);
}

describe('at the path of the socket', () => {
  let directory: string;
  const others: Server[] = [];
  afterEach(() => {
    for (const other of others.splice(0)) other.close();
  });
  async function listen(path: string): Promise<void> {
    const server = createServer((socket) => socket.on('error', () => {}));
    others.push(server);
    server.listen(path);
    await once(server, 'listening');
  }

  it('the socket of a killed collector is replaced', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'mirrorlake-control-')), 'sub', 'control.sock');
    await serve(path);
    await servers.splice(0)[0].close();
    await leaveDead(path);
    await serve(path);
    expect(await askCollector(path, { command: 'add', a: 1, b: 1 })).toBe(2);
  });

  it.each<[string, (path: string) => unknown]>([
    ['a file', (path) => writeFileSync(path, 'precious')],
    ['an empty file', (path) => writeFileSync(path, '')],
    ['a directory', (path) => mkdirSync(path)],
    ['a FIFO', (path) => execFileSync('mkfifo', [path])],
    [
      'a link to a file',
      (path) => {
        writeFileSync(`${path}.file`, 'precious');
        symlinkSync(`${path}.file`, path);
      },
    ],
    ['a link to nothing', (path) => symlinkSync(`${path}.nothing`, path)],
    [
      'a link to a dead socket',
      async (path) => {
        await leaveDead(`${path}.dead`);
        symlinkSync(`${path}.dead`, path);
      },
    ],
    ['another program’s socket', (path) => listen(path)],
    [
      'another program’s socket of datagrams',
      (path) =>
        execFileSync('python3', [
          '-c',
          'import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind(sys.argv[1])',
          path,
        ]),
    ],
  ])('%s is kept, and the error is one line', async (name, put) => {
    directory = mkdtempSync(join(tmpdir(), 'mirrorlake-control-'));
    const path = join(directory, 'control.sock');
    await put(path);
    const before = lstatSync(path);
    const opened = ControlServer.open(path, {}).then((s) => servers.push(s));
    if (name.endsWith('datagrams')) return void (await opened);
    await expect(opened).rejects.toThrow(ControlError);
    await expect(opened).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^[^\n]*; set `control` to another path$/),
    });
    const after = lstatSync(path);
    expect([after.ino, after.mode, after.size, after.mtimeMs]).toEqual([
      before.ino,
      before.mode,
      before.size,
      before.mtimeMs,
    ]);
  });

  it.each([0o000, 0o022, 0o077])(
    'socket and directory are accessible to the user and the group only, with umask %o',
    async (umask) => {
      const path = join(mkdtempSync(join(tmpdir(), 'mirrorlake-control-')), 'a', 'b', 'control.sock');
      const before = process.umask(umask);
      try {
        await serve(path);
        expect(process.umask()).toBe(umask);
      } finally {
        process.umask(before);
      }
      expect(statSync(path).mode & 0o777).toBe(0o660);
      for (const made of [join(path, '..'), join(path, '../..')])
        expect(statSync(made).mode & 0o777).toBe(0o750);
    },
  );

  describeWith(['root'], 'with an owner', () => {
    it('socket and directory belong to the owner', async () => {
      const path = join(mkdtempSync(join(tmpdir(), 'mirrorlake-control-')), 'a', 'b', 'control.sock');
      servers.push(await ControlServer.open(path, {}, { owner: { uid: 12345, gid: 12346 } }));
      for (const made of [path, join(path, '..'), join(path, '../..')])
        expect([statSync(made).uid, statSync(made).gid], made).toEqual([12345, 12346]);
    });
  });
});

it('a request in pieces costs time in proportion to its length', async () => {
  const piece = Buffer.alloc(100, 32);
  const cost = (requests: number, pieces: number): number => {
    const begin = process.cpuUsage();
    for (let i = 0; i < requests; i++) {
      const line = new FirstLine(1 << 20);
      for (let n = 0; n < pieces; n++) expect(line.take(piece)).toBeUndefined();
      expect(line.take(Buffer.from('x\nrest'))?.line.length).toBe(100 * pieces + 1);
    }
    const { user, system } = process.cpuUsage(begin);
    return user + system;
  };
  cost(100, 100);
  // The requests are 32 times as long; the total length is the same.
  expect(cost(2, 10_000) / cost(64, 312)).toBeLessThan(4);
});

it('requests and answers may come in small pieces', async () => {
  const path = await serve();
  const request = Buffer.from(JSON.stringify({ command: 'add', a: 1, b: 2, c: ' '.repeat(1_000_000) }));
  const socket = createConnection(path);
  await once(socket, 'connect');
  for (let o = 0; o < request.length; o += 100) {
    socket.write(request.subarray(o, o + 100));
    if (o % 10_000 === 0) await new Promise((done) => setImmediate(done));
  }
  socket.write('\n');
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  expect(Buffer.concat(parts).toString()).toBe('{"ok":true,"result":3}\n');

  const other = join(mkdtempSync(join(tmpdir(), 'mirrorlake-control-')), 'slow.sock');
  const slow = createServer((client) => {
    const head = `${JSON.stringify({ ok: true, result: 'x'.repeat(5000), body: true })}\n`;
    const answer = Buffer.from(`${head}\0\0\0\x04body\0\0\0\0`);
    for (const byte of answer) client.write(Buffer.from([byte]));
    client.end();
  });
  slow.listen(other);
  await once(slow, 'listening');
  const reply = await openReply(other, { command: 'anything' });
  expect(reply.result).toBe('x'.repeat(5000));
  const rest: Buffer[] = [];
  for await (const part of reply.body) rest.push(part);
  expect(Buffer.concat(rest).toString()).toBe('body');
  slow.close();
});

it('an error says that an answer broke off, failed midway, or is of an earlier version', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-control-'));
  const says = async (name: string, words: string): Promise<string> => {
    const path = join(directory, name);
    const server = createServer((client) => client.end(Buffer.from(words, 'latin1')));
    server.listen(path);
    await once(server, 'listening');
    try {
      const parts: Buffer[] = [];
      const { body } = await openReply(path, { command: 'anything' });
      for await (const part of body) parts.push(part);
      return Buffer.concat(parts).toString();
    } catch (error) {
      return (error as Error).message;
    } finally {
      server.close();
    }
  };
  const head = '{"ok":true,"body":true}\n';
  expect(await says('whole', `${head}\0\0\0\x02ab\0\0\0\x01c\0\0\0\0`)).toBe('abc');
  expect(await says('empty', `${head}\0\0\0\0`)).toBe('');
  for (const broken of ['', '\0\0', '\0\0\0\x02a', '\0\0\0\x02ab'])
    expect(await says('broken', head + broken)).toContain('ended in the middle of its answer');
  expect(await says('failed', `${head}\0\0\0\x01a\xff\xff\xff\xff{"error":"no more","exitCode":1}\n`)).toBe(
    'no more',
  );
  expect(await says('earlier', '{"ok":true}\nrows')).toContain('of an earlier version: restart it');
});

it('an error says that what answers is no collector', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'mirrorlake-control-')), 'other.sock');
  const other = createServer((socket) => socket.end('220 mail.example ESMTP\n'));
  other.listen(path);
  await once(other, 'listening');
  await expect(askCollector(path, { command: 'status' })).rejects.toThrow(
    'what answers there is no collector',
  );
  other.close();
});

describe('connections', () => {
  const held: Socket[] = [];
  afterEach(() => {
    for (const socket of held.splice(0)) socket.destroy();
  });
  async function open(path: string, most: number, handlers = {}): Promise<ControlServer> {
    const server = await ControlServer.open(path, handlers, { connections: most });
    servers.push(server);
    return server;
  }
  async function connect(path: string, text = ''): Promise<Socket> {
    const socket = createConnection(path);
    socket.on('error', () => {});
    held.push(socket);
    await once(socket, 'connect');
    socket.write(text);
    return socket;
  }

  it('are closed to make room for a client, if they ask nothing', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'mirrorlake-control-')), 'control.sock');
    const server = await open(path, 4, { add: () => 1 });
    for (let i = 0; i < 200; i++) await connect(path);
    expect(await askCollector(path, { command: 'add' })).toBe(1);
    expect(server.refused).toBe(197);
  });

  it('are refused beyond the limit if all others are being answered', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'mirrorlake-control-')), 'control.sock');
    let release: (() => void) | undefined;
    const released = new Promise<void>((done) => {
      release = done;
    });
    let asked = 0;
    const server = await open(path, 2, {
      wait: async () => {
        asked++;
        await released;
        return 'done';
      },
    });
    const waiting = [askCollector(path, { command: 'wait' }), askCollector(path, { command: 'wait' })];
    await expect.poll(() => asked).toBe(2);
    await expect(askCollector(path, { command: 'wait' })).rejects.toMatchObject({
      message: 'the collector is answering as many others as it can: try again in a moment',
      exitCode: 1,
    });
    release?.();
    expect(await Promise.all(waiting)).toEqual(['done', 'done']);
    expect(server.refused).toBe(1);
  });
});

describe('a client', () => {
  const held: Socket[] = [];
  afterEach(() => {
    for (const socket of held.splice(0)) socket.destroy();
  });
  async function connect(timeouts: { request: number; answer: number }, text = ''): Promise<ControlServer> {
    const path = join(mkdtempSync(join(tmpdir(), 'mirrorlake-control-')), 'control.sock');
    const long = { long: () => 'x'.repeat(8 << 20) };
    const server = await ControlServer.open(path, long, { timeouts });
    servers.push(server);
    const socket = createConnection(path);
    socket.on('error', () => {});
    held.push(socket);
    await once(socket, 'connect');
    socket.write(text);
    return server;
  }

  it('is cut off and counted if its request does not come', async () => {
    const server = await connect({ request: 200, answer: 30_000 }, '{"command":');
    await once(held[0].resume(), 'close');
    expect([server.cut, server.refused]).toEqual([1, 0]);
  });

  it('is cut off and counted if it does not read its answer', async () => {
    const server = await connect({ request: 30_000, answer: 200 }, '{"command":"long"}\n');
    held[0].pause();
    await expect.poll(() => server.cut).toBe(1);
  });

  it('is told that its request is too long, cut off and counted', async () => {
    const server = await connect({ request: 30_000, answer: 30_000 }, ' '.repeat(MAX_REQUEST + 1));
    const parts: Buffer[] = [];
    for await (const part of held[0]) parts.push(part as Buffer);
    expect(JSON.parse(Buffer.concat(parts).toString())).toEqual({
      ok: false,
      error: 'a request is no longer than 1048576 bytes',
      exitCode: 2,
    });
    expect(server.cut).toBe(1);
  });
});

it('the collector refuses what is not a request, and goes on', async () => {
  const path = await serve();
  for (const text of [
    '\n',
    'GET / HTTP/1.0\r\n\r\n',
    '{"command":5}\n',
    'null\n',
    `${'x'.repeat(1 << 21)}\n`,
  ]) {
    const socket = createConnection(path);
    await once(socket, 'connect');
    socket.on('error', () => {});
    socket.write(text);
    const parts: Buffer[] = [];
    for await (const part of socket) parts.push(part as Buffer);
    expect(JSON.parse(Buffer.concat(parts).toString())).toMatchObject({ ok: false, exitCode: 2 });
  }
  expect(await askCollector(path, { command: 'add', a: 1, b: 2 })).toBe(3);
});

it('the socket is in the directory of an embedded store, or else in /run', () => {
  expect(controlPath('./data')).toBe('data/control.sock');
  expect(controlPath('http://ch:8123/db')).toBe('/run/mirrorlake/control.sock');
});
