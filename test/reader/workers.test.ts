import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LARGE, MOST_FED, sessionsIn, workersFor } from '../../src/reader/workers.js';

let directory: string;
let half: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-workers-'));
  half = join(directory, 'half');
  writeFileSync(half, '');
  // It takes no disk.
  truncateSync(half, LARGE / 2);
});
afterAll(() => rmSync(directory, { recursive: true }));

it('large captures are read with several threads, one fewer than there are processors', () => {
  const large = [half, half];
  expect([1, 2, 3, 4, 64].map((processors) => workersFor(large, processors))).toEqual([1, 1, 2, 3, MOST_FED]);
});

it('others with one: small ones, those whose size nobody knows, and those that are not there', () => {
  expect(workersFor([half], 64)).toBe(1);
  expect(workersFor([half, '/dev/zero', join(directory, 'none')], 64)).toBe(1);
});

it('a capture has no more sessions than its size has room for; of others nobody knows', () => {
  const named = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(directory, name), bytes);
    return join(directory, name);
  };
  const small = named('small', Buffer.alloc(1000));
  const packed = named('packed', gzipSync(Buffer.alloc(1000)));
  expect(sessionsIn([small])).toBe(16_384);
  expect(sessionsIn([half])).toBe(LARGE / 2 / 8);
  expect(sessionsIn([half, small])).toBe((LARGE / 2 + 1000) / 8);
  for (const unknown of [packed, '-', '/dev/zero', join(directory, 'none')])
    expect(sessionsIn([small, unknown])).toBe(Number.POSITIVE_INFINITY);
});
