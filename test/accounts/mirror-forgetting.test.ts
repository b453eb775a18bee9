import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MirrorTable } from '../../src/accounts/mirrors.js';
import { NO_KEY, type PointGate, REFUSED } from '../../src/accounts/point-gate.js';
import { type MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { MirrorRecord } from '../../src/model/mirror-record.js';
import { Mirrored } from '../../src/model/mirrored.js';
import type { OuterPacket } from '../../src/model/outer-packet.js';
import { SequenceUse } from '../../src/model/sequence-use.js';
import { outer } from '../demux/outer.js';

const START = 1_700_000_040;
/** A point is forgotten after so many seconds of silence: in a pool with room, and in a full one. */
const IDLE = 600;
const IDLE_FULL = 300;

/** Sender `i` belongs to pool i mod `pools`; every second sender of the last pool is refused. */
class Gate implements PointGate {
  constructor(readonly places: readonly number[]) {}
  poolOf(_type: MirrorType, words: Uint32Array): number {
    const sender = words[3] & 0xff;
    const pool = sender % this.places.length;
    return pool === this.places.length - 1 && (sender & 8) !== 0 ? REFUSED : pool;
  }
  mayAdmit(): boolean {
    return true;
  }
  idle(_pool: number, full: boolean): number {
    return full ? IDLE_FULL : IDLE;
  }
}

const packets: OuterPacket[] = Array.from({ length: 24 }, (_, i) => outer(`10.0.0.${i}`, '10.0.1.1'));

/** A simple model of what the table should do. */
class Model {
  readonly known = new Map<number, { pool: number; last: number }>();
  /** Packets counted, by sender; by -1 - pool for the point that the rest of a pool shares. */
  readonly sent = new Map<number, number>();
  refused = 0;
  overflowed = 0;
  constructor(private gate: Gate) {}

  private poolOf(sender: number): number {
    return this.gate.poolOf(MirrorType.Erspan2, new Uint32Array([0, 0, 0, sender]));
  }

  used(pool: number): number {
    return [...this.known.values()].filter((k) => k.pool === pool).length;
  }

  /** @returns the sender, -1 - its pool if it shares a point, undefined if it is refused */
  find(sender: number): number | undefined {
    const known = this.known.get(sender);
    const pool = known?.pool ?? this.poolOf(sender);
    if (pool === REFUSED) {
      this.refused++;
      return undefined;
    }
    if (known !== undefined) return sender;
    if (this.used(pool) < this.gate.places[pool]) {
      this.known.set(sender, { pool, last: 0 });
      return sender;
    }
    this.overflowed++;
    return -1 - pool;
  }

  regate(gate: Gate): void {
    this.gate = gate;
    for (const [sender, known] of this.known) known.pool = this.poolOf(sender);
  }
}

const nameOf = (point: MirrorPoint): number =>
  point.source[15] === 0 && point.source[12] === 0 ? -1 : point.source[15];

describe('mirror points that come and go', () => {
  const steps = fc.array(
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          sender: fc.integer({ min: 1, max: 23 }),
          after: fc.integer({ min: 0, max: 40 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ silence: fc.integer({ min: 60, max: 700 }) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          places: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ held: fc.array(fc.integer({ min: 1, max: 23 }), { maxLength: 4 }) }),
      },
    ),
    { maxLength: 200 },
  );

  it('keep their places, and have every packet in one minute and in one total', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const gate = new Gate([3, 2, 4]);
        const model = new Model(gate);
        const minutes = new Map<number, number>();
        const totals = new Map<number, number>();
        const live = new Map<number, MirrorPoint>();
        let held = new Set<number>();
        let now = START;
        const table = new MirrorTable({
          gate,
          sink: {
            mirror: (r) => {
              expect(r.packets).toBeGreaterThan(0);
              minutes.set(nameOf(r.point), (minutes.get(nameOf(r.point)) ?? 0) + r.packets);
            },
          },
          watcher: {
            made: (point, _pool, isNew) => {
              if (isNew) expect(live.has(point.index)).toBe(false);
              live.set(point.index, point);
            },
            forgotten: (r) => {
              live.delete(r.point.index);
              const name = nameOf(r.point);
              totals.set(name, (totals.get(name) ?? 0) + r.packets);
              if (name < 0) return;
              const known = model.known.get(name);
              expect(known).toBeDefined();
              const full =
                known!.pool === REFUSED || model.used(known!.pool) > (7 / 8) * gateNow.places[known!.pool];
              expect(now - known!.last).toBeGreaterThanOrEqual(full ? IDLE_FULL : IDLE);
              expect(held.has(name)).toBe(false);
              model.known.delete(name);
            },
          },
        });
        let gateNow = gate;
        const m = new Mirrored();
        for (const step of list) {
          if ('sender' in step) {
            now += step.after;
            table.advance(now);
            const expected = model.find(step.sender);
            const point = table.find(MirrorType.Erspan2, packets[step.sender], 0, NO_KEY);
            if (expected === undefined) {
              expect(point).toBeUndefined();
              continue;
            }
            expect(live.get(point!.index)).toBe(point);
            expect(nameOf(point!)).toBe(Math.max(expected, -1));
            m.point = point!;
            m.sequence = -1;
            table.count(m, now, 0, 100, false, false);
            model.sent.set(Math.max(expected, -1), (model.sent.get(Math.max(expected, -1)) ?? 0) + 1);
            const known = model.known.get(expected);
            if (known !== undefined) known.last = now;
          } else if ('silence' in step) {
            now += step.silence;
            table.advance(now);
            // Twice: the first look at a point that was never counted sets its clock.
            for (let i = 0; i < 2; i++) table.sweep(now, (point) => held.has(nameOf(point)));
            for (const [sender, known] of model.known) {
              // A point's last minute ends up to a minute after its last packet.
              if (held.has(sender)) continue;
              expect(now - known.last).toBeLessThan(IDLE + 60);
            }
          } else if ('places' in step) {
            gateNow = new Gate(step.places);
            model.regate(gateNow);
            table.setGate(gateNow);
          } else held = new Set(step.held);
        }
        table.finish();
        for (const point of live.values()) {
          const r = new MirrorRecord();
          table.totals(point, r);
          totals.set(nameOf(point), (totals.get(nameOf(point)) ?? 0) + r.packets);
        }
        const sent = (map: Map<number, number>): [number, number][] =>
          [...map].filter(([, n]) => n > 0).sort();
        expect(sent(minutes)).toEqual(sent(model.sent));
        expect(sent(totals)).toEqual(sent(model.sent));
        expect([table.refused, table.overflowed]).toEqual([model.refused, model.overflowed]);
      }),
      { numRuns: 300 },
    );
  });

  it('leave nothing to the next point with their index, neither counts nor sequence numbers', () => {
    const gate: PointGate = { places: [4], poolOf: () => 0, mayAdmit: () => true, idle: () => IDLE };
    const table = new MirrorTable({ gate });
    const m = new Mirrored();
    let now = START;
    const seen = new Set<MirrorPoint>();
    for (let round = 0; round < 300; round++) {
      // Two sessions of a source share a counter per hardware id, two of them: numbering takes up all it may.
      const points = [1, 2].map(
        (s) =>
          table.find(MirrorType.Erspan3, outer(`10.0.${round & 255}.${round >> 8}`, '10.9.9.9'), s, NO_KEY)!,
      );
      for (let n = 0; n < 200; n++) {
        m.point = points[n & 1];
        m.sequence = n === 0 ? 1_000_000 : 1_000_000 + n + Number(n > 100);
        m.hardware = (n >> 1) & 1;
        m.direction = 1;
        table.count(m, now, 0, 100, false, false);
      }
      const r = new MirrorRecord();
      const lost = points.map((point) => {
        seen.add(point);
        table.totals(point, r);
        expect(r).toMatchObject({ packets: 100, sequence: SequenceUse.Source });
        return r.missing;
      });
      expect(lost[0] + lost[1]).toBe(1);
      now += IDLE + 120;
      table.advance(now);
      table.sweep(now, () => false);
      table.sweep(now, () => false);
    }
    expect(seen.size).toBe(600);
    expect(table.points.length).toBe(2);
  });

  it('are reported once when they change, and with their last totals when they are forgotten', () => {
    const gone: number[] = [];
    const table = new MirrorTable({
      gate: { places: [4], poolOf: () => 0, mayAdmit: () => true, idle: () => IDLE },
      watcher: { made: () => {}, forgotten: (r) => gone.push(r.packets) },
    });
    const changed = (): number[] => {
      const list: number[] = [];
      table.changes((r) => list.push(r.packets));
      return list;
    };
    const m = new Mirrored();
    const send = (sender: number): void => {
      m.point = table.find(MirrorType.Erspan2, packets[sender], 0, NO_KEY)!;
      table.count(m, START, 0, 100, false, false);
    };
    send(1);
    send(1);
    send(2);
    expect(changed()).toEqual([2, 1]);
    expect(changed()).toEqual([]);
    send(2);
    expect(changed()).toEqual([2]);
    table.advance(START + 60);
    table.sweep(START + IDLE + 60, () => false);
    expect(gone.sort()).toEqual([2, 2]);
    expect(changed()).toEqual([]);
  });

  it('are found among many after others are forgotten', () => {
    const gate: PointGate = { places: [7000], poolOf: () => 0, mayAdmit: () => true, idle: () => IDLE };
    const table = new MirrorTable({ gate });
    const m = new Mirrored();
    let now = START;
    const packet = outer('10.0.0.0', '10.9.9.9');
    const find = (i: number): MirrorPoint => {
      packet.bytes[packet.source + 2] = i >>> 8;
      packet.bytes[packet.source + 3] = i;
      return table.find(MirrorType.Erspan2, packet, 0, NO_KEY)!;
    };
    let before = new Map<number, MirrorPoint>();
    for (let round = 0; round < 8; round++) {
      now += IDLE + 60;
      table.advance(now);
      const known = new Map<number, MirrorPoint>();
      for (let i = round; i < 6000; i += 2 + (round & 1)) {
        const point = find(i);
        if (before.has(i)) expect(point).toBe(before.get(i));
        known.set(i, point);
        m.point = point;
        table.count(m, now, 0, 100, false, false);
      }
      for (let n = 0; n < 40; n++) table.sweep(now, () => false);
      const moved = [...known].filter(([i, point]) => find(i) !== point);
      expect(moved).toEqual([]);
      before = known;
    }
    expect(table.overflowed).toBe(0);
    expect(table.points.length).toBeLessThanOrEqual(6000);
  });
});
