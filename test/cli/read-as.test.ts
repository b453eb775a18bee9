/** `read --as`: captures of mirrored traffic, and any others. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LOOK_PACKETS } from '../../src/reader/read-as.js';
import { runLine } from '../support/command-lines.js';
import { encodePcap } from '../support/fixtures/encode.js';
import { DNS_ROW, dnsTalk, HTTP_ROW, httpTalk } from '../support/fixtures/fixture.js';
import { MirrorSource } from '../support/traffic/mirror-source.js';
import { Scene, SECOND } from '../support/traffic/scene.js';

const MAIN = resolve('dist/cli/main.js');
const PLAIN = resolve('test/fixtures/plain.pcap');
const MIRROR = resolve('test/fixtures/erspan2.pcap');
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-read-as-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

type Row = Readonly<Record<string, unknown>>;
const rowsIn = (text: string): Row[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Row);
const withoutIds = (rows: readonly Row[]): Row[] => rows.map(({ session_id, ...row }) => row);

async function read(files: readonly string[], ...more: string[]): Promise<{ rows: Row[]; said: string }> {
  const { status, stdout, stderr } = await runLine(['read', ...files, '--ndjson', ...more]);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return { rows: rowsIn(stdout), said: stderr };
}

function readStdin(file: string, ...more: string[]): Row[] {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [MAIN, 'read', '-', '--ndjson', '--quiet', ...more],
    { encoding: 'utf8', input: readFileSync(file) },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return rowsIn(stdout);
}

/** Writes a capture. @param fill of its scene */
function capture(name: string, fill: (scene: Scene) => void): string {
  const scene = new Scene();
  fill(scene);
  const path = join(directory, name);
  writeFileSync(path, encodePcap(scene.packets()));
  return path;
}

const plain = new MirrorSource({ type: 'capture', source: '::', target: '::' });
const mirror = (): MirrorSource =>
  new MirrorSource({ type: 'erspan2', source: '10.255.0.1', target: '10.255.0.2', session: 4 });

describe('a capture of any traffic', () => {
  it('is read for what it holds, and says so', async () => {
    const { rows, said } = await read([PLAIN]);
    expect(new Set(rows.map(({ mirror_type, mirror_name }) => `${mirror_type} ${mirror_name}`))).toEqual(
      new Set(['capture plain.pcap']),
    );
    expect(rows.map(({ app_protocol }) => app_protocol)).toEqual(expect.arrayContaining(['http', 'dns']));
    expect(said).toMatch(/^\d+ packets: \d+ plain frames\nread as plain frames: plain\.pcap \(no mirror in /);
    expect(said).toMatch(/\n {2}capture plain\.pcap {2}\d+ packets, /);
  });

  it('says nothing of what it was taken for if that was asked for', async () => {
    const { rows, said } = await read([PLAIN], '--as', 'frames');
    expect(rows).not.toEqual([]);
    expect(said).not.toContain('read as plain frames');
    expect((await read([PLAIN], '--as', 'mirrors')).rows).toEqual([]);
  });

  it('gives the same rows from stdin, by the name it gets', async () => {
    const { rows } = await read([PLAIN]);
    const named = (name: string): Row[] => withoutIds(rows).map((row) => ({ ...row, mirror_name: name }));
    expect(withoutIds(readStdin(PLAIN))).toEqual(named('stdin'));
    expect(withoutIds(readStdin(PLAIN, '--name', 'eth1'))).toEqual(named('eth1'));
  });

  it('gives the same rows with several workers', async () => {
    const sorted = (rows: readonly Row[]): string[] =>
      withoutIds(rows)
        .map((row) => JSON.stringify(row))
        .sort();
    const { rows } = await read([PLAIN]);
    expect(sorted((await read([PLAIN], '--workers', '3')).rows)).toEqual(sorted(rows));
  });

  it('has the rows that a mirror of the same frames has', async () => {
    const talks = [httpTalk(40_001), dnsTalk(50_003)];
    const fill = (from: MirrorSource) => (s: Scene) => {
      s.play(talks[0], from, { vlans: [7], row: HTTP_ROW });
      s.play(talks[1], from, { row: DNS_ROW });
    };
    const [one, other] = await Promise.all([
      read([capture('alone.pcap', fill(plain))]),
      read([capture('mirrored.pcap', fill(mirror()))]),
    ]);
    const told = (rows: readonly Row[]): Row[] =>
      withoutIds(rows).map(
        ({ mirror_type, mirror_source, mirror_target, mirror_session, mirror_name, ...row }) => row,
      );
    expect(told(one.rows)).toEqual(told(other.rows));
  });

  it('is one of several, each of which is what it is', async () => {
    const { rows, said } = await read([PLAIN, MIRROR]);
    expect(new Set(rows.map(({ mirror_type }) => mirror_type))).toEqual(new Set(['capture', 'erspan2']));
    expect(said).toMatch(/^\d+ packets: \d+ GRE, \d+ plain frames\nread as plain frames: plain\.pcap \(/);
  });

  it('has conversations of its own, whatever another one of the same name holds', async () => {
    for (const place of ['a', 'b']) {
      mkdirSync(join(directory, place));
      copyFileSync(PLAIN, join(directory, place, 'x.pcap'));
    }
    const files = ['a', 'b'].map((place) => join(directory, place, 'x.pcap'));
    const { rows } = await read(files, 'mirrors');
    expect(rows.map(({ mirror_name }) => mirror_name)).toEqual(files);
    expect(rows[0]?.packets).toBe(rows[1]?.packets);
  });

  it('is a member of a group and an end of a path by its name', async () => {
    const [a, b] = ['left.pcap', 'right.pcap'].map((name) => join(directory, name));
    for (const file of [a, b]) copyFileSync(PLAIN, file);
    const { rows, said } = await read([a, b], '--group', 'both=left.pcap,right.pcap');
    expect(new Set(rows.map(({ mirror_name }) => mirror_name))).toEqual(new Set(['both']));
    expect(said).toMatch(/copies in groups, counted once: \d+/);
    const ways = (await read([a, b], 'paths', '--path', 'left.pcap,right.pcap')).rows;
    expect(ways).toMatchObject([{ from_mirror: 'left.pcap', to_mirror: 'right.pcap', lost: 0 }]);
  });
});

describe('a capture of a mirror in UDP', () => {
  const TZSP = resolve('test/fixtures/udp-tzsp.pcap');

  it('is one of mirrored traffic where its input is listed', async () => {
    const { rows, said } = await read([TZSP], '--input', 'tzsp');
    expect(new Set(rows.map(({ mirror_type }) => mirror_type))).toEqual(new Set(['tzsp']));
    expect(said).not.toContain('plain');
  });

  it('is plain where it is not, and what it looks like is said', async () => {
    const { rows, said } = await read([TZSP]);
    expect(new Set(rows.map(({ mirror_type }) => mirror_type))).toEqual(new Set(['capture']));
    expect(said).toContain(
      '\nsome of that looks like a mirror: TZSP to UDP port 37008; --input gre --input tzsp reads what it ' +
        'carries\n',
    );
  });
});

describe('the other kind, met later', () => {
  const late = capture('late.pcap', (s) => {
    for (let i = 0; i < LOOK_PACKETS; i++) s.play(dnsTalk(20_000 + i), plain, { at: i * 1000, row: null });
    s.play(httpTalk(40_001), mirror(), { at: 60 * SECOND, row: null });
  });

  it('is counted where the frames are read', async () => {
    const { rows, said } = await read([late]);
    expect(new Set(rows.map(({ mirror_type }) => mirror_type))).toEqual(new Set(['capture']));
    expect(said).toMatch(
      /\n\d+ plain frames held a mirror: read --as mirrors takes them for mirrored traffic\n/,
    );
  });

  it('is what is read if that is asked for', async () => {
    const { rows, said } = await read([late], '--as', 'mirrors');
    expect(rows).toMatchObject([{ mirror_type: 'erspan2', app_protocol: 'http' }]);
    expect(said).toMatch(/ GRE, 2,000 not GRE\n/);
  });
});

describe('a store', () => {
  const store = join(directory, 'store');
  const stored = async (...words: string[]): Promise<string> => {
    const { status, stderr } = await runLine(['read', ...words, '--store', store]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    return stderr;
  };
  const ask = async (sql: string): Promise<Row[]> => {
    const { status, stdout, stderr } = await runLine([
      'query',
      sql,
      '--store',
      store,
      '--format',
      'JSONEachRow',
    ]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    return rowsIn(stdout);
  };

  it('answers about any capture, and takes one once for everything that it is read as', async () => {
    const both = capture('both.pcap', (s) => {
      s.play(httpTalk(40_001), mirror(), { row: null });
      s.play(dnsTalk(50_001), plain, { row: null });
    });
    await stored(both, PLAIN, '--once', '--packets', 'all');
    expect(await stored(both, PLAIN, '--once', '--packets', 'all')).toContain('nothing was stored');
    expect(
      await ask('SELECT mirror_type, mirror_name, count() > 0 AS some FROM sessions GROUP BY ALL ORDER BY 1'),
    ).toEqual([
      { mirror_type: 'capture', mirror_name: 'plain.pcap', some: 1 },
      { mirror_type: 'erspan2', mirror_name: '', some: 1 },
    ]);
    expect(
      await ask(
        "SELECT DISTINCT name, client_ip FROM transactions WHERE app_protocol = 'http' ORDER BY 1, 2",
      ),
    ).not.toEqual([]);
    expect(await stored(both, '--as', 'frames', '--once')).not.toContain('nothing was stored');
    expect(await stored(both, '--as', 'frames', '--once')).toContain('nothing was stored');
    expect(
      await ask("SELECT count() AS n FROM sessions WHERE mirror_name = 'both.pcap' AND app_protocol = 'dns'"),
    ).toEqual([{ n: 1 }]);
  });

  it('gives the frames back, with --encapsulated as well', async () => {
    for (const more of [[], ['--encapsulated']]) {
      const output = join(directory, `out${more.length}.pcapng`);
      const words = ['export', '--where', "mirror_name = 'plain.pcap'", '--output', output, '--store', store];
      const { status, stderr } = await runLine([...words, ...more]);
      expect({ status, stderr }).toMatchObject({ status: 0 });
      expect(existsSync(output)).toBe(true);
      const again = (await read([output], '--as', 'frames')).rows;
      const before = (await read([PLAIN])).rows;
      const told = (rows: readonly Row[]): Row[] => withoutIds(rows).map(({ mirror_name, ...row }) => row);
      expect(told(again)).toEqual(told(before));
    }
  });
});

it.each([
  [['--as', 'erspan'], /argument 'erspan' is invalid\. Allowed choices are auto, mirrors, frames/],
  [['--name', 'x'], /--name is what plain frames from stdin \(-\) are called: leave it out without/],
  [
    ['--group', 'both=plain.pcap,other.pcap'],
    /"other\.pcap" is neither an address nor the name of a capture/,
  ],
])('%j is refused in one line', async (words, message) => {
  const { status, stderr } = await runLine(['read', PLAIN, '--ndjson', ...words]);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(status).toBe(2);
});
