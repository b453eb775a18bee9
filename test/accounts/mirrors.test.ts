import { describe, expect, it } from 'vitest';
import { MirrorTable } from '../../src/accounts/mirrors.js';
import { NO_KEY, openGate, REFUSED } from '../../src/accounts/point-gate.js';
import { type MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { MirrorRecord } from '../../src/model/mirror-record.js';
import { Mirrored } from '../../src/model/mirrored.js';
import { SequenceUse } from '../../src/model/sequence-use.js';
import { formatIp } from '../../src/wire/ip/addresses.js';
import { outer } from '../demux/outer.js';

const ERSPAN2 = 2 as MirrorType;
const GRE = 4 as MirrorType;
const MELLANOX = 7 as MirrorType;

interface Row {
  minute: number;
  point: number;
  packets: number;
  lost: number;
  reordered: number;
  bytes: number;
}

/** A table that keeps the rows it writes. */
function recorded(capacity?: number): { table: MirrorTable; rows: Row[] } {
  const rows: Row[] = [];
  const table = new MirrorTable({
    ...(capacity !== undefined && { gate: openGate(capacity) }),
    sink: {
      mirror: (r) => {
        const { minute, packets, lost, reordered, bytes } = r;
        rows.push({ minute, point: r.point.index, packets, lost, reordered, bytes });
      },
    },
  });
  return { table, rows };
}

function send(table: MirrorTable, point: MirrorPoint, sec: number, sequence = -1): void {
  const m = new Mirrored();
  m.point = point;
  m.sequence = sequence;
  table.count(m, sec, 0, 100, false, false);
}

function totals(table: MirrorTable, point: MirrorPoint): MirrorRecord {
  const record = new MirrorRecord();
  table.totals(point, record);
  return record;
}

describe('mirror points', () => {
  it('are distinguished by type, source, target and ERSPAN session', () => {
    const { table } = recorded();
    const one = table.find(ERSPAN2, outer('10.0.0.1', '10.0.0.9'), 5, NO_KEY);
    const others = [
      table.find(3 as MirrorType, outer('10.0.0.1', '10.0.0.9'), 5, NO_KEY),
      table.find(ERSPAN2, outer('10.0.0.2', '10.0.0.9'), 5, NO_KEY),
      table.find(ERSPAN2, outer('10.0.0.1', '10.0.0.8'), 5, NO_KEY),
      table.find(ERSPAN2, outer('10.0.0.1', '10.0.0.9'), 6, NO_KEY),
      table.find(ERSPAN2, outer('10.0.0.9', '10.0.0.1'), 5, NO_KEY),
      table.find(ERSPAN2, outer('2001:db8::1', '2001:db8::9'), 5, NO_KEY),
    ];
    expect(new Set([one, ...others]).size).toBe(7);
    expect(table.find(ERSPAN2, outer('10.0.0.1', '10.0.0.9'), 5, 42)).toBe(one);
    expect(table.points.map((p) => p.index)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(formatIp(one?.source as Uint8Array, 0)).toBe('10.0.0.1');
    expect(formatIp(table.points[6].target, 0)).toBe('2001:db8::9');
  });

  it('of plain GRE are distinguished by key, and are the same in both directions', () => {
    const { table } = recorded();
    const there = table.find(GRE, outer('10.0.0.1', '10.0.0.2'), 0, 0);
    expect(table.reversed).toBe(false);
    // The second time, both directions are remembered.
    for (let i = 0; i < 2; i++) {
      expect(table.find(GRE, outer('10.0.0.2', '10.0.0.1'), 0, 0)).toBe(there);
      expect(table.reversed).toBe(true);
      expect(table.find(GRE, outer('10.0.0.1', '10.0.0.2'), 0, 0)).toBe(there);
      expect(table.reversed).toBe(false);
    }
    expect(there?.key).toBe(0);
    expect(table.find(GRE, outer('10.0.0.1', '10.0.0.2'), 0, NO_KEY)?.key).toBeNull();
    expect(table.find(GRE, outer('10.0.0.1', '10.0.0.2'), 0, 0xffffffff)?.key).toBe(0xffffffff);
    expect(table.points.length).toBe(3);
  });

  it('have sessions of up to 32 bits, apart from keys and from other types', () => {
    const { table } = recorded();
    const packet = outer('10.0.0.1', '10.0.0.9');
    const ends = [packet, outer('2001:db8::1', '2001:db8::9')];
    const sessions = [0, 1, 0x8000, 0xffff, 0x10000, 0xffffff, 0x7fffffff, 0x80000000, 0xffffffff];
    const types = [MirrorType.Vxlan, MirrorType.VxlanGpe, MirrorType.Geneve, MirrorType.Capture];
    const find = () =>
      ends.flatMap((from) => types.flatMap((type) => sessions.map((s) => table.find(type, from, s, NO_KEY))));
    const first = find();
    expect(new Set(first).size).toBe(ends.length * types.length * sessions.length);
    expect(first.map((point) => point?.session)).toEqual(
      Array(ends.length * types.length)
        .fill(sessions)
        .flat(),
    );
    for (let n = 0; n < 2; n++) expect(find()).toEqual(first);
    expect(table.find(GRE, packet, 0, 0x10000)?.key).toBe(0x10000);
  });

  it('of Spectrum switches are distinguished by key and direction', () => {
    const { table } = recorded();
    const point = table.find(MELLANOX, outer('10.0.0.1', '10.0.0.2'), 0, NO_KEY);
    expect(table.find(MELLANOX, outer('10.0.0.2', '10.0.0.1'), 0, NO_KEY)).not.toBe(point);
    expect(table.find(MELLANOX, outer('10.0.0.1', '10.0.0.2'), 0, 7)?.key).toBe(7);
    expect(table.find(MELLANOX, outer('10.0.0.1', '10.0.0.2'), 0, NO_KEY)).toBe(point);
    expect(table.points.length).toBe(3);
  });

  it('are found again among many', () => {
    const { table } = recorded();
    const address = (i: number): string => `10.${i >>> 8}.${i & 255}.1`;
    const first = Array.from({ length: 5000 }, (_, i) =>
      table.find(ERSPAN2, outer(address(i), '10.0.0.9'), i & 1023, NO_KEY),
    );
    for (const [i, point] of first.entries()) {
      for (let n = 0; n < 2; n++)
        expect(table.find(ERSPAN2, outer(address(i), '10.0.0.9'), i & 1023, NO_KEY)).toBe(point);
    }
  });

  it('beyond the capacity share one per type, and are counted', () => {
    const { table } = recorded(2);
    const at = (i: number, type = ERSPAN2): MirrorPoint | undefined =>
      table.find(type, outer(`10.0.0.${i}`, '10.0.0.9'), 1, NO_KEY);
    const kept = [at(1), at(2)];
    const beyond = at(3);
    expect(at(4)).toBe(beyond);
    expect(at(5, GRE)).not.toBe(beyond);
    expect(formatIp(beyond?.source as Uint8Array, 0)).toBe('::');
    expect([at(1), at(2)]).toEqual(kept);
    expect(at(6, GRE)?.index).toBe(3);
    expect(table.overflowed).toBe(4);
  });

  it('are counted when they are refused, and take no place', () => {
    const gate = {
      ...openGate(10),
      poolOf: (_t: number, _w: Uint32Array, session: number) => (session === 1 ? 0 : REFUSED),
    };
    const table = new MirrorTable({ gate });
    expect(table.find(ERSPAN2, outer('10.0.0.1', '10.0.0.9'), 1, NO_KEY)).toBeDefined();
    expect(table.find(ERSPAN2, outer('10.0.0.1', '10.0.0.9'), 2, NO_KEY)).toBeUndefined();
    expect(table.find(ERSPAN2, outer('10.0.0.1', '10.0.0.9'), 2, NO_KEY)).toBeUndefined();
    expect(table.refused).toBe(2);
    expect(table.points.length).toBe(1);
  });
});

describe('minutes', () => {
  const START = 1_700_000_040;

  function one(table: MirrorTable): MirrorPoint {
    return table.find(ERSPAN2, outer('10.0.0.1', '10.0.0.9'), 1, NO_KEY) as MirrorPoint;
  }

  it('are written when they are over, and add up to the totals', () => {
    const { table, rows } = recorded();
    const point = one(table);
    for (let i = 0; i < 300; i++) if (i % 50 !== 7) send(table, point, START + i, i);
    table.finish();
    expect(rows.map((r) => r.minute - START)).toEqual([0, 60, 120, 180, 240]);
    expect(rows.map((r) => r.packets)).toEqual([58, 59, 59, 59, 59]);
    // A missing packet is given up some seconds later: that of second 57 in the next minute.
    expect(rows.map((r) => r.lost)).toEqual([1, 2, 1, 1, 1]);
    const all = totals(table, point);
    expect(all).toMatchObject({ packets: 294, lost: 6, bytes: 29_400, sequence: SequenceUse.Session });
    expect(all.minute).toBe(START);
  });

  it('do not count a packet as lost that comes within a second', () => {
    const { table, rows } = recorded();
    const point = one(table);
    send(table, point, START + 59, 0);
    send(table, point, START + 59, 2);
    send(table, point, START + 60, 1);
    send(table, point, START + 61, 4);
    table.finish();
    expect(rows.map((r) => [r.lost, r.reordered])).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(totals(table, point)).toMatchObject({ lost: 1, late: 0, reordered: 1 });
  });

  it('take back no loss for a packet that comes after it was given up: it is late', () => {
    const { table, rows } = recorded();
    const point = one(table);
    const lost: number[] = [];
    for (const [sec, n] of [
      [0, 0],
      [1, 2],
      [3, 3],
      [6, 4],
      [58, 5],
      [61, 1],
      [62, 7],
      [70, 8],
    ]) {
      send(table, point, START + sec, n);
      lost.push(totals(table, point).lost);
    }
    // Missing since second 1: given up two to four seconds later.
    expect(lost).toEqual([0, 0, 1, 1, 1, 1, 1, 2]);
    table.finish();
    expect(rows.map((r) => [r.lost, r.reordered])).toEqual([
      [1, 0],
      [1, 1],
    ]);
    expect(totals(table, point)).toMatchObject({ lost: 2, late: 1, reordered: 1, missing: 2 });
  });

  it('are written without packets when time moves on', () => {
    const { table, rows } = recorded();
    send(table, one(table), START + 10);
    table.advance(START + 59);
    expect(rows.length).toBe(0);
    table.advance(START + 60);
    expect(rows).toMatchObject([{ minute: START, packets: 1 }]);
  });

  it('continue after a packet that is late or has an impossible time', () => {
    const { table, rows } = recorded();
    const point = one(table);
    send(table, point, START + 60);
    send(table, point, START + 59);
    send(table, point, 4_000_000_000);
    send(table, point, START + 61);
    table.finish();
    expect(rows).toMatchObject([{ minute: START + 60, packets: 4 }]);
  });

  it('of sparse packets, and of an older capture read next, have their own times', () => {
    const { table, rows } = recorded();
    const point = one(table);
    for (const sec of [0, 7200, 14_400, 14_401, -86_400, -86_399]) send(table, point, START + sec);
    table.finish();
    expect(rows.map((r) => r.packets).reduce((a, b) => a + b)).toBe(6);
    expect(rows.map((r) => r.minute - START)).toContain(14_400);
    expect(rows.map((r) => r.minute - START)).toContain(-86_400);
  });

  it('restart numbering with an older capture, however its counters are used', () => {
    for (const streams of [1, 2, 3]) {
      const { table } = recorded();
      const points = Array.from(
        { length: streams },
        (_, i) => table.find(ERSPAN2, outer('10.0.0.1', '10.0.0.9'), 5 + i, NO_KEY)!,
      );
      let n = 100;
      for (let i = 0; i < 300; i++) if (i % 50 !== 7) send(table, points[i % streams], START + 600, n + i);
      table.finish();
      // Just below the numbers of the newer capture, where they would look late.
      n = 20;
      for (let i = 0; i < 300; i++) send(table, points[i % streams], START, n + i);
      table.finish();
      const all = points.map((p) => totals(table, p));
      expect(all.reduce((sum, r) => sum + r.lost, 0)).toBe(6);
      for (const r of all) expect(r).toMatchObject({ reordered: 0, repeated: 0 });
      for (const r of all) expect(r.sequence).toBe(streams === 1 ? SequenceUse.Session : SequenceUse.Source);
    }
  });

  it('have no loss if packets have no sequence numbers', () => {
    const { table } = recorded();
    const point = one(table);
    send(table, point, START);
    expect(totals(table, point)).toMatchObject({ packets: 1, sequence: SequenceUse.None, lost: 0 });
  });
});
