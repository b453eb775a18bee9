/**
 * The cost of reading a compressed file: memory is limited, and CPU time is in proportion to the bytes that
 * go in and come out.
 */
import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAIN } from '../../support/collector.js';
import { CaptureDirectory, pcapHeader, sectionHeader } from './support.js';
import { frameHeader, lastBlock, literal, rawBlock, repeated, skippableFrame, zeros } from './zstd-frames.js';

const MEMORY = 350 * 1024 * 1024;
/** Prints at its end what the process used: the most resident KiB, and the microseconds of CPU. */
const METER = `data:text/javascript,import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) process.on('exit', () => {
  const memory = Number.parseInt(readFileSync('/proc/self/status', 'utf8').split('VmHWM:')[1]);
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  console.error('took', memory, userCPUTime + systemCPUTime);
});`;

interface Cost {
  readonly memory: number;
  readonly cpu: number;
}

let dir: CaptureDirectory;
beforeAll(async () => {
  dir = await CaptureDirectory.make();
});
afterAll(() => dir.remove());

async function costOf(bytes: Uint8Array): Promise<Cost> {
  const file = await dir.write('capture', bytes);
  const { stderr } = spawnSync(process.execPath, ['--import', METER, MAIN, 'read', file, '--ndjson'], {
    encoding: 'utf8',
    // A process that the signal ended has printed nothing.
    timeout: 120_000,
  });
  expect(stderr).not.toContain('internal error');
  const [, memory, cpu] = /^took (\d+) (\d+)$/m.exec(stderr) ?? [];
  return { memory: Number(memory) * 1024, cpu: Number(cpu) };
}

const nothing = pcapHeader(true, 0xa1b2c3d4, 1);

/** A capture whose rest is skipped, however long: a section, and a block of an unknown type. */
const endless = Buffer.concat([sectionHeader(true), Buffer.from('99000000fcffffff', 'hex')]);

/** Compressed files of few bytes. */
const SMALL: [string, () => Buffer][] = [
  [
    'single bytes in a window of 128 MiB',
    () => Buffer.concat([frameHeader(27), rawBlock(endless), repeated(zeros(1), 190), lastBlock()]),
  ],
  [
    'windows of 128 MiB with nothing in them',
    () =>
      Buffer.concat([
        frameHeader(27),
        rawBlock(nothing, true),
        repeated(Buffer.concat([frameHeader(27), lastBlock(), frameHeader(10), lastBlock()]), 50),
      ]),
  ],
];
/** Compressed files of many blocks, frames or bytes, and the number of bytes that go in and come out. */
const MANY: [string, () => Buffer, number][] = [
  [
    'empty blocks',
    () => Buffer.concat([frameHeader(27), rawBlock(nothing), Buffer.alloc(4_500_000), lastBlock()]),
    4.5e6,
  ],
  [
    'blocks of one byte',
    () => Buffer.concat([frameHeader(27), rawBlock(endless), repeated(zeros(1), 1_250_000), lastBlock()]),
    6e6,
  ],
  [
    'compressed blocks of one byte',
    () => Buffer.concat([frameHeader(27), rawBlock(endless), repeated(literal(7), 750_000), lastBlock()]),
    5e6,
  ],
  [
    'frames with nothing in them',
    () =>
      Buffer.concat([
        frameHeader(27),
        rawBlock(nothing, true),
        repeated(Buffer.concat([frameHeader(27), lastBlock()]), 500_000),
      ]),
    4.5e6,
  ],
  [
    'frames of a large and a small window by turns',
    () =>
      Buffer.concat([
        frameHeader(20),
        rawBlock(endless, true),
        repeated(
          Buffer.concat([frameHeader(27), zeros(131_072, true), frameHeader(17), zeros(131_072, true)]),
          500,
        ),
      ]),
    131e6,
  ],
  [
    'skippable frames with nothing in them',
    () =>
      Buffer.concat([repeated(skippableFrame(0), 600_000), frameHeader(27), rawBlock(nothing), lastBlock()]),
    4.5e6,
  ],
  [
    'blocks of zeros, 32,768 to one',
    () => Buffer.concat([frameHeader(27), rawBlock(endless), repeated(zeros(131_072), 4000), lastBlock()]),
    524e6,
  ],
  [
    'windows that grow',
    () =>
      Buffer.concat([
        frameHeader(20),
        rawBlock(endless, true),
        ...[20, 22, 24, 25, 26, 27].flatMap((log) => [
          frameHeader(log, log < 27 ? 7 : 0),
          repeated(zeros(131_072), 2 ** (log - 16)),
          lastBlock(),
        ]),
      ]),
    507e6,
  ],
  [
    'gzip: zeros, a thousand to one',
    () => Buffer.concat([gzipSync(endless), repeated(gzipSync(Buffer.alloc(80e6)), 5)]),
    400e6,
  ],
  [
    'gzip: members with nothing in them',
    () => Buffer.concat([gzipSync(nothing), repeated(gzipSync(''), 250_000)]),
    4.5e6,
  ],
];

describe('memory and CPU', () => {
  /** The cost of an empty capture, and the cost per byte read and written of data that compresses badly. */
  let start: Cost;
  let perByte: number;

  beforeAll(async () => {
    start = await costOf(nothing);
    const bytes = Buffer.concat([frameHeader(20), rawBlock(endless)]);
    const noise = repeated(rawBlock(Buffer.alloc(131_072, 'no zeros')), 800);
    const ordinary = await costOf(Buffer.concat([bytes, noise, lastBlock()]));
    perByte = Math.max(ordinary.cpu - start.cpu, 10_000) / (2 * noise.length);
  });

  test.each(SMALL)('are those of an empty capture: %s', async (_, make) => {
    const { memory, cpu } = await costOf(make());
    expect(memory).toBeLessThan(MEMORY);
    expect(cpu).toBeLessThan(3 * start.cpu);
  });

  test.each(MANY)('are limited by the bytes in and out: %s', async (_, make, bytes) => {
    const { memory, cpu } = await costOf(make());
    expect(memory).toBeLessThan(MEMORY);
    // The zstd program itself takes 50 times as long for the smallest frames.
    expect(cpu).toBeLessThan(3 * start.cpu + 100 * perByte * bytes);
  });
});
