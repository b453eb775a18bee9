import { describe, expect, it } from 'vitest';
import type { MirrorCounts } from '../../src/accounts/mirror-changes.js';
import { MirrorAccounts } from '../../src/collector/mirrors/mirror-accounts.js';
import { PacketPath } from '../../src/collector/packet-path.js';
import { type PathRules, pathRules } from '../../src/collector/path-rules.js';
import { type MirrorRules, mirrorRules } from '../../src/collector/policy.js';
import { parseConfig } from '../../src/config/load.js';
import { ClockKind } from '../../src/model/clock-kind.js';
import { REASSEMBLY_DEFAULTS } from '../../src/model/defaults.js';
import { readSegment } from '../../src/store/segment/read-segment.js';
import { CiscoMarker } from '../../src/wire/tunnel/cisco-marker.js';
import { batchOf } from '../demux/outer.js';
import { type Arrived, play, START, StampedSwitch } from '../support/stamped-mirror.js';

const SECOND = 1e9;

function rulesOf(text: string): MirrorRules {
  return mirrorRules(parseConfig(text, 'c.yaml'), {}, -1, []);
}

const HARDWARE = rulesOf('mirrors: [{ name: core, session: 1, timestamps: hardware }, { name: other }]');
const ARRIVAL = rulesOf('mirrors: [{ name: core, session: 1 }, { name: other }]');

/** A packet path, the times of its sessions' first packets, and its minutes. */
class Path {
  /** First packets of sessions less START, in nanoseconds. */
  readonly first: number[] = [];
  readonly minutes: MirrorCounts[] = [];
  readonly path: PacketPath;

  constructor(rules: MirrorRules, paths?: PathRules) {
    this.path = new PacketPath(
      {
        collector: 'c',
        sessions: { capacity: 20_000 },
        reassembly: REASSEMBLY_DEFAULTS,
        rules,
        ...(paths && { paths }),
      },
      {
        paths: { take: () => undefined },
        segment: (table, bytes) => {
          if (table !== 'sessions') return true;
          for (const { record: r } of readSegment('sessions', bytes))
            this.first.push((r.firstSeenSec - START) * SECOND + r.firstSeenNsec);
          return true;
        },
        minute: (counts) => this.minutes.push(counts),
      },
    );
  }

  take(packets: readonly Arrived[]): void {
    for (const { packet, arrived } of packets) {
      const [sec, nsec] = [START + Math.floor(arrived / SECOND), arrived % SECOND];
      this.path.process(batchOf([{ bytes: packet.subarray(14), sec, nsec }]));
    }
  }

  /** The times of sessions, in order, once all have ended. */
  finish(): number[] {
    this.path.finish();
    return this.first.sort((a, b) => a - b);
  }
}

const WAY = { packets: 4000, every: SECOND / 100, least: 200_000, jitter: 200_000 };

/** How far times are from the true ones, and from arrivals, at most: of packets from number `from` on. */
function apart(times: readonly number[], truth: readonly number[], from = 0): number {
  const errors = times.slice(from).map((time, i) => time - truth[from + i]);
  return (Math.max(...errors) - Math.min(...errors)) / 2;
}

const inOrder = (numbers: number[]) => numbers.sort((a, b) => a - b);

describe('an entry of mirrors with hardware time', () => {
  const clock = new StampedSwitch({ granularity: 1, drift: 15 });
  const packets = play([{ clock, session: 1, ...WAY }]);
  const mirrored = inOrder(packets.map((p) => p.mirrored));
  const arrived = inOrder(packets.map((p) => p.arrived));

  it('has the times of its switch', () => {
    const path = new Path(HARDWARE);
    path.take(packets);
    expect(path.path.snapshot().clocks).toEqual({
      known: 1,
      disbelieved: 0,
      crowded: 0,
      jumps: 0,
      markers: 0,
    });
    expect(apart(path.finish(), mirrored, 2000)).toBeLessThan(1000);
    expect(path.minutes.at(-1)).toMatchObject({ clock: '10.255.1.1 100ns', clockKind: ClockKind.Fitted });
  });

  it('is none without the key, and others have times of arrival', () => {
    for (const [rules, session] of [
      [ARRIVAL, 1],
      [HARDWARE, 2],
    ] as const) {
      const path = new Path(rules);
      path.take(play([{ clock, session, ...WAY }]));
      expect(path.path.snapshot().clocks === undefined).toBe(rules === ARRIVAL);
      const times = path.finish();
      expect(apart(times, arrived)).toBe(0);
    }
  });

  it('may be one from a reload on', () => {
    const path = new Path(ARRIVAL);
    path.take(packets.slice(0, 1000));
    path.path.setRules(HARDWARE);
    path.take(packets.slice(1000));
    expect(apart(path.finish(), mirrored, 3000)).toBeLessThan(1000);
  });

  it('takes markers', () => {
    const path = new Path(HARDWARE);
    path.take(packets.slice(0, 100));
    for (let i = 1; i <= 100; i++) {
      const at = packets[100].mirrored + i * 1000;
      const marker = new CiscoMarker();
      marker.granularity = 1;
      marker.timestamp = Number((clock.shows(at) / 100n) % (1n << 32n));
      marker.seconds = START + Math.floor(at / SECOND) + 37;
      marker.microseconds = Math.floor((at % SECOND) / 1000);
      const source = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 255, 1, 1]);
      path.path.marker({ marker, source, sec: START + Math.floor(at / SECOND), nsec: 0 });
    }
    path.take(packets.slice(100));
    expect(path.path.snapshot().clocks).toMatchObject({ markers: 100 });
    path.finish();
    expect(path.minutes.at(-1)).toMatchObject({ clockKind: ClockKind.Absolute });
  });
});

it('two workers fit a clock each, to a fraction of a microsecond of each other, and make one row', () => {
  const clock = new StampedSwitch({ granularity: 1, drift: 15 });
  const packets = play([{ clock, session: 1, ...WAY, packets: 8000 }]);
  const workers = [new Path(HARDWARE), new Path(HARDWARE)];
  for (const [i, worker] of workers.entries()) worker.take(packets.filter((_, n) => n % 2 === i));
  const times = inOrder(workers.flatMap((worker) => worker.finish()));
  const mirrored = inOrder(packets.map((p) => p.mirrored));
  expect(apart(times, mirrored, 4000)).toBeLessThan(2000);

  const rows: object[] = [];
  const accounts = new MirrorAccounts({
    collector: 'c',
    rules: HARDWARE,
    store: (bytes) => {
      for (const { record } of readSegment('mirrors', bytes)) rows.push({ ...record });
      return true;
    },
    warn: () => {},
  });
  for (const worker of workers) for (const minute of worker.minutes) accounts.minute(minute);
  accounts.finish();
  expect(rows.at(-1)).toMatchObject({
    clock: '10.255.1.1 100ns',
    clockKind: ClockKind.Fitted,
    clockJumps: 0,
  });
  expect(rows.reduce<number>((n, row) => n + (row as { packets: number }).packets, 0)).toBe(8000);
});

it('the places of paths have the clocks of their mirror points, until these are elsewhere', () => {
  const mirrors = `mirrors: [{ name: a, session: 1, timestamps: hardware },
    { name: b, session: 2, timestamps: hardware }, { name: c, session: 3 }]`;
  const pairs = 'paths: { pairs: [{ from: a, to: b }, { from: a, to: c }] }';
  const path = new Path(rulesOf(mirrors), pathRules(parseConfig(`${mirrors}\n${pairs}`, 'c.yaml')));
  const clock = new StampedSwitch({ granularity: 1 });
  path.take(play([1, 2, 3].map((session) => ({ clock, session, ...WAY, packets: 100 }))));
  const [a, b, c] = path.path.placeClocks;
  expect(a).toEqual([{ id: 0, isAbsolute: false }]);
  expect([b, c]).toEqual([a, [undefined]]);
  path.path.setRules(rulesOf(mirrors.replace('name: b', 'name: d')));
  expect(path.path.placeClocks).toEqual([a, [], c]);
});
