import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { COMPARED_BYTES, GroupCopies } from '../../src/sessions/group-copies.js';
import { decodeFrame, Frame, FrameKind, KNOWN_TUNNEL_PORTS, Walk } from '../../src/wire/walk/frame.js';
import { bytes, ethernet, ipv4, ipv6, tcp, udp } from '../support/frames.js';
import { Random } from '../support/traffic/random.js';

const walk = new Walk(KNOWN_TUNNEL_PORTS);
const START = 1_700_000_000;
const MILLISECOND = 1e6;
const WINDOW = 50 * MILLISECOND;
/** A window's slices: a packet waits for one slice longer than the window at most. */
const SLICE = WINDOW / 7;

/** A decoded frame, `at` nanoseconds after the start. */
function frameOf(ethernetFrame: Uint8Array, at = 0, captured = ethernetFrame.length): Frame {
  const f = new Frame();
  decodeFrame(walk, FrameKind.Ethernet, 0, ethernetFrame, 0, captured, ethernetFrame.length, f);
  f.sec = START + Math.floor(at / 1e9);
  f.nsec = at % 1e9;
  return f;
}

const copiesOf = (frames: readonly [member: number, f: Frame][]): boolean[] => {
  const copies = new GroupCopies(64);
  return frames.map(([member, f]) => copies.isCopy(f, 1, member, WINDOW));
};
/** Whether the second member's frame is a copy of the first one's. */
const isCopy = (a: Frame, b: Frame): boolean =>
  copiesOf([
    [0, a],
    [1, b],
  ])[1]!;

const ack = (sequence = 1, tos = 0): Uint8Array =>
  ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 6, tcp(1000, 80, 16, sequence, new Uint8Array(0)), { tos }));

describe('a copy', () => {
  const payload = Uint8Array.from({ length: 1000 }, (_, i) => (i * 31) & 255);
  const four = ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 17, udp(1000, 80, payload), { id: 7 }));
  const six = ethernet(0x86dd, ipv6('2001:db8::1', '2001:db8::2', 17, udp(1000, 80, payload)));

  it.each([
    ['IPv4', four, 14 + 8, [14 + 1]],
    ['IPv6', six, 14 + 7, [14, 14 + 1]],
  ])('over %s may have other MACs, TTL, DSCP and ECN', (name, frame, ttl, tos) => {
    const routed = frame.slice();
    routed.set([2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8]);
    routed[ttl] -= 3;
    if (name === 'IPv4') routed[14 + 10] ^= 0x55;
    // Of IPv6's traffic class the upper half is in the first byte.
    for (const [i, at] of tos.entries()) routed[at] ^= name === 'IPv6' && i === 0 ? 0x0b : 0xb0;
    expect(isCopy(frameOf(frame), frameOf(routed))).toBe(true);
  });

  it('may have other tags, or none', () => {
    const packet = ipv4('10.0.0.1', '10.0.0.2', 17, udp(1000, 80, payload));
    const tagged = ethernet(0x0800, packet, [[0x8100, 7]]);
    expect(isCopy(frameOf(ethernet(0x0800, packet)), frameOf(tagged))).toBe(true);
  });

  it('may be inside VXLAN', () => {
    const vxlan = (inner: Uint8Array) =>
      ethernet(
        0x0800,
        ipv4('10.9.0.1', '10.9.0.2', 17, udp(9, 4789, bytes([8, 0, 0, 0, 0, 0, 100, 0], inner))),
      );
    expect(isCopy(frameOf(four), frameOf(vxlan(four)))).toBe(true);
  });

  it('may be cut, but not within what is compared', () => {
    const kept = 14 + COMPARED_BYTES;
    expect(isCopy(frameOf(four), frameOf(four, 0, kept))).toBe(true);
    expect(isCopy(frameOf(four), frameOf(four, 0, kept - 1))).toBe(false);
  });

  it('has the same bytes otherwise, and the same length', () => {
    for (let at = 14; at < 14 + COMPARED_BYTES; at++) {
      if ([14 + 1, 14 + 8, 14 + 10, 14 + 11, 14, 14 + 2, 14 + 3, 14 + 6, 14 + 7, 14 + 9].includes(at))
        continue;
      const other = four.slice();
      other[at] ^= 1 << (at & 7);
      expect([at, isCopy(frameOf(four), frameOf(other))]).toEqual([at, false]);
    }
    const longer = ethernet(
      0x0800,
      ipv4('10.0.0.1', '10.0.0.2', 17, udp(1000, 80, new Uint8Array(1001)), { id: 7 }),
    );
    const shorter = ethernet(
      0x0800,
      ipv4('10.0.0.1', '10.0.0.2', 17, udp(1000, 80, new Uint8Array(1000)), { id: 7 }),
    );
    expect(isCopy(frameOf(longer), frameOf(shorter))).toBe(false);
  });

  it('needs no IP: ARP with and without a tag, padded differently', () => {
    const arp = bytes([0, 1, 8, 0, 6, 4, 0, 1], new Uint8Array(20).fill(5));
    const plain = ethernet(0x0806, bytes(arp, new Uint8Array(18)));
    const tagged = ethernet(0x0806, bytes(arp, new Uint8Array(14)), [[0x8100, 7]]);
    expect(isCopy(frameOf(plain), frameOf(tagged))).toBe(true);
    const other = plain.slice();
    other[14 + 27] ^= 1;
    expect(isCopy(frameOf(plain), frameOf(other))).toBe(false);
  });

  it('is of the same group', () => {
    const copies = new GroupCopies(64);
    expect(copies.isCopy(frameOf(four), 1, 0, WINDOW)).toBe(false);
    expect(copies.isCopy(frameOf(four), 2, 1, WINDOW)).toBe(false);
    expect(copies.isCopy(frameOf(four), 1, 1, WINDOW)).toBe(true);
  });
});

describe('identical packets', () => {
  const of = (member: number, at: number): [number, Frame] => [member, frameOf(ack(), at * MILLISECOND)];

  it('of one member are packets: the k-th of another is a copy of the k-th, however they interleave', () => {
    const apart = [of(0, 0), of(0, 1), of(0, 2), of(1, 3), of(1, 4), of(1, 5), of(1, 6)];
    expect(copiesOf(apart)).toEqual([false, false, false, true, true, true, false]);
    const mixed = [of(0, 0), of(1, 0), of(1, 1), of(0, 1), of(0, 2), of(1, 2)];
    expect(copiesOf(mixed)).toEqual([false, true, false, true, false, true]);
  });

  it('of three members count once', () => {
    const frames = [of(0, 0), of(1, 1), of(2, 2), of(2, 3), of(1, 4), of(0, 5)];
    expect(copiesOf(frames)).toEqual([false, true, true, false, true, true]);
  });

  it('of a member that is new are copies, too', () => {
    const [first, later] = [of(0, 0), of(20, 1)];
    expect(copiesOf([first, later, of(0, 2), of(20, 3), of(40, 4), of(40, 5), of(40, 6)])).toEqual([
      false,
      true,
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  it('are matched after a loss, with the next one', () => {
    expect(copiesOf([of(0, 0), of(0, 1), of(1, 2), of(0, 3), of(1, 4)])).toEqual([
      false,
      false,
      true,
      false,
      true,
    ]);
  });

  it('are no copies after the window, or before it', () => {
    const late = (WINDOW + SLICE) / MILLISECOND;
    expect(copiesOf([of(0, 0), of(1, 50)])).toEqual([false, true]);
    expect(copiesOf([of(0, 0), of(1, late)])).toEqual([false, false]);
    expect(copiesOf([of(0, 1000), of(1, 1000 - 49)])).toEqual([false, true]);
    expect(copiesOf([of(0, 1000), of(1, 1000 - late)])).toEqual([false, false]);
  });

  it('that nobody else sees do not stand in the way of later ones', () => {
    // The second member falls silent: what it sent last is forgotten, and the first one's frames count.
    const sent = Array.from({ length: 100 }, (_, i) => of(1, i / 10));
    const after = Array.from({ length: 10 }, (_, i) => of(0, 100 + i));
    expect(copiesOf([...sent, ...after]).slice(100)).toEqual(new Array(10).fill(false));
  });
});

/** The rule in plain words, for one kind of packet: what {@link GroupCopies} must do with bounded memory. */
class Model {
  /** Of every packet: the slice of time in which it came. */
  private packets: number[] = [];
  /** By member: the number of its next packet. */
  private next = new Map<number, number>();
  private latest = Number.NaN;

  isCopy(member: number, slice: number): boolean {
    if (Number.isNaN(this.latest) || Math.abs(slice - this.latest) > 7) {
      this.packets = [];
      this.next.clear();
      this.latest = slice;
    }
    this.latest = Math.max(this.latest, slice);
    const oldest = this.packets.findIndex((at) => this.latest - at <= 7);
    const first = oldest < 0 ? this.packets.length : oldest;
    const k = Math.max(this.next.get(member) ?? 0, first);
    this.next.set(member, k + 1);
    if (k < this.packets.length) return true;
    this.packets.push(this.latest);
    return false;
  }
}

describe('random members', () => {
  it('are told as the rule says: lags, losses, three members, identical packets', () => {
    const frames = Array.from({ length: 6 }, (_, i) => frameOf(ack(i)));
    for (let seed = 0; seed < 60; seed++) {
      const random = new Random(seed);
      const members = random.int(2, 12);
      // Fewer places than there could be packets, but enough for six kinds of them.
      const copies = new GroupCopies(4096);
      const models = frames.map(() => new Model());
      const arrivals: { at: number; member: number; kind: number }[] = [];
      let now = 0;
      for (let i = 0; i < 400; i++) {
        now += random.int(0, random.chance(0.05) ? 90 : 6) * MILLISECOND;
        const kind = random.int(0, frames.length - 1);
        for (let member = 0; member < members; member++)
          if (!random.chance(0.1)) arrivals.push({ at: now + random.int(0, 30) * MILLISECOND, member, kind });
      }
      // In the order of time, but for what another queue delays.
      arrivals.sort(
        (a, b) => a.at + (a.member & 1) * 9 * MILLISECOND - b.at - (b.member & 1) * 9 * MILLISECOND,
      );
      for (const { at, member, kind } of arrivals) {
        const f = frames[kind]!;
        f.sec = START + Math.floor(at / 1e9);
        f.nsec = at % 1e9;
        const slice = Math.floor(((f.sec * 1e9 + f.nsec) / WINDOW) * 7);
        assert.equal(
          copies.isCopy(f, 1, member, WINDOW),
          models[kind]!.isCopy(member, slice),
          `seed ${seed}`,
        );
      }
      assert.equal(copies.forgotten, 0);
    }
  });

  it('count a packet once as long as one of them sees it, whatever they lose and however they lag', () => {
    for (let seed = 0; seed < 8; seed++) {
      const random = new Random(1000 + seed);
      const copies = new GroupCopies(1 << 14);
      const lags = Array.from({ length: 3 }, () => random.int(0, 20) * MILLISECOND);
      const arrivals: { at: number; member: number; packet: number }[] = [];
      const seen = new Set<number>();
      for (let packet = 0; packet < 2000; packet++) {
        for (let member = 0; member < 3; member++) {
          if (random.chance(0.2)) continue;
          seen.add(packet);
          arrivals.push({
            at: packet * 50_000 + lags[member]! + random.int(0, 5) * MILLISECOND,
            member,
            packet,
          });
        }
      }
      arrivals.sort((a, b) => a.at - b.at);
      let counted = 0;
      for (const { at, member, packet } of arrivals)
        if (!copies.isCopy(frameOf(ack(packet), at), 1, member, WINDOW)) counted++;
      assert.equal(counted, seen.size, `seed ${seed}`);
    }
  });
});

it('forgets frames in a full place, and says so', () => {
  const copies = new GroupCopies(8);
  for (let i = 0; i < 9; i++) expect(copies.isCopy(frameOf(ack(i)), 1, 0, WINDOW)).toBe(false);
  expect(copies.forgotten).toBe(1);
  const found = Array.from({ length: 9 }, (_, i) => copies.isCopy(frameOf(ack(i)), 1, 1, WINDOW));
  expect(found.filter((copy) => copy).length).toBeLessThan(9);
});
