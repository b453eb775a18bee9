import { describe, expect, it } from 'vitest';
import { SessionWorld } from '../support/session-world.js';

const TRAINS = 8192;
const TARGET = '10.0.0.2';
const HONEST = '10.0.0.1';
const dotted = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

/** An unkeyed hash: the place of a train from this source to 10.0.0.2 with identification 7. */
function place(source: number): number {
  let h = Math.imul(7, 0x9e3779b1);
  for (const [s, d] of [
    [0, 0],
    [0, 0],
    [0xffff, 0xffff],
    [source, 0x0a000002],
  ]) {
    h = Math.imul(h ^ s, 0x85ebca6b);
    h = Math.imul((h >>> 13) ^ h ^ d, 0xc2b2ae35);
  }
  return (h ^ (h >>> 16)) & (TRAINS - 1);
}

function first(world: SessionWorld, from: string, id: number, at = 0): void {
  const fragment = { id, offset: 0, more: true };
  world.send({ at, from: `${from}:9`, to: `${TARGET}:9`, protocol: 17, length: 1500, fragment });
}

function later(world: SessionWorld, from: string, id: number, at = 0): void {
  const fragment = { id, offset: 1480, more: false };
  world.send({ at, from, to: TARGET, protocol: 17, length: 1500, fragment });
}

/** The packets of the honest host's session, to which both its fragments belong. */
function honest(world: SessionWorld): number | undefined {
  return world.finish().find((row) => row.client === `${HONEST}:9`)?.packets[0];
}

describe('trains of inner fragments', () => {
  it('are not pushed out by a few that are chosen for it', () => {
    const world = new SessionWorld({ capacity: 5000 });
    const home = place(0x0a000001);
    const chosen: number[] = [];
    for (let source = 0x0a420000; chosen.length < 8; source++)
      if (place(source) === home) chosen.push(source);
    first(world, HONEST, 7);
    for (const source of chosen) first(world, dotted(source), 7, 1);
    later(world, HONEST, 7, 2);
    expect(honest(world)).toBe(2);
  });

  it('are not pushed out by any number from another source', () => {
    const world = new SessionWorld({ capacity: 5000 });
    first(world, HONEST, 7);
    for (let id = 0; id < 4 * TRAINS; id++) first(world, '10.66.0.1', id, 1);
    later(world, HONEST, 7, 2);
    expect(world.table.counters.fragmentTrainsDropped).toBeGreaterThan(2 * TRAINS);
    expect(honest(world)).toBe(2);
  });

  it('are not counted as too many if earlier ones are long over', () => {
    const world = new SessionWorld({ capacity: 5000, fragmentTrains: 64 });
    for (let id = 0; id < 1000; id++) {
      first(world, HONEST, id, 31 * id);
      later(world, HONEST, id, 31 * id + 1);
    }
    expect(world.table.counters.fragmentTrainsDropped).toBe(0);
    expect(world.finish().reduce((n, row) => n + row.packets[0], 0)).toBe(2000);
  });

  it('are settled in the order in which they came', () => {
    const world = new SessionWorld({ capacity: 5000 });
    const sources = Array.from({ length: 200 }, (_, n) => dotted(0x0a420000 + ((n * 7919) % 1000)));
    for (const source of sources) later(world, source, 7);
    expect(world.finish().map((row) => row.client)).toEqual(sources.map((source) => `${source}:0`));
  });
});
