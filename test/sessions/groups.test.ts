import { describe, expect, it } from 'vitest';
import { FIRST_GROUP, Groups, MOST_MEMBERS } from '../../src/sessions/groups.js';
import { separationBits } from '../../src/sessions/separation.js';
import { mirrorPoint, SessionWorld } from '../support/session-world.js';

const [CLIENT, SERVER] = ['10.0.0.1:40000', '10.0.0.2:80'];
const UP = { from: CLIENT, to: SERVER };
const DOWN = { from: SERVER, to: CLIENT };
const WINDOW = 50e6;

/** A table with the members of a group: leaf-0, leaf-1, … */
function world(members: number): { w: SessionWorld; points: ReturnType<typeof mirrorPoint>[] } {
  const w = new SessionWorld({ active: 900 });
  const points = Array.from({ length: members }, (_, i) => mirrorPoint(i));
  for (const [i, point] of points.entries()) {
    point.name = `leaf-${i}`;
    point.site = `site-${i}`;
    w.table.setGroup(point, { group: 'pair', name: point.name, window: WINDOW });
  }
  return { w, points };
}

describe('a row of a group', () => {
  it('is of the member that saw the first packet, and has the direction of that', () => {
    const { w, points } = world(2);
    w.send({ ...DOWN, at: 0, mirror: points[1]!, direction: 2, ttl: 60, flags: 0x12 });
    w.send({ ...UP, at: 1, mirror: points[0]!, direction: 1, ttl: 50, seq: 1 });
    w.send({ ...DOWN, at: 2, mirror: points[1]!, direction: 2, ttl: 40, seq: 1 });
    expect(w.finish()).toMatchObject([
      {
        mirror: 1,
        name: 'pair',
        site: 'site-1',
        direction: 2,
        packets: [1, 2],
        seenBy: ['leaf-0', 'leaf-1'],
      },
    ]);
  });

  it('says of every part who saw it', () => {
    const { w, points } = world(3);
    w.send({ ...UP, at: 0, mirror: points[2]!, seq: 1 });
    w.send({ ...UP, at: 0.01, mirror: points[0]!, seq: 1 });
    for (let at = 200; at < 1800; at += 200) w.send({ ...UP, at, mirror: points[1]!, seq: at });
    expect(w.finish()).toMatchObject([
      { part: 0, mirror: 2, packets: [5, 0], seenBy: ['leaf-0', 'leaf-1', 'leaf-2'] },
      { part: 1, mirror: 2, packets: [4, 0], seenBy: ['leaf-1'] },
    ]);
  });

  it('is apart from those of other mirrors and groups', () => {
    const { w, points } = world(2);
    const [alone, inOther] = [mirrorPoint(5), mirrorPoint(6)];
    w.table.setGroup(inOther, { group: 'other', name: 'x', window: WINDOW });
    for (const mirror of [...points, alone, inOther]) w.send({ ...UP, at: 0, mirror });
    expect(w.finish().map((r) => [r.name, r.packets[0], r.seenBy])).toEqual([
      ['pair', 1, ['leaf-0', 'leaf-1']],
      ['', 1, []],
      ['other', 1, ['x']],
    ]);
  });

  it('is one copy of those that other mirrors see, whichever member saw it', () => {
    const { w, points } = world(2);
    const core = mirrorPoint(7);
    const udp = { ...UP, protocol: 17 };
    for (const mirror of [points[1]!, core, points[0]!]) w.send({ ...udp, at: 0, mirror });
    // Long idle, and then anew by the other member: no copy of what its own group had.
    for (const mirror of [points[0]!, core]) w.send({ ...udp, at: 3600, mirror });
    expect(w.finish().map((r) => [r.name, r.first >= 3600, r.copy]).sort()).toEqual([
      ['', false, 1],
      ['', true, 1],
      ['pair', false, 0],
      ['pair', true, 0],
    ]);
  });

  it('counts what one member repeats, unless it deduplicates', () => {
    const { w, points } = world(2);
    const twice = (at: number) => {
      for (const mirror of points)
        for (const later of [0, 0.001]) w.send({ ...UP, at: at + later, mirror, protocol: 17 });
    };
    twice(0);
    expect(w.table.counters).toMatchObject({ groupCopies: 2, duplicates: 0 });
    for (const mirror of points) w.table.setDedupWindow(mirror, 5e6);
    twice(1);
    expect(w.table.counters).toMatchObject({ groupCopies: 3, duplicates: 2 });
    expect(w.finish()).toMatchObject([{ packets: [3, 0], duplicates: 2 }]);
  });

  it('has fragments of either member, also without a first one', () => {
    const { w, points } = world(2);
    const [later, first] = [
      { from: '10.0.0.1', to: '10.0.0.2', protocol: 17 },
      { ...UP, protocol: 17 },
    ];
    const of = (id: number, offset: number) => ({ id, offset, more: offset === 0 });
    w.send({ ...later, at: 0, mirror: points[0]!, fragment: of(1, 80), length: 100 });
    w.send({ ...first, at: 0.01, mirror: points[1]!, fragment: of(1, 0), length: 101 });
    w.send({ ...later, at: 1, mirror: points[1]!, fragment: of(2, 80), length: 102 });
    const rows = w.finish();
    expect(rows.map((r) => [r.client, r.packets, r.fragments, r.name, r.seenBy])).toEqual([
      ['10.0.0.1:40000', [2, 0], 2, 'pair', ['leaf-1']],
      ['10.0.0.1:0', [1, 0], 1, 'pair', []],
    ]);
  });

  it('is separated by what its members are', () => {
    const { w, points } = world(2);
    const send = (at: number) => {
      for (const [i, mirror] of points.entries()) w.send({ ...UP, at, mirror, vni: i + 1, length: 100 + i });
    };
    for (const point of points) w.table.separateBy(point, 0);
    send(0);
    expect(w.table.open).toBe(1);
    for (const point of points) w.table.separateBy(point, separationBits(['vni']));
    send(1);
    expect(w.table.open).toBe(3);
  });

  it('goes on under its name when its members change, and ends where they were', () => {
    const { w, points } = world(2);
    w.send({ ...UP, at: 0, mirror: points[0]!, seq: 1 });
    expect(w.table.holds(points[0]!)).toBe(true);
    w.table.setGroup(points[0]!, undefined);
    w.send({ ...UP, at: 1, mirror: points[0]!, seq: 2 });
    expect(w.table.open).toBe(2);
    w.table.setGroup(points[0]!, { group: 'pair', name: 'leaf-0', window: WINDOW });
    w.send({ ...UP, at: 2, mirror: points[0]!, seq: 3 });
    expect(w.table.open).toBe(2);
    expect(w.table.openedBy(points[0]!)).toBe(2);
    w.finish();
    expect(w.table.holds(points[0]!)).toBe(false);
  });
});

describe('numbers of members', () => {
  const join = (groups: Groups, i: number, group = 'fabric') => {
    const point = mirrorPoint(i);
    groups.join(point, { group, name: `leaf-${i}`, window: WINDOW });
    return point;
  };

  it('run out, and are shared and counted then', () => {
    const groups = new Groups(8);
    const points = Array.from({ length: MOST_MEMBERS + 3 }, (_, i) => join(groups, i));
    expect(groups.overflowed).toBe(3);
    groups.open(0, points[0]!);
    for (const point of points.slice(1)) groups.note(0, point);
    const names = groups.seenBy(0, points[0]!.identity);
    // The last number has the name of its last member.
    expect(names).toHaveLength(MOST_MEMBERS - 1);
    expect(names).toContain(`leaf-${MOST_MEMBERS + 2}`);
  });

  it('are free again when a point is forgotten', () => {
    const groups = new Groups(8);
    const points = Array.from({ length: MOST_MEMBERS }, (_, i) => join(groups, i));
    groups.leave(points[5]!);
    expect(points[5]).toMatchObject({ member: -1, identity: 5 });
    expect(join(groups, 100).member).toBe(5);
    expect(groups.overflowed).toBe(0);
  });

  it('are of a group each', () => {
    const groups = new Groups(8);
    expect(join(groups, 0).identity).toBe(FIRST_GROUP);
    expect(join(groups, 1, 'other')).toMatchObject({ identity: FIRST_GROUP + 1, member: 0 });
    expect(join(groups, 2)).toMatchObject({ identity: FIRST_GROUP, member: 1 });
  });
});
