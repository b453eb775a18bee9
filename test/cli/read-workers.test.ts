/** `read --workers`: the rows are the same whatever the number of threads. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../bench/generate.js';
import { runLine } from '../support/command-lines.js';
import { FIXTURES } from '../support/fixtures/all.js';
import { inputWords } from '../support/fixtures/fixture.js';
import { readCapture } from '../support/read-capture.js';
import { makeStore } from '../support/store-copies.js';

const MAIN = 'dist/cli/main.js';
const KINDS = 'sessions,transactions,certificates,packets,mirrors';
/** Bytes of the headers of a capture and of a packet. */
const FILE_HEADER = 24;
const PACKET_HEADER = 16;

let directory: string;
/** Generated traffic; the same spread over days, with times that jump; and the fixtures. */
let steady: string;
let jumping: string;
/** Every input that a fixture has. */
const ALL = inputWords(['gre', ...new Set(FIXTURES.flatMap(({ inputs }) => inputs))]);
const fixtures = FIXTURES.map(({ file }) => join('test/fixtures', file));
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-workers-'));
  steady = join(directory, 'steady.pcap');
  await generate({ packets: 12_000, output: steady, seed: 7, mix: 'all', loss: 0.01 });
  jumping = join(directory, 'jumping.pcap');
  writeFileSync(jumping, withJumps(readFileSync(steady)));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/**
 * Changes the times of a capture: they pass so fast that sessions end of being idle or active, now and then a
 * packet is days ahead, alone or with the next one, and in the middle the clock is set back by hours.
 */
function withJumps(capture: Buffer): Buffer {
  const first = capture.readUInt32LE(FILE_HEADER);
  let packet = 0;
  for (let at = FILE_HEADER; at < capture.length; packet++) {
    const ms = (capture.readUInt32LE(at) - first) * 1000 + Math.floor(capture.readUInt32LE(at + 4) / 1e6);
    let sec = first + Math.floor(ms / 2);
    if (packet > 6000) sec -= 8 * 3600;
    if (packet % 1009 === 0 || packet % 5003 < 2) sec += 2 * 86_400;
    capture.writeUInt32LE(sec, at);
    at += PACKET_HEADER + capture.readUInt32LE(at + 8);
  }
  return capture;
}

type Row = Record<string, unknown>;

const tableOf = (line: string): string | undefined => /"table":"(\w+)"/.exec(line)?.[1];
const withoutId = (line: string): string => line.replace(/"session_id":"[^"]*"/, '');
interface Read {
  /** Lines without session ids, sorted. */
  readonly rows: string[];
  readonly certificates: string[];
  /** The summary. */
  readonly said: string;
}

async function read(workers: number, files: readonly string[], ...more: string[]): Promise<Read> {
  const words = ['read', ...files, '--workers', `${workers}`, '--ndjson', KINDS, '--collector', 'test'];
  const { stdout, stderr } = await runLine([...words, ...more]);
  const all = stdout.split('\n').slice(0, -1);
  const parsed = (kind: string) =>
    all.filter((line) => tableOf(line) === kind).map((line) => JSON.parse(line) as Row);
  // Every session is known by what it is the only one to have, or not at all: no id stands for two.
  const sessions = parsed('sessions');
  expect(new Set(sessions.map(({ session_id, part }) => `${session_id} ${part}`)).size).toBe(sessions.length);
  return {
    rows: all
      .filter((line) => tableOf(line) !== 'certificates')
      .map(withoutId)
      .sort(),
    certificates: [
      // Each thread writes what it has not written yet: of a certificate, the first row counts.
      ...new Set(parsed('certificates').map(({ first_seen, server_name, ...row }) => JSON.stringify(row))),
    ].sort(),
    said: stderr,
  };
}

describe.each([
  ['times that jump', () => [jumping], ['--applications', 'off']],
  ['every fixture', () => fixtures, ['--deduplicate', '1us', '--separate-by', 'vni,vlan,teid', ...ALL]],
  ['captures one after the other, an older one last', () => [jumping, steady], []],
] as const)('of %s', (_, files, more) => {
  let one: Read;
  beforeAll(async () => {
    one = await read(1, files(), ...more);
  });

  it.each([2, 4])('%i workers make the rows and the summary of one', async (workers) => {
    const several = await read(workers, files(), ...more);
    expect(several.rows.length).toBeGreaterThan(100);
    expect(several.rows).toEqual(one.rows);
    expect(several.certificates).toEqual(one.certificates);
    expect(several.said).toBe(one.said);
  });
});

it('the common clock is that of a single table', async () => {
  const { sessions } = await readCapture(jumping, true);
  const { stdout } = await runLine(['read', jumping, '--workers', '4', '--ndjson', '--collector', 'test']);
  const printed = stdout.split('\n').slice(0, -1);
  expect(printed.map(withoutId).sort()).toEqual(sessions.map(withoutId).sort());
  // The jumps made something of it: rows that ended for every reason that time can have.
  const reasons = new Set(printed.map((line) => (JSON.parse(line) as Row).end_reason));
  for (const reason of ['idle', 'active']) expect(reasons).toContain(reason);
});

it('lines are whole however slowly they are taken', async () => {
  const words = [
    MAIN,
    'read',
    steady,
    steady,
    '--workers',
    '4',
    '--quiet',
    '--ndjson',
    'sessions,transactions',
  ];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const piece of child.stdout.setEncoding('utf8')) {
    text += piece as string;
    for (let turn = 0; turn < 10; turn++) await setImmediate();
  }
  const lines = text.split('\n').slice(0, -1);
  for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  const { rows } = await read(1, [steady, steady]);
  const wanted = rows.filter((row) => /"table":"(sessions|transactions)"/.test(row));
  expect(lines).toHaveLength(wanted.length);
});

it('sessions, their packets and transactions are stored as by one worker', async () => {
  const count = async (workers: string) => {
    const store = await makeStore(join(directory, `data-${workers}`));
    const words = ['read', steady, '--store', store, '--packets', 'all', '--workers', workers];
    expect((await runLine(words)).status).toBe(0);
    const sql = `SELECT (SELECT count() FROM sessions), (SELECT uniqExact(session_id) FROM sessions),
      (SELECT sum(client_packets + server_packets) FROM sessions), (SELECT count() FROM transactions),
      (SELECT sum(cityHash64(name, resource, response_us)) FROM transactions),
      (SELECT sum(packets) FROM mirrors), (SELECT sum(lost) FROM mirrors), (SELECT count() FROM packets),
      (SELECT count() FROM packets WHERE session_id NOT IN (SELECT session_id FROM sessions))`;
    return (await runLine(['query', sql, '--store', store])).stdout;
  };
  const one = await count('1');
  expect(one).toMatch(/^\d+\t.*\t0\n$/);
  expect(await count('4')).toBe(one);
});
