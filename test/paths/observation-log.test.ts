import { expect, it } from 'vitest';
import { O, OBSERVATION_WORDS } from '../../src/paths/observation.js';
import { ObservationLog, ObservationMerge, observationLogMemory } from '../../src/paths/observation-log.js';

function observation(ms: number): Int32Array {
  const words = new Int32Array(OBSERVATION_WORDS);
  words[O.SEC] = Math.floor(ms / 1000);
  words[O.NSEC] = (ms % 1000) * 1e6;
  words[O.PRINT] = ms;
  return words;
}

function world(logs: number, size = 64) {
  const taken: number[] = [];
  const merge = new ObservationMerge((o, at) => taken.push(o[at + O.PRINT]));
  const writers = Array.from({ length: logs }, () => {
    const memory = observationLogMemory(size);
    merge.add(memory);
    return new ObservationLog(memory);
  });
  return { taken, merge, writers };
}

it('merges what several threads write by time, as far as all have come', () => {
  const { taken, merge, writers } = world(2);
  for (const ms of [10, 30, 50]) writers[0].take(observation(ms), 0);
  for (const ms of [20, 40]) writers[1].take(observation(ms), 0);
  writers[0].advance(60);
  expect(merge.run()).toBe(0);
  expect(taken).toEqual([]);
  writers[1].advance(45);
  expect(merge.run()).toBe(45);
  expect(taken).toEqual([10, 20, 30, 40]);
  merge.run(true);
  expect(taken).toEqual([10, 20, 30, 40, 50]);
});

it('drops and counts what does not fit, and has room again once it was read', () => {
  const { taken, merge, writers } = world(1, 4);
  for (let ms = 1; ms <= 6; ms++) writers[0].take(observation(ms), 0);
  expect(merge.dropped).toBe(2);
  writers[0].advance(100);
  merge.run();
  expect(taken).toEqual([1, 2, 3, 4]);
  writers[0].take(observation(7), 0);
  writers[0].advance(100);
  merge.run();
  expect([taken.at(-1), merge.dropped]).toEqual([7, 2]);
});
