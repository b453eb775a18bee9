/** `read` where nothing is stored: it makes no store, or says why there is nothing to. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = resolve('dist/cli/main.js');
const CAPTURE = resolve('test/fixtures/erspan2.pcap');
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-nothing-'));
const file = (name: string): string => join(directory, name);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function run(cwd: string, words: string[], input = ''): { status: number | null; said: string; out: string } {
  const env = { ...process.env, MIRRORLAKE_STORE: '' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
    cwd,
    env,
    input,
    encoding: 'utf8',
  });
  return { status, said: stderr, out: stdout };
}

beforeAll(() => {
  const whole = readFileSync(CAPTURE);
  mkdirSync(file('directory'));
  writeFileSync(file('text'), 'a letter\n');
  writeFileSync(file('text.gz'), gzipSync('a letter\n'));
  writeFileSync(file('empty'), '');
  writeFileSync(file('cut'), whole.subarray(0, 60));
  writeFileSync(file('cut.gz'), gzipSync(whole).subarray(0, 20));
});

describe('makes no store', () => {
  it.each<[string, string[], number, RegExp]>([
    ['a file that is not there', ['missing.pcap'], 1, /missing\.pcap: cannot open it: there is no such file/],
    ['a directory', [file('directory')], 1, /it is a directory; name the capture files in it/],
    ['text', [file('text')], 1, /it is no capture/],
    ['text in gzip', [file('text.gz')], 1, /what is in the gzip data is no capture/],
    ['an empty file', [file('empty')], 1, /it is empty/],
    ['a capture cut in its first packet', [file('cut')], 1, /the file ends inside a packet/],
    ['gzip cut in its beginning', [file('cut.gz')], 1, /cut\.gz/],
    ['stdin that is no capture', ['-'], 1, /stdin: it is no capture/],
    ['one of several, with --once', ['--once', CAPTURE, 'missing.pcap'], 1, /missing\.pcap: cannot be read/],
    ['an option that there is not', [CAPTURE, '--bogus'], 2, /unknown option '--bogus'/],
    ['a tunnel that is none', [CAPTURE, '--tunnel', 't1 mode pigeon'], 2, /mode pigeon/],
    ['a kind that is none', ['--ndjson', 'sesions', CAPTURE], 2, /--ndjson sesions/],
  ])('for %s', (_, words, status, said) => {
    const cwd = mkdtempSync(file('cwd-'));
    const told = run(cwd, ['read', ...words], 'a letter\n');
    expect(told.said).toMatch(said);
    // One line, and no summary of nothing.
    expect(told.said.trimEnd().split('\n')).toHaveLength(1);
    expect(told.status).toBe(status);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('but for what can be read among it', () => {
    const cwd = mkdtempSync(file('cwd-'));
    const told = run(cwd, ['read', 'missing.pcap', CAPTURE]);
    expect(told.status).toBe(1);
    expect(told.said).toMatch(/^1 session in 1 row, stored in \.\/data$/m);
    expect(existsSync(join(cwd, 'data/clickhouse'))).toBe(true);
  });

  it('and makes it for what comes through a pipe', () => {
    const cwd = mkdtempSync(file('cwd-'));
    const piped = spawnSync('sh', ['-c', `'${process.execPath}' '${MAIN}' read - <'${CAPTURE}'`], {
      cwd,
      encoding: 'utf8',
    });
    expect(piped.stderr).toMatch(/^1 session in 1 row, stored in \.\/data$/m);
  });
});

describe('--once', () => {
  const NOTHING = /^nothing was stored: all of it is in \.\/data already \(--once\)$/m;

  it('says so when all of it was stored before, and only then', () => {
    const cwd = mkdtempSync(file('cwd-'));
    const read = (...words: string[]) => run(cwd, ['read', '--once', ...words]);
    const first = read(CAPTURE);
    expect(first.said).toMatch(/^1 session in 1 row, stored once in \.\/data$/m);
    expect(first.said).not.toMatch(NOTHING);
    const second = read(CAPTURE);
    expect(second.status).toBe(0);
    expect(second.said).toMatch(NOTHING);
    expect(second.said).not.toMatch(/stored once/);
    // The packets are new, and then they are not.
    expect(read(CAPTURE, '--packets', 'all').said).not.toMatch(NOTHING);
    expect(read(CAPTURE, '--packets', 'all').said).toMatch(NOTHING);
    expect(read(CAPTURE, '--quiet').said).toBe('');
    expect(run(cwd, ['query', 'SELECT count() FROM sessions']).out).toBe('1\n');
  });
});

describe('--ndjson', () => {
  it.each(['sesions', 'packet', 'Mirrors'])('%s is one line that has the words', (word) => {
    expect(run(directory, ['read', '--ndjson', word, CAPTURE])).toEqual({
      status: 2,
      out: '',
      said:
        `mirrorlake: read: --ndjson ${word}: give one of sessions, packets, mirrors, tunnels, ` +
        `or a capture (there is none of that name)\n`,
    });
  });

  it('a file may be called anything', () => {
    writeFileSync(file('packet'), readFileSync(CAPTURE));
    expect(run(directory, ['read', '--ndjson', 'packet', '--quiet']).out).toContain('"session_id"');
    expect(run(directory, ['read', '--ndjson', 'none.pcap'])).toMatchObject({
      status: 1,
      said: 'mirrorlake: none.pcap: cannot open it: there is no such file; check the path\n',
    });
    rmSync(file('packet'));
  });
});
