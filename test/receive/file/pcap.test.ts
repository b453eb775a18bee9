import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOutput } from '../../../src/receive/file/capture-writer.js';
import { PcapWriter } from '../../../src/receive/file/pcap-writer.js';
import { Builder, CaptureDirectory, pcapHeader, pcapPacket, readAll } from './support.js';

let dir: CaptureDirectory;
beforeAll(async () => {
  dir = await CaptureDirectory.make();
});
afterAll(() => dir.remove());

const DATA = Buffer.from('00112233445566', 'hex');

describe('every variant of pcap is read', () => {
  for (const le of [true, false]) {
    const order = le ? 'little endian' : 'big endian';

    test(`microseconds, ${order}`, async () => {
      const { packets, error } = await dir.read(
        Buffer.concat([pcapHeader(le, 0xa1b2c3d4, 1), pcapPacket(le, 1700000000, 123456, DATA, 1500)]),
      );
      expect(error).toBeUndefined();
      expect(packets).toEqual([
        { sec: 1700000000, nsec: 123456000, data: '00112233445566', length: 1500, linkType: 1, interface: 0 },
      ]);
    });

    test(`nanoseconds, ${order}`, async () => {
      const { packets, error } = await dir.read(
        Buffer.concat([pcapHeader(le, 0xa1b23c4d, 276), pcapPacket(le, 4294967295, 999999999, DATA)]),
      );
      expect(error).toBeUndefined();
      expect(packets).toEqual([
        { sec: 4294967295, nsec: 999999999, data: '00112233445566', length: 7, linkType: 276, interface: 0 },
      ]);
    });

    test(`longer packet headers, ${order}`, async () => {
      const packet = new Builder(le).u32(7).u32(8).u32(7).u32(7).u32(2).u16(0x0800).u16(0).raw(DATA).bytes();
      const { packets, error } = await dir.read(
        Buffer.concat([pcapHeader(le, 0xa1b2cd34, 113), packet, packet]),
      );
      expect(error).toBeUndefined();
      expect(packets).toHaveLength(2);
      expect(packets[1]).toEqual({
        sec: 7,
        nsec: 8000,
        data: '00112233445566',
        length: 7,
        linkType: 113,
        interface: 0,
      });
    });
  }
});

test('the link type has 16 bits, and raw IP with the number of another system is raw IP', async () => {
  for (const [written, read] of [
    [0x14000001, 1],
    [12, 101],
    [14, 101],
    [228, 228],
  ]) {
    const { packets } = await dir.read(
      Buffer.concat([pcapHeader(true, 0xa1b2c3d4, written), pcapPacket(true, 1, 1, DATA)]),
    );
    expect(packets[0].linkType).toBe(read);
  }
});

test('a fraction of a second or more is carried into the seconds', async () => {
  const { packets, error } = await dir.read(
    Buffer.concat([pcapHeader(true, 0xa1b2c3d4, 1), pcapPacket(true, 10, 4294967295, DATA)]),
  );
  expect(error).toBeUndefined();
  expect(packets[0]).toMatchObject({ sec: 10 + 4294, nsec: 967295000 });
});

test('the last second stays the last, whatever its fraction', async () => {
  for (const [sec, fraction] of [
    [0xffffffff, 0],
    [0xffffffff, 4294967295],
    [0xfffffffe, 4294967295],
  ]) {
    const { packets } = await dir.read(
      Buffer.concat([pcapHeader(true, 0xa1b2c3d4, 1), pcapPacket(true, sec, fraction, DATA)]),
    );
    expect(packets[0].sec).toBe(0xffffffff);
  }
});

test('a file with only a header is a capture without packets', async () => {
  expect(await dir.read(pcapHeader(true, 0xa1b2c3d4, 1))).toMatchObject({ packets: [], error: undefined });
});

test('what PcapWriter writes is read back unchanged, whatever the size of reads', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          sec: fc.integer({ min: 0, max: 0xffffffff }),
          nsec: fc.integer({ min: 0, max: 999_999_999 }),
          data: fc.uint8Array({ maxLength: 3000 }),
          beyond: fc.integer({ min: 0, max: 70000 }),
        }),
        { maxLength: 60 },
      ),
      fc.constantFrom(0, 1, 101, 108, 113, 228, 229, 276),
      fc.integer({ min: 1, max: 5000 }),
      async (packets, linkType, chunk) => {
        const path = dir.file('written');
        const writer = new PcapWriter(await openOutput(path), linkType);
        for (const { sec, nsec, data, beyond } of packets) {
          writer.packet(sec, nsec, data, 0, data.length, data.length + beyond);
          if (writer.full) await writer.flush();
        }
        await writer.close();
        const read = await readAll(path, { chunk });
        expect(read.error).toBeUndefined();
        expect(read.packets).toEqual(
          packets.map(({ sec, nsec, data, beyond }) => ({
            sec,
            nsec,
            data: Buffer.from(data).toString('hex'),
            length: data.length + beyond,
            linkType,
            interface: 0,
          })),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test('packets of the maximum length, and more packets than a batch holds, are read', async () => {
  const path = dir.file('large');
  const writer = new PcapWriter(await openOutput(path), 1);
  const data = new Uint8Array(262144).map((_, i) => i * 7);
  for (let i = 0; i < 20; i++) {
    writer.packet(i, 0, data, 0, data.length);
    if (writer.full) await writer.flush();
  }
  for (let i = 0; i < 10000; i++) {
    writer.packet(i, i, data, i, 60);
    if (writer.full) await writer.flush();
  }
  await writer.close();
  const { packets, error } = await readAll(path);
  expect(error).toBeUndefined();
  expect(packets).toHaveLength(10020);
  expect(packets[19].data).toBe(Buffer.from(data).toString('hex'));
  for (let i = 0; i < 10000; i++) {
    if (packets[20 + i].data !== Buffer.from(data.subarray(i, i + 60)).toString('hex')) {
      throw new Error(`packet ${i} differs`);
    }
  }
});
