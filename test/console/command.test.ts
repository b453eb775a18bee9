/** `mirrorlake console` as people start it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseUsers } from '../../src/console/users.js';
import { runLine } from '../support/command-lines.js';
import { program } from '../support/programs.js';
import { makeStore } from '../support/store-copies.js';

const MAIN = program('main');
const directory = mkdtempSync(join(tmpdir(), 'console-'));
const store = join(directory, 'store');

/** `console passwd`, with a password on standard input. */
function passwd(args: readonly string[], input: string) {
  return spawnSync(process.execPath, [MAIN, 'console', 'passwd', ...args], { encoding: 'utf8', input });
}

describe('a console by hand', () => {
  let running: ChildProcess;
  let said = '';
  beforeAll(async () => {
    await makeStore(store);
    const args = [MAIN, 'console', '--store', store, '--listen', '127.0.0.1:0'];
    running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    [said] = (await once(createInterface({ input: running.stdout! }), 'line')) as [string];
  });
  afterAll(async () => {
    running.kill('SIGTERM');
    const [code] = (await once(running, 'exit')) as [number | null];
    expect(code).toBe(0);
  });

  it('says its address, and never the token where it is no terminal', async () => {
    const url = /^(http:\/\/127\.0\.0\.1:\d+\/) \(mirrorlake console url prints/.exec(said)?.[1];
    expect(url).toBeDefined();
    const token = readFileSync(join(store, 'console/token'), 'utf8').trim();
    expect(said).not.toContain(token);
    expect(await (await fetch(`${url}healthz`)).text()).toBe('ok\n');
    const about = await fetch(`${url}api/v1/about`, { headers: { authorization: `Bearer ${token}` } });
    expect(await about.json()).toMatchObject({ store, collector: null, first_seen: null, mirrors: [] });
  });

  it('prints the link for whoever may read the token', async () => {
    const { stdout } = await runLine(['console', 'url', '--store', store]);
    const token = readFileSync(join(store, 'console/token'), 'utf8').trim();
    expect(stdout).toBe(`http://127.0.0.1:9480/#token=${token}\n`);
  });
});

it('serves no store that is not there, and makes nothing in its place', async () => {
  const nowhere = join(directory, 'nowhere');
  const { status, stderr } = await runLine(['console', '--store', nowhere]);
  expect(stderr).toMatch(/there is no store in .*nowhere: read a capture into it first/);
  expect(status).toBe(1);
  expect(existsSync(nowhere)).toBe(false);
});

it('prints no link where no console has been, and makes no token that is not its own', async () => {
  const other = join(directory, 'other');
  const { status, stderr } = await runLine(['console', 'url', '--store', store, '--state', other]);
  expect(stderr).toMatch(/no console has been started with this store/);
  expect(status).toBe(1);
  expect(existsSync(other)).toBe(false);
});

it('makes a line of the users file of a password on stdin', () => {
  const { stdout } = passwd(['ann', '--rights', 'view,sql'], 'correct horse\n');
  const users = parseUsers(stdout, 'users');
  expect(users.get('ann')).toMatchObject({ name: 'ann', rights: ['view', 'sql'] });
});

it.each([
  [['ann'], '', /no password has come/, 1],
  [['ann'], 'short\n', /at least 8 characters/, 2],
  [['a b'], '', /a b cannot be a user's name/, 2],
])('makes none of %s and %j', (words, input, message, expected) => {
  const { status, stderr, stdout } = passwd(words, input);
  expect(stderr).toMatch(message);
  expect(stdout).toBe('');
  expect(status).toBe(expected);
});

it.each([
  [['--listen', '0.0.0.0:9480'], /served at 0\.0\.0\.0, where everybody .* or say --insecure/],
  [['--listen', 'nowhere'], /console: --listen: "nowhere" is not HOST:PORT/],
  [['--state', '/proc/none'], /the console's token cannot be kept there/],
])('refuses %s in one line', async (args, message) => {
  const { status, stderr } = await runLine(['console', '--store', store, ...args]);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect([1, 2]).toContain(status);
});

it('names the line of a wrong key, and of a wrong users file', async () => {
  const config = join(directory, 'wrong.yaml');
  writeFileSync(config, 'console:\n  links: [{ name: x, url: "javascript:alert(1)" }]\n');
  const wrong = await runLine(['console', '--store', store, '--config', config]);
  expect(wrong.stderr).toMatch(/wrong\.yaml:2.*is not a URL/);
  expect(wrong.status).toBe(2);
  const users = join(directory, 'users');
  writeFileSync(users, 'ann\n');
  writeFileSync(config, `console:\n  users: ${users}\n`);
  const file = await runLine(['console', '--store', store, '--config', config]);
  expect(file.stderr).toMatch(/users:1: not a line of/);
  expect(file.status).toBe(2);
});
