import { describe, expect, test } from 'vitest';
import { RateLimit } from '../../src/mirror-source/rate-limit.js';
import { ToEthernet } from '../../src/mirror-source/to-ethernet.js';
import { LinkType } from '../../src/model/batch.js';
import { bytes, ethernet, ipv4, ipv6, udp } from '../support/frames.js';

const IP = ipv4('10.0.0.1', '10.0.0.2', 17, udp(1, 2, new Uint8Array(8)));
const IP6 = ipv6('2001:db8::1', '2001:db8::2', 17, udp(1, 2, new Uint8Array(8)));

describe('packets of other link layers', () => {
  const MAC = [2, 0, 0, 0, 0, 9];
  const made = (source: number[], type: number[], payload: Uint8Array) =>
    bytes(new Uint8Array(6), Uint8Array.from(source), Uint8Array.from(type), payload);
  const NONE = [0, 0, 0, 0, 0, 0];
  const sll = (packetType: number) =>
    bytes(Uint8Array.from([0, packetType, 0, 1, 0, 6, ...MAC, 0, 0, 0x08, 0]), IP);
  const sll2 = bytes(Uint8Array.from([0x86, 0xdd, 0, 0, 0, 0, 0, 2, 0, 1, 4, 6, ...MAC, 0, 0]), IP6);
  test.each([
    ['raw IPv4', LinkType.Raw, IP, made(NONE, [8, 0], IP), false],
    ['raw IPv6', LinkType.Ipv6, IP6, made(NONE, [0x86, 0xdd], IP6), false],
    ['null', LinkType.Null, bytes(Uint8Array.from([2, 0, 0, 0]), IP), made(NONE, [8, 0], IP), false],
    ['loop', LinkType.Loop, bytes(Uint8Array.from([0, 0, 0, 24]), IP6), made(NONE, [0x86, 0xdd], IP6), false],
    ['cooked, to us', LinkType.LinuxSll, sll(0), made(MAC, [8, 0], IP), false],
    ['cooked, from us', LinkType.LinuxSll, sll(4), made(MAC, [8, 0], IP), true],
    ['cooked 2, from us', LinkType.LinuxSll2, sll2, made(MAC, [0x86, 0xdd], IP6), true],
    ['Ethernet', LinkType.Ethernet, ethernet(0x0800, IP), ethernet(0x0800, IP), false],
  ])('become Ethernet frames: %s', (_, linkType, packet, frame, outgoing) => {
    const to = new ToEthernet(2000);
    const moved = bytes(new Uint8Array(5), packet, new Uint8Array(5));
    expect(to.convert(moved, 5, 5 + packet.length, linkType)).toBe(true);
    expect(to.bytes.slice(to.start, to.start + to.length)).toEqual(frame);
    expect(to.grown).toBe(frame.length - packet.length);
    expect(to.outgoing).toBe(outgoing);
  });

  test('are refused if they cannot be Ethernet frames', () => {
    const to = new ToEthernet(2000);
    expect(to.convert(IP, 0, IP.length, 147)).toBe(false);
    expect(to.convert(new Uint8Array(13), 0, 13, LinkType.Ethernet)).toBe(false);
    expect(to.convert(new Uint8Array(40), 0, 40, LinkType.Raw)).toBe(false);
    expect(to.convert(IP, 0, 0, LinkType.Raw)).toBe(false);
    expect(to.convert(new Uint8Array(10), 0, 10, LinkType.LinuxSll)).toBe(false);
    expect(to.convert(Uint8Array.from([0, 0, 0, 99, 0]), 0, 5, LinkType.Loop)).toBe(false);
  });
});

describe('a rate limit', () => {
  /**
   * Offers packets of 1000 bytes for ten seconds, one every `step` milliseconds. Returns how many were
   * admitted.
   */
  function admitted(limit: RateLimit, step: number): number {
    let n = 0;
    for (let now = 1; now <= 10_001; now += step) if (limit.take(1000, now) === 0) n++;
    return n;
  }

  test('bounds packets per second', () => {
    expect(Math.abs(admitted(new RateLimit({ unit: 'packet', perSecond: 100 }), 1) - 1000)).toBeLessThan(10);
    expect(admitted(new RateLimit({ unit: 'packet', perSecond: 100 }), 100)).toBe(101);
  });

  test('bounds bits per second', () => {
    const n = admitted(new RateLimit({ unit: 'bit', perSecond: 800_000 }), 1);
    expect(n).toBeGreaterThan(990);
    expect(n).toBeLessThan(1080);
  });

  test('says how long to wait', () => {
    const limit = new RateLimit({ unit: 'packet', perSecond: 10 });
    expect(limit.take(1, 1)).toBe(0);
    const wait = limit.take(1, 1);
    expect(wait).toBeCloseTo(100);
    expect(limit.take(1, 1 + wait + 0.001)).toBe(0);
  });
});
