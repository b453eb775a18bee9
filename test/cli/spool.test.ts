import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { grouped } from '../../src/model/words.js';
import { SessionSegment } from '../../src/store/segment/segments.js';
import { sessionRecord } from '../support/arbitrary-records.js';
import { type Ran, runLine } from '../support/command-lines.js';
import { sessionJson } from '../support/row-json.js';

const MAIN = 'dist/cli/main.js';
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-spool-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const mirrorlake = (...words: string[]): Promise<Ran> => runLine(words);

test.each([
  ['--store', join(directory, 'none'), join(directory, 'none/spool')],
  ['--spool', join(directory, 'none'), join(directory, 'none')],
])('commands say that there is no spool: %s %s', async (option, name, spool) => {
  for (const command of ['list', 'retry', 'drop']) {
    expect(await mirrorlake('spool', command, option, name)).toEqual({
      status: 1,
      stdout: '',
      stderr:
        `mirrorlake: there is no spool in ${spool}; name the store with --store, or the ` +
        `directory with --spool\n`,
    });
  }
});

test('list and retry say that a spool is empty', async () => {
  const store = join(directory, 'store');
  mkdirSync(store);
  const spool = join(store, 'spool');
  expect(await mirrorlake('spool', 'list', '--store', store)).toEqual({
    status: 0,
    stdout: '',
    stderr: `nothing waits in ${spool}, and nothing was refused\n`,
  });
  const retried = await mirrorlake('spool', 'retry', '--store', store);
  expect(retried).toEqual({
    status: 0,
    stdout: '',
    stderr: `nothing was refused: ${spool} has no such segment\n`,
  });
});

describe('spool show', () => {
  const spool = join(directory, 'shown');
  const name = `1700000000000-00000000-00000001-sessions`;
  const file = join(spool, `${name}.pb`);
  const records = fc.sample(sessionRecord, { numRuns: 5, seed: 3 });
  let lengths: number[];

  beforeEach(() => {
    rmSync(spool, { recursive: true, force: true });
    mkdirSync(spool);
    const segment = new SessionSegment('here');
    lengths = records.map((r) => {
      segment.session(r);
      return segment.length;
    });
    const bytes = segment.take();
    writeFileSync(file, bytes);
    // As after two fsyncs: the first after three rows, the second after all.
    writeFileSync(
      `${file.slice(0, -3)}.sum`,
      Buffer.concat([sumOf(bytes.subarray(0, lengths[2]), 3), sumOf(bytes, 5)]),
    );
  });

  function sumOf(bytes: Uint8Array, rows: number): Buffer {
    const entry = Buffer.alloc(8);
    entry.writeUInt32BE(bytes.length, 0);
    entry.writeUInt32BE(rows, 4);
    const sum = createHash('sha256').update(bytes).update(entry).digest();
    return Buffer.concat([entry, sum.subarray(0, 8)]);
  }

  const shown = () => mirrorlake('spool', 'show', name, '--spool', spool);
  const lines = (n: number) =>
    records
      .slice(0, n)
      .map((r) => `${sessionJson(r, 'here')}\n`)
      .join('');

  test('prints the rows as read --ndjson does', async () => {
    expect(await shown()).toEqual({ status: 0, stdout: lines(5), stderr: '' });
  });

  test('prints the same in a process of its own', async () => {
    const words = [MAIN, 'spool', 'show', name, '--spool', spool];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual(await shown());
  });

  test('prints the synced rows of a segment that is being written', async () => {
    appendFileSync(file, readFileSync(file).subarray(0, 100));
    expect(await shown()).toEqual({
      status: 0,
      stdout: lines(5),
      stderr:
        `${name}: its last 100 bytes have no checksum and are not shown: a collector is writing them, or ` +
        'was stopped while it did\n',
    });
  });

  test('says from which byte on the segment is damaged', async () => {
    const bytes = readFileSync(file);
    bytes[lengths[3] + 20] ^= 1;
    writeFileSync(file, bytes);
    expect(await shown()).toEqual({
      status: 1,
      stdout: lines(3),
      stderr:
        `${name}: damaged: from byte ${lengths[2]} on it does not match its checksum, and is not ` +
        'shown\n',
    });
  });

  test('says that the end of the segment is missing', async () => {
    truncateSync(file, lengths[2]);
    expect(await shown()).toEqual({
      status: 1,
      stdout: lines(3),
      stderr: `${name}: damaged: ${grouped(lengths[4] - lengths[2])} bytes are missing at its end\n`,
    });
  });

  test('prints the readable rows of a segment without a .sum file', async () => {
    rmSync(`${file.slice(0, -3)}.sum`);
    truncateSync(file, lengths[3] - 1);
    const { status, stdout, stderr } = await shown();
    expect({ status, stdout }).toEqual({ status: 1, stdout: lines(3) });
    expect(stderr).toMatch(
      /it has no \.sum .*; this is what can be read\n.*damaged: not a whole segment: row 4, at byte \d+ of/,
    );
  });

  test('says that a segment does not exist, or is no regular file', async () => {
    expect(await mirrorlake('spool', 'show', 'x', '--spool', spool)).toEqual({
      status: 1,
      stdout: '',
      stderr: `mirrorlake: there is no segment x in ${spool}: see mirrorlake spool list\n`,
    });
    rmSync(file);
    mkdirSync(file);
    expect(await shown()).toEqual({
      status: 1,
      stdout: '',
      stderr: `mirrorlake: ${name} is no segment: it is no regular file\n`,
    });
  });
});
