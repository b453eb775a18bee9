import { expect, it } from 'vitest';
import { QuicState } from '../../../src/applications/quic/state.js';
import { StreamPool } from '../../../src/applications/quic/stream-pool.js';

it('gives the oldest stream to the next conversation when all are in use', () => {
  const pool = new StreamPool(2);
  const states = Array.from({ length: 3 }, () => new QuicState());
  for (const s of states) s.streams[0] = pool.take(s);
  expect(states.map((s) => s.streams[0] !== undefined)).toEqual([false, true, true]);
  expect(states.map((s) => s.isLimited)).toEqual([true, false, false]);
  states[2].streams[0]?.put(0, Buffer.from('ab'), 0, 2, 0, 0);
  const stream = states[2].streams[0];
  if (stream !== undefined) pool.give(stream);
  expect(pool.take(states[0]).have).toBe(0);
});
