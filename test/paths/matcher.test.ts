import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObservationKind } from '../../src/paths/observation.js';
import { MatchedWorld, number, type Seen, see } from '../support/path-world.js';

const MS = 1e6;
const SECOND = 1e9;

/** Tells the matcher everything in the order of time, with numbers that lack nothing. */
function play(world: MatchedWorld, packets: readonly Seen[]): MatchedWorld {
  const last = [0, 0];
  for (const seen of [...packets].sort((a, b) => a.time - b.time)) {
    number(world.matcher, seen.place, last[seen.place], seen.time, 0);
    last[seen.place] = seen.time;
    see(world.matcher, seen);
  }
  world.matcher.finish();
  return world;
}

/** One packet from a to b. */
function pass(print: number, time: number, delay: number, more: Partial<Seen> = {}): Seen[] {
  return [
    { place: 0, print, time, ttl: 64, ...more },
    { place: 1, print, time: time + delay, ttl: 63, ...more },
  ];
}

describe('a pair of places', () => {
  it('matches packets, and has their delays exactly', () => {
    const packets = Array.from({ length: 100 }, (_, i) => pass(i + 1, i * MS, 1000 + i)).flat();
    const { forward, reverse, hops } = play(new MatchedWorld(), packets);
    expect(forward).toMatchObject({ matched: 100, lost: 0, unknown: 0, ambiguous: 0, rows: 1 });
    expect(forward).toMatchObject({ min: 1000, p50: 1049, p99: 1098, max: 1099 });
    expect(reverse.rows).toBe(0);
    expect(hops).toMatchObject([{ client: 1, server: 2, forward: { matched: 100 } }]);
  });

  it('takes the direction from the TTL where clocks differ, and then has negative delays', () => {
    const packets = Array.from({ length: 10 }, (_, i) => pass(i + 1, SECOND + i * MS, -5 * MS)).flat();
    expect(play(new MatchedWorld(), packets).forward).toMatchObject({
      matched: 10,
      min: -5 * MS,
      max: -5 * MS,
    });
  });

  it('takes it from the times where no router is in between', () => {
    const back = Array.from({ length: 10 }, (_, i) =>
      pass(i + 1, SECOND + i * MS, -5 * MS, { ttl: 64 }),
    ).flat();
    expect(play(new MatchedWorld(), back).reverse).toMatchObject({ matched: 10, min: 5 * MS });
  });

  it('tells what the network lost from what it does not know', () => {
    const packets = Array.from({ length: 20 }, (_, i) => pass(i + 1, i * MS, MS / 2)).flat();
    const without = packets.filter(
      ({ place, print }) => !(place === 1 && print === 7) && !(place === 0 && print === 9),
    );
    expect(play(new MatchedWorld(), without).forward).toMatchObject({ matched: 18, lost: 1, unknown: 1 });
  });

  it('knows nothing of loss while the other mirror has no numbers', () => {
    const world = new MatchedWorld();
    for (const seen of Array.from({ length: 20 }, (_, i) => pass(i + 1, i * MS, MS / 2)).flat())
      if (!(seen.place === 1 && seen.print === 7)) see(world.matcher, seen);
    world.matcher.finish();
    expect(world.forward).toMatchObject({ matched: 19, lost: 0, unknown: 1 });
  });

  it('counts identical packets as ambiguous and does not time them, whichever end saw them', () => {
    const packets = Array.from({ length: 20 }, (_, i) => pass(i + 1, i * MS, MS / 2)).flat();
    packets.push({ place: 0, print: 3, time: 2.2 * MS });
    packets.push({ place: 1, print: 5, time: 30 * MS });
    packets.push({ place: 1, print: 5, time: 31 * MS });
    packets.push({ place: 1, print: 6, time: 6 * SECOND });
    expect(play(new MatchedWorld(), packets).forward).toMatchObject({
      matched: 18,
      ambiguous: 5,
      unknown: 1,
    });
  });

  it('counts what was overtaken within its conversation', () => {
    const packets = Array.from({ length: 10 }, (_, i) =>
      pass(i + 1, i * MS, i === 4 ? 3.5 * MS : MS / 2),
    ).flat();
    const other = pass(99, 4.1 * MS, 3.5 * MS, { ports: [5, 6] });
    expect(play(new MatchedWorld(), [...packets, ...other]).forward).toMatchObject({
      matched: 11,
      reordered: 1,
    });
  });

  it('does not count as lost what goes elsewhere', () => {
    const packets = Array.from({ length: 10 }, (_, i) => pass(i + 1, i * MS, MS / 2)).flat();
    packets.push({ place: 0, print: 77, time: MS, destination: 3 });
    packets.push({ place: 1, print: 78, time: MS, destination: 4 });
    const { forward, reverse, hops } = play(new MatchedWorld(), packets);
    expect(forward).toMatchObject({ matched: 10, lost: 0, elsewhere: 1 });
    expect(reverse).toMatchObject({ lost: 0, elsewhere: 1 });
    expect(hops).toHaveLength(1);
  });

  it('counts a port that a firewall drops, in a hop of its own', () => {
    const packets = Array.from({ length: 10 }, (_, i) => pass(i + 1, i * MS, MS / 2)).flat();
    for (let i = 0; i < 3; i++) packets.push({ place: 0, print: 50 + i, time: i * MS, ports: [4000, 22] });
    const { forward, hops } = play(new MatchedWorld(), packets);
    expect(forward).toMatchObject({ matched: 10, lost: 3 });
    expect(hops).toContainEqual(
      expect.objectContaining({ serverPort: 22, forward: expect.objectContaining({ lost: 3 }) }),
    );
  });

  it('follows packets that change their addresses, where `nat` says so', () => {
    const world = new MatchedWorld({ nat: true });
    const packets = Array.from({ length: 10 }, (_, i) => {
      const [a, b] = pass(i + 1, i * MS, MS / 2);
      return [a, { ...b, source: 9, ports: [1024, 53] as [number, number] }];
    }).flat();
    packets.push({ place: 0, print: 99, time: 3 * MS });
    const { forward, hops } = play(world, packets);
    expect(forward).toMatchObject({ matched: 10, lost: 1 });
    expect(hops).toMatchObject([{ client: 1, clientPort: 40_000, forward: { matched: 10, lost: 1 } }]);
  });

  it('matches no packets that were merged at one end', () => {
    const world = new MatchedWorld();
    const tcp = { protocol: 6, flags: 0x10 };
    const packets = Array.from({ length: 10 }, (_, i) => pass(i + 1, i * MS, MS / 2)).flat();
    for (let i = 0; i < 4; i++)
      packets.push({ place: 0, print: 50 + i, time: i * MS, ...tcp, sequence: 1000 * i, length: 1000 });
    packets.push({ place: 1, print: 50, time: 4 * MS, ttl: 63, ...tcp, sequence: 0, length: 4000 });
    expect(play(world, packets).forward).toMatchObject({ matched: 10, unmatchable: 4, lost: 0 });
  });

  it('matches no packets that were fragmented at one end', () => {
    const packets = Array.from({ length: 10 }, (_, i) => pass(i + 1, i * MS, MS / 2)).flat();
    packets.push({ place: 0, print: 50, time: MS, length: 2000 });
    packets.push({ place: 1, print: 50, time: 2 * MS, ttl: 63, length: 1400 });
    packets.push({ place: 1, print: 51, time: 2 * MS, ttl: 63, kind: ObservationKind.Fragment });
    expect(play(new MatchedWorld(), packets).forward).toMatchObject({
      matched: 10,
      unmatchable: 2,
      unknown: 0,
    });
  });

  it('matches no packets that a mirror cuts too short, and counts them once', () => {
    const packets = Array.from({ length: 10 }, (_, i) => pass(i + 1, i * MS, MS / 2, { length: 4 })).flat();
    packets.push({ place: 0, print: 50, time: MS, length: 2000 });
    packets.push({ place: 1, print: 0, time: 2 * MS, ttl: 63, length: 8, kind: ObservationKind.Cut });
    expect(play(new MatchedWorld(), packets).forward).toMatchObject({ matched: 10, unmatchable: 1, lost: 0 });
    for (const i of packets.keys()) {
      const seen = packets[i];
      if (seen.place === 0 && seen.print === 50)
        packets[i] = { ...seen, time: 3 * MS, length: 8, kind: ObservationKind.Cut };
    }
    expect(play(new MatchedWorld(), packets).forward).toMatchObject({ matched: 10, unmatchable: 1, lost: 0 });
  });

  it('judges packets early when its window is full: those that one end has seen are unknown', () => {
    const world = new MatchedWorld({ capacity: 16 });
    const packets = Array.from({ length: 100 }, (_, i) => pass(i + 1, i * MS, MS / 2)).flat();
    for (let i = 0; i < 100; i++) packets.push({ place: 0, print: 1000 + i, time: 200 * MS + i });
    const { forward } = play(world, packets);
    expect(world.counters.early).toBe(200 - 16);
    expect(forward).toMatchObject({ matched: 100, unknown: 100, lost: 0 });
  });

  it('counts packets of conversations for which there is no room, without a hop', () => {
    const world = new MatchedWorld({ hops: 4 });
    const packets = Array.from({ length: 10 }, (_, i) =>
      pass(i + 1, i * MS, MS / 2, { ports: [i + 1, 53] }),
    ).flat();
    expect(play(world, packets).forward).toMatchObject({ matched: 10 });
    expect(world.counters.hopsFull).toBe(6);
    expect(world.hops).toHaveLength(4);
  });

  it('writes one row per minute and direction', () => {
    const packets = Array.from({ length: 200 }, (_, i) => pass(i + 1, i * SECOND, MS / 2)).flat();
    const world = play(new MatchedWorld(), packets);
    expect(world.minutes.map(([, start]) => start - world.minutes[0][1])).toEqual([0, 60, 120, 180]);
    expect(world.forward.matched).toBe(200);
  });

  it('begins anew where time goes back', () => {
    const world = new MatchedWorld();
    for (const begin of [10_000, 0])
      for (const seen of Array.from({ length: 10 }, (_, i) =>
        pass(i + 1, (begin + i) * SECOND, MS / 2),
      ).flat()) {
        number(world.matcher, seen.place, seen.time, seen.time, 0);
        see(world.matcher, seen);
      }
    world.matcher.finish();
    expect(world.forward.matched).toBe(20);
  });

  it('is exact after months', () => {
    const world = new MatchedWorld();
    const packets = [0, 4_000_000, 12_000_000, 12_000_001].flatMap((sec, i) =>
      pass(i + 1, sec * SECOND, 1024 + i * 16),
    );
    expect(play(world, packets).forward).toMatchObject({ matched: 4, max: 1072, rows: 3 });
  });
});

it('finds the pairs that share packets', () => {
  const world = new MatchedWorld({ pairs: [], places: ['a', 'b', 'c'], auto: true });
  const packets = Array.from({ length: 100 }, (_, i) => pass(i + 1, i * MS, MS / 2)).flat();
  for (let i = 0; i < 100; i++) packets.push({ place: 2, print: 1000 + i, time: i * MS });
  for (const seen of packets.sort((a, b) => a.time - b.time)) see(world.matcher, seen);
  world.matcher.finish();
  expect(world.matcher.pairs).toMatchObject([{ fromName: 'a', toName: 'b' }]);
  expect(world.forward.matched).toBeGreaterThan(80);
});

/** Packets of a network with losses, of mirrors too, and what a matcher must count of each direction. */
function network(seed: number, count: number, nearMisses: boolean) {
  let state = seed >>> 0 || 1;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const seen: Seen[] = [];
  const expected = [0, 1].map(() => ({
    matched: 0,
    lost: 0,
    unknown: 0,
    ambiguous: 0,
    delays: [] as number[],
  }));
  const missedAt: number[][] = [[], []];
  for (let i = 0; i < count; i++) {
    const forward = random() < 0.6;
    const way = expected[forward ? 0 : 1];
    const [near, far] = forward ? [0, 1] : [1, 0];
    const more = forward
      ? { source: 1, destination: 2 }
      : { source: 2, destination: 1, ports: [53, 40_000] as [number, number] };
    const time = Math.round(i * 2 * MS + random() * MS);
    const delay = Math.round(5 * MS + random() * 5 * MS);
    const ends = i === 0 || i === 1 || i >= count - 30;
    const dropped = !ends && random() < 0.05;
    const missed = [0, 0].map((_, place) => !ends && (place === far || nearMisses) && random() < 0.04);
    const copies = !ends && random() < 0.03 ? 2 : 1;
    if (copies > 1 && (dropped || missed[0] || missed[1])) continue;
    for (let c = 0; c < copies; c++) {
      if (missed[near]) missedAt[near].push(time);
      else seen.push({ place: near, print: i + 1, time: time + c * 1000, ttl: 64, ...more });
      if (dropped) continue;
      if (missed[far]) missedAt[far].push(time + delay);
      else seen.push({ place: far, print: i + 1, time: time + delay + c * 1000, ttl: 60, ...more });
    }
    if (copies > 1) way.ambiguous += copies;
    else if (!missed[near] && !dropped && !missed[far]) {
      way.matched++;
      way.delays.push(delay);
    } else if (!missed[near]) way[dropped ? 'lost' : 'unknown']++;
    else if (!dropped && !missed[far]) way.unknown++;
  }
  seen.sort((a, b) => a.time - b.time);
  return { seen, expected, missedAt };
}

it('agrees with what happened, whatever happened', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.constantFrom(1 << 12, 1 << 16),
      fc.boolean(),
      (seed, capacity, nearMisses) => {
        const { seen, expected, missedAt } = network(seed, 400, nearMisses);
        const world = new MatchedWorld({ capacity });
        const last = [0, 0];
        for (const packet of seen) {
          const { place, time } = packet;
          const missing = missedAt[place].filter((at) => at > last[place] && at <= time).length;
          number(world.matcher, place, last[place], time, missing);
          last[place] = time;
          see(world.matcher, packet);
        }
        world.matcher.finish();
        for (const [i, told] of [world.forward, world.reverse].entries()) {
          const { delays, ...counts } = expected[i];
          delays.sort((a, b) => a - b);
          const { matched, lost, unknown, ambiguous } = told;
          // Where a mirror missed a packet that nobody else saw, another one may be taken for it.
          const unsure = nearMisses ? missedAt[0].length + missedAt[1].length : 0;
          assert.ok(lost <= counts.lost && lost >= counts.lost - unsure);
          assert.equal(lost + unknown, counts.lost + counts.unknown);
          assert.deepEqual({ matched, ambiguous }, { matched: counts.matched, ambiguous: counts.ambiguous });
          assert.equal(told.min, delays[0]);
          assert.equal(told.p50, delays[Math.ceil(delays.length / 2) - 1]);
          assert.equal(told.max, delays.at(-1));
        }
      },
    ),
    { numRuns: 60 },
  );
});

it('takes anything, within its bounds', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          place: fc.integer({ min: 0, max: 1 }),
          print: fc.integer({ min: 0, max: 30 }),
          time: fc.integer({ min: 0, max: 200_000 }).map((ms) => ms * MS),
          kind: fc.constantFrom(...Object.values(ObservationKind)),
          length: fc.integer({ min: -1, max: 70_000 }),
          sequence: fc.integer(),
          protocol: fc.constantFrom(1, 6, 17, 50),
          destination: fc.integer({ min: 0, max: 5 }),
          ttl: fc.integer({ min: 0, max: 255 }),
        }),
        { maxLength: 300 },
      ),
      fc.boolean(),
      (packets, nat) => {
        const world = new MatchedWorld({ capacity: 16, hops: 4, nat });
        for (const seen of packets) {
          see(world.matcher, seen);
          assert.ok(world.matcher.waiting <= 16 && world.matcher.conversations <= 4);
        }
        world.matcher.finish();
        assert.equal(world.matcher.waiting, 0);
        assert.equal(world.matcher.conversations, 0);
      },
    ),
    { numRuns: 200 },
  );
});
