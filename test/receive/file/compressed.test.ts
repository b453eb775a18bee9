import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWith } from '../../support/needs.js';
import { Random } from '../../support/traffic/random.js';
import {
  CaptureDirectory,
  expectPackets,
  expectWhole,
  type Packet,
  pcapHeader,
  pcapPacket,
  readAll,
} from './support.js';
import { blocksOf, frameHeader, lastBlock, rawBlocks, skippableFrame } from './zstd-frames.js';

let dir: CaptureDirectory;
let capture: Buffer;
let expected: Packet[];
beforeAll(async () => {
  dir = await CaptureDirectory.make();
  const parts = [pcapHeader(true, 0xa1b2c3d4, 1)];
  for (let i = 0; i < 5000; i++) {
    // Text and noise alternate, so that the compressors use every kind of block.
    const data = Buffer.alloc(300, i % 3 === 0 ? 'x' : `packet ${i} `);
    if (i % 3 === 2) for (let k = 0; k < data.length; k++) data[k] = (i * 2654435761 + k * 40503) >>> 11;
    parts.push(pcapPacket(true, i, i, data));
  }
  capture = Buffer.concat(parts);
  expected = (await dir.read(capture)).packets;
});
afterAll(() => dir.remove());

/** Two parts of the capture, for streams of two members or frames. */
function halves(): [Buffer, Buffer] {
  const middle = capture.length >> 1;
  return [capture.subarray(0, middle), capture.subarray(middle)];
}

describe('gzip', () => {
  test('one member, several members, and zeros after them are read', async () => {
    const [a, b] = halves();
    for (const bytes of [
      gzipSync(capture),
      Buffer.concat([gzipSync(a), gzipSync(b)]),
      Buffer.concat([gzipSync(capture), Buffer.alloc(512)]),
    ]) {
      expectWhole(await dir.read(bytes), expected);
    }
  });

  test('a misleading file name does not matter', async () => {
    const path = await dir.write('plain.pcap', gzipSync(capture));
    expectPackets((await readAll(path)).packets, expected);
    expectPackets((await readAll(await dir.write('not.gz', capture))).packets, expected);
  });

  test('a stream cut short gives the packets before the cut', async () => {
    const whole = gzipSync(capture);
    const { packets, error } = await dir.read(whole.subarray(0, whole.length - 20000));
    expect(packets.length).toBeGreaterThan(1000);
    expectPackets(packets, expected.slice(0, packets.length));
    expect(error?.message).toMatch(/the gzip data ends too early, at byte \d+ of the file/);
  });

  test('a stream damaged in the middle gives the packets before the damage', async () => {
    const bytes = gzipSync(capture);
    bytes.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 64);
    const { packets, error } = await dir.read(bytes);
    expect(packets.length).toBeGreaterThan(1000);
    expect(error?.message).toMatch(/the gzip data is damaged/);
  });

  test('a capture cut before compression gives the packets before the cut', async () => {
    const { packets, error } = await dir.read(gzipSync(capture.subarray(0, 1000)));
    expect(packets).toHaveLength(3);
    expect(error?.message).toMatch(
      /at byte 972: the file ends inside a packet \(12 of 300 bytes\) \(of the uncompressed capture\)/,
    );
    expect(error?.offset).toBe(972);
  });

  test('a file compressed twice is refused', async () => {
    const { error } = await dir.read(gzipSync(gzipSync(capture)));
    expect(error?.message).toMatch(/it is compressed twice: decompress it once/);
  });

  test('a stream with nothing or no capture inside is refused', async () => {
    expect((await dir.read(gzipSync(Buffer.alloc(0)))).error?.message).toMatch(/gzip data is empty/);
    expect((await dir.read(gzipSync(Buffer.from('hello')))).error?.message).toMatch(
      /what is in the gzip data is no capture \(it starts with 68 65 6c 6c\)/,
    );
  });
});

/** Runs the zstd program, which alone can write these. */
function zstd(bytes: Buffer, ...options: string[]): Buffer {
  const { stdout, status, stderr } = spawnSync('zstd', ['-q', '-c', ...options], {
    input: bytes,
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`zstd failed: ${stderr}`);
  return stdout;
}

/** The packets that are whole in the first bytes of the capture. */
function packetsIn(bytes: number): Packet[] {
  return expected.slice(0, Math.floor((bytes - 24) / 316));
}

describeWith(['zstd'], 'zstd', () => {
  test.each([
    '-1',
    '-3',
    '-9',
    '-19',
    '--fast=5',
    '--no-check',
    '--long=24',
    '--long=27 -19',
    '--zstd=wlog=10',
    '-T2',
  ])('%s gives every packet', async (options) => {
    expectWhole(await dir.read(zstd(capture, ...options.split(' '))), expected);
  });

  test('every level can be read', async () => {
    const plain = capture.subarray(0, 24 + 500 * 316);
    for (let level = 1; level <= 22; level++) {
      const { packets, error } = await dir.read(
        zstd(plain, '--ultra', `-${level}`, `--stream-size=${plain.length}`),
      );
      expect(error).toBeUndefined();
      expectPackets(packets, expected.slice(0, 500));
    }
  });

  test('several frames are read, with skippable and empty frames between them', async () => {
    const [a, b] = halves();
    const skippable = skippableFrame(5);
    const bytes = Buffer.concat([skippable, zstd(a), skippable, zstd(Buffer.alloc(0)), zstd(b), skippable]);
    expectWhole(await dir.read(bytes, { chunk: 5000 }), expected);
  });

  test('several files with different windows are read at once', async () => {
    const window = (log: number) => [frameHeader(log), rawBlocks(capture), lastBlock()];
    const paths = await Promise.all(
      [10, 27, 20, 26].map((log) => dir.write(`window-${log}`, Buffer.concat(window(log)))),
    );
    const results = await Promise.all(paths.map((path) => readAll(path, { chunk: 30_000 })));
    for (const result of results) expectWhole(result, expected);
  });

  test('a block of one repeated byte is read', async () => {
    const data = Buffer.alloc(200_000);
    const bytes = Buffer.concat([pcapHeader(true, 0xa1b2c3d4, 1), pcapPacket(true, 1, 1, data)]);
    const { packets, error } = await dir.read(zstd(bytes));
    expect(error).toBeUndefined();
    expect(packets[0].data).toBe(data.toString('hex'));
  });

  test('a stream cut in the middle gives the packets before the cut', async () => {
    const whole = zstd(capture);
    const cut = await dir.read(whole.subarray(0, whole.length - 10000));
    expectPackets(cut.packets, expected.slice(0, cut.packets.length));
    expect(cut.packets.length).toBeGreaterThan(1000);
    expect(cut.error?.message).toMatch(/the zstd data ends too early, at byte \d+ of the file/);
  });

  test.each([1, 4])(
    'a stream without the last %i bytes of its checksum gives every packet',
    async (missing) => {
      const whole = zstd(capture);
      const { packets, error } = await dir.read(whole.subarray(0, whole.length - missing));
      expectPackets(packets, expected);
      expect(error?.message).toMatch(
        new RegExp(
          `capture: the zstd data ends too early, at byte ${whole.length - 4} of the file; the packets`,
        ),
      );
    },
  );

  test('a stream with a wrong checksum gives every packet', async () => {
    const bytes = zstd(capture);
    bytes[bytes.length - 1] ^= 1;
    const { packets, error } = await dir.read(bytes);
    expectPackets(packets, expected);
    expect(error?.message).toMatch(
      `the content of a zstd frame does not have its checksum, at byte ${bytes.length - 4} ` +
        'of the file; the packets before were read; copy it again',
    );
  });

  test('a stream with a damaged block gives every packet before it', async () => {
    const whole = zstd(capture);
    const blocks = blocksOf(whole);
    expect(blocks.length).toBeGreaterThan(10);
    for (const [n, at] of blocks.entries()) {
      const bytes = Buffer.from(whole);
      // The reserved type, which is invalid.
      bytes[at] |= 6;
      const { packets, error } = await dir.read(bytes);
      expectPackets(packets, n === 0 ? [] : packetsIn(n * 131_072));
      expect(error?.message).toContain(
        `the zstd data is damaged, at byte ${at} of the file; the packets before`,
      );
    }
  });

  test('a stream followed by something else gives every packet', async () => {
    const whole = zstd(capture);
    const { packets, error } = await dir.read(Buffer.concat([whole, Buffer.from('something else')]));
    expectPackets(packets, expected);
    expect(error?.message).toContain(
      `a frame does not start with the zstd magic number, at byte ${whole.length} of the ` +
        'file; the packets before',
    );
  });

  test('a stream damaged anywhere gives its content, or an error in one line', async () => {
    const small = expected.slice(0, 200);
    const plain = capture.subarray(0, 24 + 200 * 316);
    const random = new Random(7);
    for (const options of [['-1'], ['-19'], ['--no-check', '-5']]) {
      const whole = zstd(plain, ...options);
      for (let i = 0; i < 60; i++) {
        const bytes = Buffer.from(whole);
        for (let n = random.int(1, 3); n > 0; n--)
          bytes[random.int(0, bytes.length - 1)] ^= 1 << random.int(0, 7);
        // Any other error is thrown.
        const { packets, error } = await dir.read(bytes);
        if (error !== undefined) expect(error.message).not.toContain('\n');
        else if (!options.includes('--no-check')) expectPackets(packets, small);
      }
    }
  });

  test('a window that takes too much memory is refused before it is allocated', async () => {
    const header = Buffer.concat([frameHeader(31), lastBlock()]);
    const { error } = await dir.read(header);
    expect(error?.message).toMatch(
      /zstd window of 2147483648 bytes is larger than 134217728: decompress it .* zstd -d --long=31$/,
    );
  });

  test('a stream compressed with a dictionary is reported as such', async () => {
    const dictionary = await dir.write('dictionary', capture.subarray(0, 30_000));
    const { error } = await dir.read(zstd(capture, '-D', dictionary));
    // A dictionary without an id: zstd cannot tell the stream from damage.
    expect(error?.message).toMatch(/the zstd data is damaged, at byte \d+ of the file/);
    const numbered = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 0, 77, 1, 0, 0]);
    expect((await dir.read(numbered)).error?.message).toMatch(
      /it was compressed with a dictionary: decompress it first with zstd -d -D DICTIONARY$/,
    );
  });
});
