/** The fast path gives what the walk through all layers gives, for every packet that it takes. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_INPUTS, type Inputs } from '../../src/model/inputs.js';
import { FIXTURES } from '../support/fixtures/all.js';
import { inputsFor } from '../support/fixtures/fixture.js';
import { mutate } from '../support/traffic/mutate.js';
import { Random } from '../support/traffic/random.js';
import { ALL_INPUTS, compareWays, mirroredStacks, plainStacks } from '../support/two-ways.js';

describe('the fast path', () => {
  it('agrees with the walk on every fixture, and takes most of what switches mirror', () => {
    let taken = 0;
    for (const { scene, inputs } of FIXTURES) taken += compareWays(scene.packets(), inputsFor(inputs));
    expect(taken).toBeGreaterThan(1000);
  });

  it.each([1, 2])('agrees with the walk on damaged fixtures, seed %i', (seed) => {
    const random = new Random(seed);
    for (const { scene, inputs } of FIXTURES) {
      const packets = scene.packets().map((packet) => mutate(packet, random));
      compareWays(packets, inputsFor(inputs));
    }
  });

  it.each([
    [1, false],
    [2, false],
    [3, true],
    [4, true],
  ])('agrees with the walk on random stacks, whole and damaged, seed %i, in UDP: %s', (seed, inUdp) => {
    const random = new Random(50 + seed);
    const packets = mirroredStacks(random, 3000, inUdp);
    expect(compareWays(packets, ALL_INPUTS)).toBeGreaterThan(20);
    compareWays(
      packets.map((packet) => mutate(packet, random)),
      ALL_INPUTS,
    );
  });

  it('takes VXLAN and GENEVE where they are listed, and leaves them where they are not', () => {
    const scenes = FIXTURES.filter(({ file }) => /^udp-(vxlan|geneve)\.pcap/.test(file));
    const taken = (inputs: Inputs): number =>
      scenes.reduce((n, { scene }) => n + compareWays(scene.packets(), inputs), 0);
    expect(taken(ALL_INPUTS)).toBeGreaterThan(20);
    expect(taken(DEFAULT_INPUTS)).toBe(0);
  });

  it.each([1, 2])('agrees with the walk on plain frames, whole and damaged, seed %i', (seed) => {
    const random = new Random(70 + seed);
    const packets = [...plainStacks(random, 2000), ...FIXTURES.flatMap(({ scene }) => scene.packets())];
    expect(compareWays(packets, DEFAULT_INPUTS, true)).toBeGreaterThan(40);
    compareWays(
      packets.map((packet) => mutate(packet, random)),
      DEFAULT_INPUTS,
      true,
    );
  });
});
