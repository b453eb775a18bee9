/**
 * npm run bench:networks: what it costs to say of a row's two ends which network, AS and country they are in,
 * beside the library alone; and what 1,000,000 networks take.
 *
 *   --rows N     rows of each mix of addresses (1000000)
 *   --check      exit 1 if a goal is missed
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Reader } from 'mmdb-lib';
import { writeMmdb } from '../lab/mmdb-writer.js';
import type { Network } from '../src/model/network.js';
import { SessionRecord } from '../src/model/session-record.js';
import { AddressFacts } from '../src/networks/address-facts.js';
import type { KnownNetworks } from '../src/networks/known-networks.js';
import { NetworkTable, networkTable } from '../src/networks/network-table.js';
import { readOwners } from '../src/networks/owners.js';
import { setU32 } from '../src/wire/bytes.js';
import { formatIpv4 } from '../src/wire/ip/addresses.js';
import { Goals, print } from './goals.js';
import { printTable } from './measure.js';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, check: { type: 'boolean', default: false } },
});
const ROWS = Number(values.rows);
const NETWORKS = 100_000;
const MANY_NETWORKS = 1_000_000;
const DATABASE_PREFIXES = 200_000;
/** Microseconds a row may take on average, cold look-ups included. */
const GOAL_US = 1;
/** Rows that the library alone is asked for, which is slow. */
const LIBRARY_ROWS = 100_000;

let state = 7;
/** From 0 up to 1. */
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return (state >>> 0) / 2 ** 32;
}
const below = (n: number): number => Math.floor(random() * n);

/** The n-th of many addresses that are far apart, 0 to 2^32 - 1: the golden ratio's multiples. */
const spread = (n: number): number => Math.imul(n + 1, 0x9e3779b1) >>> 0;

function mapped(address: number): Uint8Array {
  const to = new Uint8Array(16).fill(0xff, 10, 12);
  setU32(to, 12, address);
  return to;
}

/** Networks of a large organisation: /24 to /32 in 10.0.0.0/8, nested in wider ones. */
function networks(count: number): Network[] {
  return Array.from({ length: count }, (_, i) => {
    const length = i < 256 ? 16 : 24 + below(9);
    const rest = 2 ** (32 - length);
    const address = 0x0a000000 + (i < 256 ? i * 2 ** 16 : Math.floor(below(2 ** 24) / rest) * rest);
    const words = { name: `network ${i}`, site: `site ${i % 300}`, role: `role ${i % 40}`, tenant: '' };
    return { address: mapped(address), bits: 96 + length, ...words, vlan: undefined, vni: undefined };
  });
}

/** The prefixes of the databases: /14 to /24. */
const lengthAt = (i: number): number => 14 + (i % 11);
const prefixAt = (i: number): number =>
  Math.floor(spread(i) / 2 ** (32 - lengthAt(i))) * 2 ** (32 - lengthAt(i));

/** The n-th address elsewhere. Prefixes are as unequal as networks are: the n-th has 1/n of the first's. */
function elsewhere(n: number): number {
  const i = Math.floor(DATABASE_PREFIXES ** (spread(n) / 2 ** 32)) - 1;
  return prefixAt(i) + (spread(n ^ 0x5555) % 2 ** (32 - lengthAt(i)));
}

/** The two databases, with as many different values as free ones have. */
function databases(): { asn: Uint8Array; country: Uint8Array } {
  const prefix = (i: number): string => `${formatIpv4(mapped(prefixAt(i)), 12)}/${lengthAt(i)}`;
  const each = <T>(make: (i: number) => T): T[] =>
    Array.from({ length: DATABASE_PREFIXES }, (_, i) => make(i));
  const asn = each((i) => {
    const number = 1 + (i % 60_000);
    const value = {
      autonomous_system_number: number,
      autonomous_system_organization: `Organisation ${number}`,
    };
    return [prefix(i), value] as const;
  });
  const code = (i: number): string => String.fromCharCode(65 + (i % 25), 65 + ((i >> 3) % 10));
  const names = (i: number): Record<string, string> =>
    Object.fromEntries(
      ['de', 'en', 'es', 'fr', 'ja', 'pt-BR', 'ru', 'zh-CN'].map((l) => [l, `${l} ${code(i)}`]),
    );
  const country = each(
    (i) =>
      [
        prefix(i),
        { country: { iso_code: code(i), names: names(i) }, continent: { code: 'EU', names: names(i % 7) } },
      ] as const,
  );
  return { asn: writeMmdb(asn), country: writeMmdb(country) };
}

/** Client and server of rows, as numbers. */
type Rows = Uint32Array;

/** Of `count` things, a random one: the n-th is asked for 1/n as often as the first (Zipf). */
const popular = (count: number): number => Math.floor(count ** random()) - 1;
const rowsOf = (client: (i: number) => number, server: (i: number) => number): Rows =>
  Uint32Array.from({ length: 2 * ROWS }, (_, k) => ((k & 1) === 0 ? client : server)(k >> 1));
const own = (n: number): number => 0x0a000000 + (spread(n) >>> 8);

const MIXES: Readonly<Record<string, Rows>> = {
  'a site: 3,000 hosts, 30,000 servers elsewhere': rowsOf(
    () => own(below(3000)),
    () => elsewhere(popular(30_000)),
  ),
  'a campus: 40,000 hosts, 500,000 servers elsewhere': rowsOf(
    () => own(below(40_000)),
    () => elsewhere(popular(500_000)),
  ),
  'a data centre: 5,000 hosts with each other': rowsOf(
    () => own(below(5000)),
    () => own(popular(5000)),
  ),
  'a server: 1,000,000 clients from everywhere': rowsOf(
    () => elsewhere(popular(1_000_000)),
    () => own(1),
  ),
  'each address once: all cold': rowsOf(
    (i) => elsewhere(2 * i),
    (i) => elsewhere(2 * i + 1),
  ),
};

const record = new SessionRecord();
record.ipVersion = 4;
record.clientIp.set(mapped(0));
record.serverIp.set(mapped(0));

function fill(facts: AddressFacts, rows: Rows, from: number, to: number): void {
  for (let k = 2 * from; k < 2 * to; k += 2) {
    setU32(record.clientIp, 12, rows[k]!);
    setU32(record.serverIp, 12, rows[k + 1]!);
    facts.session(record);
  }
}

/** CPU time of some work in microseconds; that of other threads, which collect garbage, counts. */
function cpu(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const goals = new Goals();
const us = (n: number): string => n.toFixed(2);

function measureRows(known: KnownNetworks): void {
  print(`Filling rows: ${NETWORKS.toLocaleString('en')} networks, both databases; microseconds of CPU time`);
  const half = ROWS >> 1;
  const table = [['addresses', 'a row', 'look-ups that were cold']];
  // The first mix is filled once more, because V8 compiles meanwhile.
  fill(new AddressFacts(known), Object.values(MIXES)[0]!, 0, half);
  for (const [name, rows] of Object.entries(MIXES)) {
    const facts = new AddressFacts(known);
    const before = cpu(() => fill(facts, rows, 0, half)) / half;
    const start = facts.counters;
    const after = cpu(() => fill(facts, rows, half, ROWS)) / half;
    const { lookups, cold } = facts.counters;
    const share = (cold - start.cold) / (lookups - start.lookups);
    table.push([name, us(after), `${(share * 100).toFixed(1)} %`]);
    table.push([
      '  the first half of the rows',
      us(before),
      `${((start.cold / start.lookups) * 100).toFixed(1)} %`,
    ]);
    const goal = `${name}: ${us(after)} of ${GOAL_US} µs a row`;
    if (share < 0.5) goals.reach(after <= GOAL_US, goal);
  }
  printTable(table);
}

function measureWarm(known: KnownNetworks): void {
  const facts = new AddressFacts(known);
  const rows = rowsOf(
    () => own(below(5000)),
    () => elsewhere(below(5000)),
  );
  fill(facts, rows, 0, ROWS);
  const { cold } = facts.counters;
  const warm = cpu(() => fill(facts, rows, 0, ROWS)) / ROWS;
  print(`All remembered: ${us(warm)} µs a row, ${facts.counters.cold - cold} cold`);
}

/** The library alone, asked for both ends in both databases, with addresses as it takes them. */
function measureLibrary(files: readonly Uint8Array[]): void {
  const readers = files.map((bytes) => new Reader<never>(Buffer.from(bytes)));
  for (const [name, rows] of Object.entries(MIXES)) {
    const texts = Array.from(rows.subarray(0, 2 * LIBRARY_ROWS), (address) =>
      formatIpv4(mapped(address), 12),
    );
    const ask = (): void => {
      for (const text of texts) for (const reader of readers) reader.get(text);
    };
    ask();
    print(`mmdb-lib alone, ${name}: ${us(cpu(ask) / (texts.length / 2))} µs a row`);
  }
}

function measureTable(): void {
  const many = networks(MANY_NETWORKS);
  let memory = new SharedArrayBuffer(0);
  const build = cpu(() => {
    memory = networkTable(many);
  });
  const megabytes = (memory.byteLength / 1e6).toFixed(0);
  print(
    `${many.length.toLocaleString('en')} networks: ${(build / 1e6).toFixed(1)} s, ${megabytes} MB shared`,
  );
  const table = new NetworkTable(memory);
  const addresses = Array.from({ length: 500_000 }, () => mapped(0x0a000000 + below(2 ** 24)));
  const vlans = new Uint16Array(8);
  const ask = (): void => {
    for (const address of addresses) table.find(address, vlans, 0, null);
  };
  ask();
  print(`  an address among them: ${us(cpu(ask) / addresses.length)} µs`);
}

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-networks-'));
try {
  const { asn, country } = databases();
  const owners = [asn, country].map((bytes, i) => {
    const file = join(directory, `${i}.mmdb`);
    writeFileSync(file, bytes);
    return readOwners(file);
  });
  const known = { networks: networkTable(networks(NETWORKS)), owners, names: undefined };
  measureRows(known);
  measureWarm(known);
  measureLibrary([asn, country]);
  measureTable();
} finally {
  rmSync(directory, { recursive: true });
}
if (values.check && goals.missed.length > 0) process.exitCode = 1;
