import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { Mirrored } from '../../src/model/mirrored.js';
import { HeldFrames } from '../../src/store/segment/held-frames.js';
import { PacketSegment } from '../../src/store/segment/segments.js';
import { Frame } from '../../src/wire/walk/frame-fields.js';
import { decodeSegment as decode } from '../support/decode-segment.js';

const WHOLE = 1 << 20;
const mirrored = Object.assign(new Mirrored(), {
  point: new MirrorPoint(0, MirrorType.Erspan2, new Uint8Array(16), new Uint8Array(16), 1, null),
});

function hold(held: HeldFrames, train: number, length: number, fill: number, packets = 0): void {
  const bytes = new Uint8Array(length).fill(fill);
  const frame = Object.assign(new Frame(), { bytes, start: 0, end: length, ipLength: length });
  held.hold(train, frame, mirrored, packets, WHOLE, length);
}

/** Releases a train's frames to the session `id`. @returns the length and the fill byte of each */
async function release(held: HeldFrames, train: number, id: number, before = 0): Promise<number[][]> {
  const segment = new PacketSegment();
  held.release(train, new Uint8Array(16).fill(id), before, segment);
  const count = segment.count;
  const rows = await decode('packet.proto', 'Packet', segment.take());
  expect(rows).toHaveLength(count);
  return rows.map((row, i) => {
    expect(row.number).toBe(before + i + 1);
    expect(row.session_id).toEqual(Array(16).fill(id));
    const frame = row.frame as number[];
    return [frame.length, frame[0] ?? 0];
  });
}

test('held frames are released per train, in order, and their room is used again', async () => {
  const length = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1900, max: 9000 }));
  const step = fc.oneof(
    fc.record({ train: fc.nat(3), length }),
    fc.record({ train: fc.nat(3), length: fc.constant(0) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const held = new HeldFrames(4);
      const expected: number[][][] = [[], [], [], []];
      for (const [i, { train, length }] of steps.entries()) {
        if (length > 0) {
          hold(held, train, length, i + 1);
          expected[train].push([length, i + 1]);
        } else {
          expect(await release(held, train, i + 1)).toEqual(expected[train]);
          expected[train] = [];
        }
      }
      for (const train of expected.keys()) expect(await release(held, train, 1)).toEqual(expected[train]);
      expect(held.dropped).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test('held frames take at most 16 MiB; more are counted as dropped until others are released', async () => {
  const held = new HeldFrames(2);
  const fillUp = () => {
    for (let i = 0; i < 300; i++) hold(held, i & 1, 60_000, 1);
  };
  fillUp();
  const kept = 300 - held.dropped;
  expect(kept * 60_000).toBeGreaterThan(15 << 20);
  expect(kept * 60_000).toBeLessThan(16 << 20);
  expect((await release(held, 0, 1)).length + (await release(held, 1, 2)).length).toBe(kept);
  fillUp();
  expect(held.dropped).toBe(2 * (300 - kept));
});

test.each([4, 6])('held frames of one source take at most a quarter (IPv%i)', async (ipVersion) => {
  const held = new HeldFrames(3);
  const bytes = new Uint8Array(64);
  const holdOf = (train: number, source: number) => {
    bytes[15] = source;
    const frame = Object.assign(new Frame(), {
      bytes,
      start: 0,
      end: 64,
      ipLength: 64,
      ipVersion,
      source: 0,
    });
    if (ipVersion === 4) frame.source = 12;
    held.hold(train, frame, mirrored, 0, WHOLE, 64);
  };
  const cells = (16 << 20) / 2048;
  for (let i = 0; i < cells; i++) holdOf(i & 1, 66);
  expect(held.dropped).toBe((cells * 3) / 4);
  holdOf(2, 1);
  expect(held.dropped).toBe((cells * 3) / 4);
  expect(await release(held, 2, 9)).toHaveLength(1);
  // Released frames make room for others.
  expect((await release(held, 0, 1)).length + (await release(held, 1, 2)).length).toBe(cells / 4);
  holdOf(0, 66);
  expect(held.dropped).toBe((cells * 3) / 4);
});

test('frames beyond the first packets of a session are not held', async () => {
  const held = new HeldFrames(1);
  for (let i = 1; i <= 5; i++) hold(held, 0, 10, i, 3);
  expect(await release(held, 0, 1)).toEqual([
    [10, 1],
    [10, 2],
    [10, 3],
  ]);
  for (let i = 1; i <= 5; i++) hold(held, 0, 10, i, 3);
  expect(await release(held, 0, 1, 2)).toEqual([[10, 1]]);
  expect(await release(held, 0, 1)).toEqual([]);
});
