import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EndReason } from '../../src/model/end-reason.js';
import { TCP_ACK as A, TCP_FIN as F, TCP_RST as R, TCP_SYN as S } from '../../src/wire/transport/tcp.js';
import { type Row, type Sent, SessionWorld } from '../support/session-world.js';

const C = '10.0.0.1:40000';
const V = '10.0.0.2:80';

/** A segment: when it passes the mirror point in milliseconds, who sends it, and what is in it. */
type Segment = [ms: number, who: 'c' | 's', sent: Partial<Sent>];

/** Numbers are counted from 0, the SYN's, for both sides. */
function play(segments: readonly Segment[], base = { c: 1000, s: 9000 }): SessionWorld {
  const world = new SessionWorld();
  for (const [ms, who, sent] of segments) {
    const own = base[who];
    const peer = base[who === 'c' ? 's' : 'c'];
    world.send({
      flags: A,
      ...sent,
      at: ms / 1000,
      from: who === 'c' ? C : V,
      to: who === 'c' ? V : C,
      seq: (own + (sent.seq ?? 0)) >>> 0,
      ack: sent.ack === undefined ? 0 : (peer + sent.ack) >>> 0,
    });
  }
  return world;
}

/** @returns the only row */
function rowOf(segments: readonly Segment[], base?: { c: number; s: number }): Row {
  const rows = play(segments, base).finish();
  expect(rows).toHaveLength(1);
  return rows[0];
}

/** A handshake: 10 ms to the server and back, 2 ms to the client and back. */
const OPEN: readonly Segment[] = [
  [0, 'c', { flags: S }],
  [10, 's', { flags: S | A, ack: 1 }],
  [12, 'c', { seq: 1, ack: 1 }],
];

describe('round trips', () => {
  it('begin with the SYN and the SYN-ACK', () => {
    expect(rowOf(OPEN)).toMatchObject({ rtt: [2000, 10_000], handshakeUs: 12_000 });
  });

  it('are the least of all segments that were timed', () => {
    const row = rowOf([
      ...OPEN,
      [20, 'c', { seq: 1, ack: 1, payload: 100 }],
      [27, 's', { seq: 1, ack: 101 }],
      [30, 's', { seq: 1, ack: 101, payload: 50 }],
      [31.5, 'c', { seq: 101, ack: 51 }],
    ]);
    expect(row.rtt).toEqual([1500, 7000]);
  });

  it('time one segment of a side at a time, until an acknowledgment covers its last byte', () => {
    const row = rowOf([
      ...OPEN,
      [20, 'c', { seq: 1, ack: 1, payload: 100 }],
      // Not timed: it would have been acknowledged within a millisecond.
      [25, 'c', { seq: 101, ack: 1, payload: 100 }],
      [25.5, 's', { seq: 1, ack: 100 }],
      [26, 's', { seq: 1, ack: 201 }],
    ]);
    expect(row.rtt).toEqual([2000, 6000]);
  });

  it('are not made longer by an acknowledgment that is delayed', () => {
    const row = rowOf([...OPEN, [20, 'c', { seq: 1, ack: 1, payload: 10 }], [60, 's', { seq: 1, ack: 11 }]]);
    expect(row.rtt).toEqual([2000, 10_000]);
  });

  it('are not those of a segment that was sent again, or that fills a gap (Karn)', () => {
    const again: readonly Segment[] = [
      [20, 'c', { seq: 1, ack: 1, payload: 100 }],
      [320, 'c', { seq: 1, ack: 1, payload: 100 }],
      [321, 's', { seq: 1, ack: 101 }],
    ];
    expect(rowOf(again).rtt).toEqual([0, 0]);
    const late: readonly Segment[] = [
      [20, 'c', { seq: 1, ack: 1, payload: 10 }],
      [21, 'c', { seq: 111, ack: 1, payload: 100 }],
      [22, 's', { seq: 1, ack: 11 }],
      // Fills the gap before it: what comes next is acknowledged for both.
      [50, 'c', { seq: 11, ack: 1, payload: 100 }],
      [51, 's', { seq: 1, ack: 211 }],
    ];
    expect(rowOf(late).rtt).toEqual([0, 2000]);
  });

  it('end without a result when another segment of that side is sent again', () => {
    const row = rowOf([
      [20, 'c', { seq: 1, ack: 1, payload: 100 }],
      [21, 's', { seq: 1, ack: 101 }],
      [30, 'c', { seq: 101, ack: 1, payload: 100 }],
      [60, 'c', { seq: 1, ack: 1, payload: 100 }],
      [60.5, 's', { seq: 1, ack: 201 }],
    ]);
    expect(row.rtt).toEqual([0, 1000]);
  });

  it('are measured although the mirror sends every frame twice', () => {
    const twice = (segments: readonly Segment[]): Segment[] =>
      segments.flatMap(([ms, who, sent]): Segment[] => [
        [ms, who, sent],
        [ms + 0.01, who, sent],
      ]);
    const row = rowOf(
      twice([...OPEN, [20, 'c', { seq: 1, ack: 1, payload: 9 }], [24, 's', { seq: 1, ack: 10 }]]),
    );
    expect(row).toMatchObject({ rtt: [2000, 4000], synRetransmits: [0, 0] });
  });

  it('are none where only one side is mirrored, or only acknowledgments are', () => {
    expect(rowOf([OPEN[0], OPEN[2], [20, 'c', { seq: 1, ack: 1, payload: 10 }]]).rtt).toEqual([0, 0]);
    expect(
      rowOf([
        [0, 'c', { seq: 1, ack: 1 }],
        [5, 's', { seq: 1, ack: 1 }],
      ]).rtt,
    ).toEqual([0, 0]);
  });

  it('do not begin with a segment that comes behind its acknowledgment, nor with a FIN alone', () => {
    const row = rowOf([
      [0, 's', { seq: 1, ack: 101 }],
      [0.1, 'c', { seq: 1, ack: 1, payload: 100 }],
      [90, 's', { seq: 1, ack: 101 }],
      [100, 'c', { seq: 101, ack: 1, flags: F | A }],
      [101, 's', { seq: 1, ack: 102 }],
    ]);
    expect(row.rtt).toEqual([0, 0]);
  });

  it('include the answer to a SYN that is a reset, and one within a microsecond', () => {
    expect(rowOf([OPEN[0], [3, 's', { flags: R | A, ack: 1 }]]).rtt).toEqual([0, 3000]);
    expect(rowOf([OPEN[0], [0, 's', { flags: S | A, ack: 1 }]]).rtt).toEqual([0, 1]);
  });

  it('are the same wherever the numbers pass 2^32', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 }), (c, s) => {
        const row = rowOf(
          [
            ...OPEN,
            [20, 'c', { seq: 1, ack: 1, payload: 100 }],
            [24, 's', { seq: 1, ack: 101, payload: 100 }],
            [25, 'c', { seq: 101, ack: 101 }],
          ],
          { c: 0x100000000 - c, s: 0x100000000 - s },
        );
        expect(row.rtt).toEqual([1000, 4000]);
      }),
    );
  });
});

describe('responses', () => {
  it("take from the client's last payload to the server's first behind it", () => {
    const row = rowOf([
      ...OPEN,
      [100, 'c', { seq: 1, ack: 1, payload: 1000 }],
      [101, 'c', { seq: 1001, ack: 1, payload: 500 }],
      [103, 's', { seq: 1, ack: 1501 }],
      [131, 's', { seq: 1, ack: 1501, payload: 1000 }],
      [132, 's', { seq: 1001, ack: 1501, payload: 1000 }],
      [200, 'c', { seq: 1501, ack: 2001, payload: 10 }],
      [205, 's', { seq: 2001, ack: 1511, payload: 10 }],
    ]);
    expect(row.responses).toEqual([2, 35_000, 30_000]);
  });

  it('do not begin with a server that speaks first, and are none without an answer', () => {
    expect(rowOf([...OPEN, [50, 's', { seq: 1, ack: 1, payload: 20 }]]).responses).toEqual([0, 0, 0]);
    expect(rowOf([...OPEN, [50, 'c', { seq: 1, ack: 1, payload: 20 }]]).responses).toEqual([0, 0, 0]);
  });

  it('begin when the request was sent again, unless the server had it', () => {
    const asked: Segment = [100, 'c', { seq: 1, ack: 1, payload: 10 }];
    const again: Segment = [300, 'c', { seq: 1, ack: 1, payload: 10 }];
    const answered: Segment = [310, 's', { seq: 1, ack: 11, payload: 10 }];
    expect(rowOf([...OPEN, asked, again, answered]).responses).toEqual([1, 10_000, 10_000]);
    const acknowledged: Segment = [101, 's', { seq: 1, ack: 11 }];
    expect(rowOf([...OPEN, asked, acknowledged, again, answered]).responses).toEqual([1, 210_000, 210_000]);
  });

  it('do not end with what the server sends again, or with a probe of an idle connection', () => {
    const row = rowOf([
      ...OPEN,
      [20, 'c', { seq: 1, ack: 1, payload: 10 }],
      [21, 's', { seq: 1, ack: 11, payload: 10 }],
      [30, 'c', { seq: 11, ack: 11, payload: 10 }],
      [35, 's', { seq: 1, ack: 11, payload: 10 }],
      [5000, 's', { seq: 10, ack: 21, payload: 1 }],
      [6000, 's', { seq: 11, ack: 21, payload: 10 }],
    ]);
    expect(row.responses).toEqual([2, 5_971_000, 5_970_000]);
  });

  it('take longer than the 71 minutes in which microseconds pass 2^32', () => {
    const hours = 2 * 3600 * 1000;
    const world = new SessionWorld({ active: 100_000, tcpIdle: 80_000 });
    world.send({ at: 0, from: C, to: V, flags: A, seq: 1, payload: 10 });
    world.send({ at: hours / 1000, from: V, to: C, flags: A, seq: 1, payload: 10 });
    // As much as a column of 32 bits holds.
    expect(world.finish()[0].responses).toEqual([1, 0xffffffff, 0xffffffff]);
  });

  it('are counted anew when the client turns out to be the other side', () => {
    const row = rowOf([
      // From a service's port: it is taken for the server.
      [0, 'c', { seq: 1, ack: 1, payload: 10 }],
      [5, 's', { seq: 1, ack: 11, payload: 10 }],
      [10, 's', { seq: 500, flags: S }],
    ]);
    expect(row).toMatchObject({ client: V, responses: [0, 0, 0] });
  });
});

describe('what came late, or never', () => {
  /** Segments of 100 bytes of the client, by their number. */
  const data = (ms: number, number: number): Segment => [
    ms,
    'c',
    { seq: 1 + 100 * number, ack: 1, payload: 100 },
  ];

  it('a gap is missing until it is filled, and what fills it is reordered', () => {
    expect(rowOf([data(0, 0), data(1, 3)]).missing).toEqual([200, 0]);
    const row = rowOf([data(0, 0), data(1, 3), data(2, 2), data(3, 1)]);
    expect(row).toMatchObject({ missing: [0, 0], reordered: [2, 0], retransmits: [0, 0] });
  });

  it('bytes from the middle of a gap leave the rest of it missing', () => {
    expect(rowOf([data(0, 0), data(1, 6), data(2, 3)])).toMatchObject({
      missing: [400, 0],
      reordered: [1, 0],
    });
  });

  it('a segment fills several gaps at once', () => {
    const row = rowOf([data(0, 0), data(1, 2), data(2, 4), [3, 'c', { seq: 51, ack: 1, payload: 400 }]]);
    expect(row).toMatchObject({ missing: [0, 0], reordered: [1, 0] });
  });

  it('the mirror’s own loss: all of it is missing, however many gaps there are', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), (lost) => {
        const segments: Segment[] = [data(0, 0)];
        for (const [i, isLost] of lost.entries()) {
          if (!isLost) segments.push(data(i + 1, i + 1));
          // The receiver has what the mirror lost.
          segments.push([i + 1.5, 's', { seq: 1, ack: 1 + 100 * (i + 2) }]);
        }
        const row = rowOf(segments);
        const behind = lost.lastIndexOf(false);
        const missing = 100 * lost.filter((isLost, i) => isLost && i < behind).length;
        expect(row).toMatchObject({ missing: [missing, 0], reordered: [0, 0], retransmits: [0, 0] });
      }),
    );
  });

  it('what is sent again behind the mirror’s own loss counts as sent again', () => {
    const segments: Segment[] = [data(0, 0)];
    for (let i = 2; i < 40; i += 2) segments.push(data(i, i), [i + 0.5, 's', { seq: 1, ack: 101 + 100 * i }]);
    expect(rowOf([...segments, data(99, 10)])).toMatchObject({ reordered: [0, 0], retransmits: [1, 0] });
  });

  it('a burst lost before the mirror point comes again from the front: nothing is missing', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), (lost) => {
        const segments: Segment[] = [data(0, 0)];
        for (const [i, isLost] of lost.entries()) if (!isLost) segments.push(data(i + 1, i + 1));
        const end = lost.length + 1;
        segments.push(data(end, end));
        for (const [i, isLost] of lost.entries()) if (isLost) segments.push(data(200 + i, i + 1));
        const row = rowOf(segments);
        const reordered = lost.filter((isLost) => isLost).length;
        expect(row).toMatchObject({ missing: [0, 0], reordered: [reordered, 0], retransmits: [0, 0] });
      }),
    );
  });

  it('what follows a segment that came in fragments is behind no gap, but what comes later may be', () => {
    const fragment = { id: 7, offset: 0, more: true };
    const row = rowOf([
      data(0, 0),
      [1, 'c', { seq: 101, ack: 1, payload: 30, fragment }],
      data(2, 2),
      data(3, 3),
      data(4, 5),
    ]);
    expect(row).toMatchObject({ missing: [100, 0], reordered: [0, 0], retransmits: [0, 0] });
  });

  it('a large jump of numbers is another numbering, of which nothing is missing', () => {
    const jump: Segment = [5, 'c', { seq: 0x40000000, ack: 1, payload: 100 }];
    expect(rowOf([data(0, 0), data(1, 2), jump])).toMatchObject({ missing: [100, 0], reordered: [0, 0] });
  });
});

describe('windows and SYNs', () => {
  it('counts windows of 0, but not those of a SYN or a reset, nor of a header that was cut', () => {
    const row = rowOf([
      ...OPEN,
      [20, 's', { seq: 1, ack: 1, window: 0 }],
      [21, 's', { seq: 1, ack: 1, window: 0 }],
      [22, 'c', { seq: 1, ack: 1, flags: R | A, window: 0 }],
    ]);
    expect(row.zeroWindows).toEqual([0, 2]);
  });

  it('counts the SYNs and SYN-ACKs that were sent again', () => {
    const row = rowOf([
      [0, 'c', { flags: S }],
      [1000, 'c', { flags: S }],
      [3000, 'c', { flags: S }],
      [3001, 's', { flags: S | A, ack: 1 }],
      [4001, 's', { flags: S | A, ack: 1 }],
      [4001.1, 's', { flags: S | A, ack: 1 }],
    ]);
    expect(row).toMatchObject({ synRetransmits: [2, 1], retransmits: [2, 2] });
  });

  const MSS = [2, 4, 5, 180];
  const SOK = [4, 2];
  const TS = [8, 10, 0, 0, 0, 0, 0, 0, 0, 0];
  const WS = [3, 3, 7];

  it('keeps the options as p0f writes them', () => {
    const row = rowOf([
      [0, 'c', { flags: S, window: 64240, options: [...MSS, ...SOK, ...TS, 1, ...WS] }],
      [1, 's', { flags: S | A, ack: 1, window: 8192, options: [...MSS, 1, 3, 3, 8, 1, 1, ...SOK] }],
    ]);
    expect(row.syn).toEqual(['1460:64240,7:mss,sok,ts,nop,ws', '1460:8192,8:mss,nop,ws,nop,nop,sok']);
  });

  it.each([
    ['none', [], '0:1000,0:'],
    ['an end with padding', [...MSS, 0, 0, 0, 0], '1460:1000,0:mss,eol+3'],
    ['kinds without a word', [34, 2, 200, 4, 9, 9, 1, 1], '0:1000,0:?34,?,nop,nop'],
    ['a length of 0', [2, 0, 5, 180], '0:1000,0:mss'],
    ['a length beyond the header', [1, 1, 2, 4], '0:1000,0:nop,nop,mss'],
    ['more than twelve', new Array<number>(16).fill(1), `0:1000,0:${new Array(12).fill('nop').join(',')}`],
  ])('options: %s', (_, options, text) => {
    expect(rowOf([[0, 'c', { flags: S, options }]]).syn).toEqual([text, '']);
  });

  it('keeps those of the first SYN, and none where it was not seen', () => {
    const row = rowOf([
      [0, 'c', { flags: S, options: MSS }],
      [1000, 'c', { flags: S }],
    ]);
    expect(row.syn).toEqual(['1460:1000,0:mss', '']);
    expect(rowOf([[0, 'c', { seq: 1, ack: 1 }]]).syn).toEqual(['', '']);
  });
});

describe('history', () => {
  it('has each letter once, in the order first seen, upper case for the client', () => {
    const row = rowOf([
      ...OPEN,
      [20, 'c', { seq: 1, ack: 1, payload: 10 }],
      [21, 's', { seq: 1, ack: 11 }],
      [22, 's', { seq: 1, ack: 11, payload: 10 }],
      [23, 'c', { seq: 11, ack: 11, flags: F | A }],
      [24, 's', { seq: 11, ack: 12, flags: F | A }],
      [25, 'c', { seq: 12, ack: 12 }],
    ]);
    expect(row.history).toBe('ShADadFf');
  });

  it('names retransmissions, windows of 0, gaps and resets, twelve letters at most', () => {
    const row = rowOf([
      ...OPEN,
      [20, 'c', { seq: 1, ack: 1, payload: 10 }],
      [300, 'c', { seq: 1, ack: 1, payload: 10 }],
      [301, 's', { seq: 11, ack: 11, payload: 10, window: 0 }],
      [302, 'c', { seq: 11, ack: 1, flags: R }],
    ]);
    expect(row.history).toBe('ShADTdwgR');
  });
});

it('a long conversation: each part has its own times, and what is under way goes on', () => {
  const world = new SessionWorld({ active: 10 });
  const send = (at: number, who: 'c' | 's', sent: Partial<Sent>) =>
    world.send({ flags: A, ...sent, at, from: who === 'c' ? C : V, to: who === 'c' ? V : C });
  send(0, 'c', { flags: S, seq: 0, options: [2, 4, 5, 180] });
  send(0.01, 's', { flags: S | A, seq: 0, ack: 1, window: 0 });
  send(1, 'c', { seq: 1, ack: 1, payload: 10 });
  send(2, 'c', { seq: 21, ack: 1, payload: 10 });
  world.table.advance(SessionWorld.START + 12);
  send(12, 's', { seq: 1, ack: 31, payload: 10 });
  send(12.5, 'c', { seq: 31, ack: 11 });
  const [first, second] = world.finish(EndReason.Eof);
  expect(first).toMatchObject({ part: 0, rtt: [990_000, 10_000], responses: [0, 0, 0], missing: [10, 0] });
  expect(second).toMatchObject({
    part: 1,
    rtt: [500_000, 11_000_000],
    responses: [1, 10_000_000, 10_000_000],
    missing: [0, 0],
    syn: ['1460:1000,0:mss', '0:0,0:'],
    history: 'ShDGdA',
  });
});
