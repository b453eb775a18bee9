import { expect, test } from 'vitest';
import { RateLimit } from '../../src/mirror-source/rate-limit.js';
import { Replay, type ReplayClock, type ReplayTarget } from '../../src/mirror-source/run.js';
import type { PacketBatch, PacketSource } from '../../src/model/batch.js';

/** A capture of packets at these times, in seconds since 1970. */
function captureOf(times: readonly number[]): PacketSource {
  const left = [...times];
  return {
    async next(batch: PacketBatch): Promise<boolean> {
      batch.count = 0;
      for (const time of left.splice(0, 3)) {
        batch.sec[batch.count] = Math.floor(time);
        batch.nsec[batch.count++] = Math.round((time % 1) * 1e9);
      }
      return batch.count > 0;
    },
    close: async () => undefined,
  };
}

/** When each packet was sent, in milliseconds, on a clock that advances only while the replay sleeps. */
async function played(
  times: readonly number[],
  options: { speed?: number; loops?: number; rate?: RateLimit },
  signal = new AbortController().signal,
): Promise<number[]> {
  const sent: number[] = [];
  let now = 5000;
  const clock: ReplayClock = {
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
      signal.throwIfAborted();
    },
  };
  const mirror: ReplayTarget = {
    flush: () => undefined,
    packet(_batch, _i, _outgoing, _sec, _nsec, at) {
      const wait = options.rate?.take(1000, at) ?? 0;
      if (wait === 0) sent.push(Math.round((now - 5000) * 1000) / 1000);
      return wait;
    },
  };
  const { speed = 1, loops = 1 } = options;
  await new Replay(async () => captureOf(times), mirror, { speed, loops }, signal, clock).run();
  return sent;
}

const TIMES = [1_700_000_000, 1_700_000_000.1, 1_700_000_000.2, 1_700_000_000.5, 1_700_000_001];

test('a replay keeps the pauses of the capture', async () => {
  expect(await played(TIMES, {})).toEqual([0, 100, 200, 500, 1000]);
});

test('a replay is faster or slower as requested', async () => {
  expect(await played(TIMES, { speed: 4 })).toEqual([0, 25, 50, 125, 250]);
  expect(await played(TIMES, { speed: 0.5 })).toEqual([0, 200, 400, 1000, 2000]);
  expect(await played(TIMES, { speed: Number.POSITIVE_INFINITY })).toEqual([0, 0, 0, 0, 0]);
});

test('a replay loops without a pause', async () => {
  expect(await played(TIMES, { loops: 3 })).toEqual(
    [0, 1000, 2000].flatMap((start) => [0, 100, 200, 500, 1000].map((ms) => start + ms)),
  );
});

test('a replay makes no pause of a step back in time, and ten minutes of one far ahead', async () => {
  expect(await played([100, 50, 50.1, 100.1, 1e9], {})).toEqual([0, 0, 0, 100, 600_100]);
});

test('a replay keeps to a rate, and leaves nothing out', async () => {
  const rate = new RateLimit({ unit: 'packet', perSecond: 100 });
  const sent = await played(Array(60).fill(1_700_000_000), { speed: Number.POSITIVE_INFINITY, rate });
  expect(sent).toHaveLength(60);
  // A burst of 5, then 55 packets at 10 ms each, plus a tick of up to a millisecond.
  expect(sent[4]).toBe(0);
  expect(sent[59]).toBeGreaterThanOrEqual(550);
  expect(sent[59]).toBeLessThanOrEqual(55 * 11);
});

test('a replay ends when it is told to', async () => {
  const stop = new AbortController();
  stop.abort();
  expect(await played(TIMES, { loops: Number.POSITIVE_INFINITY }, stop.signal)).toEqual([]);
});
