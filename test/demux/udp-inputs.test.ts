import { describe, expect, it } from 'vitest';
import { parseInput } from '../../src/config/inputs.js';
import { type Inputs, UDP_INPUT_KINDS, UDP_INPUT_PORTS, type UdpInput } from '../../src/model/inputs.js';
import { MirrorRecord } from '../../src/model/mirror-record.js';
import { bytes, erspan2, ethernet, gre, ipv4, ipv6, ipv6Fragment, tcp, udp } from '../support/frames.js';
import { hex } from '../support/hex.js';
import { Collected } from './collect.js';
import { batchOf, type Captured } from './outer.js';

const INNER_IP = ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, new Uint8Array(30)));
const INNER = ethernet(0x0800, INNER_IP);
const INNER6_IP = ipv6('2001:db8::a', '2001:db8::b', 6, tcp(40_000, 443, 2));

/** Every kind at its own port, and GRE. */
const ALL: Inputs = {
  gre: true,
  udp: UDP_INPUT_KINDS.map((kind) => ({ kind, port: UDP_INPUT_PORTS[kind] })),
  span: [],
};

const only = (...words: string[]): Inputs => ({
  gre: words.includes('gre'),
  udp: words.filter((word) => word !== 'gre').map((word) => parseInput(word) as UdpInput),
  span: [],
});

const over4 = (port: number, payload: Uint8Array, sourcePort = 50_000): Uint8Array =>
  ipv4('10.0.0.1', '10.0.0.9', 17, udp(sourcePort, port, payload));
const over6 = (port: number, payload: Uint8Array): Uint8Array =>
  ipv6('2001:db8:1::1', '2001:db8:1::9', 17, udp(50_000, port, payload));

function demux(packets: (Uint8Array | Captured)[], inputs = ALL): Collected {
  const out = new Collected({ inputs, reassembly: { datagrams: 64 } });
  out.demux.process(batchOf(packets));
  return out;
}

/** The account of the only mirror point. */
function account(out: Collected): MirrorRecord {
  const record = new MirrorRecord();
  out.mirrors.totals(out.mirrors.points[0], record);
  return record;
}

const VXLAN = bytes(hex('0800 0000 123456 00'), INNER);

/** Headers of every kind before a frame, and what it says about its mirror. */
const FRAMES: [name: string, port: number, payload: Uint8Array, said: object][] = [
  ['VXLAN', 4789, VXLAN, { type: 'vxlan', session: 0x123456 }],
  ['VXLAN with reserved bits', 4789, bytes(hex('7f ffffff 000007 ff'), INNER), { type: 'vxlan', session: 7 }],
  ['VXLAN-GPE without a next protocol', 4790, bytes(hex('0800 0000 000008 00'), INNER), { session: 8 }],
  ['VXLAN-GPE, Ethernet', 4790, bytes(hex('0c00 0003 000009 00'), INNER), { type: 'vxlan-gpe', session: 9 }],
  ['VXLAN-GPE, IPv4', 4790, bytes(hex('0c00 0001 000009 00'), INNER_IP), { type: 'vxlan-gpe' }],
  ['VXLAN-GPE, IPv6', 4790, bytes(hex('0c00 0002 000009 00'), INNER6_IP), { ipVersion: 6 }],
  ['VXLAN-GPE, MPLS', 4790, bytes(hex('0c00 0005 000009 00 00064140'), INNER_IP), { ipVersion: 4 }],
  ['VXLAN-GPE, NSH', 4790, bytes(hex('0c00 0004 000009 00 0fc2 02 01 00000101'), INNER_IP), { ipVersion: 4 }],
  ['VXLAN-GPE without a valid VNI', 4790, bytes(hex('0400 0003 000009 00'), INNER), { session: 0 }],
  ['GENEVE', 6081, bytes(hex('0000 6558 123456 00'), INNER), { type: 'geneve', session: 0x123456 }],
  ['GENEVE, IPv4', 6081, bytes(hex('0000 0800 000001 00'), INNER_IP), { type: 'geneve' }],
  ['GENEVE, IPv6', 6081, bytes(hex('0000 86dd 000001 00'), INNER6_IP), { ipVersion: 6 }],
  [
    'GENEVE with options, one of them critical',
    6081,
    bytes(hex('0340 6558 000001 00 0103 80 02 0000000000000001'), INNER),
    { type: 'geneve', session: 1 },
  ],
  ['gretap in UDP', 4754, gre(0x6558, INNER), { type: 'gre-udp', session: 0, key: null }],
  ['gretap in UDP with key', 4754, gre(0x6558, INNER, { key: 77 }), { type: 'gre-udp', key: 77 }],
  ['GRE in UDP', 4754, gre(0x0800, INNER_IP), { type: 'gre-udp' }],
  ['ERSPAN in GRE in UDP', 4754, erspan2(31, 1, INNER), { type: 'erspan2', session: 31 }],
  ['TZSP', 37_008, bytes(hex('01 00 0001 01'), INNER), { type: 'tzsp', session: 0 }],
  ['TZSP to be sent', 37_008, bytes(hex('01 01 0001 0000 01'), INNER), { type: 'tzsp' }],
  ['TZSP, IP', 37_008, bytes(hex('01 00 0007 01'), INNER6_IP), { ipVersion: 6 }],
  ['TZSP, PPP', 37_008, bytes(hex('01 00 0004 01 ff03 0021'), INNER_IP), { ipVersion: 4 }],
  ['jmirror', 30_030, bytes(hex('fffffffe 00000005'), INNER_IP), { type: 'jmirror', session: 0xfffffffe }],
  ['jmirror, IPv6', 30_030, bytes(hex('00000007 00000005'), INNER6_IP), { ipVersion: 6, session: 7 }],
  ['jmirror, PPP', 30_030, bytes(hex('00000007 00000005 ff03 0021'), INNER_IP), { ipVersion: 4 }],
  ['ERM', 7932, bytes(hex('0102030405060708 00 000000'), INNER), { type: 'erm', session: 0, vlans: [] }],
];

describe('a frame in UDP', () => {
  it.each(FRAMES)('%s', (_, port, payload, said) => {
    for (const packet of [over4(port, payload), over6(port, payload)]) {
      const out = demux([packet]);
      expect(out.malformed).toEqual({});
      expect(out.frames).toHaveLength(1);
      expect(out.frames[0]).toMatchObject(said);
      expect(out.frames[0].malformed).toBe('');
      expect(out.frames[0].ipVersion).not.toBe(0);
      expect(out.demux.counters).toMatchObject({ udp: 1, gre: 0, notGre: 0, frames: 1 });
    }
  });

  it.each(FRAMES)('%s: nothing of it is a mirror where its port is not listed', (_, port, payload) => {
    const out = demux([over4(port, payload), over6(port, payload)], only('gre'));
    expect(out.frames).toEqual([]);
    expect(out.malformed).toEqual({});
    expect(out.demux.counters).toMatchObject({ udp: 0, notGre: 2 });
  });

  it('comes to the port that is listed for its kind', () => {
    const out = demux([over4(8472, VXLAN), over4(4789, VXLAN)], only('vxlan:8472'));
    expect(out.frames).toHaveLength(1);
    expect(out.demux.counters).toMatchObject({ udp: 1, notGre: 1 });
  });

  it('belongs to the mirror point of its addresses and network, whatever its source port', () => {
    const other = bytes(hex('0800 0000 000005 00'), INNER);
    const out = demux([over4(4789, VXLAN, 1), over4(4789, VXLAN, 2), over4(4789, other), over6(4789, VXLAN)]);
    expect(out.mirrors.points.map(({ session, key }) => [session, key])).toEqual([
      [0x123456, null],
      [5, null],
      [0x123456, null],
    ]);
  });

  it('in IP in IP is found too', () => {
    expect(demux([ipv4('1.1.1.1', '2.2.2.2', 4, over4(4789, VXLAN))]).frames[0]).toMatchObject({
      source: '10.0.0.1',
    });
  });
});

describe('what a header says about a frame', () => {
  it('VXLAN: the group of its group policy', () => {
    const [with_, without] = demux([
      over4(4789, bytes(hex('8800 0384 000001 00'), INNER)),
      over4(4789, bytes(hex('0800 0384 000001 00'), INNER)),
    ]).frames;
    expect([with_.mirrored.securityGroup, without.mirrored.securityGroup]).toEqual([0x384, 0]);
  });

  it('TZSP: its number, its sensor, and that the frame was cut', () => {
    const fields = hex('0a0101 2804fffffffe 29020200 3c06020000000001 00 01');
    const [frame] = demux([over4(37_008, bytes(hex('01 00 0001'), fields, INNER))]).frames;
    expect(frame.mirrored).toMatchObject({ sequence: 0xfffffffe, sensor: 0x020000000001 });
    expect(frame.truncated).toBe(false);
    const half = INNER.subarray(0, 40);
    const [cut] = demux([over4(37_008, bytes(hex('01 00 0001'), fields, half))]).frames;
    expect(cut.truncated).toBe(true);
    const bare = demux([over4(37_008, bytes(hex('01 00 0001 01'), INNER))]).frames[0];
    expect(bare.mirrored).toMatchObject({ sequence: -1, sensor: 0 });
  });

  it('TZSP: lost numbers are lost, and another order is none', () => {
    const numbered = [0, 1, 3, 2, 6, 4].map((n) =>
      over4(37_008, bytes(hex(`01 00 0001 2804 0000000${n} 01`), INNER)),
    );
    const out = demux(numbered);
    out.demux.finish();
    expect(account(out)).toMatchObject({ packets: 6, lost: 1 });
  });

  it('jmirror: the session', () => {
    const [frame] = demux([over4(30_030, bytes(hex('00000007 fffffff5'), INNER_IP))]).frames;
    expect(frame.mirrored.port).toBe(0xfffffff5);
  });

  it('ERM: the VLAN, unless the frame has a tag, and its priority', () => {
    const header = hex('0102030405060708 00 a03c 80');
    const tagged = ethernet(0x0800, INNER_IP, [[0x8100, 42]]);
    const [removed, kept] = demux([
      over4(7932, bytes(header, INNER)),
      over4(7932, bytes(header, tagged)),
    ]).frames;
    expect([removed.mirrored.vlan, removed.mirrored.cos]).toEqual([60, 5]);
    expect([kept.mirrored.vlan, kept.vlans]).toEqual([-1, [42]]);
  });
});

describe('802.11 in TZSP', () => {
  const snap = bytes(hex('aaaa03 000000 0800'), INNER_IP);
  const frame = bytes(hex('8801 2c00 020000000aff 020000000101 020000000102 1000 0000'), snap);
  const avs = bytes(hex('80211001 00000040'), new Uint8Array(56));
  const prism = bytes(hex('44000000 90000000'), new Uint8Array(136));
  const swapped = bytes(hex('00000044 00000090'), new Uint8Array(136));

  it.each([
    ['alone', '0012', frame],
    ['behind AVS', '007f', bytes(avs, frame)],
    ['behind Prism', '0077', bytes(prism, frame)],
    ['behind Prism of another byte order', '0077', bytes(swapped, frame)],
    ['behind AVS announced as Prism', '0077', bytes(avs, frame)],
  ])('%s', (_, protocol, payload) => {
    const out = demux([over4(37_008, bytes(hex(`0100 ${protocol} 01`), payload))]);
    expect(out.malformed).toEqual({});
    expect(out.frames[0]).toMatchObject({ type: 'tzsp', ports: [5000, 53] });
  });

  it('is malformed behind a header that is neither', () => {
    const out = demux([over4(37_008, bytes(hex('0100 0077 01'), new Uint8Array(200)))]);
    expect(out.malformed).toEqual({ tzsp: 1 });
  });

  it('has a frame for each packet of an A-MSDU, and counts once', () => {
    const macs = hex('020000000102 020000000101');
    const one = bytes(macs, Uint8Array.of(snap.length >> 8, snap.length), snap);
    const padded = bytes(one, new Uint8Array(-one.length & 3));
    const amsdu = bytes(hex('8801 2c00 020000000aff 020000000101 020000000102 1000 8000'), ...[padded, one]);
    const out = demux([over4(37_008, bytes(hex('0100 0012 01'), amsdu))]);
    expect(out.frames.map((f) => f.ports)).toEqual([
      [5000, 53],
      [5000, 53],
    ]);
    expect(account(out)).toMatchObject({ packets: 1 });
  });
});

describe('a datagram without a frame', () => {
  it.each([
    ['GENEVE for control', 6081, bytes(hex('0080 6558 000001 00'), INNER)],
    ['VXLAN-GPE for operations', 4790, bytes(hex('0d00 0003 000001 00'), INNER)],
    ['a keepalive of TZSP', 37_008, hex('01 04 0000')],
    ['a port opener of TZSP', 37_008, hex('01 05 0001')],
    ['configuration in TZSP', 37_008, hex('01 03 0000 01')],
  ])('%s is empty', (_, port, payload) => {
    const out = demux([over4(port, payload)]);
    expect(out.frames).toEqual([]);
    expect(out.mirrors.points).toEqual([]);
    expect(out.demux.counters).toMatchObject({ udp: 1, empty: 1 });
  });
});

describe('a malformed header', () => {
  it.each([
    ['VXLAN without I', 4789, bytes(hex('0000 0000 000001 00'), INNER), 'outer_vxlan'],
    ['half of VXLAN', 4789, hex('08000000'), 'outer_vxlan'],
    ['VXLAN-GPE of version 1', 4790, bytes(hex('1c00 0003 000001 00'), INNER), 'outer_vxlan'],
    ['GENEVE of version 1', 6081, bytes(hex('4000 6558 000001 00'), INNER), 'outer_geneve'],
    ['GENEVE whose options do not end', 6081, hex('3f00 6558 000001 00 0000'), 'outer_geneve'],
    ['GRE of version 3 in UDP', 4754, bytes(hex('0003 6558'), INNER), 'gre_version'],
    ['TZSP of version 2', 37_008, bytes(hex('02 00 0001 01'), INNER), 'tzsp'],
    ['TZSP of type 6', 37_008, bytes(hex('01 06 0001 01'), INNER), 'tzsp'],
    ['TZSP whose fields do not end', 37_008, hex('01 00 0001 0000 0a'), 'tzsp'],
    ['TZSP with a field that does not end', 37_008, hex('01 00 0001 0a05 0101'), 'tzsp'],
    ['jmirror of something else', 30_030, bytes(hex('00000007 00000005 0000')), 'jmirror'],
    ['half of jmirror', 30_030, hex('00000007'), 'jmirror'],
    ['half of ERM', 7932, hex('0102030405060708'), 'erm'],
  ])('%s', (_, port, payload, reason) => {
    const out = demux([over4(port, payload)]);
    expect(out.frames).toEqual([]);
    expect(out.malformed).toEqual({ [reason]: 1 });
    expect(out.demux.counters.malformedSenders.list()).toHaveLength(1);
  });

  it('UDP of a length below 8', () => {
    const packet = over4(4789, VXLAN);
    packet[25] = 7;
    expect(demux([packet]).malformed).toEqual({ outer_udp: 1 });
  });
});

describe("UDP's length", () => {
  it('leaves out what lies behind it', () => {
    const packet = ipv4('10.0.0.1', '10.0.0.9', 17, bytes(udp(1, 4789, VXLAN), new Uint8Array(9)));
    const [frame] = demux([packet]).frames;
    expect(frame.bytes).toEqual(INNER);
    expect(frame.truncated).toBe(false);
  });

  it('beyond the packet says that the frame was cut', () => {
    const whole = udp(1, 4789, VXLAN);
    const [frame] = demux([ipv4('10.0.0.1', '10.0.0.9', 17, whole.subarray(0, 60))]).frames;
    expect(frame).toMatchObject({ truncated: true, ports: [5000, 53] });
  });

  it('of 0 is that of the packet', () => {
    const packet = over4(4789, VXLAN);
    packet[24] = packet[25] = 0;
    expect(demux([packet]).frames[0]).toMatchObject({ truncated: false, ports: [5000, 53] });
  });
});

describe('fragments of datagrams', () => {
  const whole = udp(50_000, 4789, bytes(VXLAN, new Uint8Array(40)));
  const first = whole.subarray(0, 64);
  const rest = whole.subarray(64);
  const fragments4 = [
    ipv4('10.0.0.1', '10.0.0.9', 17, first, { id: 7, fragment: [0, true] }),
    ipv4('10.0.0.1', '10.0.0.9', 17, rest, { id: 7, fragment: [64, false] }),
  ];
  const fragments6 = [
    ipv6('2001:db8::1', '2001:db8::9', 44, ipv6Fragment(17, 0, true, 9, first)),
    ipv6('2001:db8::1', '2001:db8::9', 44, ipv6Fragment(17, 64, false, 9, rest)),
  ];

  it.each([
    ['IPv4', fragments4],
    ['IPv6', fragments6],
  ])('over %s are put together where UDP is listed, and only there', (_, fragments) => {
    const out = demux(fragments);
    expect(out.frames).toHaveLength(1);
    expect(out.frames[0]).toMatchObject({ type: 'vxlan', truncated: false });
    expect(out.demux.counters).toMatchObject({ udp: 1, notGre: 0 });
    const without = demux(fragments, only('gre'));
    expect(without.demux.counters).toMatchObject({ udp: 0, notGre: 2 });
    expect(without.demux.counters.reassembly.fragments).toBe(0);
  });

  it('give a frame that is cut where the last one never comes', () => {
    const out = demux([fragments4[0]]);
    out.demux.finish();
    expect(out.frames[0]).toMatchObject({ type: 'vxlan', truncated: true });
    expect(out.malformed).toEqual({});
  });

  it('to a port that is not listed are no mirror', () => {
    const out = demux(fragments4, only('geneve'));
    expect(out.demux.counters).toMatchObject({ udp: 0, notGre: 1 });
  });
});

describe('GRE where it is not listed', () => {
  const packet = ipv4('10.0.0.1', '10.0.0.9', 47, erspan2(7, 1, INNER));

  it('is no mirror', () => {
    const out = demux([packet, over4(4789, VXLAN)], only('vxlan'));
    expect(out.frames.map((f) => f.type)).toEqual(['vxlan']);
    expect(out.demux.counters).toMatchObject({ gre: 0, notGre: 1, udp: 1 });
    expect(out.demux.counters.unlisted.list()).toEqual([{ kind: 'gre', port: 0, packets: 1 }]);
  });

  it('is still that of a tunnel, whose it is', () => {
    const taken: number[] = [];
    const tunnels = { rcv: (p: { gre: number }) => taken.push(p.gre) > 0, mayOwn: () => true };
    const out = new Collected({ inputs: only('vxlan'), tunnels });
    const over = ipv6('2001:db8::1', '2001:db8::9', 47, gre(0x0800, INNER_IP));
    out.demux.process(batchOf([ipv4('10.0.0.1', '10.0.0.9', 47, gre(0x0800, INNER_IP)), over]));
    expect(out.demux.counters).toMatchObject({ gre: 2, tunnelled: 2, notGre: 0 });
    expect(taken).toHaveLength(2);
  });
});

it('inputs may change', () => {
  const out = new Collected();
  out.demux.process(batchOf([over4(4789, VXLAN)]));
  out.demux.setInputs(only('vxlan'));
  out.demux.process(batchOf([over4(4789, VXLAN)]));
  out.demux.setInputs(only('gre'));
  out.demux.process(batchOf([over4(4789, VXLAN)]));
  expect(out.demux.counters).toMatchObject({ udp: 1, notGre: 2 });
});

describe('hints', () => {
  it.each(FRAMES.filter(([name]) => !name.includes('without a valid VNI')))(
    '%s is named where its port is not listed',
    (_, port, payload) => {
      const out = demux([over4(port, payload), over6(port, payload)], only('gre'));
      const kind = UDP_INPUT_KINDS.find((k) => UDP_INPUT_PORTS[k] === port);
      expect(out.demux.counters.unlisted.list()).toEqual([{ kind, port, packets: 2 }]);
    },
  );

  it('GRE in DTLS is named', () => {
    const out = demux([over4(4755, hex('17fefd0001000000000001'))]);
    expect(out.demux.counters.unlisted.list()).toEqual([{ kind: 'gre-dtls', port: 4755, packets: 1 }]);
  });

  it('nothing else to these ports is, nor a mirror to another', () => {
    const noise = [4789, 4790, 6081, 4754, 4755, 37_008, 30_030, 7932].flatMap((port) => [
      over4(port, new Uint8Array(0)),
      over4(port, new Uint8Array(64).fill(0xf0)),
    ]);
    expect(demux([...noise, over4(9999, VXLAN)], only('gre')).demux.counters.unlisted.list()).toEqual([]);
  });

  it('the packets of a Gateway Load Balancer are counted', () => {
    const options = hex('0108 01 02 0000000000000001 0108 02 01 00000002');
    const header = hex('0500 0800 000000 00');
    const out = demux([
      over4(6081, bytes(header, options, INNER_IP)),
      over4(6081, bytes(hex('0000 6558 000001 00'), INNER)),
    ]);
    expect(out.demux.counters.gatewayLoadBalancer).toBe(1);
    expect(out.frames).toHaveLength(2);
  });
});
