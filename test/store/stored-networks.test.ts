import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Network } from '../../src/model/network.js';
import { NetworkRecord } from '../../src/model/network-record.js';
import { givenNetwork, networkLine, storedNetwork } from '../../src/store/networks/network-lines.js';
import { openStore } from '../../src/store/open.js';
import { NetworkSegment } from '../../src/store/segment/segments.js';
import type { Store } from '../../src/store/store.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-networks-'));
let server: ClickHouseServer;
beforeAll(async () => {
  server = await ClickHouseServer.start();
});
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const word = fc.oneof(
  fc.constantFrom('', 'accounting', 'Köln', '"quoted"', "it's", 'back\\slash', '🐘'),
  fc.string({ maxLength: 20 }).map((s) => s.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/gu, '')),
);
const address = fc.oneof(
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc
    .uint8Array({ minLength: 4, maxLength: 4 })
    .map((four) => Uint8Array.of(...new Uint8Array(10), 255, 255, ...four)),
);
const network: fc.Arbitrary<Network> = fc
  .record({
    address,
    bits: fc.integer({ min: 0, max: 128 }),
    name: word,
    site: word,
    role: word,
    tenant: word,
    vlan: fc.option(fc.integer({ min: 0, max: 4095 }), { nil: undefined }),
    vni: fc.option(fc.integer({ min: 0, max: 0xff_ffff }), { nil: undefined }),
  })
  .map((n) => ({
    ...n,
    address: n.address.map((byte, i) => byte & ~(0xff >>> Math.min(8, Math.max(0, n.bits - i * 8)))),
  }));
const NETWORKS = fc.sample(network, { numRuns: 20_000, seed: 19 });

const lines = (networks: readonly Network[]) => networks.map(networkLine).sort();

describe('lines of networks', () => {
  it('are those networks again', () => {
    for (const n of NETWORKS.slice(0, 2000)) {
      expect(storedNetwork(networkLine(n))).toEqual(n);
      expect(givenNetwork(networkLine(n))).toEqual(n);
    }
  });

  it.each([
    ['', 'not 8 values'],
    ['{}', 'not 8 values'],
    ['["10.0.0.0", 104, "a", "", "", "", null]', 'not 8 values'],
    ['["10.0.0.1", 104, "a", "", "", "", null, null]', 'no prefix'],
    ['["10.0.0.0", 129, "a", "", "", "", null, null]', 'no prefix'],
    ['["10.0.0.0", "104", "a", "", "", "", null, null]', 'no prefix'],
    ['["10.0.0", 104, "a", "", "", "", null, null]', 'no prefix'],
    ['[10, 104, "a", "", "", "", null, null]', 'no prefix'],
    ['["10.0.0.0", 104, "a\\u001b[31m", "", "", "", null, null]', 'control character'],
    [`["10.0.0.0", 104, "${'ä'.repeat(129)}", "", "", "", null, null]`, 'too long'],
    ['["10.0.0.0", 104, 7, "", "", "", null, null]', 'a text'],
    ['["10.0.0.0", 104, "a", "", "", "", 4096, null]', 'VLAN'],
    ['["10.0.0.0", 104, "a", "", "", "", null, 16777216]', 'VNI'],
    ['["10.0.0.0", 104, "a", "", "", "", null, 0.5]', 'VNI'],
  ])('are refused where they are none: %s', (line, why) => {
    expect(() => givenNetwork(line)).toThrow(why);
  });
});

describe.each(['embedded', 'server'])('networks in a store (%s)', (kind) => {
  let store: Store;
  beforeAll(async () => {
    store = openStore(kind === 'embedded' ? join(directory, 'data') : `${server.url}/lake`, { create: true });
    await store.migrate();
  });
  afterAll(async () => {
    await store?.close();
  });
  const value = async (sql: string) => (await text(await store.query(sql))).trim();
  const loads = () => value('SELECT uniqExact(loaded) FROM network_loads');

  /** Rows of a load as they come. */
  async function insert(networks: readonly Network[], second: number, rows: number): Promise<void> {
    const segment = new NetworkSegment();
    for (const { vlan = null, vni = null, ...n } of networks)
      segment.network(
        Object.assign(new NetworkRecord(), { ...n, vlan, vni, loadedSec: second, networks: rows }),
      );
    await store.insert('network_loads', segment.take(), `${second} ${networks[0].name}`, networks.length);
  }

  it('are none at first, and then those of the newest load', async () => {
    expect(await store.networks.newest()).toBeUndefined();
    expect(await store.networks.read()).toEqual([]);
    const { load, replaced, left } = await store.networks.load(NETWORKS, 'all.csv');
    expect({ replaced, left, networks: load.networks }).toEqual({
      replaced: false,
      left: undefined,
      networks: NETWORKS.length,
    });
    expect(await store.networks.newest()).toEqual(load);
    expect(lines(await store.networks.read())).toEqual(lines(NETWORKS));
    await store.networks.load(NETWORKS.slice(0, 10), 'ten.csv');
    expect(lines(await store.networks.read())).toEqual(lines(NETWORKS.slice(0, 10)));
    expect(await value('SELECT count(), any(loaded_from) FROM networks')).toBe('10\tten.csv');
  });

  it('stay as they were while a load is not there whole, in whatever order its rows come', async () => {
    const before = lines(await store.networks.read());
    const second = Number(await value('SELECT toUnixTimestamp(max(loaded)) + 10 FROM network_loads'));
    const pieces = [2, 0, 1].map((i) => NETWORKS.slice(100 + i * 10, 110 + i * 10));
    for (const piece of pieces) {
      expect(lines(await store.networks.read())).toEqual(before);
      expect(await value('SELECT count() FROM networks')).toBe(String(before.length));
      await insert(piece, second, 30);
    }
    expect(lines(await store.networks.read())).toEqual(lines(NETWORKS.slice(100, 130)));
  });

  it('are replaced after an interrupted load, which goes with old ones', async () => {
    const second = Number(await value('SELECT toUnixTimestamp(max(loaded)) + 10 FROM network_loads'));
    await insert(NETWORKS.slice(0, 5), second, 1000);
    for (const i of [1, 2, 3]) {
      const some = NETWORKS.slice(0, i);
      expect(await store.networks.load(some, `${i}`)).toMatchObject({ replaced: false, left: undefined });
      expect(lines(await store.networks.read())).toEqual(lines(some));
    }
    // The newest two: the interrupted one is older.
    expect(await loads()).toBe('2');
  });

  it('are those of one of two loads at once, and each is told which', async () => {
    const both = [NETWORKS.slice(0, 2000), NETWORKS.slice(2000, 4001)];
    const told = await Promise.all(both.map((some, i) => store.networks.load(some, `${i}`)));
    const newest = await store.networks.newest();
    expect(told.map(({ load }) => load.loaded)).toContain(newest?.loaded);
    expect(told[0].load.loaded).not.toBe(told[1].load.loaded);
    expect(lines(await store.networks.read())).toEqual(lines(both[Number(newest?.file)]));
    const later = told.find(({ load }) => load.loaded === newest?.loaded);
    expect(later?.replaced).toBe(false);
  });

  it('are none after a load of none', async () => {
    await store.networks.load([], '');
    expect(await store.networks.newest()).toMatchObject({ networks: 0 });
    expect(await store.networks.read()).toEqual([]);
    expect(await value('SELECT count() FROM networks')).toBe('0');
    await store.networks.load(NETWORKS.slice(0, 3), 'again');
    expect(await value('SELECT count() FROM networks')).toBe('3');
  });
});
