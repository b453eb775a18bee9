/** Clocks that are set back again and again, and floods of more sessions than the table holds. */
import { describe, expect, it } from 'vitest';
import type { PacketBatch } from '../../src/model/batch.js';
import { setU16, setU32 } from '../../src/wire/bytes.js';
import { expectCpu } from '../support/cpu.js';
import { erspan2, ethernet, ipv4, udp } from '../support/frames.js';
import { Random } from '../support/traffic/random.js';
import { copiesOf, type PathOptions, taking, WatchedPath } from './support/packet-path.js';

const PACKET = ipv4(
  '10.0.0.1',
  '10.0.0.9',
  47,
  erspan2(5, 0, ethernet(0x0800, ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, new Uint8Array(40))))),
);
/** Offsets of the sequence number and the inner packet. */
const SEQUENCE = 24;
const INNER = 20 + 8 + 8 + 14;

interface Sent {
  readonly session: number;
  /** Seconds from the start. */
  readonly at: number;
  /** Whether it is a later fragment whose first one never comes. */
  readonly headless?: boolean;
}

function packets(list: readonly Sent[]): PacketBatch[] {
  return copiesOf(
    PACKET,
    list.length,
    (p, i) => {
      setU32(p, SEQUENCE, i);
      setU32(p, INNER + 12, 0x0a000000 + list[i].session);
      if (list[i].headless === true) setU16(p, INNER + 6, 185);
    },
    (i) => list[i].at,
  );
}

const openings = (count: number): Sent[] =>
  Array.from({ length: count }, (_, session) => ({ session, at: 0 }));

const LONG = { udpIdle: 7200, tcpIdle: 7200, otherIdle: 7200 };

describe.each<[string, PathOptions['sessions'], number]>([
  ['of the usual timeouts', {}, 3700],
  ['of timeouts of two hours', LONG, 7300],
])('a clock that is set back 100 times, in a table of 20,000 sessions %s', (_, timeouts, hour) => {
  const OPEN = 20_000;
  const options: PathOptions = { sessions: { capacity: OPEN, ...timeouts } };

  /**
   * The clock goes far ahead twice, which is believed, and back by more than a minute, which is too. `some`
   * sessions send a packet each time, and a fragment waits.
   */
  const round = (some: number): Sent[] => [
    ...[hour, 2 * hour, 0, 61].flatMap((at) =>
      Array.from({ length: some }, (_, session) => ({ session, at })),
    ),
    { session: some, at: 61, headless: true },
  ];
  const rounds = (some: number): Sent[] => Array.from({ length: 100 }, () => round(some)).flat();
  const jumping = (some: number): Sent[] => [...openings(OPEN), ...rounds(some)];

  it('costs no more than the same packets at one time', () => {
    const list = jumping(1);
    const still = list.map((sent) => ({ ...sent, at: 0 }));
    expectCpu(taking(packets(list), options), taking(packets(still), options), 5);
  });

  it('costs no more than after ten sessions', () => {
    const batches = packets(rounds(1));
    const roundsAfter = (open: number) => {
      const before = packets([...openings(open), ...round(1)]);
      return () => {
        const path = new WatchedPath(options);
        path.process(before);
        return () => path.process(batches);
      };
    };
    expectCpu(roundsAfter(OPEN), roundsAfter(10), 5);
  });

  it('has every packet in a row', () => {
    const path = new WatchedPath(options);
    path.process(packets(jumping(10)));
    path.finish();
    const { pressure, opened } = path.snapshot;
    expect(pressure).toBe(0);
    expect(opened).toBeGreaterThan(OPEN + 10 * 100);
    expect(path.snapshot.fragmentTrainsHeadless).toBeGreaterThanOrEqual(100);
  });
});

describe('a flood of far more sessions than the table holds', () => {
  const CAPACITY = 2000;
  const options: PathOptions = { sessions: { capacity: CAPACITY } };
  const random = new Random(13);
  /** Some sessions send all the time, and their packets are late; each of the others sends one packet. */
  const flood = (late: (i: number) => number, kept = 500): Sent[] =>
    Array.from({ length: 10 * CAPACITY }, (_, i) => {
      const now = Math.floor(i / 400);
      return i % 4 === 0
        ? { session: i % kept, at: Math.max(0, now - late(i)) }
        : { session: kept + i, at: now };
    });
  const floods: Readonly<Record<string, Sent[]>> = {
    'packets in time': flood(() => 0),
    'packets that are late by up to half a minute': flood(() => random.int(0, 30)),
    'packets that are late by more than the timeout': flood(() => random.int(50, 70)),
    'sessions that nearly all go on': Array.from({ length: 20 * CAPACITY }, (_, i) => ({
      session: i % 16 === 0 ? CAPACITY + i : i % (CAPACITY - 100),
      at: Math.floor(i / 4000),
    })),
    'packets that are early and late': flood((i) => (i & 4 ? 1 : -1) * random.int(0, 1000)),
  };

  it.each(Object.entries(floods))('costs no more than in a table with room for all: %s', (_, list) => {
    const roomy: PathOptions = { sessions: { capacity: 20 * CAPACITY } };
    expectCpu(taking(packets(list), options), taking(packets(list), roomy), 5);
  });

  it.each(Object.entries(floods))(
    'never exceeds the capacity, and has every packet in a row: %s',
    (_, list) => {
      const path = new WatchedPath(options);
      for (const batch of packets(list)) {
        // In small pieces: the bound holds at any time.
        for (let from = 0; from < batch.count; from += 256) {
          path.process([slice(batch, from, 256)]);
          expect(path.snapshot.open).toBeLessThanOrEqual(CAPACITY);
        }
      }
      const open = path.snapshot.open;
      const rows = path.finish();
      const { opened, pressure } = path.snapshot;
      expect(pressure).toBeGreaterThan(0);
      expect(opened).toBeGreaterThanOrEqual(pressure + open);
      expect(rows.filter((r) => r.end === 'pressure').length).toBe(pressure);
    },
  );
});

/** Some packets of a batch. */
function slice(batch: PacketBatch, from: number, most: number): PacketBatch {
  const to = from + most;
  return {
    ...batch,
    count: Math.min(most, batch.count - from),
    offset: batch.offset.subarray(from, to),
    sec: batch.sec.subarray(from, to),
    nsec: batch.nsec.subarray(from, to),
  };
}
