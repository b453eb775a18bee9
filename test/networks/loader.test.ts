import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { writeMmdb } from '../../lab/mmdb-writer.js';
import type { KnownNetworks } from '../../src/networks/known-networks.js';
import type { KnownFiles, NetworkLoader } from '../../src/networks/loader.js';
import { NamesTable } from '../../src/networks/names-table.js';
import { NetworkTable } from '../../src/networks/network-table.js';
import { type Owner, Owners } from '../../src/networks/owners.js';
import { parseAddress } from '../../src/wire/ip/addresses.js';
import { program } from '../support/programs.js';

// Where it has been built, its thread is beside it.
const built: typeof import('../../src/networks/loader.js') = await import(program('network-loader'));

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-loader-'));
afterAll(() => rmSync(directory, { recursive: true }));

let number = 0;
const newFile = (content: string | Uint8Array, ending: string): string => {
  const file = join(directory, `${number++}.${ending}`);
  writeFileSync(file, content);
  return file;
};

const csv = (name: string): string => `prefix,name,site,role\n10.0.0.0/8,${name},Bern,servers\n`;
const database = (asn: number): Uint8Array =>
  writeMmdb([
    ['192.0.2.0/24', { autonomous_system_number: asn, autonomous_system_organization: `AS ${asn}` }],
  ]);

/** The network of 10.1.2.3. */
function networkIn(known: KnownNetworks): string {
  if (known.networks === undefined) return 'no networks';
  const table = new NetworkTable(known.networks);
  const address = new Uint8Array(16);
  parseAddress('10.1.2.3', address, 0);
  return table.name(table.find(address, new Uint16Array(8), 0, null));
}

/** The name of 10.1.2.3. */
function nameIn(known: KnownNetworks): string {
  if (known.names === undefined) return 'no names';
  const address = new Uint8Array(16);
  parseAddress('10.1.2.3', address, 0);
  return new NamesTable(known.names).find(address);
}

/** The AS of 192.0.2.1. */
function asnIn(known: KnownNetworks): number {
  const owner: Owner = { asn: -1, asOrg: '', country: '' };
  const address = new Uint8Array(16);
  parseAddress('192.0.2.1', address, 0);
  new Owners(known.owners).find(address, owner);
  return owner.asn;
}

/** Those of this process's threads. */
function nicenesses(): number[] {
  return readdirSync('/proc/self/task').flatMap((thread) => {
    try {
      return [getPriority(Number(thread))];
    } catch {
      return [];
    }
  });
}

const loaders: NetworkLoader[] = [];
afterEach(() => {
  for (const loader of loaders.splice(0)) loader.close();
});

/** A loader that looks often, and what it tells. */
function loaderOf(files: Partial<KnownFiles>): {
  loader: NetworkLoader;
  changes: KnownNetworks[];
  warnings: string[];
  infos: string[];
} {
  const changes: KnownNetworks[] = [];
  const lines = { info: [] as string[], warn: [] as string[] };
  const loader = new built.NetworkLoader(
    { networks: undefined, owners: [], names: undefined, ...files },
    { changed: (known) => changes.push(known), log: (level, line) => lines[level].push(line), lookMs: 20 },
  );
  loaders.push(loader);
  return { loader, changes, warnings: lines.warn, infos: lines.info };
}

describe('files of networks, owners and names', () => {
  it('are read, the owners in their order', async () => {
    const networks = newFile(csv('office'), 'csv');
    const owners = [newFile(database(64_500), 'mmdb'), newFile(database(64_501), 'mmdb')];
    const names = newFile('10.1.2.3 db1\n10.1.2.4 db2\n', 'hosts');
    const { loader, infos } = loaderOf({ networks, owners, names });
    const known = await loader.load();
    expect(networkIn(known)).toBe('office');
    expect(known.owners).toHaveLength(2);
    expect(asnIn(known)).toBe(64_500);
    expect(nameIn(known)).toBe('db1');
    expect(infos).toContain(`${networks}: 1 network`);
    expect(infos).toContain(`${names}: 2 names`);
    expect(loader.known).toEqual(known);
  });

  it('are read by a thread that gives way to those which receive packets', async () => {
    const lines = Array.from({ length: 50_000 }, (_, n) => `10.${n >>> 8}.${n & 255}.0/24,net-${n}`);
    const load = loaderOf({ networks: newFile(`prefix,name\n${lines.join('\n')}\n`, 'csv') }).loader.load();
    let loaded = false;
    void load.finally(() => {
      loaded = true;
    });
    let nicest = 0;
    while (!loaded) {
      nicest = Math.max(nicest, ...nicenesses());
      await new Promise(setImmediate);
    }
    await load;
    expect(nicest).toBeGreaterThanOrEqual(10);
    expect(nicenesses()).toContain(getPriority());
  });

  it('need not be', async () => {
    const { loader } = loaderOf({});
    expect(await loader.load()).toEqual({ networks: undefined, owners: [], names: undefined });
  });

  it('are refused whole, with the line, or with the name of the database', async () => {
    const networks = newFile(`${csv('office')}10.0.0.0/33,x,,\n`, 'csv');
    const wrongLine = {
      name: 'UsageError',
      exitCode: 2,
      message: expect.stringContaining(`${networks}:3: `),
    };
    await expect(loaderOf({ networks }).loader.load()).rejects.toMatchObject(wrongLine);
    const file = newFile(database(64_500).subarray(0, 100), 'mmdb');
    const damaged = { name: 'UsageError', exitCode: 2, message: expect.stringContaining(file) };
    await expect(loaderOf({ owners: [file] }).loader.load()).rejects.toMatchObject(damaged);
    const names = newFile('10.1.2.3 db1\n10.1.2 db2\n', 'hosts');
    const noAddress = { name: 'UsageError', message: expect.stringContaining(`${names}:2: not an address`) };
    await expect(loaderOf({ names }).loader.load()).rejects.toMatchObject(noAddress);
    const missing = join(directory, 'missing.csv');
    const absent = { name: 'UsageError', message: expect.stringContaining(missing) };
    await expect(loaderOf({ networks: missing }).loader.load()).rejects.toMatchObject(absent);
  });
});

describe('a file that is watched', () => {
  it('is read again when it is replaced, rewritten or touched', async () => {
    const networks = newFile(csv('one'), 'csv');
    const owner = newFile(database(64_500), 'mmdb');
    const names = newFile('10.1.2.3 db1\n', 'hosts');
    const { loader, changes } = loaderOf({ networks, owners: [owner], names });
    const first = await loader.load();
    loader.watch();
    renameSync(newFile(csv('two'), 'csv'), networks);
    await expect.poll(() => changes.map(networkIn)).toEqual(['two']);
    writeFileSync(networks, csv('three'));
    await expect.poll(() => changes.map(networkIn).at(-1)).toBe('three');
    const before = changes.length;
    utimesSync(networks, 1, 1);
    await expect.poll(() => changes.length).toBeGreaterThan(before);
    renameSync(newFile(database(64_501), 'mmdb'), owner);
    await expect.poll(() => changes.map(asnIn).at(-1)).toBe(64_501);
    // Of a file that stays, the memory does too; and who has the old one keeps it.
    expect(changes.at(-1)!.networks).toBe(changes.at(-2)!.networks);
    renameSync(newFile('10.1.2.3 db2\n', 'hosts'), names);
    await expect.poll(() => changes.map(nameIn).at(-1)).toBe('db2');
    expect([networkIn(first), asnIn(first), nameIn(first)]).toEqual(['one', 64_500, 'db1']);
  });

  it('is told once when it is wrong or gone, and what was known stays', async () => {
    const networks = newFile(csv('one'), 'csv');
    const owner = newFile(database(64_500), 'mmdb');
    const names = newFile('10.1.2.3 db1\n', 'hosts');
    const { loader, changes, warnings } = loaderOf({ networks, owners: [owner], names });
    await loader.load();
    loader.watch();
    renameSync(newFile('prefix,name\nnonsense,x\n', 'csv'), networks);
    await expect.poll(() => warnings).toEqual([expect.stringContaining(`${networks}:2: `)]);
    expect(loader.refused).toBe(1);
    renameSync(newFile(database(64_501).subarray(0, 100), 'mmdb'), owner);
    await expect.poll(() => warnings.length).toBe(2);
    expect(warnings[1]).toContain(owner);
    expect(loader.refused).toBe(2);
    rmSync(networks);
    await expect.poll(() => warnings.length).toBe(3);
    expect(warnings[2]).toContain(networks);
    renameSync(newFile('db2 10.1.2.3\n', 'hosts'), names);
    await expect.poll(() => warnings.length).toBe(4);
    expect(warnings[3]).toContain(`${names}:1: `);
    expect(changes).toEqual([]);
    const { known } = loader;
    expect([networkIn(known), asnIn(known), nameIn(known)]).toEqual(['one', 64_500, 'db1']);
    // It is looked at many more times until this is read.
    renameSync(newFile(database(64_502), 'mmdb'), owner);
    await expect.poll(() => changes.map(asnIn)).toEqual([64_502]);
    expect(networkIn(changes[0]!)).toBe('one');
    writeFileSync(networks, csv('two'));
    await expect.poll(() => changes.map(networkIn).at(-1)).toBe('two');
    writeFileSync(names, '10.1.2.3 db3\n');
    await expect.poll(() => changes.map(nameIn).at(-1)).toBe('db3');
    expect(warnings).toHaveLength(4);
    expect(loader.refused).toBe(0);
  });

  it('is not read while it is being written', async () => {
    const networks = newFile(csv('one'), 'csv');
    const mark = newFile(database(1), 'mmdb');
    const { loader, changes, warnings } = loaderOf({ networks, owners: [mark] });
    await loader.load();
    loader.watch();
    // Something is appended more often than the loader looks, and never ends in a whole line.
    writeFileSync(networks, 'prefix,name\n10.0.0.0/8,tw');
    const writing = setInterval(() => appendFileSync(networks, '\n172.16.0.0/1'), 1);
    renameSync(newFile(database(2), 'mmdb'), mark);
    await expect.poll(() => changes.map(asnIn)).toEqual([2]);
    clearInterval(writing);
    writeFileSync(networks, csv('two'));
    await expect.poll(() => changes.map(networkIn).at(-1)).toBe('two');
    expect(changes.map(networkIn)).toEqual(['one', 'two']);
    expect(warnings).toEqual([]);
  });

  it('is not read any more after close()', async () => {
    const networks = newFile(csv('one'), 'csv');
    const { loader, changes } = loaderOf({ networks });
    const other = loaderOf({ networks });
    await Promise.all([loader.load(), other.loader.load()]);
    loader.watch();
    other.loader.watch();
    loader.close();
    renameSync(newFile(csv('two'), 'csv'), networks);
    await expect.poll(() => other.changes.map(networkIn)).toEqual(['two']);
    expect(changes).toEqual([]);
  });

  it('may be closed while it is read', async () => {
    const networks = newFile(csv('one'), 'csv');
    const { loader } = loaderOf({ networks });
    const early = loader.load();
    loader.close();
    await expect(early).rejects.toThrow(/no longer read/);
    // Lines come when a file was read: the thread of the second one runs.
    const other: NetworkLoader = new built.NetworkLoader(
      { networks, owners: [newFile(database(64_500), 'mmdb')], names: undefined },
      { changed: () => undefined, log: () => setImmediate(() => other.close()) },
    );
    await expect(other.load()).rejects.toThrow(/no longer read/);
  });
});

it('the event loop goes on while 300,000 networks are read', async () => {
  const lines = Array.from({ length: 300_000 }, (_, i) => {
    const address = `10.${i >> 16}.${(i >> 8) & 0xff}.${i & 0xff}`;
    return `${address}/32,host ${i},Bern,role ${i % 20}`;
  });
  const { loader } = loaderOf({ networks: newFile(`prefix,name,site,role\n${lines.join('\n')}\n`, 'csv') });
  let turns = 0;
  const turning = setInterval(() => turns++, 1);
  const known = await loader.load();
  clearInterval(turning);
  expect(new NetworkTable(known.networks!).size).toBe(300_000);
  // Reading takes more than a second: here, it would be one turn.
  expect(turns).toBeGreaterThan(20);
});
