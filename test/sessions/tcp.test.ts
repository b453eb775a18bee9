import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  TCP_ACK as A,
  TCP_FIN as F,
  TCP_PSH as P,
  TCP_RST as R,
  TCP_SYN as S,
} from '../../src/wire/transport/tcp.js';
import { SessionWorld } from '../support/session-world.js';

const C = '10.0.0.1:40000';
const V = '10.0.0.2:80';

/** A step of a conversation: sender, flags, payload length. */
type Step = ['c' | 's', number, number?];

function play(steps: Step[], from = 0): SessionWorld {
  const world = new SessionWorld();
  const next = { c: 1000, s: 9000 };
  let at = from;
  for (const [who, flags, payload = 0] of steps) {
    world.send({ at, from: who === 'c' ? C : V, to: who === 'c' ? V : C, flags, seq: next[who], payload });
    next[who] += payload + (flags & S ? 1 : 0) + (flags & F ? 1 : 0);
    at += 0.001;
  }
  return world;
}

const OPEN: Step[] = [
  ['c', S],
  ['s', S | A],
  ['c', A],
];
const TALK: Step[] = [...OPEN, ['c', P | A, 100], ['s', P | A, 500]];

describe('conn_state', () => {
  const histories: [string, string, Step[]][] = [
    [
      'S0',
      'a SYN nobody answered',
      [
        ['c', S],
        ['c', S],
      ],
    ],
    ['S1', 'established, not ended', TALK],
    [
      'S1',
      'established by SYN and SYN-ACK alone',
      [
        ['c', S],
        ['s', S | A],
      ],
    ],
    ['SF', 'both sides closed', [...TALK, ['c', F | A], ['s', F | A], ['c', A]]],
    [
      'REJ',
      'a SYN answered by RST',
      [
        ['c', S],
        ['s', R | A],
      ],
    ],
    ['S2', 'only the client closed', [...TALK, ['c', F | A], ['s', A]]],
    ['S3', 'only the server closed', [...TALK, ['s', F | A], ['c', A]]],
    ['RSTO', 'the client reset', [...TALK, ['c', R]]],
    ['RSTR', 'the server reset', [...TALK, ['s', R]]],
    [
      'RSTOS0',
      'SYN, then the client reset',
      [
        ['c', S],
        ['c', R],
      ],
    ],
    [
      'RSTRH',
      'SYN-ACK, then the server reset; no SYN',
      [
        ['s', S | A],
        ['s', R],
      ],
    ],
    [
      'SH',
      'SYN, then FIN; no answer',
      [
        ['c', S],
        ['c', F],
      ],
    ],
    [
      'SHR',
      'SYN-ACK, then FIN; no SYN',
      [
        ['s', S | A],
        ['s', F],
      ],
    ],
    [
      'OTH',
      'in the middle of a connection',
      [
        ['c', A, 10],
        ['s', A, 10],
      ],
    ],
    ['SF', 'a reset after both closed is only an ending', [...TALK, ['c', F | A], ['s', F | A], ['c', R]]],
    ['SF', 'FIN, RST, and the other side’s FIN', [...TALK, ['c', F | A], ['c', R], ['s', F | A]]],
    [
      'RSTO',
      'RST, a stray FIN after it, and the other side’s FIN',
      [...TALK, ['c', R], ['c', F | A], ['s', F | A]],
    ],
    [
      'OTH',
      'a SYN-ACK answered by a SYN-ACK',
      [
        ['s', S | A],
        ['c', S | A],
      ],
    ],
    [
      'RSTO',
      'a half-open scan',
      [
        ['c', S],
        ['s', S | A],
        ['c', R],
      ],
    ],
  ];
  it.each(histories)('%s: %s', (state, _what, steps) => {
    const [row] = play(steps).finish();
    expect(row.state).toBe(state);
    expect(row.client).toBe(C);
  });

  it('keeps FINs and payload in mind for the next part', () => {
    const world = play([...TALK, ['c', F | A]]);
    for (const at of [250, 500, 750]) world.send({ at, from: C, to: V, flags: A, seq: 1102 });
    world.send({ at: 1000, from: C, to: V, flags: R, seq: 1102 });
    world.send({ at: 1000.1, from: V, to: C, flags: F | A, seq: 9501 });
    expect(world.finish().map((r) => [r.part, r.state])).toEqual([
      [0, 'S2'],
      [1, 'SF'],
    ]);
    const reset = play(TALK);
    for (const at of [250, 500, 750]) reset.send({ at, from: C, to: V, flags: A, seq: 1101 });
    reset.send({ at: 1000, from: V, to: C, flags: R, seq: 9501 });
    reset.send({ at: 1000.1, from: C, to: V, flags: R, seq: 1101 });
    expect(reset.finish().map((r) => [r.part, r.state])).toEqual([
      [0, 'S1'],
      [1, 'RSTR'],
    ]);
  });

  it('does not depend on which side was seen first', () => {
    const world = new SessionWorld();
    world.send({ at: 0.002, from: V, to: C, flags: S | A, seq: 9000 });
    world.send({ at: 0.001, from: C, to: V, flags: S, seq: 1000 });
    world.send({ at: 0.003, from: C, to: V, flags: A, seq: 1001 });
    const [row] = world.finish();
    expect(row).toMatchObject({ client: C, state: 'S1', first: 0.001, handshakeUs: 2000 });
  });
});

describe('the handshake time', () => {
  it('is from the first SYN to the client’s ACK of the SYN-ACK, in microseconds', () => {
    const world = new SessionWorld();
    world.send({ at: 1, from: C, to: V, flags: S, seq: 1000 });
    world.send({ at: 1.0105, from: V, to: C, flags: S | A, seq: 9000 });
    world.send({ at: 1.012345, from: C, to: V, flags: A, seq: 1001 });
    world.send({ at: 2, from: C, to: V, flags: A, seq: 1001 });
    expect(world.finish()[0].handshakeUs).toBe(12345);
  });

  it('is right across the turn of a second and with a repeated SYN', () => {
    const world = new SessionWorld();
    world.send({ at: 1.9, from: C, to: V, flags: S, seq: 1000 });
    world.send({ at: 2.9, from: C, to: V, flags: S, seq: 1000 });
    world.send({ at: 2.95, from: V, to: C, flags: S | A, seq: 9000 });
    world.send({ at: 3.1, from: C, to: V, flags: A, seq: 1001 });
    expect(world.finish()[0]).toMatchObject({ handshakeUs: 1_200_000, retransmits: [1, 0] });
  });

  it('is not measured from a repeated SYN, whose answer came long before', () => {
    const world = new SessionWorld();
    world.send({ at: 1, from: V, to: C, flags: S | A, seq: 9000 });
    world.send({ at: 2, from: C, to: V, flags: S, seq: 1000 });
    world.send({ at: 2.1, from: C, to: V, flags: A, seq: 1001 });
    expect(world.finish()[0].handshakeUs).toBe(0);
  });

  it('is the maximum if it took over an hour', () => {
    const world = new SessionWorld({ tcpIdle: 10_000, active: 10_000 });
    world.send({ at: 1, from: C, to: V, flags: S, seq: 1000 });
    world.send({ at: 4300, from: V, to: C, flags: S | A, seq: 9000 });
    world.send({ at: 4301, from: C, to: V, flags: A, seq: 1001 });
    expect(world.finish()[0].handshakeUs).toBe(0xffffffff);
  });

  it('is 0 if a part of the handshake is missing', () => {
    expect(
      play([
        ['c', S],
        ['s', S | A],
      ]).finish()[0].handshakeUs,
    ).toBe(0);
    expect(
      play([
        ['s', S | A],
        ['c', A],
      ]).finish()[0].handshakeUs,
    ).toBe(0);
  });
});

describe('the count of retransmissions', () => {
  const data = (world: SessionWorld, at: number, seq: number, payload: number) =>
    world.send({ at, from: C, to: V, flags: A, seq, payload });

  it('includes bytes that were all seen before', () => {
    const world = new SessionWorld();
    data(world, 0, 1000, 100);
    data(world, 1, 1100, 100);
    data(world, 2, 1000, 100);
    data(world, 3, 1100, 100);
    expect(world.finish()[0]).toMatchObject({ retransmits: [2, 0], payload: [400, 0] });
  });

  it('does not include a segment that is only late', () => {
    const world = new SessionWorld();
    data(world, 0, 1000, 100);
    data(world, 1, 1200, 100);
    data(world, 2, 1100, 100);
    data(world, 3, 1300, 100);
    expect(world.finish()[0].retransmits).toEqual([0, 0]);
  });

  it('includes the second copy of a late segment', () => {
    const world = new SessionWorld();
    data(world, 0, 1000, 100);
    data(world, 1, 1200, 100);
    data(world, 2, 1100, 100);
    data(world, 3, 1100, 100);
    expect(world.finish()[0].retransmits).toEqual([1, 0]);
  });

  it('does not include a segment with new bytes: after a window probe, past known bytes, in a gap', () => {
    const world = new SessionWorld();
    data(world, 0, 1000, 100);
    data(world, 1, 1100, 1);
    data(world, 2, 1100, 100);
    data(world, 3, 1150, 100);
    data(world, 4, 1500, 100);
    data(world, 5, 1200, 100);
    data(world, 6, 1450, 200);
    expect(world.finish()[0].retransmits).toEqual([0, 0]);
  });

  it('includes repeated bytes of a gap that was filled across its beginning', () => {
    const world = new SessionWorld();
    data(world, 0, 1000, 100);
    data(world, 1, 1200, 100);
    data(world, 2, 1050, 150);
    data(world, 3, 1100, 100);
    expect(world.finish()[0].retransmits).toEqual([1, 0]);
  });

  it('does not include keepalive probes and pure ACKs', () => {
    const world = new SessionWorld();
    data(world, 0, 1000, 100);
    data(world, 60, 1099, 1);
    data(world, 61, 1099, 0);
    data(world, 62, 1100, 0);
    expect(world.finish()[0].retransmits).toEqual([0, 0]);
  });

  it('takes the number of a keepalive probe without its byte for no gap where a side begins with it', () => {
    const world = new SessionWorld();
    data(world, 0, 1099, 0);
    data(world, 10, 1099, 0);
    data(world, 20, 1100, 100);
    expect(world.finish()[0]).toMatchObject({ missing: [0, 0], retransmits: [0, 0] });
    const lost = new SessionWorld();
    data(lost, 0, 1000, 10);
    data(lost, 1, 1010, 0);
    data(lost, 2, 1011, 100);
    expect(lost.finish()[0].missing).toEqual([1, 0]);
  });

  it('includes a single byte that is repeated sooner than a keepalive probe would be', () => {
    const world = new SessionWorld();
    data(world, 0, 1000, 1);
    data(world, 0.2, 1000, 1);
    data(world, 0.6, 1000, 1);
    data(world, 1.6, 1000, 1);
    expect(world.finish()[0].retransmits).toEqual([2, 0]);
  });

  it('is right across the wrap of sequence numbers', () => {
    const world = new SessionWorld();
    data(world, 0, 0xffffff00, 0x180);
    data(world, 1, 0x80, 100);
    data(world, 2, 0xffffff00, 0x180);
    expect(world.finish()[0].retransmits).toEqual([1, 0]);
  });

  /**
   * Sends segments with gaps between them until so many bytes are passed. Each gap is below the size that
   * looks like new numbering.
   */
  const pass = (world: SessionWorld, from: number, bytes: number): number => {
    const step = 1 << 25;
    for (let passed = 0; passed < bytes; passed += step) data(world, 1, (from + passed) >>> 0, 100);
    return (from + Math.floor(bytes / step) * step) >>> 0;
  };

  it('tells a late segment of a gap from one of a gap 2 GiB ago', () => {
    for (const isn of [1000, 0xf0000000]) {
      const world = new SessionWorld();
      data(world, 0, isn, 100);
      const at = pass(world, isn + (1 << 25), 2 ** 31 + 2 ** 28);
      data(world, 2, (at + 100) >>> 0, 100);
      data(world, 2, (at + 300) >>> 0, 100);
      data(world, 2, (at + 200) >>> 0, 100);
      expect(world.finish()[0].retransmits).toEqual([0, 0]);
    }
  });

  it('forgets a gap long before the numbers reach it again', () => {
    for (const isn of [1000, 0xf0000000]) {
      const world = new SessionWorld();
      data(world, 0, isn, 100);
      data(world, 0, isn + 300, 100);
      const step = 1 << 25;
      // Without gaps, up to the same numbers once more.
      for (let from = 400; from < 2 ** 32; from += step) {
        data(world, 1, (isn + from) >>> 0, Math.min(step, 2 ** 32 - from));
      }
      data(world, 2, isn, 1000);
      data(world, 2, isn + 150, 100);
      expect(world.finish()[0].retransmits).toEqual([1, 0]);
    }
  });

  it('does not depend on the initial sequence number', () => {
    const segments = fc.array(
      fc.record({
        step: fc.oneof(
          fc.constant(0),
          fc.integer({ min: -3000, max: 3000 }),
          fc.integer({ min: -(2 ** 27), max: 2 ** 27 }),
          fc.constantFrom(-(2 ** 31), 2 ** 31, 2 ** 26, -(2 ** 26), 2 ** 30),
        ),
        length: fc.integer({ min: 0, max: 1460 }),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(segments, fc.nat(0xffffffff), fc.nat(0xffffffff), (sent, one, other) => {
        const said = [one, other].map((isn) => {
          const world = new SessionWorld();
          let next = isn;
          for (const { step, length } of sent) {
            const seq = (next + step) >>> 0;
            data(world, 0, seq, length);
            next = (seq + length) >>> 0;
          }
          return world.finish()[0].retransmits;
        });
        expect(said[0]).toEqual(said[1]);
      }),
      { numRuns: 300 },
    );
  });

  it('is exact for any stream sent in order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 1460 }), fc.boolean()), { maxLength: 50 }),
        (isn, segments) => {
          const world = new SessionWorld();
          let seq = isn;
          let repeated = 0;
          let at = 0;
          for (const [length, again] of segments) {
            at += 0.01;
            data(world, at, seq, length);
            if (again) {
              data(world, at, seq, length);
              repeated++;
            }
            seq = (seq + length) >>> 0;
          }
          const [row] = world.finish();
          expect(row?.retransmits[0] ?? 0).toBe(repeated);
        },
      ),
    );
  });
});

describe('a SYN on a known 5-tuple', () => {
  it('begins a new session if the old one was over', () => {
    const world = play([...TALK, ['c', F | A], ['s', F | A], ['c', A]]);
    world.send({ at: 1, from: C, to: V, flags: S, seq: 777777 });
    const rows = world.finish();
    expect(rows.map((r) => [r.end, r.state])).toEqual([
      ['fin', 'SF'],
      ['eof', 'S0'],
    ]);
    expect(rows[0].id).not.toBe(rows[1].id);
  });

  // RFC 793, figure 10: the peer still has an old connection, and is told so first.
  it('begins a new session if its own side had reset, even with the same number', () => {
    const world = play([
      ['c', S],
      ['s', A],
      ['c', R],
    ]);
    world.send({ at: 1, from: C, to: V, flags: S, seq: 1000 });
    world.send({ at: 1.1, from: V, to: C, flags: S | A, seq: 70_000 });
    world.send({ at: 1.2, from: C, to: V, flags: A, seq: 1001 });
    world.send({ at: 30, from: C, to: V, flags: A, seq: 1001, payload: 10 });
    expect(world.finish().map((r) => [r.state, r.handshakeUs])).toEqual([
      ['RSTOS0', 0],
      ['S1', 200_000],
    ]);
  });

  it('is a retransmission if the other side had reset', () => {
    const world = play([
      ['c', S],
      ['s', R | A],
    ]);
    world.send({ at: 1, from: C, to: V, flags: S, seq: 1000 });
    expect(world.finish().map((r) => r.state)).toEqual(['REJ']);
  });

  it('is a retransmission if it has the same number', () => {
    const world = play([['c', S]]);
    world.send({ at: 1, from: C, to: V, flags: S, seq: 1000 });
    expect(world.finish()).toHaveLength(1);
  });

  it('begins a new session in an established one', () => {
    const world = play(TALK);
    world.send({ at: 100, from: C, to: V, flags: S, seq: 5 });
    expect(world.finish().map((r) => r.state)).toEqual(['S1', 'S0']);
  });
});
