import { describe, expect, it } from 'vitest';
import { mirrorPoint, SessionWorld } from '../support/session-world.js';

const C = '10.0.0.1:40000';
const V = '10.0.0.2:80';

/** No frame equals one of an earlier test. */
let next = 0;

/** Sends frames of a TCP conversation. `percent` of them come `each` times, `apart` seconds apart. */
function send(
  world: SessionWorld,
  count: number,
  each: number,
  apart = 50e-6,
  percent = 100,
  mirror = world.point,
): void {
  for (const end = next + count; next < end; next++) {
    const n = next;
    const times = n % 100 < percent ? each : 1;
    for (let i = 0; i < times; i++)
      world.send({
        at: n / 1000 + i * apart,
        from: C,
        to: V,
        seq: 1000 * n,
        payload: `${n} and more`,
        mirror,
      });
  }
}

describe('a mirror', () => {
  it.each([
    ['whose frames come twice', 200, 2, 50e-6, 100, true],
    ['whose frames come three times', 200, 3, 50e-6, 100, true],
    ['whose second frames come milliseconds later', 200, 2, 8e-3, 100, true],
    ['of which one frame in four comes twice', 400, 2, 50e-6, 25, true],
    ['with many frames, which are looked at one in 2,048', 100_000, 2, 50e-6, 100, true],
    ['whose frames come once', 5000, 1, 0, 100, false],
    ['of which one frame in a hundred comes twice', 5000, 2, 50e-6, 1, false],
    ['whose frames come again after a second', 500, 2, 1, 100, false],
    ['that has sent next to nothing', 20, 2, 50e-6, 100, false],
  ])('%s', (_, count, each, apart, percent, twice) => {
    const world = new SessionWorld();
    send(world, count, each, apart, percent);
    expect(world.table.comesTwice(world.point)).toBe(twice);
  });

  it('has duplicates even if a router between its two ports changes TTLs', () => {
    const world = new SessionWorld();
    for (let n = 0; n < 200; n++)
      for (const ttl of [64, 63])
        world.send({ at: n / 100, from: C, to: V, seq: n, payload: `${n} and more`, ttl });
    expect(world.table.comesTwice(world.point)).toBe(true);
  });

  it('is judged by itself, by its recent frames, and only while nothing is done about them', () => {
    const world = new SessionWorld();
    const other = mirrorPoint(1);
    send(world, 500, 2);
    send(world, 500, 1, 0, 100, other);
    expect([world.point, other].map((p) => world.table.comesTwice(p))).toEqual([true, false]);
    world.table.setDedupWindow(world.point, 1e6);
    expect(world.table.comesTwice(world.point)).toBe(false);
    world.table.setDedupWindow(world.point, 0);
    expect(world.table.comesTwice(world.point)).toBe(true);
    // Another point takes its place.
    world.table.begin(world.point);
    expect(world.table.comesTwice(world.point)).toBe(false);
    send(world, 500, 2);
    expect(world.table.comesTwice(world.point)).toBe(true);
    // One of the two ports is removed from the mirror session. How many frames are sampled depends on a
    // secret: most often 400 of 800,000, which is enough.
    for (let n = 0; n < 40 && world.table.comesTwice(world.point); n++) send(world, 100_000, 1);
    expect(world.table.comesTwice(world.point)).toBe(false);
  });
});
