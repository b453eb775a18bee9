/** The writer of the tests' databases, by the library that reads them, and by a plain search of prefixes. */
import fc from 'fast-check';
import { type Response as MmdbResponse, Reader } from 'mmdb-lib';
import { describe, expect, it } from 'vitest';
import { type MmdbMetadata, type MmdbValue, writeMmdb } from '../../lab/mmdb-writer.js';

type Entry = readonly [string, MmdbValue];

/** The library's types are of MaxMind's own databases. */
function readerOf(entries: readonly Entry[], metadata?: MmdbMetadata) {
  const reader = new Reader<MmdbResponse>(Buffer.from(writeMmdb(entries, metadata)));
  return { metadata: reader.metadata, get: (address: string): unknown => reader.get(address) };
}

describe('values', () => {
  const long = 'x'.repeat(300);
  const values: [string, MmdbValue, unknown?][] = [
    ['text', 'Zürich 北美洲'],
    ['texts with sizes of one, two and three bytes', ['y'.repeat(29), long, 'z'.repeat(70_000)]],
    ['an unsigned integer', 4_294_967_295],
    ['none', 0],
    ['a negative one', -268_435_456],
    ['a double', 42.123456],
    ['64 bits', 2n ** 63n + 1n],
    ['128 bits', 2n ** 127n + 7n],
    ['booleans', [true, false]],
    ['bytes', Uint8Array.of(0, 0, 0, 42), Buffer.of(0, 0, 0, 42)],
    ['an empty map', {}],
    ['maps and arrays in each other', { map: { array: [1, { a: long, b: [long, long] }] }, c: long }],
  ];

  it.each(values)('%s', (_, value, decoded = value) => {
    for (const pointers of [true, false])
      expect(readerOf([['10.0.0.0/8', { value }]], { pointers }).get('10.1.2.3')).toEqual({ value: decoded });
  });

  it('point to parts that were written before, in all sizes of pointers', () => {
    // More than 526,336 bytes of values, parts of the first, the 100th and the last ones again.
    const filler = (n: number) => `${n} `.repeat(200);
    const entries = Array.from(
      { length: 900 },
      (_, i): Entry => [`10.0.${i >> 8}.${i & 255}`, { n: filler(i) }],
    );
    const again = [0, 100, 899].map((i, at): Entry => [`10.9.0.${at}`, { same: filler(i), at }]);
    const all = [...entries, ...again];
    const reader = readerOf(all, { recordSize: 32 });
    for (const [prefix, value] of all) expect(reader.get(prefix)).toEqual(value);
    const without = writeMmdb(all, { pointers: false }).length;
    expect(without - writeMmdb(all).length).toBeGreaterThan(2_000);
  });
});

describe('metadata', () => {
  it('is what was asked for', () => {
    const reader = readerOf([['1.0.0.0/24', 'x']], { ipVersion: 4, recordSize: 24, type: 'GeoLite2-ASN' });
    expect(reader.metadata).toMatchObject({
      binaryFormatMajorVersion: 2,
      ipVersion: 4,
      recordSize: 24,
      databaseType: 'GeoLite2-ASN',
      nodeCount: 24,
      buildEpoch: new Date(1_700_000_000_000),
    });
  });

  it('may be wrong on purpose', () => {
    const more = { ip_version: undefined, node_count: 7 };
    const { metadata } = readerOf([['1.0.0.0/24', 'x']], { more });
    expect(metadata.ipVersion).toBeUndefined();
    expect(metadata.nodeCount).toBe(7);
  });
});

describe('the tree', () => {
  const entries: Entry[] = [
    ['10.1.0.0/16', 'longer'],
    ['10.0.0.0/8', 'shorter'],
    ['10.1.0.0/16', 'later'],
    ['2001:db8::/32', 'six'],
    ['::ffff:192.0.2.0/120', 'mapped'],
  ];

  it.each([24, 28, 32] as const)('has the longest prefix, with records of %i bits', (recordSize) => {
    const reader = readerOf(entries, { recordSize });
    expect(reader.get('10.1.2.3')).toBe('later');
    expect(reader.get('10.2.2.3')).toBe('shorter');
    expect(reader.get('11.0.0.0')).toBeNull();
    expect(reader.get('2001:db8:ffff::1')).toBe('six');
    expect(reader.get('2001:db9::')).toBeNull();
    expect(reader.get('192.0.2.1')).toBeNull();
    expect(reader.get('::ffff:192.0.2.1')).toBe('mapped');
  });

  it('has aliases of IPv4 where they are asked for', () => {
    const four = entries.slice(0, 4);
    const reader = readerOf(four, { aliases: true });
    const aliased = ['2002:a01:203::1', '2001:0:a01:203::', '::ffff:10.1.2.3'];
    for (const address of aliased) expect(reader.get(address)).toBe('later');
    expect(reader.get('2001:db8::1')).toBe('six');
    const without = readerOf(four);
    for (const address of aliased) expect(without.get(address)).toBeNull();
  });

  it('refuses what does not fit', () => {
    expect(() => writeMmdb([['2001:db8::/32', 'x']], { ipVersion: 4 })).toThrow('no prefix of IPv4');
    expect(() => writeMmdb([['10.0.0.0/33', 'x']])).toThrow('no length of a prefix');
    expect(() =>
      writeMmdb(
        [
          ['10.0.0.1', 'y'.repeat(2 ** 24)],
          ['10.0.0.2', 'z'],
        ],
        { recordSize: 24 },
      ),
    ).toThrow('does not fit 24 bits');
  });

  it('answers as a plain search does', () => {
    // Few bits differ, so that prefixes are in each other.
    const octet = fc.constantFrom(0, 1, 128, 255);
    const four = fc.record({ address: fc.tuple(octet, octet, octet, octet), bits: fc.nat(32) });
    const metadata = fc.record({
      recordSize: fc.constantFrom(24, 28, 32),
      ipVersion: fc.constantFrom(4, 6),
      pointers: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(four, { maxLength: 40 }),
        fc.array(four, { minLength: 1 }),
        metadata,
        (prefixes, asked, m) => {
          const reader = readerOf(
            prefixes.map(({ address, bits }, i) => [`${address.join('.')}/${bits}`, i]),
            m,
          );
          for (const { address } of asked) {
            const longest = prefixes
              .map(({ address: prefix, bits }, i) => ({ i, bits, in: sameBits(prefix, address, bits) }))
              .filter((prefix) => prefix.in)
              .reduce((best, prefix) => (prefix.bits >= best.bits ? prefix : best), { i: null, bits: -1 } as {
                i: number | null;
                bits: number;
              });
            expect(reader.get(address.join('.'))).toBe(longest.i);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

function sameBits(a: readonly number[], b: readonly number[], bits: number): boolean {
  const text = (bytes: readonly number[]) => bytes.map((n) => n.toString(2).padStart(8, '0')).join('');
  return text(a).slice(0, bits) === text(b).slice(0, bits);
}
