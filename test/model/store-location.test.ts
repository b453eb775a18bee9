import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shownWord, withoutPasswordsOf } from '../../src/cli/passwords.js';
import { parseConfig } from '../../src/config/load.js';
import { isLocation, isServer, withoutPassword, withoutUser } from '../../src/model/store-location.js';
import { controlPath } from '../../src/observe/control.js';
import { parseLocation } from '../../src/store/location.js';
import { openStore } from '../../src/store/open.js';
import { spoolDirectory } from '../../src/store/spool/spool-directory.js';

function messageOf(what: () => unknown): string {
  try {
    what();
  } catch (e) {
    return (e as Error).message;
  }
  return '';
}

/** All texts about a location: how it is shown, and the error of every function that takes it. */
function sayings(location: string): string[] {
  const words = ['collect', '--store', location, `--store=${location}`];
  return [
    withoutPassword(location),
    messageOf(() => parseLocation(location, {})),
    isServer(location) ? '' : messageOf(() => openStore(location, { create: false })),
    messageOf(() => parseConfig(`store: ${JSON.stringify(location)}\n`, 'm.yaml')),
    words.map(shownWord).join(' '),
    withoutPasswordsOf(words, `unknown option '--store=${location}'`),
  ];
}

describe('a store’s location', () => {
  it('is a server with a scheme in any case', () => {
    for (const location of ['http://h/db', 'HTTP://h/db', 'HttpS://h:8443/db', 'https:h']) {
      expect(isServer(location), location).toBe(true);
      expect(controlPath(location)).toBe('/run/mirrorlake/control.sock');
      expect(spoolDirectory(location)).toBe('/var/lib/mirrorlake/spool');
    }
    for (const location of ['./data', '/http/x', 'httpd', './http://x', 'data:2']) {
      expect(isServer(location), location).toBe(false);
      expect(isLocation(location), location).toBe(true);
      expect(controlPath(location)).toBe(join(location, 'control.sock'));
    }
  });

  it('is refused if it can be no store', () => {
    for (const location of ['', 'ftp://x', ' http://h/db', 'lake:secret@ch1:8123/db'])
      expect(isLocation(location), location).toBe(false);
  });

  it('has its scheme parsed in one place only', () => {
    const src = join(import.meta.dirname, '../../src');
    const telling = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .filter((name) => /\/\^\\?s?\*?\(?\(?\??:?https?\??:/i.test(readFileSync(join(src, name), 'utf8')));
    expect(telling.sort()).toEqual(['model/store-location.ts', 'store/location.ts']);
  });
});

it.each([
  ['http://me@h:8123/x?prefix=a_', 'http://h:8123/x?prefix=a_'],
  ['https://h/x', 'https://h/x'],
])('%s without its user is %s', (location, without) => {
  expect(withoutUser(location)).toBe(without);
});

describe('a password', () => {
  it.each([
    ['http://me:secret@h/x', 'http://me@h/x'],
    ['HTTP://me:secret@h/x', 'HTTP://me@h/x'],
    ['http://me:se/cr@et@h/x', 'http://me@h/x'],
    ['http://me:se?prefix=a@h/x', 'http://me@h/x'],
    ['http://:secret@h/x', 'http://@h/x'],
    ['http://tok/en@h/x', 'http://h/x'],
    ['http:/me:secret@h/x', 'http:/me@h/x'],
    ['clickhouse://me:secret@h/x', 'clickhouse://h/x'],
    ['lake://secret@h/x', 'lake://h/x'],
    ['me:secret@h/x', 'me@h/x'],
    ['http://h/x?password=secret&prefix=a', 'http://h/x?prefix=a'],
    ['http://h:8123/x', 'http://h:8123/x'],
    ['https://a:1,[::1]:2,c/x?prefix=a', 'https://a:1,[::1]:2,c/x?prefix=a'],
    ['http://me:secret', 'http://'],
    ['./me:secret@h', './me:secret@h'],
    ['./data:a@b', './data:a@b'],
  ])('%s is shown as %s', (location, shown) => {
    expect(withoutPassword(location)).toBe(shown);
    expect(shownWord(location)).toBe(shown);
    expect(shownWord(`--store=${location}`)).toBe(`--store=${shown}`);
  });

  it('that is not percent-encoded gives an error that says how to write it', () => {
    for (const password of ['a@b', 'a/b', 'a?b', 'a#b', 'a@b:c/d', '/', '@'])
      expect(
        messageOf(() => parseLocation(`http://u:${password}@h:8123/db`, {})),
        password,
      ).toMatch(/has to be percent-encoded: @ as %40, \/ as %2F.*MIRRORLAKE_STORE_PASSWORD_FILE/);
    for (const password of ['a@b', 'a/b', 'a?b', 'a#b', 'a:b', '%'])
      expect(parseLocation(`http://u:${encodeURIComponent(password)}@h/db`, {}).password).toBe(password);
  });

  it('that is given in place of its file’s name is not shown', () => {
    expect(messageOf(() => parseLocation('http://h/db', { MIRRORLAKE_STORE_PASSWORD_FILE: 'hunter2' }))).toBe(
      'MIRRORLAKE_STORE_PASSWORD_FILE: ENOENT: the file that it names cannot be read',
    );
  });

  it('is shown nowhere, whatever its characters and URL', () => {
    const characters = fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(...'@/:?#[]%&=+ \\"\'\n') },
      { weight: 3, arbitrary: fc.constantFrom(...'QXZJKVW0123456789') },
      { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
    );
    const password = fc.array(characters, { minLength: 1, maxLength: 24 }).map((list) => list.join(''));
    const scheme = fc.constantFrom('http://', 'HTTPS://', 'Http:/', 'ftp://', 'clickhouse://', '');
    const user = fc.constantFrom('lake', '', 'me@corp.example');
    const tail = fc.constantFrom('h:8123/db', 'h1,h2/db?prefix=ml_', '[::1]/db?ca=/etc/a@b.pem', 'h', '');
    fc.assert(
      fc.property(scheme, user, password, tail, (scheme, user, password, tail) => {
        const location = (secret: string): string => `${scheme}${user}:${secret}@${tail}`;
        // Texts that do not depend on the password may contain a part of it by chance.
        const always = ['', '@', '%'].flatMap((other) => sayings(location(other))).join('\n');
        const said = sayings(location(password));
        for (let i = 0; i + 4 <= password.length; i++) {
          const part = password.slice(i, i + 4);
          if (always.includes(part)) continue;
          for (const text of said) expect(text.includes(part), `${text} has ${part}`).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
