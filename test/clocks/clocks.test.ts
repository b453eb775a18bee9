import { describe, expect, it } from 'vitest';
import { ClockKind } from '../../src/model/clock-kind.js';
import { type Flow, play, START, StampedSwitch, type SwitchOptions } from '../support/stamped-mirror.js';
import { once, spread, type Timed, twice } from './looks.js';

const SECOND = 1e9;
const HOUR = 3600 * SECOND;
/** How wrong times may be, by granularity. */
const WITHIN = [100_000, 1000, 1000];
const WAY = { session: 1, least: 200_000, jitter: 30_000, bursts: 0.001 };

function clockOf(o: Partial<SwitchOptions> = {}): StampedSwitch {
  return new StampedSwitch({ granularity: 1, drift: 20, ...o });
}

function flow(clock: StampedSwitch, o: Partial<Flow> = {}): Flow {
  return { clock, ...WAY, packets: 6000, every: SECOND / 120, ...o };
}

/** The number of the first frame mirrored at a time or later. */
function firstFrom(flows: readonly Flow[], at: number): number {
  return play(flows)
    .filter(({ packet }) => packet[23] === 47)
    .findIndex(({ mirrored }) => mirrored >= at);
}

const lastRow = ({ rows }: Timed) => rows.at(-1)!;

describe('a drifting clock over a jittery way', () => {
  const cases = [0, 1, 2].flatMap((granularity) =>
    [-40, 35].flatMap((drift) => [1, 20, 3600].map((seconds) => ({ granularity, drift, seconds }))),
  );
  it.each(cases)('granularity $granularity, $drift ppm, $seconds s', ({ granularity, drift, seconds }) => {
    const packets = seconds === 1 ? 1000 : 6000;
    const clock = clockOf({ granularity, drift });
    const sent = play([flow(clock, { packets, every: (seconds * SECOND) / packets })]);
    const timed = twice(sent);
    expect(spread(timed.errors)).toBeLessThan(WITHIN[granularity]);
    expect(timed.clocks.disbelieved).toBe(0);
    expect(timed.clocks.jumps).toBe(0);
    // Without a first look the clock is known after a while.
    const live = once(sent);
    if (seconds > 1) expect(spread(live.errors, packets / 2)).toBeLessThan(WITHIN[granularity]);
    expect(live.clocks.jumps).toBe(0);
  });

  it('is followed where the drift changes', () => {
    for (const ageing of [-0.2, 0.2]) {
      const { errors } = twice(play([flow(clockOf({ ageing }), { packets: 12_000, every: SECOND / 8 })]));
      expect(spread(errors)).toBeLessThan(1000);
    }
  });

  it('is known where packets are few', () => {
    const { errors, clocks } = twice(
      play([flow(clockOf({ drift: -40 }), { packets: 1500, every: 10 * SECOND })]),
    );
    expect(spread(errors)).toBeLessThan(10_000);
    expect(clocks.jumps).toBe(0);
  });

  it('says drift, offset, delay and jitter', () => {
    const clock = clockOf({ drift: -12.5, shows: BigInt(START) * 1_000_000_000n - 250_000_000n });
    const row = lastRow(twice(play([flow(clock)])));
    expect(row.clock).toBe('10.255.1.1 100ns');
    expect(row.clockKind).toBe(ClockKind.Fitted);
    expect(Math.abs(row.clockDriftPpb + 12_500)).toBeLessThan(100);
    expect(Math.abs(row.clockOffsetNs - 250_200_000 - 12.5 * 50 * 1e3)).toBeLessThan(10_000);
    expect(Math.abs(row.clockDelayNs)).toBeLessThan(1000);
    // The mean difference of two exponential delays is their mean.
    expect(row.clockJitterNs).toBeGreaterThan(25_000);
    expect(row.clockJitterNs).toBeLessThan(60_000);
  });

  it('keeps the order of readings, also before it is known', () => {
    for (const timed of [once, twice]) {
      const { times, clocks } = timed(play([flow(clockOf({ drift: 100 }), { jitter: 5_000_000 })]));
      for (let i = 1; i < times.length; i++) if (times[i] < times[i - 1]) throw new Error(`frame ${i}`);
      expect(clocks.disbelieved).toBe(0);
    }
  });
});

describe('wraps', () => {
  it('of 429 s at 100 ns', () => {
    const { errors, clocks } = twice(play([flow(clockOf(), { every: SECOND / 2 })]));
    expect(spread(errors)).toBeLessThan(1000);
    expect(clocks.jumps).toBe(0);
  });

  it('of 5 days at 100 µs', () => {
    const { errors, clocks } = twice(
      play([flow(clockOf({ granularity: 0 }), { every: (12 * 24 * HOUR) / 6000 })]),
    );
    expect(spread(errors)).toBeLessThan(100_000);
    expect(clocks.jumps).toBe(0);
  });

  it('are counted while no packet comes', () => {
    const clock = clockOf();
    const flows = [flow(clock), flow(clock, { from: 5 * HOUR })];
    const { errors, clocks } = twice(play(flows));
    expect(spread(errors)).toBeLessThan(1000);
    expect(clocks.jumps).toBe(0);
    expect(once(play(flows)).clocks.jumps).toBe(0);
  });
});

describe('a clock that is set', () => {
  const SET = 25 * SECOND;

  function halves(granularity: number, set: (clock: StampedSwitch) => void): Timed {
    const clock = clockOf({ granularity });
    set(clock);
    const flows = [flow(clock)];
    const timed = twice(play(flows));
    const at = firstFrom(flows, SET);
    expect(spread(timed.errors, 0, at)).toBeLessThan(WITHIN[granularity]);
    expect(spread(timed.errors, at)).toBeLessThan(WITHIN[granularity]);
    // Both halves are fitted to the same arrivals.
    expect(spread(timed.errors)).toBeLessThan(WITHIN[granularity]);
    expect(timed.clocks.jumps).toBe(1);
    expect(timed.clocks.disbelieved).toBe(0);
    expect(lastRow(timed).clockJumps).toBe(1);
    return timed;
  }

  it.each([0, 1, 2])('a restart is seen at granularity %i', (granularity) => {
    halves(granularity, (clock) => clock.restart(SET));
  });

  it.each([10, -10, 300, -300, 3000, -3000])('a jump of %i ms is seen', (ms) => {
    halves(1, (clock) => clock.jump(SET, BigInt(ms) * 1_000_000n));
  });

  it('is seen without a first look, and what is far off is disbelieved until then', () => {
    const clock = clockOf();
    clock.restart(SET);
    const { clocks, lags } = once(play([flow(clock)]));
    expect(clocks.jumps).toBe(1);
    expect(clocks.disbelieved).toBe(7);
    for (const lag of lags) if (Math.abs(lag) > 2 * SECOND) throw new Error(`${lag}`);
  });
});

describe('absolute time', () => {
  const cases = [0, 1, 2].flatMap((granularity) =>
    [3, 7, 0, 5, 6].flatMap((platform) =>
      (['utc', 'tai'] as const).map((shows) => ({ granularity, platform, shows })),
    ),
  );
  it.each(cases)('$shows in subheader $platform at granularity $granularity', (o) => {
    const timed = once(play([flow(clockOf({ ...o, drift: 0 }), { packets: 2000 })]));
    const unit = [100_000, 100, 1][o.granularity];
    for (const error of timed.errors) if (error > 0 || error <= -unit) throw new Error(`${error}`);
    const row = lastRow(timed);
    expect(row.clockKind).toBe(ClockKind.Absolute);
    expect(Math.abs(row.clockOffsetNs)).toBe(o.shows === 'tai' ? 37 * SECOND : 0);
    expect(row.clockDelayNs).toBeGreaterThanOrEqual(WAY.least);
    expect(row.clockDelayNs).toBeLessThan(WAY.least + unit + 1000);
    expect(timed.clocks.clockOf(timed.points[0])).toMatchObject({ isAbsolute: true });
  });

  it.each([1, 4])('is not in subheader %i', (platform) => {
    const timed = twice(play([flow(clockOf({ platform, shows: 'utc' }))]));
    expect(lastRow(timed).clockKind).toBe(ClockKind.Fitted);
    expect(spread(timed.errors)).toBeLessThan(1000);
  });

  it('is not what a clock shows that counts from its start', () => {
    const timed = twice(play([flow(clockOf({ platform: 3, shows: 5_000_000_000n }))]));
    expect(lastRow(timed).clockKind).toBe(ClockKind.Fitted);
    expect(spread(timed.errors)).toBeLessThan(1000);
  });

  it.each(['utc', 'tai'] as const)('is in markers of %s', (markers) => {
    const clock = clockOf();
    const flows = [flow(clock), flow(clock, { packets: 500, every: SECOND / 10, markers })];
    const timed = twice(play(flows));
    for (const error of timed.errors) if (Math.abs(error) > 1000) throw new Error(`${error}`);
    expect(lastRow(timed).clockKind).toBe(ClockKind.Absolute);
    expect(Math.abs(lastRow(timed).clockDelayNs - WAY.least)).toBeLessThan(2000);
    const live = once(play(flows));
    expect(live.clocks.markers).toBe(500);
    for (const error of live.errors.subarray(3000)) if (Math.abs(error) > 1000) throw new Error(`${error}`);
  });
});

describe('several mirrors of one switch', () => {
  it('share a clock, whose times can be compared', () => {
    const clock = clockOf();
    const timed = twice(play([flow(clock), flow(clock, { session: 2, least: 3_500_000 })]));
    expect(spread(timed.errors)).toBeLessThan(1000);
    const [a, b] = timed.points.map((point) => timed.clocks.clockOf(point));
    expect(a?.id).toBe(b?.id);
    expect(a?.isAbsolute).toBe(false);
    const delays = timed.rows.slice(-2).map((r) => r.clockDelayNs);
    expect(Math.abs(delays[0] - delays[1])).toBeGreaterThan(3_290_000);
  });

  it('have the same constant when a shorter way is found later', () => {
    const clock = clockOf();
    const timed = twice(
      play([flow(clock, { least: 3_500_000 }), flow(clock, { session: 2, from: 20 * SECOND })]),
    );
    expect(spread(timed.errors)).toBeLessThan(1000);
    expect(timed.clocks.jumps).toBe(0);
  });

  it('get clocks of their own where their timestamps are of different ones', () => {
    const other = clockOf({ shows: 999n, drift: -10 });
    const flows = [flow(clockOf()), flow(other, { session: 2 })];
    const timed = twice(play(flows));
    expect(timed.clocks.size).toBe(2);
    for (const session of [1, 2]) {
      const errors = timed.errors.filter((_, i) => timed.sessions[i] === session);
      expect(spread(errors)).toBeLessThan(1000);
    }
    expect(once(play(flows)).clocks.size).toBe(2);
  });

  it('of different switches have different clocks', () => {
    const timed = twice(play([flow(clockOf()), flow(clockOf({ source: '10.255.1.2', drift: -3 }))]));
    const [a, b] = timed.points.map((point) => timed.clocks.clockOf(point));
    expect(a?.id).not.toBe(b?.id);
  });
});

it('times of the user-defined granularity are those of arrival', () => {
  const sent = play([flow(clockOf(), { packets: 100 })]);
  // The flags' second byte: hw, direction, granularity, o.
  for (const { packet } of sent) packet[14 + 20 + 8 + 11] |= 6;
  const timed = once(sent);
  expect(new Set(timed.lags)).toEqual(new Set([0]));
  expect(timed.clocks.size).toBe(0);
  expect(lastRow(timed).clockKind).toBe(ClockKind.Arrival);
});
