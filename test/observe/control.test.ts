import { once } from 'node:events';
import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import {
  askCollector,
  ControlError,
  ControlServer,
  controlPath,
  openReply,
} from '../../src/observe/control.js';

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
        for (let i = 0; i < 1000; i++) body.write(`${i}\t${'x'.repeat(100)}\n`);
        body.end();
      },
    }),
  );
  return path;
}

it('answers a command with a result, or with what went wrong', async () => {
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

it('answers with a body', async () => {
  const path = await serve();
  const reply = await openReply(path, { command: 'rows' });
  expect(reply.result).toEqual({ format: 'TSV' });
  const parts: Buffer[] = [];
  for await (const part of reply.body) parts.push(part);
  const lines = Buffer.concat(parts).toString().trimEnd().split('\n');
  expect(lines.length).toBe(1000);
  expect(lines[999]).toMatch(/^999\t/);
});

it('says when no collector runs there, and when one already does', async () => {
  const path = await serve();
  await expect(ControlServer.open(path, {})).rejects.toThrow(/another collector is running there/);
  await servers.splice(0)[0].close();
  expect(existsSync(path)).toBe(false);
  await expect(askCollector(path, { command: 'add' })).rejects.toThrow(
    /no collector is running there \(ENOENT\)/,
  );
});

it('takes the place of a socket, left by a collector that was killed', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'mirrorlake-control-')), 'sub', 'control.sock');
  await serve(path);
  await servers.splice(0)[0].close();
  writeFileSync(path, '');
  await serve(path);
  expect(await askCollector(path, { command: 'add', a: 1, b: 1 })).toBe(2);
});

it('survives what is not a request', async () => {
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

it('has its place in the directory of an embedded store, else in /run', () => {
  expect(controlPath('./data')).toBe('data/control.sock');
  expect(controlPath('http://ch:8123/db')).toBe('/run/mirrorlake/control.sock');
});
