import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../src/store/open.js';
import { type Ran, runLine, runLines } from '../support/command-lines.js';
import { numberedSegment } from '../support/sessions.js';

const MAIN = 'dist/cli/main.js';
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-query-'));
const data = join(directory, 'data');

/** What `schema apply` printed when it made the store. */
let made: { err: string };
beforeAll(async () => {
  made = await mirrorlake('schema', 'apply', '--store', data);
  const store = openStore(data, { create: false });
  await store.insert('sessions', numberedSegment(0, 100), 'a', 100);
  await store.close();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a command. @returns its exit status and output */
async function mirrorlake(...words: string[]): Promise<{ status: number; out: string; err: string }> {
  const { status, stdout, stderr } = await runLine(words);
  return { status, out: stdout, err: stderr };
}

/** The same in a process of its own. */
function mirrorlakeAlone(...words: string[]): Promise<{ status: number; out: string; err: string }> {
  return new Promise((done) => {
    const child = execFile(process.execPath, [MAIN, ...words], (_, out, err) =>
      done({ status: child.exitCode ?? -1, out, err }),
    );
  });
}

test('a query prints its answer on stdout, tab-separated', async () => {
  const { status, out, err } = await mirrorlakeAlone(
    'query',
    'SELECT count(), any(client) FROM sessions',
    '--store',
    data,
  );
  expect({ status, err }).toEqual({ status: 0, err: '' });
  expect(out).toMatch(/^100\t10\.1\.0\.\d+\n$/);
});

test('a query takes a format and parameters', async () => {
  const { out } = await mirrorlake(
    ...[
      'query',
      'SELECT count() AS n FROM sessions WHERE client_ip = {ip:IPv6} AND client_port < {port:UInt16}',
    ],
    ...['--store', data, '--format', 'JSONEachRow', '--param', 'ip=::ffff:10.1.0.7', '--param', 'port=1100'],
  );
  expect(out).toBe('{"n":1}\n');
});

const FAILURES: [words: string[], status: number, line: RegExp][] = [
  [
    ['query', 'SELECT nonsense FROM sessions', '--store', data],
    1,
    /^mirrorlake: \S+: Unknown expression identifier `nonsense` \(UNKNOWN_IDENTIFIER\)\n$/,
  ],
  [
    ['query', 'SELECT 1', '--store', join(directory, 'nowhere')],
    1,
    /^mirrorlake: there is no store in \S+: read a capture into it first/,
  ],
  [
    ['query', 'SELECT 1', '--store', 'http://127.0.0.1:9/x'],
    1,
    /^mirrorlake: http:\/\/127.0.0.1:9\/x cannot be reached: connection refused/,
  ],
  [['query', 'SELECT 1', '--store', 'redis://host'], 2, /^mirrorlake: a store cannot be at redis:/],
  [
    ['query', 'SELECT 1', '--store', data, '--param', 'x'],
    2,
    /^mirrorlake: query: --param x: write name=value, the name of letters, digits and _\n$/,
  ],
  [['query', '--store', data], 2, /missing required argument 'sql'/],
];
let told: Ran[];
beforeAll(async () => {
  told = await runLines(FAILURES.map(([words]) => words));
});

test.each(FAILURES.map((failure, i) => [...failure, i] as const))(
  '%j fails with status %i and one line',
  (_, status, line, i) => {
    expect(told[i].status).toBe(status);
    expect(told[i].stdout).toBe('');
    expect(told[i].stderr).toMatch(line);
  },
);

test('a query fails in the same way in a process of its own', async () => {
  const { status, stdout: out, stderr: err } = told[1];
  expect(await mirrorlakeAlone(...FAILURES[1][0])).toEqual({ status, out, err });
});

test('schema apply says what it did, and schema print shows the SQL', async () => {
  expect(made.err).toMatch(/^applied 0001 sessions\n/);
  expect((await mirrorlake('schema', 'apply', '--store', data)).err).toBe(`${data} is up to date\n`);
  const { out } = await mirrorlake('schema', 'print');
  expect(out).toContain('CREATE TABLE IF NOT EXISTS sessions');
  expect(out).not.toContain('{{');
});

test('a password on the command line is removed from the process list', async () => {
  const silent: Server = createServer(() => {});
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  const { port } = silent.address() as AddressInfo;
  const connected = new Promise((done) => silent.once('connection', done));
  const child = spawn(process.execPath, [
    MAIN,
    'query',
    'SELECT 1',
    '--store',
    `http://me:s3cret@127.0.0.1:${port}/x`,
  ]);
  await connected;
  const listed = readFileSync(`/proc/${child.pid}/cmdline`, 'latin1');
  child.kill('SIGKILL');
  silent.close();
  expect(listed).toContain(`http://me@127.0.0.1:${port}/x`);
  expect(listed).not.toContain('s3cret');
});
