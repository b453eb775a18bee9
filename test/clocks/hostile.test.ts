import assert from 'node:assert';
import { describe, expect, it } from 'vitest';
import { MOST_SEGMENTS } from '../../src/clocks/clock-survey.js';
import { Clocks, MOST_CLOCKS, type Stamp } from '../../src/clocks/clocks.js';
import { Line, LowerHull } from '../../src/clocks/lower-hull.js';
import { MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { MirrorRecord } from '../../src/model/mirror-record.js';
import { CiscoMarker } from '../../src/wire/tunnel/cisco-marker.js';
import { Random } from '../support/traffic/random.js';

const NOW = 1_780_000_000;
const WITHIN = 2;

function point(index: number, session = 1): MirrorPoint {
  const source = new Uint8Array(16);
  new DataView(source.buffer).setUint32(12, index);
  return new MirrorPoint(index, MirrorType.Erspan3, source, new Uint8Array(16), session, null);
}

/** Times that are believed lie within the bound of arrival, whatever is sent. */
function checkTime(clocks: Clocks, p: MirrorPoint, stamp: Stamp, sec: number, nsec: number): void {
  if (!clocks.time(p, stamp, sec, nsec)) return;
  const { sec: s, nsec: ns } = clocks;
  assert(Number.isInteger(s) && Number.isInteger(ns) && ns >= 0 && ns < 1e9, `${s} ${ns}`);
  assert(Math.abs(s - sec + (ns - nsec) / 1e9) <= WITHIN + 1e-6, `${s - sec} s`);
}

describe('hostile timestamps', () => {
  // Some senders stamp at random, some jump between two clocks, some creep ahead, some count backwards.
  const senders: readonly ((r: Random, i: number) => number)[] = [
    (r) => r.u32(),
    (r, i) => (i % 9 < 8 ? 0 : r.u32()),
    (_, i) => (i % 16 < 8 ? 1_000_000 : 3_000_000_000),
    (_, i) => (i * 1_999_999) >>> 0,
    (_, i) => -i >>> 0,
    (r) => r.u32() % 1_000_000_000,
    (_, i) => (i * i) >>> 0,
  ];

  it.each([undefined, 'first'] as const)('never lead times away from arrival (%s)', (look) => {
    const r = new Random(7);
    const clocks = new Clocks({ within: WITHIN, all: true, ...(look && { look }) });
    const marker = new CiscoMarker();
    const points = senders.map((_, i) => point(i));
    let sec = NOW;
    for (let i = 0; i < 60_000; i++) {
      if (r.int(0, 50) === 0) sec += r.int(0, 100) === 0 ? r.int(-100_000, 1_000_000) : r.int(-2, 3);
      const n = r.int(0, senders.length - 1);
      const stamp: Stamp = {
        timestamp: senders[n](r, i),
        granularity: i % 1000 < 900 ? n % 4 : r.int(0, 3),
        platformId: r.int(0, 3) === 0 ? r.int(0, 63) : -1,
        upperTimestamp: r.int(0, 1) === 0 ? r.u32() : sec + r.int(-40, 40),
        switch: r.int(0, 20) === 0 ? r.int(0, 1023) : 0,
      };
      checkTime(clocks, points[n], stamp, sec, r.int(0, 999_999_999));
      if (i % 97 !== 0) continue;
      marker.granularity = r.int(0, 255);
      marker.timestamp = r.u32();
      marker.utcOffset = r.int(0, 255);
      marker.seconds = sec + r.int(-300, 300);
      marker.microseconds = r.int(0, 999_999);
      clocks.marker(marker, points[n].source, 0, 6, sec, 0);
    }
    const row = new MirrorRecord();
    for (const p of points) {
      clocks.minute(p, row);
      for (const value of [row.clockOffsetNs, row.clockDriftPpb, row.clockDelayNs, row.clockJitterNs])
        assert(Number.isSafeInteger(value), `${value}`);
      assert(Math.abs(row.clockDriftPpb) <= 500_000);
    }
    expect(clocks.disbelieved).toBeGreaterThan(0);
    for (const segments of clocks.survey().clocks.values())
      expect(segments.length).toBeLessThanOrEqual(MOST_SEGMENTS);
  });

  it('have a second look that is as safe', () => {
    const stamps = (clocks: Clocks) => {
      const r = new Random(3);
      const p = point(1);
      for (let i = 0; i < 20_000; i++) {
        const timestamp = i % 4000 < 2000 ? i * 10_000 : r.u32();
        const stamp = { timestamp, granularity: 1, platformId: -1, upperTimestamp: 0, switch: 0 };
        checkTime(clocks, p, stamp, NOW + Math.floor(i / 1000), (i % 1000) * 1e6);
      }
    };
    const first = new Clocks({ within: WITHIN, all: true, look: 'first' });
    stamps(first);
    stamps(new Clocks({ within: WITHIN, all: true, look: first.survey() }));
  });
});

describe('many clocks', () => {
  const stamp: Stamp = { timestamp: 5, granularity: 1, platformId: -1, upperTimestamp: 0, switch: 0 };

  it('have times of arrival beyond the bound, until others are silent for an hour', () => {
    const clocks = new Clocks({ within: WITHIN, all: true });
    for (let i = 0; i < MOST_CLOCKS; i++) expect(clocks.time(point(i), stamp, NOW, 0)).toBe(true);
    expect(clocks.time(point(MOST_CLOCKS), stamp, NOW + 3599, 0)).toBe(false);
    expect(clocks.crowded).toBe(1);
    expect(clocks.size).toBe(MOST_CLOCKS);
    expect(clocks.clockOf(point(MOST_CLOCKS))).toBeUndefined();
    expect(clocks.time(point(MOST_CLOCKS), stamp, NOW + 3600, 0)).toBe(true);
    expect(clocks.size).toBe(1);
    // A forgotten one comes back.
    expect(clocks.time(point(3), stamp, NOW + 3600, 0)).toBe(true);
    expect(clocks.size).toBe(2);
  });

  it('belong only to points that have hardware time', () => {
    const clocks = new Clocks({ within: WITHIN });
    const [a, b] = [point(0), point(1)];
    clocks.use(a, true);
    clocks.use(b, false);
    expect(clocks.time(a, stamp, NOW, 0)).toBe(true);
    expect(clocks.time(b, stamp, NOW, 0)).toBe(false);
    expect(clocks.time(point(2), stamp, NOW, 0)).toBe(false);
    clocks.forget(a);
    expect(clocks.time(a, stamp, NOW, 0)).toBe(false);
  });
});

it('a hull of any points stays below them, in bounded memory', () => {
  const r = new Random(5);
  const shapes = [(x: number) => (x / 100) ** 2, (x: number) => -((x / 100) ** 2), () => r.float() * 1000];
  for (const shape of shapes) {
    const hull = new LowerHull();
    const line = new Line();
    const points = Array.from({ length: 5000 }, (_, x) => [x, shape(x)] as const);
    for (const [x, y] of points) hull.add(x, y);
    hull.fit(line, Number.POSITIVE_INFINITY);
    // One with too many vertices is cut by chords: by less than a 500th of its height.
    for (const [x, y] of points) assert(line.at(x) <= y + 5, `${x}: ${line.at(x)} over ${y}`);
  }
});
