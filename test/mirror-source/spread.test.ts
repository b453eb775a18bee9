import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MOST_TARGETS } from '../../src/mirror-source/limits.js';
import { Spread } from '../../src/mirror-source/spread.js';
import { Flow, mix } from '../../src/wire/walk/flow.js';
import { FrameKind } from '../../src/wire/walk/frame.js';
import { bytes, ethernet, ipv4, ipv6, tcp, udp } from '../support/frames.js';

function flowOf(frame: Uint8Array, cut = frame.length): { pair: number; flow: number } {
  const flow = new Flow();
  const moved = bytes(new Uint8Array(3), frame);
  flow.read(moved, 3, 3 + cut, frame.length, FrameKind.Ethernet, 0);
  return { pair: flow.pair, flow: flow.flow };
}

describe('the hashes of a flow', () => {
  const four = fc.array(fc.integer({ min: 1, max: 254 }), { minLength: 4, maxLength: 4 });
  const port = fc.integer({ min: 1, max: 65535 });

  test('are the same in both directions', () => {
    fc.assert(
      fc.property(four, four, port, port, fc.boolean(), fc.boolean(), (a, b, p, q, isTcp, v6) => {
        const data = new Uint8Array(10);
        const segment = (from: number, to: number) => (isTcp ? tcp(from, to, 16) : udp(from, to, data));
        const protocol = isTcp ? 6 : 17;
        const text = (address: number[]) => (v6 ? `2001:db8::${address.join(':')}` : address.join('.'));
        const packet = (from: number[], to: number[], s: number, d: number) =>
          v6
            ? ethernet(0x86dd, ipv6(text(from), text(to), protocol, segment(s, d)))
            : ethernet(0x0800, ipv4(text(from), text(to), protocol, segment(s, d)));
        expect(flowOf(packet(a, b, p, q))).toEqual(flowOf(packet(b, a, q, p)));
      }),
    );
  });

  test('that of the addresses is the same for all ports, protocols and fragments', () => {
    const from = '10.0.0.1';
    const to = '10.0.0.2';
    const { pair, flow } = flowOf(ethernet(0x0800, ipv4(from, to, 17, udp(1, 2, new Uint8Array(8)))));
    const others = [
      ethernet(0x0800, ipv4(from, to, 17, udp(1, 3, new Uint8Array(8)))),
      ethernet(0x0800, ipv4(from, to, 6, tcp(1, 2, 16)), [[0x8100, 7]]),
      ethernet(0x0800, ipv4(from, to, 17, udp(1, 2, new Uint8Array(8)), { fragment: [0, true] })),
      ethernet(0x0800, ipv4(from, to, 17, new Uint8Array(8), { fragment: [64, false] })),
    ].map((frame) => flowOf(frame));
    for (const other of others) {
      expect(other.pair).toBe(pair);
      expect(other.flow).not.toBe(flow);
    }
    // A packet's fragments stay together.
    expect(others[2].flow).toBe(others[3].flow);
  });

  test('are those of the innermost packet, and of MAC addresses without IP', () => {
    const packet = ipv4('10.0.0.1', '10.0.0.2', 6, tcp(1, 2, 16));
    const { pair, flow } = flowOf(ethernet(0x0800, packet));
    expect(flowOf(ethernet(0x0800, ipv4('192.0.2.1', '192.0.2.2', 4, packet)))).toEqual({ pair, flow });
    const lldp = (from: number, to: number) => {
      const frame = ethernet(0x88cc, new Uint8Array(20));
      frame[5] = to;
      frame[11] = from;
      return frame;
    };
    expect(flowOf(lldp(1, 2))).toEqual(flowOf(lldp(2, 1)));
    expect(flowOf(lldp(1, 2))).not.toEqual(flowOf(lldp(1, 3)));
  });

  test('are something for frames of any bytes and lengths', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (frame) => {
        const { pair, flow } = flowOf(frame);
        for (const hash of [pair, flow]) expect(hash >>> 0).toBe(hash);
      }),
    );
  });
});

const NAMES = Array.from({ length: MOST_TARGETS }, (_, i) => `collector-${i}`);
const PAIRS = Array.from({ length: 20_000 }, (_, i) => mix(i * 7919));

describe('rendezvous hashing', () => {
  const shares = (spread: Spread, n: number) => {
    const counts = new Array<number>(n).fill(0);
    for (const pair of PAIRS) counts[spread.target(pair)]++;
    return counts;
  };

  test.each([2, 3, 5, MOST_TARGETS])('gives each of %i targets its share', (n) => {
    for (const count of shares(new Spread(NAMES.slice(0, n)), n)) {
      expect(count).toBeGreaterThan((PAIRS.length / n) * 0.8);
      expect(count).toBeLessThan((PAIRS.length / n) * 1.2);
    }
  });

  test('moves only the pairs of a target that goes, to all others, and moves them back', () => {
    const names = NAMES.slice(0, 5);
    const spread = new Spread(names);
    const before = PAIRS.map((pair) => spread.target(pair));
    spread.divide(names.map((_, i) => i !== 2));
    const after = PAIRS.map((pair) => spread.target(pair));
    expect(after.filter((_, i) => before[i] !== 2)).toEqual(before.filter((target) => target !== 2));
    const heirs = new Set(after.filter((_, i) => before[i] === 2));
    expect([...heirs].sort()).toEqual([0, 1, 3, 4]);
    spread.divide(names.map(() => true));
    expect(PAIRS.map((pair) => spread.target(pair))).toEqual(before);
  });

  test('is the same whatever the order of the targets, and moves a fair share to a new one', () => {
    const names = NAMES.slice(0, 4);
    const spread = new Spread(names);
    const reversed = new Spread([...names].reverse());
    const grown = new Spread([...names, 'new']);
    const before = PAIRS.map((pair) => spread.target(pair));
    expect(PAIRS.map((pair) => 3 - reversed.target(pair))).toEqual(before);
    const after = PAIRS.map((pair) => grown.target(pair));
    expect(after.filter((target) => target !== 4)).toEqual(before.filter((_, i) => after[i] !== 4));
    const moved = after.filter((target) => target === 4).length / PAIRS.length;
    expect(moved).toBeGreaterThan(0.16);
    expect(moved).toBeLessThan(0.24);
  });
});
