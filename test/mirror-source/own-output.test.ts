import { describe, expect, test } from 'vitest';
import { MOST_TARGETS } from '../../src/mirror-source/limits.js';
import { passAllButOwn } from '../../src/mirror-source/own-output.js';
import { PacketFilter } from '../../src/mirror-source/packet-filter.js';
import { parseAddress } from '../../src/tunnels/spec/address.js';
import { bytes, ethernet, ipv4, ipv6, ipv6Fragment, udp } from '../support/frames.js';

const PAYLOAD = new Uint8Array(24);
const PORT = 4789;
const VXLAN = udp(50000, PORT, PAYLOAD);
const addressed = (...texts: string[]) => texts.map((text) => parseAddress(text) as Uint8Array);

function passes(to: string[], port: number | undefined, linkHeader: boolean, packet: Uint8Array): boolean {
  return run(new PacketFilter(passAllButOwn({ addresses: addressed(...to), port }, linkHeader)), packet);
}

function run(filter: PacketFilter, packet: Uint8Array): boolean {
  return filter.passes(packet, 0, packet.length, packet.length);
}

const FOUR = '10.0.0.2';
const SIX = '2001:db8::2';

describe.each([
  ['GRE', undefined, 47, bytes(PAYLOAD)],
  ['UDP', PORT, 17, VXLAN],
] as const)('a mirror in %s leaves out its own output', (_, port, protocol, payload) => {
  const four = ipv4('10.0.0.1', FOUR, protocol, payload);
  const six = ipv6('2001:db8::1', SIX, protocol, payload);
  const later4 = ipv4('10.0.0.1', FOUR, protocol, PAYLOAD, { fragment: [64, false] });
  const first4 = ipv4('10.0.0.1', FOUR, protocol, payload, { fragment: [0, true] });
  const later6 = ipv6('2001:db8::1', SIX, 44, ipv6Fragment(protocol, 8, false, 1, PAYLOAD));
  const first6 = ipv6('2001:db8::1', SIX, 44, ipv6Fragment(protocol, 0, true, 1, payload));

  test.each([
    ['IPv4', ethernet(0x0800, four)],
    ['IPv4 with a tag', ethernet(0x0800, four, [[0x8100, 5]])],
    [
      'IPv4 with two tags',
      ethernet(0x0800, four, [
        [0x88a8, 6],
        [0x8100, 5],
      ]),
    ],
    ['a first fragment over IPv4', ethernet(0x0800, first4)],
    ['a later fragment over IPv4', ethernet(0x0800, later4)],
    ['IPv6', ethernet(0x86dd, six)],
    ['IPv6 with a tag', ethernet(0x86dd, six, [[0x8100, 5]])],
    ['a first fragment over IPv6', ethernet(0x86dd, first6)],
    ['a later fragment over IPv6', ethernet(0x86dd, later6)],
  ])('%s', (_, frame) => {
    expect(passes([FOUR, SIX], port, true, frame)).toBe(false);
  });

  test('without a link header', () => {
    for (const packet of [four, first4, later4, six, first6, later6])
      expect(passes([FOUR, SIX], port, false, packet)).toBe(false);
  });

  test('to each of many collectors, of both IP versions', () => {
    // Twice as many as there may be: while names move, both addresses are left out.
    const fours = Array.from({ length: 2 * MOST_TARGETS }, (_, i) => `10.1.0.${i}`);
    const sixes = Array.from({ length: 2 * MOST_TARGETS }, (_, i) => `2001:db8:1::${i.toString(16)}`);
    const filter = new PacketFilter(passAllButOwn({ addresses: addressed(...fours, ...sixes), port }, true));
    for (const to of fours)
      expect(run(filter, ethernet(0x0800, ipv4('10.0.0.1', to, protocol, payload)))).toBe(false);
    for (const to of sixes)
      expect(run(filter, ethernet(0x86dd, ipv6('2001:db8::1', to, protocol, payload)))).toBe(false);
    expect(run(filter, ethernet(0x0800, four))).toBe(true);
    expect(run(filter, ethernet(0x86dd, six))).toBe(true);
  });

  test('and nothing else', () => {
    const other = protocol === 47 ? 17 : 47;
    for (const packet of [
      ethernet(0x0800, ipv4(FOUR, '10.0.0.1', protocol, payload)),
      ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.3', protocol, payload)),
      ethernet(0x0800, ipv4('10.0.0.1', FOUR, 6, payload)),
      ethernet(0x0800, ipv4('10.0.0.1', FOUR, other, payload)),
      ethernet(0x86dd, ipv6('2001:db8::1', '2001:db8::3', protocol, payload)),
      ethernet(0x86dd, ipv6('2001:db8::1', SIX, other, payload)),
      ethernet(0x86dd, ipv6('2001:db8::1', SIX, 44, ipv6Fragment(other, 8, false, 1, PAYLOAD))),
      ethernet(0x0806, new Uint8Array(28)),
    ]) {
      expect(passes([FOUR, SIX], port, true, packet)).toBe(true);
    }
  });
});

test('UDP to another port of a collector is not the mirror', () => {
  const dns = udp(50000, 53, PAYLOAD);
  for (const packet of [
    ethernet(0x0800, ipv4('10.0.0.1', FOUR, 17, dns)),
    ethernet(0x0800, ipv4('10.0.0.1', FOUR, 17, dns, { fragment: [0, true] })),
    ethernet(0x86dd, ipv6('2001:db8::1', SIX, 17, dns)),
    ethernet(0x86dd, ipv6('2001:db8::1', SIX, 44, ipv6Fragment(17, 0, true, 1, dns))),
  ]) {
    expect(passes([FOUR, SIX], PORT, true, packet)).toBe(true);
  }
});
