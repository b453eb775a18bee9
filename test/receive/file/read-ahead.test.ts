/** Several reads in progress in a ring of buffers give what single reads give, whatever the sizes. */
import { appendFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openInput } from '../../../src/receive/file/byte-input.js';
import { MAX_RECORD } from '../../../src/receive/file/format.js';
import type { BufferRing } from '../../../src/receive/file/read-ahead.js';
import { CaptureDirectory, pcapHeader, pcapPacket, readAll } from './support.js';

let dir: CaptureDirectory;
beforeAll(async () => {
  dir = await CaptureDirectory.make();
});
afterAll(() => dir.remove());

/** A ring whose buffers come free one turn of the event loop later, overwritten. */
function slowRing(buffers: number, chunk: number): BufferRing {
  const ring = Array.from({ length: buffers }, () => new Uint8Array(MAX_RECORD + chunk));
  return {
    buffers: ring,
    free: async (index) => {
      await new Promise((resolve) => setImmediate(resolve));
      ring[index].fill(0xee, MAX_RECORD);
    },
  };
}

function capture(sizes: readonly number[]): Buffer {
  const packets = sizes.map((size, i) => pcapPacket(true, 1700000000 + i, i, Buffer.alloc(size, i)));
  return Buffer.concat([pcapHeader(true, 0xa1b23c4d, 1), ...packets]);
}

describe('reads in progress', () => {
  const sizes = Array.from({ length: 3000 }, (_, i) => (i * 7919) % 1500);
  test.each([
    [2, 4096],
    [3, 4096],
    [4, 1000],
    [12, 65536],
  ])('give every packet with %i buffers of %i bytes', async (buffers, chunk) => {
    const path = await dir.write('many.pcap', capture(sizes));
    const whole = await readAll(path);
    expect(whole.packets).toHaveLength(sizes.length);
    expect(await readAll(path, { ring: slowRing(buffers, chunk) })).toEqual(whole);
  });

  test('give packets much longer than a buffer', async () => {
    const path = await dir.write('long.pcap', capture([100_000, 3, 200_000, 65_000, 0, 99_999, 7]));
    const whole = await readAll(path);
    expect(whole.packets).toHaveLength(7);
    for (const buffers of [2, 3, 4, 7])
      expect(await readAll(path, { ring: slowRing(buffers, 512) })).toEqual(whole);
  });

  test('end a growing file at the size first seen', async () => {
    const path = await dir.write('growing.pcap', new Uint8Array(10_000).fill(1));
    const input = await openInput(path);
    expect(input.parallel).toBeGreaterThan(1);
    const into = Array.from({ length: 4 }, () => new Uint8Array(4096));
    const first = await Promise.all(into.slice(0, 3).map((b) => input.read(b, 0)));
    expect(first).toEqual([4096, 4096, 10_000 - 8192]);
    appendFileSync(path, new Uint8Array(20_000).fill(2));
    expect(statSync(path).size).toBe(30_000);
    expect(await input.read(into[3], 0)).toBe(0);
    expect(into[2].subarray(0, 10_000 - 8192).every((byte) => byte === 1)).toBe(true);
    await input.close();
  });
});
