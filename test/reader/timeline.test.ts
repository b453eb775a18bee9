/** Several captures are one timeline: packets are told in the order of time, whichever file has them. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../bench/generate.js';
import { MOST_TOGETHER } from '../../src/reader/timeline.js';
import { type Ran, runLine } from '../support/command-lines.js';
import { program } from '../support/programs.js';
import { Random } from '../support/traffic/random.js';

const FILE_HEADER = 24;
const PACKET_HEADER = 16;
const KINDS = 'sessions,transactions,certificates,mirrors';

let directory: string;
let header: Buffer;
/** A generated capture of mirrors, and its records. */
let whole: string;
let records: Buffer[];
let expected: Rows;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-timeline-'));
  whole = join(directory, 'whole.pcap');
  await generate({ packets: 12_000, output: whole, seed: 3, mix: 'all', loss: 0.01 });
  const bytes = readFileSync(whole);
  apart(bytes);
  writeFileSync(whole, bytes);
  header = bytes.subarray(0, FILE_HEADER);
  records = recordsOf(bytes);
  expected = await read([whole]);
  expect(expected.rows.length).toBeGreaterThan(500);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function recordsOf(capture: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = FILE_HEADER; at < capture.length; ) {
    const end = at + PACKET_HEADER + capture.readUInt32LE(at + 8);
    found.push(capture.subarray(at, end));
    at = end;
  }
  return found;
}

/** Moves packets of the same time a nanosecond apart, so that their order is known by their times. */
function apart(capture: Buffer): void {
  let last = 0n;
  for (const record of recordsOf(capture)) {
    const time = BigInt(record.readUInt32LE(0)) * 1_000_000_000n + BigInt(record.readUInt32LE(4));
    last = time > last ? time : last + 1n;
    record.writeUInt32LE(Number(last / 1_000_000_000n), 0);
    record.writeUInt32LE(Number(last % 1_000_000_000n), 4);
  }
}

function file(name: string, some: readonly Uint8Array[]): string {
  const path = join(directory, name);
  const bytes = Buffer.concat([header, ...some]);
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(bytes) : bytes);
  return path;
}

interface Rows {
  /** Without session ids, sorted. */
  readonly rows: readonly string[];
  readonly said: string;
}

async function read(files: readonly string[], ...more: string[]): Promise<Rows> {
  const ran = await runLine(['read', ...files, '--ndjson', KINDS, '--collector', 'test', ...more]);
  return { rows: rowsOf(ran), said: ran.stderr };
}

function rowsOf({ stdout }: Pick<Ran, 'stdout'>): string[] {
  const lines = stdout.split('\n').slice(0, -1);
  return lines.map((line) => line.replace(/"session_id":"[^"]*"/, '')).sort();
}

describe('the rows are those of all packets in one capture', () => {
  it('where each packet is in another file', async () => {
    const random = new Random(11);
    const shares: Buffer[][] = [[], [], []];
    for (const record of records) shares[random.int(0, shares.length - 1)].push(record);
    const files = shares.map((share, i) => file(`dealt-${i}.pcap${i === 1 ? '.gz' : ''}`, share));
    expect(await read(files)).toEqual(expected);
    expect((await read(files, '--workers', '3')).rows).toEqual(expected.rows);
  });

  it('where one file goes on where another ends, in any order', async () => {
    const quarter = Math.ceil(records.length / 4);
    const files = [0, 1, 2, 3].map((i) =>
      file(`rotated-${i}.pcap`, records.slice(i * quarter, (i + 1) * quarter)),
    );
    const [a, b, c, d] = files;
    expect(await read([a, b, c, d])).toEqual(expected);
    expect(await read([c, a, d, b])).toEqual(expected);
  });

  it('where one file is within the time of another', async () => {
    const inner = file('inner.pcap', records.slice(5000, 6000));
    const outer = file('outer.pcap', [...records.slice(0, 5000), ...records.slice(6000)]);
    expect(await read([outer, inner])).toEqual(expected);
  });

  it('where a file has no packets, beside one that is missing', async () => {
    const [first, second] = [
      file('first.pcap', records.slice(0, 7000)),
      file('second.pcap', records.slice(7000)),
    ];
    const ran = await runLine([
      'read',
      second,
      file('none.pcap', []),
      'missing.pcap',
      first,
      '--ndjson',
      KINDS,
      '--collector',
      'test',
    ]);
    expect(rowsOf(ran)).toEqual(expected.rows);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('missing.pcap: cannot open it: there is no such file');
  });
});

it('a file that is damaged ends there, and the others go on', async () => {
  const cut = Buffer.concat(records.filter((_, i) => i % 2 === 1)).subarray(0, -5);
  const damaged = file('damaged.pcap', [cut]);
  const ran = await runLine([
    'read',
    damaged,
    file(
      'even.pcap',
      records.filter((_, i) => i % 2 === 0),
    ),
    '--ndjson',
    'mirrors',
  ]);
  expect(ran.status).toBe(1);
  expect(ran.stderr.match(/damaged\.pcap: /g)).toHaveLength(1);
  const packets = ran.stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { packets: number }).packets);
  expect(packets.reduce((sum, n) => sum + n, 0)).toBe(records.length - 1);
});

describe('plain captures of two places', () => {
  type Row = Readonly<Record<string, unknown>>;
  let near: string;
  let far: string;
  beforeAll(() => {
    const bytes = readFileSync('test/fixtures/plain.pcap');
    const later = recordsOf(Buffer.from(bytes));
    // As another place sees the same packets, a moment later.
    for (const record of later) record.writeUInt32LE(record.readUInt32LE(4) + 300, 4);
    near = join(directory, 'near.pcap');
    far = join(directory, 'far.pcap');
    writeFileSync(near, bytes);
    writeFileSync(far, Buffer.concat([bytes.subarray(0, FILE_HEADER), ...later]));
  });
  const sessions = async (files: readonly string[], ...more: string[]): Promise<Row[]> => {
    const { stdout } = await runLine(['read', ...files, '--ndjson', '--quiet', ...more]);
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Row);
  };

  it('count a conversation once: the second is a copy', async () => {
    const one = await sessions([near]);
    const both = await sessions([far, near]);
    const of = (name: string) => both.filter((row) => row.mirror_name === name).map(({ copy }) => copy);
    expect(of('near.pcap')).toEqual(one.map(() => 0));
    expect(of('far.pcap')).toEqual(one.map(() => 1));
  });

  it('are one row in a group, which both have seen', async () => {
    const one = await sessions([near]);
    const both = await sessions([far, near], '--group', 'pair=near.pcap,far.pcap');
    expect(both.map(({ seen_by }) => seen_by)).toEqual(one.map(() => ['far.pcap', 'near.pcap']));
    const sums = (rows: readonly Row[]) => rows.map((row) => [row.client_packets, row.server_packets]);
    expect(sums(both)).toEqual(sums(one));
  });
});

it('captures that overlap are read up to a number of them', async () => {
  const many = join(directory, 'many');
  mkdirSync(many);
  const paths = Array.from({ length: MOST_TOGETHER + 1 }, (_, i) => join(many, `${i}.pcap`));
  for (const path of paths) copyFileSync('test/fixtures/erspan2.pcap', path);
  const { status, stdout, stderr } = await runLine(['read', ...paths, '--ndjson', 'mirrors']);
  expect(status).toBe(1);
  expect(stderr).toContain('128.pcap: it was left out: more than 128 captures overlap in time; join some');
  expect(stdout).not.toBe('');
  const fewer = await runLine(['read', ...paths.slice(1), '--ndjson', 'mirrors']);
  expect(fewer.status).toBe(0);
});

it('what can be read once is read one after the other', () => {
  const half = records.length / 2;
  const [a, b] = [file('a.pcap', records.slice(0, half)), file('b.pcap', records.slice(half))];
  const words = `${process.execPath} ${program('main')} read --ndjson ${KINDS} --collector test`;
  const { stdout, status } = spawnSync('bash', ['-c', `${words} <(cat ${a}) <(cat ${b})`], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  expect(status).toBe(0);
  expect(rowsOf({ stdout })).toEqual(expected.rows);
});
