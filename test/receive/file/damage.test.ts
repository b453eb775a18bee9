import { chmod } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  block,
  CaptureDirectory,
  enhancedPacket,
  interfaceDescription,
  pcapHeader,
  pcapPacket,
  readAll,
  sectionHeader,
} from './support.js';

let dir: CaptureDirectory;
beforeAll(async () => {
  dir = await CaptureDirectory.make();
});
afterAll(() => dir.remove());

const DATA = Buffer.alloc(50, 0xab);
const PCAP = Buffer.concat([
  pcapHeader(true, 0xa1b2c3d4, 1),
  pcapPacket(true, 1, 1, DATA),
  pcapPacket(true, 2, 2, DATA),
]);
const PCAPNG = Buffer.concat([
  sectionHeader(true),
  interfaceDescription(true, 1, { name: 'eth0' }),
  enhancedPacket(true, 0, 1n, DATA),
  enhancedPacket(true, 0, 2n, DATA),
]);

describe('a file that is no capture', () => {
  test.each([
    ['empty', Buffer.alloc(0), /capture: it is empty/],
    [
      'text',
      Buffer.from('hello, world'),
      /it is no capture \(it starts with 68 65 6c 6c\): pcap and pcapng can be read/,
    ],
    ['two bytes', Buffer.from('ab'), /it is no capture \(it starts with 61 62\)/],
    [
      'xz',
      Buffer.from('fd377a585a0000', 'hex'),
      /compressed with xz: pipe it in with xz -dc … \| mirrorlake read -/,
    ],
    ['bzip2', Buffer.from('BZh91AY'), /compressed with bzip2/],
    [
      'a version not known',
      pcapHeader(true, 0xa1b2c3d4, 1).fill(9, 4, 5),
      /at byte 4: pcap version 9.4 is not known/,
    ],
  ])('is refused: %s', async (_, bytes, message) => {
    const { packets, error } = await dir.read(bytes);
    expect(packets).toEqual([]);
    expect(error?.message).toMatch(message);
    expect(error?.message).not.toContain('\n');
  });

  test('is refused if it is missing or a directory', async () => {
    const missing = await readAll(dir.file('nowhere.pcap'));
    expect(missing.error?.message).toMatch(
      /nowhere\.pcap: cannot open it: there is no such file; check the path$/,
    );
    expect(missing.error?.cause).toMatchObject({ code: 'ENOENT' });
    expect((await readAll(dir.path)).error?.message).toMatch(
      /it is a directory; name the capture files in it$/,
    );
  });

  test('is named without control characters', async () => {
    const { error } = await readAll('/no/such\n\x1b[31mcapture');
    expect(error?.message).toMatch(/^\/no\/such\?\?\[31mcapture: cannot open it/);
  });

  test('is refused if it may not be read', async () => {
    const path = await dir.write('secret.pcap', PCAP);
    await chmod(dir.path, 0o755);
    await chmod(path, 0);
    const root = process.geteuid?.() === 0;
    const NOBODY = 65534;
    // Root may read everything.
    if (root) process.seteuid?.(NOBODY);
    try {
      expect((await readAll(path)).error?.message).toMatch(/cannot open it: permission denied/);
    } finally {
      if (root) process.seteuid?.(0);
    }
  });
});

describe('a file cut at any byte gives the whole packets before, and an error with the place', () => {
  test('pcap', async () => {
    const packet = 16 + DATA.length;
    for (let n = 1; n < PCAP.length; n++) {
      const { packets, error } = await dir.read(PCAP.subarray(0, n));
      const whole = n < 24 ? 0 : Math.floor((n - 24) / packet);
      expect(packets).toHaveLength(whole);
      if (n >= 24 && (n - 24) % packet === 0) expect(error).toBeUndefined();
      else {
        expect(error?.offset).toBe(n < 24 ? n : 24 + whole * packet);
        expect(error?.message).toMatch(/the file ends inside (its header|a packet|a packet header) \(/);
      }
    }
  });

  test('pcapng', async () => {
    const ends = [28, 28 + 32, 28 + 32 + 84, 28 + 32 + 84 * 2];
    expect(PCAPNG).toHaveLength(ends[3]);
    for (let n = 1; n < PCAPNG.length; n++) {
      const { packets, error } = await dir.read(PCAPNG.subarray(0, n));
      expect(packets).toHaveLength(n >= ends[2] ? 1 : 0);
      if (ends.includes(n)) expect(error).toBeUndefined();
      else {
        expect(error?.offset).toBe(n < 4 ? n : Math.max(0, ...ends.filter((end) => end < n)));
        expect(error?.message).toMatch(/the file ends inside (its header|a block|a block header) \(/);
      }
    }
  });

  test('pcapng, inside a block that is skipped', async () => {
    const long = block(true, 0xbad, (b) => b.raw(Buffer.alloc(600_000)));
    const { packets, error } = await dir.read(Buffer.concat([PCAPNG, long.subarray(0, 500_000)]));
    expect(packets).toHaveLength(2);
    expect(error?.offset).toBe(PCAPNG.length);
    expect(error?.message).toMatch(/the file ends inside a block \(500000 of 600012 bytes\)/);
  });
});

describe('impossible numbers', () => {
  const bad = (b: Buffer) => dir.read(Buffer.concat([PCAPNG, b]));
  const patched = (at: number, value: number) => {
    const b = Buffer.from(enhancedPacket(true, 0, 3n, DATA));
    b.writeUInt32LE(value, at);
    return b;
  };

  test('pcap: the length of a packet', async () => {
    const bytes = Buffer.concat([PCAP, pcapPacket(true, 3, 3, DATA)]);
    bytes.writeUInt32LE(0xdeadbeef, PCAP.length + 8);
    const { packets, error } = await dir.read(bytes);
    expect(packets).toHaveLength(2);
    expect(error?.offset).toBe(PCAP.length);
    expect(error?.message).toMatch(
      /a packet of 3735928559 bytes cannot be \(262144 is the limit\); the packets before were read; copy/,
    );
  });

  test.each([
    ['block length 8', patched(4, 8), 4, /a block of 8 bytes cannot be/],
    ['block length not a multiple of 4', patched(4, 85), 4, /a block of 85 bytes cannot be/],
    ['block length beyond the limit', patched(4, 0x7ffffffc), 4, /a block of 2147483644 bytes cannot be/],
    ['the two lengths differ', patched(80, 88), 80, /a block of 84 bytes ends with the length 88/],
    ['unknown interface', patched(8, 7), 0, /a packet names interface 7, but 1 are described before it/],
    [
      'packet longer than its block',
      patched(20, 60),
      0,
      /a packet of 60 bytes cannot be \(its block has room for 52\)/,
    ],
    [
      'packet longer than any',
      patched(20, 300000),
      0,
      /a packet of 300000 bytes cannot be \(262144 is the limit\)/,
    ],
    ['packet block without its fields', block(true, 6, (b) => b.u32(0)), 0, /shorter than its fields/],
    [
      'obsolete packet block without its fields',
      block(true, 2, (b) => b.u32(0)),
      0,
      /shorter than its fields/,
    ],
    ['simple packet block without its fields', block(true, 3, (b) => b), 0, /shorter than its fields/],
    ['interface without its fields', block(true, 1, (b) => b.u32(1)), 0, /shorter than its fields/],
    [
      'option past its block',
      block(true, 1, (b) => b.u32(1).u32(0).u16(2).u16(40)),
      0,
      /option runs past its block/,
    ],
    [
      'section without its fields',
      block(true, 0x0a0d0d0a, (b) => b.u32(0x1a2b3c4d)),
      0,
      /shorter than its fields/,
    ],
    [
      'section of another version',
      block(true, 0x0a0d0d0a, (b) => b.u32(0x1a2b3c4d).u16(2).u16(0).i64(-1n)),
      12,
      /pcapng version 2.0/,
    ],
    [
      'section without byte order',
      block(true, 0x0a0d0d0a, (b) => b.u32(1).u32(1).i64(-1n)),
      8,
      /0x01000000 is no byte-order magic/,
    ],
  ])('pcapng: %s', async (_, bytes, at, message) => {
    const { packets, error } = await bad(bytes);
    expect(packets).toHaveLength(2);
    expect(error?.offset).toBe(PCAPNG.length + at);
    expect(error?.message).toMatch(message);
  });

  test('pcapng: a packet before any interface', async () => {
    const { error } = await dir.read(Buffer.concat([sectionHeader(true), block(true, 3, (b) => b.u32(0))]));
    expect(error?.message).toMatch(/a packet names interface 0, but 0 are described/);
  });
});

describe('fuzz: changed captures give packets or a CaptureError, never anything else', () => {
  const change = fc.record({ at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) });
  const run = async (seed: Buffer, runs: number) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.nat(),
        fc.integer({ min: 1, max: 200 }),
        async (changes, cut, chunk) => {
          const bytes = Buffer.from(seed);
          for (const { at, value } of changes) bytes[at % bytes.length] = value;
          const { packets, error } = await dir.read(bytes.subarray(0, bytes.length - (cut % 20)), { chunk });
          expect(packets.length).toBeLessThan(10000);
          expect(error?.message ?? '').not.toMatch(/\n|undefined|NaN/);
        },
      ),
      { numRuns: runs },
    );
  };

  test('pcap', () => run(PCAP, 200));
  test('pcapng', () => run(PCAPNG, 400));
  test('gzip', () => run(gzipSync(PCAP), 200));
  // One frame with an RLE block and a raw block: the header is 5 + 1 bytes, blocks have 3-byte headers.
  const raw = (bytes: Buffer, last: number) =>
    Buffer.concat([Buffer.from([last | ((bytes.length << 3) & 0xff), bytes.length >> 5, 0]), bytes]);
  const zstd = Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x40]),
    raw(PCAP, 0),
    Buffer.from([0x02 | ((50 << 3) & 0xff), 50 >> 5, 0, 0]),
    raw(PCAP.subarray(24), 1),
  ]);
  test('zstd', () => run(zstd, 200));
});
