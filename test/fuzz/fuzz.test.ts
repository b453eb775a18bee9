/** A short part of `npm run fuzz`, with another seed every time. */
import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { fuzz } from './fuzz.js';
import { TARGETS } from './targets.js';

/**
 * About a second per target on a small machine. Steps instead of time, so that a busy machine does as many.
 */
const STEPS: Record<keyof typeof TARGETS, number> = {
  demux: 40,
  inputs: 60,
  plain: 60,
  path: 60,
  readers: 250,
  applications: 800,
  names: 2000,
  guard: 400,
};

it.each(Object.keys(TARGETS))(
  '%s',
  async (name) => {
    const steps = STEPS[name];
    const done = await fuzz(name, { ms: Number.POSITIVE_INFINITY, steps, seed: randomInt(2 ** 31) });
    expect(done).toBe(steps);
  },
  600_000,
);
