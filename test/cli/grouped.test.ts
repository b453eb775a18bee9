import { expect, test } from 'vitest';
import { daysWords } from '../../src/model/words.js';

test('durations are written in hours, days or years', () => {
  expect([0.01, 0.5, 1, 1.55, 30.4, 4000].map(daysWords)).toEqual([
    '1 hour',
    '12 hours',
    '1 day',
    '1.5 days',
    '30 days',
    'more than ten years',
  ]);
});
