/** Which of several mirror points had a conversation first: the column `copy`. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MirrorPoint } from '../../src/model/mirror-point.js';
import { Mirrored } from '../../src/model/mirrored.js';
import { Copies, MOST_COMPARED, type SharedCopies, sharedCopies } from '../../src/sessions/copies.js';
import { Key } from '../../src/sessions/key.js';
import { noteOpening } from '../../src/sessions/opening.js';
import { Separate } from '../../src/sessions/separation.js';
import { W } from '../../src/sessions/slot-layout.js';
import { SLOT_WORDS, Slots } from '../../src/sessions/slots.js';
import { HASH_SECRET, KeyedHash } from '../../src/wire/keyed-hash.js';
import { Frame, NO_VNI } from '../../src/wire/walk/frame.js';
import { mirrorPoint, type Row, type Sent, SessionWorld } from '../support/session-world.js';

const C = '10.0.0.1:40000';
const V = '10.0.0.2:80';
const UDP = { protocol: 17 } as const;
const SYN = 0x02;
const ACK = 0x10;
const SYN_ACK = SYN | ACK;
const FIN_ACK = 0x11;
const [P, Q, R, S] = [0, 1, 2, 3].map(mirrorPoint);

const there = { from: C, to: V };
const back = { from: V, to: C };

/** The copies of the rows of each mirror point, in the order of the parts. */
function copies(rows: readonly Row[]): Record<string, number[]> {
  const of: Record<string, number[]> = {};
  for (const row of [...rows].sort((a, b) => a.first - b.first || a.part - b.part))
    of['PQRS'[row.mirror]] = [...(of['PQRS'[row.mirror]] ?? []), row.copy];
  return of;
}

function played(frames: readonly Sent[]): Record<string, number[]> {
  const world = new SessionWorld();
  for (const frame of frames) world.send(frame);
  return copies(world.finish());
}

/** A packet at several mirror points, each a little later than the one before. */
function seen(by: readonly MirrorPoint[], sent: Sent): Sent[] {
  return by.map((mirror, i) => ({ ...sent, at: sent.at + i * 1e-4, mirror }));
}

/** A TCP conversation with a handshake and an end, whose packets every point sees. */
function tcp(by: readonly MirrorPoint[], at = 0): Sent[] {
  const seq = 1000 * at;
  return [
    ...seen(by, { at, ...there, flags: SYN, seq }),
    ...seen(by.toReversed(), { at: at + 0.01, ...back, flags: SYN_ACK, seq, ack: seq + 1 }),
    ...seen(by, { at: at + 0.02, ...there, seq: seq + 1, ack: seq + 1 }),
    ...seen(by, { at: at + 0.03, ...there, flags: FIN_ACK, seq: seq + 1, ack: seq + 1 }),
    ...seen(by.toReversed(), { at: at + 0.04, ...back, flags: FIN_ACK, seq: seq + 1, ack: seq + 2 }),
  ];
}

describe('the mirror point that had a conversation first has copy 0, the others', () => {
  it('1, 2, … in the order in which they had it', () => {
    expect(played(tcp([P, Q, R, S]))).toEqual({ P: [0], Q: [1], R: [2], S: [3] });
    expect(played(tcp([S, R, P]))).toEqual({ S: [0], R: [1], P: [2] });
  });

  it('whatever the order in which packets of different points are read', () => {
    const hundredths = ({ at }: Sent): number => Math.floor(at * 100);
    const late = tcp([P, Q]).toSorted((a, b) => hundredths(a) - hundredths(b) || b.at - a.at);
    expect(late[0].mirror).toBe(Q);
    expect(played(late)).toEqual({ P: [0], Q: [1] });
  });

  it('in the order in which they are read, if both have it at the same time', () => {
    const frames = [Q, P].map((mirror) => ({ at: 0, ...there, ...UDP, mirror }));
    expect(played(frames)).toEqual({ Q: [0], P: [1] });
  });

  it('among more conversations than the table has chains at the beginning', () => {
    const world = new SessionWorld();
    const ends = Array.from({ length: 3000 }, (_, i) => `10.1.${i >> 8}.${i & 255}:40000`);
    // R sees every other one before P does: whatever chain both are in, P comes after R.
    for (const [i, from] of ends.entries()) {
      const by = i % 2 === 0 ? [P, Q] : [R, P, Q];
      for (const frame of seen(by, { at: 1, from, to: V, ...UDP })) world.send({ ...frame, at: 1 });
    }
    const { P: p, Q: q, R: r } = copies(world.finish());
    const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
    expect([p.length, q.length, r.length]).toEqual([3000, 3000, 1500]);
    expect([sum(p), sum(q), sum(r)]).toEqual([1500, 1500 + 3000, 0]);
  });

  it('of frames without IP too', () => {
    const world = new SessionWorld();
    for (const frame of seen([Q, P], { at: 0, from: '10.0.0.1', to: '10.0.0.2', icmp: [8, 0], protocol: 1 }))
      world.send(frame);
    expect(copies(world.finish())).toEqual({ Q: [0], P: [1] });
  });

  it('again, when the same ends have another conversation', () => {
    const frames = [...tcp([P, Q]), ...tcp([Q, P], 20), ...tcp([P, Q], 40)];
    expect(played(frames)).toEqual({ P: [0, 1, 0], Q: [1, 0, 1] });
  });

  it('though a point missed the end of the one before', () => {
    const [first, second] = [tcp([P, Q]), tcp([P, Q], 100)];
    const missed = first.filter((f) => f.mirror !== Q || f.flags !== FIN_ACK);
    expect(played([...missed, ...second])).toEqual({ P: [0, 0], Q: [1, 1] });
  });

  it('though a point missed the end of the one before, and all of the next', () => {
    const missed = tcp([P, Q]).filter((f) => f.mirror !== Q || f.flags !== FIN_ACK);
    expect(played([...missed, ...tcp([P], 100)])).toEqual({ P: [0, 0], Q: [1] });
  });
});

describe('one-way halves', () => {
  it('of opposite directions are no copies of each other', () => {
    const frames = tcp([P, Q]).filter((f) => (f.mirror === P) === (f.from === C));
    expect(played(frames)).toEqual({ P: [0], Q: [0] });
  });

  it('of the same direction are', () => {
    expect(played(tcp([P, Q]).filter((f) => f.from === C))).toEqual({ P: [0], Q: [1] });
  });

  it('come behind a point that sees both directions', () => {
    const halves = tcp([P, Q, R]).filter(
      (f) => f.mirror === R || (f.mirror === P ? f.from === C : f.from === V),
    );
    expect(played(halves)).toEqual({ P: [1], Q: [1], R: [0] });
  });

  it('do so in rows that are made while the conversation goes on, once it is sure', () => {
    const world = new SessionWorld({ active: 10 });
    for (let at = 0; at < 40; at++) {
      world.send({ at, ...there, ...UDP, mirror: P });
      world.send({ at: at + 0.1, ...there, ...UDP, mirror: Q });
      world.send({ at: at + 0.2, ...back, ...UDP, mirror: Q });
    }
    const of = copies(world.finish());
    expect(new Set(of.P)).toEqual(new Set([1]));
    expect(new Set(of.Q)).toEqual(new Set([0]));
  });
});

describe('when the point of copy 0 falls silent', () => {
  /** A packet a second, at P until it falls silent, at Q for an hour. */
  function untilSilent(silent: number, active = 900): Record<string, number[]> {
    const frames: Sent[] = [];
    for (let at = 0; at < 3600; at += 10)
      frames.push(...seen(at < silent ? [P, Q] : [Q], { at, ...(at % 20 === 0 ? there : back), ...UDP }));
    const world = new SessionWorld({ active });
    for (const frame of frames) world.send(frame);
    return copies(world.finish());
  }

  it.each([300, 890, 895])("the other's next part is 0 (after %i s)", (silent) => {
    expect(untilSilent(silent)).toEqual({ P: [0], Q: [1, 0, 0, 0] });
  });

  it('in its own second part too', () => {
    expect(untilSilent(1500)).toEqual({ P: [0, 0], Q: [1, 1, 0, 0] });
  });

  it('the other stays so when it comes back, unless that is within the part', () => {
    const frames: Sent[] = [];
    for (let at = 0; at < 3600; at += 10)
      frames.push(...seen(at < 300 || at >= 2000 ? [P, Q] : [Q], { at, ...there, ...UDP }));
    expect(played(frames)).toEqual({ P: [0, 1, 1], Q: [1, 0, 0, 0] });
    const shortly: Sent[] = [];
    for (let at = 0; at < 1700; at += 10)
      shortly.push(...seen(at < 300 || at >= 400 ? [P, Q] : [Q], { at, ...there, ...UDP }));
    expect(played(shortly)).toEqual({ P: [0, 0, 0], Q: [1, 1] });
  });

  it('a single packet that it alone missed changes nothing', () => {
    const frames: Sent[] = [];
    for (let at = 0; at < 3600; at += 45)
      frames.push(...seen(at === 450 ? [Q] : [P, Q], { at, ...there, ...UDP }));
    const { P: p, Q: q } = played(frames);
    expect(new Set(p)).toEqual(new Set([0]));
    expect(Math.min(...q)).toBeGreaterThan(0);
  });
});

describe('tenants with the same ends', () => {
  it('whom separate_by tells apart are no copies of each other', () => {
    const frames: Sent[] = [5010, 5020, 5030].flatMap((vni) =>
      seen([P, Q], { at: vni / 1e6, ...there, ...UDP, vni }),
    );
    expect(played(frames)).toEqual({ P: [0, 0, 0], Q: [1, 1, 1] });
  });

  it('are told apart at different points too', () => {
    const frames = [P, Q].map((mirror, i) => ({ at: i, ...there, ...UDP, mirror, vni: 5010 + i }));
    expect(played(frames)).toEqual({ P: [0], Q: [0] });
  });

  it('are one at a point that sees no network', () => {
    const frames = [
      { at: 0, ...there, ...UDP, mirror: P },
      { at: 1e-4, ...there, ...UDP, mirror: Q, vni: 5010 },
      { at: 2e-4, ...there, ...UDP, mirror: R },
      // Another network than that of the others.
      { at: 3e-4, ...there, ...UDP, mirror: S, vni: 5020 },
    ];
    expect(played(frames)).toEqual({ P: [0], Q: [1], R: [2], S: [0] });
  });

  /** Frames at P and Q with these VLANs, where both are separated by their VLANs, or neither is. */
  function tagged(by: number, ofP: readonly number[], ofQ: readonly number[]): Record<string, number[]> {
    const world = new SessionWorld();
    for (const point of [P, Q]) world.table.separateBy(point, by);
    world.send({ at: 0, ...there, ...UDP, mirror: P, vlans: ofP });
    world.send({ at: 1e-4, ...there, ...UDP, mirror: Q, vlans: ofQ });
    return copies(world.finish());
  }

  it('are one whatever their VLANs, unless separate_by says so', () => {
    expect(tagged(Separate.vni, [10], [20])).toEqual({ P: [0], Q: [1] });
    expect(tagged(Separate.vlan, [10], [20])).toEqual({ P: [0], Q: [0] });
    expect(tagged(Separate.vlan, [10], [10])).toEqual({ P: [0], Q: [1] });
  });

  it('are one at an access port, which has no tag, and a trunk', () => {
    expect(tagged(Separate.vlan, [], [20])).toEqual({ P: [0], Q: [1] });
    expect(tagged(Separate.vlan, [10], [])).toEqual({ P: [0], Q: [1] });
  });

  it('in one direction of a tunnel each are compared with those that go the same way', () => {
    const world = new SessionWorld();
    for (const point of [P, Q]) world.table.separateBy(point, Separate.teid);
    const up = { ...there, ...UDP };
    const down = { ...back, ...UDP };
    world.send({ at: 0, ...up, mirror: P, teid: 1 });
    world.send({ at: 0.1, ...down, mirror: Q, teid: 12 });
    world.send({ at: 0.2, ...down, mirror: P, teid: 2 });
    world.send({ at: 0.3, ...up, mirror: Q, teid: 11 });
    const rows = world.finish().sort((a, b) => a.first - b.first);
    expect(rows.map((row) => ['PQ'[row.mirror], row.copy])).toEqual([
      ['P', 0],
      ['Q', 0],
      ['P', 1],
      ['Q', 1],
    ]);
  });
});

it(`at most ${MOST_COMPARED} sessions with the same ends are compared; the others are counted`, () => {
  const world = new SessionWorld();
  const points = Array.from({ length: MOST_COMPARED + 3 }, (_, i) => mirrorPoint(i));
  for (const mirror of points) world.send({ at: 0, ...there, ...UDP, mirror });
  expect(world.table.counters.uncompared).toBe(3);
  const rows = world.finish();
  expect(rows.map((row) => row.copy)).toEqual(points.map((_, i) => (i < MOST_COMPARED ? i : 0)));
  expect(world.table.counters.copies).toBe(MOST_COMPARED - 1);
});

/** Two tables that share what they know, as two workers do. */
class Workers {
  readonly worlds: readonly SessionWorld[];

  constructor(count: number, capacity = 1000) {
    const shared = sharedCopies(count, capacity);
    this.worlds = Array.from(
      { length: count },
      (_, path) => new SessionWorld({ capacity, copies: shared(path) }),
    );
  }

  finish(): Row[] {
    return this.worlds.flatMap((world) => world.finish());
  }
}

describe('conversations that meet at different workers', () => {
  it('are compared', () => {
    const workers = new Workers(3);
    for (const frame of tcp([P, Q, R])) workers.worlds[(frame.mirror as MirrorPoint).index].send(frame);
    expect(copies(workers.finish())).toEqual({ P: [0], Q: [1], R: [2] });
  });

  it('are compared with those of a mirror point that has another number there', () => {
    const workers = new Workers(2);
    const elsewhere = new MirrorPoint(7, P.type, P.source, P.target, P.session, P.key);
    workers.worlds[0].send({ at: 0, ...there, ...UDP, mirror: P });
    workers.worlds[1].send({ at: 1, ...there, ...UDP, mirror: elsewhere });
    expect(workers.finish().map((row) => row.copy)).toEqual([0, 0]);
  });

  it("the other's next part is 0 when the first falls silent", () => {
    const workers = new Workers(2);
    for (let at = 0; at < 3600; at += 10) {
      if (at < 300) workers.worlds[0].send({ at, ...there, ...UDP, mirror: P });
      else workers.worlds[0].table.advance(SessionWorld.START + at);
      workers.worlds[1].send({ at: at + 1e-4, ...there, ...UDP, mirror: Q });
    }
    expect(copies(workers.finish())).toEqual({ P: [0], Q: [1, 0, 0, 0] });
  });
});

it('of packets that points miss at random, one point alone has copy 0', () => {
  const point = fc.nat({ max: 3 });
  const packet = fc.record({
    after: fc.integer({ min: 10, max: 5000 }),
    forth: fc.boolean(),
    missedBy: fc.uniqueArray(point, { maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 60 }), fc.shuffledSubarray([P, Q, R, S]), (packets, points) => {
      const [first] = points;
      if (first === undefined) return;
      const world = new SessionWorld({ active: 30 });
      let at = 1;
      for (const frame of [
        ...seen(points, { at, ...there, ...UDP }),
        ...seen(points, { at: 2, ...back, ...UDP }),
      ])
        world.send(frame);
      at = 2;
      for (const [n, { after, forth, missedBy }] of packets.entries()) {
        at += after / 1000;
        // Nobody misses all of a part.
        const isSeen = n % 3 === 2 || n === packets.length - 1;
        const by = isSeen ? points : points.filter(({ index }) => !missedBy.includes(index));
        for (const frame of seen(by, { at, ...(forth ? there : back), ...UDP })) world.send(frame);
      }
      for (const row of world.finish()) assert.equal(row.copy === 0, row.mirror === first.index);
    }),
  );
});

/** What one-conversation.md says, on lists: no places, no hashes, no locks. */
class Model {
  private readonly sessions: Modelled[] = [];

  open(opened: Pick<Modelled, 'path' | 'ends' | 'mirror' | 'sec' | 'nsec'>, vni: number, way: Way): Modelled {
    const { ends, mirror, sec } = opened;
    const same = this.sessions.filter((s) => s.ends === ends);
    const fits = (s: Modelled): boolean =>
      (vni === 0 || s.is.vni === 0 || s.is.vni === vni) &&
      same.every((other) => other.is !== s.is || other.mirror !== mirror || !other[way]);
    const is = (same.find((s) => fits(s) && s[way]) ?? same.find(fits))?.is ?? { vni: 0 };
    is.vni ||= vni;
    const session: Modelled = {
      ...opened,
      ...{ is, row: undefined, last: sec, ended: sec, before: 0, gone: -1 },
      ...{ there: false, back: false, both: 0 },
    };
    // It goes on before those that it was before.
    for (const copy of same.filter((other) => other.is === is && other.gone === mirror)) {
      const [sec, nsec] = copy.nsec === 0 ? [copy.sec - 1, 999_999_999] : [copy.sec, copy.nsec - 1];
      if (sec > session.sec || (sec === session.sec && nsec >= session.nsec)) continue;
      [session.sec, session.nsec] = [sec, nsec];
    }
    this.sessions.push(session);
    return session;
  }

  packet(s: Modelled, way: Way, sec: number): void {
    const hadBoth = s.there && s.back;
    s[way] = true;
    if (!hadBoth && s.there && s.back) s.both = sec;
    s.row ??= sec;
    s.last = Math.max(s.last, sec);
  }

  copyOf(s: Modelled, now: number): number {
    const begun = s.row ?? s.ended;
    const others = this.sessions.filter((o) => this.isBefore(o, s, now) && o.mirror !== s.gone);
    const lastOf = (o: Modelled): number =>
      o.path === s.path ? o.last : o.row === undefined ? o.ended : Number.POSITIVE_INFINITY;
    return s.before + others.filter((o) => lastOf(o) + 1 >= begun).length;
  }

  rowEnded(s: Modelled): void {
    s.row = undefined;
    s.before = 0;
    s.gone = -1;
    s.ended = s.last;
  }

  close(s: Modelled, now: number): void {
    for (const other of this.sessions) {
      if (!this.isBefore(s, other, now) || other.row === undefined || s.last + 1 < other.row) continue;
      if (other.gone === s.mirror) continue;
      other.before++;
      other.gone = s.mirror;
    }
    this.sessions.splice(this.sessions.indexOf(s), 1);
  }

  private isBefore(o: Modelled, s: Modelled, now: number): boolean {
    if (o === s || o.is !== s.is || o.mirror === s.mirror) return false;
    if (!((o.there && s.there) || (o.back && s.back))) return false;
    const has = (x: Modelled): boolean => x.there && x.back;
    if (has(o) && o.both + 2 <= now && !has(s)) return true;
    if (has(s) && s.both + 2 <= now && !has(o)) return false;
    if (o.sec !== s.sec || o.nsec !== s.nsec) return o.sec < s.sec || (o.sec === s.sec && o.nsec < s.nsec);
    return this.sessions.indexOf(o) < this.sessions.indexOf(s);
  }
}

type Way = 'there' | 'back';

interface Modelled {
  readonly path: number;
  readonly ends: number;
  readonly mirror: number;
  sec: number;
  nsec: number;
  /** The same object in all sessions of one conversation. */
  readonly is: { vni: number };
  /** The second in which its row began. */
  row: number | undefined;
  /** Its last packet's; and what it was when its last row ended. */
  last: number;
  ended: number;
  before: number;
  gone: number;
  there: boolean;
  back: boolean;
  both: number;
}

/** The part of a table that Copies sees: slots, and the key of the current frame. */
class Part {
  readonly slots = new Slots(64);
  readonly key = new Key(new KeyedHash(new Uint8Array(HASH_SECRET)));
  readonly copies: Copies;
  private readonly frame = new Frame();
  private readonly mirrored = new Mirrored();

  constructor(shared: SharedCopies | undefined) {
    this.copies = new Copies(this.slots, this.key, shared);
  }

  open(ends: number, point: MirrorPoint, vni: number, way: Way, sec: number, nsec: number): number {
    const f = this.frame;
    f.ipVersion = 4;
    f.protocol = 17;
    f.vni = vni === 0 ? NO_VNI : vni;
    f.sec = sec;
    f.nsec = nsec;
    [f.sourceWord, f.destinationWord] = way === 'there' ? [1, ends + 2] : [ends + 2, 1];
    [f.sourcePort, f.destinationPort] = [1000, 1000];
    this.mirrored.point = point;
    this.key.take(f, this.mirrored);
    const slot = this.slots.allocate();
    this.key.store(this.slots, slot);
    noteOpening(this.slots, slot, f, this.mirrored);
    this.copies.open(slot, point, '');
    return slot;
  }

  packet(slot: number, side: 0 | 1, sec: number): void {
    const w = slot * SLOT_WORDS;
    const { u32 } = this.slots;
    if (u32[w + W.PACKETS_A + side]++ === 0) this.copies.note(slot, side, sec);
    u32[w + W.LAST_SEC] = Math.max(u32[w + W.LAST_SEC], sec);
  }

  rowEnded(slot: number): void {
    this.copies.rowEnded(slot);
    this.slots.u32.fill(0, slot * SLOT_WORDS + W.PACKETS_A, slot * SLOT_WORDS + W.PACKETS_A + 2);
  }

  close(slot: number, now: number): void {
    this.copies.close(slot, now);
    this.slots.release(slot);
  }
}

describe.each([1, 3])('with %i packet paths, whatever comes', (paths) => {
  it('every session has the copy that a plain model gives it', () => {
    const step = fc.record({
      what: fc.constantFrom('open', 'packet', 'packet', 'packet', 'ask', 'row', 'close'),
      path: fc.nat({ max: paths - 1 }),
      ends: fc.nat({ max: 2 }),
      mirror: fc.nat({ max: 3 }),
      vni: fc.constantFrom(0, 0, 0, 7, 8),
      way: fc.constantFrom<Way>('there', 'back'),
      after: fc.constantFrom(0, 0, 1, 5),
      nsec: fc.nat({ max: 2 }),
      which: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.boolean(), (steps, final) => {
        const shared = sharedCopies(paths, 64);
        const parts = Array.from(
          { length: paths },
          (_, path) => new Part(paths === 1 ? undefined : shared(path)),
        );
        const points = [P, Q, R, S];
        const model = new Model();
        const open: { part: Part; slot: number; way: Way; of: Modelled }[] = [];
        let now = 1_700_000_000;
        for (const s of steps) {
          now += s.after;
          if (s.what === 'open') {
            const part = parts[s.path];
            if (part.slots.full) continue;
            const { path, ends, mirror, vni, way, nsec } = s;
            const of = model.open({ path, ends, mirror, sec: now, nsec }, vni, way);
            const slot = part.open(ends, points[mirror], vni, way, now, nsec);
            open.push({ part, slot, way, of });
            model.packet(of, way, now);
            part.packet(slot, 0, now);
            continue;
          }
          if (open.length === 0) continue;
          const at = s.which % open.length;
          const { part, slot, way, of } = open[at];
          const asked = final ? Number.POSITIVE_INFINITY : now;
          if (s.what === 'packet') {
            part.packet(slot, s.way === way ? 0 : 1, now);
            model.packet(of, s.way, now);
          } else if (s.what === 'row') {
            part.rowEnded(slot);
            model.rowEnded(of);
          } else if (s.what === 'close') {
            part.close(slot, asked);
            model.close(of, asked);
            open.splice(at, 1);
          }
          for (const each of open)
            assert.equal(each.part.copies.of(each.slot, asked), model.copyOf(each.of, asked));
        }
      }),
      { numRuns: 1000 },
    );
  });
});
