import { spawn, spawnSync } from 'node:child_process';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PacketBatch } from '../../../src/model/batch.js';
import { openCapture } from '../../../src/receive/file/capture.js';
import { CaptureDirectory, pcapHeader, pcapPacket, readAll } from './support.js';

let dir: CaptureDirectory;
beforeAll(async () => {
  dir = await CaptureDirectory.make();
});
afterAll(() => dir.remove());

const packets = (n: number) =>
  Array.from({ length: n }, (_, i) => pcapPacket(true, i, 0, Buffer.alloc(200, i)));

function fifo(name: string): string {
  const path = dir.file(name);
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
  return path;
}

test('a FIFO gives all that its writer writes', async () => {
  const path = fifo('whole');
  const file = await dir.write('file', Buffer.concat([pcapHeader(true, 0xa1b2c3d4, 1), ...packets(20000)]));
  const reading = readAll(path);
  const writer = spawn('sh', ['-c', 'cat "$0" > "$1"', file, path], { stdio: 'inherit' });
  const { packets: read, error } = await reading;
  expect(error).toBeUndefined();
  expect(read).toHaveLength(20000);
  expect(read).toEqual((await readAll(file)).packets);
  expect(writer.exitCode ?? 0).toBe(0);
});

test('packets of a pipe are delivered as they come, even byte by byte', async () => {
  const path = fifo('slow');
  const opening = openCapture(path);
  const writer = await open(path, 'w');
  const batch = new PacketBatch();
  await writer.write(pcapHeader(true, 0xa1b2c3d4, 1));
  const source = await opening;
  expect(source.bytesTotal).toBeUndefined();
  const [first, second] = packets(2);
  await writer.write(first);
  expect(await source.next(batch)).toBe(true);
  expect(batch.count).toBe(1);
  const reading = source.next(batch);
  for (const byte of second) {
    await writer.write(Buffer.from([byte]));
    if (byte % 50 === 0) await sleep(1);
  }
  expect(await reading).toBe(true);
  expect([batch.count, batch.captured[0], batch.bytes[batch.offset[0]]]).toEqual([1, 200, 1]);
  await writer.close();
  expect(await source.next(batch)).toBe(false);
  await source.close();
});

test('a pipe without a writer can be closed while it is waited for', async () => {
  const path = fifo('silent');
  const opening = openCapture(path);
  const writer = await open(path, 'w');
  await writer.write(pcapHeader(true, 0xa1b2c3d4, 1));
  const source = await opening;
  const reading = source.next(new PacketBatch());
  await sleep(20);
  await source.close();
  expect(await reading).toBe(false);
  await writer.close();
});

test('a signal ends the wait for a pipe, before the capture begins and within a packet', async () => {
  const path = fifo('aborted');
  const early = new AbortController();
  const opening = openCapture(path, { signal: early.signal });
  await sleep(20);
  early.abort();
  await expect(opening).rejects.toThrow(/nothing came from it/);

  const earlier = openCapture(path, { signal: AbortSignal.abort() });
  await expect(earlier).rejects.toThrow(/nothing came from it/);

  const late = new AbortController();
  const again = openCapture(path, { signal: late.signal });
  const writer = await open(path, 'w');
  await writer.write(pcapHeader(true, 0xa1b2c3d4, 1));
  await writer.write(packets(1)[0].subarray(0, 50));
  const source = await again;
  const reading = source.next(new PacketBatch());
  await sleep(20);
  late.abort();
  expect(await reading).toBe(false);
  await source.close();
  await writer.close();
});

test('progress counts bytes of the file', async () => {
  const bytes = Buffer.concat([pcapHeader(true, 0xa1b2c3d4, 1), ...packets(1000)]);
  const source = await openCapture(await dir.write('progress', bytes), { chunk: 10000 });
  expect(source.bytesTotal).toBe(bytes.length);
  const batch = new PacketBatch();
  await source.next(batch);
  expect(source.bytesRead).toBeGreaterThan(0);
  expect(source.bytesRead).toBeLessThan(bytes.length / 2);
  while (await source.next(batch));
  expect(source.bytesRead).toBe(bytes.length);
  await source.close();
});
