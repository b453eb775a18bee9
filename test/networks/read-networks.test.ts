import { mkdirSync, mkdtempSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/model/errors.js';
import type { Network } from '../../src/model/network.js';
import { LONGEST_RECORD } from '../../src/networks/csv.js';
import { NetworkList } from '../../src/networks/network-list.js';
import { formatPrefix } from '../../src/networks/prefix-text.js';
import { LARGEST_CSV, LARGEST_YAML, readNetworks } from '../../src/networks/read-networks.js';
import { fileOf, removeFiles, rows } from './support.js';

afterEach(removeFiles);

const HEADER = 'prefix,name,site,role,tenant,vlan,vni';

/** What is wrong with a file, without its name. */
function wrong(text: string | Buffer, name = 'networks.csv'): string {
  const file = fileOf(text, name);
  try {
    readNetworks(file);
  } catch (e) {
    expect(e).toBeInstanceOf(UsageError);
    expect((e as Error).message).toMatch(/^[^\n]+$/);
    expect((e as Error).message.startsWith(file)).toBe(true);
    return (e as Error).message.slice(file.length);
  }
  throw new Error('nothing is wrong with it');
}

describe('our own CSV', () => {
  it('has seven columns', () => {
    const text = `${HEADER}
10.1.0.0/16,accounting,Berlin,users,acme,20,5001
10.2.0.0/16,lab,,,,,
2001:db8::/32,v6,,servers,,,
192.0.2.7,printer,,,,,
2001:db8::1,,,,,,
::ffff:10.3.0.0/112,mapped,,,,,
0.0.0.0/0,outside,,,,,
::/0,outside,,,,,
`;
    const file = readNetworks(fileOf(text));
    expect(file.kind).toBe('csv');
    expect(file.passedOver.size).toBe(0);
    expect(rows(file.networks)).toEqual([
      '10.1.0.0/16 accounting|Berlin|users|acme vlan 20 vni 5001',
      '10.2.0.0/16 lab|||',
      '2001:db8::/32 v6||servers|',
      '192.0.2.7/32 printer|||',
      '2001:db8::1/128 2001:db8::1/128|||',
      '10.3.0.0/16 mapped|||',
      '0.0.0.0/0 outside|||',
      '::/0 outside|||',
    ]);
    expect(file.networks[0].address).toEqual(
      Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 0, 0]),
    );
    expect(file.networks[0].bits).toBe(112);
    expect(file.networks[7].bits).toBe(0);
  });

  it('has its columns in any order and case, only those that are needed', () => {
    const text = ' Name ,PREFIX\nlab,10.0.0.0/8\n';
    expect(rows(readNetworks(fileOf(text)).networks)).toEqual(['10.0.0.0/8 lab|||']);
    expect(rows(readNetworks(fileOf('prefix\n10.0.0.0/8')).networks)).toEqual(['10.0.0.0/8 10.0.0.0/8|||']);
    expect(readNetworks(fileOf(`${HEADER}\n`)).networks).toEqual([]);
  });

  it.each([
    ['a byte order mark and CRLF', '\ufeffprefix,name\r\n10.0.0.0/8,lab\r\n'],
    ['semicolons, as of Excel in Europe', 'prefix;name\n10.0.0.0/8;lab\n'],
    ['tabs', 'prefix\tname\n10.0.0.0/8\tlab\n'],
    ['quotes', '"prefix","name"\n"10.0.0.0/8","lab"\n'],
    ['white space around values', 'prefix , name\n 10.0.0.0/8 , lab \n'],
    ['empty lines', '\nprefix,name\n\n10.0.0.0/8,lab\n,\n\n'],
    ['no newline at its end', 'prefix,name\n10.0.0.0/8,lab'],
  ])('may have %s', (_, text) => {
    expect(rows(readNetworks(fileOf(text)).networks)).toEqual(['10.0.0.0/8 lab|||']);
  });

  it('has delimiters and quotes in quotes', () => {
    const text = 'prefix,name\n10.0.0.0/8,"the ""lab"", Berlin; third floor"\n';
    expect(rows(readNetworks(fileOf(text)).networks)).toEqual([
      '10.0.0.0/8 the "lab", Berlin; third floor|||',
    ]);
  });

  it.each([
    [
      'no header',
      '10.0.0.0/8,lab\n',
      ':1: is no header line: write prefix,name,site,role,tenant,vlan,vni, or',
    ],
    ['a column that is not known', 'prefix,nmae\n', ':1: unknown columns "nmae": write some of prefix,name,'],
    ['no prefixes', '\nname,site\n', ':2: has no column prefix: write one'],
    ['a column twice', 'prefix,name,Name\n', ':1: the column name is there twice: write it once'],
    ['an empty file', '', ':1: is empty: write a header line such as prefix,name,site,role,tenant'],
    ['an empty prefix', 'prefix,name\n,lab\n', ':2: has no prefix: write one, such as 10.1.0.0/16'],
    ['no prefix', 'prefix\n10.0.0/24\n', ':2: "10.0.0/24" is no prefix: write 10.1.0.0/16, 2001:db8::/32 or'],
    ['a length too long', 'prefix\n10.0.0.0/33\n', ':2: "10.0.0.0/33" is no prefix'],
    ['a zone', 'prefix\nfe80::1%eth0\n', ':2: "fe80::1%eth0" is no prefix'],
    [
      'host bits',
      'prefix\n10.1.2.3/16\n',
      ':2: 10.1.2.3/16 has bits set behind its length: write 10.1.0.0/16, or 10.1.2.3 for that address alone',
    ],
    [
      'host bits of IPv6',
      'prefix\n2001:db8::1/32\n',
      ':2: 2001:db8::1/32 has bits set behind its length: write',
    ],
    [
      'a VLAN beyond 4094',
      'prefix,vlan\n::1,4095\n',
      ':2: vlan "4095" is wrong: write 1 to 4094, or nothing',
    ],
    ['a VLAN by name', 'prefix,vlan\n::1,users\n', ':2: vlan "users" is wrong'],
    [
      'a VNI of more than 24 bits',
      'prefix,vni\n::1,16777216\n',
      ':2: vni "16777216" is wrong: write 0 to 16777215',
    ],
    ['too few fields', 'prefix,name\n::1\n', ':2: has 1 fields, and the header has 2: write as many'],
    ['too many fields', 'prefix,name\n::1,a,b\n', ':2: has 3 fields, and the header has 2'],
    [
      'a control character',
      'prefix,name\n::1,a\u001b[2J\n',
      ':2: name "a [2J" has a control character or a line',
    ],
    ['text that is turned round', 'prefix,name\n::1,a\u202eb\n', ':2: name "a b" has a control character'],
    [
      'a line break in a name',
      'prefix,name\n::1,"a\nb"\n',
      ':2: name "a b" has a control character or a line',
    ],
    [
      'a long name',
      `prefix,name\n::1,${'é'.repeat(129)}\n`,
      `:2: name "${'é'.repeat(60)}…" is longer than 256`,
    ],
    [
      'the same twice',
      'prefix\n::1\n\n::1/128\n',
      ':4: ::1/128 is in line 2 already: write it once, or give',
    ],
    [
      'IPv4 twice, once in IPv6',
      'prefix\n10.0.0.0/8\n::ffff:10.0.0.0/104\n',
      ':3: 10.0.0.0/8 is in line 2 already',
    ],
    [
      'the same in a VLAN',
      'prefix,vlan,vni\n::,7,1\n::,7,1\n',
      ':3: ::/128 of vlan 7 of vni 1 is in line 2 already',
    ],
    ['a quote that is not closed', 'prefix,name\n::1,a\n::2,"b\n', ':3: a quote is opened and never closed'],
    ['a quote within a field', 'prefix,name\n::1,a"b\n', ':2: a quote in the middle of a field'],
    ['text behind a quote', 'prefix,name\n::1,"a"b\n', ':2: a quote in the middle of a field'],
    ['YAML', '- prefix: ::1\n', ':1: is no CSV: give a file of YAML a name that ends in .yaml'],
    ['JSON', '[{"prefix":"::1"}]\n', ':1: is no CSV: give a file of YAML a name'],
  ])('is refused for %s', (_, text, told) => {
    expect(wrong(text)).toContain(told);
  });

  it('is named with the line of the file, behind quotes with line breaks too', () => {
    const text = `prefix,name\n10.0.0.0/8,"x"\r\n"\n10.1.0.0/16\n",y\nwrong,z\n`;
    expect(wrong(text)).toContain(':6: "wrong" is no prefix');
    // Over many chunks.
    const lines = Array.from({ length: 20_000 }, (_, i) => `"10.${i >> 8}.${i & 255}.0/24","lab, ${i}"`);
    expect(wrong(`prefix,name\n${lines.join('\n')}\n10.0.0.0/24,again\n`)).toMatch(
      /^:20002: 10\.0\.0\.0\/24 is in line 2 already/,
    );
    expect(wrong(`prefix,name\n${lines.join('\n')}\n"x`)).toMatch(/^:20002: a quote is opened/);
  });

  it('may have the same prefix in other VLANs and VNIs', () => {
    const text = 'prefix,name,vlan,vni\n10.0.0.0/8,a,,\n10.0.0.0/8,b,7,\n10.0.0.0/8,c,,7\n10.0.0.0/8,d,7,7\n';
    expect(readNetworks(fileOf(text)).networks).toHaveLength(4);
  });

  it('is bounded: networks, bytes of a record', () => {
    const list = new NetworkList('f', 1);
    const words = { name: '', site: '', role: '', tenant: '', vlan: undefined, vni: undefined };
    list.add({ address: new Uint8Array(16), bits: 0, text: '' }, words, 2);
    expect(() => list.add({ address: new Uint8Array(16), bits: 1, text: '' }, words, 3)).toThrow(
      'f:3: is one more than 1 networks: write fewer, wider ones',
    );
    expect(wrong(`prefix,name\n::1,"${'x'.repeat(LONGEST_RECORD)}\n`)).toContain('is longer than 1024 KiB');
  });

  it('is what was written: any networks, as CSV and as YAML', () => {
    const text = fc
      .string({ unit: 'grapheme', maxLength: 30 })
      .map((s) => s.trim())
      .filter((s) => !/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/u.test(s) && Buffer.byteLength(s) <= 256);
    const network = fc
      .record({
        address: fc.uint8Array({ minLength: 16, maxLength: 16 }),
        v4: fc.boolean(),
        length: fc.nat(128),
        name: text.filter((s) => s !== ''),
        site: text,
        role: text,
        tenant: text,
        vlan: fc.option(fc.integer({ min: 1, max: 4094 }), { nil: undefined }),
        vni: fc.option(fc.nat(0xffffff), { nil: undefined }),
      })
      .map(({ address, v4, length, ...words }): Network => {
        if (v4) address.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]);
        const bits = v4 ? 96 + (length % 33) : length;
        for (let i = bits; i < 128; i++) address[i >> 3] &= ~(0x80 >> (i & 7));
        return { address, bits, ...words };
      });
    const key = (n: Network) => `${formatPrefix(n.address, n.bits)} ${n.vlan} ${n.vni}`;
    const columns = fc.shuffledSubarray([...HEADER.split(',')], { minLength: 7 });
    const some = fc.uniqueArray(network, { selector: key, maxLength: 40 });
    fc.assert(
      fc.property(some, columns, fc.constantFrom(',', ';', '\t', '|'), (networks, order, delimiter) => {
        const texts = networks.map(
          (n): Record<string, string> => ({
            ...Object.fromEntries(Object.entries(n).map(([k, v]) => [k, String(v ?? '')])),
            prefix: formatPrefix(n.address, n.bits),
          }),
        );
        const csv = [order, ...texts.map((t) => order.map((c) => t[c]))]
          .map((line) => line.map((field) => `"${field.replaceAll('"', '""')}"`).join(delimiter))
          .join('\r\n');
        expect(readNetworks(fileOf(csv)).networks).toEqual(networks);
        const yaml = texts.map(
          (t) => `- {${order.map((c) => `${c}: ${JSON.stringify(t[c])}`).join(', ')}}\n`,
        );
        expect(readNetworks(fileOf(yaml.join('') || '[]', 'n.yaml')).networks).toEqual(networks);
      }),
      { numRuns: 60 },
    );
  });
});

describe('our own YAML', () => {
  it('is a list of maps', () => {
    const text = `# ours
- prefix: 10.1.0.0/16
  name: accounting
  site: &berlin Berlin
  role: users
  tenant: acme
  vlan: 20
  vni: 5001
- { prefix: 10.2.0.0/16, name: 007, site: *berlin }
- { prefix: "2001:db8::", role: null, tenant: }
`;
    const file = readNetworks(fileOf(text, 'networks.YML'));
    expect(file.kind).toBe('yaml');
    expect(rows(file.networks)).toEqual([
      '10.1.0.0/16 accounting|Berlin|users|acme vlan 20 vni 5001',
      '10.2.0.0/16 007|Berlin||',
      '2001:db8::/128 2001:db8::/128|||',
    ]);
    expect(readNetworks(fileOf('[]', 'a.yaml')).networks).toEqual([]);
  });

  it.each([
    [
      'no list',
      'networks: 7\n',
      ':1: is no list of networks: write - { prefix: 10.1.0.0/16, name: accounting }',
    ],
    ['nothing', '', ':1: is no list of networks'],
    ['an item that is no map', '- { prefix: 10.0.0.0/8 }\n- 7\n', ':2: is no network: write - {'],
    [
      'an unknown key',
      '- prefix: 10.0.0.0/8\n- prefix: "::1"\n  owner: me\n',
      ':2: unknown key "owner": write some',
    ],
    ['a key twice', '- prefix: 10.0.0.0/8\n  prefix: 10.0.0.0/8\n', ':2: Map keys must be unique'],
    [
      'a list for a value',
      '- prefix: 10.0.0.0/8\n  name: [a]\n',
      ':1: name is a list or a map: write one value',
    ],
    ['no prefix', '- prefix: 10.0.0.0/8\n\n- name: a\n', ':3: has no prefix: write one'],
    [
      'host bits',
      '- { prefix: 10.0.0.1/8 }\n',
      ':1: 10.0.0.1/8 has bits set behind its length: write 10.0.0.0/8',
    ],
    ['the same twice', '- prefix: 10.0.0.0/8\n- prefix: 10.0.0.0/8\n', ':2: 10.0.0.0/8 is in line 1 already'],
    ['a line that is no YAML', '- prefix: 10.0.0.0/8\n- prefix: "\n', ':3: Missing closing "quote'],
    ['no anchor', '- { prefix: 10.0.0.0/8, name: *x }\n', ':1: there is no anchor &x before it'],
    [
      'half a surrogate pair',
      '- { prefix: 10.0.0.0/8, name: "\\ud800" }\n',
      ':1: name " " has a control character',
    ],
    ['a map that holds itself', '- &a { prefix: 10.0.0.0/8, name: *a }\n', ':1: '],
    ['nested lists', '['.repeat(100_000), ':1: is nested deeper than 32 levels'],
    [
      'aliases of aliases',
      `- &a { prefix: "::1" }\n${'- *a\n'.repeat(101)}`,
      ':102: has more than 100 aliases',
    ],
    [
      'too much',
      '- { prefix: 10.0.0.0/8 }\n'.repeat(60_000),
      ': has too much in it for YAML: write it as CSV',
    ],
  ])('is refused for %s', (_, text, told) => {
    expect(wrong(text, 'n.yaml')).toContain(told);
  });
});

describe('a file of networks', () => {
  it.each([
    [
      'UTF-16 with a mark',
      Buffer.from('\ufeffprefix,name\n', 'utf16le'),
      ': is UTF-16 text: save it as UTF-8',
    ],
    ['UTF-16 without one', Buffer.from('prefix,name\n', 'utf16le'), ': is UTF-16 text: save it as UTF-8'],
    [
      'Latin-1',
      Buffer.from('prefix,name\n::1,a\n::2,Z\u00fcrich\n', 'latin1'),
      ':3: is not UTF-8 text: save it as',
    ],
    ['a workbook', Buffer.from('504b030414000600', 'hex'), ': is a workbook: open it and save the sheet'],
    ['an old workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), ': is a workbook'],
    ['gzip', Buffer.from('1f8b0800', 'hex'), ': is compressed: decompress it first'],
  ])('is refused if it is %s', (_, bytes, told) => {
    expect(wrong(bytes)).toContain(told);
  });

  it('is a regular file of bounded size', () => {
    expect(() => readNetworks('/nowhere/n.csv')).toThrow(
      '/nowhere/n.csv: there is no such file: give the path',
    );
    const directory = join(mkdtempSync(join(tmpdir(), 'networks-')), 'n.csv');
    mkdirSync(directory);
    expect(() => readNetworks(directory)).toThrow(`${directory}: is a directory: name the file in it`);
    expect(() => readNetworks('/dev/null')).toThrow('/dev/null: is no regular file: write it to one');
    for (const [name, most, said] of [
      ['n.csv', LARGEST_CSV, '256 MiB'],
      ['n.yaml', LARGEST_YAML, '4 MiB'],
    ] as const) {
      const file = fileOf('prefix\n', name);
      // Without blocks on the disk.
      truncateSync(file, most + 1);
      expect(() => readNetworks(file)).toThrow(`${file}: is larger than ${said}: is it the right file?`);
    }
  });

  it('is read or refused in one line, whatever is in it', () => {
    const piece = fc.constantFrom(
      ...['prefix', 'name', 'vlan', ',', ';', '"', '""', '\n', '\r\n', '10.0.0.0/8', '::/0', '::1', '7', 'é'],
      ...[
        'header-network',
        'network',
        'address*',
        'netmask*',
        'Subnet',
        'Section',
        'Status',
        'Scope',
        '-',
        ': ',
      ],
      ...['- prefix: ', '{', '}', '[', ']', '&a ', '*a', '\0', '\u202e', '# x', '|', '\t', '255.0.0.0'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.constantFrom('n.csv', 'n.yaml'), (pieces, name) => {
        const file = fileOf(pieces.join(''), name);
        try {
          for (const { address, bits, name } of readNetworks(file).networks) {
            expect(address).toHaveLength(16);
            expect(bits).toBeLessThanOrEqual(128);
            expect(name).not.toBe('');
          }
        } catch (e) {
          expect(e).toBeInstanceOf(UsageError);
          expect((e as Error).message).toMatch(/^[^\p{Cc}]+$/u);
        }
      }),
      { numRuns: 1000 },
    );
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(bytes, fc.constantFrom('n.csv', 'n.yaml'), (content, name) => {
        const file = fileOf(Buffer.concat([Buffer.from('prefix,name\n'), content]), name);
        try {
          readNetworks(file);
        } catch (e) {
          expect(e).toBeInstanceOf(UsageError);
          expect((e as Error).message).toMatch(/^[^\p{Cc}]+$/u);
        }
      }),
      { numRuns: 200 },
    );
  });
});
