import { expect, it } from 'vitest';
import { Discovery } from '../../src/paths/discovery.js';
import { O, OBSERVATION_WORDS } from '../../src/paths/observation.js';
import { MOST_PAIRS } from '../../src/paths/path-options.js';

const words = new Int32Array(OBSERVATION_WORDS);

function common(discovery: Discovery, a: number, b: number, packets: number): unknown[] {
  const found: unknown[] = [];
  for (let i = 0; i < packets; i++) {
    words[O.PRINT] = a * 10_000 + b * 100 + i;
    words[O.PRINT + 1] = i;
    for (const place of [a, b]) {
      const pair = discovery.take(words, 0, place, i * 1000, 1e6);
      if (pair !== undefined) found.push(pair);
    }
  }
  return found;
}

it('finds a pair once, after some common packets', () => {
  const discovery = new Discovery(3);
  expect(common(discovery, 2, 0, 10)).toEqual([]);
  expect(common(discovery, 0, 2, 30)).toEqual([{ from: 0, to: 2 }]);
  expect(common(discovery, 0, 2, 100)).toEqual([]);
  expect(common(discovery, 1, 1, 100)).toEqual([]);
});

it('finds so many pairs and no more', () => {
  const discovery = new Discovery(20);
  const found: unknown[] = [];
  for (let a = 0; a < 20; a++) for (let b = 0; b < a; b++) found.push(...common(discovery, a, b, 20));
  expect(found).toHaveLength(MOST_PAIRS);
  expect(discovery.full).toBe((20 * 19) / 2 - MOST_PAIRS);
});
