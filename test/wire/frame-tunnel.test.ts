import { describe, expect, test } from 'vitest';
import { EtherType } from '../../src/wire/link/ethertypes.js';
import { GRE_KEY, GRE_SEQ } from '../../src/wire/tunnel/gre.js';
import type { Overlay } from '../../src/wire/tunnel/overlay-kinds.js';
import { decodeFrame, FrameKind, Layer, TunnelPorts, Walk } from '../../src/wire/walk/frame.js';
import { Malformed } from '../../src/wire/walk/malformed.js';
import { address, carrier, decode, f, IP, layers, SOME, TALK, talk } from '../support/decode.js';
import { hex } from '../support/hex.js';
import { ethernet, extension, gre, ipv4, ipv6, join, mpls, tcp, udp, vlan } from '../support/stack.js';

describe('ids of overlays and GTP-U tunnels', () => {
  const vxlan = (vni: string, payload: Uint8Array, flags = '08'): Uint8Array =>
    udp(4789, join(hex(`${flags}000000 ${vni} 00`), payload));
  const framed = ethernet(EtherType.Ipv4, IP);
  const gtpu = (teid: string, payload: Uint8Array): Uint8Array =>
    udp(2152, join(hex(`30ff ${payload.length.toString(16).padStart(4, '0')} ${teid}`), payload));
  const carried = (payload: Uint8Array): Uint8Array => ipv4(17, payload, carrier);
  test.each([
    ['none', IP, -1, 0],
    ['VXLAN', carried(vxlan('000064', framed)), 100, 0],
    ['VXLAN, network 0', carried(vxlan('000000', framed)), 0, 0],
    ['GENEVE', carried(udp(6081, join(hex('0000 0800 abcdef 00'), IP))), 0xabcdef, 0],
    ['VXLAN-GPE', carried(udp(4790, join(hex('0c000001 000007 00'), IP))), 7, 0],
    ['VXLAN-GPE without a network', carried(udp(4790, join(hex('04000001 000007 00'), IP))), -1, 0],
    ['GTP-U', carried(gtpu('fffefdfc', IP)), -1, 0xfffefdfc],
    [
      'VXLAN in VXLAN: the inner one',
      carried(vxlan('000064', ethernet(0x0800, carried(vxlan('0000c8', framed))))),
      200,
      0,
    ],
    [
      'GTP-U in VXLAN: both',
      carried(vxlan('000064', ethernet(0x0800, carried(gtpu('00000009', IP))))),
      100,
      9,
    ],
    [
      'VXLAN, and GRE in it',
      carried(vxlan('000064', ethernet(0x0800, ipv4(47, gre(0x0800, IP), carrier)))),
      100,
      0,
    ],
    [
      'what only looks like VXLAN in VXLAN',
      carried(vxlan('000064', ethernet(0x0800, carried(vxlan('0000c8', framed, '00'))))),
      100,
      0,
    ],
    [
      'VXLAN around no IP packet: the conversation is the carrier’s',
      carried(vxlan('000064', ethernet(0x0806, SOME))),
      -1,
      0,
    ],
    [
      'the same within VXLAN',
      carried(vxlan('000064', ethernet(0x0800, carried(vxlan('0000c8', ethernet(0x88cc, SOME)))))),
      100,
      0,
    ],
  ])('%s', (_, packet, vni, teid) => {
    decode(ethernet(EtherType.Ipv4, packet));
    expect([f.vni, f.teid]).toEqual([vni, teid]);
    // They are not kept from the frame before.
    decode(ethernet(EtherType.Ipv4, IP));
    expect([f.vni, f.teid]).toEqual([-1, 0]);
  });

  test('are found behind other ports if configured', () => {
    const b = ethernet(EtherType.Ipv4, carried(udp(4799, join(hex('08000000 000064 00'), framed))));
    const walk = (...overlays: Overlay[]): string => {
      decodeFrame(new Walk(new TunnelPorts(overlays)), FrameKind.Ethernet, 0, b, 0, b.length, b.length, f);
      return `${layers()} ${f.vni}`;
    };
    expect(walk()).toBe('ethernet ipv4 udp -1');
    expect(walk({ kind: 'vxlan', port: 4799 })).toBe('ethernet ipv4 udp vxlan ethernet ipv4 tcp 100');
    expect(walk({ kind: 'vxlan', port: 4799 }, { kind: 'none', port: 4799 })).toBe('ethernet ipv4 udp -1');
    // The payload is no Geneve: the conversation stays the carrier's.
    expect(walk({ kind: 'geneve', port: 4799 })).toBe('ethernet ipv4 udp geneve other -1');
  });
});

describe('tunnels', () => {
  const inner = ethernet(EtherType.Vlan, vlan(7, EtherType.Ipv4, IP));
  test.each([
    ['IP in IP', ipv4(4, IP, carrier), 'ipv4 ipv4 tcp'],
    ['IPv6 in IPv4', ipv4(41, ipv6(6, tcp(SOME)), carrier), 'ipv4 ipv6 tcp'],
    ['MPLS in IP', ipv4(137, mpls(5, 1, IP), carrier), 'ipv4 mpls ipv4 tcp'],
    ['GRE', ipv4(47, gre(0x0800, IP, { flags: GRE_KEY, key: 9 }), carrier), 'ipv4 gre ipv4 tcp'],
    ['MPLS in UDP', ipv4(17, udp(6635, mpls(5, 1, IP)), carrier), 'ipv4 udp mpls ipv4 tcp'],
    ['a PIM register', ipv4(103, join(hex('2100 0000 00000000'), IP), carrier), 'ipv4 pim ipv4 tcp'],
    ['GRE with Ethernet', ipv4(47, gre(0x6558, inner), carrier), 'ipv4 gre ethernet vlan ipv4 tcp'],
    ['GRE with PPP', ipv4(47, gre(0x880b, join(hex('ff030021'), IP)), carrier), 'ipv4 gre ppp ipv4 tcp'],
    ['GRE with WCCP', ipv4(47, gre(0x883e, join(hex('00000001'), IP)), carrier), 'ipv4 gre wccp ipv4 tcp'],
    ['GRE with WCCP version 1', ipv4(47, gre(0x883e, IP), carrier), 'ipv4 gre wccp ipv4 tcp'],
    [
      'GRE in GRE',
      ipv4(47, gre(0x0800, ipv4(47, gre(0x0800, IP), carrier)), carrier),
      'ipv4 gre ipv4 gre ipv4 tcp',
    ],
    ['GRE in UDP', ipv4(17, udp(4754, gre(0x0800, IP)), carrier), 'ipv4 udp gre ipv4 tcp'],
    [
      'PPTP',
      ipv4(
        47,
        gre(0x880b, join(hex('21'), IP), { flags: 1 | GRE_KEY | GRE_SEQ, key: (46 << 16) | 5 }),
        carrier,
      ),
      'ipv4 gre ppp ipv4 tcp',
    ],
    [
      'a mirror of a Spectrum switch',
      ipv4(47, gre(0x8949, join(new Uint8Array(22), inner)), carrier),
      'ipv4 gre mellanox ethernet vlan ipv4 tcp',
    ],
    ['ERSPAN I', ipv4(47, gre(0x88be, inner), carrier), 'ipv4 gre erspan1 ethernet vlan ipv4 tcp'],
    [
      'ERSPAN II',
      ipv4(47, gre(0x88be, join(hex('1000 001e 0000007b'), inner), { flags: GRE_SEQ }), carrier),
      'ipv4 gre erspan2 ethernet vlan ipv4 tcp',
    ],
    [
      'ERSPAN III',
      ipv4(47, gre(0x22eb, join(hex('2000 001e 00000000 0000 0000'), inner), { flags: GRE_SEQ }), carrier),
      'ipv4 gre erspan3 ethernet vlan ipv4 tcp',
    ],
    [
      'ERSPAN III with bare IP',
      ipv4(47, gre(0x22eb, join(hex('2000 001e 00000000 0000 0800'), IP), { flags: GRE_SEQ }), carrier),
      'ipv4 gre erspan3 ipv4 tcp',
    ],
    [
      'VXLAN',
      ipv4(17, udp(4789, join(hex('08000000 00006400'), inner)), carrier),
      'ipv4 udp vxlan ethernet vlan ipv4 tcp',
    ],
    [
      'GENEVE with options',
      ipv4(17, udp(6081, join(hex('0100 6558 00006400 01020300'), inner)), carrier),
      'ipv4 udp geneve ethernet vlan ipv4 tcp',
    ],
    [
      'GENEVE with bare IP',
      ipv4(17, udp(6081, join(hex('0000 0800 00006400'), IP)), carrier),
      'ipv4 udp geneve ipv4 tcp',
    ],
    [
      'VXLAN on the port of Linux',
      ipv4(17, udp(8472, join(hex('08000000 00006400'), inner)), carrier),
      'ipv4 udp vxlan ethernet vlan ipv4 tcp',
    ],
    [
      'VXLAN-GPE without a protocol',
      ipv4(17, udp(4790, join(hex('08000001 00006400'), inner)), carrier),
      'ipv4 udp vxlan_gpe ethernet vlan ipv4 tcp',
    ],
    [
      'VXLAN-GPE with Ethernet',
      ipv4(17, udp(4790, join(hex('0c000003 00006400'), inner)), carrier),
      'ipv4 udp vxlan_gpe ethernet vlan ipv4 tcp',
    ],
    [
      'VXLAN-GPE with bare IP',
      ipv4(17, udp(4790, join(hex('0c000001 00006400'), IP)), carrier),
      'ipv4 udp vxlan_gpe ipv4 tcp',
    ],
    [
      'VXLAN-GPE with NSH',
      ipv4(17, udp(4790, join(hex('0c000004 00006400 0fc2020300000101'), inner)), carrier),
      'ipv4 udp vxlan_gpe nsh ethernet vlan ipv4 tcp',
    ],
    ['GTP-U', ipv4(17, udp(2152, join(hex('30ff 002d 00000009'), IP)), carrier), 'ipv4 udp gtpu ipv4 tcp'],
    [
      'GTP-U with a sequence number and an extension header',
      ipv4(17, udp(2152, join(hex('36ff 0035 00000009 0001 00 85 01 0009 00'), IP)), carrier),
      'ipv4 udp gtpu ipv4 tcp',
    ],
    ['EtherIP', ipv4(97, join(hex('3000'), inner), carrier), 'ipv4 etherip ethernet vlan ipv4 tcp'],
    ['Ethernet as SRv6 has it', ipv4(143, inner, carrier), 'ipv4 ethernet vlan ipv4 tcp'],
  ])('%s', (_, b, stack) => {
    decode(ethernet(EtherType.Ipv4, b));
    expect(layers()).toBe(`ethernet ${stack}`);
    expect(talk()).toMatch(/ 40000 > .* 443 6$/);
    expect(f).toMatchObject({ malformed: 0, payloadLength: 5, truncated: false });
    expect(f.vlanCount).toBe(stack.includes('vlan') && f.vlanIds[0] === 7 ? 1 : 0);
    const macs = f.layerKind.subarray(0, f.layerCount).lastIndexOf(Layer.Ethernet);
    expect(f.mac).toBe(f.layerOffset[macs]);
  });

  test.each([
    ['VXLAN without its flag', ipv4(17, udp(4789, join(hex('00000000 00006400'), inner)), carrier)],
    ['half an Ethernet header in VXLAN', ipv4(17, udp(4789, hex('08000000 00006400 0200')), carrier)],
    [
      'a VLAN and no IP in VXLAN',
      ipv4(17, udp(4789, join(hex('08000000 00006400'), inner.subarray(0, 30))), carrier),
    ],
    ['another version of GENEVE', ipv4(17, udp(6081, hex('40000800 00000000')), carrier)],
    ['GRE version 2', ipv4(47, gre(0x0800, IP, { flags: 2 }), carrier)],
    ['GRE that is cut in its header', ipv4(47, hex('3000 0800 0000'), carrier)],
    ['ERSPAN version 5', ipv4(47, gre(0x88be, hex('5000000000000000'), { flags: GRE_SEQ }), carrier)],
    [
      'a Spectrum switch’s mirror that is cut in its header',
      ipv4(47, gre(0x8949, new Uint8Array(21)), carrier),
    ],
    ['GTP-U of version 2', ipv4(17, udp(2152, join(hex('50ff 002d 00000009'), IP)), carrier)],
    ['GTP-U with a payload that is no IP', ipv4(17, udp(2152, hex('30ff 0004 00000009 01020304')), carrier)],
    ['VXLAN-GPE of version 1', ipv4(17, udp(4790, join(hex('1c000003 00006400'), inner)), carrier)],
    ['EtherIP of version 2', ipv4(97, join(hex('2000'), inner), carrier)],
    ['IP in IP that is none', ipv4(4, hex('0102030405'), carrier)],
  ])('%s leaves the conversation and the layers with the carrier', (_, b) => {
    decode(ethernet(EtherType.Ipv4, b));
    expect(address(f.source)).toBe('192.168.0.1');
    expect(f).toMatchObject({ malformed: 0, vlanCount: 0, protocol: b[9], mac: 4 });
    expect(layers()).toBe(b[9] === 17 ? 'ethernet ipv4 udp' : 'ethernet ipv4');
  });

  test.each([
    ['hello', '2000 0000 0001 0002 0069'],
    ['probe', `2100 0000 40000000 45000014 00000000 00670000 0a000001 e1000001`],
    ['register with no IP in it', '2100 0000 00000000 00'],
  ])('a PIM %s message is PIM', (_, message) => {
    decode(ethernet(EtherType.Ipv4, ipv4(103, hex(message), carrier)));
    expect([address(f.source), layers()]).toEqual(['192.168.0.1', 'ethernet ipv4 pim']);
    expect(f).toMatchObject({ malformed: 0, protocol: 103, transport: 38 });
  });

  test('a GTP-U echo and a VXLAN-GPE payload of an unknown kind belong to the carrier', () => {
    decode(ethernet(EtherType.Ipv4, ipv4(17, udp(2152, hex('3201 0004 00000000 0000 00 00')), carrier)));
    expect([address(f.source), layers()]).toEqual(['192.168.0.1', 'ethernet ipv4 udp gtpu']);
    decode(ethernet(EtherType.Ipv4, ipv4(17, udp(4790, join(hex('0c000007 00006400'), IP)), carrier)));
    expect([address(f.source), layers()]).toEqual(['192.168.0.1', 'ethernet ipv4 udp vxlan_gpe']);
    expect(f).toMatchObject({ malformed: 0, destinationPort: 4790 });
  });

  test.each([
    [4, IP, 'ipv4 tcp'],
    [41, ipv6(6, tcp(SOME)), 'ipv6 tcp'],
    [143, ethernet(EtherType.Ipv4, IP), 'ethernet ipv4 tcp'],
  ])('SRv6 with next header %i', (next, payload, stack) => {
    const routing = extension(43, payload, { nextHeader: next, length: 24, routingType: 4, segmentsLeft: 1 });
    decode(ethernet(EtherType.Ipv6, ipv6(43, routing)));
    expect(layers()).toBe(`ethernet ipv6 ${stack}`);
    expect(talk()).toMatch(/ 40000 > .* 443 6$/);
  });

  test('a keepalive, and ARP in VXLAN, belong to the carrier too', () => {
    decode(ethernet(EtherType.Ipv4, ipv4(47, gre(0, new Uint8Array(0)), carrier)));
    expect([address(f.source), layers()]).toEqual(['192.168.0.1', 'ethernet ipv4 gre']);
    const arp = ethernet(EtherType.Arp, hex('0001080006040001 020000000001 0a000001 000000000000 0a000002'));
    decode(ethernet(EtherType.Ipv4, ipv4(17, udp(4789, join(hex('08000000 00006400'), arp)), carrier)));
    expect(layers()).toBe('ethernet ipv4 udp vxlan ethernet arp');
    expect(f).toMatchObject({ destinationPort: 4789, etherType: 0x0800, mac: 4 });
  });

  test('a wrong inner header belongs to the inner conversation', () => {
    decode(ethernet(EtherType.Ipv4, ipv4(4, ipv4(6, tcp(SOME, { headerLength: 16 })), carrier)));
    expect(address(f.source)).toBe('10.0.0.1');
    expect(f.malformed).toBe(Malformed.TcpOffset);
  });

  test('a tunnel packet that is cut is cut inside as well', () => {
    const b = ethernet(EtherType.Ipv4, ipv4(47, gre(0x0800, IP), carrier));
    decode(b, b.length - 2);
    expect(talk()).toBe(TALK);
    expect(f).toMatchObject({ truncated: true, ipLength: 45 });
  });
});
