import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  CAPTURES_BEGIN,
  type Fate,
  mergedCapture,
  PLACE_A,
  PLACE_B,
  pathCaptures,
  quantile,
  writePathCaptures,
} from '../support/path-captures.js';
import { program } from '../support/programs.js';

const MAIN = program('main');
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-paths-'));

type Row = Record<string, number | string>;

function read(args: readonly string[]): { rows: Row[]; stderr: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, 'read', ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const rows = stdout.split('\n').filter((line) => line !== '');
  return { rows: rows.map((line) => JSON.parse(line)), stderr, status };
}

function sum(rows: readonly Row[], column: string): number {
  return rows.reduce((total, row) => total + Number(row[column]), 0);
}

/** The rows of one direction must have these counts, and one of them all the delays. */
function agree(rows: readonly Row[], from: string, fate: Fate): void {
  const mine = rows.filter((row) => row.from_mirror === from);
  const { matched, lost, unknown, delays } = fate;
  expect({ matched: sum(mine, 'matched'), lost: sum(mine, 'lost'), unknown: sum(mine, 'unknown') }).toEqual({
    matched,
    lost,
    unknown,
  });
  expect(sum(mine, 'ambiguous') + sum(mine, 'unmatchable') + sum(mine, 'elsewhere')).toBe(0);
  expect(mine).toHaveLength(1);
  expect(mine[0]).toMatchObject({
    delay_min_ns: delays[0],
    delay_p50_ns: quantile(delays, 0.5),
    delay_p95_ns: quantile(delays, 0.95),
    delay_p99_ns: quantile(delays, 0.99),
    delay_max_ns: delays.at(-1),
  });
}

describe('read --path', () => {
  const captures = pathCaptures({ packets: 20_000, mirrorLoss: 0.01 });
  const files = writePathCaptures(captures, join(directory, 'two'));
  const one = join(directory, 'one.pcap');
  writeFileSync(one, mergedCapture(captures));
  const path = ['--path', `${PLACE_A},${PLACE_B}`, '--sample', '1/1', '--ndjson', 'paths,hops', '--quiet'];

  it('reproduces known delays and losses exactly, from one capture and from two', () => {
    for (const given of [[one], files, [...files].reverse()]) {
      const { rows, stderr, status } = read([...given, ...path]);
      expect([stderr, status]).toEqual(['', 0]);
      const paths = rows.filter(({ table }) => table === 'paths');
      agree(paths, PLACE_A, captures.forward);
      agree(paths, PLACE_B, captures.reverse);
      const hops = rows.filter(({ table }) => table === 'hops');
      expect(hops).toHaveLength(100);
      expect(sum(hops, 'forward_matched')).toBe(captures.forward.matched);
      expect(sum(hops, 'forward_lost') + sum(hops, 'reverse_lost')).toBe(
        captures.forward.lost + captures.reverse.lost,
      );
      expect(hops[0]).toMatchObject({ server_ip: '10.2.0.1', server_port: 53, protocol: 17, sample: 1 });
      expect(Date.parse(String(paths[0].minute)) / 1000).toBe(CAPTURES_BEGIN);
    }
  });

  it('makes the same rows whatever the number of workers', () => {
    const rows = (workers: string): string[] =>
      read([one, ...path, '--workers', workers, '--ndjson', 'sessions,paths,hops'])
        .rows.filter(({ table }) => table !== 'sessions')
        .map((row) => JSON.stringify(row))
        .sort();
    expect(rows('3')).toEqual(rows('1'));
  });

  it('follows packets over a NAT', () => {
    const translated = pathCaptures({ packets: 5000, nat: true });
    const file = join(directory, 'nat.pcap');
    writeFileSync(file, mergedCapture(translated));
    const { rows } = read([file, '--path', `${PLACE_A},${PLACE_B},nat`, '--ndjson', 'paths', '--quiet']);
    agree(rows, PLACE_A, translated.forward);
    agree(rows, PLACE_B, translated.reverse);
  });

  it('samples the same packets at both places', () => {
    const { rows } = read([
      one,
      '--path',
      `${PLACE_A},${PLACE_B}`,
      '--sample',
      '1/8',
      '--ndjson',
      'paths',
      '--quiet',
    ]);
    const all = captures.forward.matched + captures.reverse.matched;
    expect(sum(rows, 'matched')).toBeGreaterThan(all / 8 / 1.3);
    expect(sum(rows, 'matched')).toBeLessThan((all / 8) * 1.3);
    expect(sum(rows, 'elsewhere')).toBe(0);
    expect(rows.every(({ sample }) => sample === 8)).toBe(true);
  });

  it.each([
    [['--path', 'x'], /give A,B/],
    [['--path', '10.0.0.1/4294967296,b'], /"4294967296" is not the session of a mirror/],
    [['--path', 'a,a'], /two different ends/],
    [['--path', 'a,10.0.0.1'], /"a" is neither an address nor the name of a capture; --config FILE/],
    [['--path', '10.0.0.2,10.0.0.1', '--sample', '2'], /give 1\/N/],
    [['--ndjson', 'hops'], /--ndjson hops needs at least one --path/],
    [['--ndjson', 'mirrors', '--sample', '1/2'], /about --path/],
  ])('refuses %s in one line', (args, words) => {
    const { stderr, status } = read([one, '--ndjson', 'paths', ...args]);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(words);
    expect(status).toBe(2);
  });
});
