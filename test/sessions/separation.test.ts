import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Separate, separationBits } from '../../src/sessions/separation.js';
import { mirrorPoint, type Sent, SessionWorld } from '../support/session-world.js';

const C = '10.0.0.1:40000';
const V = '10.0.0.2:80';
const { vni, vlan, teid } = Separate;

/** The number of conversations that frames between the same ends give. */
function conversations(by: number | undefined, frames: readonly Partial<Sent>[]): number {
  const world = new SessionWorld();
  if (by !== undefined) world.table.separateBy(world.point, by);
  for (const f of frames) world.send({ at: 0, from: C, to: V, protocol: 17, ...f });
  return world.finish().length;
}

describe('conversations between the same ends', () => {
  const tenants = [{ vni: 100 }, { vni: 200 }, { vni: 0 }, {}, { vni: 100, from: V, to: C }];
  const tagged = [{ vlans: [10] }, { vlans: [20] }, { vlans: [10, 20] }, { vlans: [0] }, {}];
  const bearers = [{ teid: 1 }, { teid: 0xffffffff }, {}, { teid: 1 }];
  it.each<[string, number | undefined, Partial<Sent>[], number]>([
    ['are told apart by the network id', undefined, tenants, 4],
    ['are not, where that is said', 0, tenants, 1],
    ['are one whatever their VLANs', undefined, tagged, 1],
    ['are told apart by their VLANs, where that is said', vlan, tagged, 5],
    ['are one in whatever tunnel', vni, bearers, 1],
    ['are told apart by their tunnel, where that is said', teid, bearers, 3],
    [
      'by more than one thing',
      vni | vlan,
      [
        { vni: 1, vlans: [2] },
        { vni: 2, vlans: [2] },
        { vni: 1, vlans: [1] },
      ],
      3,
    ],
    [
      'by the VLAN alone',
      vlan,
      [
        { vni: 1, vlans: [2] },
        { vni: 2, vlans: [2] },
        { vni: 1, vlans: [1] },
      ],
      2,
    ],
  ])('%s', (_, by, frames, count) => {
    expect(conversations(by, frames)).toBe(count);
  });

  it('have the network of their first frame, whether they are separated by it or not', () => {
    for (const by of [vni, 0]) {
      const world = new SessionWorld();
      world.table.separateBy(world.point, by);
      for (const [n, network] of [{}, { vni: 0 }, { vni: 7 }, { vni: 0xffffff }].entries())
        world.send({ at: 0, from: `10.0.1.${n}:40000`, to: V, protocol: 17, ...network });
      world.send({ at: 1, from: '10.0.1.0:40000', to: V, protocol: 17, ...(by === 0 ? { vni: 9 } : {}) });
      expect(world.finish().map((r) => r.vni)).toEqual([null, 0, 7, 0xffffff]);
    }
  });

  it('are separated as configured for their mirror point', () => {
    const world = new SessionWorld();
    const [a, b] = [mirrorPoint(1), mirrorPoint(2)];
    world.table.separateBy(a, vlan);
    for (const mirror of [a, b])
      for (const vlans of [[1], [2]]) world.send({ at: 0, from: C, to: V, mirror, vlans, vni: vlans[0] });
    // By VLAN; by the network id by default.
    expect(world.finish().map((r) => r.mirror)).toEqual([1, 1, 2, 2]);
  });

  it('have both directions and the fragments that belong to them', () => {
    const host = fc.integer({ min: 1, max: 2 });
    const frame = fc.record({
      from: host,
      to: host,
      vni: fc.constantFrom(-1, 0, 1, 0xffffff),
      vlans: fc.array(fc.constantFrom(0, 1, 4095), { maxLength: 5 }),
      teid: fc.constantFrom(0, 1, 0xffffffff),
    });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 60 }), fc.integer({ min: 0, max: 7 }), (frames, by) => {
        const world = new SessionWorld();
        world.table.separateBy(world.point, by);
        const expected = new Map<string, number>();
        for (const { from, to, ...f } of frames) {
          world.send({ at: 0, from: `10.0.0.${from}:7`, to: `10.0.0.${to}:7`, protocol: 17, ...f });
          const key = [[from, to].sort()];
          const what = [by & vni && f.vni, by & vlan && f.vlans.slice(0, 4), by & teid && f.teid];
          const name = JSON.stringify([key, what]);
          expected.set(name, (expected.get(name) ?? 0) + 1);
        }
        const counts = world.finish().map((r) => r.packets[0] + r.packets[1]);
        expect(counts.sort((a, b) => a - b)).toEqual([...expected.values()].sort((a, b) => a - b));
      }),
    );
  });

  it.each([true, false])(
    'take the fragments of their own network (the first one before the others: %s)',
    (ordered) => {
      const world = new SessionWorld();
      const part = (n: number, offset: number): Sent => ({
        at: 0,
        from: offset === 0 ? C : '10.0.0.1',
        to: offset === 0 ? V : '10.0.0.2',
        protocol: 17,
        vni: n,
        fragment: { id: 77, offset, more: offset === 0 },
      });
      const firsts = [part(1, 0), part(2, 0)];
      const others = [part(2, 1480), part(1, 1480), part(1, 1480)];
      // The first fragment of a third train never comes.
      for (const s of ordered ? [...firsts, ...others] : [...others, ...firsts]) world.send(s);
      world.send(part(3, 1480));
      world.send({ at: 0, from: '10.0.0.1', to: '10.0.0.2', protocol: 17, vni: 3 });
      const rows = world.finish().map((r) => `${r.client} ${r.packets[0]}`);
      expect(rows.sort()).toEqual(['10.0.0.1:0 2', '10.0.0.1:40000 2', '10.0.0.1:40000 3']);
    },
  );

  it('are separated by fields that have names', () => {
    expect(separationBits([])).toBe(0);
    expect(separationBits(['vni', 'teid'])).toBe(vni | teid);
  });
});
