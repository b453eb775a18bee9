/**
 * Packets with an incomplete TCP or UDP checksum: from a kernel over a veth pair, to our device and to our
 * table.
 */
import { describe, expect, it } from 'vitest';
import { Mapping } from '../../src/linux/memory.js';
import { VNET_HDR } from '../../src/linux/tun.js';
import { OuterPacket } from '../../src/model/outer-packet.js';
import { TunnelTable } from '../../src/tunnels/kernel/table.js';
import { GroWriter } from '../../src/tunnels/packet/gro.js';
import { GsoPlan, planGso } from '../../src/tunnels/packet/gso.js';
import { InnerPacket } from '../../src/tunnels/packet/inner-packet.js';
import { parseTunnelSpec } from '../../src/tunnels/spec/spec.js';
import { setU16, u16 } from '../../src/wire/bytes.js';
import { checksum, foldChecksum, sumWords } from '../../src/wire/checksum.js';
import { bytes, ethernet, gre, ipv4, ipv6, tcp, udp } from '../support/frames.js';
import { outerPacket } from '../support/oracle-receiver.js';
import { TestTun } from '../support/test-tun.js';

const [TCP, UDP, IPIP, IPV6, GRE] = [6, 17, 4, 41, 47];
const [IP, IP6, TEB] = [0x0800, 0x86dd, 0x6558];
const DATA = new Uint8Array(33).map((_, i) => i * 5 + 1);
const SYN = tcp(40000, 80, 2);

interface Packet {
  readonly bytes: Uint8Array;
  /** Offset of the transport header. */
  readonly at: number;
}

/** A TCP segment or UDP datagram in IP, with the sum of the pseudo header in place of a checksum. */
function unfinished(
  six: boolean,
  protocol: number,
  segment: Uint8Array,
  extensions: Uint8Array = new Uint8Array(0),
): Packet {
  const first = extensions.length === 0 ? protocol : 0;
  const packet = six
    ? ipv6('fd00::1', 'fd00::2', first, bytes(extensions, segment))
    : ipv4('10.0.0.1', '10.0.0.2', protocol, segment);
  const at = packet.length - segment.length;
  const sum = six ? sumWords(packet, 8, 40) : sumWords(packet, 12, 20);
  const field = protocol === TCP ? 16 : 6;
  setU16(packet, at + field, ~foldChecksum(sum + protocol + segment.length) & 0xffff);
  return { bytes: packet, at };
}

/** The packet as the network card would send it. */
function finished(p: Packet, protocol: number): Uint8Array {
  const whole = p.bytes.slice();
  setU16(whole, p.at + (protocol === TCP ? 16 : 6), checksum(whole, p.at, whole.length));
  return whole;
}

function inside(p: Packet, wrap: (b: Uint8Array) => Uint8Array): Packet {
  const outer = wrap(p.bytes);
  return { bytes: outer, at: p.at + outer.length - p.bytes.length };
}

const syn4 = unfinished(false, TCP, SYN);
const syn6 = unfinished(true, TCP, SYN);
const udp4 = unfinished(false, UDP, udp(5000, 53, DATA));
const vxlan = (port: number) => (b: Uint8Array) =>
  ipv4('10.1.0.1', '10.1.0.2', UDP, udp(50000, port, bytes([8, 0, 0, 0, 0, 0, 7, 0], ethernet(IP, b))));
const geneve = (b: Uint8Array) =>
  ipv4(
    '10.1.0.1',
    '10.1.0.2',
    UDP,
    udp(50000, 6081, bytes([1, 0, 0x65, 0x58, 0, 0, 7, 0], [1, 2, 3, 4], ethernet(IP, b))),
  );

/** Name, protocol, whether the device carries Ethernet, EtherType, packet. */
const CASES: [string, number, boolean, number, Packet][] = [
  ['a SYN', TCP, false, IP, syn4],
  ['a SYN over IPv6', TCP, false, IP6, syn6],
  ['an acknowledgment', TCP, false, IP, unfinished(false, TCP, tcp(40000, 80, 16, 9))],
  ['data', TCP, false, IP, unfinished(false, TCP, tcp(40000, 80, 24, 9, DATA))],
  ['the last data, with FIN', TCP, false, IP, unfinished(false, TCP, tcp(40000, 80, 25, 9, DATA))],
  ['a datagram', UDP, false, IP, udp4],
  ['a datagram over IPv6', UDP, false, IP6, unfinished(true, UDP, udp(5000, 53, DATA))],
  ['an empty datagram', UDP, false, IP, unfinished(false, UDP, udp(5000, 53, new Uint8Array(0)))],
  [
    'behind extension headers',
    UDP,
    false,
    IP6,
    unfinished(true, UDP, udp(5000, 53, DATA), bytes([60, 0, 1, 4, 0, 0, 0, 0], [UDP, 0, 1, 4, 0, 0, 0, 0])),
  ],
  ['in a frame', UDP, true, IP, inside(udp4, (b) => ethernet(IP, b))],
  ['in a tagged frame', TCP, true, 0x8100, inside(syn6, (b) => ethernet(IP6, b, [[0x8100, 5]]))],
  [
    'behind two tags',
    TCP,
    true,
    0x88a8,
    inside(syn4, (b) =>
      ethernet(IP, b, [
        [0x88a8, 5],
        [0x8100, 6],
      ]),
    ),
  ],
  ['in IP in IP', TCP, false, IP, inside(syn4, (b) => ipv4('10.1.0.1', '10.1.0.2', IPIP, b))],
  ['in IPv6 in IP', TCP, false, IP, inside(syn6, (b) => ipv4('10.1.0.1', '10.1.0.2', IPV6, b))],
  ['in IP in IPv6', UDP, false, IP6, inside(udp4, (b) => ipv6('fd01::1', 'fd01::2', IPIP, b))],
  ['in GRE', TCP, false, IP, inside(syn4, (b) => ipv4('10.1.0.1', '10.1.0.2', GRE, gre(IP, b, { key: 1 })))],
  [
    'in a frame in GRE',
    UDP,
    false,
    IP,
    inside(udp4, (b) => ipv4('10.1.0.1', '10.1.0.2', GRE, gre(TEB, ethernet(IP, b)))),
  ],
  ['in VXLAN', TCP, false, IP, inside(syn4, vxlan(4789))],
  ['in VXLAN on its port of Linux', TCP, false, IP, inside(syn4, vxlan(8472))],
  ['in GENEVE', UDP, false, IP, inside(udp4, geneve)],
];

describe('an incomplete checksum', () => {
  const arena = Mapping.anonymous(1 << 18);

  /** What the device receives. */
  function written(packets: readonly Uint8Array[], device: boolean, protocol: number, mtu = 1476) {
    const tun = new TestTun(-1, 't', false);
    const gro = new GroWriter(
      tun,
      arena,
      device,
      () => mtu,
      () => 1500,
    );
    let at = 2;
    for (const packet of packets) {
      arena.bytes.set(packet, at);
      gro.write(arena.bytes, at, at + packet.length, protocol);
      at += packet.length + 4;
    }
    gro.flush();
    gro.close();
    return { out: bytes(...tun.takePackets().flatMap((p) => [p.header, p.bytes])), dropped: gro.dropped };
  }

  function kernelFinishes(packet: Uint8Array): Uint8Array {
    const p = new InnerPacket();
    p.bytes = packet.slice();
    p.at = VNET_HDR;
    p.end = packet.length;
    const plan = new GsoPlan();
    expect(planGso(p, plan)).toBe(true);
    expect(plan.segments).toBe(1);
    return p.bytes.slice(VNET_HDR);
  }

  it.each(CASES)('is announced to the device: %s', (_, protocol, device, type, packet) => {
    const { out } = written([packet.bytes], device, type);
    expect(out[0]).toBe(1);
    expect(kernelFinishes(out)).toEqual(finished(packet, protocol));
    expect(out[6] | (out[7] << 8)).toBe(packet.at);
  });

  it.each(CASES)('is not announced if it is complete: %s', (_, protocol, device, type, packet) => {
    const whole = finished(packet, protocol);
    const { out } = written([whole], device, type);
    expect([...out]).toEqual([...new Uint8Array(VNET_HDR), ...whole]);
  });

  it('is not announced for a datagram without checksum, a fragment or a cut packet', () => {
    const without = udp4.bytes.slice();
    setU16(without, 26, 0);
    const fragment = syn4.bytes.slice();
    setU16(fragment, 6, 0x2000);
    const cut = syn4.bytes.slice(0, 36);
    for (const packet of [without, fragment, cut]) {
      const { out } = written([packet], false, IP);
      expect([...out.subarray(out.length - packet.length - VNET_HDR)]).toEqual([
        ...new Uint8Array(VNET_HDR),
        ...packet,
      ]);
    }
  });

  it('of the last segments of a stream, with their FIN, is announced with segmentation', () => {
    const segments = unfinished(false, TCP, tcp(40000, 80, 25, 9, new Uint8Array(4000).fill(7)));
    const { out } = written([segments.bytes], false, IP);
    expect([...out.subarray(0, VNET_HDR)]).toEqual([1, 1, 40, 0, 1436 & 255, 1436 >> 8, 20, 0, 16, 0]);
  });

  it('of segments with CWR is announced with CWR', () => {
    const segments = unfinished(true, TCP, tcp(40000, 80, 0x98, 9, new Uint8Array(4000).fill(7)));
    expect(written([segments.bytes], false, IP6).out[1]).toBe(0x84);
  });

  it('of several UDP datagrams in one packet is not announced; the packet is dropped and counted', () => {
    const many = unfinished(false, UDP, udp(5000, 443, new Uint8Array(4000).fill(7)));
    const { out, dropped } = written([many.bytes], false, IP);
    expect([out.length, dropped]).toEqual([0, 1]);
    const one = unfinished(false, UDP, udp(5000, 443, new Uint8Array(1470).fill(7)));
    expect(written([one.bytes], false, IP, 1372).out.length).toBe(VNET_HDR + one.bytes.length);
  });

  describe('inside GRE', () => {
    const table = new TunnelTable();
    table.add(parseTunnelSpec('t mode gre remote 10.9.0.2 local 10.9.0.1 csum'));
    table.add(parseTunnelSpec('t6 mode ip6gre remote fd09::2 local fd09::1 csum'));
    table.add(parseTunnelSpec('e mode gretap remote 10.9.0.2 local 10.9.0.1 csum'));
    const taken = (six: boolean, packet: Uint8Array) =>
      table.rcv(
        outerPacket(
          new OuterPacket(),
          six ? ipv6('fd09::2', 'fd09::1', GRE, packet) : ipv4('10.9.0.2', '10.9.0.1', GRE, packet),
        ),
      );
    /** GRE with the checksum that is correct once the inner checksum is complete. */
    const localOffload = (type: number, p: Packet, protocol: number, wrap = (b: Uint8Array) => b) => {
      const g = gre(type, wrap(p.bytes), { checksum: true });
      setU16(g, 4, u16(gre(type, wrap(finished(p, protocol)), { checksum: true }), 4));
      return g;
    };
    const icmp = ipv4('10.0.0.1', '10.0.0.2', 1, bytes([8, 0, 0xf7, 0xff, 0, 0, 0, 0]));

    it.each([false, true])('is accepted if the GRE checksum is 0 (IPv6 %s)', (six) => {
      const g = gre(IP, icmp, { checksum: true });
      setU16(g, 4, 0);
      expect(taken(six, g)).toBe(true);
    });

    it.each([false, true])(
      'is accepted if it makes the GRE checksum correct once complete (IPv6 %s)',
      (six) => {
        expect(taken(six, localOffload(IP, syn4, TCP))).toBe(true);
        expect(taken(six, localOffload(IP, udp4, UDP))).toBe(true);
        expect(taken(six, localOffload(IP6, syn6, TCP))).toBe(true);
      },
    );

    it('is accepted in a frame', () => {
      expect(
        taken(
          false,
          localOffload(TEB, udp4, UDP, (b) => ethernet(IP, b)),
        ),
      ).toBe(true);
    });

    it.each([false, true])('is refused if the GRE checksum is wrong (IPv6 %s)', (six) => {
      const g = gre(IP, icmp, { checksum: true });
      g[5] ^= 1;
      expect(taken(six, g)).toBe(false);
      const complete = gre(IP, finished(syn4, TCP), { checksum: true });
      complete[5] ^= 1;
      expect(taken(six, complete)).toBe(false);
    });
  });
});
