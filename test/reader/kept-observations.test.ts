import { expect, it } from 'vitest';
import { O, OBSERVATION_WORDS } from '../../src/paths/observation.js';
import { KeptObservations } from '../../src/reader/kept-observations.js';
import { MatchedWorld, number, see } from '../support/path-world.js';

const MS = 1e6;

it('tells captures of the same time in order, with their numbers', () => {
  const kept = new KeptObservations();
  const as = kept as unknown as MatchedWorld['matcher'];
  for (const place of [1, 0]) {
    kept.begin();
    for (let i = 0; i < 40_000; i++) {
      const time = i * MS + place * 5 * MS;
      if (place === 1 && i === 1000) continue;
      number(as, place, time, time, place === 1 && i === 2000 ? 1 : 0);
      if (place === 1 && i === 2000) continue;
      see(as, { place, time, print: i + 1, ttl: 64 - place });
    }
  }
  const world = new MatchedWorld();
  kept.tell(world.matcher);
  world.matcher.finish();
  expect(world.forward).toMatchObject({ matched: 39_998, lost: 1, unknown: 1, min: 5 * MS, max: 5 * MS });
  expect(kept.leftOut).toBe(0);
});

it('leaves out, and counts, what does not fit', () => {
  const kept = new KeptObservations(10);
  kept.begin();
  const words = new Int32Array(OBSERVATION_WORDS);
  for (let i = 0; i < 25; i++) {
    words[O.SEC] = i + 1;
    kept.take(words, 0);
  }
  expect(kept.leftOut).toBe(15);
  const world = new MatchedWorld();
  kept.tell(world.matcher);
  expect(world.counters.observed).toBe(10);
});
