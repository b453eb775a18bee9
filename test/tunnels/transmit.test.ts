import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OuterPacket } from '../../src/model/outer-packet.js';
import { Destination } from '../../src/tunnels/kernel/destination.js';
import { emitIcmpError, ICMP_ERROR_BYTES, IcmpMeaning, icmpMeaning } from '../../src/tunnels/kernel/icmp.js';
import { emitKeepalive, isKeepaliveAnswer, isKeepaliveRequest } from '../../src/tunnels/kernel/keepalive.js';
import { isLoop } from '../../src/tunnels/kernel/loop.js';
import { Peers } from '../../src/tunnels/kernel/peers.js';
import { TunnelTable } from '../../src/tunnels/kernel/table.js';
import { noDevice, Tunnel } from '../../src/tunnels/kernel/tunnel.js';
import {
  emitOuter,
  OuterLayout,
  outerDf,
  outerTos,
  setOuterChecksum,
} from '../../src/tunnels/packet/encapsulate.js';
import { InnerPacket, parseInnerPacket } from '../../src/tunnels/packet/inner-packet.js';
import { parseTunnelSpec } from '../../src/tunnels/spec/spec.js';
import { u16, u32 } from '../../src/wire/bytes.js';
import { checksum, foldChecksum, sumWords } from '../../src/wire/checksum.js';
import { ethernet, gre, ipv4, ipv6, udp } from '../support/frames.js';
import { outerPacket } from '../support/oracle-receiver.js';

const SOURCE = { 4: new Uint8Array([10, 9, 0, 1]), 6: new Uint8Array(16).fill(0xfd) } as const;

function innerOf(bytes: Uint8Array, isEthernet = false): InnerPacket {
  const p = new InnerPacket();
  p.bytes = bytes;
  p.end = bytes.length;
  expect(parseInnerPacket(p, isEthernet)).toBe(true);
  return p;
}

/** The whole outer packet that a tunnel makes of an inner one. */
function encapsulate(t: Tunnel, inner: Uint8Array, truncated = false): Uint8Array {
  const layout = new OuterLayout(t);
  const p = innerOf(inner, t.ethernet);
  const out = new Uint8Array(layout.total + inner.length);
  const source = t.localAny ? SOURCE[t.ipv6 ? 6 : 4] : t.config.local;
  const to = new Destination();
  to.set(t.config.remote, 0, source, 0);
  const head = emitOuter(t, layout, p, to, inner.length, truncated, out, 0);
  expect(head).toBe(layout.total);
  out.set(inner, head);
  if (t.config.ocsum) setOuterChecksum(out, layout.ip, head, head, out.length);
  return out;
}

const datagram = ipv4('172.16.0.1', '172.16.0.2', 17, udp(1, 2, new Uint8Array(33)), { tos: 0xb9 });
const datagram6 = ipv6('fd00:1::1', 'fd00:1::2', 17, udp(1, 2, new Uint8Array(33)));

describe('a sent packet', () => {
  it('is accepted by the other end, whatever the tunnel', () => {
    const spec = fc.record({
      mode: fc.constantFrom(
        'gre',
        'gretap',
        'ip6gre',
        'ip6gretap',
        'erspan1',
        'erspan2',
        'ip6erspan1',
        'ip6erspan2',
      ),
      key: fc.option(fc.nat(1023)),
      csum: fc.boolean(),
      seq: fc.boolean(),
      tos: fc.constantFrom('', 'tos inherit', 'tos 0x28'),
      inner: fc.constantFrom(datagram, datagram6),
    });
    fc.assert(
      fc.property(spec, (s) => {
        const erspan = /^(.*erspan)([12])$/.exec(s.mode);
        const mode = erspan === null ? s.mode : erspan[1];
        const options = [
          s.key === null && erspan === null ? '' : `key ${s.key ?? 5}`,
          s.csum && erspan === null ? 'csum' : '',
          s.seq || erspan !== null ? 'seq' : '',
          s.tos,
          erspan === null ? '' : `erspan_ver ${erspan[2]}`,
        ].join(' ');
        const [a, b] = mode.startsWith('ip6') ? ['fd00:9::1', 'fd00:9::2'] : ['10.9.0.1', '10.9.0.2'];
        const from = new Tunnel(
          parseTunnelSpec(`t mode ${mode} local ${a} remote ${b} encaplimit none ${options}`),
        );
        const arrived: Uint8Array[] = [];
        const table = new TunnelTable({ receive: (_, bytes, at, end) => arrived.push(bytes.slice(at, end)) });
        table.add(parseTunnelSpec(`t mode ${mode} local ${b} remote ${a} ${options}`));
        const inner = from.ethernet ? ethernet(s.inner[0] >>> 4 === 4 ? 0x0800 : 0x86dd, s.inner) : s.inner;
        for (let i = 0; i < 3; i++) {
          expect(table.rcv(outerPacket(new OuterPacket(), encapsulate(from, inner)))).toBe(true);
        }
        expect(arrived).toHaveLength(3);
        expect(arrived[2]).toEqual(inner);
      }),
    );
  });

  it('is numbered from 0, and the number wraps', () => {
    const t = new Tunnel(parseTunnelSpec('t mode gre remote 10.9.0.2 local 10.9.0.1 seq'));
    const sequence = () => u32(encapsulate(t, datagram), 24);
    expect([sequence(), sequence()]).toEqual([0, 1]);
    t.oSeqno = 0xffffffff;
    expect([sequence(), sequence()]).toEqual([0xffffffff, 0]);
  });

  it('has the TTL, TOS and DF from inside if configured', () => {
    const tunnel = (words: string) =>
      new Tunnel(parseTunnelSpec(`t mode gre remote 10.9.0.2 local 10.9.0.1 ${words}`));
    const header = (words: string, inner = datagram) => encapsulate(tunnel(words), inner);
    expect(header('')[8]).toBe(datagram[8]);
    expect(header('ttl 9')[8]).toBe(9);
    // ECN is copied, the rest is as configured.
    expect(header('')[1]).toBe(0x01);
    expect(header('tos 0x28')[1]).toBe(0x29);
    expect(header('tos inherit')[1]).toBe(0xb9);
    expect(u16(header(''), 6)).toBe(0x4000);
    expect(u16(header('nopmtudisc'), 6)).toBe(0);
    const df = datagram.slice();
    df[6] = 0x40;
    expect(u16(header('nopmtudisc', df), 6)).toBe(0x4000);
    expect(u16(header('nopmtudisc ignore-df', df), 6)).toBe(0);
    expect(outerDf(tunnel('nopmtudisc'), innerOf(datagram))).toBe(false);
    const arp = ethernet(0x0806, new Uint8Array(28));
    const tap = new Tunnel(parseTunnelSpec('t mode gretap remote 10.9.0.2 local 10.9.0.1 tos inherit/28'));
    expect(outerTos(tap, innerOf(arp, true))).toBe(0x28);
    expect(encapsulate(tap, arp)[8]).toBe(64);
  });

  it('has no inner ECN over IPv6, as in the kernel, except with an inherited class', () => {
    const tclass = (words: string, ecn: number) => {
      const inner = ipv4('172.16.0.1', '172.16.0.2', 17, udp(1, 2, new Uint8Array(33)), { tos: 0xb8 | ecn });
      const t = new Tunnel(parseTunnelSpec(`t mode ip6gre remote fd00::2 local fd00::1 ${words}`));
      return (u16(encapsulate(t, inner), 0) >>> 4) & 0xff;
    };
    for (const ecn of [0, 1, 2, 3]) {
      expect(tclass('', ecn)).toBe(0);
      expect(tclass('tclass 0x28', ecn)).toBe(0x28);
      expect(tclass('tclass inherit', ecn)).toBe(0xb8 | ecn);
    }
  });

  it('says how a mirrored frame was tagged and cut', () => {
    const t = new Tunnel(
      parseTunnelSpec('t mode erspan remote 10.9.0.2 local 10.9.0.1 key 30 seq erspan 123'),
    );
    const tagged = ethernet(0x0800, datagram, [[0x8100, 7]]);
    const header = encapsulate(t, tagged, true).subarray(20 + 8);
    expect(u16(header, 0)).toBe(0x1007);
    // cos 5 of TOS 0xb8, tag kept, truncated, session 30.
    expect(u16(header, 2)).toBe((5 << 13) | (3 << 11) | (1 << 10) | 30);
    expect(u32(header, 4)).toBe(123);
  });

  it('has a tunnel encapsulation limit over IPv6, unless configured without', () => {
    const out = encapsulate(
      new Tunnel(parseTunnelSpec('t mode ip6gre remote fd00::2 local fd00::1')),
      datagram6,
    );
    expect([...out.subarray(40, 48)]).toEqual([47, 0, 4, 1, 4, 1, 1, 0]);
    expect([out[6], u16(out, 4)]).toEqual([60, out.length - 40]);
  });
});

describe('ICMP errors into the device', () => {
  const out = new Uint8Array(ICMP_ERROR_BYTES);

  it('tell the sender the MTU, from the address that the packet was for', () => {
    const length = emitIcmpError(innerOf(datagram), 1280, out);
    expect([...out.subarray(12, 20)]).toEqual([172, 16, 0, 2, 172, 16, 0, 1]);
    expect([out[20], out[21], u16(out, 26)]).toEqual([3, 4, 1280]);
    expect([checksum(out, 0, 20), checksum(out, 20, length)]).toEqual([0, 0]);
    expect(out.slice(28, length)).toEqual(datagram);
  });

  it('do the same over IPv6, and with an Ethernet header', () => {
    const frame = ethernet(0x86dd, datagram6);
    const length = emitIcmpError(innerOf(frame, true), 1400, out);
    expect(out.slice(0, 6)).toEqual(frame.slice(6, 12));
    expect([out[54], out[55], u32(out, 58)]).toEqual([2, 0, 1400]);
    const sum = sumWords(out, 22, 54, 58 + length - 54);
    expect(foldChecksum(sumWords(out, 54, length, sum))).toBe(0);
    expect(emitIcmpError(innerOf(frame, true), 0, out)).toBe(length);
    expect([out[54], out[55]]).toEqual([1, 3]);
  });

  it('are not sent about errors, later fragments, groups, or packets that are not IP', () => {
    const error = ipv4('172.16.0.1', '172.16.0.2', 1, new Uint8Array([3, 1, 0, 0, 0, 0, 0, 0]));
    expect(emitIcmpError(innerOf(error), 0, out)).toBe(0);
    const later = ipv4('172.16.0.1', '172.16.0.2', 17, new Uint8Array(16), { fragment: [800, false] });
    expect(emitIcmpError(innerOf(later), 0, out)).toBe(0);
    const group = ipv4('172.16.0.1', '224.0.0.5', 89, new Uint8Array(16));
    expect(emitIcmpError(innerOf(group), 0, out)).toBe(0);
    expect(emitIcmpError(innerOf(ethernet(0x0806, new Uint8Array(28)), true), 0, out)).toBe(0);
    const error6 = ipv6('fd00::1', 'fd00::2', 58, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
    expect(emitIcmpError(innerOf(error6), 0, out)).toBe(0);
  });

  it('fit the buffer, whatever the packet', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 2000 }),
        fc.boolean(),
        fc.nat(9000),
        (bytes, eth, mtu) => {
          const p = new InnerPacket();
          p.bytes = bytes;
          p.end = bytes.length;
          if (parseInnerPacket(p, eth)) expect(emitIcmpError(p, mtu, out)).toBeLessThanOrEqual(out.length);
        },
      ),
    );
  });
});

describe('ICMP errors from the path', () => {
  it.each([
    [false, 3, 4, IcmpMeaning.Mtu],
    [false, 3, 1, IcmpMeaning.Unreachable],
    [false, 3, 2, IcmpMeaning.Unreachable],
    [false, 3, 3, IcmpMeaning.Nothing],
    [false, 3, 5, IcmpMeaning.Nothing],
    [false, 11, 0, IcmpMeaning.Unreachable],
    [false, 11, 1, IcmpMeaning.Nothing],
    [false, 12, 0, IcmpMeaning.Nothing],
    [true, 2, 0, IcmpMeaning.Mtu],
    [true, 1, 0, IcmpMeaning.Unreachable],
    [true, 1, 4, IcmpMeaning.Nothing],
    [true, 3, 0, IcmpMeaning.Unreachable],
    [true, 4, 1, IcmpMeaning.Nothing],
  ])('IPv6 %s, type %i code %i', (six, type, code, meaning) => {
    expect(icmpMeaning(six, type, code, false)).toBe(meaning);
  });

  it('blame no path for a TTL that the sender chose', () => {
    expect(icmpMeaning(false, 11, 0, true)).toBe(IcmpMeaning.Nothing);
    expect(icmpMeaning(true, 3, 0, true)).toBe(IcmpMeaning.Nothing);
  });
});

describe('keepalives', () => {
  it.each([
    ['gre', '10.9.0.1', '10.9.0.2', ''],
    ['gre', '10.9.0.1', '10.9.0.2', 'key 7'],
    ['ip6gre', 'fd00:9::1', 'fd00:9::2', 'key 7 csum seq encaplimit none'],
  ])('%s: the other end returns our keepalive, and we recognise it', (mode, a, b, options) => {
    const ours = new Tunnel(
      parseTunnelSpec(`t mode ${mode} local ${a} remote ${b} ${options} keepalive 1 3`),
    );
    const theirs = parseTunnelSpec(`t mode ${mode} local ${b} remote ${a} ${options}`);
    const request = new Uint8Array(100);
    const sent = encapsulate(ours, request.slice(0, emitKeepalive(ours, ours.config.local, request, 0)));
    let back: Uint8Array | null = null;
    const table = new TunnelTable({
      receive: (t, bytes, at, end, protocol) => {
        if (isKeepaliveRequest(t, bytes, at, end, protocol)) back = bytes.slice(at, end);
      },
    });
    table.add(theirs);
    expect(table.rcv(outerPacket(new OuterPacket(), sent))).toBe(true);
    expect(back).not.toBeNull();
    const answer = outerPacket(new OuterPacket(), back!);
    expect(isKeepaliveAnswer(ours, answer)).toBe(true);
    const other = new Tunnel(parseTunnelSpec(`t mode ${mode} local ${a} remote ${b} key 8`));
    expect(isKeepaliveAnswer(other, answer)).toBe(false);
  });

  it('other packets are not recognised', () => {
    const t = new Tunnel(parseTunnelSpec('t mode gre local 10.9.0.1 remote 10.9.0.2'));
    expect(isKeepaliveRequest(t, datagram, 0, datagram.length, 0x0800)).toBe(false);
    const other = ipv4('10.9.0.1', '10.9.0.3', 47, gre(0, new Uint8Array(0)));
    expect(isKeepaliveRequest(t, other, 0, other.length, 0x0800)).toBe(false);
    const forged = ipv4('10.9.0.9', '10.9.0.2', 47, gre(0, new Uint8Array(0)));
    expect(isKeepaliveRequest(t, forged, 0, forged.length, 0x0800)).toBe(false);
  });
});

describe('loop detection', () => {
  const to = new Destination();
  to.set(new Uint8Array([10, 9, 0, 2]), 0, new Uint8Array([10, 9, 0, 1]), 0);
  const loop = (packet: Uint8Array, eth = false) => isLoop(innerOf(packet, eth), false, to);

  it('finds the tunnel’s own packets at any depth', () => {
    const own = ipv4('10.9.0.1', '10.9.0.2', 47, gre(0x0800, datagram));
    expect(loop(own)).toBe(true);
    expect(loop(ipv4('1.1.1.1', '2.2.2.2', 47, gre(0x0800, own, { key: 3, checksum: true })))).toBe(true);
    expect(loop(ethernet(0x0800, own), true)).toBe(true);
    expect(loop(ipv6('fd00::1', 'fd00::2', 47, gre(0x0800, own)))).toBe(true);
  });

  it('does not find packets of other tunnels', () => {
    expect(loop(datagram)).toBe(false);
    expect(loop(ipv4('10.9.0.2', '10.9.0.1', 47, gre(0x0800, datagram)))).toBe(false);
    let deep = datagram;
    for (let i = 0; i < 7; i++) deep = ipv4('1.1.1.1', '2.2.2.2', 47, gre(0x0800, deep));
    expect(loop(deep)).toBe(false);
    expect(
      loop(ipv4('1.1.1.1', '2.2.2.2', 47, gre(0x0800, ipv4('1.1.1.1', '2.2.2.2', 47, gre(0x0800, deep))))),
    ).toBe(true);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 120 }), fc.boolean(), (bytes, eth) => {
        const p = new InnerPacket();
        p.bytes = bytes;
        p.end = bytes.length;
        if (parseInnerPacket(p, eth)) isLoop(p, false, to);
      }),
    );
  });
});

describe('peers behind a wildcard remote', () => {
  it('are found where they were last heard from', () => {
    const peers = new Peers(64);
    const outer = new Uint8Array([10, 0, 0, 1, 10, 0, 0, 2, 10, 0, 0, 3]);
    const inner = new Uint8Array([172, 16, 0, 1]);
    expect(peers.find(inner, 0, 4)).toBe(-1);
    peers.learn(inner, 0, 4, outer, 0, 4, 4);
    peers.learn(inner, 0, 4, outer, 8, 4, 4);
    const at = peers.find(inner, 0, 4);
    expect([...peers.bytes.subarray(at, at + 4)]).toEqual([10, 0, 0, 3]);
    expect([...peers.bytes.subarray(at + 16, at + 20)]).toEqual([10, 0, 0, 2]);
  });

  it('are many, but no more than the table holds', () => {
    const peers = new Peers(64);
    const outer = new Uint8Array([10, 0, 0, 1, 10, 0, 0, 2]);
    const address = (n: number) => new Uint8Array([10, n >>> 8, n & 255, 1]);
    for (let n = 0; n < 1000; n++) {
      peers.learn(address(n), 0, 4, outer, 0, 4, 4);
      expect(peers.find(address(n), 0, 4)).toBeGreaterThanOrEqual(0);
    }
    let known = 0;
    for (let n = 0; n < 1000; n++) if (peers.find(address(n), 0, 4) >= 0) known++;
    expect(known).toBeLessThanOrEqual(64);
  });
});

it('a table without devices only counts', () => {
  const table = new TunnelTable(noDevice);
  const t = table.add(parseTunnelSpec('t mode gre remote 10.9.0.2 local 10.9.0.1'));
  table.rcv(outerPacket(new OuterPacket(), ipv4('10.9.0.2', '10.9.0.1', 47, gre(0x0800, datagram))));
  expect(t.counters[0]).toBe(1);
});
