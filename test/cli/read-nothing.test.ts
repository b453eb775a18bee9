/** `read` when there is nothing to store: it makes no store, or says why it stored nothing. */
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
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { runLine } from '../support/command-lines.js';

const MAIN = resolve('dist/cli/main.js');
const CAPTURE = resolve('test/fixtures/erspan2.pcap');
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-nothing-'));
const file = (name: string): string => join(directory, name);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Told {
  readonly status: number | null;
  readonly said: string;
  readonly out: string;
}

const env = { MIRRORLAKE_STORE: '' };
async function run(cwd: string, words: readonly string[]): Promise<Told> {
  const { status, stdout, stderr } = await runLine(words, { cwd, env });
  return { status, said: stderr, out: stdout };
}

/** The same in a process of its own, which may read standard input. */
function runAlone(cwd: string, words: readonly string[], input = ''): Told {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
    cwd,
    env: { ...process.env, ...env },
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

describe('read makes no store', () => {
  const UNREADABLE: [name: string, said: RegExp][] = [
    ['directory', /it is a directory; name the capture files in it/],
    ['text', /it is no capture/],
    ['text.gz', /what is in the gzip data is no capture/],
    ['empty', /it is empty/],
    // Cut in the first packet, and near the beginning of the gzip data.
    ['cut', /the file ends inside a packet/],
    ['cut.gz', /cut\.gz/],
  ];

  it.each<[string, string[], number, RegExp]>([
    ['text', [file('text')], 1, /it is no capture/],
    ['stdin that is no capture', ['-'], 1, /stdin: it is no capture/],
    [
      'a missing file among several, with --once',
      ['--once', CAPTURE, 'missing.pcap'],
      1,
      /missing\.pcap: cannot be read/,
    ],
    ['an unknown option', [CAPTURE, '--bogus'], 2, /unknown option '--bogus'/],
    ['a wrong tunnel', [CAPTURE, '--tunnel', 't1 mode pigeon'], 2, /mode pigeon/],
    ['a wrong kind of rows', ['--ndjson', 'sesions', CAPTURE], 2, /--ndjson sesions/],
  ])('for %s', async (_, words, status, said) => {
    const cwd = mkdtempSync(file('cwd-'));
    const line = ['read', ...words];
    const told = words.includes('-') ? runAlone(cwd, line, 'a letter\n') : await run(cwd, line);
    expect(told.said).toMatch(said);
    // There is one line, and no summary.
    expect(told.said.trimEnd().split('\n')).toHaveLength(1);
    expect(told.status).toBe(status);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('for several unreadable files, and prints a line for each', () => {
    const cwd = mkdtempSync(file('cwd-'));
    const told = runAlone(cwd, ['read', 'missing.pcap', ...UNREADABLE.map(([name]) => file(name))]);
    expect(told.said.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/missing\.pcap: cannot open it: there is no such file/),
      ...UNREADABLE.map(([, said]) => expect.stringMatching(said)),
    ]);
    expect(told.status).toBe(1);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('unless one of the files can be read', async () => {
    const cwd = mkdtempSync(file('cwd-'));
    const told = await run(cwd, ['read', 'missing.pcap', CAPTURE]);
    expect(told.status).toBe(1);
    expect(told.said).toMatch(/^1 session in 1 row, 1 transaction, stored in \.\/data$/m);
    expect(existsSync(join(cwd, 'data/clickhouse'))).toBe(true);
  });

  it('unless a capture comes on stdin', () => {
    const cwd = mkdtempSync(file('cwd-'));
    const piped = spawnSync('sh', ['-c', `'${process.execPath}' '${MAIN}' read - <'${CAPTURE}'`], {
      cwd,
      encoding: 'utf8',
    });
    expect(piped.stderr).toMatch(/^1 session in 1 row, 1 transaction, stored in \.\/data$/m);
  });
});

describe('--once', () => {
  // A server, because each command would start an embedded engine.
  let server: ClickHouseServer;
  beforeAll(async () => {
    server = await ClickHouseServer.start();
  });
  afterAll(() => server?.stop());

  it('says that nothing was stored if all of it was stored before, and only then', async () => {
    const store = `${server.url}/lake`;
    const nothing = `nothing was stored: all of it is in ${store} already (--once)`;
    const read = async (...words: string[]) => {
      const { status, said } = await run(directory, ['read', '--once', CAPTURE, '--store', store, ...words]);
      return { status, lines: said.trimEnd().split('\n') };
    };
    const first = (await read()).lines;
    expect(first).toContain(`1 session in 1 row, 1 transaction, stored once in ${store}`);
    expect(first).not.toContain(nothing);
    const second = await read();
    expect(second.status).toBe(0);
    expect(second.lines).toContain(nothing);
    expect(second.lines.join()).not.toMatch(/stored once/);
    // At first the packets are new.
    expect((await read('--packets', 'all')).lines).not.toContain(nothing);
    expect((await read('--packets', 'all')).lines).toContain(nothing);
    expect((await read('--quiet')).lines).toEqual(['']);
    expect(await server.sql('SELECT count() FROM lake.sessions')).toBe('1\n');
  });
});

describe('--ndjson', () => {
  it.each(['sesions', 'packet', 'Mirrors'])(
    '%s fails with one line that has the possible words',
    async (word) => {
      expect(await run(directory, ['read', '--ndjson', word, CAPTURE])).toEqual({
        status: 2,
        out: '',
        said:
          `mirrorlake: read: --ndjson ${word}: give one of sessions, transactions, certificates, names, ` +
          'packets, mirrors, tunnels, paths, hops, or a capture (there is none of that name)\n',
      });
    },
  );

  it('takes a file of any name', async () => {
    writeFileSync(file('packet'), readFileSync(CAPTURE));
    expect(runAlone(directory, ['read', '--ndjson', 'packet', '--quiet']).out).toContain('"session_id"');
    expect(await run(directory, ['read', '--ndjson', 'none.pcap'])).toMatchObject({
      status: 1,
      said: 'mirrorlake: none.pcap: cannot open it: there is no such file; check the path\n',
    });
    rmSync(file('packet'));
  });
});
