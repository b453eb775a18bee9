/** Files that are no databases, or damaged ones: one line that names the file, and no look-up that throws. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Response as MmdbResponse, Reader } from 'mmdb-lib';
import { afterAll, describe, expect, it } from 'vitest';
import { type MmdbMetadata, type MmdbValue, writeMmdb } from '../../lab/mmdb-writer.js';
import { UsageError } from '../../src/model/errors.js';
import { DEEPEST_VALUE, LARGEST_VALUE } from '../../src/networks/mmdb-values.js';
import { LARGEST_DATABASE, type Owner, Owners, readOwners } from '../../src/networks/owners.js';

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-damaged-'));
const file = join(directory, 'owners.mmdb');
afterAll(() => rmSync(directory, { recursive: true }));

const metadataMarker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const names = { en: 'Ireland', de: 'Irland' };
const entries: [string, MmdbValue][] = [
  ['192.0.2.0/24', { autonomous_system_number: 64_500, autonomous_system_organization: 'Example Ltd' }],
  ['198.51.100.0/25', { country: { iso_code: 'IE', names }, registered_country: { iso_code: 'IE', names } }],
  [
    '2001:db8::/32',
    { asn: 'AS64501', as_name: 'Other', numbers: [1, -1, 0.5, 2n ** 40n, true], bytes: Uint8Array.of(1) },
  ],
];
const whole = (metadata?: MmdbMetadata) => Buffer.from(writeMmdb(entries, { aliases: true, ...metadata }));

/** What is wrong with a file of these bytes; undefined: nothing. */
function mistakeIn(bytes: Uint8Array): string | undefined {
  writeFileSync(file, bytes);
  try {
    readOwners(file);
    return undefined;
  } catch (error) {
    // Anything else is a crash.
    if (!(error instanceof UsageError)) throw error;
    expect(error.message.startsWith(`${file}: `), error.message).toBe(true);
    expect(error.message).not.toContain('\n');
    return error.message.slice(file.length + 2);
  }
}

/** The library's view of a file. */
function treeOf(bytes: Buffer): { readonly nodeCount: number; readonly searchTreeSize: number } {
  return new Reader<MmdbResponse>(bytes).metadata;
}

/** Where the values begin. */
function valuesOf(bytes: Buffer): number {
  return treeOf(bytes).searchTreeSize + 16;
}

function withMetadata(more: MmdbMetadata['more']): Buffer {
  return whole(more === undefined ? {} : { more });
}

function withValue(value: MmdbValue, metadata?: MmdbMetadata): Buffer {
  return Buffer.from(writeMmdb([...entries, ['203.0.113.0/24', value]], metadata));
}

describe('files that are none', () => {
  it('are named', () => {
    expect(() => readOwners(join(directory, 'none.mmdb'))).toThrow(/none\.mmdb: there is no such file$/);
    expect(() => readOwners(directory)).toThrow('is a directory');
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(() => readOwners(pipe)).toThrow('is no regular file');
    writeFileSync(file, '');
    expect(() => readOwners(join(file, 'below'))).toThrow('cannot be read');
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'is empty'],
    ['text', Buffer.from('network,asn\n192.0.2.0/24,64500\n'), 'is no MaxMind DB file, or cut short'],
    ['gzip', gzipSync(whole()), 'unpack it with gunzip'],
    ['ZIP', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(300)]), 'is a ZIP archive'],
    ['tar', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar'), Buffer.alloc(250)]), 'is a tar archive'],
    ['the marker only', metadataMarker, 'value at byte 14 is missing'],
    [
      'a marker too far from the end',
      Buffer.concat([whole(), Buffer.alloc(1 << 17)]),
      'no metadata at its end',
    ],
  ])('%s', (_, bytes, message) => {
    expect(mistakeIn(bytes)).toContain(message);
  });

  it('or too large', () => {
    expect(mistakeIn(whole())).toBeUndefined();
    const size = whole().length;
    expect(readOwners(file, size).byteLength).toBe(size);
    expect(() => readOwners(file, size - 1)).toThrow(`has ${size} bytes, and ${size - 1} are read at most`);
    expect(LARGEST_DATABASE).toBe(2 ** 30);
  });
});

describe('metadata', () => {
  it.each([
    ['binary_format_major_version', { binary_format_major_version: 3 }, 'is 3, and not 2'],
    ['ip_version', { ip_version: undefined }, 'is missing, and neither 4 nor 6'],
    ['record_size', { record_size: 30 }, 'is 30, and not 24, 28 or 32'],
    ['node_count', { node_count: 0 }, 'is 0, and not 1 or more'],
    ['node_count', { node_count: 'many' }, 'is a string'],
    ['node_count', { node_count: 100_000 }, 'is 100000, which takes more bytes than there are'],
  ])('%s %j', (key, more, message) => {
    expect(mistakeIn(withMetadata(more))).toContain(`its ${key} ${message}`);
  });

  it('that is no map', () => {
    const text = Buffer.from([0x41, 0x78]);
    expect(mistakeIn(Buffer.concat([whole(), metadataMarker, text]))).toContain('its metadata is no map');
  });

  it('of another tree: sizes that do not fit', () => {
    expect(mistakeIn(withMetadata({ record_size: 24 }))).toContain('is damaged');
    expect(mistakeIn(withMetadata({ node_count: 40 }))).toContain('is damaged');
  });
});

describe('databases of something else', () => {
  it('are named by their type', () => {
    const other = writeMmdb([['192.0.2.0/24', { is_anonymous: true }]], { type: 'GeoIP2-Anonymous-IP\n' });
    expect(mistakeIn(other)).toMatch(/^has neither AS numbers nor countries \(GeoIP2-Anonymous-IP\?\)/);
    expect(mistakeIn(writeMmdb([]))).toMatch(/^has neither/);
  });

  it.each([
    ['autonomous_system_number', { autonomous_system_number: { of: 1 } }],
    ['asn', { asn: true }],
    ['autonomous_system_organization', { autonomous_system_organization: 7 }],
    ['name', { asn: 1, name: ['x'] }],
    ['country_code', { country_code: 7 }],
    ['country', { country: 7 }],
    ['country.iso_code', { country: { iso_code: ['IE'] } }],
    ['registered_country.iso_code', { registered_country: { iso_code: 1.5 } }],
  ])('or fields of other types: %s', (field, value) => {
    expect(mistakeIn(withValue(value))).toMatch(
      new RegExp(`^${field} of the value at byte \\d+ has a type of no known database$`),
    );
  });
});

describe.each([24, 28, 32] as const)('the search tree, with records of %i bits', (recordSize) => {
  /** Sets the left record of a node of our own tree: all bits of it. */
  function withRecord(node: number, record: number): Buffer {
    const bytes = whole({ recordSize });
    const at = (node * recordSize) / 4;
    if (recordSize === 32) bytes.writeUInt32BE(record, at);
    else bytes.writeUIntBE(record % 2 ** 24, at, 3);
    if (recordSize === 28) bytes[at + 3] = (bytes[at + 3] & 15) | ((record / 2 ** 24) << 4);
    return bytes;
  }

  it('points into the separator, or beyond the values', () => {
    const { nodeCount } = treeOf(whole({ recordSize }));
    for (const record of [nodeCount + 1, nodeCount + 15, 2 ** recordSize - 1])
      expect(mistakeIn(withRecord(2, record))).toMatch(
        /node 2 of its search tree points to byte \d+, outside its values/,
      );
  });

  it('has a cycle, of one node or of many', () => {
    for (const to of [0, 1, 2]) expect(mistakeIn(withRecord(2, to))).toContain('has a cycle');
  });

  it('is not followed by zeros', () => {
    const bytes = whole({ recordSize });
    bytes[treeOf(bytes).searchTreeSize + 15] = 1;
    expect(mistakeIn(bytes)).toContain('what follows its search tree are not 16 zeros');
  });
});

describe('values', () => {
  /** A value of bytes as they are: an entry whose text is replaced by them. */
  function withBytes(...bytes: readonly number[]): Buffer {
    const mark = 'm'.repeat(bytes.length - 1);
    const all = withValue(mark, { pointers: false });
    all.set(bytes, all.indexOf(mark) - 1);
    return all;
  }
  const map1 = 0xe1;
  const key = [0x41, 0x61];

  it.each([
    [
      'a pointer behind the section',
      [map1, ...key, 0x38, 255, 255, 255, 255],
      'is pointed at, and lies behind',
    ],
    ['a text that reaches beyond it', [map1, ...key, 0x5f, 255, 255, 255, 0], 'reaches beyond its section'],
    ['a list of 16 million', [0x1f, 4, 255, 255, 255, 0xc0, 0xc0, 0xc0], 'is damaged'],
    ['a key that is a number', [map1, 0xa1, 1, 0xa1, 1, 0, 0, 0], 'is a key of a map, and no text'],
    ['an unknown type', [0, 9, 0, 0, 0, 0, 0, 0], 'has the unknown type 16'],
    ['an end marker', [0, 6, 0, 0, 0, 0, 0, 0], 'has the unknown type 13'],
    ['a map as an extended type', [1, 0, 0, 0, 0, 0, 0, 0], 'has an extended type that is none'],
    ['a double of 4 bytes', [0x64, 0, 0, 0, 0, 0, 0, 0], 'has 4 bytes, which its type 3 cannot have'],
    ['an integer of 32 bits in 5 bytes', [0xc5, 0, 0, 0, 0, 1, 0, 0], 'has 5 bytes, which its type 6'],
    ['a boolean of 2', [2, 7, 0, 0, 0, 0, 0, 0], 'is a boolean that is neither 0 nor 1'],
  ])('%s', (_, bytes, message) => {
    expect(mistakeIn(withBytes(...bytes))).toContain(message);
  });

  it('nested too deeply', () => {
    const nested = (depth: number): MmdbValue => (depth === 0 ? 1 : { a: nested(depth - 1) });
    expect(mistakeIn(withValue(nested(DEEPEST_VALUE)))).toBeUndefined();
    expect(mistakeIn(withValue(nested(DEEPEST_VALUE + 1)))).toContain('is nested too deeply');
  });

  it('that point at themselves', () => {
    const all = withBytes(map1, ...key, 0x38, 0, 0, 0, 0);
    const at = all.indexOf(Buffer.from([map1, ...key, 0x38]));
    for (const place of [at, at + 3]) {
      all.writeUInt32BE(place - valuesOf(all), at + 4);
      expect(mistakeIn(all)).toContain('is nested too deeply, or points at itself');
    }
  });

  it('that are small, and large with all that they point to', () => {
    // Lists of 30 times one list, and so on: some 200 bytes for each level.
    const lists = (levels: number): MmdbValue => {
      const inner = levels === 0 ? 'some text' : lists(levels - 1);
      return Array.from({ length: 30 }, () => inner);
    };
    expect(mistakeIn(withValue({ a: lists(1) }))).toBeUndefined();
    const all = withValue({ a: lists(2) });
    expect(all.length).toBeLessThan(LARGEST_VALUE / 8);
    expect(mistakeIn(all)).toContain(`is part of one of more than ${LARGEST_VALUE} bytes`);
  });

  it('that lie in each other, so that the same bytes would be read many times', () => {
    const levels = 40;
    let nested: MmdbValue = 'x'.repeat(60_000);
    for (let i = 0; i < levels; i++) nested = [nested];
    const others = Array.from({ length: levels }, (_, i): [string, MmdbValue] => [`10.0.0.${i}`, `${i}`]);
    const all = Buffer.from(
      writeMmdb([['192.0.2.0/24', nested], ...others], { recordSize: 32, ipVersion: 4 }),
    );
    expect(mistakeIn(all)).toContain('has neither');
    // Each record of the others points to another level.
    const { nodeCount, searchTreeSize } = treeOf(all);
    const outermost = all.indexOf(Buffer.from([1, 4, 1, 4, 1, 4])) - valuesOf(all);
    let level = 0;
    for (let at = 0; at < searchTreeSize; at += 4)
      if (all.readUInt32BE(at) > nodeCount) all.writeUInt32BE(nodeCount + 16 + outermost + 2 * level++, at);
    expect(level).toBe(levels + 1);
    expect(mistakeIn(all)).toContain('lies in others, as do too many');
  });
});

describe('any bytes', () => {
  it('cut anywhere, the file is refused', () => {
    for (const recordSize of [24, 28, 32] as const) {
      const bytes = whole({ recordSize });
      for (let length = 0; length < bytes.length; length++)
        expect(mistakeIn(bytes.subarray(0, length)), `${length} bytes`).toBeDefined();
    }
  });

  it('with every byte changed: refused, or read, and then look-ups answer', () => {
    const owner: Owner = { asn: 0, asOrg: '', country: '' };
    const addresses = ['c0000201', 'c6336401', 'cb007101'].map((hex) =>
      Buffer.from(`00000000000000000000ffff${hex}`, 'hex'),
    );
    addresses.push(Buffer.from('20010db8000000000000000000000001', 'hex'));
    let refused = 0;
    let read = 0;
    for (const recordSize of [24, 28, 32] as const) {
      const bytes = whole({ recordSize });
      for (let at = 0; at < bytes.length; at++)
        for (const change of [0x01, 0x80, 0xff]) {
          bytes[at] ^= change;
          const damaged = mistakeIn(bytes) !== undefined;
          if (damaged) refused++;
          else {
            read++;
            const owners = new Owners([readOwners(file)]);
            for (const address of addresses) owners.find(address, owner);
            expect(owners.damaged, `byte ${at}`).toBe(0);
            expect(owner.country).toMatch(/^(?:[A-Z]{2})?$/);
          }
          bytes[at] ^= change;
        }
    }
    expect(refused).toBeGreaterThan(read / 4);
    expect(read).toBeGreaterThan(100);
  });

  it('changed after they were checked: look-ups do not throw, and count', () => {
    writeFileSync(file, whole());
    const memory = readOwners(file);
    const owners = new Owners([memory]);
    const bytes = Buffer.from(memory);
    bytes.fill(0xff, bytes.indexOf('autonomous_system_number') - 2, bytes.lastIndexOf(metadataMarker));
    const owner: Owner = { asn: 1, asOrg: 'before', country: 'XX' };
    owners.find(Buffer.from('00000000000000000000ffffc0000201', 'hex'), owner);
    expect(owner).toEqual({ asn: 0, asOrg: '', country: '' });
    expect(owners.damaged).toBe(1);
  });
});
