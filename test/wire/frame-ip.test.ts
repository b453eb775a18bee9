import { describe, expect, test } from 'vitest';
import { IpProtocol } from '../../src/wire/ip/ip-protocol.js';
import { IPV4_MORE_FRAGMENTS } from '../../src/wire/ip/ipv4.js';
import { EtherType } from '../../src/wire/link/ethertypes.js';
import { Malformed } from '../../src/wire/walk/malformed.js';
import { carrier, decode, f, IP, layers, SOME, TALK, talk } from '../support/decode.js';
import { hex } from '../support/hex.js';
import { ethernet, extension, ipv4, ipv6, join, tcp, udp } from '../support/stack.js';

describe('IPv6', () => {
  test('extension headers are walked', () => {
    const chain = extension(
      0,
      extension(60, extension(43, tcp(SOME), { nextHeader: 6, length: 24 }), { nextHeader: 43, length: 16 }),
      { nextHeader: 60 },
    );
    decode(ethernet(EtherType.Ipv6, ipv6(0, chain, { trafficClass: 0xb9, hopLimit: 61 })));
    expect(talk()).toBe('2001:db8::1 40000 > 2001:db8::2 443 6');
    expect(f).toMatchObject({
      ttl: 61,
      dscp: 46,
      ecn: 1,
      payloadLength: 5,
      ipLength: 40 + 48 + 25,
      malformed: 0,
    });
  });

  test('a mobility header with nothing behind it is the protocol; a cut chain stops there', () => {
    decode(ethernet(EtherType.Ipv6, ipv6(135, extension(135, new Uint8Array(0), { nextHeader: 59 }))));
    expect(f).toMatchObject({ protocol: 135, malformed: 0 });
    const b = ethernet(EtherType.Ipv6, ipv6(60, extension(60, tcp(SOME), { nextHeader: 6, length: 16 })));
    decode(b, 14 + 40 + 10);
    expect(f).toMatchObject({ protocol: 60, truncated: true, malformed: 0, sourcePort: 0 });
    decode(ethernet(EtherType.Ipv6, ipv6(60, hex('0605 0000 00000000'))));
    expect(f).toMatchObject({ protocol: 60, malformed: Malformed.Ipv6Extension });
  });

  test('more extension headers than anyone sends are refused', () => {
    let chain = tcp(SOME);
    for (let i = 0; i < 17; i++) chain = extension(60, chain, { nextHeader: i === 0 ? 6 : 60 });
    decode(ethernet(EtherType.Ipv6, ipv6(60, chain)));
    expect(f).toMatchObject({ malformed: Malformed.Ipv6Extension, sourcePort: 0 });
  });

  test('a jumbogram is as long as its option says', () => {
    const segment = extension(0, tcp(SOME), { nextHeader: 6, jumboLength: 70_000 });
    decode(ethernet(EtherType.Ipv6, ipv6(0, segment, { payloadLength: 0 })));
    expect(f).toMatchObject({
      ipLength: 70_040,
      payloadLength: 70_000 - 8 - 20,
      truncated: true,
      sourcePort: 40000,
    });
  });

  test('a jumbogram longer than anyone sends is as long as its frame', () => {
    const segment = extension(0, tcp(SOME), { nextHeader: 6, jumboLength: 0xffff_ffff });
    decode(ethernet(EtherType.Ipv6, ipv6(0, segment, { payloadLength: 0 })));
    expect(f).toMatchObject({
      ipLength: 40 + segment.length,
      payloadLength: SOME.length,
      truncated: false,
      sourcePort: 40000,
    });
  });

  test('a payload length of 0 without the option means the length of the frame', () => {
    decode(ethernet(EtherType.Ipv6, ipv6(6, tcp(new Uint8Array(3000)), { payloadLength: 0 })));
    expect(f).toMatchObject({ ipLength: 3060, payloadLength: 3000, truncated: false });
    decode(ethernet(EtherType.Ipv6, join(ipv6(59, new Uint8Array(0)), SOME)));
    expect(f).toMatchObject({ ipLength: 40, protocol: 59 });
  });
});

describe('fragments', () => {
  test('the first one has ports, the others only their offset', () => {
    const fragment = { identification: 99, fragment: IPV4_MORE_FRAGMENTS };
    decode(ethernet(EtherType.Ipv4, ipv4(17, udp(53, new Uint8Array(16), { length: 4000 }), fragment)));
    expect(f).toMatchObject({
      destinationPort: 53,
      moreFragments: true,
      fragmentId: 99,
      malformed: 0,
      truncated: false,
    });
    decode(
      ethernet(EtherType.Ipv4, ipv4(17, udp(53, new Uint8Array(16)), { identification: 99, fragment: 3 })),
    );
    expect(f).toMatchObject({
      destinationPort: 0,
      fragmentOffset: 24,
      moreFragments: false,
      protocol: 17,
      transport: -1,
    });
    expect(layers()).toBe('ethernet ipv4 fragment');
  });

  test('over IPv6 are decoded', () => {
    const part = (fragment: number) =>
      ipv6(44, extension(44, tcp(SOME), { nextHeader: 6, fragment, identification: 0x80000000 }));
    decode(ethernet(EtherType.Ipv6, part(1)));
    expect(f).toMatchObject({
      sourcePort: 40000,
      fragmentOffset: 0,
      moreFragments: true,
      fragmentId: 0x80000000,
    });
    decode(ethernet(EtherType.Ipv6, part(16 << 3)));
    expect(f).toMatchObject({ sourcePort: 0, fragmentOffset: 128, protocol: 6 });
  });

  test('the first one of a tunnel packet shows the inner packet, which does not count as cut', () => {
    const whole = ipv4(IpProtocol.Ipip, ipv4(6, tcp(new Uint8Array(1000))), carrier);
    const first = ipv4(IpProtocol.Ipip, whole.subarray(20, 20 + 200), {
      ...carrier,
      fragment: IPV4_MORE_FRAGMENTS,
    });
    decode(ethernet(EtherType.Ipv4, first));
    expect(talk()).toBe(TALK);
    expect(f).toMatchObject({ ipLength: 1040, truncated: false, moreFragments: false });
  });
});

describe('protocols of IP', () => {
  test('ICMP has type and code; the packet that it quotes is no layer', () => {
    decode(ethernet(EtherType.Ipv4, ipv4(1, join(hex('0303 0000 00000000'), IP.subarray(0, 28)))));
    expect(f).toMatchObject({ icmpType: 3, icmpCode: 3, protocol: 1, sourcePort: 0, payloadLength: 28 });
    expect(layers()).toBe('ethernet ipv4 icmp');
  });

  test.each([
    [IpProtocol.Igmp, 'igmp'],
    [IpProtocol.Ospf, 'ospf'],
    [IpProtocol.Pim, 'pim'],
    [IpProtocol.Esp, 'esp'],
    [IpProtocol.Icmp6, 'icmp6'],
    [99, 'other'],
  ])('protocol %i', (protocol, word) => {
    decode(ethernet(EtherType.Ipv4, ipv4(protocol, new Uint8Array(24))));
    expect(layers()).toBe(`ethernet ipv4 ${word}`);
    expect(f).toMatchObject({ protocol, transport: 38, malformed: 0 });
  });

  test('SCTP has ports', () => {
    decode(ethernet(EtherType.Ipv4, ipv4(132, hex('1388 1389 00000001 00000000 00000000'))));
    expect(f).toMatchObject({ sourcePort: 5000, destinationPort: 5001, payloadLength: 4, malformed: 0 });
  });

  test('AH is walked to its transport, in IPv4 and IPv6', () => {
    const ah = join(hex('0604 0000 00000001 00000001'), new Uint8Array(12), tcp(SOME));
    decode(ethernet(EtherType.Ipv4, ipv4(51, ah)));
    expect([talk(), layers()]).toEqual([TALK, 'ethernet ipv4 ah tcp']);
    decode(ethernet(EtherType.Ipv6, ipv6(51, ah)));
    expect(layers()).toBe('ethernet ipv6 ah tcp');
    expect(f.payloadLength).toBe(5);
  });
});
