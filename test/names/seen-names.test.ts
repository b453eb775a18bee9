import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NameRecord } from '../../src/model/name-record.js';
import { NAME_SOURCE_NAMES, type NameSource } from '../../src/model/name-source.js';
import { MOST_AT_ONCE, SeenNames } from '../../src/names/seen-names.js';
import { formatIp, parseAddress } from '../../src/wire/ip/addresses.js';
import { KeyedHash } from '../../src/wire/keyed-hash.js';

const DAY = 86_400;
const T = 20_000 * DAY + 1000;

interface Row {
  day: number;
  address: string;
  vni: number | null;
  name: string;
  source: number;
  first: number;
  last: number;
  count: number;
}

function made(capacity: number, seconds: number) {
  const rows: Row[] = [];
  const sink = {
    name: (r: NameRecord) => {
      rows.push({
        day: r.day,
        address: formatIp(r.address, 0),
        vni: r.vni,
        name: r.name,
        source: r.source,
        first: r.firstSeenSec + r.firstSeenNsec / 1e9,
        last: r.lastSeenSec + r.lastSeenNsec / 1e9,
        count: r.count,
      });
    },
  };
  const seen = new SeenNames(sink, new KeyedHash(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)), capacity, seconds);
  const address = new Uint8Array(20);
  const add = (
    at: number,
    text: string,
    name: string,
    source: NameSource = 10,
    vni: number | null = null,
    first = at,
  ) => {
    parseAddress(text, address, 4);
    const nsec = (x: number) => Math.round((x % 1) * 1e9);
    seen.add(address, 4, vni, name, source, Math.floor(first), nsec(first), Math.floor(at), nsec(at));
  };
  return { rows, seen, add };
}

describe('names that are counted', () => {
  it('become rows when they were held for long enough, each at its own time', () => {
    const { rows, seen, add } = made(16, 60);
    seen.tick(T);
    add(T + 0.5, '10.0.0.1', 'a.example');
    seen.tick(T + 30);
    add(T + 30.25, '10.0.0.1', 'a.example');
    add(T + 30.5, '10.0.0.2', 'b.example', 2, 77);
    seen.tick(T + 59);
    expect(rows).toEqual([]);
    seen.tick(T + 60);
    const a = { day: 20_000, address: '10.0.0.1', vni: null, name: 'a.example', source: 10 };
    expect(rows).toEqual([{ ...a, first: T + 0.5, last: T + 30.25, count: 2 }]);
    seen.tick(T + 90);
    expect(rows[1]).toMatchObject({ address: '10.0.0.2', vni: 77, name: 'b.example', source: 2, count: 1 });
    expect(seen.held).toBe(0);
    expect(seen.rows).toBe(2);
  });

  it('go when the clock is set back, and at the end', () => {
    const { rows, seen, add } = made(16, 60);
    seen.tick(T);
    add(T, '10.0.0.1', 'a');
    seen.tick(T - 500);
    expect(rows).toHaveLength(1);
    add(T - 500, '10.0.0.1', 'b');
    seen.flush();
    expect(rows.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('are of the day on which they were seen last', () => {
    const { rows, seen, add } = made(16, 60);
    add(20_001 * DAY + 5, '10.0.0.1', 'a', 8, null, 20_000 * DAY + 5);
    seen.flush();
    expect(rows).toMatchObject([{ day: 20_001, first: 20_001 * DAY, last: 20_001 * DAY + 5 }]);
  });

  it('beyond the bound make room by the one that was there longest', () => {
    const { rows, seen, add } = made(4, 60);
    for (let i = 0; i < 10; i++) add(T + i, `10.0.0.${i}`, 'a');
    expect(rows.map(({ address }) => address)).toEqual([0, 1, 2, 3, 4, 5].map((i) => `10.0.0.${i}`));
    expect([seen.held, seen.early]).toEqual([4, 6]);
  });

  it('become rows a bounded number at a time', () => {
    const { rows, seen, add } = made(2 * MOST_AT_ONCE, 60);
    seen.tick(T);
    for (let i = 0; i < 2 * MOST_AT_ONCE; i++) add(T, '10.0.0.1', `n${i}`);
    seen.tick(T + 60);
    expect(rows).toHaveLength(MOST_AT_ONCE);
    seen.tick(T + 61);
    expect(rows).toHaveLength(2 * MOST_AT_ONCE);
  });

  it('add up whatever comes in whatever order, within the bound', () => {
    const op = fc.record({
      address: fc.constantFrom('10.0.0.1', '10.0.0.2', '2001:db8::1', '2001:db8::2'),
      name: fc.constantFrom('a', 'b', 'ab', 'aé', 'a'.repeat(253), '\u{1f600}'),
      source: fc.integer({ min: 1, max: NAME_SOURCE_NAMES.length - 1 }),
      vni: fc.option(fc.constantFrom(0, 1, 0xff_ffff)),
      step: fc.integer({ min: 0, max: 40_000 }),
      tick: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(op, { maxLength: 200 }), (ops) => {
        const { rows, seen, add } = made(8, 60);
        const expected = new Map<string, [count: number, first: number, last: number]>();
        let at = T;
        for (const o of ops) {
          at += o.step;
          if (o.tick) seen.tick(at);
          add(at, o.address, o.name, o.source as NameSource, o.vni);
          expect(seen.held).toBeLessThanOrEqual(8);
          const key = `${Math.floor(at / DAY)} ${o.address} ${o.vni} ${o.source} ${o.name}`;
          const [count, first] = expected.get(key) ?? [0, at];
          expected.set(key, [count + 1, first, at]);
        }
        seen.flush();
        const got = new Map<string, [count: number, first: number, last: number]>();
        for (const r of rows) {
          const key = `${r.day} ${r.address} ${r.vni} ${r.source} ${r.name}`;
          const [count, first, last] = got.get(key) ?? [0, Number.POSITIVE_INFINITY, 0];
          got.set(key, [count + r.count, Math.min(first, r.first), Math.max(last, r.last)]);
        }
        expect(got).toEqual(expected);
      }),
    );
  });
});
