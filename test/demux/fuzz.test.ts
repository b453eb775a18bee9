import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkType } from '../../src/model/batch.js';
import { addsUp } from '../support/adds-up.js';
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
  tcp,
  udp,
} from '../support/frames.js';
import { Collected } from './collect.js';
import { batchOf, type Captured } from './outer.js';

const IP = ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, new Uint8Array(40)));
const FRAME = ethernet(0x0800, ipv4('192.168.1.2', '192.168.1.3', 6, tcp(5000, 443, 2)), [[0x8100, 7]]);
const GRES = [
  erspan1(FRAME),
  erspan2(5, 77, FRAME, 9),
  erspan3(5, 78, FRAME),
  erspan3(5, 79, IP, 2, bytes([4, 0, 0, 1, 0, 0, 0, 2])),
  gre(0x0800, IP, { key: 5, sequence: 3, checksum: true }),
  gre(0x6558, FRAME),
  mellanox(FRAME),
  gre(0x883e, bytes([0x80, 0, 0, 0], IP)),
  gre(0x8909, bytes([8, 0, 1, 1, 0, 1, 0, 99], IP)),
  gre(0x880b, bytes([0xff, 3, 0, 0x21], IP)),
  gre(
    0x9000,
    bytes(
      [0x88, 2],
      new Uint8Array(22),
      [0x80, 0],
      new Uint8Array(12),
      [0, 40],
      [0xaa, 0xaa, 3],
      new Uint8Array(37),
    ),
  ),
  bytes([0x30, 0x81, 0x88, 0x0b, 0, IP.length + 1, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2, 0x21], IP),
  gre(0x0800, ipv4('10.1.0.1', '10.1.0.2', 47, erspan2(1, 1, FRAME))),
];
const PACKETS = GRES.flatMap((g) => {
  const four = ipv4('10.0.0.1', '10.0.0.9', 47, g);
  const six = ipv6('2001:db8:1::1', '2001:db8:1::9', 47, g);
  return [
    { bytes: four, linkType: LinkType.Raw },
    { bytes: six, linkType: LinkType.Raw },
    { bytes: ethernet(0x0800, four, [[0x8100, 3]]), linkType: LinkType.Ethernet },
    { bytes: ethernet(0x8847, bytes([0, 1, 1, 64], six)), linkType: LinkType.Ethernet },
    {
      bytes: ipv4('10.0.0.1', '10.0.0.9', 47, g.subarray(0, 48), { fragment: [0, true] }),
      linkType: LinkType.Raw,
    },
    {
      bytes: ipv4('10.0.0.1', '10.0.0.9', 47, g.subarray(48), { fragment: [48, false] }),
      linkType: LinkType.Raw,
    },
    {
      bytes: ipv6('2001:db8:1::1', '2001:db8:1::9', 44, ipv6Fragment(47, 0, true, 1, g.subarray(0, 48))),
      linkType: LinkType.Raw,
    },
    {
      bytes: ipv6('2001:db8:1::1', '2001:db8:1::9', 44, ipv6Fragment(47, 48, false, 1, g.subarray(48))),
      linkType: LinkType.Raw,
    },
  ];
});

/** A packet of {@link PACKETS} with some bytes changed, cut, or with a greater length on the wire. */
const MUTATED: fc.Arbitrary<Captured> = fc
  .record({
    which: fc.nat(PACKETS.length - 1),
    changes: fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 4 }),
    cut: fc.option(fc.nat(200)),
    beyond: fc.option(fc.nat(70_000)),
    linkType: fc.option(fc.constantFrom(0, 1, 12, 101, 108, 113, 228, 229, 276), { freq: 8 }),
    sec: fc.nat(100_000),
  })
  .map(({ which, changes, cut, beyond, linkType, sec }) => {
    const packet = PACKETS[which];
    const b = packet.bytes.slice(0, cut ?? packet.bytes.length);
    for (const [at, value] of changes) if (at < b.length) b[at] = value;
    return { bytes: b, linkType: linkType ?? packet.linkType, sec, length: b.length + (beyond ?? 0) };
  });

const RANDOM: fc.Arbitrary<Captured> = fc.record({
  bytes: fc.uint8Array({ maxLength: 300 }),
  linkType: fc.constantFrom(0, 1, 101, 108, 113, 228, 229, 276, 147),
  sec: fc.nat(0xffffffff),
});

describe('the demultiplexer', () => {
  it.each([
    ['changed packets', MUTATED, 400],
    ['random bytes', RANDOM, 400],
  ])('accepts %s without an error, and accounts for every packet', (_, packet, numRuns) => {
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 60, size: 'max' }), (packets) => {
        const out = new Collected({ reassembly: { datagrams: 8, memory: 200_000 } });
        out.demux.process(batchOf(packets));
        addsUp(out, packets.length);
      }),
      { numRuns },
    );
  });

  it('finds a frame in every unchanged packet', () => {
    const out = new Collected();
    out.demux.process(batchOf(PACKETS));
    addsUp(out, PACKETS.length);
    expect(out.malformed).toEqual({});
    expect(out.demux.counters.gre).toBe(GRES.length * 6);
    expect(out.frames.length).toBeGreaterThanOrEqual(GRES.length * 6);
  });
});
