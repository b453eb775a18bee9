import { expect, it } from 'vitest';
import { Destinations } from '../../src/paths/destinations.js';

it('learns a direction: a TTL at once, times by their majority', () => {
  const known = new Destinations();
  expect(known.direction(5)).toBe(0);
  known.learn(5, -1, false);
  expect(known.direction(5)).toBe(-1);
  for (let i = 0; i < 3; i++) known.learn(5, 1, false);
  expect(known.direction(5)).toBe(1);
  known.learn(5, -1, true);
  for (let i = 0; i < 1000; i++) known.learn(5, 1, false);
  expect(known.direction(5)).toBe(-1);
});

it('forgets the address used least recently of those that collide', () => {
  const known = new Destinations(16);
  for (let i = 0; i < 8; i++) known.learn(16 * (i + 1), 1, true);
  known.learn(16, 1, true);
  known.learn(16 * 9, -1, true);
  expect(known.direction(16)).toBe(1);
  expect(known.direction(32)).toBe(0);
  expect(known.direction(16 * 9)).toBe(-1);
});
