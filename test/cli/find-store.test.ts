/**
 * Commands look for the store in this order: `--store`, `--config`, MIRRORLAKE_STORE, the running collector,
 * ./data.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findCollector, findStore, heldBy, storeToWrite } from '../../src/cli/find-store.js';
import type { HeldStore } from '../../src/model/status.js';
import { ControlServer } from '../../src/observe/control.js';
import { runLine } from '../support/command-lines.js';

const MAIN = resolve('dist/cli/main.js');
const CAPTURE = resolve('test/fixtures/erspan2.pcap');
const ANOTHER = resolve('test/fixtures/erspan1.pcap');
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-find-'));
const at = (name: string): string => join(directory, name);
const before = process.cwd();
// There is no ./data in this directory.
beforeAll(() => {
  mkdirSync(at('nothing'));
  process.chdir(at('nothing'));
});
afterAll(() => {
  process.chdir(before);
  rmSync(directory, { recursive: true, force: true });
});

const open: ControlServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

/** Opens a control socket that answers for a store, as a collector does. */
async function collector(socket: string, held: Partial<HeldStore>): Promise<string> {
  const store: HeldStore = { location: 'none', spool: '/spool', answers: true, ...held };
  open.push(await ControlServer.open(socket, { store: () => store, status: () => ({}) }));
  return socket;
}

/** Runs a command in a directory. @returns its exit status and output */
async function mirrorlake(
  cwd: string,
  words: string[],
  environment: Record<string, string> = {},
): Promise<{ status: number; out: string; err: string }> {
  const { status, stdout, stderr } = await runLine(words, {
    cwd,
    env: { MIRRORLAKE_STORE: '', ...environment },
  });
  return { status, out: stdout, err: stderr };
}

/** The same in a process of its own. */
function mirrorlakeAlone(
  cwd: string,
  words: string[],
  environment: Record<string, string> = {},
): Promise<{ status: number; out: string; err: string }> {
  const env = { ...process.env, MIRRORLAKE_STORE: '', ...environment };
  return new Promise((done) => {
    const child = execFile(process.execPath, [MAIN, ...words], { cwd, env }, (_, out, err) =>
      done({ status: child.exitCode ?? -1, out, err }),
    );
  });
}

describe('the store for a command', () => {
  const config = at('collect.yaml');
  beforeAll(() => {
    for (const name of ['flag', 'configured', 'variable', 'other']) mkdirSync(at(name));
    writeFileSync(
      config,
      `store: ${at('configured')}\nspool: { directory: ${at('spool')} }\ncontrol: ${at('c.sock')}\n`,
    );
  });

  it.each([
    ['--store', { store: at('flag'), config }, at('flag')],
    ['--config', { config }, at('configured')],
    ['MIRRORLAKE_STORE', {}, at('variable')],
  ])('is named by %s, before anything later in the order', async (_, options, location) => {
    const running = await collector(at('running.sock'), { location: at('other') });
    const environment = { MIRRORLAKE_STORE: at('variable') };
    expect(await findStore(options, environment, [running])).toMatchObject({
      location,
      collector: undefined,
    });
    expect((await storeToWrite(options, environment)).location).toBe(location);
  });

  it('is that of the first running collector if none is named', async () => {
    await collector(at('second.sock'), { location: at('other'), spool: at('other/spool') });
    const sockets = [at('first.sock'), at('second.sock')];
    expect(await findStore({}, {}, sockets)).toEqual({
      location: at('other'),
      spool: at('other/spool'),
      collector: at('second.sock'),
    });
    await collector(at('first.sock'), { location: at('flag') });
    expect(await findStore({}, { MIRRORLAKE_STORE: '' }, sockets)).toMatchObject({
      location: at('flag'),
      collector: at('first.sock'),
    });
    // Commands that write never choose a collector's store by default.
    expect(await storeToWrite({}, {})).toMatchObject({ location: './data' });
  });

  it('is reached through the collector that has it open, wherever its socket is', async () => {
    symlinkSync(at('other'), at('link'));
    const running = await collector(at('running.sock'), { location: at('other'), spool: at('s') });
    const held = { location: at('link'), spool: at('s'), collector: running };
    expect(await findStore({ store: at('link') }, {}, [running])).toEqual(held);
    expect(await heldBy(await storeToWrite({ store: at('link') }, {}), [running])).toEqual(held);
    await collector(at('c.sock'), { location: at('configured') });
    expect(await findStore({ config }, {}, [])).toMatchObject({ collector: at('c.sock') });
  });

  it('is not found through a collector that has none, or that answers no questions for it', async () => {
    const none = await collector(at('none.sock'), { location: 'none', answers: false });
    await expect(findStore({}, {}, [none])).rejects.toThrow(
      `none is named (--store, --config, MIRRORLAKE_STORE), the collector at ${none} has no ` +
        'store, and there is none in ./data',
    );
    // Anyone may have made a socket outside /run, so no password is sent to the server that it names.
    const server = await collector(at('server.sock'), {
      location: 'http://10.0.0.1:8123/db',
      answers: false,
    });
    expect(await findStore({}, {}, [server])).toMatchObject({ collector: server });
  });

  it.each([
    [{ store: 'ftp://me:secret@host' }, {}, /^a store cannot be at ftp:\/\/host/],
    [
      {},
      { MIRRORLAKE_STORE: 'ftp://me:secret@host' },
      /^MIRRORLAKE_STORE: a store cannot be at ftp:\/\/host/,
    ],
    [{ store: 'none' }, {}, /^a store cannot be at none: /],
  ])('is refused in one line if the location is impossible: %j %j', async (options, environment, message) => {
    await expect(findStore(options, environment, [])).rejects.toMatchObject({
      message: expect.stringMatching(message),
      exitCode: 2,
    });
    await expect(storeToWrite(options, environment)).rejects.toThrow(message);
  });

  it('is not waited for longer than 5 s', async () => {
    const silent = at('silent.sock');
    open.push(await ControlServer.open(silent, { store: () => new Promise(() => undefined) }));
    const [found, named, running] = await Promise.allSettled([
      findStore({}, {}, [silent]),
      findStore({ store: at('flag') }, {}, [silent]),
      findCollector({}, {}, [silent]),
    ]);
    expect(found).toMatchObject({
      reason: { message: `${silent}: the collector has not answered within 5 s` },
    });
    expect(named).toMatchObject({ value: { location: at('flag'), collector: undefined } });
    expect(running).toMatchObject({ value: silent });
  });

  it('is not asked for from a collector of an earlier version', async () => {
    const old = at('old.sock');
    open.push(await ControlServer.open(old, { status: () => ({}) }));
    await expect(findStore({}, {}, [old])).rejects.toThrow(
      `${old}: the collector is of an earlier version: restart it`,
    );
    expect(await findCollector({}, {}, [old])).toBe(old);
  });

  it('leads to its collector; if no store is named, any collector is taken', async () => {
    const [first, second] = [at('first.sock'), at('second.sock')];
    await expect(findCollector({}, {}, [first, second])).rejects.toThrow(
      `no collector is running (${first}, ${second}): start one with mirrorlake collect, or ` +
        'name its store (--store)',
    );
    await collector(second, { location: 'none', answers: false });
    expect(await findCollector({}, {}, [first, second])).toBe(second);
    expect(await findCollector({ config }, {}, [second])).toBe(at('c.sock'));
    expect(await findCollector({ store: at('flag') }, {}, [second])).toBe(at('flag/control.sock'));
    expect(await findCollector({}, { MIRRORLAKE_STORE: at('flag') }, [second])).toBe(second);
    expect(await findCollector({ control: 'x.sock', config }, {}, [second])).toBe('x.sock');
  });
});

describe('in the current directory', () => {
  const commands = [
    ['query', 'SELECT 1'],
    ['export', '--where', '1', '--output', 'x.pcapng'],
    ['spool', 'list'],
  ];

  it.each(commands)('without a store, %s %s says where it looked and what to do', async (...words) => {
    const cwd = mkdtempSync(at('empty-'));
    expect(await mirrorlake(cwd, words)).toEqual({
      status: 1,
      out: '',
      err:
        'mirrorlake: there is no store to ask: none is named (--store, --config, MIRRORLAKE_STORE), no ' +
        'collector is running (/run/mirrorlake/control.sock, data/control.sock), and there is none in ' +
        './data; name one, start mirrorlake collect, or read a capture: mirrorlake read FILE\n',
    });
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('query and read use ./data, or the store that MIRRORLAKE_STORE names', async () => {
    const cwd = mkdtempSync(at('full-'));
    const sql = ['query', 'SELECT count() FROM sessions'];
    await mirrorlake(cwd, ['read', CAPTURE, '--quiet']);
    const named = { MIRRORLAKE_STORE: './named' };
    await mirrorlakeAlone(cwd, ['read', CAPTURE, ANOTHER, '--quiet'], named);
    expect((await mirrorlake(cwd, sql, named)).out).toBe('2\n');
    expect((await mirrorlakeAlone(cwd, sql)).out).toBe('1\n');
    expect((await mirrorlake(cwd, [...sql, '--store', './data'], named)).out).toBe('1\n');
  });

  it('query asks the collector at ./data/control.sock', async () => {
    const cwd = mkdtempSync(at('held-'));
    mkdirSync(join(cwd, 'data'));
    const asked: unknown[] = [];
    open.push(
      await ControlServer.open(join(cwd, 'data/control.sock'), {
        store: () => ({ location: join(cwd, 'data'), spool: join(cwd, 'data/spool'), answers: true }),
        status: () => ({}),
        query: ({ sql }, answer) => {
          asked.push(sql);
          const body = answer.begin();
          body.write(Buffer.from('42\n'));
          body.end();
        },
      }),
    );
    expect(await mirrorlake(cwd, ['query', 'SELECT 42'])).toEqual({ status: 0, out: '42\n', err: '' });
    expect(asked).toEqual(['SELECT 42']);
    expect(await mirrorlake(cwd, ['query', 'DROP TABLE sessions', '--write'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('a collector is filling ./data'),
    });
  });
});

it('no password is sent to a server that a socket in ./data names', async () => {
  const cwd = mkdtempSync(at('trap-'));
  mkdirSync(join(cwd, 'data'));
  const seen: unknown[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization ?? request.headers['x-clickhouse-key']);
    response.end('1\n');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await collector(join(cwd, 'data/control.sock'), {
    location: `http://127.0.0.1:${port}/db`,
    answers: false,
  });
  const secret = { MIRRORLAKE_STORE_USER: 'me', MIRRORLAKE_STORE_PASSWORD: 's3cret' };
  for (const more of [[], ['--write']]) await mirrorlake(cwd, ['query', 'SELECT 1', ...more], secret);
  server.close();
  expect(seen).toEqual([]);
});
