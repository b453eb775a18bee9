/** The ways in beside the link: users with passwords, a proxy's header, TLS; and what is refused at start. */
import { execFileSync } from 'node:child_process';
import { scryptSync } from 'node:crypto';
import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { consoleSchema } from '../../src/config/schema.js';
import { parsePrefix } from '../../src/config/units.js';
import type { RequestError } from '../../src/console/errors.js';
import { checkExposure } from '../../src/console/settings.js';
import { COOKIE_LIFE, MOST_WRONG, SignIn } from '../../src/console/sign-in.js';
import { keptToken } from '../../src/console/token.js';
import {
  JUDGED_AT_ONCE,
  MOST_WAITING_TO_BE_JUDGED,
  parseUsers,
  Users,
  userLine,
} from '../../src/console/users.js';
import { startConsole } from '../support/console.js';
import { describeWith } from '../support/needs.js';

const made = (): string => mkdtempSync(join(tmpdir(), 'console-'));
const NOWHERE = '/nowhere';

/** A line of somebody whose password is judged at once, for tests of what stands around that. */
function quickLine(name: string, password: string): string {
  const hash = scryptSync(password, 'salt', 32, { N: 1024, r: 8, p: 1 }).toString('base64');
  return `${name}:view:scrypt$1024$8$1$${Buffer.from('salt').toString('base64')}$${hash}`;
}

describe('users', () => {
  it('come in with their password, and may do what the file says', async () => {
    const file = join(made(), 'users');
    writeFileSync(file, `# people\n${await userLine('ann', ['view', 'packets'], 'correct horse')}\n`);
    const served = await startConsole(NOWHERE, { users: file });
    const login = (name: string, password: string): Promise<Response> =>
      fetch(`${served.url}api/v1/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
        body: JSON.stringify({ name, password }),
      });
    const response = await login('ann', 'correct horse');
    expect(await response.json()).toEqual({ name: 'ann', rights: ['view', 'packets'] });
    expect((await login('ann', 'wrong horse')).status).toBe(401);
    expect((await login('bob', 'correct horse')).status).toBe(401);
    // The file is read again when it has changed.
    writeFileSync(file, `${await userLine('bob', [], 'correct horse')}\n`);
    expect((await login('bob', 'correct horse')).status).toBe(200);
    expect((await login('ann', 'correct horse')).status).toBe(401);
    await served.close();
  });

  it('are heard no more for a minute after five wrong passwords, and others are', async () => {
    const file = join(made(), 'users');
    const lines = ['ann', 'bob'].map((name) => quickLine(name, 'correct horse'));
    writeFileSync(file, `${lines.join('\n')}\n`);
    let now = 0;
    const signIn = new SignIn({ token: 'x', users: new Users(file) }, () => now);
    const judged = (name: string, password: string): Promise<string | number> =>
      signIn.byPassword(name, password, '10.0.0.1').then(
        (who) => who.name,
        (error: RequestError) => error.status,
      );
    const wrong: (string | number)[] = [];
    for (let i = 0; i < MOST_WRONG + 1; i++) wrong.push(await judged('ann', 'wrong horse'));
    expect(wrong).toEqual([401, 401, 401, 401, 401, 429]);
    expect(await judged('ann', 'correct horse')).toBe(429);
    expect(await judged('bob', 'correct horse')).toBe('bob');
    now += 61_000;
    expect(await judged('ann', 'correct horse')).toBe('ann');
  });

  it('are refused when too many wait to be judged', async () => {
    const file = join(made(), 'users');
    writeFileSync(file, `${quickLine('ann', 'correct horse')}\n`);
    const users = new Users(file);
    const most = JUDGED_AT_ONCE + MOST_WAITING_TO_BE_JUDGED;
    const waiting = Array.from({ length: most }, () => users.judge('ann', 'correct horse'));
    await expect(users.judge('ann', 'correct horse')).rejects.toThrow('too many sign in at once');
    expect((await Promise.all(waiting)).every((who) => who?.name === 'ann')).toBe(true);
  });

  it.each([
    ['ann:view:plain', /users:2: not a line of/],
    ['ann:root:scrypt$32768$8$1$AAAA$AAAA', /users:2: root is no right/],
    ['ann:view:scrypt$1048576$8$1$AAAA$AAAA', /users:2: its scrypt costs more/],
    ['ann:view:scrypt$32768$8$1$AAAA$AAAA', /users:2: its hash has not 32 bytes/],
  ])('a wrong line is named: %s', (line, message) => {
    expect(() => parseUsers(`\n${line}\n`, 'users')).toThrow(message);
  });

  it('are named twice in no file, and have no short password', async () => {
    const line = await userLine('ann', ['view'], 'correct horse');
    expect(() => parseUsers(`${line}\n${line}`, 'users')).toThrow('users:2: ann is in the file twice');
    await expect(userLine('ann', [], 'short')).rejects.toThrow('at least 8');
    await expect(userLine('a:b', [], 'correct horse')).rejects.toThrow("cannot be a user's name");
    expect(() => new Users('/nowhere/users')).toThrow('the users file cannot be read');
  });
});

describe('a proxy', () => {
  const from = [parsePrefix('127.0.0.1')!];

  it('is believed from its own address only', async () => {
    const header = { name: 'X-Forwarded-User', from, rights: ['view' as const] };
    const me = (url: string, headers: Record<string, string>): Promise<Response> =>
      fetch(`${url}api/v1/me`, { headers: { 'sec-fetch-site': 'same-origin', ...headers } });
    const near = await startConsole(NOWHERE, { header });
    expect(await (await me(near.url, { 'x-forwarded-user': 'ann' })).json()).toEqual({
      name: 'ann',
      rights: ['view'],
    });
    expect((await me(near.url, {})).status).toBe(401);
    expect((await me(near.url, { 'x-forwarded-user': 'ann', 'sec-fetch-site': 'cross-site' })).status).toBe(
      403,
    );
    await near.close();
    const far = await startConsole(NOWHERE, { header: { ...header, from: [parsePrefix('10.0.0.0/8')!] } });
    expect((await me(far.url, { 'x-forwarded-user': 'ann' })).status).toBe(401);
    await far.close();
  });

  it('has to have an address', () => {
    const result = consoleSchema.safeParse({ header: { name: 'X-User', from: [] } });
    expect(result.success).toBe(false);
  });
});

describe('cookies', () => {
  it('are renewed after half of their life, and end', () => {
    let now = 0;
    const signIn = new SignIn({ token: 'x' }, () => now);
    const first = signIn.cookieFor({ name: 'ann', rights: [] });
    now = COOKIE_LIFE / 2 - 1;
    expect(signIn.byCookie(first)).toEqual({ who: { name: 'ann', rights: [] } });
    now += 2;
    const { renewed = '' } = signIn.byCookie(first) ?? {};
    expect(renewed).not.toBe('');
    expect(signIn.byCookie(renewed)?.who.name).toBe('ann');
    // What was on its way with the old one is answered, for a minute.
    expect(signIn.byCookie(first)?.who.name).toBe('ann');
    now += 61_000;
    expect(signIn.byCookie(first)).toBeUndefined();
    now += COOKIE_LIFE;
    expect(signIn.byCookie(renewed)).toBeUndefined();
  });
});

describe('beyond loopback', () => {
  const at = (more: object) => consoleSchema.parse({ listen: '0.0.0.0:9480', ...more });

  it('it takes TLS, a proxy, or to be said', () => {
    expect(() => checkExposure(at({}))).toThrow(/give it tls .* a proxy .* or say --insecure/);
    expect(() => checkExposure(at({ insecure: true }))).not.toThrow();
    expect(() => checkExposure(at({ header: { name: 'X-User', from: ['10.0.0.1'] } }))).not.toThrow();
    expect(() => checkExposure(consoleSchema.parse({ listen: '[::1]:9480' }))).not.toThrow();
  });

  it('the link lets view only, unless it is said', async () => {
    const served = await startConsole(NOWHERE, at({ listen: '0.0.0.0:0', insecure: true }));
    const port = new URL(served.url).port;
    const me = await fetch(`http://127.0.0.1:${port}/api/v1/me`, {
      headers: { authorization: `Bearer ${served.token}` },
    });
    expect(await me.json()).toEqual({ name: 'token', rights: ['view'] });
    await served.close();
  });
});

describeWith(['openssl'], 'over TLS', () => {
  it('the cookie is bound to this host, and TLS to the name', async () => {
    const directory = made();
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    execFileSync(
      'openssl',
      [
        ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' '),
        ...['-subj', '/CN=localhost'],
        ...['-keyout', key, '-out', cert],
      ],
      { stdio: 'ignore' },
    );
    const served = await startConsole(NOWHERE, { tls: { cert, key } });
    expect(served.url).toMatch(/^https:/);
    const headers = await new Promise<NodeJS.Dict<string | string[]>>((resolve, reject) => {
      const asking = request(
        `${served.url}api/v1/login`,
        {
          method: 'POST',
          rejectUnauthorized: false,
          headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
        },
        (response) => {
          response.resume();
          resolve(response.headers);
        },
      );
      asking.on('error', reject);
      asking.end(JSON.stringify({ token: served.token }));
    });
    expect(headers['set-cookie']?.[0]).toMatch(
      /^__Host-mirrorlake=.*; Path=\/; HttpOnly; Secure; SameSite=Strict/,
    );
    expect(headers['strict-transport-security']).toBeDefined();
    await served.close();
    await expect(startConsole(NOWHERE, { tls: { cert: key, key } })).rejects.toThrow(/console\.tls/);
    await expect(startConsole(NOWHERE, { tls: { cert: '/nowhere', key } })).rejects.toThrow(
      /console\.tls\.cert/,
    );
  });
});

describe('the token', () => {
  it('stays the same, in a file of its owner alone', () => {
    const state = join(made(), 'console');
    const token = keptToken(state);
    expect(keptToken(state)).toBe(token);
    expect(statSync(join(state, 'token')).mode & 0o777).toBe(0o600);
    expect(token).toHaveLength(43);
  });
});
