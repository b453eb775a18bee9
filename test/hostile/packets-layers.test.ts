/** Packets full of headers: how many are parsed is bounded, and so is their cost. */
import { describe, expect, it } from 'vitest';
import { LinkType, type PacketBatch } from '../../src/model/batch.js';
import { Collected } from '../demux/collect.js';
import { batchOf, type Captured } from '../demux/outer.js';
import { addsUp } from '../support/adds-up.js';
import { expectCpu, expectCpuOfAll } from '../support/cpu.js';
import { bytes, erspan2, ethernet, gre, ipv4, ipv6, tcp, udp } from '../support/frames.js';
import { batchesOf, taking, WatchedPath } from './support/packet-path.js';

const [ONE, OTHER] = ['192.168.1.2', '192.168.1.3'];
const [SIX, SEVEN] = ['2001:db8::1', '2001:db8::2'];
const SMALL = udp(5000, 53, new Uint8Array(40));
/** Lengths of a short packet, and of nearly the longest one. */
const SHORT = 1400;
const LONG = 60_000;

const mirrored = (frame: Uint8Array): Uint8Array => ipv4('10.0.0.1', '10.0.0.9', 47, erspan2(5, 0, frame));
const inIpv4 = (packet: Uint8Array): Uint8Array => mirrored(ethernet(0x0800, packet));
const inIpv6 = (packet: Uint8Array): Uint8Array => mirrored(ethernet(0x86dd, packet));

/** The same bytes repeated as often as there is room. */
function repeated(part: Uint8Array | readonly number[], room: number): Uint8Array {
  const b = new Uint8Array(Math.floor(room / part.length) * part.length);
  for (let o = 0; o < b.length; o += part.length) b.set(part, o);
  return b;
}

/** Headers nested with correct lengths, up to so many bytes in all. */
function nested(innermost: Uint8Array, room: number, around: (packet: Uint8Array) => Uint8Array): Uint8Array {
  let packet = innermost;
  for (let next = packet; next.length <= room; next = around(packet)) packet = next;
  return packet;
}

/** An IPv6 packet of extension headers of one kind, each of which says that another one follows. */
const extensions = (kind: number, room: number, header: readonly number[]): Uint8Array =>
  inIpv6(ipv6(SIX, SEVEN, kind, repeated(header, room)));

const MAC = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];

type Stack = (room: number) => Uint8Array;

/** Stacks inside the mirrored frame, with the reason that is counted beside its row. */
const INNER: Readonly<Record<string, [reason: string, Stack]>> = {
  'IPv4 in IPv4': [
    'too_many_layers',
    (room) => inIpv4(nested(ipv4(ONE, OTHER, 17, SMALL), room, (p) => ipv4(ONE, OTHER, 4, p))),
  ],
  'IPv4 in IPv6 in IPv4': [
    'too_many_layers',
    (room) =>
      inIpv4(nested(ipv4(ONE, OTHER, 17, SMALL), room, (p) => ipv4(ONE, OTHER, 41, ipv6(SIX, SEVEN, 4, p)))),
  ],
  'GRE in GRE': [
    'too_many_layers',
    (room) => inIpv4(nested(ipv4(ONE, OTHER, 17, SMALL), room, (p) => ipv4(ONE, OTHER, 47, gre(0x0800, p)))),
  ],
  'ERSPAN in ERSPAN': [
    'too_many_layers',
    (room) => nested(inIpv4(ipv4(ONE, OTHER, 17, SMALL)), room, (p) => inIpv4(p)),
  ],
  'VXLAN in VXLAN': [
    'too_many_layers',
    (room) =>
      inIpv4(
        nested(ipv4(ONE, OTHER, 17, SMALL), room, (p) =>
          ipv4(ONE, OTHER, 17, udp(50_000, 4789, bytes([8, 0, 0, 0, 0, 0, 7, 0], ethernet(0x0800, p)))),
        ),
      ),
  ],
  'Ethernet in Ethernet': ['too_many_layers', (room) => mirrored(repeated([...MAC, 0x65, 0x58], room))],
  'VLAN tags': ['too_many_layers', (room) => mirrored(bytes(MAC, repeated([0x81, 0, 0, 7], room), [8, 0]))],
  'MPLS labels': ['mpls', (room) => mirrored(bytes(MAC, [0x88, 0x47], repeated([0, 1, 0, 64], room)))],
  'MPLS stacks with Ethernet between them': [
    'too_many_layers',
    (room) => mirrored(repeated([...MAC, 0x88, 0x47, ...[0, 1, 0, 64], ...[0, 1, 1, 64]], room)),
  ],
  'IPv6 destination options': ['ipv6_extension', (room) => extensions(60, room, [60, 0, 1, 4, 0, 0, 0, 0])],
  'IPv6 hop-by-hop options of single bytes': [
    'ipv6_extension',
    (room) => extensions(0, room, [0, 31, ...new Uint8Array(254)]),
  ],
  'IPv6 routing headers': ['ipv6_extension', (room) => extensions(43, room, [43, 0, 0, 0, 0, 0, 0, 0])],
  'authentication headers': [
    'too_many_layers',
    (room) => inIpv4(ipv4(ONE, OTHER, 51, repeated([51, 1, ...new Uint8Array(10)], room))),
  ],
};

const GRE = erspan2(5, 0, ethernet(0x0800, ipv4(ONE, OTHER, 17, SMALL)));
const raw = (packet: Uint8Array): Captured => ({ bytes: packet });
const onWire = (frame: Uint8Array): Captured => ({ bytes: frame, linkType: LinkType.Ethernet });

/** Stacks around the mirror's own packet, with the reason that is counted. They give no frame. */
const OUTER: Readonly<Record<string, [reason: string, (room: number) => Captured]>> = {
  'IPv4 in IPv4': [
    'not_gre',
    (room) => raw(nested(ipv4('10.0.0.1', '10.0.0.9', 47, GRE), room, (p) => ipv4(ONE, OTHER, 4, p))),
  ],
  'IPv6 destination options': [
    'ip_header',
    (room) => raw(ipv6(SIX, SEVEN, 60, repeated([60, 0, 1, 4, 0, 0, 0, 0], room))),
  ],
  'authentication headers': [
    'ip_header',
    (room) => raw(ipv6(SIX, SEVEN, 51, repeated([51, 1, ...new Uint8Array(10)], room))),
  ],
  'VLAN tags': ['not_gre', (room) => onWire(bytes(MAC, repeated([0x81, 0, 0, 7], room), [0x81, 0]))],
  'MPLS labels': ['not_gre', (room) => onWire(bytes(MAC, [0x88, 0x47], repeated([0, 1, 0, 64], room)))],
  'MPLS stacks with Ethernet between them': [
    'not_gre',
    (room) => onWire(repeated([...MAC, 0x88, 0x47, ...[0, 1, 0, 64], ...[0, 1, 1, 64]], room)),
  ],
};

/** TCP with 40 bytes of options whose length is 0, or more than is left. */
const tcpWith = (option: readonly number[]): Uint8Array => {
  const segment = bytes(tcp(1000, 80, 16), repeated(option, 40), new Uint8Array(100));
  segment[12] = 0xf0;
  return inIpv4(ipv4(ONE, OTHER, 6, segment));
};
const OPTIONS: Readonly<Record<string, Uint8Array>> = {
  'of zero length': tcpWith([8, 0]),
  'longer than there are': tcpWith([8, 255]),
  'of selective acknowledgments that are none': tcpWith([5, 1]),
  'of single bytes': tcpWith([1]),
};

const ORDINARY = inIpv4(ipv4(ONE, OTHER, 17, SMALL));
const batchesOfBytes = (packet: Uint8Array | Captured, total: number): PacketBatch[] => {
  const { length } = packet instanceof Uint8Array ? packet : packet.bytes;
  return batchesOf(Array<typeof packet>(Math.ceil(total / length)).fill(packet));
};

/** All costly packets by name, of a length. */
function all(room: number): Record<string, Uint8Array | Captured> {
  const made: Record<string, Uint8Array | Captured> = {};
  for (const [name, [, stack]] of Object.entries(INNER)) made[`inner ${name}`] = stack(room);
  for (const [name, [, stack]] of Object.entries(OUTER)) made[`outer ${name}`] = stack(room);
  for (const [name, packet] of Object.entries(OPTIONS)) made[`TCP options ${name}`] = packet;
  return made;
}

describe('endless layers', () => {
  it.each(Object.entries(INNER))(
    'of %s are parsed up to a bound, and the packet is in a row',
    (_, [reason, stack]) => {
      for (const room of [SHORT, LONG]) {
        const path = new WatchedPath();
        const packet = stack(room);
        path.process(batchesOf([packet, packet, ORDINARY]));
        expect([room, path.snapshot.dropped]).toEqual([room, expect.objectContaining({ [reason]: 2 })]);
        expect(path.finish().reduce((n, r) => n + r.packets, 0)).toBe(3);
      }
    },
  );

  it.each(Object.entries(OUTER))('of %s around the packet are refused for a reason', (_, [reason, stack]) => {
    for (const room of [SHORT, LONG]) {
      const path = new WatchedPath();
      const packet = stack(room);
      path.process(batchesOf([packet, packet, ORDINARY]));
      expect([room, path.dropped(reason)]).toEqual([room, 2]);
      expect(path.finish().map((r) => r.packets)).toEqual([1]);
    }
  });

  it('are accounted for once per packet', () => {
    const packets = [SHORT, LONG].flatMap((room) => Object.values(all(room)));
    const out = new Collected();
    out.demux.process(batchOf(packets));
    addsUp(out, packets.length);
  });

  it('cost no more than as many bytes of ordinary packets', () => {
    const total = 700_000;
    for (const room of [SHORT, LONG]) {
      const work = Object.entries(all(room)).map(([name, packet]) => [
        name,
        taking(batchesOfBytes(packet, total)),
      ]);
      expectCpuOfAll(Object.fromEntries(work), taking(batchesOfBytes(ORDINARY, total)), 5);
    }
  });

  it.each(Object.entries(INNER))('of %s cost no more in a longer packet', (_, [, stack]) => {
    const [short, long] = [SHORT, LONG].map((room) => {
      const batches = batchesOf(Array<Uint8Array>(50).fill(stack(room)));
      return taking(Array.from({ length: 20 }, () => batches).flat());
    });
    // More of a long packet is cached, and one header may be 2 KiB long.
    expectCpu(long, short, 10);
  });
});

it.each(Object.entries(OPTIONS))('TCP options %s leave the segment as it is', (_, packet) => {
  const path = new WatchedPath();
  path.process(batchesOf([packet, packet]));
  expect(path.finish().map((r) => [r.client, r.packets])).toEqual([[ONE, 2]]);
});
