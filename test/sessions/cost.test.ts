import { describe, expect, it } from 'vitest';
import { Mirrored } from '../../src/model/mirrored.js';
import type { SessionOptions } from '../../src/sessions/options.js';
import { SessionTable } from '../../src/sessions/table.js';
import { Frame } from '../../src/wire/walk/frame.js';
import { expectCpu } from '../support/cpu.js';
import { mirrorPoint, SessionWorld } from '../support/session-world.js';

const START = 1_700_000_000;
const HOUR = 3600;

/** A table that takes many frames fast: UDP over IPv4, optionally fragments, from numbered sources. */
class Fed {
  rows = 0;
  readonly table: SessionTable;
  private readonly frame = Object.assign(new Frame(), {
    bytes: new Uint8Array(64),
    end: 64,
    etherType: 0x0800,
    ipVersion: 4,
    ip: 0,
    source: 12,
    destination: 16,
    destinationWord: 1,
    protocol: 17,
    ipLength: 64,
    sourcePort: 10_000,
    destinationPort: 20_000,
    payload: 28,
    payloadLength: 36,
  });
  private readonly mirrored = Object.assign(new Mirrored(), { point: mirrorPoint(0) });

  constructor(options: Partial<SessionOptions>) {
    this.table = new SessionTable({ session: () => this.rows++ }, options);
  }

  send(source: number, at: number, fragment = 0): void {
    this.frame.sourceWord = source;
    this.frame.sec = START + at;
    this.frame.fragmentId = fragment;
    this.frame.fragmentOffset = fragment > 0 ? 1480 : 0;
    this.table.frame(this.frame, this.mirrored);
  }
}

describe('a clock that is set back again and again', () => {
  const rounds = 300;

  /** Two packets an hour and more ahead, then two that are behind for over a minute. */
  function setBack(fed: Fed, fragments: boolean): void {
    for (let n = 0; n < rounds; n++) {
      fed.send(1, HOUR);
      fed.send(1, 2 * HOUR);
      if (fragments) fed.send(2, 2 * HOUR, 7);
      fed.send(1, 0);
      fed.send(1, 61);
    }
  }

  it('costs what its packets cost, however many sessions there were', () => {
    const tableAfter = (sessions: number) => () => {
      const fed = new Fed({ capacity: 50_000 });
      for (let n = 0; n < sessions; n++) fed.send(n, 0);
      fed.table.advance(START + HOUR);
      expect(fed.table.open).toBe(0);
      return () => {
        const before = fed.rows;
        setBack(fed, false);
        expect(fed.rows - before).toBeGreaterThanOrEqual(rounds);
      };
    };
    expectCpu(tableAfter(50_000), tableAfter(10), 5);
  });

  it('costs the same while fragments wait', () => {
    const run = (fragments: boolean) => () => {
      const fed = new Fed({ capacity: 1000, fragmentTrains: 1 << 16 });
      return () => setBack(fed, fragments);
    };
    expectCpu(run(true), run(false), 10);
  });

  it('keeps open sessions by their own packets: with long timeouts it is set back by at least those', () => {
    const world = new SessionWorld({ tcpIdle: 7200 });
    world.send({ at: 7000, from: '10.0.0.1:1', to: '10.0.0.2:80' });
    for (let at = 0; at < 300; at += 10) world.send({ at, from: '10.0.0.3:1', to: '10.0.0.2:80' });
    expect(world.rows).toEqual([]);
    for (let at = 20_000; at < 20_300; at += 10) world.send({ at, from: '10.0.0.1:2', to: '10.0.0.2:80' });
    for (let at = 300; at < 600; at += 10) world.send({ at, from: '10.0.0.3:2', to: '10.0.0.2:80' });
    const rows = world.finish().map((r) => `${r.client} ${r.packets[0]} ${r.end}`);
    expect(rows.sort()).toEqual([
      '10.0.0.1:1 1 idle',
      '10.0.0.1:2 30 idle',
      '10.0.0.3:1 30 idle',
      '10.0.0.3:2 30 eof',
    ]);
  });

  it('costs nothing when older captures follow each other', () => {
    const captures = (sessions: number) => () => {
      const fed = new Fed({ capacity: 50_000 });
      for (let n = 0; n < sessions; n++) fed.send(n, 0);
      fed.table.finish(6);
      return () => {
        for (let n = 0; n < rounds; n++) {
          fed.send(1, -n);
          fed.table.finish(6);
        }
      };
    };
    expectCpu(captures(50_000), captures(10), 5);
  });
});

describe('a full table', () => {
  const capacity = 50_000;

  it('in which every session has sent again is searched up to a bound for the next session', () => {
    const full = () => {
      const fed = new Fed({ capacity });
      for (let round = 0; round < 2; round++) for (let n = 0; n < capacity; n++) fed.send(n, round);
      return fed;
    };
    const next = () => {
      const fed = full();
      return () => {
        fed.send(capacity, 2);
        expect(fed.rows).toBe(64);
        expect(fed.table.counters.pressure).toBe(64);
        expect(fed.table.open).toBe(capacity - 64 + 1);
      };
    };
    const ordinary = () => {
      const fed = full();
      return () => {
        for (let n = 0; n < capacity; n++) fed.send(n, 2);
      };
    };
    expectCpu(next, ordinary, 1 / 4);
  });

  it.each([1, 2, 64, 5000])(
    'of %i sessions has room for the next one, however long the timeouts',
    (sessions) => {
      for (const tcpIdle of [1, 300, 7200]) {
        for (const packets of [1, 2]) {
          const world = new SessionWorld({
            capacity: sessions,
            tcpIdle,
            otherIdle: tcpIdle,
            udpIdle: tcpIdle,
          });
          let most = 0;
          for (let n = 0; n < 2 * sessions; n++) {
            for (let i = 0; i < packets; i++)
              world.send({ at: 0, from: `10.1.${n >> 8}.${n & 255}:1000`, to: '10.0.0.2:80' });
            most = Math.max(most, world.table.open);
          }
          expect(most).toBe(sessions);
          const rows = world.finish();
          expect(rows).toHaveLength(2 * sessions);
          expect(rows.reduce((sum, r) => sum + r.packets[0], 0)).toBe(2 * sessions * packets);
        }
      }
    },
  );
});
