/**
 * What is reported of sequence numbers, and when: nothing before it is known, and nothing that is taken back.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EPOCH, Numbering, SequenceVerdict } from '../../src/accounts/numbering.js';
import { MAX_HELD } from '../../src/accounts/numbering-scores.js';
import { NumberingShare } from '../../src/accounts/numbering-share.js';
import { MirrorType } from '../../src/model/mirror-point.js';
import { SEQUENCE_USE_NAMES } from '../../src/model/sequence-use.js';
import { strange } from './sent.js';

const ends = { source: new Uint8Array(16), target: new Uint8Array(16).fill(1) };
const START = 1_700_000_000;

/** A numbering with some mirror points of a type, read again after every packet. */
class Watched {
  readonly numbering = new Numbering();
  private readonly verdict = new SequenceVerdict();
  private readonly before: number[][] = [];
  now = START;

  constructor(
    type: MirrorType,
    private readonly points = 1,
  ) {
    for (let i = 0; i < points; i++) this.numbering.add({ type, ...ends });
  }

  packet(point: number, n: number, hardware = 0, direction = 1, trace = 0): void {
    this.numbering.clock(this.now, false, () => {});
    this.numbering.update(point, n >>> 0, hardware, direction, trace);
    this.look();
  }

  wait(seconds: number): void {
    this.now += seconds;
    this.numbering.clock(this.now, true, () => {});
    this.look();
  }

  /** What is reported of all points; no number of it may fall. */
  look(): { use: string; lost: number; late: number; repeated: number }[] {
    this.numbering.beginReviews();
    return Array.from({ length: this.points }, (_, point) => {
      this.numbering.review(point);
      const v = this.verdict;
      this.numbering.verdict(point, v);
      const told = [v.lost, v.late, v.reordered, v.repeated];
      const before = this.before[point] ?? [0, 0, 0, 0];
      assert.ok(told.every((n, i) => n >= before[i]));
      this.before[point] = told;
      return { use: SEQUENCE_USE_NAMES[v.use], lost: v.lost, late: v.late, repeated: v.repeated };
    });
  }

  end(): ReturnType<Watched['look']> {
    this.numbering.settle();
    return this.look();
  }
}

describe('a missing sequence number', () => {
  it('is lost after some seconds, without another packet, and stays lost', () => {
    const w = new Watched(MirrorType.Erspan2);
    for (const n of [1, 2, 4]) w.packet(0, n);
    expect(w.look()).toMatchObject([{ lost: 0 }]);
    w.wait(EPOCH - 1);
    expect(w.look()).toMatchObject([{ lost: 0 }]);
    w.wait(EPOCH + 1);
    expect(w.look()).toMatchObject([{ lost: 1, late: 0 }]);
    w.packet(0, 3);
    expect(w.end()).toMatchObject([{ lost: 1, late: 1 }]);
  });

  it('is not lost if it comes before that', () => {
    const w = new Watched(MirrorType.Erspan2);
    for (const n of [1, 2, 4]) w.packet(0, n);
    w.wait(EPOCH - 1);
    w.packet(0, 3);
    w.wait(10 * EPOCH);
    expect(w.end()).toMatchObject([{ lost: 0, late: 0 }]);
  });

  it('is lost at the end', () => {
    const w = new Watched(MirrorType.Erspan2);
    for (const n of [1, 2, 4, 9]) w.packet(0, n);
    expect(w.end()).toMatchObject([{ lost: 5 }]);
  });
});

describe('a counter', () => {
  const START_AT: [string, number, number][] = [
    ['at the same number', 1, 1],
    ['near each other', 1, 31],
    ['far apart', 1, 5_000_000],
  ];

  it.each(START_AT)('is known per direction from the first packets: %s', (_, ingress, egress) => {
    const w = new Watched(MirrorType.Erspan3);
    for (let i = 0; i < 10; i++) {
      w.packet(0, ingress + i, 0, 1, i);
      w.packet(0, egress + i, 0, 2, 100 + i);
    }
    expect(w.end()).toEqual([{ use: 'direction', lost: 0, late: 0, repeated: 0 }]);
  });

  it.each(START_AT)('is known per hardware id from the first packets: %s', (_, one, other) => {
    const w = new Watched(MirrorType.Erspan3);
    for (let i = 0; i < 10; i++) {
      w.packet(0, one + i, 3, 1, i);
      w.packet(0, other + i, 9, 1, 100 + i);
    }
    expect(w.end()).toMatchObject([{ use: 'hardware', lost: 0, repeated: 0 }]);
  });

  it('shows no false loss while directions share it', () => {
    const w = new Watched(MirrorType.Erspan3);
    for (let i = 0; i < 500; i++) {
      w.packet(0, i, 0, 1 + Number(i % 7 === 3));
      if (i % 100 === 99) w.wait(2 * EPOCH);
      assert.equal(w.look()[0].lost, 0);
    }
    expect(w.end()).toEqual([{ use: 'session', lost: 0, late: 0, repeated: 0 }]);
  });

  it('shows no false loss while sessions share it, and true losses from the first', () => {
    const w = new Watched(MirrorType.Erspan2, 2);
    for (let i = 0; i < 400; i++) {
      if (i % 40 === 5) continue;
      w.packet(i % 2, i);
      const lost = w.look().reduce((sum, v) => sum + v.lost, 0);
      assert.ok(lost <= Math.floor((i + 34) / 40));
    }
    const told = w.end();
    expect(told.map((v) => v.use)).toEqual(['source', 'source']);
    expect(told.reduce((sum, v) => sum + v.lost, 0)).toBe(10);
  });

  it('keeps what was reported when a second session turns out to share it', () => {
    const w = new Watched(MirrorType.Erspan2, 2);
    for (let i = 0; i < 100; i++) if (i !== 50) w.packet(0, i);
    w.wait(3 * EPOCH);
    expect(w.look()).toMatchObject([{ lost: 1 }, { use: 'none' }]);
    for (let i = 100; i < 300; i++) if (i !== 200) w.packet(i % 2, i);
    const told = w.end();
    expect(told.map((v) => v.use)).toEqual(['source', 'source']);
    expect(told.reduce((sum, v) => sum + v.lost, 0)).toBe(2);
  });

  it('is decided after three minutes, and counted from the beginning', () => {
    const w = new Watched(MirrorType.Erspan2, 2);
    // The second session sends once, where a number of the first is missing: it fits both uses.
    for (const n of [1, 2, 4, 5]) w.packet(0, n);
    w.packet(1, 6);
    w.packet(0, 7);
    w.wait(MAX_HELD - 1);
    expect(w.look()).toMatchObject([{ lost: 0 }, { lost: 0 }]);
    w.wait(1);
    expect(w.look().reduce((sum, v) => sum + v.lost, 0)).toBe(1);
  });
});

describe('two hosts that both send', () => {
  it.each([MirrorType.Gre, MirrorType.Gretap])('never share a counter: mirror type %s', (type) => {
    const w = new Watched(type);
    for (let i = 0; i < 8; i++) for (const direction of [0, 1]) w.packet(0, i, 0, direction, 9 * direction);
    expect(w.look()).toMatchObject([{ use: 'direction', repeated: 0, lost: 0 }]);
    for (const n of [9, 11]) w.packet(0, n, 0, 1);
    expect(w.end()).toMatchObject([{ lost: 2 }]);
  });

  it('number each call by itself', () => {
    const w = new Watched(MirrorType.Pptp);
    for (let i = 0; i < 200; i++) {
      for (const call of [17, 40_000])
        for (const direction of [0, 1]) w.packet(0, i, call, direction, call & 255);
    }
    expect(w.end()).toMatchObject([{ lost: 0, repeated: 0 }]);
  });
});

it('no more PPTP calls are followed than there is room for', () => {
  const numbering = new Numbering();
  const share = new NumberingShare(16, 100);
  numbering.add({ type: MirrorType.Pptp, ...ends }, 0, share);
  for (let n = 0; n < 4; n += 2) for (let call = 0; call < 60_000; call++) numbering.update(0, n, call, 0);
  expect(share.levelStreams).toBe(0);
  numbering.settle();
  const verdict = new SequenceVerdict();
  numbering.verdict(0, verdict);
  expect(verdict.lost).toBe(100);
  numbering.remove(0);
  expect(share.levelStreams).toBe(100);
});

describe('two senders under one name', () => {
  it.each([0, 3, 60, 200])('make numbers unusable and lose none, %s numbers apart', (apart) => {
    const w = new Watched(MirrorType.Erspan2);
    for (let i = 0; i < 1000; i++) {
      w.packet(0, 100 + i, 0, 1, (i * 37) & 255);
      if (i % 10 !== 4) w.packet(0, 100 + apart + i, 0, 1, (i * 41 + 100) & 255);
      if (i % 100 === 99) w.wait(EPOCH);
      assert.equal(w.look()[0].lost, 0);
    }
    expect(w.end()).toMatchObject([{ use: 'unusable', lost: 0 }]);
  });

  it('are distinguished from one sender whose packets all come twice', () => {
    const w = new Watched(MirrorType.Erspan2);
    for (let i = 0; i < 1000; i++) {
      w.packet(0, i, 0, 1, (i * 37) & 255);
      if (i >= 5) w.packet(0, i - 5, 0, 1, ((i - 5) * 37) & 255);
    }
    expect(w.end()).toMatchObject([{ use: 'session', lost: 0, repeated: 995 }]);
  });
});

it('nothing reported is taken back, whatever numbers come', () => {
  const packet = fc.record({
    point: fc.nat(2),
    hardware: fc.constantFrom(0, 0, 1, 63),
    direction: fc.constantFrom(1, 1, 2),
    wait: fc.constantFrom(0, 0, 0, 0, 0, 1, 3, 200),
    trace: fc.nat(255),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(MirrorType.Erspan2, MirrorType.Erspan3, MirrorType.Gre, MirrorType.Pptp),
      strange,
      fc.array(packet, { minLength: 1, maxLength: 30 }),
      (type, numbers, packets) => {
        const w = new Watched(type, 3);
        numbers.slice(0, 400).forEach((n, i) => {
          const p = packets[i % packets.length];
          w.now += p.wait;
          w.packet(p.point, n, p.hardware, p.direction, p.trace);
        });
        w.end();
      },
    ),
    { numRuns: 100 },
  );
});
