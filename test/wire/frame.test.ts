import { describe, expect, test } from 'vitest';
import { formatMac } from '../../src/wire/ip/addresses.js';
import { IpProtocol } from '../../src/wire/ip/ip-protocol.js';
import { EtherType } from '../../src/wire/link/ethertypes.js';
import { TCP_ACK } from '../../src/wire/transport/tcp.js';
import {
  decodeFrame,
  Frame,
  FrameKind,
  KNOWN_TUNNEL_PORTS,
  LAYER_NAMES,
  Layer,
  Walk,
} from '../../src/wire/walk/frame.js';
import { Malformed } from '../../src/wire/walk/malformed.js';
import { address, decode, f, IP, layers, SOME, TALK, talk } from '../support/decode.js';
import { hex } from '../support/hex.js';
import { ethernet, ipv4, ipv6, join, tcp, udp, vlan } from '../support/stack.js';

const walk = new Walk(KNOWN_TUNNEL_PORTS);

test('every layer has a name', () => {
  for (const code of Object.values(Layer)) expect(LAYER_NAMES[code]).toMatch(/^[a-z0-9_]+$/);
});

describe('a plain TCP segment', () => {
  test('gives every field', () => {
    const b = ethernet(
      EtherType.Ipv4,
      ipv4(IpProtocol.Tcp, tcp(SOME, { headerLength: 32, acknowledgment: 7 }), {
        tos: 0xb9,
        ttl: 63,
        identification: 77,
        headerLength: 24,
      }),
    );
    decode(b);
    expect(talk()).toBe(TALK);
    expect(layers()).toBe('ethernet ipv4 tcp');
    expect(Array.from(f.layerOffset.subarray(0, 3))).toEqual([4, 18, 42]);
    expect(f).toMatchObject({ mac: 4, macSource: 10, etherType: 0x0800, subType: 0, vlanCount: 0 });
    expect(f).toMatchObject({ ipVersion: 4, ip: 18, ipLength: 24 + 32 + 5, ttl: 63, dscp: 46, ecn: 1 });
    expect(f).toMatchObject({ fragmentOffset: 0, moreFragments: false, fragmentId: 77 });
    expect(f).toMatchObject({
      transport: 42,
      payload: 74,
      payloadLength: 5,
      tcpFlags: TCP_ACK,
      tcpWindow: 512,
    });
    expect(f).toMatchObject({
      tcpSequence: 0x80000001,
      tcpAcknowledgment: 7,
      truncated: false,
      malformed: 0,
    });
    expect(formatMac(f.bytes, f.macSource)).toBe('02:00:00:00:00:01');
  });

  test('excludes padding and a trailing FCS from the payload', () => {
    decode(join(ethernet(EtherType.Ipv4, IP), hex('00000000000011223344')));
    expect(f).toMatchObject({ ipLength: 45, payloadLength: 5, truncated: false });
  });

  test('with a total length of 0 (captured before segmentation) is as long as the frame', () => {
    decode(ethernet(EtherType.Ipv4, ipv4(IpProtocol.Tcp, tcp(new Uint8Array(3000)), { totalLength: 0 })));
    expect(f).toMatchObject({ ipLength: 3040, payloadLength: 3000, malformed: 0 });
  });

  test('keeps nothing of the frame before', () => {
    decode(ethernet(EtherType.Vlan, vlan(5, EtherType.Ipv4, IP)), 40);
    decode(ethernet(EtherType.Ipv6, ipv6(IpProtocol.Icmp6, hex('8000000000010001'))));
    const after = structuredClone(Object.values(f).filter((v) => typeof v !== 'object'));
    const fresh = new Frame();
    decodeFrame(walk, FrameKind.Ethernet, 0, f.bytes, f.start, f.end, f.end, fresh);
    expect(after).toEqual(Object.values(fresh).filter((v) => typeof v !== 'object'));
  });

  test('leaves the time to the caller', () => {
    f.sec = 5;
    f.nsec = 6;
    decode(ethernet(EtherType.Ipv4, IP));
    expect([f.sec, f.nsec]).toEqual([5, 6]);
  });
});

describe('a frame that is cut', () => {
  const b = ethernet(EtherType.Ipv4, IP);

  test('counts with its full length, and with what was captured', () => {
    decode(b, 14 + 20 + 20 + 1);
    expect(f).toMatchObject({ truncated: true, ipLength: 45, payloadLength: 5, malformed: 0 });
    expect(talk()).toBe(TALK);
  });

  test.each([
    [4, { sourcePort: 40000, destinationPort: 443, tcpSequence: 0, tcpFlags: 0 }],
    [8, { sourcePort: 40000, tcpSequence: 0x80000001, tcpFlags: 0 }],
    [14, { sourcePort: 40000, tcpFlags: TCP_ACK, tcpWindow: 0 }],
    [3, { sourcePort: 0, destinationPort: 0, protocol: 6, transport: 4 + 34 }],
    [0, { sourcePort: 0, protocol: 6, transport: -1 }],
  ])('has the fields of %i bytes of TCP', (n, fields) => {
    decode(b, 34 + n);
    expect(f).toMatchObject({ truncated: true, malformed: 0, ipVersion: 4, ipLength: 45, ...fields });
  });

  test('has its addresses if cut within IPv4 options, only its MACs if cut before them', () => {
    const options = ethernet(EtherType.Ipv4, ipv4(IpProtocol.Tcp, tcp(SOME), { headerLength: 40 }));
    decode(options, 14 + 24);
    expect(f).toMatchObject({ ipVersion: 4, protocol: 6, transport: -1, truncated: true, malformed: 0 });
    expect(address(f.source)).toBe('10.0.0.1');
    decode(options, 14 + 19);
    expect(f).toMatchObject({ ipVersion: 0, etherType: 0x0800, mac: 4, truncated: true, malformed: 0 });
  });

  test.each([0, 5, 13])('has no MACs with %i bytes of Ethernet', (n) => {
    decode(b, n);
    expect(f).toMatchObject({ ipVersion: 0, mac: -1, truncated: true, malformed: 0, layerCount: 0 });
    expect(f.ipLength).toBe(b.length);
  });

  test('is malformed if the capture did not cut it', () => {
    decode(ethernet(EtherType.Ipv4, ipv4(IpProtocol.Tcp, hex('9c4001bb0000'))));
    expect(f).toMatchObject({ malformed: Malformed.TransportShort, sourcePort: 40000, truncated: false });
    decode(hex('020000000001'));
    expect(f.malformed).toBe(Malformed.Ethernet);
    decode(ethernet(EtherType.Ipv4, hex('4500')));
    expect(f).toMatchObject({ malformed: Malformed.FrameShort, ipVersion: 0, etherType: 0x0800 });
  });
});

describe('a wrong header stops the walk with what is known', () => {
  test.each([
    ['version 6 under 0x0800', ethernet(EtherType.Ipv4, ipv6(6, tcp(SOME))), Malformed.IpVersion],
    ['version 4 under 0x86dd', ethernet(EtherType.Ipv6, join(IP, SOME)), Malformed.IpVersion],
    [
      'header length 16',
      ethernet(EtherType.Ipv4, join(hex('44'), IP.subarray(1))),
      Malformed.Ipv4HeaderLength,
    ],
    [
      'header length 60 in a packet of 45',
      ethernet(EtherType.Ipv4, join(hex('4f'), IP.subarray(1))),
      Malformed.Ipv4HeaderLength,
    ],
    [
      'total length 19',
      ethernet(EtherType.Ipv4, ipv4(6, tcp(SOME), { totalLength: 19 })),
      Malformed.Ipv4TotalLength,
    ],
    ['an 802.3 frame without LLC', ethernet(1, hex('42')), Malformed.Llc],
    ['half a VLAN tag', ethernet(EtherType.Vlan, hex('0001')), Malformed.Vlan],
    ['labels without a bottom', ethernet(EtherType.Mpls, new Uint8Array(80)), Malformed.Mpls],
    ['PPPoE version 2', ethernet(EtherType.Pppoe, hex('210000010002 0021')), Malformed.Pppoe],
    ['an even PPP protocol', ethernet(EtherType.Pppoe, hex('110000010002 0020')), Malformed.Ppp],
    [
      'Cisco metadata version 2',
      ethernet(EtherType.CiscoMetadata, hex('0201 0001 0007 0800')),
      Malformed.CiscoMetadata,
    ],
    ['half an ARP', ethernet(EtherType.Arp, hex('00010800')), Malformed.Arp],
  ])('%s', (_, b, code) => {
    decode(b);
    expect(f).toMatchObject({ malformed: code, ipVersion: 0, mac: 4, truncated: false, ipLength: b.length });
  });

  test.each([
    ['TCP data offset 4', ipv4(6, tcp(SOME, { headerLength: 16 })), Malformed.TcpOffset],
    [
      'TCP header beyond the packet',
      ipv4(6, tcp(new Uint8Array(0), { headerLength: 60 }).subarray(0, 24)),
      Malformed.TcpOffset,
    ],
    ['UDP length 7', ipv4(17, udp(53, SOME, { length: 7 })), Malformed.UdpLength],
    ['UDP length beyond the packet', ipv4(17, udp(53, SOME, { length: 14 })), Malformed.UdpLength],
    ['an AH of 8 bytes', ipv4(51, hex('0600 0000 00000001 00000001')), Malformed.Ah],
  ])('%s leaves the conversation', (_, b, code) => {
    decode(ethernet(EtherType.Ipv4, b));
    expect(f).toMatchObject({ malformed: code, ipVersion: 4, protocol: b[9] });
  });

  test('more layers than the walk has steps', () => {
    let b = IP;
    for (let i = 0; i < 40; i++) b = vlan(i, i === 0 ? EtherType.Ipv4 : EtherType.Vlan, b);
    decode(ethernet(EtherType.Vlan, b));
    expect(f).toMatchObject({ malformed: Malformed.TooManyLayers, layerCount: 32, vlanCount: 8 });
    let ah = join(hex('3b04 0000 00000001 00000001'), new Uint8Array(12));
    for (let i = 0; i < 60; i++) ah = join(hex('3301 0000 00000001 00000001'), ah);
    decode(ethernet(EtherType.Ipv4, ipv4(IpProtocol.Ah, ah)));
    expect(f).toMatchObject({ malformed: Malformed.TooManyLayers, protocol: IpProtocol.Ah });
  });
});
