import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DELAY_ERROR, Delays } from '../../src/paths/delays.js';

const delay = fc.oneof(
  fc.integer({ min: -1e9, max: 1e9 }),
  fc.integer({ min: -100, max: 100 }),
  fc.integer({ min: 0, max: 1e13 }),
);
const SHARES = [0, 0.5, 0.95, 0.99, 1];

/** Nearest rank. */
function exactly(delays: readonly number[], share: number): number {
  const sorted = [...delays].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1];
}

it('has exact quantiles up to its bound, and near ones beyond', () => {
  fc.assert(
    fc.property(fc.array(delay, { minLength: 1, maxLength: 400 }), (all) => {
      const exact = new Delays(400);
      const rough = new Delays(8);
      for (const one of all) {
        exact.add(one);
        rough.add(one);
      }
      expect([exact.min, exact.max]).toEqual([Math.min(...all), Math.max(...all)]);
      expect([rough.min, rough.max]).toEqual([exact.min, exact.max]);
      for (const share of SHARES) {
        const right = exactly(all, share);
        expect(exact.quantile(share)).toBe(right);
        // The result is a whole number.
        const error = Math.abs(rough.quantile(share) - right);
        expect(error).toBeLessThanOrEqual(DELAY_ERROR * Math.abs(right) * 1.0001 + 1);
      }
    }),
  );
});

it('is asked between additions, and without any', () => {
  const delays = new Delays(10);
  expect([delays.quantile(0.5), delays.min, delays.max]).toEqual([0, 0, 0]);
  for (const [i, one] of [5, 1, 3].entries()) {
    delays.add(one);
    expect(delays.quantile(1)).toBe(5);
    expect(delays.count).toBe(i + 1);
  }
  expect(delays.quantile(0.5)).toBe(3);
});
