import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MAIN } from '../support/collector.js';
import { type Ran, runLines } from '../support/command-lines.js';

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-usage-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const config = join(directory, 'm.yaml');
writeFileSync(config, 'workers: 2\ninterface: eth0\n');

const bomb = join(directory, 'bomb.yaml');
writeFileSync(
  bomb,
  'a: &a ' +
    `[x]\n${[...'bcdefghi']
      .map((k, i) => `${k}: &${k} [${Array(9).fill(`*${'abcdefgh'[i]}`)}]`)
      .join('\n')}\n`,
);
const named = join(directory, 'named.yaml');
writeFileSync(named, 'mirrors:\n  - name: core\n');
const guests = join(directory, 'guests.yaml');
writeFileSync(guests, 'policies:\n  - { from: guests, to: "*", allow: none }\n');
const networks = join(directory, 'networks.csv');
writeFileSync(networks, 'prefix,name\n10.0.0.0/33,office\n');
const wrongNetworks = join(directory, 'wrong-networks.yaml');
writeFileSync(wrongNetworks, `networks: ${networks}\n`);
const owners = join(directory, 'as.mmdb');
writeFileSync(owners, 'no database');
const wrongOwners = join(directory, 'wrong-owners.yaml');
writeFileSync(wrongOwners, `owners: [${owners}]\n`);
const names = join(directory, 'hosts');
writeFileSync(names, '10.0.0.1 db1\ndb2\n');
const wrongNames = join(directory, 'wrong-names.yaml');
writeFileSync(wrongNames, `names_file: ${names}\n`);
/** Arguments that contain spaces. */
const TUNNELS: Record<string, string> = {
  t1: 't1 mode gre remote 10.0.0.1',
  observed: 't1 mode gre remote 10.0.0.1 observe',
};
const deep = join(directory, 'deep.yaml');
writeFileSync(deep, `a: ${'['.repeat(100_000)}`);
const fifo = join(directory, 'fifo');
execFileSync('mkfifo', [fifo]);

const CASES: [words: string, message: string][] = [
  [`--config ${bomb}`, `${bomb}: Excessive alias count`],
  [`--config ${deep}`, `${deep}:1:34: is nested deeper than 32 levels`],
  [`--config ${fifo}`, `${fifo}: is no regular file`],
  ['--config /dev/zero', '/dev/zero: is no regular file'],
  [`--config ${directory}`, `${directory}: is a directory`],
  ['--listen everywhere', '--listen: "everywhere" is not HOST:PORT: write 127.0.0.1:9470 or [::1]:9470'],
  ['--interface a/b', '--interface: "a/b" cannot be an interface name'],
  ['--span a/b', '--span: "a/b" cannot be an interface name'],
  ['--input gre --span a:b', '--span: "a:b" cannot be an interface name'],
  ['--tap a-name-that-is-too-long', '--tap: "a-name-that-is-too-long" cannot be an interface name'],
  [
    '--store ftp://x',
    '--store: a store cannot be at "ftp://x": give a directory, or an http:// or https:// URL',
  ],
  ['--receiver ring', 'the ring receiver reads interfaces: name one with --interface'],
  ['--receiver fast', '--receiver: must be one of: raw, ring'],
  ['--workers 2', 'the raw receiver has one worker: name interfaces with --interface for more'],
  ['--user nobody-has-this-name', 'there is no user nobody-has-this-name; make one with: '],
  ['--tunnel t1', 'tunnel t1: it has no mode; say mode '],
  ['--store none', 'store none is for a collector that has tunnels'],
  ['--store none --tunnel @t1 --interface lo', 'store none observes nothing, so it reads no interface'],
  ['--store none --tunnel @t1 --tap t2', 'store none observes nothing, so there is nothing for a TAP device'],
  [
    '--store none --tunnel @observed',
    'store none cannot be with tunnel t1, whose packets are to be observed',
  ],
  [`--store none --tunnel @t1 --config ${named}`, 'store none observes nothing: leave out `mirrors`'],
  [`--store none --tunnel @t1 --config ${guests}`, 'store none observes nothing: leave out `policies`'],
  [`--config ${wrongNetworks}`, `${networks}:2: `],
  [`--config ${wrongOwners}`, `${owners}: is no MaxMind DB file`],
  [`--config ${wrongNames}`, `${names}:2: not an address and a name`],
  [`--config ${config}`, `${config}:2:1: interface: there is no such key`],
];
const LINES = CASES.map(([words]) => [
  'collect',
  ...words.split(' ').map((word) => (word.startsWith('@') ? TUNNELS[word.slice(1)] : word)),
]);

let told: Ran[];
beforeAll(async () => {
  told = await runLines(LINES, { cwd: directory });
});

it.each(CASES.map(([words, message], i) => [words, message, i] as const))(
  'collect %s fails with status 2 and one line that names the mistake',
  (_, message, i) => {
    const { status, stderr } = told[i];
    expect(stderr.trim().split('\n'), stderr).toHaveLength(1);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  },
);

it.each([LINES[0], LINES[10]])('%s %s %s fails in the same way in a process of its own', (...words) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
    encoding: 'utf8',
    cwd: directory,
    timeout: 120_000,
  });
  expect({ status, stdout, stderr }).toEqual(told[LINES.findIndex((line) => line.join() === words.join())]);
});

it('a wrong command line creates no files', () => {
  expect(existsSync(join(directory, 'data'))).toBe(false);
});
