import { expect, it } from 'vitest';
import { Clocks } from '../../src/model/clocks.js';
import { clocksBetween, clocksOfPlaces, type PlaceClock } from '../../src/paths/place-clocks.js';

const fitted = (id: number): PlaceClock => ({ id, isAbsolute: false });
const absolute = (id: number): PlaceClock => ({ id, isAbsolute: true });

it.each<[string, PlaceClock[], Clocks]>([
  ['times of arrival are relative', [undefined, undefined], Clocks.Relative],
  ['hardware time at one end alone is relative', [fitted(1), undefined], Clocks.Relative],
  ['one fitted clock is common', [fitted(0), fitted(0)], Clocks.Common],
  ['two fitted clocks are relative', [fitted(0), fitted(1)], Clocks.Relative],
  ['an absolute and a fitted one are relative', [absolute(0), fitted(1)], Clocks.Relative],
  ['absolute ones are common', [absolute(0), absolute(1), absolute(2)], Clocks.Common],
])('%s', (_, clocks, expected) => {
  expect(clocksBetween(clocks)).toBe(expected);
});

it.each<[string, PlaceClock[][][], Clocks]>([
  ['one worker that fits a clock', [[[fitted(3)], [fitted(3)], [undefined]]], Clocks.Common],
  ['two that fit it, each for an end', [[[fitted(3)]], [[], [fitted(3)]]], Clocks.Relative],
  ['two that read an absolute one', [[[absolute(3)]], [[], [absolute(3)]]], Clocks.Common],
  ['two of which one sees arrivals', [[[absolute(3)], [absolute(3)]], [[undefined]]], Clocks.Relative],
])('%s', (_, workers, expected) => {
  expect(clocksBetween(clocksOfPlaces(workers, [0, 1]))).toBe(expected);
});
