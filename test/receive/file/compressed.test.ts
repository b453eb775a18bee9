import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWith } from '../../support/needs.js';
import { CaptureDirectory, type Packet, pcapHeader, pcapPacket, readAll } from './support.js';

let dir: CaptureDirectory;
let capture: Buffer;
let expected: Packet[];
beforeAll(async () => {
  dir = await CaptureDirectory.make();
  const parts = [pcapHeader(true, 0xa1b2c3d4, 1)];
  for (let i = 0; i < 5000; i++) {
    // Text and noise by turns, so that the compressors use every kind of block they have.
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
  test('one member, several members, and zeros behind them', async () => {
    const [a, b] = halves();
    for (const bytes of [
      gzipSync(capture),
      Buffer.concat([gzipSync(a), gzipSync(b)]),
      Buffer.concat([gzipSync(capture), Buffer.alloc(512)]),
    ]) {
      expect(await dir.read(bytes)).toMatchObject({ packets: expected, error: undefined });
    }
  });

  test('a name that says otherwise does not matter', async () => {
    const path = await dir.write('plain.pcap', gzipSync(capture));
    expect((await readAll(path)).packets).toEqual(expected);
    expect((await readAll(await dir.write('not.gz', capture))).packets).toEqual(expected);
  });

  test('cut short: the packets before are there', async () => {
    const whole = gzipSync(capture);
    const { packets, error } = await dir.read(whole.subarray(0, whole.length - 20000));
    expect(packets.length).toBeGreaterThan(1000);
    expect(packets).toEqual(expected.slice(0, packets.length));
    expect(error?.message).toMatch(/the gzip data ends too early, at byte \d+ of the file/);
  });

  test('damaged in the middle: the packets before are there', async () => {
    const bytes = gzipSync(capture);
    bytes.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 64);
    const { packets, error } = await dir.read(bytes);
    expect(packets.length).toBeGreaterThan(1000);
    expect(error?.message).toMatch(/the gzip data is damaged/);
  });

  test('a capture cut before it was compressed', async () => {
    const { packets, error } = await dir.read(gzipSync(capture.subarray(0, 1000)));
    expect(packets).toHaveLength(3);
    expect(error?.message).toMatch(
      /capture: at byte 972: the file ends inside a packet \(12 of 300 bytes\) \(of the uncompressed capture\)/,
    );
    expect(error?.offset).toBe(972);
  });

  test('compressed twice is refused', async () => {
    const { error } = await dir.read(gzipSync(gzipSync(capture)));
    expect(error?.message).toMatch(/it is compressed twice: decompress it once/);
  });

  test('nothing, or no capture, inside', async () => {
    expect((await dir.read(gzipSync(Buffer.alloc(0)))).error?.message).toMatch(/gzip data is empty/);
    expect((await dir.read(gzipSync(Buffer.from('hello')))).error?.message).toMatch(
      /what is in the gzip data is no capture \(it starts with 68 65 6c 6c\)/,
    );
  });
});

/** zstd's own program makes these: nothing else here can. */
function zstd(bytes: Buffer, ...options: string[]): Buffer {
  const { stdout, status, stderr } = spawnSync('zstd', ['-q', '-c', ...options], {
    input: bytes,
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`zstd failed: ${stderr}`);
  return stdout;
}

describeWith(['zstd'], 'zstd', () => {
  test.each([['-1'], ['-3'], ['-19'], ['--no-check'], ['--long=24']])('%s', async (option) => {
    expect(await dir.read(zstd(capture, option))).toMatchObject({ packets: expected, error: undefined });
  });

  test('several frames, with skippable frames and an empty frame between them', async () => {
    const [a, b] = halves();
    const skippable = Buffer.concat([
      Buffer.from('522a4d18', 'hex'),
      Buffer.from([5, 0, 0, 0]),
      Buffer.alloc(5),
    ]);
    const bytes = Buffer.concat([skippable, zstd(a), skippable, zstd(Buffer.alloc(0)), zstd(b), skippable]);
    expect(await dir.read(bytes, { chunk: 5000 })).toMatchObject({ packets: expected, error: undefined });
  });

  test('a block of one byte many times over', async () => {
    const data = Buffer.alloc(200_000);
    const bytes = Buffer.concat([pcapHeader(true, 0xa1b2c3d4, 1), pcapPacket(true, 1, 1, data)]);
    const { packets, error } = await dir.read(zstd(bytes));
    expect(error).toBeUndefined();
    expect(packets[0].data).toBe(data.toString('hex'));
  });

  test('cut short, and damaged: the packets before are there', async () => {
    const whole = zstd(capture);
    const cut = await dir.read(whole.subarray(0, whole.length - 10000));
    expect(cut.packets).toEqual(expected.slice(0, cut.packets.length));
    expect(cut.packets.length).toBeGreaterThan(1000);
    expect(cut.error?.message).toMatch(/the zstd data ends too early, at byte \d+ of the file/);
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, damaged.length - 10000, damaged.length - 9000);
    const bad = await dir.read(damaged);
    expect(bad.packets.length).toBeGreaterThan(1000);
    expect(bad.error?.message).toMatch(/zstd|block|packet/);
  });

  test('a window larger than memory should give is refused before it is taken', async () => {
    const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (31 - 10) << 3, 0x01, 0x00, 0x00]);
    const { error } = await dir.read(header);
    expect(error?.message).toMatch(
      /its zstd window of 2147483648 bytes is larger than 134217728: decompress it first with zstd -d --long=31$/,
    );
  });
});
