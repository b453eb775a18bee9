import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_IP_IN_IP } from '../../src/demux/mirror-probe.js';
import { LinkType } from '../../src/model/batch.js';
import { MAX_OUTER_HEADERS } from '../../src/wire/ip/ipv6-extension.js';
import { MPLS_MAX_LABELS } from '../../src/wire/link/mpls.js';
import { bytes, erspan1, erspan2, erspan3, ethernet, gre, ipv4, ipv6, tcp, udp } from '../support/frames.js';
import { Collected } from './collect.js';
import { batchOf, type Captured } from './outer.js';

const INNER_IP = ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, new Uint8Array(30)));
const INNER = ethernet(0x0800, INNER_IP);
const INNER6 = ethernet(0x86dd, ipv6('2001:db8::a', '2001:db8::b', 6, tcp(40_000, 443, 2)));

const be16 = (v: number): number[] => [(v >>> 8) & 255, v & 255];
const be32 = (v: number): number[] => [...be16(v >>> 16), ...be16(v & 0xffff)];

function over4(payload: Uint8Array): Uint8Array {
  return ipv4('10.0.0.1', '10.0.0.9', 47, payload);
}

function over6(payload: Uint8Array): Uint8Array {
  return ipv6('2001:db8:1::1', '2001:db8:1::9', 47, payload);
}

function demux(...packets: (Uint8Array | Captured)[]): Collected {
  // Allocating the places of the default takes longer than the packets.
  const out = new Collected({ reassembly: { datagrams: 64 } });
  out.demux.process(batchOf(packets));
  return out;
}

describe('a packet shorter than its IP header says', () => {
  const cut = (packet: Uint8Array, by: number): Uint8Array => packet.subarray(0, packet.length - by);
  const frames = [over4(erspan2(7, 1, INNER)), over6(erspan2(7, 1, INNER))];

  it.each(frames)('is malformed on an interface', (packet) => {
    expect(demux(cut(packet, 5)).malformed).toEqual({ ip_header: 1 });
  });

  it.each(frames)('counts as cut in a capture without original lengths', (packet) => {
    const out = new Collected({ lengthsLost: true });
    out.demux.process(batchOf([cut(packet, 5), packet]));
    expect(out.malformed).toEqual({});
    expect(out.frames.map((f) => [f.truncated, f.ports])).toEqual([
      [true, [5000, 53]],
      [false, [5000, 53]],
    ]);
    expect(out.mirrors.points.length).toBe(1);
  });

  it.each(frames)('is malformed if the capture has another original length', (packet) => {
    const out = new Collected({ lengthsLost: true });
    out.demux.process(batchOf([{ bytes: cut(packet, 5), length: packet.length - 2 }]));
    expect(out.malformed).toEqual({ ip_header: 1 });
  });
});

describe('link layers', () => {
  const erspan = over4(erspan2(7, 1, INNER));
  const v6 = over6(erspan2(7, 1, INNER));
  const mac = new Uint8Array(12);
  const pppoe = (protocol: number[], ip: Uint8Array): number[] => [
    ...[0x11, 0, 0, 1],
    ...be16(ip.length + protocol.length),
    ...protocol,
    ...ip,
  ];
  const snap = [0xaa, 0xaa, 3, 0, 0, 0];
  const cases: [string, number, Uint8Array][] = [
    ['raw IPv4', LinkType.Raw, erspan],
    ['raw IPv6', LinkType.Raw, v6],
    ['DLT_RAW', 12, erspan],
    ['DLT_RAW of OpenBSD', 14, v6],
    ['LINKTYPE_IPV4', LinkType.Ipv4, erspan],
    ['LINKTYPE_IPV6', LinkType.Ipv6, v6],
    ['Ethernet', LinkType.Ethernet, ethernet(0x0800, erspan)],
    ['Ethernet, IPv6', LinkType.Ethernet, ethernet(0x86dd, v6)],
    ['Ethernet with padding', LinkType.Ethernet, bytes(ethernet(0x0800, erspan), new Uint8Array(9))],
    ['802.1Q', LinkType.Ethernet, ethernet(0x0800, erspan, [[0x8100, 5]])],
    [
      '802.1ad',
      LinkType.Ethernet,
      ethernet(0x0800, erspan, [
        [0x88a8, 5],
        [0x8100, 6],
      ]),
    ],
    ['MPLS', LinkType.Ethernet, ethernet(0x8847, bytes([0, 1, 0, 64, 0, 2, 1, 64], erspan))],
    ['Ethernet in MPLS', LinkType.Ethernet, ethernet(0x8847, bytes([0, 2, 1, 64], ethernet(0x0800, erspan)))],
    [
      'Ethernet behind a control word in MPLS',
      LinkType.Ethernet,
      ethernet(0x8847, bytes([0, 2, 1, 64, 0, 0, 0, 0], ethernet(0x86dd, v6))),
    ],
    ['PPPoE', LinkType.Ethernet, ethernet(0x8864, bytes(pppoe([0, 0x21], erspan)))],
    ['PPPoE, compressed protocol', LinkType.Ethernet, ethernet(0x8864, bytes(pppoe([0x57], v6)))],
    ['LLC/SNAP', LinkType.Ethernet, bytes(mac, be16(8 + erspan.length), snap, [8, 0], erspan)],
    ['LLC', LinkType.Ethernet, bytes(mac, be16(3 + erspan.length), [6, 6, 3], erspan)],
    ['cooked, version 1', LinkType.LinuxSll, bytes(new Uint8Array(14), [8, 0], erspan)],
    [
      'cooked, version 1, tagged',
      LinkType.LinuxSll,
      bytes(new Uint8Array(14), [0x81, 0, 0, 5, 8, 0], erspan),
    ],
    ['cooked, version 2', LinkType.LinuxSll2, bytes([0x86, 0xdd], new Uint8Array(18), v6)],
    ['null, little endian', LinkType.Null, bytes([2, 0, 0, 0], erspan)],
    ['null, big endian', LinkType.Null, bytes([0, 0, 0, 2], erspan)],
    ...[10, 24, 28, 30].map((af): [string, number, Uint8Array] => [
      `null, AF ${af}`,
      0,
      bytes([af, 0, 0, 0], v6),
    ]),
    ['loop', LinkType.Loop, bytes([0, 0, 0, 24], v6)],
  ];

  it.each(cases)('%s', (_, linkType, packet) => {
    const out = demux({ bytes: packet, linkType });
    expect(out.frames.map((f) => f.ports)).toEqual([[5000, 53]]);
    expect(out.frames[0].bytes).toEqual(INNER);
    for (let cut = 0; cut < packet.length; cut++) {
      const short = demux({ bytes: packet.subarray(0, cut), linkType, length: packet.length });
      expect(short.frames.length + short.demux.counters.notGre).toBeLessThanOrEqual(1);
    }
  });

  it('of other types are counted', () => {
    const out = demux(
      { bytes: erspan, linkType: 147 },
      { bytes: ethernet(0x0806, new Uint8Array(28)), linkType: 1 },
    );
    expect(out.demux.counters).toMatchObject({ packets: 2, unsupportedLinkType: 1, notGre: 1, gre: 0 });
  });
});

describe('the outer IP header', () => {
  it('may have options and extension headers', () => {
    const option = bytes([0x46], over4(erspan1(INNER)).subarray(1, 20), [1, 1, 1, 1], erspan1(INNER));
    option.set(be16(option.length), 2);
    const extensions = bytes(
      [60, 0, 1, 4, 0, 0, 0, 0],
      [51, 0, 1, 4, 0, 0, 0, 0],
      [47, 2],
      new Uint8Array(14),
    );
    const six = ipv6('2001:db8:1::1', '2001:db8:1::9', 0, bytes(extensions, erspan1(INNER)));
    expect(demux(option, six).frames.map((f) => f.ports)).toEqual([
      [5000, 53],
      [5000, 53],
    ]);
  });

  it('may be followed by an authentication header, over IPv4 and IPv6, in fragments too', () => {
    // 12 bytes, and 12 of integrity check value.
    const ah = bytes([47, 4], new Uint8Array(22), erspan1(INNER));
    const four = ipv4('10.0.0.1', '10.0.0.9', 51, ah);
    const six = ipv6('2001:db8:1::1', '2001:db8:1::9', 51, ah);
    const parts = [ah.subarray(0, 32), ah.subarray(32)].map((part, i) =>
      ipv4('10.0.0.1', '10.0.0.9', 51, part, { id: 9, fragment: [32 * i, i === 0] }),
    );
    const out = demux(
      four,
      six,
      ...parts,
      ipv4('10.0.0.1', '10.0.0.9', 51, bytes([6, 4], new Uint8Array(22))),
    );
    expect(out.frames.map((f) => f.bytes)).toEqual([INNER, INNER, INNER]);
    expect(out.demux.counters.notGre).toBe(1);
    const short = ipv4('10.0.0.1', '10.0.0.9', 51, bytes([47, 0], new Uint8Array(22)));
    const past = ipv4('10.0.0.1', '10.0.0.9', 51, bytes([47, 99], new Uint8Array(22)));
    expect(demux(short, past).malformed).toEqual({ ip_header: 2 });
  });

  it('may be followed by MAX_OUTER_HEADERS headers, and is malformed with more', () => {
    const behind = (headers: number): Uint8Array => {
      let packet = erspan1(INNER);
      for (let n = 0; n < headers; n++) packet = bytes([n === 0 ? 47 : 60, 0, 1, 4, 0, 0, 0, 0], packet);
      return ipv6('2001:db8:1::1', '2001:db8:1::9', 60, packet);
    };
    expect(demux(behind(MAX_OUTER_HEADERS)).frames).toHaveLength(1);
    expect(demux(behind(MAX_OUTER_HEADERS + 1)).malformed).toEqual({ ip_header: 1 });
  });

  it('may have length 0, from a host that leaves segmentation to its network card', () => {
    const packet = over4(erspan1(INNER));
    packet.set([0, 0], 2);
    expect(demux(packet).frames[0].bytes).toEqual(INNER);
  });

  it('is malformed if its version or a length is wrong', () => {
    const version = over4(erspan1(INNER));
    version[0] = 0x44;
    const long = over4(erspan1(INNER));
    long.set(be16(long.length + 1), 2);
    const ah = ipv6('2001:db8:1::1', '2001:db8:1::9', 51, bytes([47, 0], new Uint8Array(14)));
    const past = ipv6('2001:db8:1::1', '2001:db8:1::9', 60, bytes([47, 9], new Uint8Array(6)));
    expect(demux(version, long, ah, past).malformed).toEqual({ ip_header: 4 });
  });

  it('is found inside MAX_IP_IN_IP other IP packets, and is other traffic inside more', () => {
    const nested = (depth: number): Uint8Array => {
      let packet = over4(erspan1(INNER));
      for (let n = 0; n < depth; n++) packet = ipv4('10.1.0.1', '10.1.0.9', 4, packet);
      return packet;
    };
    expect(demux(nested(MAX_IP_IN_IP)).frames).toHaveLength(1);
    const out = demux(nested(MAX_IP_IN_IP + 1));
    expect(out.frames).toEqual([]);
    expect(out.demux.counters).toMatchObject({ notGre: 1, gre: 0 });
  });

  it('is found behind MPLS_MAX_LABELS labels, and is other traffic behind more', () => {
    const labelled = (labels: number): Uint8Array => {
      const stack = Array.from({ length: labels }, (_, n) => [0, 0, n === labels - 1 ? 0x11 : 0x10, 64]);
      return ethernet(0x8847, bytes(...stack, over4(erspan1(INNER))));
    };
    const read = (packet: Uint8Array): Collected => demux({ bytes: packet, linkType: LinkType.Ethernet });
    expect(read(labelled(MPLS_MAX_LABELS)).frames).toHaveLength(1);
    expect(read(labelled(MPLS_MAX_LABELS + 1)).demux.counters).toMatchObject({ notGre: 1, gre: 0 });
  });

  it('of other traffic is counted', () => {
    const out = demux(INNER_IP, ipv6('2001:db8::1', '2001:db8::2', 59, new Uint8Array(0)));
    expect(out.demux.counters).toMatchObject({ packets: 2, bytes: INNER_IP.length + 40, notGre: 2, gre: 0 });
  });
});

describe('GRE', () => {
  const outer = fc.constantFrom(over4, over6);
  const flags = fc.record(
    { key: fc.nat(0xffffffff), sequence: fc.nat(0xffffffff), checksum: fc.boolean() },
    { requiredKeys: ['checksum'] },
  );

  /** Each encapsulation: GRE protocol, what precedes the frame, the frame, and the mirror type. */
  const plain: [string, number, number[], Uint8Array, string][] = [
    ['IPv4', 0x0800, [], INNER_IP, 'gre'],
    ['IPv6', 0x86dd, [], INNER6.subarray(14), 'gre'],
    ['Ethernet', 0x6558, [], INNER, 'gretap'],
    ['a mirror of a Spectrum switch', 0x8949, new Array<number>(22).fill(0x45), INNER, 'mellanox'],
    ['PPP', 0x880b, [], bytes([0xff, 3, 0, 0x21], INNER_IP), 'gre'],
    ['MPLS', 0x8847, [], bytes([0, 1, 1, 64], INNER_IP), 'gre'],
    ['ARP', 0x0806, [], new Uint8Array(28), 'gre'],
    ['Cisco metadata', 0x8909, [8, 0, 1, 1, 0, 1, 0, 99], INNER_IP, 'gre'],
    ['Ethernet behind Cisco metadata', 0x8909, [0x65, 0x58, 1, 1, 0, 1, 0, 99], INNER, 'gretap'],
    ['IP in GRE in GRE', 0x0800, [], over4(gre(0x0800, INNER_IP)), 'gre'],
  ];

  it.each(plain)('%s, with any flags, over IPv4 and IPv6', (name, protocol, before, frame, type) => {
    fc.assert(
      fc.property(outer, flags, (wrap, g) => {
        const out = demux(wrap(gre(protocol, bytes(before, frame), g)));
        expect(out.malformed).toEqual({});
        expect(out.frames.length).toBe(1);
        const f = out.frames[0];
        expect(f.bytes).toEqual(frame);
        expect(f).toMatchObject({
          type,
          key: g.key ?? null,
          session: 0,
          direction: 'unknown',
          truncated: false,
        });
        expect(f.mirrored.sequence).toBe(g.sequence ?? -1);
        expect(f.mirrored.securityGroup).toBe(name.includes('metadata') ? 99 : 0);
        if (name !== 'ARP') expect(f.ports).toEqual(name === 'IPv6' ? [40_000, 443] : [5000, 53]);
      }),
      { numRuns: 40 },
    );
  });

  it('of a Spectrum switch may be cut within what precedes the frame, or within the frame', () => {
    const packet = over4(gre(0x8949, bytes(new Uint8Array(22), INNER)));
    const header = packet.length - INNER.length;
    // At least the 12 bytes of GRE that any packet must have.
    for (let length = 20 + 12; length < header; length++) {
      const cut = { bytes: packet.subarray(0, length), length: packet.length };
      expect(demux(cut).malformed).toEqual({ erspan_short: 1 });
      const short = over4(packet.subarray(20, length));
      const out = demux(short);
      expect(out.malformed).toEqual({ erspan_short: 1 });
      expect(out.mirrors.points).toEqual([]);
    }
    for (let length = header; length < header + 14; length++) {
      const out = demux(over4(packet.subarray(20, length)));
      expect(out.malformed).toEqual({ ethernet: 1 });
      expect(out.frames.length).toBe(1);
      expect(out.mirrors.points.length).toBe(1);
    }
    const out = demux({ bytes: packet.subarray(0, header + 50), length: packet.length });
    expect(out.malformed).toEqual({});
    expect(out.frames).toMatchObject([{ type: 'mellanox', ports: [5000, 53], truncated: true }]);
  });

  it('of WCCP, version 1 and 2, is decoded', () => {
    const redirect = gre(0x883e, bytes([0x80, 0, 1, 2], INNER_IP));
    const out = demux(
      over4(gre(0x883e, INNER_IP)),
      over6(redirect),
      over4(gre(0x883e, INNER_IP, { key: 1 })),
    );
    expect(out.frames.map((f) => f.bytes)).toEqual([INNER_IP, INNER_IP]);
    expect(out.malformed).toEqual({ gre_protocol: 1 });
  });

  it('of 802.11 carries one packet, or several in an A-MSDU', () => {
    const snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    const header = (qos: number[]): number[] => [0x88, 2, ...new Array<number>(22).fill(2), ...qos];
    const one = bytes(header([0, 0]), snap, INNER_IP);
    const msdu = bytes(new Uint8Array(12), be16(snap.length + INNER_IP.length), snap, INNER_IP);
    const padded = bytes(msdu, new Uint8Array((4 - (msdu.length & 3)) & 3));
    const out = demux(
      over4(gre(0x9000, one)),
      over4(gre(0x90f0, bytes(header([0x80, 0]), padded, padded, msdu))),
      over4(gre(0x8200, one)),
    );
    expect(out.frames.map((f) => f.ports)).toEqual(new Array(5).fill([5000, 53]));
    expect(out.demux.counters).toMatchObject({ gre: 3, frames: 5 });
  });

  it('with a protocol type that is no EtherType gives a frame of that type', () => {
    const out = demux(over4(gre(0x00fe, new Uint8Array(20))));
    expect(out.frames.length).toBe(1);
    expect(out.demux.counters).toMatchObject({ gre: 1, frames: 1 });
    expect(out.malformed).toEqual({});
    expect(out.mirrors.points.length).toBe(1);
  });

  it('is refused as the kernel refuses it', () => {
    const broken = gre(0x0800, INNER_IP, { checksum: true });
    broken[4] ^= 1;
    const routed = gre(0x0800, INNER_IP, { checksum: true });
    routed[0] |= 0x40;
    const version = (v: number): Uint8Array => bytes([0, v, 8, 0], INNER_IP);
    const out = demux(
      over4(broken),
      over4(routed),
      over4(version(2)),
      over4(version(7)),
      over4(version(0x08)),
      over4(bytes([0, 0, 8, 0], new Uint8Array(7))),
      over4(bytes([0xb0, 0, 8, 0], new Uint8Array(8))),
    );
    expect(out.frames).toEqual([]);
    expect(out.malformed).toEqual({ gre_checksum: 1, gre_routing: 1, gre_version: 3, gre_short: 2 });
  });

  it('with a checksum is accepted if the capture cut it', () => {
    const packet = over4(gre(0x0800, INNER_IP, { checksum: true }));
    const out = demux({ bytes: packet.subarray(0, packet.length - 10), length: packet.length });
    expect(out.frames.map((f) => [f.ports, f.truncated])).toEqual([[[5000, 53], true]]);
  });

  it('of keepalive answers is not malformed', () => {
    const out = demux(over4(new Uint8Array(4)), over4(gre(0x0800, over4(new Uint8Array(4)))));
    expect(out.malformed).toEqual({});
    expect(out.demux.counters).toMatchObject({ empty: 1, frames: 1 });
    const keyed = demux(over4(bytes([0x20, 0, 0, 0, 0, 0, 0, 7])), over4(bytes([0x20, 0, 0, 0, 0, 0])));
    expect(keyed.malformed).toEqual({ gre_short: 1 });
    expect(keyed.demux.counters).toMatchObject({ empty: 1, frames: 0 });
  });

  it('goes to the tunnels first, only in version 0', () => {
    const asked: number[] = [];
    const out = new Collected({
      tunnels: {
        mayOwn: () => false,
        rcv: (p) => {
          asked.push(p.end - p.gre);
          return asked.length === 1;
        },
      },
    });
    const pptp = bytes([0x20, 1, 0x88, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0]);
    out.demux.process(batchOf([over4(gre(0x0800, INNER_IP)), over4(erspan2(1, 1, INNER)), over4(pptp)]));
    expect(asked).toEqual([4 + INNER_IP.length, 16 + INNER.length]);
    expect(out.demux.counters).toMatchObject({ gre: 3, tunnelled: 1, frames: 1, empty: 1 });
  });
});

describe('PPTP', () => {
  const ppp = bytes([0x21], INNER_IP);
  const call = (flags: number[], rest: Uint8Array, length = ppp.length): Uint8Array =>
    bytes(flags, [0x88, 0x0b], be16(length), be16(77), rest);

  it('carries PPP, with or without an acknowledgment', () => {
    const out = demux(
      over4(call([0x30, 0x01], bytes(be32(5), ppp))),
      over4(call([0x30, 0x81], bytes(be32(6), be32(3), ppp, [0, 0]))),
      over6(call([0x30, 0x81], bytes(be32(6), be32(3), bytes([0xff, 3, 0, 0x21], INNER_IP)), ppp.length + 3)),
    );
    expect(out.frames.map((f) => [f.type, f.ports, f.mirrored.sequence, f.key])).toEqual([
      ['pptp', [5000, 53], 5, null],
      ['pptp', [5000, 53], 6, null],
      ['pptp', [5000, 53], 6, null],
    ]);
  });

  it('is not malformed if it only acknowledges', () => {
    expect(demux(over4(call([0x20, 0x81], bytes(be32(9)), 0))).demux.counters).toMatchObject({
      empty: 1,
      frames: 0,
    });
  });

  it('with other flags, another protocol or too long a payload is refused', () => {
    const out = demux(
      over4(call([0xb0, 0x01], bytes(be32(5), be32(5), ppp))),
      over4(call([0x10, 0x01], bytes(be32(5), ppp))),
      over4(bytes([0x30, 1, 8, 0], be16(ppp.length), be16(77), be32(5), ppp)),
      over4(call([0x30, 0x01], bytes(be32(5), ppp), ppp.length + 1)),
    );
    expect(out.frames).toEqual([]);
    expect(out.malformed).toEqual({ pptp: 4 });
  });

  it('has one mirror point for both directions', () => {
    const packet = call([0x30, 0x01], bytes(be32(5), ppp));
    const out = demux(ipv4('10.0.0.1', '10.0.0.2', 47, packet), ipv4('10.0.0.2', '10.0.0.1', 47, packet));
    expect(out.mirrors.points.length).toBe(1);
  });
});

describe('ERSPAN', () => {
  it('of type I has no sequence number, with or without key and checksum', () => {
    const out = demux(over4(erspan1(INNER)), over6(gre(0x88be, INNER, { key: 9, checksum: true })));
    expect(out.frames.map((f) => [f.type, f.session, f.bytes])).toEqual([
      ['erspan1', 0, INNER],
      ['erspan1', 0, INNER],
    ]);
    expect(out.frames[1].key).toBe(9);
  });

  it('of type II is decoded with any header fields and GRE flags', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(over4, over6),
        fc.record(
          { key: fc.nat(0xffffffff), checksum: fc.boolean(), sequence: fc.nat(0xffffffff) },
          { requiredKeys: ['checksum', 'sequence'] },
        ),
        fc.nat(4095),
        fc.nat(7),
        fc.nat(3),
        fc.nat(1),
        fc.nat(1023),
        fc.nat(0xfffff),
        (wrap, g, vlan, cos, en, cut, session, index) => {
          const header = [...be16(0x1000 | vlan), ...be16((cos << 13) | (en << 11) | (cut << 10) | session)];
          const out = demux(wrap(gre(0x88be, bytes(header, be32(index), INNER), g)));
          expect(out.frames.length).toBe(1);
          expect(out.frames[0]).toMatchObject({
            type: 'erspan2',
            session,
            bytes: INNER,
            ports: [5000, 53],
            truncated: cut === 1,
            direction: 'unknown',
            mirrored: {
              port: index,
              cos,
              vlan: en !== 3 && vlan !== 0 ? vlan : -1,
              sequence: g.sequence,
            },
          });
        },
      ),
    );
  });

  it('of type III is decoded with any header fields and every platform subheader', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(over4, over6),
        fc.nat(4095),
        fc.nat(0xffff),
        fc.nat(63),
        fc.nat(1),
        fc.option(fc.nat(63)),
        fc.option(fc.nat(0xffffffff)),
        fc.boolean(),
        (wrap, vlan, sgt, hardware, direction, platform, sequence, bare) => {
          const word =
            ((bare ? 2 : 0) << 10) | (hardware << 4) | (direction << 3) | (platform === null ? 0 : 1);
          const header = bytes(
            [...be16(0x2000 | vlan), ...be16((3 << 13) | 500), ...be32(1), ...be16(sgt), ...be16(word)],
            platform === null ? [] : [platform << 2, 0, 0, 5, 0, 0, 0, 6],
          );
          const frame = bare ? INNER_IP : INNER;
          const packet = gre(0x22eb, bytes(header, frame), sequence === null ? {} : { sequence });
          const out = demux(wrap(packet));
          expect(out.frames.length).toBe(1);
          const port = { 0: 5, 1: 6, 3: 5, 5: 5, 6: 5, 7: 5 }[platform ?? 2] ?? 0;
          expect(out.frames[0]).toMatchObject({
            type: 'erspan3',
            session: 500,
            bytes: frame,
            ports: [5000, 53],
            direction: direction === 1 ? 'egress' : 'ingress',
            mirrored: { hardware, securityGroup: sgt, cos: 3, port, sequence: sequence ?? -1 },
          });
          expect(out.frames[0].mirrored.vlan).toBe(vlan === 0 ? -1 : vlan);
        },
      ),
    );
  });

  it.each([
    // Encapsulation; the VLAN of the header and of the frame's tag; the VLAN that is added beside the tag.
    [0, 33, 33, -1],
    [0, 34, 33, 34],
    [1, 33, 33, 33],
    [2, 33, 33, 33],
    [2, 34, 33, 34],
    [3, 33, 33, -1],
  ])('of type II with encapsulation %i, VLAN %i and tag %i is decoded', (en, vlan, tag, beside) => {
    const header = bytes([...be16(0x1000 | vlan), ...be16((en << 11) | 5)], be32(1));
    // Behind a tag that the fast path does not take, and before it.
    for (const tags of [
      [[0x8100, tag]],
      [
        [0x88a8, tag],
        [0x8100, 7],
      ],
    ] as [number, number][][]) {
      const out = demux(over4(gre(0x88be, bytes(header, ethernet(0x0800, INNER_IP, tags)), { sequence: 1 })));
      expect([out.frames[0].vlans[0], out.frames[0].mirrored.vlan]).toEqual([tag, beside]);
    }
  });

  it('has a VLAN of its own beside the tag of a frame in an overlay', () => {
    const overlay = udp(
      4000,
      4789,
      bytes([8, 0, 0, 0, 0, 0, 9, 0], ethernet(0x0800, INNER_IP, [[0x8100, 33]])),
    );
    const frame = ethernet(0x0800, ipv4('10.2.0.1', '10.2.0.2', 17, overlay));
    const header = bytes([...be16(0x1000 | 33), ...be16(5)], be32(1));
    expect(demux(over4(gre(0x88be, bytes(header, frame), { sequence: 1 }))).frames[0].mirrored.vlan).toBe(33);
    const third = over4(erspan3(1, 1, frame));
    third.set([0x20, 33], 28);
    expect(demux(third).frames[0].mirrored.vlan).toBe(33);
  });

  it('of type III adds no VLAN if the frame still has its tag', () => {
    const tagged = ethernet(0x0800, INNER_IP, [[0x8100, 33]]);
    const packet = over4(erspan3(1, 1, tagged));
    packet.set([0x20, 33], 28);
    const out = demux(packet);
    expect([out.frames[0].vlans, out.frames[0].mirrored.vlan]).toEqual([[33], -1]);
  });

  it('with an unknown frame type is a malformed frame', () => {
    const out = demux(over4(erspan3(1, 1, INNER, 5)));
    expect(out.frames.length).toBe(1);
    expect(out.malformed).toEqual({ erspan_frame_type: 1 });
    expect(out.mirrors.points.length).toBe(1);
  });

  it('is malformed if its header is cut or of another version', () => {
    const packet = gre(0x88be, bytes([0x30, 0, 0, 1], new Uint8Array(20)), { sequence: 1 });
    const short = gre(0x88be, bytes([0x10, 0, 0, 1]), { sequence: 1 });
    expect(demux(over4(packet), over4(short)).malformed).toEqual({ erspan_version: 1, erspan_short: 1 });
  });

  it('keeps the conversation of frames with a trailing FCS, or cut by the switch', () => {
    const out = demux(
      over4(erspan2(1, 1, bytes(INNER, [1, 2, 3, 4]))),
      over4(erspan2(1, 2, INNER.subarray(0, 44))),
    );
    expect(out.frames.map((f) => [f.ports, f.truncated, f.malformed])).toEqual([
      [[5000, 53], false, ''],
      [[5000, 53], true, ''],
    ]);
  });
});
