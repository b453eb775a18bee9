import { describe, expect, it } from 'vitest';
import { Hpack } from '../../../src/applications/http2/hpack.js';
import { DynamicTable, LargeRooms, MOST_LARGE_TABLES } from '../../../src/applications/http2/tables.js';
import { hex } from '../../support/conversation.js';

const hpack = new Hpack();

/** The fields of a block; the last is `broken` if it cannot be read to its end. */
function read(table: DynamicTable, digits: string | Uint8Array): string[] {
  const bytes = typeof digits === 'string' ? hex(digits) : digits;
  const fields: string[] = [];
  hpack.begin(table, bytes, 0, bytes.length);
  while (hpack.next()) {
    const name = Buffer.from(hpack.nameBytes.subarray(hpack.nameAt, hpack.nameEnd)).toString('latin1');
    const value = Buffer.from(hpack.valueBytes.subarray(hpack.valueAt, hpack.valueEnd)).toString('latin1');
    fields.push(`${name}: ${value}`);
  }
  if (hpack.isBroken) fields.push('broken');
  return fields;
}

const REQUESTS = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [
    ':method: GET',
    ':scheme: https',
    ':path: /index.html',
    ':authority: www.example.com',
    'custom-key: custom-value',
  ],
];
const RESPONSES = [
  [
    ':status: 302',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com',
  ],
  [
    ':status: 307',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com',
  ],
  [
    ':status: 200',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:22 GMT',
    'location: https://www.example.com',
    'content-encoding: gzip',
    'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
];

describe('the examples of RFC 7541, appendix C', () => {
  it('each kind of field (C.2)', () => {
    const table = new DynamicTable(new LargeRooms());
    expect(read(table, '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572')).toEqual([
      'custom-key: custom-header',
    ]);
    expect(read(table, '040c 2f73 616d 706c 652f 7061 7468')).toEqual([':path: /sample/path']);
    expect(read(table, '1008 7061 7373 776f 7264 0673 6563 7265 74')).toEqual(['password: secret']);
    expect(read(table, '82')).toEqual([':method: GET']);
    expect(table.count).toBe(1);
  });

  it('requests (C.3)', () => {
    const table = new DynamicTable(new LargeRooms());
    const blocks = [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ];
    expect(blocks.map((block) => read(table, block))).toEqual(REQUESTS);
  });

  it('requests in Huffman code (C.4)', () => {
    const table = new DynamicTable(new LargeRooms());
    const blocks = [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ];
    expect(blocks.map((block) => read(table, block))).toEqual(REQUESTS);
  });

  it('responses, with a table of 256 bytes (C.5)', () => {
    const table = new DynamicTable(new LargeRooms());
    table.resize(256);
    const blocks = [
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32
       3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
      '4803 3330 37c1 c0bf',
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970
       7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61
       6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
    ];
    expect(blocks.map((block) => read(table, block))).toEqual(RESPONSES);
    expect(table.count).toBe(3);
  });

  it('responses in Huffman code (C.6)', () => {
    const table = new DynamicTable(new LargeRooms());
    table.resize(256);
    const blocks = [
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad
       1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
      '4883 640e ffc1 c0bf',
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2
       e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ];
    expect(blocks.map((block) => read(table, block))).toEqual(RESPONSES);
  });
});

describe('the dynamic table', () => {
  it('gives up its oldest entries, whatever their sizes', () => {
    const table = new DynamicTable(new LargeRooms());
    const model: string[] = [];
    let size = 0;
    for (let i = 0; i < 2000; i++) {
      const name = `n${i}`;
      const value = 'v'.repeat((i * 37) % 400);
      read(table, Buffer.concat([Buffer.from([0x40, name.length]), Buffer.from(name), string(value)]));
      model.unshift(`${name}: ${value}`);
      size += name.length + value.length + 32;
      while (size > 4096) size -= (model.pop()?.length ?? 0) - 2 + 32;
      expect(table.count).toBe(model.length);
      const last = 61 + model.length;
      const index = last < 127 ? [0x80 | last] : [0xff, last - 127];
      expect(read(table, Uint8Array.from([...index, 0xbe]))).toEqual([model.at(-1), model[0]]);
    }
  });

  it('is emptied by what is larger than it, and by its size', () => {
    const table = new DynamicTable(new LargeRooms());
    read(table, '4001 6101 62');
    expect(read(table, '20 3f e1 1f 4001 6101 62')).toEqual(['a: b']);
    expect(table.count).toBe(1);
    expect(read(table, Buffer.concat([hex('4001 61'), string('x'.repeat(5000))])).length).toBe(1);
    expect(table.count).toBe(0);
  });

  it('may become larger, as browsers want it, while there is room for that', () => {
    const large = new LargeRooms();
    const table = new DynamicTable(large);
    const added = (n: number) => read(table, Buffer.concat([hex('4001 61'), string(`${n}`.repeat(1000))]));
    for (let i = 1; i < 6; i++) added(i);
    expect(table.count).toBe(3);
    // 65,536, and back to 4,096.
    expect(read(table, '3f e1 ff 03 be')).toEqual([`a: ${'5'.repeat(1000)}`]);
    for (let i = 6; i < 10; i++) added(i);
    expect(table.count).toBe(7);
    expect(read(table, 'c4 be')).toEqual([`a: ${'3'.repeat(1000)}`, `a: ${'9'.repeat(1000)}`]);
    expect(read(table, '3f e1 1f be')).toEqual([`a: ${'9'.repeat(1000)}`]);
    expect(table.count).toBe(3);
    expect(read(table, '3f e2 ff 03')).toEqual(['broken']);
    expect(hpack.isTooLarge).toBe(true);

    table.reset();
    const tables = Array.from({ length: MOST_LARGE_TABLES + 1 }, () => new DynamicTable(large));
    expect(tables.filter((t) => t.resize(65_536)).length).toBe(MOST_LARGE_TABLES);
    tables[0].reset();
    expect(tables.at(-1)?.resize(65_536)).toBe(true);
  });

  /** A string of up to 16 KiB. */
  function string(s: string): Buffer {
    const n = s.length - 127;
    return Buffer.concat([Buffer.from(n < 0 ? [s.length] : [127, (n & 127) | 128, n >> 7]), Buffer.from(s)]);
  }
});

it('is broken by indices, lengths, sizes and codes that cannot be', () => {
  for (const digits of [
    '80',
    'be',
    'ff ff ff ff ff 0f',
    '7f 00 01 61',
    '40 05 61',
    '40 01 61',
    '40',
    '3f e2 ff 03',
    '40 81 ff 01 61', // padding of 8 bits
    '40 84 ff ff ff ff 01 61', // the end of the string
    '40 81 00 01 61', // padding that is not of ones
    '04 7f',
  ])
    expect(read(new DynamicTable(new LargeRooms()), digits).at(-1), digits).toBe('broken');
});
