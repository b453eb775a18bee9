/** Owners of addresses from databases as each provider makes them. All are our own, with made-up owners. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { Reader } from 'mmdb-lib';
import { afterAll, describe, expect, it } from 'vitest';
import { type MmdbMetadata, type MmdbValue, writeMmdb } from '../../lab/mmdb-writer.js';
import { LONGEST_ORGANISATION } from '../../src/networks/owner-fields.js';
import { type Owner, Owners, REMEMBERED_VALUES, readOwners } from '../../src/networks/owners.js';
import { formatIp, parseAddress } from '../../src/wire/ip/addresses.js';

type Entry = readonly [string, MmdbValue];

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-owners-'));
let files = 0;
afterAll(() => rmSync(directory, { recursive: true }));

function read(entries: readonly Entry[], metadata?: MmdbMetadata): SharedArrayBuffer {
  const file = join(directory, `${files++}.mmdb`);
  writeFileSync(file, writeMmdb(entries, metadata));
  return readOwners(file);
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  expect(parseAddress(text, bytes, 0), text).not.toBe(0);
  return bytes;
}

function find(owners: Owners, address: string): Owner {
  // What was there before must go.
  const owner: Owner = { asn: 1, asOrg: 'before', country: 'XX' };
  owners.find(bytesOf(address), owner);
  return owner;
}

function ownerOf(address: string, ...databases: readonly SharedArrayBuffer[]): Owner {
  const owners = new Owners(databases);
  const owner = find(owners, address);
  // Remembered now, and the same.
  expect(find(owners, address)).toEqual(owner);
  expect(owners.damaged).toBe(0);
  return owner;
}

const nobody: Owner = { asn: 0, asOrg: '', country: '' };
const names = { en: 'Ireland', de: 'Irland', fr: 'Irlande', ja: 'アイルランド' };

describe('layouts', () => {
  const layouts: [string, MmdbValue, Partial<Owner>][] = [
    [
      'GeoLite2-ASN, DB-IP ASN Lite, ip-location-db',
      { autonomous_system_number: 64_500, autonomous_system_organization: 'Example Ltd' },
      { asn: 64_500, asOrg: 'Example Ltd' },
    ],
    ['an AS without a name', { autonomous_system_number: 4_294_967_295 }, { asn: 4_294_967_295 }],
    [
      'GeoLite2-Country, DB-IP Country Lite',
      {
        continent: { code: 'EU', geoname_id: 6_255_148, names },
        country: { geoname_id: 2_963_597, is_in_european_union: true, iso_code: 'IE', names },
        registered_country: { geoname_id: 6_252_001, iso_code: 'US', names },
      },
      { country: 'IE' },
    ],
    [
      'the country an address is registered in, where there is no other',
      { registered_country: { geoname_id: 1, iso_code: 'US', names } },
      { country: 'US' },
    ],
    [
      'GeoLite2-City, DB-IP City Lite',
      {
        city: { geoname_id: 2_964_574, names },
        continent: { code: 'EU', names },
        country: { iso_code: 'IE', names },
        location: { accuracy_radius: 20, latitude: 53.33, longitude: -6.25, time_zone: 'Europe/Dublin' },
        postal: { code: 'D02' },
        subdivisions: [{ iso_code: 'L', names }],
      },
      { country: 'IE' },
    ],
    ['a continent only', { continent: { code: 'EU', names } }, {}],
    [
      'GeoIP2 Enterprise, DB-IP ISP',
      {
        country: { iso_code: 'IE' },
        traits: { autonomous_system_number: 64_500, autonomous_system_organization: 'Example', isp: 'Other' },
      },
      { asn: 64_500, asOrg: 'Example', country: 'IE' },
    ],
    [
      'IPinfo Lite',
      {
        as_domain: 'example.com',
        as_name: 'Example Ltd',
        asn: 'AS64500',
        continent: 'Europe',
        continent_code: 'EU',
        country: 'Ireland',
        country_code: 'IE',
      },
      { asn: 64_500, asOrg: 'Example Ltd', country: 'IE' },
    ],
    [
      'IPinfo Lite, of an address without an AS',
      { as_domain: '', as_name: '', asn: '', country: 'Ireland', country_code: 'IE' },
      { country: 'IE' },
    ],
    [
      'IPinfo country_asn',
      { as_domain: 'example.com', as_name: '', asn: 'AS64500', country: 'IE', country_name: 'Ireland' },
      { asn: 64_500, asOrg: 'example.com', country: 'IE' },
    ],
    [
      'IPinfo ASN',
      { asn: 'AS64500', domain: 'example.com', name: 'Example Ltd', route: '192.0.2.0/24', type: 'hosting' },
      { asn: 64_500, asOrg: 'Example Ltd' },
    ],
    [
      'IPLocate',
      { asn: 64_500, country_code: 'IE', name: 'EXAMPLE-AS', org: 'Example Ltd', domain: 'example.com' },
      { asn: 64_500, asOrg: 'Example Ltd', country: 'IE' },
    ],
    ['ip-location-db, countries', { country_code: 'IE' }, { country: 'IE' }],
    ['names that are not of an AS', { name: 'Hotel', org: 'Someone', country_code: 'IE' }, { country: 'IE' }],
    ['numbers of 64 bits', { autonomous_system_number: 64_500n }, { asn: 64_500 }],
  ];
  /** So that a file whose other values say nothing is read. */
  const other: Entry = ['198.51.100.0/24', { asn: 1 }];

  it.each(layouts)('%s', (_, value, owner) => {
    const database = read([['192.0.2.0/24', value], other]);
    expect(ownerOf('192.0.2.1', database)).toEqual({ ...nobody, ...owner });
    expect(ownerOf('192.0.3.1', database)).toEqual(nobody);
  });

  const unknown: [string, MmdbValue][] = [
    ['text', 'cn'],
    ['a list', ['cn', 'private']],
    ['an empty map', {}],
    [
      'countries of three letters, with digits, or none',
      { country_code: 'IRL', country: { iso_code: 'T1' } },
    ],
    ['a country that is no code', { country: 'Ireland' }],
    [
      'AS numbers that are too large, negative, or words',
      { asn: 'AS4294967296', autonomous_system_number: -5 },
    ],
    ['words for an AS', { asn: 'AS64500 Example' }],
    [
      'a key that JavaScript has for itself',
      JSON.parse('{"__proto__": {"country_code": "IE"}}') as MmdbValue,
    ],
  ];
  it.each(unknown)('nothing of %s', (_, value) => {
    expect(ownerOf('192.0.2.1', read([['192.0.2.0/24', value], other]))).toEqual(nobody);
  });

  it('countries in small letters are written in capitals', () => {
    expect(ownerOf('192.0.2.1', read([['192.0.2.0/24', { country_code: 'ie' }]])).country).toBe('IE');
  });
});

describe('names of organisations', () => {
  const named = (name: string) =>
    ownerOf('192.0.2.1', read([['192.0.2.0/24', { asn: 64_500, as_name: name }]])).asOrg;

  it('lose control characters and separators of lines', () => {
    expect(named(' \u001b[31mEvil\u0000\n\u009b Ltd\u2028\u007f ')).toBe('[31mEvil Ltd');
  });

  it.each(['x', 'é', '北', '😀'])('end at 256 bytes, with a whole character: %s', (character) => {
    const name = named(character.repeat(400));
    const size = Buffer.byteLength(character);
    expect(Buffer.byteLength(name)).toBe(Math.floor(LONGEST_ORGANISATION / size) * size);
    expect(name).toBe(character.repeat(name.length / character.length));
  });
});

describe('several files', () => {
  const countries = read([['192.0.2.0/24', { country_code: 'IE' }]]);
  it('each gives what it has, the first that knows a field wins', () => {
    const asns = read([
      ['192.0.2.0/24', { asn: 64_500, as_name: 'Example Ltd', country: 'US' }],
      ['198.51.100.0/24', { asn: 64_501 }],
    ]);
    expect(ownerOf('192.0.2.1', countries, asns)).toEqual({
      asn: 64_500,
      asOrg: 'Example Ltd',
      country: 'IE',
    });
    expect(ownerOf('192.0.2.1', asns, countries)).toEqual({
      asn: 64_500,
      asOrg: 'Example Ltd',
      country: 'US',
    });
    expect(ownerOf('198.51.100.1', countries, asns)).toEqual({ asn: 64_501, asOrg: '', country: '' });
    expect(ownerOf('203.0.113.1', countries, asns)).toEqual(nobody);
  });

  it('an organisation stays with its AS', () => {
    const numbers = read([['192.0.2.0/24', { asn: 64_500 }]]);
    const others = read([['192.0.2.0/24', { asn: 64_999, as_name: 'Other' }]]);
    const same = read([['192.0.2.0/24', { asn: 64_500, as_name: 'Same' }]]);
    const unnumbered = read([['192.0.2.0/24', { as_name: 'Unnumbered' }]]);
    expect(ownerOf('192.0.2.1', numbers, others)).toMatchObject({ asn: 64_500, asOrg: '' });
    expect(ownerOf('192.0.2.1', numbers, others, same)).toMatchObject({ asn: 64_500, asOrg: 'Same' });
    expect(ownerOf('192.0.2.1', numbers, unnumbered)).toMatchObject({ asn: 64_500, asOrg: 'Unnumbered' });
  });

  it('none know nobody', () => {
    expect(ownerOf('192.0.2.1')).toEqual(nobody);
  });
});

describe('addresses', () => {
  const asn = (n: number) => ({ autonomous_system_number: n });
  const four: Entry[] = [
    ['192.0.2.0/24', asn(1)],
    ['0.0.0.0/8', asn(2)],
  ];
  const six: Entry[] = [
    ['2001:db8::/32', asn(6)],
    ['c000:200::/24', asn(7)],
  ];
  const asnOf = (address: string, database: SharedArrayBuffer) => ownerOf(address, database).asn;

  describe.each([24, 28, 32] as const)('records of %i bits', (recordSize) => {
    it('trees of IPv4: an IPv6 address is not in it, whatever its first bits', () => {
      const database = read(four, { recordSize, ipVersion: 4 });
      expect(asnOf('192.0.2.255', database)).toBe(1);
      expect(asnOf('c000:0200::1', database)).toBe(0);
      expect(asnOf('::1', database)).toBe(0);
    });

    it('trees of IPv6 with IPv4 in ::/96', () => {
      const database = read([...four, ...six], { recordSize });
      expect(asnOf('192.0.2.1', database)).toBe(1);
      expect(asnOf('::ffff:192.0.2.1', database)).toBe(1);
      expect(asnOf('2001:db8::1', database)).toBe(6);
      expect(asnOf('c000:0200::1', database)).toBe(7);
      expect(asnOf('2002:c000:201::1', database)).toBe(0);
    });

    it('aliases: 6to4 and Teredo addresses are of who has the IPv4 address', () => {
      const database = read([...four, ...six], { recordSize, aliases: true });
      expect(asnOf('192.0.2.1', database)).toBe(1);
      expect(asnOf('2002:c000:201::1', database)).toBe(1);
      expect(asnOf('2001:0:c000:201::1', database)).toBe(1);
      expect(asnOf('2001:db8::1', database)).toBe(6);
    });

    it('IPv4 at ::ffff:0:0/96 only', () => {
      const database = read([['::ffff:192.0.2.0/120', asn(3)], ...six], { recordSize });
      expect(asnOf('192.0.2.1', database)).toBe(3);
      expect(asnOf('192.0.3.1', database)).toBe(0);
    });

    it('without IPv4', () => {
      const database = read(six, { recordSize });
      expect(asnOf('192.0.2.1', database)).toBe(0);
      expect(asnOf('2001:db8::1', database)).toBe(6);
    });

    it('one value for all', () => {
      expect(asnOf('192.0.2.1', read([['::/0', asn(9)]], { recordSize }))).toBe(9);
      expect(asnOf('192.0.2.1', read([['0.0.0.0/0', asn(9)]], { recordSize, ipVersion: 4 }))).toBe(9);
    });
  });

  it('as the library finds them, for random prefixes of both families', () => {
    const octet = fc.constantFrom(0, 1, 128, 255);
    const group = fc.constantFrom(0, 1, 0x8000, 0x2001, 0x2002, 0xffff);
    const fours = fc.array(octet, { minLength: 4, maxLength: 4 }).map((octets) => octets.join('.'));
    const sixes = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => {
      const bytes = new Uint8Array(16);
      for (const [i, word] of groups.entries()) bytes.set([word >> 8, word & 255], 2 * i);
      return formatIp(bytes, 0);
    });
    const prefixes = fc.oneof(
      fc.tuple(fours, fc.integer({ min: 1, max: 32 })),
      // ::/96 is of IPv4: the library has no other way to IPv4 addresses.
      fc.tuple(
        sixes.filter((text) => !text.startsWith('::')),
        fc.integer({ min: 12, max: 128 }),
      ),
    );
    const metadata = fc.record({ recordSize: fc.constantFrom(24, 28, 32), aliases: fc.boolean() });
    const asked = fc.array(fc.oneof(fours, sixes), { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(
        fc.array(prefixes, { minLength: 1, maxLength: 60 }),
        metadata,
        asked,
        (some, m, addresses) => {
          const entries = some.map(([address, bits], i): Entry => [`${address}/${bits}`, asn(i + 1)]);
          const database = read(entries, m);
          const reader = new Reader<{
            autonomous_system_number: number;
            autonomous_system_organization: string;
          }>(Buffer.from(database));
          const owners = new Owners([database]);
          for (const address of addresses)
            expect(find(owners, address).asn, address).toBe(
              reader.get(address)?.autonomous_system_number ?? 0,
            );
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('memory', () => {
  it('answers stay right when more values are seen than are remembered', () => {
    const count = 3 * REMEMBERED_VALUES;
    const name = (i: number) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
    const owners = new Owners([
      read(
        Array.from({ length: count }, (_, i): Entry => [name(i), { asn: i + 1, as_name: `AS ${i}` }]),
        { ipVersion: 4 },
      ),
    ]);
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < count; i++)
        expect(find(owners, name(i))).toEqual({ asn: i + 1, asOrg: `AS ${i}`, country: '' });
  });

  it('is shared: another thread looks up in the same bytes', async () => {
    const database = read([['192.0.2.0/24', { asn: 64_500, as_name: 'Example Ltd', country_code: 'IE' }]]);
    const owners = new URL('../../src/networks/owners.ts', import.meta.url).href;
    const thread = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       (async () => {
         const { register } = await import('tsx/esm/api');
         register();
         const { Owners } = await import(${JSON.stringify(owners)});
         const owner = {};
         new Owners(workerData.databases).find(workerData.address, owner);
         new Uint8Array(workerData.databases[0])[0] = 1;
         parentPort.postMessage(owner);
       })();`,
      {
        eval: true,
        workerData: { databases: [database], address: bytesOf('192.0.2.9') },
      },
    );
    const owner = await new Promise((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', reject);
    });
    await thread.terminate();
    expect(owner).toEqual({ asn: 64_500, asOrg: 'Example Ltd', country: 'IE' });
    expect(new Uint8Array(database)[0]).toBe(1);
  });
});
