/** A minute of what `npm run fuzz` does for as long as one likes. */
import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { fuzz } from './fuzz.js';
import { TARGETS } from './targets.js';

const MINUTE = 60_000;

it.each(Object.keys(TARGETS))(
  '%s',
  async (name) => {
    const ms = MINUTE / Object.keys(TARGETS).length;
    const done = await fuzz(name, { ms, steps: Number.POSITIVE_INFINITY, seed: randomInt(2 ** 31) });
    expect(done).toBeGreaterThan(0);
  },
  2 * MINUTE,
);
