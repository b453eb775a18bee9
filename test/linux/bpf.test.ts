import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_UDP_INPUTS } from '../../src/config/bounds.js';
import { OUTER_BAD, OUTER_FRAGMENT, OuterFragment, parseOuter } from '../../src/demux/outer.js';
import { BpfProgram } from '../../src/linux/bpf.js';
import {
  dropAll,
  fanoutByAddresses,
  fanoutByInnerAddresses,
  inputFilter,
  MAX_TAGS,
  SAMPLE,
} from '../../src/linux/input-filter.js';
import { UDP_INPUT_KINDS, UDP_INPUT_PORTS } from '../../src/model/inputs.js';
import { OuterPacket } from '../../src/model/outer-packet.js';
import { IPV6_EXTENSIONS, MAX_OUTER_HEADERS } from '../../src/wire/ip/ipv6-extension.js';
import { runBpf } from '../support/bpf-machine.js';
import {
  bytes,
  erspan1,
  erspan2,
  erspan3,
  ethernet,
  gre,
  ipv4,
  ipv6,
  ipv6Fragment,
  mellanox,
  udp,
} from '../support/frames.js';
import { geneve, IN_UDP, tzspFields } from '../support/udp-mirrors.js';

const g = erspan2(1, 1, ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 17, udp(1, 2, new Uint8Array(30)))));
const four = (next: number, payload: Uint8Array, o = {}): Uint8Array =>
  ipv4('198.51.100.1', '198.51.100.2', next, payload, o);
const six = (next: number, payload: Uint8Array): Uint8Array =>
  ipv6('2001:db8::1', '2001:db8::2', next, payload);
const options = (next: number, length = 0): Uint8Array =>
  bytes([next, length], new Uint8Array(6 + 8 * length));

describe('the assembler', () => {
  it('resolves labels, and refuses those out of reach', () => {
    const p = new BpfProgram()
      .load('b', 0)
      .jump('jeq', 4, 'four')
      .answer(1)
      .label('four')
      .answer(2)
      .assemble();
    expect(runBpf(p, new Uint8Array([4]))).toBe(2);
    expect(runBpf(p, new Uint8Array([5]))).toBe(1);
    expect(() => new BpfProgram().goto('nowhere').assemble()).toThrow('label nowhere is nowhere');
    expect(() => new BpfProgram().label('back').setA(1).goto('back').assemble()).toThrow(/label back is -2/);
    expect(() => new BpfProgram().label('one').label('one')).toThrow('label one is in two places');
    const far = new BpfProgram().jump('jeq', 1, 'far');
    for (let i = 0; i < 256; i++) far.setA(i);
    expect(() => far.label('far').answer(0).assemble()).toThrow(/label far is 256 instructions away/);
  });

  it('drops packets', () => {
    expect(runBpf(dropAll(), g)).toBe(0);
  });
});

describe('the GRE filter', () => {
  const onEthernet = inputFilter(true, { gre: true, udp: [] });
  const onIp = inputFilter(false, { gre: true, udp: [] });
  const yes: [string, number, Uint8Array][] = [
    ['IPv4', 0x0800, four(47, g)],
    ['a first IPv4 fragment', 0x0800, four(47, g.subarray(0, 16), { fragment: [0, true] })],
    ['a later IPv4 fragment', 0x0800, four(47, g.subarray(16), { fragment: [16, false] })],
    ['IPv6', 0x86dd, six(47, g)],
    ['options before GRE', 0x86dd, six(60, bytes(options(47), g))],
    ['long options before GRE', 0x86dd, six(0, bytes(options(60, 3), options(47, 1), g))],
    ['a first IPv6 fragment', 0x86dd, six(44, ipv6Fragment(47, 0, true, 1, g.subarray(0, 16)))],
    ['a later IPv6 fragment', 0x86dd, six(44, ipv6Fragment(47, 16, false, 1, g.subarray(16)))],
    [
      'options, a fragment, options',
      0x86dd,
      six(0, bytes(options(44), ipv6Fragment(60, 0, true, 1, bytes(options(47), g)))),
    ],
    [
      'a later fragment behind which GRE may be',
      0x86dd,
      six(44, ipv6Fragment(60, 64, false, 1, new Uint8Array(40))),
    ],
  ];
  const no: [string, number, Uint8Array][] = [
    ['UDP', 0x0800, four(17, udp(1, 2, g))],
    ['UDP over IPv6', 0x86dd, six(17, udp(1, 2, g))],
    ['a UDP fragment', 0x86dd, six(44, ipv6Fragment(17, 64, false, 1, g))],
    ['options before UDP', 0x86dd, six(60, bytes(options(17), udp(1, 2, g)))],
    ['an IPv6 header cut short', 0x86dd, six(60, new Uint8Array(1))],
    ['next to nothing', 0x0800, new Uint8Array(3)],
  ];
  it.each(yes)('passes %s, also behind VLAN tags', (_, type, packet) => {
    expect(runBpf(onEthernet, ethernet(type, packet))).toBeGreaterThan(65535);
    expect(runBpf(onEthernet, ethernet(type, packet, [[0x8100, 7]]))).toBeGreaterThan(65535);
    expect(
      runBpf(
        onEthernet,
        ethernet(type, packet, [
          [0x88a8, 7],
          [0x8100, 8],
          [0x8100, 9],
        ]),
      ),
    ).toBeGreaterThan(65535);
    expect(runBpf(onIp, packet)).toBeGreaterThan(65535);
  });
  it.each(no)('drops %s', (_, type, packet) => {
    expect(runBpf(onEthernet, ethernet(type, packet))).toBe(0);
    expect(runBpf(onEthernet, ethernet(type, packet, [[0x8100, 7]]))).toBe(0);
    expect(runBpf(onIp, packet)).toBe(0);
  });
  it('looks behind MAX_TAGS tags, and passes too many extension headers for the walk to count', () => {
    const tagged = (tags: number): Uint8Array =>
      ethernet(
        0x0800,
        four(47, g),
        Array.from({ length: tags }, (_, n) => [0x8100, n] as [number, number]),
      );
    expect(runBpf(onEthernet, tagged(MAX_TAGS))).toBeGreaterThan(65535);
    expect(runBpf(onEthernet, tagged(MAX_TAGS + 1))).toBe(0);
    const behind = (headers: number): Uint8Array => {
      let chain = g;
      for (let n = 0; n < headers; n++) chain = bytes(options(n === 0 ? 47 : 60), chain);
      return six(60, chain);
    };
    expect(runBpf(onIp, behind(MAX_OUTER_HEADERS))).toBeGreaterThan(65535);
    expect(runBpf(onIp, behind(MAX_OUTER_HEADERS + 1))).toBeGreaterThan(65535);
    const tooMany = behind(MAX_OUTER_HEADERS + 1);
    const end = tooMany.length;
    expect(parseOuter(tooMany, 0, end, end, new OuterPacket(), new OuterFragment())).toBe(OUTER_BAD);
  });
  it('passes packets in which the walk of outer headers finds GRE, or may once they are whole', () => {
    const AH = 51;
    const FRAGMENT = 44;
    const header = fc.record({
      kind: fc.constantFrom(...IPV6_EXTENSIONS, AH),
      units: fc.integer({ min: 0, max: 3 }),
      // The fragment header: an atomic fragment, the first of several, two later ones.
      part: fc.constantFrom(0, 1, 8, 9),
    });
    const last = fc.constantFrom(47, 6, 17, 50, 59, 4);
    const built = (
      headers: readonly { kind: number; units: number; part: number }[],
      end: number,
    ): Uint8Array =>
      [...headers].reverse().reduce((payload, { kind, units, part }, i) => {
        const next = i === 0 ? end : headers[headers.length - i].kind;
        if (kind === FRAGMENT) return bytes([next, 0, 0, part, 0, 0, 0, 9], payload);
        const length = kind === AH ? 12 + 4 * units : 8 + 8 * units;
        const head = new Uint8Array(length);
        head.set([next, kind === AH ? length / 4 - 2 : units]);
        return bytes(head, payload);
      }, g);
    const found = (packet: Uint8Array): boolean => {
      const fragment = new OuterFragment();
      const end = packet.length;
      const protocol = parseOuter(packet, 0, end, end, new OuterPacket(), fragment);
      if (protocol !== OUTER_FRAGMENT) return protocol === 47 || protocol === OUTER_BAD;
      // The first fragment names what follows the headers that are parsed here; a later one only the first
      // header.
      return [47, AH, ...IPV6_EXTENSIONS].includes(fragment.protocol);
    };
    const passed = (packet: Uint8Array): boolean =>
      runBpf(inputFilter(false, { gre: true, udp: [] }), packet) > 0;
    fc.assert(
      fc.property(fc.array(header, { maxLength: MAX_OUTER_HEADERS + 2 }), last, (headers, end) => {
        const packet = six(headers[0]?.kind ?? end, built(headers, end));
        // The kernel looks behind a first fragment: a packet that is not GRE there is none when it is whole.
        if (found(packet) !== passed(packet)) {
          expect(headers.some(({ kind, part }) => kind === FRAGMENT && part === 1)).toBe(true);
          expect(passed(packet)).toBe(false);
        }
      }),
      { numRuns: 3000 },
    );
    for (const [end, fragment] of [[47], [6], [47, [0, true]], [6, [0, true]], [47, [64, false]]] as const) {
      const packet = four(AH, built([{ kind: AH, units: 3, part: 0 }], end).subarray(0), {
        ...(fragment && { id: 5, fragment }),
      });
      expect(passed(packet)).toBe(fragment !== undefined && fragment[0] > 0 ? true : end === 47);
      expect(found(packet)).toBe(fragment !== undefined || end === 47);
    }
  });
  it('drops other EtherTypes, and returns a result for any bytes', () => {
    expect(runBpf(onEthernet, ethernet(0x0806, new Uint8Array(46)))).toBe(0);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.constantFrom(0, 0x0800, 0x86dd, 0x8100),
        (b, type) => {
          if (type !== 0 && b.length > 14) b.set([type >>> 8, type & 255], 12);
          for (const program of [onEthernet, onIp]) expect([0, 0x40000]).toContain(runBpf(program, b));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('the filter of inputs', () => {
  const AH = 51;
  const passed = (filter: Uint8Array, packet: Uint8Array, random = 1): boolean =>
    runBpf(filter, packet, 0, random) > 0;
  const datagram = udp(40000, 4789, g);
  const other = udp(40000, 4790, g);
  const both = inputFilter(false, { gre: true, udp: [4789, 30030] });
  const udpOnly = inputFilter(false, { gre: false, udp: [4789] });
  const ah = (next: number, payload: Uint8Array): Uint8Array =>
    bytes([next, 4, ...new Uint8Array(22)], payload);

  it('passes UDP to listed ports, and nothing else over UDP', () => {
    const onEthernet = inputFilter(true, { gre: true, udp: [4789, 30030] });
    for (const [type, wrap] of [
      [0x0800, (p: Uint8Array) => four(17, p)],
      [0x0800, (p: Uint8Array) => four(AH, ah(17, p))],
      [0x86dd, (p: Uint8Array) => six(17, p)],
      [0x86dd, (p: Uint8Array) => six(60, bytes(options(17), p))],
      [0x86dd, (p: Uint8Array) => six(AH, ah(17, p))],
      [0x86dd, (p: Uint8Array) => six(44, ipv6Fragment(17, 0, false, 1, p))],
    ] as const) {
      for (const [payload, expected] of [
        [datagram, true],
        [udp(4789, 30030, g), true],
        [other, false],
        [udp(4789, 53, g), false],
        [datagram.subarray(0, 3), false],
      ] as const) {
        expect(passed(both, wrap(payload))).toBe(expected);
        expect(passed(onEthernet, ethernet(type, wrap(payload), [[0x8100, 7]]))).toBe(expected);
      }
    }
  });

  it('passes GRE only where it is listed', () => {
    for (const packet of [four(47, g), six(47, g), four(AH, ah(47, g))]) {
      expect(passed(both, packet)).toBe(true);
      expect(passed(udpOnly, packet)).toBe(false);
    }
    expect(passed(udpOnly, four(47, g.subarray(16), { fragment: [16, false] }))).toBe(false);
    expect(passed(udpOnly, six(44, ipv6Fragment(47, 16, false, 1, g.subarray(16))))).toBe(false);
  });

  it('passes first fragments by their port, and all later ones of UDP', () => {
    const first = (p: Uint8Array): Uint8Array[] => [
      four(17, p.subarray(0, 32), { fragment: [0, true] }),
      six(44, ipv6Fragment(17, 0, true, 1, p.subarray(0, 32))),
    ];
    const later = [
      four(17, datagram.subarray(32), { fragment: [32, false] }),
      six(44, ipv6Fragment(17, 32, false, 1, datagram.subarray(32))),
    ];
    for (const filter of [both, udpOnly]) {
      for (const packet of [...first(datagram), ...later]) expect(passed(filter, packet)).toBe(true);
      for (const packet of first(other)) expect(passed(filter, packet)).toBe(false);
    }
    const gre = inputFilter(false, { gre: true, udp: [], sampled: { udp: [4789] } });
    for (const packet of later) expect(passed(gre, packet)).toBe(false);
  });

  it('passes a sample of what is not listed', () => {
    const sampled = { udp: [4790] };
    const filter = inputFilter(false, { gre: false, udp: [4789], sampled });
    for (const packet of [four(17, other), six(17, other), four(47, g), six(47, g)]) {
      expect(passed(filter, packet, 7 * SAMPLE)).toBe(true);
      expect(passed(filter, packet, 7 * SAMPLE + 1)).toBe(false);
    }
    expect(passed(filter, four(17, udp(1, 53, g)), 0)).toBe(false);
    // What is listed passes whole.
    expect(passed(filter, four(17, datagram), 1)).toBe(true);
  });

  it('passes as many ports as may be listed', () => {
    const ports = Array.from({ length: MOST_UDP_INPUTS }, (_, i) => 5000 + i);
    const filter = inputFilter(true, { gre: true, udp: ports, sampled: { udp: [1, 2, 3, 4, 5, 6, 7, 8] } });
    for (const port of ports) expect(passed(filter, ethernet(0x0800, four(17, udp(9, port, g))))).toBe(true);
    expect(passed(filter, ethernet(0x0800, four(17, udp(9, 4999, g))))).toBe(false);
    const inputs = ports.map((port, i) => ({ kind: UDP_INPUT_KINDS[i % UDP_INPUT_KINDS.length], port }));
    expect(() => fanoutByInnerAddresses(false, inputs)).not.toThrow();
  });
});

describe('the fanout program', () => {
  const program = fanoutByInnerAddresses();
  const address = fc
    .integer({ min: 0, max: 0xffffffff })
    .map((n) => [24, 16, 8, 0].map((s) => (n >>> s) & 255).join('.'));
  const wrappings: ((frame: Uint8Array) => Uint8Array)[] = [
    erspan1,
    (f) => erspan2(5, 9, f),
    (f) => erspan3(5, 9, f),
    (f) => erspan3(5, 9, f, 0, new Uint8Array(8)),
    (f) => erspan3(5, 9, f.subarray(14), 2),
    (f) => gre(0x6558, f, { key: 1, checksum: true, sequence: 3 }),
    (f) => gre(0x6558, f),
    (f) => mellanox(f),
    (f) => mellanox(f, { key: 1, sequence: 3 }),
    (f) => gre(0x0800, f.subarray(14), { key: 7 }),
    (f) => erspan2(5, 9, bytes(f.subarray(0, 12), [0x81, 0, 0, 7], f.subarray(12))),
  ];

  it('gives the same value for both directions, all ports and all encapsulations of one session', () => {
    fc.assert(
      fc.property(address, address, fc.nat(65535), fc.nat(wrappings.length - 1), (a, b, port, w) => {
        const frame = (from: string, to: string, p: number): Uint8Array =>
          ethernet(0x0800, ipv4(from, to, 17, udp(p, 53, new Uint8Array(20))));
        const hash = (f: Uint8Array, wrap: (f: Uint8Array) => Uint8Array): number =>
          runBpf(program, four(47, wrap(f)), 0x0800);
        const one = hash(frame(a, b, port), wrappings[w]);
        expect(hash(frame(b, a, 53), wrappings[w])).toBe(one);
        expect(hash(frame(a, b, port), wrappings[(w + 1) % wrappings.length])).toBe(one);
      }),
    );
  });

  it('looks into UDP to listed ports as into GRE', () => {
    const inputs = UDP_INPUT_KINDS.map((kind) => ({ kind, port: UDP_INPUT_PORTS[kind] + 1000 }));
    const listed = fanoutByInnerAddresses(false, inputs);
    const frame = (from: string, to: string, tag: number[] = []): Uint8Array => {
      const f = ethernet(0x0800, ipv4(from, to, 6, new Uint8Array(30)));
      return bytes(f.subarray(0, 12), tag, f.subarray(12));
    };
    const wraps: [number, (f: Uint8Array) => Uint8Array][] = [
      ...inputs.map(({ kind, port }): [number, (f: Uint8Array) => Uint8Array] => [port, IN_UDP[kind]]),
      [UDP_INPUT_PORTS.geneve + 1000, (f) => geneve(f, 1)],
      [UDP_INPUT_PORTS.geneve + 1000, (f) => geneve(f, 63)],
      [UDP_INPUT_PORTS.geneve + 1000, (f) => bytes([0, 0, 0x08, 0x00, 0, 0, 7, 0], f.subarray(14))],
      [UDP_INPUT_PORTS.tzsp + 1000, tzspFields],
      [UDP_INPUT_PORTS.tzsp + 1000, (f) => bytes([1, 0, 0, 7, 1], f.subarray(14))],
      [UDP_INPUT_PORTS['vxlan-gpe'] + 1000, (f) => bytes([0x0c, 0, 0, 1, 0, 0, 7, 0], f.subarray(14))],
      [UDP_INPUT_PORTS['vxlan-gpe'] + 1000, (f) => bytes([0x08, 0, 0, 0, 0, 0, 7, 0], f)],
      [UDP_INPUT_PORTS['gre-udp'] + 1000, (f) => erspan2(7, 3, f)],
      [
        UDP_INPUT_PORTS.vxlan + 1000,
        (f) => bytes([0x08, 0, 0, 0, 0, 0, 7, 0], f.subarray(0, 12), [0x81, 0, 0, 9], f.subarray(12)),
      ],
    ];
    fc.assert(
      fc.property(address, address, fc.nat(wraps.length - 1), (a, b, w) => {
        const [port, wrap] = wraps[w];
        const hash = (from: string, to: string, source: number, outer: typeof four, type: number): number =>
          runBpf(listed, outer(17, udp(source, port, wrap(frame(from, to)))), type);
        const expected = runBpf(program, four(47, erspan1(frame(a, b))), 0x0800);
        expect(hash(a, b, 1, four, 0x0800)).toBe(expected);
        expect(hash(b, a, 2, four, 0x0800)).toBe(expected);
        expect(hash(a, b, 3, six, 0x86dd)).toBe(expected);
        const behind = six(60, bytes(options(17), udp(4, port, wrap(frame(b, a)))));
        expect(runBpf(listed, behind, 0x86dd)).toBe(expected);
      }),
    );
    // IPv6 inside.
    const inner6 = (from: string, to: string): Uint8Array =>
      ethernet(0x86dd, ipv6(from, to, 6, new Uint8Array(30)));
    const expected = runBpf(program, four(47, erspan1(inner6('2001:db8::5', '2001:db8::6'))), 0x0800);
    for (const { kind, port } of inputs) {
      const packet = four(17, udp(1, port, IN_UDP[kind](inner6('2001:db8::6', '2001:db8::5'))));
      expect(runBpf(listed, packet, 0x0800)).toBe(expected);
    }
  });

  it('uses outer addresses for what it cannot parse in UDP, and for ports that are not listed', () => {
    const listed = fanoutByInnerAddresses(false, [
      { kind: 'tzsp', port: 37008 },
      { kind: 'geneve', port: 6081 },
    ]);
    const frame = (a: string): Uint8Array => ethernet(0x0800, ipv4(a, '10.9.0.1', 6, new Uint8Array(30)));
    const hash = (port: number, payload: Uint8Array): number =>
      runBpf(listed, four(17, udp(1, port, payload)), 0x0800);
    const outer = hash(53, new Uint8Array(80));
    for (const a of ['10.0.0.1', '10.0.0.2']) {
      expect(hash(4789, IN_UDP.vxlan(frame(a)))).toBe(outer);
      // 802.11, and fields that do not end.
      expect(hash(37008, bytes([1, 0, 0, 18, 1], frame(a)))).toBe(outer);
      expect(hash(37008, bytes([1, 0, 0, 1], new Uint8Array(90), [1], frame(a)))).toBe(outer);
      expect(hash(6081, bytes([0, 0, 0x88, 0x47, 0, 0, 7, 0], frame(a)))).toBe(outer);
      expect(hash(6081, geneve(frame(a)))).not.toBe(outer);
    }
  });

  it('spreads conversations evenly', () => {
    const workers = 4;
    const shares = new Array<number>(workers).fill(0);
    for (let i = 0; i < 4000; i++) {
      const frame = ethernet(
        0x0800,
        ipv4(`10.0.${i >>> 8}.${i & 255}`, '10.9.0.1', 17, udp(1, 2, new Uint8Array(8))),
      );
      shares[runBpf(program, four(47, erspan2(1, i, frame)), 0x0800) % workers]++;
    }
    for (const n of shares) expect(Math.abs(n - 1000)).toBeLessThan(200);
  });

  it('looks into packets over IPv6, also behind extension headers', () => {
    const wraps: ((g: Uint8Array) => Uint8Array)[] = [
      (p) => six(47, p),
      (p) => six(60, bytes(options(47), p)),
      (p) => six(0, bytes(options(60, 3), options(43, 1), options(47), p)),
      (p) => six(44, ipv6Fragment(47, 0, false, 1, p)),
      (p) => six(0, bytes(options(44), ipv6Fragment(60, 0, false, 1, bytes(options(47), p)))),
    ];
    fc.assert(
      fc.property(address, address, fc.nat(wrappings.length - 1), fc.nat(4), (a, b, w, o) => {
        const hash = (from: string, to: string, outer: (g: Uint8Array) => Uint8Array): number =>
          runBpf(
            program,
            outer(wrappings[w](ethernet(0x0800, ipv4(from, to, 17, udp(7, 53, new Uint8Array(20)))))),
            0x86dd,
          );
        expect(hash(b, a, wraps[o])).toBe(hash(a, b, wraps[0]));
        expect(hash(a, b, wraps[0])).toBe(
          runBpf(
            program,
            four(47, erspan1(ethernet(0x0800, ipv4(a, b, 17, udp(1, 2, new Uint8Array(8)))))),
            0x0800,
          ),
        );
      }),
    );
  });

  it('looks behind as many extension headers as the filter passes', () => {
    const behind = (headers: number, inner: string): number => {
      const frame = ethernet(0x0800, ipv4(inner, '10.9.0.1', 17, udp(1, 2, new Uint8Array(30))));
      let chain = erspan2(1, 1, frame);
      for (let n = 0; n < headers; n++) chain = bytes(options(n === 0 ? 47 : 60), chain);
      return runBpf(program, six(60, chain), 0x86dd);
    };
    for (const headers of [1, MAX_OUTER_HEADERS])
      expect(behind(headers, '10.0.0.1')).not.toBe(behind(headers, '10.0.0.2'));
    expect(behind(MAX_OUTER_HEADERS + 1, '10.0.0.1')).toBe(behind(MAX_OUTER_HEADERS + 1, '10.0.0.2'));
  });

  it('uses outer addresses for what it cannot parse: all of IPv6, if fragments are expected', () => {
    const frames = ['10.0.0.1', '10.0.0.2'].map((a) =>
      ethernet(0x0800, ipv4(a, '10.9.0.1', 17, udp(1, 2, new Uint8Array(600)))),
    );
    const [one, two] = frames.map((f) => erspan2(1, 1, f));
    const fragmented = fanoutByInnerAddresses(true);
    const [first, later] = [
      six(44, ipv6Fragment(47, 0, true, 9, one.subarray(0, 64))),
      six(44, ipv6Fragment(47, 64, false, 9, two.subarray(64))),
    ];
    expect(runBpf(program, first, 0x86dd)).toBe(runBpf(program, later, 0x86dd));
    expect(runBpf(program, six(47, one), 0x86dd)).not.toBe(runBpf(program, six(47, two), 0x86dd));
    for (const p of [first, later, six(47, one), six(60, bytes(options(47), two))]) {
      expect(runBpf(fragmented, p, 0x86dd)).toBe(runBpf(program, first, 0x86dd));
    }
    expect(runBpf(fragmented, four(47, one), 0x0800)).toBe(runBpf(program, four(47, one), 0x0800));
    const v4 = (p: Uint8Array): number => runBpf(program, p, 0x0800);
    expect(v4(four(47, one.subarray(64), { fragment: [64, false] }))).toBe(
      v4(four(47, two.subarray(0, 64), { fragment: [0, true] })),
    );
    expect(v4(four(47, bytes([0x30, 0x81, 0x88, 0x0b], new Uint8Array(40))))).toBe(
      v4(four(47, bytes([0x20, 0x01, 0x88, 0x0b], new Uint8Array(20)))),
    );
  });

  it('returns a value for any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 150 }),
        fc.constantFrom(0x0800, 0x86dd, 0x8100),
        (b, protocol) => {
          if (b.length > 9) b[protocol === 0x0800 ? 9 : 6] = 47;
          expect(runBpf(program, b, protocol)).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('the fanout program of a SPAN port', () => {
  const program = fanoutByAddresses();
  const address = fc
    .integer({ min: 0, max: 0xffffffff })
    .map((n) => [24, 16, 8, 0].map((s) => (n >>> s) & 255).join('.'));
  const tag = (type: number, packet: Uint8Array): Uint8Array => bytes([0, 7, type >> 8, type & 0xff], packet);

  it('gives the same value for both directions, all ports, fragments, and behind further tags', () => {
    fc.assert(
      fc.property(address, address, fc.nat(65535), (a, b, port) => {
        const packet = (from: string, to: string, p: number, o = {}): Uint8Array =>
          ipv4(from, to, 17, udp(p, 53, new Uint8Array(20)), o);
        const one = runBpf(program, packet(a, b, port), 0x0800);
        expect(runBpf(program, packet(b, a, port ^ 1), 0x0800)).toBe(one);
        expect(runBpf(program, packet(a, b, port, { fragment: [1480, false] }), 0x0800)).toBe(one);
        expect(runBpf(program, tag(0x0800, packet(a, b, port)), 0x8100)).toBe(one);
        expect(runBpf(program, tag(0x8100, tag(0x0800, packet(b, a, port))), 0x88a8)).toBe(one);
      }),
    );
  });

  it('adds all words of IPv6 addresses, as the owner of a frame of a group is found', () => {
    const [a, b] = ['2001:db8::1', '2001:db8:7::2:3'];
    const packet = (from: string, to: string): Uint8Array => ipv6(from, to, 17, udp(1, 2, new Uint8Array(8)));
    const one = runBpf(program, packet(a, b), 0x86dd);
    expect(runBpf(program, packet(b, a), 0x86dd)).toBe(one);
    expect(runBpf(program, packet(a, '2001:db8:7::2:4'), 0x86dd)).not.toBe(one);
    const inner = (from: string, to: string): Uint8Array => erspan2(1, 1, ethernet(0x86dd, packet(from, to)));
    expect(runBpf(fanoutByInnerAddresses(), four(47, inner(a, b)), 0x0800)).toBe(one);
  });

  it('spreads conversations over workers, and sends what has no addresses to the first', () => {
    const counts = new Map<number, number>();
    for (let i = 0; i < 400; i++) {
      const packet = ipv4(`10.0.${i >> 8}.${i & 255}`, '10.1.0.1', 6, new Uint8Array(20));
      const worker = runBpf(program, packet, 0x0800) % 4;
      counts.set(worker, (counts.get(worker) ?? 0) + 1);
    }
    for (const n of [0, 1, 2, 3]) expect(counts.get(n)).toBeGreaterThan(50);
    expect(runBpf(program, new Uint8Array(46), 0x0806)).toBe(0);
    expect(runBpf(program, new Uint8Array(3), 0x8100)).toBe(0);
  });
});
