import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TRIES } from '../../src/applications/engine/dialogues.js';
import { EndReason } from '../../src/model/end-reason.js';
import { SLOT_VLANS } from '../../src/sessions/slot-fields.js';
import { TCP_ACK as A, TCP_FIN as F, TCP_RST as R, TCP_SYN as S } from '../../src/wire/transport/tcp.js';
import { mirrorPoint, SessionWorld } from '../support/session-world.js';

const C = '10.0.0.1:40000';
const V = '10.0.0.2:80';

describe('a conversation', () => {
  it('is both directions of a 5-tuple', () => {
    const world = new SessionWorld();
    world.send({ at: 0, from: C, to: V, protocol: 17, payload: 10, ttl: 63 });
    world.send({ at: 1, from: V, to: C, protocol: 17, payload: 20, ttl: 120 });
    world.send({ at: 2, from: C, to: V, protocol: 17, payload: 30 });
    expect(world.finish()).toMatchObject([
      { client: C, server: V, packets: [2, 1], bytes: [120, 60], payload: [40, 20], first: 0, last: 2 },
    ]);
  });

  it('is another one at another mirror point, port or protocol', () => {
    const world = new SessionWorld();
    world.send({ at: 0, from: C, to: V, protocol: 17 });
    world.send({ at: 0, from: C, to: V, protocol: 17, mirror: mirrorPoint(1) });
    world.send({ at: 0, from: C, to: '10.0.0.2:81', protocol: 17 });
    world.send({ at: 0, from: C, to: V, protocol: 132 });
    expect(world.finish()).toHaveLength(4);
  });

  it('has only one side if both ends are equal', () => {
    const world = new SessionWorld();
    world.send({ at: 0, from: '10.0.0.1:5', to: '10.0.0.1:5', protocol: 17 });
    world.send({ at: 0, from: '10.0.0.1:5', to: '10.0.0.1:5', protocol: 17 });
    expect(world.finish()).toMatchObject([{ packets: [2, 0] }]);
  });

  it('is kept apart from others, whatever the order of packets', () => {
    const host = fc.integer({ min: 1, max: 4 });
    const port = fc.integer({ min: 1, max: 3 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(host, port, host, port, fc.constantFrom(17, 132)), { maxLength: 200 }),
        (packets) => {
          const world = new SessionWorld();
          const expected = new Map<string, number>();
          for (const [a, p, b, q, protocol] of packets) {
            const from = `10.0.0.${a}:${p}`;
            const to = `10.0.0.${b}:${q}`;
            world.send({ at: 0, from, to, protocol });
            const key = [[from, to].sort().join(), protocol].join();
            expected.set(key, (expected.get(key) ?? 0) + 1);
          }
          const found = new Map<string, number>();
          for (const row of world.finish())
            found.set(
              [[row.client, row.server].sort().join(), row.protocol].join(),
              row.packets[0] + row.packets[1],
            );
          expect([...found].sort()).toEqual([...expected].sort());
        },
      ),
    );
  });
});

describe('the client', () => {
  const first = (from: string, to: string, more: object = {}) => {
    const world = new SessionWorld();
    world.send({ at: 0, from, to, ...more });
    return world.finish()[0].client;
  };
  it('is the sender of the SYN, or the end that a SYN-ACK answers', () => {
    expect(first(V, C, { flags: S })).toBe(V);
    expect(first(V, C, { flags: S | A })).toBe(C);
  });
  it('is the end with the higher port if the other port is well known', () => {
    expect(first(V, C, { flags: A })).toBe(C);
    expect(first('10.0.0.2:53', C, { protocol: 17 })).toBe(C);
  });
  it('is the first seen otherwise', () => {
    expect(first('10.0.0.9:5000', '10.0.0.3:6000', { protocol: 17 })).toBe('10.0.0.9:5000');
    expect(first('10.0.0.9:123', '10.0.0.3:123', { protocol: 17 })).toBe('10.0.0.9:123');
  });
  it('is the end that an echo reply goes to', () => {
    expect(first('10.0.0.9', '10.0.0.3', { protocol: 1, icmp: [0, 0] })).toBe('10.0.0.3:0');
    expect(first('10.0.0.9', '10.0.0.3', { protocol: 1, icmp: [8, 0] })).toBe('10.0.0.9:0');
  });
  it('is corrected by a late SYN', () => {
    const world = new SessionWorld();
    world.send({ at: 0, from: '10.0.0.1:443', to: '10.0.0.2:50000', flags: A, seq: 5 });
    world.send({ at: 1, from: '10.0.0.1:443', to: '10.0.0.2:50000', flags: S, seq: 5 });
    expect(world.finish()[0].client).toBe('10.0.0.1:443');
  });
});

describe('the end of a session', () => {
  it('comes after idle time: TCP 300 s, UDP 60 s, others 30 s', () => {
    const world = new SessionWorld();
    world.send({ at: 0, from: C, to: V });
    world.send({ at: 0, from: C, to: V, protocol: 17 });
    world.send({ at: 0, from: C, to: V, protocol: 132 });
    const ended = (at: number) => {
      world.table.advance(SessionWorld.START + at);
      return world.rows.map((r) => r.protocol);
    };
    expect(ended(30)).toEqual([]);
    expect(ended(31)).toEqual([132]);
    expect(ended(60)).toEqual([132]);
    expect(ended(61)).toEqual([132, 17]);
    expect(ended(300)).toEqual([132, 17]);
    expect(ended(301)).toEqual([132, 17, 6]);
    expect(world.rows.every((r) => r.end === 'idle')).toBe(true);
    expect(world.table.open).toBe(0);
  });

  it('is postponed by every packet', () => {
    const world = new SessionWorld();
    for (let at = 0; at < 500; at += 50) world.send({ at, from: C, to: V, protocol: 17 });
    expect(world.rows).toEqual([]);
    expect(world.finish()).toMatchObject([{ packets: [10, 0], end: 'eof' }]);
  });

  it('comes a linger time after FIN or RST, and late packets are counted', () => {
    const world = new SessionWorld();
    world.send({ at: 0, from: C, to: V, flags: S, seq: 1 });
    world.send({ at: 1, from: V, to: C, flags: R | A, seq: 1 });
    world.send({ at: 3, from: V, to: C, flags: R | A, seq: 1 });
    world.table.advance(SessionWorld.START + 8);
    expect(world.rows).toEqual([]);
    world.table.advance(SessionWorld.START + 9);
    expect(world.rows).toMatchObject([{ end: 'rst', packets: [1, 2], state: 'REJ' }]);
  });

  it('is FIN also at the end of a file', () => {
    const world = new SessionWorld();
    world.send({ at: 0, from: C, to: V, flags: S, seq: 1 });
    world.send({ at: 0, from: V, to: C, flags: S | A, seq: 1 });
    world.send({ at: 0, from: C, to: V, flags: F | A, seq: 2 });
    world.send({ at: 0, from: V, to: C, flags: F | A, seq: 2 });
    expect(world.finish()).toMatchObject([{ end: 'fin', state: 'SF' }]);
  });

  it('comes every 15 minutes for a row; the parts add up and share the id', () => {
    const world = new SessionWorld();
    for (let at = 0; at <= 2000; at += 10) world.send({ at, from: C, to: V, payload: 5, seq: at / 2 });
    const rows = world.finish();
    expect(rows.map((r) => [r.part, r.end])).toEqual([
      [0, 'active'],
      [1, 'active'],
      [2, 'eof'],
    ]);
    expect(new Set(rows.map((r) => r.id)).size).toBe(1);
    expect(rows.reduce((sum, r) => sum + r.packets[0], 0)).toBe(201);
    expect(rows.reduce((sum, r) => sum + r.bytes[0], 0)).toBe(201 * 45);
    expect(rows[1].first).toBeGreaterThan(rows[0].last);
    expect(rows.every((r) => r.last - r.first <= 900)).toBe(true);
  });

  it('leaves no empty row if nothing came after an active one', () => {
    const world = new SessionWorld();
    for (let at = 0; at <= 890; at += 10) world.send({ at, from: C, to: V });
    world.table.advance(SessionWorld.START + 901);
    world.table.advance(SessionWorld.START + 5000);
    expect(world.rows.map((r) => r.end)).toEqual(['active']);
    expect(world.table.open).toBe(0);
  });
});

describe('the clock', () => {
  it('is not moved by a single absurd time', () => {
    const world = new SessionWorld();
    world.send({ at: 0, from: C, to: V });
    world.send({ at: 1e8, from: C, to: '10.0.0.3:80' });
    world.send({ at: 1, from: C, to: V });
    expect(world.finish()).toMatchObject([{ packets: [2, 0] }, { packets: [1, 0] }]);
  });

  it('follows a jump that later packets confirm', () => {
    const world = new SessionWorld();
    world.send({ at: 0, from: C, to: V });
    world.send({ at: 1e6, from: C, to: '10.0.0.3:80' });
    world.send({ at: 1e6 + 1, from: C, to: '10.0.0.3:80' });
    expect(world.rows).toMatchObject([{ end: 'idle' }]);
  });

  it('is not moved by occasional absurd times', () => {
    const world = new SessionWorld();
    for (let at = 0; at < 100; at += 10) {
      world.send({ at, from: C, to: V });
      world.send({ at: 1e8 + at, from: C, to: '10.0.0.3:80' });
    }
    expect(world.rows).toEqual([]);
    expect(world.finish()).toMatchObject([{ packets: [10, 0] }, { packets: [10, 0] }]);
  });

  it('ends idle sessions with the next packet, however seldom packets come', () => {
    const world = new SessionWorld();
    for (let hours = 0; hours < 10; hours += 2) {
      world.send({ at: hours * 3600, from: C, to: V, protocol: 17 });
      world.send({ at: hours * 3600 + 1, from: V, to: C, protocol: 17 });
    }
    for (let days = 1; days < 5; days++) world.send({ at: days * 86400, from: C, to: V, protocol: 17 });
    expect(world.finish().map((r) => [r.first, r.packets, r.end])).toEqual([
      ...[0, 7200, 14400, 21600, 28800].map((at) => [at, [1, 1], 'idle']),
      ...[86400, 172800, 259200].map((at) => [at, [1, 0], 'idle']),
      [345600, [1, 0], 'eof'],
    ]);
  });

  it('accepts late packets', () => {
    const world = new SessionWorld();
    world.send({ at: 10, from: C, to: V, protocol: 17 });
    world.send({ at: 8, from: V, to: C, protocol: 17 });
    expect(world.finish()).toMatchObject([{ first: 8, last: 10, packets: [1, 1] }]);
  });

  it('is set back only when packets far behind continue', () => {
    const world = new SessionWorld({ udpIdle: 120 });
    const day = 86_400;
    world.send({ at: day, from: C, to: V, protocol: 17 });
    // One conversation through the time in which the clock is still believed, and beyond.
    for (let at = 0; at < 100; at += 7) world.send({ at, from: C, to: '10.0.0.9:53', protocol: 17 });
    expect(world.rows).toMatchObject([{ first: day, last: day, end: 'idle' }]);
    for (let at = 100; at < 400; at += 7) world.send({ at, from: C, to: '10.0.0.8:53', protocol: 17 });
    expect(world.rows).toMatchObject([{ first: day }, { first: 0, last: 98, packets: [15, 0], end: 'idle' }]);
  });

  it('is not set back by wrong times among right ones', () => {
    const world = new SessionWorld();
    const day = 86_400;
    for (let at = 0; at < 300; at++) {
      world.send({ at: day + at, from: C, to: V, protocol: 17 });
      for (let i = 0; i < 5; i++) world.send({ at: at + i / 10, from: C, to: '10.0.0.9:53', protocol: 17 });
    }
    const rows = world.finish().filter((row) => row.server === V);
    expect(rows).toMatchObject([{ packets: [300, 0], first: day }]);
  });

  it('when set back ends sessions with times from before: the first packet had an absurd time', () => {
    const world = new SessionWorld({ tcpIdle: 60 });
    world.send({ at: 1e9, from: '10.7.7.7:7', to: V });
    for (let at = 0; at < 200; at += 10) world.send({ at, from: C, to: V });
    expect(world.rows).toMatchObject([{ first: 1e9 }]);
    for (let at = 200; at < 400; at += 10) world.send({ at, from: C, to: '10.0.0.3:80' });
    expect(world.rows).toMatchObject([{ first: 1e9 }, { first: 0, last: 190, end: 'idle' }]);
  });

  it('may go back after finish, for an older file', () => {
    const world = new SessionWorld();
    world.send({ at: 1000, from: C, to: V });
    world.finish();
    world.send({ at: 0, from: C, to: V });
    world.send({ at: 40, from: C, to: V });
    expect(world.finish()).toMatchObject([{ first: 1000 }, { first: 0, last: 40 }]);
  });
});

describe('a full table', () => {
  it('ends the sessions that would expire first, counts them, and continues', () => {
    const world = new SessionWorld({ capacity: 200 });
    world.send({ at: 0, from: '10.9.9.9:1', to: V });
    for (let i = 0; i < 5000; i++) {
      world.send({ at: 1 + i / 1000, from: `10.1.${i >> 8}.${i & 255}:1000`, to: V, flags: S });
      if (i % 50 === 0) world.send({ at: 1 + i / 1000, from: '10.8.8.8:7', to: V, flags: A, payload: 1 });
    }
    expect(world.table.open).toBeLessThanOrEqual(200);
    const pressed = world.rows.length;
    expect(world.table.counters.pressure).toBe(pressed);
    expect(world.rows[0].client).toBe('10.9.9.9:1');
    const rows = world.finish();
    expect(rows.filter((r) => r.end === 'pressure')).toHaveLength(pressed);
    expect(rows.reduce((sum, r) => sum + r.packets[0], 0)).toBe(5101);
    // The one that kept sending was never the oldest.
    expect(rows.filter((r) => r.client === '10.8.8.8:7')).toMatchObject([{ end: 'eof', packets: [100, 0] }]);
  });

  it('finds a session whose last packet came late, so that it expires earlier than its place says', () => {
    const world = new SessionWorld({ capacity: 1 });
    for (let at = 0; at <= 890; at += 10) world.send({ at, from: C, to: V });
    world.table.advance(SessionWorld.START + 901);
    world.send({ at: 700, from: C, to: V });
    world.send({ at: 902, from: '10.0.0.9:1', to: V });
    expect(world.table.open).toBe(1);
    expect(world.finish().map((r) => r.end)).toEqual(['active', 'pressure', 'eof']);
  });

  it('works with room for one session', () => {
    const world = new SessionWorld({ capacity: 1 });
    for (let i = 0; i < 10; i++) world.send({ at: i, from: `10.0.0.${i}:1`, to: V });
    expect(world.finish()).toHaveLength(10);
  });
});

describe('fragments', () => {
  const first = { id: 7, offset: 0, more: true };
  const middle = { id: 7, offset: 1480, more: true };
  const last = { id: 7, offset: 2960, more: false };
  const send = (world: SessionWorld, fragment: typeof first, at: number, from = C) =>
    world.send({
      at,
      from: fragment.offset === 0 ? from : from.split(':')[0],
      to: fragment.offset === 0 ? V : V.split(':')[0],
      protocol: 17,
      fragment,
      length: 1500,
      payload: fragment.offset === 0 ? 1472 : 1480,
    });

  it.each([
    ['in order', [first, middle, last]],
    ['backwards', [last, middle, first]],
    ['with the first in the middle', [middle, first, last]],
  ])('%s belong to the session of the first', (_order, order) => {
    const world = new SessionWorld();
    order.forEach((fragment, i) => {
      send(world, fragment, i);
    });
    expect(world.finish()).toMatchObject([
      {
        client: C,
        server: V,
        packets: [3, 0],
        bytes: [4500, 0],
        fragments: 3,
        payload: [1472 + 2960, 0],
        first: 0,
        last: 2,
      },
    ]);
  });

  it('without a first one are a conversation without ports', () => {
    const world = new SessionWorld();
    send(world, middle, 0);
    send(world, last, 1);
    expect(world.finish()).toMatchObject([
      {
        client: '10.0.0.1:0',
        server: '10.0.0.2:0',
        packets: [2, 0],
        bytes: [3000, 0],
        fragments: 2,
        first: 0,
        last: 1,
      },
    ]);
  });

  it('without a first one are settled after their timeout', () => {
    const world = new SessionWorld();
    send(world, middle, 0);
    for (let at = 1; at < 120; at += 5) world.send({ at, from: C, to: '10.0.0.3:5', protocol: 17 });
    expect(world.rows).toMatchObject([{ client: '10.0.0.1:0', packets: [1, 0] }]);
    expect(world.table.counters.fragmentTrainsHeadless).toBe(1);
  });

  it('beyond the bound are counted, and no packet is lost', () => {
    const world = new SessionWorld({ capacity: 5000, fragmentTrains: 64 });
    for (let id = 0; id < 1000; id++)
      send(world, { id, offset: 1480, more: true }, 0, `10.1.${id >> 8}.${id & 255}:9`);
    expect(world.table.counters.fragmentTrainsDropped).toBeGreaterThan(0);
    expect(world.finish().reduce((sum, r) => sum + r.packets[0], 0)).toBe(1000);
  });
});

describe('a session records', () => {
  it('truncated frames and both directions of mirroring', () => {
    const world = new SessionWorld();
    world.send({ at: 0, from: C, to: V, truncated: true, direction: 1 });
    world.send({ at: 0, from: C, to: V, direction: 2, seq: 9 });
    expect(world.finish()).toMatchObject([{ truncated: 1, direction: 3 }]);
  });

  it('an application protocol from its first bytes', () => {
    const world = new SessionWorld();
    world.send({ at: 0, from: C, to: '10.0.0.2:8081', payload: 'GET / HTTP/1.1\r\n' });
    world.send({ at: 0, from: C, to: '10.0.0.2:2222', payload: 'SSH-2.0-x\r\n' });
    world.send({ at: 0, from: C, to: '10.0.0.2:9', payload: 'nothing known' });
    expect(world.finish().map((r) => r.application)).toEqual(['http', 'ssh', '']);
  });

  it('no application protocol that shows only after the first messages', () => {
    const world = new SessionWorld();
    const say = (port: number, ...messages: string[]): void => {
      let seq = 0;
      for (const payload of messages) {
        world.send({ at: 0, from: C, to: `10.0.0.2:${port}`, seq, payload });
        seq += payload.length;
      }
    };
    // Shorter ones may be the beginning of a message.
    const unknown = Array(MAX_TRIES).fill('nothing that is known');
    say(8081, ...unknown.slice(1), 'GET / HTTP/1.1\r\n');
    say(8082, ...unknown, 'GET / HTTP/1.1\r\n');
    // A segment without payload is no message.
    say(8083, ...Array(10).fill(''), 'GET / HTTP/1.1\r\n');
    // Messages are counted per direction.
    say(8084, ...unknown);
    world.send({ at: 0, from: '10.0.0.2:8084', to: C, payload: 'HTTP/1.1 200 OK\r\n' });
    expect(world.finish().map((r) => r.application)).toEqual(['http', '', 'http', 'http']);
  });

  it('the outermost VLAN ids that there is room for', () => {
    const world = new SessionWorld();
    world.send({ at: 0, from: C, to: V, vlans: [1, 2, 3, 4] });
    world.send({ at: 0, from: C, to: '10.0.0.3:80', vlans: [1, 2, 3, 4, 5, 6, 7, 8] });
    expect(world.finish().map((r) => r.vlans)).toEqual(Array(2).fill([1, 2, 3, 4]));
    expect(SLOT_VLANS).toBe(4);
  });

  it('duplicates within the window of a mirror point', () => {
    const world = new SessionWorld();
    world.table.setDedupWindow(world.point, 1e6);
    world.send({ at: 0, from: C, to: V, seq: 1, payload: 10, direction: 1 });
    world.send({ at: 0.0002, from: C, to: V, seq: 1, payload: 10, direction: 2, ttl: 63 });
    world.send({ at: 0.5, from: C, to: V, seq: 1, payload: 10 });
    expect(world.finish()).toMatchObject([
      { packets: [2, 0], duplicates: 1, retransmits: [1, 0], direction: 3 },
    ]);
  });

  it('no duplicate of a packet whose time is later', () => {
    const world = new SessionWorld();
    world.table.setDedupWindow(world.point, 1e6);
    world.send({ at: 10, from: C, to: V, seq: 1, payload: 10 });
    world.send({ at: 9.5, from: C, to: V, seq: 1, payload: 10 });
    expect(world.finish()).toMatchObject([{ packets: [2, 0], duplicates: 0 }]);
  });

  it('a unique id', () => {
    const world = new SessionWorld({ capacity: 5000 });
    for (let i = 0; i < 3000; i++) world.send({ at: 0, from: `10.1.${i >> 8}.${i & 255}:9`, to: V });
    expect(new Set(world.finish(EndReason.Shutdown).map((r) => r.id)).size).toBe(3000);
  });
});
