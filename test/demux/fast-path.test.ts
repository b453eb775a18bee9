/** The fast path gives what the walk through all layers gives, for every packet that it takes. */
import { describe, expect, it } from 'vitest';
import { FIXTURES } from '../support/fixtures/all.js';
import { mutate } from '../support/traffic/mutate.js';
import { Random } from '../support/traffic/random.js';
import { compareWays, mirroredStacks } from '../support/two-ways.js';

describe('the fast path', () => {
  it('agrees with the walk on every fixture, and takes most of what switches mirror', () => {
    let taken = 0;
    for (const { scene } of FIXTURES) taken += compareWays(scene.packets());
    expect(taken).toBeGreaterThan(1000);
  });

  it.each([1, 2])('agrees with the walk on damaged fixtures, seed %i', (seed) => {
    const random = new Random(seed);
    for (const { scene } of FIXTURES) compareWays(scene.packets().map((packet) => mutate(packet, random)));
  });

  it.each([1, 2])('agrees with the walk on random stacks, whole and damaged, seed %i', (seed) => {
    const random = new Random(50 + seed);
    const packets = mirroredStacks(random, 3000);
    expect(compareWays(packets)).toBeGreaterThan(40);
    compareWays(packets.map((packet) => mutate(packet, random)));
  });
});
