import { expect, it } from 'vitest';
import { GAPS, PlaceGaps } from '../../src/paths/gaps.js';

it('accounts for as many packets as a gap lacks, and only where it is', () => {
  const gaps = new PlaceGaps();
  gaps.add(100, 200, 2);
  expect(gaps.covers(201, 300)).toBe(false);
  expect(gaps.takes(150, 160)).toBe(true);
  expect(gaps.takes(0, 100)).toBe(true);
  expect(gaps.takes(150, 160)).toBe(false);
});

it('takes back what has come after all, the latest gap first', () => {
  const gaps = new PlaceGaps();
  gaps.add(100, 200, 1);
  gaps.add(300, 400, 1);
  gaps.add(500, 500, -1);
  expect(gaps.covers(300, 400)).toBe(false);
  expect(gaps.covers(100, 200)).toBe(true);
});

it('forgets gaps that are over, and the oldest one when there are too many', () => {
  const gaps = new PlaceGaps();
  for (let i = 0; i < GAPS; i++) gaps.add(i * 10, i * 10 + 5, 1);
  expect(gaps.forgotten).toBe(0);
  gaps.add(GAPS * 10, GAPS * 10 + 5, 1);
  expect(gaps.forgotten).toBe(1);
  expect(gaps.covers(0, 5)).toBe(false);
  expect(gaps.covers(10, 15)).toBe(true);
  gaps.forget(1000);
  expect(gaps.covers(10, 999)).toBe(false);
  expect(gaps.covers(1000, 1005)).toBe(true);
  expect(gaps.forgotten).toBe(1);
});

it('counts time from a later second on', () => {
  const gaps = new PlaceGaps();
  gaps.seen(1e9);
  gaps.add(1e9, 2e9, 1);
  gaps.shift(1e9);
  expect(gaps.first).toBe(0);
  expect(gaps.covers(0, 1)).toBe(true);
});
