import fc from 'fast-check';
import { expect, test } from 'vitest';
import { grouped } from '../../src/cli/grouped.js';

test('digits are grouped as Intl groups them', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 53 }), (n, shift) => {
      const whole = Math.floor(n / 2 ** shift);
      expect(grouped(whole)).toBe(whole.toLocaleString('en'));
    }),
  );
});
