/** `read --networks --owners`: rows say whose the addresses in them are. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MmdbValue, writeMmdb } from '../../lab/mmdb-writer.js';
import { MOST_OWNERS } from '../../src/config/bounds.js';
import { runLine } from '../support/command-lines.js';
import { FIXTURES } from '../support/fixtures/all.js';
import { inputWords } from '../support/fixtures/fixture.js';
import { bytes, ethernet, ipv4, ipv6, udp } from '../support/frames.js';
import { tcpConversation, udpFrame } from '../support/mirror-traffic.js';
import { captureOf } from '../support/pcap.js';
import { makeStore } from '../support/store-copies.js';

const NETWORKS = `prefix,name,site,role,tenant,vlan,vni
10.0.0.0/8,inside,,,,,
10.20.0.0/16,accounting,Berlin,accounting,acme,,
10.30.0.0/16,guests,Berlin,guests,acme,,
10.30.0.0/16,guests of 42,Bonn,guests,acme,42,
10.30.0.0/16,blue,Munich,blue,blue,,5001
2001:db8:20::/48,accounting v6,Berlin,accounting,acme,,
`;
const AS: readonly (readonly [string, MmdbValue])[] = [
  ['192.0.2.0/24', { autonomous_system_number: 64500, autonomous_system_organization: 'Example Net' }],
  ['2001:db8:9::/48', { autonomous_system_number: 64501, autonomous_system_organization: 'Six Net' }],
];
const COUNTRIES: readonly (readonly [string, MmdbValue])[] = [
  ['192.0.2.0/25', { country: { iso_code: 'IE' } }],
  ['2001:db8:9::/48', { country: { iso_code: 'SE' } }],
];

/** A frame in a VLAN, and one in VXLAN. */
const inVlan = (id: number, f: Uint8Array): Uint8Array =>
  bytes(f.subarray(0, 12), [0x81, 0, id >> 8, id & 255], f.subarray(12));
const inVxlan = (vni: number, f: Uint8Array): Uint8Array => {
  const header = [0x08, 0, 0, 0, vni >> 16, (vni >> 8) & 255, vni & 255, 0];
  return ethernet(0x0800, ipv4('172.16.0.1', '172.16.0.2', 17, udp(50_000, 4789, bytes(header, f))));
};
const six = (a: string, b: string): Uint8Array =>
  ethernet(0x86dd, ipv6(a, b, 17, udp(40_004, 9999, new Uint8Array(8))));

/** The same addresses without a tag, in a VLAN, in a VNI, and in both; and others. */
const AGAIN = tcpConversation('10.30.0.7', '10.20.0.1', 40_000);
const FRAMES = [
  ...AGAIN,
  ...AGAIN.map((f) => inVlan(42, f)),
  ...AGAIN.map((f) => inVxlan(5001, f)),
  ...AGAIN.map((f) => inVxlan(5002, f)),
  udpFrame('10.30.0.8', '192.0.2.1', 40_001),
  udpFrame('10.40.0.1', '192.0.2.200', 40_002),
  udpFrame('203.0.113.1', '198.51.100.1', 40_003),
  six('2001:db8:20::1', '2001:db8:9::1'),
  // IPv4 addresses in packets of IPv6.
  six('::ffff:a1e:7', '::ffff:c000:201'),
];

let directory: string;
let files: readonly string[];
let capture: string;
const at = (name: string): string => join(directory, name);
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-networks-'));
  writeFileSync(at('networks.csv'), NETWORKS);
  writeFileSync(at('as.mmdb'), writeMmdb(AS));
  writeFileSync(at('country.mmdb'), writeMmdb(COUNTRIES, { recordSize: 24 }));
  // What uses addresses again by VLAN has conversations by VLAN.
  const apart = ['--separate-by', 'vni,vlan'];
  files = [
    ...apart,
    '--networks',
    at('networks.csv'),
    '--owners',
    at('as.mmdb'),
    '--owners',
    at('country.mmdb'),
  ];
  capture = at('ends.pcap');
  writeFileSync(capture, captureOf(FRAMES));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

type Row = Record<string, unknown>;

const END = ['network', 'role', 'site', 'asn', 'as_org', 'country'];
/** What a row says of an end. */
const end = (row: Row, which: 'client' | 'server'): string =>
  END.map((column) => row[`${which}_${column}`]).join('|');
/** Both ends, and what tells the row from others. */
const both = (row: Row): string =>
  `${row.client_ip} ${row.vlan_ids ?? ''} ${row.vni ?? ''}: ${end(row, 'client')} > ${end(row, 'server')}`;

async function read(...more: string[]): Promise<Row[]> {
  const words = ['read', '--ndjson', 'sessions,transactions', '--collector', 'test', '--quiet', ...more];
  const { stdout, stderr, status } = await runLine(words);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Row);
}

/** Rows without ids, which are random, in an order of their own. */
const settled = (rows: readonly Row[]): string[] =>
  rows.map(({ session_id, ...row }) => JSON.stringify(row)).sort();

const ACCOUNTING = 'accounting|accounting|Berlin|0||';
const GUESTS = 'guests|guests|Berlin|0||';

it('rows have networks, roles, sites, AS and country of both ends', async () => {
  const rows = await read(capture, ...files);
  expect(rows.filter(({ table }) => table === 'sessions').map(both)).toEqual(
    expect.arrayContaining([
      `10.30.0.7  : ${GUESTS} > ${ACCOUNTING}`,
      `10.30.0.7 42 : guests of 42|guests|Bonn|0|| > ${ACCOUNTING}`,
      `10.30.0.7  5001: blue|blue|Munich|0|| > ${ACCOUNTING}`,
      `10.30.0.7  5002: ${GUESTS} > ${ACCOUNTING}`,
      `10.30.0.8  : ${GUESTS} > |||64500|Example Net|IE`,
      '10.40.0.1  : inside|||0|| > |||64500|Example Net|',
      '203.0.113.1  : |||0|| > |||0||',
      '2001:db8:20::1  : accounting v6|accounting|Berlin|0|| > |||64501|Six Net|SE',
      `10.30.0.7  : ${GUESTS} > |||64500|Example Net|IE`,
    ]),
  );
  const said = rows.filter(({ table }) => table === 'transactions').map(both);
  expect(said.sort()).toEqual(
    [
      // A row of transactions has no VLAN ids, and was looked up with them.
      `10.30.0.7  : guests of 42|guests|Bonn|0|| > ${ACCOUNTING}`,
      `10.30.0.7  : ${GUESTS} > ${ACCOUNTING}`,
      `10.30.0.7  5001: blue|blue|Munich|0|| > ${ACCOUNTING}`,
      `10.30.0.7  5002: ${GUESTS} > ${ACCOUNTING}`,
    ].sort(),
  );
});

it('are the same with any number of workers, and in the store', async () => {
  const [one, two, four] = await Promise.all(
    ['1', '2', '4'].map((workers) => read(capture, ...files, '--workers', workers)),
  );
  expect(settled(one).length).toBe(13);
  expect(settled(two)).toEqual(settled(one));
  expect(settled(four)).toEqual(settled(one));
  const store = at('store');
  await makeStore(store);
  await runLine(['read', capture, ...files, '--store', store, '--quiet', '--workers', '2']);
  for (const table of ['sessions', 'transactions']) {
    const columns = ['client', 'server'].flatMap((which) => END.map((column) => `${which}_${column}`));
    const sql = `SELECT ${columns.join()} FROM ${table}`;
    const { stdout } = await runLine(['query', sql, '--store', store, '--format', 'JSONEachRow']);
    const stored = stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Row);
    const ends = (row: Row): string => `${end(row, 'client')} > ${end(row, 'server')}`;
    expect(stored.map(ends).sort()).toEqual(
      one
        .filter((row) => row.table === table)
        .map(ends)
        .sort(),
    );
  }
});

it('without files, and with files about other addresses, rows say nothing of ends', async () => {
  const fixtures = FIXTURES.map(({ file }) => join('test/fixtures', file));
  const inputs = inputWords(['gre', ...new Set(FIXTURES.flatMap(({ inputs: all }) => all))]);
  const elsewhere = at('elsewhere.csv');
  writeFileSync(elsewhere, 'prefix,name\n100.64.0.0/10,elsewhere\n');
  const plain = settled(await read(...fixtures, ...inputs));
  expect(plain.length).toBeGreaterThan(400);
  expect(settled(await read(...fixtures, ...inputs, '--networks', elsewhere))).toEqual(plain);
});

it('says what it passed over in an export', async () => {
  const file = at('infoblox.csv');
  writeFileSync(
    file,
    'header-network,address*,netmask*,comment\nheader-hostrecord,address*,fqdn*\n' +
      'network,10.20.0.0,255.255.0.0,accounting\nhostrecord,10.20.0.1,a.example\n',
  );
  const { stderr, status } = await runLine(['read', capture, '--ndjson', '--networks', file]);
  expect(stderr).toContain(`mirrorlake: ${file}: passed over 1 hostrecord\n`);
  expect(status).toBe(0);
});

describe('a mistake is one line, with exit status 2', () => {
  it.each<[name: string, what: string, content: () => string | Uint8Array, said: string]>([
    ['wrong.csv', '--networks', () => `${NETWORKS}10.300.0.0/16,x,,,,,\n`, 'wrong.csv:8: '],
    ['empty.csv', '--networks', () => '', 'empty.csv:1: is empty'],
    ['text.mmdb', '--owners', () => 'no database', 'text.mmdb: is no MaxMind DB file'],
    ['cut.mmdb', '--owners', () => writeMmdb(AS).subarray(0, 400), 'cut.mmdb: is no MaxMind DB file'],
  ])('%s', async (name, option, content, said) => {
    writeFileSync(at(name), content());
    const words = ['read', capture, '--ndjson', '--quiet', option, at(name)];
    const { stdout, stderr, status } = await runLine(words);
    expect(stderr).toContain(said);
    expect(stderr).toMatch(/^mirrorlake: [^\n]+\n$/);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  it('a file that is not there, a damaged tree, and more files than there may be', async () => {
    writeFileSync(at('damaged.mmdb'), writeMmdb(AS));
    const damaged = writeMmdb(AS);
    damaged.fill(0xee, 0, 40);
    writeFileSync(at('damaged.mmdb'), damaged);
    truncateSync(at('empty.csv'), 0);
    for (const [words, said] of [
      [['--networks', at('none.csv')], 'none.csv'],
      [['--owners', at('damaged.mmdb')], 'damaged.mmdb: is damaged'],
      [
        Array.from({ length: MOST_OWNERS + 1 }, () => ['--owners', at('as.mmdb')]).flat(),
        `give at most ${MOST_OWNERS} of them`,
      ],
    ] as const) {
      const { stderr, status } = await runLine(['read', capture, '--ndjson', ...words]);
      expect(stderr).toContain(said);
      expect(status).toBe(2);
    }
  });
});

describe('--config', () => {
  const POLICIES = 'policies:\n  - { from: guests, to: accounting, allow: none }\n';
  const withoutPolicy = (rows: readonly Row[]): string[] => settled(rows.map(({ policy, ...row }) => row));

  it('gives networks, owners and policies', async () => {
    const owners = [at('as.mmdb'), at('country.mmdb')].join();
    writeFileSync(at('m.yaml'), `networks: ${at('networks.csv')}\nowners: [${owners}]\n${POLICIES}`);
    const rows = await read(capture, '--separate-by', 'vni,vlan', '--config', at('m.yaml'));
    expect(withoutPolicy(rows)).toEqual(withoutPolicy(await read(capture, ...files)));
    const broken = rows.filter(({ policy }) => policy === 'guests > accounting');
    // Not in VNI 5001, which is blue.
    expect(broken.map(both).sort()).toEqual([
      `10.30.0.7  5002: ${GUESTS} > ${ACCOUNTING}`,
      `10.30.0.7  : ${GUESTS} > ${ACCOUNTING}`,
      `10.30.0.7 42 : guests of 42|guests|Bonn|0|| > ${ACCOUNTING}`,
    ]);
  });

  it('gives way to --networks and --owners, and says which roles no network has', async () => {
    writeFileSync(at('m.yaml'), `networks: ${at('none.csv')}\nowners: [${at('none.mmdb')}]\n${POLICIES}`);
    const rows = await read(capture, ...files, '--config', at('m.yaml'));
    expect(withoutPolicy(rows)).toEqual(withoutPolicy(await read(capture, ...files)));
    writeFileSync(at('few.csv'), 'prefix,name,role\n10.30.0.0/16,guests,guests\n');
    writeFileSync(at('m.yaml'), POLICIES);
    const words = ['read', capture, '--ndjson', '--config', at('m.yaml'), '--networks', at('few.csv')];
    const { stderr, status } = await runLine(words);
    expect(stderr).toContain('mirrorlake: policies: no network has the role accounting\n');
    expect(status).toBe(0);
  });

  it('gives names of addresses, and which are counted', async () => {
    writeFileSync(at('hosts'), '10.20.0.1 ledger\n');
    const names = async (config: string): Promise<unknown[]> => {
      writeFileSync(at('m.yaml'), config);
      const words = ['read', capture, '--ndjson', 'names', '--quiet', '--config', at('m.yaml')];
      const { stdout, stderr } = await runLine(words);
      expect(stderr).toBe('');
      const lines = stdout.split('\n').slice(0, -1);
      return [
        ...new Set(
          lines.map((line) => JSON.parse(line) as Row).map(({ name, source }) => `${source} ${name}`),
        ),
      ];
    };
    expect((await names(`names_file: ${at('hosts')}`)).sort()).toEqual(['file ledger', 'http a']);
    expect(await names(`names_file: ${at('hosts')}\nnames: [file]`)).toEqual(['file ledger']);
    expect(await names(`names_file: ${at('hosts')}\nnames: [dns]`)).toEqual([]);
  });

  it('names the file that is wrong', async () => {
    writeFileSync(at('wrong.hosts'), 'ledger 10.20.0.1\n');
    writeFileSync(at('m.yaml'), `names_file: ${at('wrong.hosts')}\n`);
    const words = ['read', capture, '--ndjson', '--config', at('m.yaml')];
    const { stderr, status } = await runLine(words);
    expect(stderr).toMatch(/wrong\.hosts:1: not an address and a name/);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(status).toBe(2);
  });
});
