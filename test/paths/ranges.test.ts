import { expect, it } from 'vitest';
import { RANGES, Ranges } from '../../src/paths/ranges.js';

it('knows the bytes of large packets, across the wrap of sequence numbers', () => {
  const ranges = new Ranges();
  ranges.add(7, 0, 0, -500, 1000);
  expect(ranges.has(7, 0, 0, -501)).toBe(false);
  expect(ranges.has(7, 0, 0, -500)).toBe(true);
  expect(ranges.has(7, 0, 0, 499)).toBe(true);
  expect(ranges.has(7, 0, 0, 500)).toBe(false);
  expect([ranges.has(8, 0, 0, 0), ranges.has(7, 1, 0, 0), ranges.has(7, 0, 4, 0)]).toEqual([
    false,
    false,
    false,
  ]);
  ranges.add(-1, 0, 0, 0, 10);
  expect(ranges.has(-1, 0, 0, 5)).toBe(false);
});

it('forgets the oldest when there are too many, whichever conversation it is of', () => {
  const ranges = new Ranges();
  for (let i = 0; i < 3 * RANGES; i++) {
    ranges.add(i % 3, 0, 0, i * 10, 10);
    if (i >= RANGES) expect(ranges.has((i - RANGES) % 3, 0, 0, (i - RANGES) * 10)).toBe(false);
    if (i > 0) expect(ranges.has((i - 1) % 3, 0, 0, (i - 1) * 10)).toBe(true);
  }
  ranges.clear();
  expect(ranges.has(2, 0, 0, (3 * RANGES - 1) * 10)).toBe(false);
});
