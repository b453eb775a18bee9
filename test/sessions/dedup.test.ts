import { describe, expect, it } from 'vitest';
import { Deduplicator } from '../../src/sessions/dedup.js';
import { decodeFrame, Frame, FrameKind, KNOWN_TUNNEL_PORTS, Walk } from '../../src/wire/walk/frame.js';
import { expectCpu } from '../support/cpu.js';
import { bytes, ethernet, ipv4, ipv6, tcp, udp } from '../support/frames.js';

const walk = new Walk(KNOWN_TUNNEL_PORTS);

const MILLISECOND = 1e6;

/** A decoded frame at an offset in a larger buffer; `captured` is how many of its bytes are there. */
function frameOf(ethernetFrame: Uint8Array, captured = ethernetFrame.length, before = 0): Frame {
  const f = new Frame();
  const memory = bytes(
    new Uint8Array(before),
    ethernetFrame.subarray(0, captured),
    new Uint8Array(9).fill(0xee),
  );
  decodeFrame(
    walk,
    FrameKind.Ethernet,
    0,
    memory,
    before,
    before + captured,
    before + ethernetFrame.length,
    f,
  );
  f.sec = 1_700_000_000;
  return f;
}

function segment(six: boolean, payload: Uint8Array<ArrayBuffer>, sequence = 1): Uint8Array {
  const inner = tcp(1000, 80, 16, sequence, payload);
  return six
    ? ethernet(0x86dd, ipv6('2001:db8::1', '2001:db8::2', 6, inner))
    : ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 6, inner));
}

const dedup = new Deduplicator();
let mirrors = 0;

/** Whether the second frame is taken for a copy of the first, from the same mirror point or another. */
function isCopy(first: Frame, second: Frame, sameMirror = true): boolean {
  mirrors += 2;
  expect(dedup.seen(first, mirrors, MILLISECOND)).toBe(false);
  return dedup.seen(second, sameMirror ? mirrors : mirrors + 1, MILLISECOND);
}

describe.each([
  ['IPv4', false, 20],
  ['IPv6', true, 40],
])('a packet over %s', (_, six, headerLength) => {
  const payload = Uint8Array.from({ length: 1400 }, (_, i) => (i * 31) & 255);
  const packet = segment(six, payload);
  const HEAD = 14 + headerLength;

  it('is a copy at any offset', () => {
    for (let before = 0; before < 9; before++)
      expect(isCopy(frameOf(packet), frameOf(packet, undefined, before))).toBe(true);
  });

  it('is a copy after a router has forwarded it', () => {
    const routed = packet.slice();
    routed.set([2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8]);
    routed[six ? 14 + 7 : 14 + 8]--;
    if (!six) routed[14 + 10] ^= 0x55;
    expect(isCopy(frameOf(packet), frameOf(routed))).toBe(true);
  });

  it('is no copy if any other byte differs, up to the last', () => {
    const passed = six ? [14 + 7] : [14 + 8, 14 + 10, 14 + 11];
    const said = six ? [14, 14 + 4, 14 + 5, 14 + 6] : [14, 14 + 2, 14 + 3, 14 + 6, 14 + 7, 14 + 9];
    for (let at = 14; at < packet.length; at++) {
      if (passed.includes(at) || said.includes(at)) continue;
      const other = packet.slice();
      other[at] ^= 1 << (at & 7);
      const f = frameOf(other);
      expect([at, isCopy(frameOf(packet), f)]).toEqual([at, false]);
    }
  });

  it('is no copy if bytes have changed places', () => {
    const other = packet.slice();
    other.copyWithin(HEAD + 120, HEAD + 700, HEAD + 704);
    other.set(packet.subarray(HEAD + 120, HEAD + 124), HEAD + 700);
    expect(isCopy(frameOf(packet), frameOf(other))).toBe(false);
  });

  it('is no copy if it is longer or shorter', () => {
    for (const length of [0, 1, 2, 3, 4, 1399]) {
      const zeros = new Uint8Array(1400);
      expect(isCopy(frameOf(segment(six, zeros)), frameOf(segment(six, zeros.subarray(0, length))))).toBe(
        false,
      );
    }
  });

  it('is no copy from another mirror point or another conversation', () => {
    expect(isCopy(frameOf(packet), frameOf(packet), false)).toBe(false);
    expect(isCopy(frameOf(packet), frameOf(segment(six, payload, 2)))).toBe(false);
  });

  it('is a copy if the same number of equal bytes was captured', () => {
    const other = packet.slice();
    other[other.length - 1] ^= 1;
    expect(isCopy(frameOf(packet, 300), frameOf(other, 300))).toBe(true);
    expect(isCopy(frameOf(packet, 300), frameOf(packet, 301))).toBe(false);
    expect(isCopy(frameOf(packet, 300), frameOf(packet))).toBe(false);
    // The padding after the packet may differ.
    const padded = (fill: number) => bytes(segment(six, new Uint8Array(2)), new Uint8Array(6).fill(fill));
    expect(isCopy(frameOf(padded(0)), frameOf(padded(1)))).toBe(true);
  });
});

it('an earlier packet is no copy, and its time counts from then on', () => {
  const packet = ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 17, udp(5000, 53, new Uint8Array(8))));
  const at = (nsec: number): Frame => Object.assign(frameOf(packet), { nsec });
  const d = new Deduplicator();
  const seen = [
    5 * MILLISECOND,
    4.5 * MILLISECOND,
    4.6 * MILLISECOND,
    5 * MILLISECOND,
    5.7 * MILLISECOND,
  ].map((nsec) => d.seen(at(nsec), 0, MILLISECOND));
  expect(seen).toEqual([false, false, true, true, false]);
});

it('a frame whose place is taken within the window is forgotten, and counted', () => {
  const frames = Array.from({ length: 1000 }, (_, n) => {
    const f = frameOf(ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 17, udp(n, 53, new Uint8Array(8)))));
    f.nsec = n;
    return f;
  });
  const all = new Deduplicator();
  for (const f of frames.slice(0, 16)) all.seen(f, 0, MILLISECOND);
  for (const f of frames.slice(0, 16)) expect(all.seen(f, 0, MILLISECOND)).toBe(true);
  expect(all.forgotten).toBe(0);
  const few = new Deduplicator(16);
  for (const f of frames) expect(few.seen(f, 0, MILLISECOND)).toBe(false);
  // All but those now in the places, each of which was free once.
  expect(few.forgotten).toBe(1000 - 16);
  expect(frames.slice(0, 100).some((f) => few.seen(f, 0, MILLISECOND))).toBe(false);
  // The frames that were there are past the window.
  const { forgotten } = few;
  for (const f of frames) few.seen(Object.assign(f, { nsec: f.nsec + 10 * MILLISECOND }), 0, MILLISECOND);
  expect(few.forgotten - forgotten).toBeLessThan(1000);
});

it('no frame is forgotten early while few of the places are in use', () => {
  const d = new Deduplicator(1 << 12);
  const frames = Array.from({ length: 200 }, (_, n) =>
    frameOf(ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 17, udp(n, 53, new Uint8Array(8))))),
  );
  for (const f of frames) d.seen(f, 0, MILLISECOND);
  expect(frames.filter((f) => !d.seen(f, 0, MILLISECOND))).toEqual([]);
  // Of frames past the window, each gives its place up before one that is within it.
  for (let round = 1; round <= 50; round++) {
    for (const f of frames) d.seen(Object.assign(f, { nsec: 2 * round * MILLISECOND }), 0, MILLISECOND);
    expect(frames.filter((f) => !d.seen(f, 0, MILLISECOND))).toEqual([]);
  }
  expect(d.forgotten).toBe(0);
});

it('comparing long packets takes time in proportion to their length', () => {
  const packets = Array.from({ length: 64 }, (_, n) =>
    frameOf(ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 17, udp(n, 53, new Uint8Array(60_000))))),
  );
  const short = packets.map((_, n) =>
    frameOf(ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 17, udp(n, 53, new Uint8Array(600))))),
  );
  const comparing = (frames: readonly Frame[], rounds: number) => () => {
    const dedup = new Deduplicator();
    return () => {
      for (let n = 0; n < rounds; n++) for (const f of frames) dedup.seen(f, 0, MILLISECOND);
    };
  };
  expectCpu(comparing(packets, 2), comparing(short, 200), 5);
});
