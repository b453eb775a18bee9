/** What V8 compiles is kept for the next start, where nobody else can put code to run. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { describeWith } from '../support/needs.js';

const MAIN = resolve('dist/cli/main.js');
const CAPTURE = resolve('test/fixtures/erspan2.pcap');
const KEEPS = 'enableCompileCache' in module;
const SOMEBODY = 12_345;

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-compiled-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const home = join(directory, 'home');
const kept = join(home, '.cache/mirrorlake');

/** The commands' environment: HOME, and nothing that names another cache. */
const ENV = { PATH: process.env.PATH, HOME: home };

function read(env: NodeJS.ProcessEnv = ENV, words: readonly string[] = []): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [MAIN, 'read', '--ndjson', 'sessions', '--quiet', ...words, CAPTURE],
    { env, encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

/** The files in the cache; Node.js has a directory of its own for each of its versions there. */
function files(cache = kept): string[] {
  try {
    return (readdirSync(cache, { recursive: true }) as string[]).filter((name) => name.includes('/'));
  } catch {
    return [];
  }
}

beforeEach(() => {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home);
});

function keeps(): void {
  it('is kept in the home of the user, for nobody else to read', () => {
    const first = read();
    expect(files().length).toBeGreaterThan(5);
    expect(statSync(kept).mode & 0o777).toBe(0o700);
    const before = files();
    expect(withoutIds(read())).toBe(withoutIds(first));
    expect(files()).toEqual(before);
  });

  it('is kept of threads too', () => {
    read();
    const of = files().length;
    read(ENV, ['--workers', '2']);
    expect(files().length).toBeGreaterThan(of);
  });

  it('goes where XDG_CACHE_HOME says', () => {
    read({ ...ENV, XDG_CACHE_HOME: join(directory, 'xdg') });
    expect(files(join(directory, 'xdg/mirrorlake')).length).toBeGreaterThan(5);
    expect(readdirSync(home)).toEqual([]);
  });

  it('goes home where that is relative', () => {
    read({ ...ENV, XDG_CACHE_HOME: 'cache' });
    expect(files().length).toBeGreaterThan(5);
  });

  it.each([
    ['NODE_DISABLE_COMPILE_CACHE', '1'],
    ['NODE_COMPILE_CACHE', join(directory, 'elsewhere')],
  ])('is left to %s', (name, value) => {
    read({ ...ENV, [name]: value });
    expect(files()).toEqual([]);
  });

  // Whoever can write there could have the user run anything.
  it.each([
    ['the directory', () => chmodSync(kept, 0o770)],
    ['one above it', () => chmodSync(home, 0o777)],
  ])('is not kept where a group may write: %s', (_, open) => {
    mkdirSync(kept, { recursive: true });
    open();
    read();
    expect(files()).toEqual([]);
  });

  describeWith(['root'], 'as root, in the home of a user', () => {
    it('is not kept, as sudo may leave it', () => {
      chownSync(home, SOMEBODY, SOMEBODY);
      read();
      expect(files()).toEqual([]);
    });

    it('is not kept in a directory that is a link of theirs', () => {
      mkdirSync(join(directory, 'theirs'));
      chownSync(join(directory, 'theirs'), SOMEBODY, SOMEBODY);
      mkdirSync(join(home, '.cache'));
      symlinkSync(join(directory, 'theirs'), kept);
      read();
      expect(files(join(directory, 'theirs'))).toEqual([]);
    });
  });
}

function keepsNothing(): void {
  it('is not kept, and nothing is said', () => {
    read();
    expect(readdirSync(home)).toEqual([]);
  });
}

if (KEEPS) describe('on Node.js 22.8 and newer', keeps);
else describe('on an older Node.js', keepsNothing);

// In /proc nothing can be made, and mkdir says that its parent is missing.
it.each([join(directory, 'nowhere'), '/proc/nowhere'])(
  'without a home, such as %s, nothing is said',
  (nowhere) => {
    read({ ...ENV, HOME: nowhere });
    expect(existsSync(nowhere)).toBe(false);
  },
);

describeWith(['root'], 'a user that is in no list, without HOME', () => {
  it('reads as others do', () => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, '--version'], {
      env: { PATH: process.env.PATH },
      uid: SOMEBODY,
      gid: SOMEBODY,
      cwd: '/',
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

/** Ids of sessions are new in every run. */
function withoutIds(lines: string): string {
  return lines.replace(/"session_id":"[^"]*"/g, '');
}
