import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LARGE, MOST_FED, workersFor } from '../../src/reader/workers.js';

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
