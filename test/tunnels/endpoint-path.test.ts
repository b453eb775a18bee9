/**
 * What the path reports to an endpoint, and what the endpoint reports to its senders, with devices, sockets
 * and time in memory.
 */
import { describe, expect, it } from 'vitest';
import { u16, u32 } from '../../src/wire/bytes.js';
import { checksum } from '../../src/wire/checksum.js';
import { bytes, ethernet, gre, ipv4, ipv6, udp } from '../support/frames.js';
import { pass, settle, type TestHost } from '../support/test-host.js';
import { A, B, hosts, pair } from '../support/test-tunnels.js';
import { isIpv6, sourceOf } from '../support/test-wire.js';

const [INNER, FAR] = ['10.10.10.1', '10.10.10.2'];
const sized = (length: number, df = true): Uint8Array => {
  const packet = ipv4(INNER, FAR, 17, udp(1, 2, new Uint8Array(length - 28).fill(7)));
  packet[6] = df ? 0x40 : 0;
  packet[10] = packet[11] = 0;
  const sum = checksum(packet, 0, 20);
  packet[10] = sum >>> 8;
  packet[11] = sum;
  return packet;
};
const sized6 = (length: number) =>
  ipv6('fd00:10::1', 'fd00:10::2', 17, udp(1, 2, new Uint8Array(length - 48).fill(7)));

/** Type, code, sender and MTU of an ICMP error that a device received. */
function errorOf(packet: Uint8Array) {
  const six = isIpv6(packet);
  const at = six ? 40 : 20;
  const mtu = six ? u32(packet, at + 4) : u16(packet, at + 6);
  return { type: packet[at], code: packet[at + 1], from: sourceOf(packet), mtu };
}

/**
 * Sends a packet into t1.
 *
 * @returns what its device receives in answer
 */
function told(host: TestHost, packet: Uint8Array, ...others: TestHost[]) {
  host.tun('t1').put(packet);
  settle(host, ...others);
  return host.tun('t1').take();
}

describe('the tunnel MTU', () => {
  it.each([
    ['gre', 'key 1 csum seq', 1500 - 20 - 16],
    ['gretap', '', 1500 - 20 - 4 - 14],
    ['ip6gre', '', 1500 - 40 - 8 - 4],
    ['ip6gretap', 'encaplimit none', 1500 - 40 - 4 - 14],
  ])('is that of the outer device, less the headers: %s %s', (mode, options, mtu) => {
    const { a } = pair(mode, options);
    expect(a.tun('t1').mtu()).toBe(mtu);
    expect(a.state('t1').mtu).toBe(mtu);
    expect(pair(mode, `${options} mtu 1300`).a.tun('t1').mtu()).toBe(1300);
  });

  it.each([
    ['gre', 1300, 24],
    ['ip6gre', 1400, 52],
  ])('is learned from routers and lowers that of the device: %s', (mode, narrow, headers) => {
    const { a, b, wire } = pair(mode, '');
    wire.mtu = narrow;
    a.tun('t1').put(sized(1400));
    settle(a, b);
    expect(b.tun('t1').take()).toEqual([]);
    expect(a.tun('t1').mtu()).toBe(narrow - headers);
    expect(a.state('t1')).toMatchObject({ mtu: narrow - headers, icmpErrors: 1 });
    a.tun('t1').put(sized(narrow - headers));
    settle(a, b);
    expect(b.tun('t1').take()).toEqual([sized(narrow - headers)]);
  });

  it('is kept for ten minutes over IPv6, where the kernel does not keep it for us', () => {
    const { a, b, wire } = pair('ip6gre', '');
    wire.mtu = 1400;
    a.tun('t1').put(sized(1400));
    settle(a, b);
    wire.mtu = 1500;
    pass(1, a);
    expect(a.tun('t1').mtu()).toBe(1400 - 52);
    a.time += 599_000;
    settle(a);
    expect(a.tun('t1').mtu()).toBe(1500 - 52);
  });

  it('does not change if it was set by hand or by the configuration', () => {
    const { a, b, wire } = pair('gre', 'key 1 mtu 1470', 'key 2');
    a.tun('t2').setMtu(1200);
    wire.mtu = 1300;
    for (const name of ['t1', 't2']) a.tun(name).put(sized(1400));
    settle(a, b);
    expect([a.tun('t1').mtu(), a.tun('t2').mtu()]).toEqual([1470, 1200]);
  });

  it('is not lowered by routers below what IPv6 requires, nor raised', () => {
    const { a, wire } = pair('ip6gre', '');
    const sent = ipv6(A[6], B[6], 47, gre(0x0800, sized(100)));
    for (const mtu of [1279, 9000]) wire.answer(sent, 2, 0, mtu);
    settle(a);
    expect(a.state('t1')).toMatchObject({ mtu: 1500 - 52, icmpErrors: 2 });
  });
});

describe('a packet too big for the path', () => {
  it.each([
    ['gre', false, FAR, { type: 3, code: 4, mtu: 1476 }],
    ['gretap', true, FAR, { type: 3, code: 4, mtu: 1462 }],
  ])('is not sent, and its sender is told: %s', (mode, tap, from, error) => {
    const { a, b, wire } = pair(mode, 'mtu 1600');
    const packet = tap ? ethernet(0x0800, sized(1500)) : sized(1500);
    const [answer] = told(a, packet, b);
    expect(errorOf(tap ? answer.subarray(14) : answer)).toEqual({ ...error, from });
    if (tap)
      expect([...answer.subarray(0, 12)]).toEqual([...packet.subarray(6, 12), ...packet.subarray(0, 6)]);
    expect(wire.sent).toEqual([]);
    expect(a.counters('t1')).toEqual({ tx_errors: 1 });
  });

  it('is reported by ICMPv6 Packet Too Big over IPv6', () => {
    const { a, b } = pair('gre', 'mtu 1600');
    expect(errorOf(told(a, sized6(1500), b)[0])).toEqual({ type: 2, code: 0, from: 'fd00:10::2', mtu: 1476 });
  });

  it('is lost without a report if it may be fragmented', () => {
    const { a, b, wire } = pair('gre', 'mtu 1600');
    expect(told(a, sized(1500, false), b)).toEqual([]);
    expect(wire.sent).toEqual([]);
    expect(a.counters('t1')).toEqual({ tx_errors: 1, tx_aborted_errors: 1 });
  });

  it('is not reported if it is an ICMP error itself', () => {
    const { a, b } = pair('gre', 'mtu 1600');
    const error = ipv4(INNER, FAR, 1, bytes([3, 1, 0, 0, 0, 0, 0, 0], sized(1472)));
    error[6] = 0x40;
    expect(told(a, error, b)).toEqual([]);
  });

  // Over IPv6 these are packets of a size that IPv6 must carry.
  it.each([
    ['gre', 'nopmtudisc ignore-df csum', sized(1900), 3, 4],
    ['ip6gre', 'csum', sized6(1280), 2, 0],
  ])(
    'is fragmented where that is allowed, and comes out whole: %s %s',
    (mode, options, packet, type, code) => {
      const { a, b, wire } = pair(mode, `${options} mtu 2000`);
      wire.mtu = 1300;
      const [from, to] = mode === 'gre' ? [A[4], B[4]] : [A[6], B[6]];
      const outer = mode === 'gre' ? ipv4 : ipv6;
      wire.answer(outer(from, to, 47, gre(0x0800, sized(100))), type, code, 1300);
      settle(a);
      a.tun('t1').put(packet);
      settle(a, b);
      expect(wire.sent).toHaveLength(2);
      for (const fragment of wire.sent) expect(fragment.length).toBeLessThanOrEqual(1300);
      expect(b.tun('t1').take()).toEqual([packet]);
      expect(a.counters('t1')).toEqual({ tx_packets: 1, tx_bytes: packet.length });
      expect(b.refusals()).toEqual({ header: 0, checksum: 0, noTunnel: 0 });
    },
  );

  it('is reported a thousand times per second at most', () => {
    const { a, b } = pair('gre', 'mtu 1600');
    for (let i = 0; i < 1200; i++) a.tun('t1').put(sized(1500));
    settle(a, b);
    expect(a.tun('t1').take()).toHaveLength(1000);
    a.time += 1000;
    expect(told(a, sized(1500), b)).toHaveLength(1);
    expect(a.counters('t1')).toEqual({ tx_errors: 1201 });
  });
});

describe('the remote address', () => {
  it('is looked up again if there is no route, and senders are told', () => {
    const { a, b } = hosts();
    a.unreachable.add(B[4]);
    a.add(`t1 mode gre local ${A[4]} remote ${B[4]}`);
    b.add(`t1 mode gre local ${B[4]} remote ${A[4]}`);
    expect(a.state('t1').route).toBe(false);
    expect(errorOf(told(a, sized(100), b)[0])).toEqual({ type: 3, code: 1, from: FAR, mtu: 0 });
    expect(a.counters('t1')).toEqual({ tx_errors: 1, tx_carrier_errors: 1 });
    a.unreachable.clear();
    pass(1, a, b);
    expect(a.state('t1').route).toBe(true);
    expect(told(a, sized(100), b)).toEqual([]);
    expect(b.tun('t1').take()).toEqual([sized(100)]);
  });

  it.each(['gre', 'ip6gre'])(
    'is known to be unreachable by ICMP errors, and senders are told: %s',
    (mode) => {
      const { a, wire } = hosts();
      const [local, remote] = mode === 'gre' ? [A[4], '198.18.2.77'] : [A[6], 'fd00:2::77'];
      a.add(`t1 mode ${mode} local ${local} remote ${remote} ttl 64`);
      expect(told(a, sized(100))).toEqual([]);
      expect(a.state('t1').icmpErrors).toBe(1);
      // One error for each that the path has sent.
      expect(errorOf(told(a, sized(100))[0])).toEqual({ type: 3, code: 1, from: FAR, mtu: 0 });
      expect(wire.sent).toHaveLength(2);
      // The error expires after 30 s.
      a.time += 30_000;
      expect(told(a, sized(100))).toEqual([]);
    },
  );

  it('is reachable again once a packet comes from it', () => {
    const { a, b, wire } = pair('gre', '');
    wire.answer(ipv4(A[4], B[4], 47, gre(0x0800, sized(100))), 3, 1, 0);
    settle(a);
    b.tun('t1').put(sized(100));
    settle(a, b);
    expect(a.tun('t1').take()).toEqual([sized(100)]);
    expect(told(a, sized(100), b)).toEqual([]);
  });

  it('is not affected by an error that quotes another tunnel, or none', () => {
    const { a, wire } = pair('gre', 'key 1');
    for (const quoted of [
      ipv4(A[4], B[4], 47, gre(0x0800, sized(100), { key: 2 })),
      ipv4(A[4], '198.18.9.9', 47, gre(0x0800, sized(100), { key: 1 })),
      ipv4(A[4], B[4], 17, udp(1, 2, new Uint8Array(20))),
    ]) {
      wire.answer(quoted, 3, 1, 0);
    }
    settle(a);
    expect(a.state('t1').icmpErrors).toBe(0);
  });

  it('is refused as a loop if it is reached through the tunnel itself', () => {
    const { a, b, wire } = pair('gre', '');
    a.tun('t1').put(ipv4(A[4], B[4], 47, gre(0x0800, sized(100))));
    settle(a, b);
    expect(wire.sent).toEqual([]);
    expect(a.counters('t1')).toEqual({ tx_errors: 1, collisions: 1 });
  });
});

describe('a socket that cannot send', () => {
  it('is waited for, without loss', () => {
    const { a, b } = pair('gre', '');
    a.sender('t1').errors.push('EAGAIN', 'EINTR');
    told(a, sized(100), b);
    expect(a.sender('t1').waits).toBe(1);
    expect(b.tun('t1').take()).toEqual([sized(100)]);
  });

  it.each([
    ['EAGAIN', { tx_dropped: 1 }],
    ['ENOBUFS', { tx_dropped: 1 }],
    ['ENETUNREACH', { tx_errors: 1, tx_carrier_errors: 1 }],
    ['ENETDOWN', { tx_errors: 1, tx_carrier_errors: 1 }],
    ['EMSGSIZE', { tx_errors: 1, tx_aborted_errors: 1 }],
    ['EPERM', { tx_errors: 1, tx_aborted_errors: 1 }],
  ])('is counted by its error, and the next packet is sent: %s', (error, counters) => {
    const { a, b } = pair('gre', '');
    a.sender('t1').errors.push(error);
    a.sender('t1').drains = false;
    a.tun('t1').put(sized(100));
    told(a, sized(101), b);
    expect(b.tun('t1').take()).toEqual([sized(101)]);
    expect(a.counters('t1')).toEqual({ tx_packets: 1, tx_bytes: 101, ...counters });
  });
});
