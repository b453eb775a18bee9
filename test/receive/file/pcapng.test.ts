import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOutput } from '../../../src/receive/file/capture-writer.js';
import { MAX_INTERFACES } from '../../../src/receive/file/pcapng.js';
import { PcapngWriter } from '../../../src/receive/file/pcapng-writer.js';
import {
  block,
  CaptureDirectory,
  enhancedPacket,
  interfaceDescription,
  readAll,
  sectionHeader,
} from './support.js';

let dir: CaptureDirectory;
beforeAll(async () => {
  dir = await CaptureDirectory.make();
});
afterAll(() => dir.remove());

const DATA = Buffer.from('00112233445566', 'hex');
const HEX = DATA.toString('hex');

describe.each([true, false])('little endian: %s', (le) => {
  test('interfaces have their own link types and clocks', async () => {
    const { packets, error, interfaces } = await dir.read(
      Buffer.concat([
        sectionHeader(le),
        interfaceDescription(le, 1, { name: 'eth0', snapLength: 100 }),
        enhancedPacket(le, 0, 1_700_000_000_123_456n, DATA, 1500),
        interfaceDescription(le, 276, { name: 'any', resolution: 9 }),
        enhancedPacket(le, 1, 1_700_000_001_000_000_001n, DATA),
        enhancedPacket(le, 0, 1_700_000_002_000_007n, DATA.subarray(0, 4)),
      ]),
    );
    expect(error).toBeUndefined();
    expect(interfaces).toEqual([
      { name: 'eth0', description: '', linkType: 1, snapLength: 100 },
      { name: 'any', description: '', linkType: 276, snapLength: 0 },
    ]);
    expect(packets).toEqual([
      { sec: 1700000000, nsec: 123456000, data: HEX, length: 1500, linkType: 1, interface: 0 },
      { sec: 1700000001, nsec: 1, data: HEX, length: 7, linkType: 276, interface: 1 },
      { sec: 1700000002, nsec: 7000, data: '00112233', length: 4, linkType: 1, interface: 0 },
    ]);
  });

  test('simple and obsolete packet blocks are read', async () => {
    const { packets, error } = await dir.read(
      Buffer.concat([
        sectionHeader(le),
        interfaceDescription(le, 101, { snapLength: 5 }),
        block(le, 2, (b) => b.u16(0).u16(9).u32(0).u32(3_500_000).u32(7).u32(70).padded(DATA)),
        block(le, 3, (b) => b.u32(70).padded(DATA.subarray(0, 5))),
        block(le, 3, (b) => b.u32(3).padded(DATA.subarray(0, 3))),
      ]),
    );
    expect(error).toBeUndefined();
    expect(packets).toEqual([
      { sec: 3, nsec: 500000000, data: HEX, length: 70, linkType: 101, interface: 0 },
      { sec: 3, nsec: 500000000, data: '0011223344', length: 70, linkType: 101, interface: 0 },
      { sec: 3, nsec: 500000000, data: '001122', length: 3, linkType: 101, interface: 0 },
    ]);
  });

  test('other blocks are skipped, even if longer than any record', async () => {
    const { packets, error } = await dir.read(
      Buffer.concat([
        sectionHeader(le),
        interfaceDescription(le, 1),
        block(le, 4, (b) => b.u32(0)),
        block(le, 10, (b) => b.u32(0x544c534b).u32(4).u32(0)),
        block(le, 0xbad, (b) => b.raw(Buffer.alloc(1_000_000, 0x0a))),
        enhancedPacket(le, 0, 1n, DATA),
        block(le, 5, (b) => b.u32(0).u32(0).u32(0)),
      ]),
      { chunk: 4096 },
    );
    expect(error).toBeUndefined();
    expect(packets).toHaveLength(1);
  });
});

test('sections may have either byte order, and each has its own interfaces', async () => {
  const section = (le: boolean, linkType: number) => [
    sectionHeader(le),
    interfaceDescription(le, linkType),
    enhancedPacket(le, 0, 1n, DATA),
  ];
  const { packets, error, interfaces } = await dir.read(
    Buffer.concat([...section(true, 1), ...section(false, 101), ...section(true, 113)]),
  );
  expect(error).toBeUndefined();
  expect(packets.map((p) => [p.linkType, p.interface])).toEqual([
    [1, 0],
    [101, 1],
    [113, 2],
  ]);
  expect(interfaces).toHaveLength(3);
});

test('one interface too many ends the capture, and what came before is kept', async () => {
  const one = interfaceDescription(true, 1);
  const { packets, error, interfaces } = await dir.read(
    Buffer.concat([
      sectionHeader(true),
      ...Array<Buffer>(MAX_INTERFACES).fill(one),
      enhancedPacket(true, MAX_INTERFACES - 1, 3n, DATA),
      one,
      enhancedPacket(true, 0, 3n, DATA),
    ]),
  );
  expect(interfaces).toHaveLength(MAX_INTERFACES);
  expect(packets).toMatchObject([{ data: HEX, interface: MAX_INTERFACES - 1 }]);
  expect(error?.message).toMatch(/there are more than 65536 interfaces/);
});

describe('pcapng clocks', () => {
  /** The value of a timestamp in units of the resolution, by exact arithmetic. */
  async function clock(resolution: number, time: bigint, offset?: bigint) {
    const { packets, error } = await dir.read(
      Buffer.concat([
        sectionHeader(true),
        interfaceDescription(true, 1, { resolution, ...(offset === undefined ? {} : { offset }) }),
        enhancedPacket(true, 0, time, DATA),
      ]),
    );
    expect(error).toBeUndefined();
    return { sec: packets[0].sec, nsec: packets[0].nsec };
  }

  test.each([
    ['seconds', 0, 1_700_000_000n, 1700000000, 0],
    ['milliseconds', 3, 1_700_000_000_123n, 1700000000, 123000000],
    ['microseconds', 6, 1_700_000_000_123_456n, 1700000000, 123456000],
    ['100 ns', 7, 17_000_000_001_234_567n, 1700000000, 123456700],
    ['nanoseconds', 9, 1_700_000_000_123_456_789n, 1700000000, 123456789],
    ['picoseconds', 12, 17_000_000_123_456_789_999n, 17000000, 123456789],
    ['2^-1', 0x81, 3n, 1, 500000000],
    ['2^-10', 0x8a, 1024n * 1_700_000_000n + 1n, 1700000000, 976562],
    ['2^-32, as NTP', 0xa0, (1_700_000_000n << 32n) + 0x80000001n, 1700000000, 500000000],
  ])('%s', async (_, resolution, time, sec, nsec) => {
    expect(await clock(resolution, time)).toEqual({ sec, nsec });
  });

  test('have an offset in seconds, positive or negative', async () => {
    expect(await clock(6, 5_000_001n, 1_700_000_000n)).toEqual({ sec: 1700000005, nsec: 1000 });
    expect(await clock(6, 5_000_001n, -2n)).toEqual({ sec: 3, nsec: 1000 });
    expect(await clock(6, 5_000_001n, -6n)).toEqual({ sec: 0, nsec: 1000 });
  });

  test('are cut off at the greatest time that 32 bits of seconds hold', async () => {
    const year2300 = 10_413_792_000n;
    expect(await clock(6, year2300 * 1_000_000n)).toEqual({ sec: 0xffffffff, nsec: 0 });
    expect(await clock(0xa0, 1n << 63n, year2300)).toEqual({ sec: 0xffffffff, nsec: 0 });
  });

  test('agree with exact arithmetic for every resolution and every 64-bit time', async () => {
    const cases = fc.sample(
      fc.record({
        resolution: fc.oneof(
          fc.integer({ min: 0, max: 19 }),
          fc.integer({ min: 0, max: 32 }).map((n) => n | 0x80),
        ),
        time: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      }),
      { numRuns: 2000, seed: 1 },
    );
    const blocks = [sectionHeader(false)];
    cases.forEach(({ resolution, time }, i) => {
      blocks.push(interfaceDescription(false, 1, { resolution }), enhancedPacket(false, i, time, DATA));
    });
    const { packets, error } = await dir.read(Buffer.concat(blocks));
    expect(error).toBeUndefined();
    cases.forEach(({ resolution, time }, i) => {
      const unit = resolution & 0x80 ? 1n << BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
      expect({ resolution, sec: packets[i].sec, nsec: packets[i].nsec }).toEqual({
        resolution,
        sec: Math.min(Number(time / unit), 0xffffffff),
        nsec: Number(((time % unit) * 1_000_000_000n) / unit),
      });
    });
  });

  test('never fail, whatever the resolution, offset or time', async () => {
    const blocks = [sectionHeader(true)];
    for (let resolution = 0; resolution < 256; resolution++) {
      const offset = resolution % 2 === 0 ? -(1n << 63n) : (1n << 63n) - 1n;
      blocks.push(interfaceDescription(true, 1, { resolution, offset }));
      for (const time of [0n, 1n, (1n << 64n) - 1n])
        blocks.push(enhancedPacket(true, resolution, time, DATA));
    }
    const { packets, error } = await dir.read(Buffer.concat(blocks));
    expect(error).toBeUndefined();
    expect(packets).toHaveLength(256 * 3);
    for (const { nsec } of packets) expect(nsec).toBeLessThan(1_000_000_000);
  });
});

test('what PcapngWriter writes is read back unchanged, whatever the size of reads', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          name: fc.string({ unit: 'grapheme', maxLength: 20 }),
          description: fc.string({ maxLength: 40 }),
          linkType: fc.constantFrom(0, 1, 101, 108, 113, 228, 229, 276),
          snapLength: fc.integer({ min: 0, max: 262144 }),
        }),
        { minLength: 1, maxLength: 5 },
      ),
      fc.array(
        fc.record({
          pick: fc.nat(),
          sec: fc.integer({ min: 0, max: 0xffffffff }),
          nsec: fc.integer({ min: 0, max: 999_999_999 }),
          data: fc.uint8Array({ maxLength: 3000 }),
          beyond: fc.integer({ min: 0, max: 70000 }),
        }),
        { maxLength: 60 },
      ),
      fc.integer({ min: 1, max: 5000 }),
      async (interfaces, packets, chunk) => {
        const path = dir.file('written');
        const writer = new PcapngWriter(await openOutput(path));
        for (const description of interfaces) writer.addInterface(description);
        for (const { pick, sec, nsec, data, beyond } of packets) {
          writer.packet(pick % interfaces.length, sec, nsec, data, 0, data.length, data.length + beyond);
          if (writer.full) await writer.flush();
        }
        await writer.close();
        const read = await readAll(path, { chunk });
        expect(read.error).toBeUndefined();
        if (packets.length > 0) expect(read.interfaces).toEqual(interfaces);
        expect(read.packets).toEqual(
          packets.map(({ pick, sec, nsec, data, beyond }) => ({
            sec,
            nsec,
            data: Buffer.from(data).toString('hex'),
            length: data.length + beyond,
            linkType: interfaces[pick % interfaces.length].linkType,
            interface: pick % interfaces.length,
          })),
        );
      },
    ),
    { numRuns: 60 },
  );
});
