import fc from 'fast-check';
import { expect, test } from 'vitest';
import { counted, grouped, plural } from '../../src/model/words.js';

test('digits are grouped as Intl groups them', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 53 }), (n, shift) => {
      const whole = Math.floor(n / 2 ** shift);
      expect(grouped(whole)).toBe(whole.toLocaleString('en'));
    }),
  );
});

test('a count and its noun agree in number', () => {
  expect([0, 1, 1000].map((n) => counted(n, 'packet'))).toEqual(['0 packets', '1 packet', '1,000 packets']);
  expect([1, 2].map((n) => plural(n, 'query'))).toEqual(['query', 'queries']);
  expect([1, 2].map((n) => plural(n, 'delay'))).toEqual(['delay', 'delays']);
});
