/**
 * Tunnels with several remote ends: wildcard remotes, which learn the addresses of their peers, and multicast
 * groups.
 */
import { describe, expect, it } from 'vitest';
import { ethernet, ipv4, ipv6, udp } from '../support/frames.js';
import { settle, TestHost, WAN } from '../support/test-host.js';
import { A, B, C, hosts } from '../support/test-tunnels.js';
import { destinationOf, sourceOf } from '../support/test-wire.js';

const from = (inner: string, to: string) => ipv4(inner, to, 17, udp(1, 2, new Uint8Array(20)));
const from6 = (inner: string, to: string) => ipv6(inner, to, 17, udp(1, 2, new Uint8Array(20)));

/** A frame between two numbered stations. */
function frame(source: number, destination: number): Uint8Array {
  const f = ethernet(0x0800, from(`10.10.10.${source}`, `10.10.10.${destination}`));
  f.set([2, 0, 0, 0, 0, destination, 2, 0, 0, 0, 0, source]);
  return f;
}

/** A and C each have a tunnel to B, whose own tunnel has no remote. */
function star(mode: string) {
  const { wire, a, b } = hosts();
  const c = new TestHost(wire, C);
  const family = mode.startsWith('ip6') ? 6 : 4;
  a.add(`t1 mode ${mode} local ${A[family]} remote ${B[family]} key 5`);
  c.add(`t1 mode ${mode} local ${C[family]} remote ${B[family]} key 5`);
  b.add(`t1 mode ${mode} remote any key 5`);
  return { wire, a, b, c, settle: () => settle(a, b, c) };
}

describe('a wildcard remote', () => {
  it.each(['gre', 'ip6gre'])('answers who calls, each at its place: %s', (mode) => {
    const { wire, a, b, c, settle } = star(mode);
    a.tun('t1').put(from('10.10.10.1', '10.10.10.2'));
    c.tun('t1').put(from('10.10.10.3', '10.10.10.2'));
    a.tun('t1').put(from6('fd00:10::1', 'fd00:10::2'));
    settle();
    expect(b.tun('t1').take()).toHaveLength(3);
    b.tun('t1').put(from('10.10.10.2', '10.10.10.1'));
    b.tun('t1').put(from('10.10.10.2', '10.10.10.3'));
    b.tun('t1').put(from6('fd00:10::2', 'fd00:10::1'));
    settle();
    expect(a.tun('t1').take()).toEqual([from('10.10.10.2', '10.10.10.1'), from6('fd00:10::2', 'fd00:10::1')]);
    expect(c.tun('t1').take()).toEqual([from('10.10.10.2', '10.10.10.3')]);
    // Without a local address, it answers from the address that the packet was sent to.
    const family = mode === 'gre' ? 4 : 6;
    expect(wire.sent.slice(3).map(sourceOf)).toEqual([B[family], B[family], B[family]]);
  });

  it.each(['gretap', 'ip6gretap'])('learns where MAC addresses are: %s', (mode) => {
    const { wire, a, b, c, settle } = star(mode);
    a.tun('t1').put(frame(1, 2));
    c.tun('t1').put(frame(3, 2));
    settle();
    b.tun('t1').put(frame(2, 3));
    b.tun('t1').put(frame(2, 1));
    settle();
    expect(a.tun('t1').take()).toEqual([frame(2, 1)]);
    expect(c.tun('t1').take()).toEqual([frame(2, 3)]);
    // A station that moves is reached where it was last heard from.
    c.tun('t1').put(frame(1, 2));
    settle();
    b.tun('t1').put(frame(2, 1));
    settle();
    expect(a.tun('t1').take()).toEqual([]);
    expect(c.tun('t1').take()).toEqual([frame(2, 1)]);
    expect(wire.sent).toHaveLength(6);
  });

  it('cannot reach an unknown peer: its sender is told, and the packet is counted', () => {
    const { wire, b, settle } = star('gre');
    b.tun('t1').put(from('10.10.10.2', '10.10.10.77'));
    settle();
    expect(wire.sent).toEqual([]);
    expect(b.counters('t1')).toEqual({ tx_errors: 1, tx_carrier_errors: 1 });
    const [error] = b.tun('t1').take();
    expect([error[20], error[21]]).toEqual([3, 1]);
  });

  it('learns nothing from packets that it refuses', () => {
    const { a, b, settle } = star('gre');
    a.change(`t1 mode gre local ${A[4]} remote ${B[4]} key 5 csum`);
    a.tun('t1').put(from('10.10.10.1', '10.10.10.2'));
    settle();
    expect(b.counters('t1')).toMatchObject({ rx_crc_errors: 1 });
    b.tun('t1').put(from('10.10.10.2', '10.10.10.1'));
    settle();
    expect(b.counters('t1')).toMatchObject({ tx_carrier_errors: 1 });
  });
});

describe.each([
  ['gre', 4, '239.1.2.3'],
  ['ip6gre', 6, 'ff15::123'],
] as const)('a group: %s', (mode, family, group) => {
  const spec = (local: string, options = 'key 1', name = 't1') =>
    `${name} mode ${mode} local ${local} remote ${group} dev ${WAN.name} ttl 4 ${options}`;

  it('delivers a packet to every member', () => {
    const { wire, a, b } = hosts();
    const c = new TestHost(wire, C);
    a.add(spec(A[family]));
    b.add(spec(B[family]));
    c.add(spec(C[family]));
    a.tun('t1').put(from('10.10.10.1', '10.10.10.255'));
    settle(a, b, c);
    expect(wire.sent.map(destinationOf)).toEqual([group]);
    for (const member of [b, c]) {
      expect(member.tun('t1').take()).toEqual([from('10.10.10.1', '10.10.10.255')]);
      // The kernel counts them over IPv4 only.
      expect(member.counters('t1').multicast).toBe(family === 4 ? 1 : undefined);
    }
    expect(a.tun('t1').take()).toEqual([]);
  });

  it('is left when its last tunnel is removed', () => {
    const { a, b } = hosts();
    a.add(spec(A[family]));
    b.add(spec(B[family]), spec(B[family], 'key 2', 't2'));
    expect(b.has(group)).toBe(true);
    b.engine.remove('t2');
    expect(b.has(group)).toBe(true);
    b.add(`other mode ${mode} local ${B[family]} remote ${A[family]}`);
    b.engine.remove('t1');
    expect(b.has(group)).toBe(false);
  });
});
