import { describe, expect, test } from 'vitest';
import { formatMac } from '../../src/wire/ip/addresses.js';
import { IpProtocol } from '../../src/wire/ip/ip-protocol.js';
import { EtherType } from '../../src/wire/link/ethertypes.js';
import { FrameKind } from '../../src/wire/walk/frame.js';
import { Malformed } from '../../src/wire/walk/malformed.js';
import { decode, f, IP, layers, SOME, TALK, talk } from '../support/decode.js';
import { hex } from '../support/hex.js';
import { ethernet, ipv4, ipv6, join, mpls, tcp, vlan } from '../support/stack.js';

describe('layers below IP', () => {
  test('a stack of tags keeps every id', () => {
    decode(
      ethernet(
        EtherType.ProviderBridging,
        vlan(100, EtherType.Vlan9100, vlan(200, EtherType.Vlan, vlan(3, EtherType.Ipv4, IP))),
      ),
    );
    expect(talk()).toBe(TALK);
    expect(Array.from(f.vlanIds.subarray(0, f.vlanCount))).toEqual([100, 200, 3]);
    expect(layers()).toBe('ethernet vlan vlan vlan ipv4 tcp');
  });

  test('802.3 with SNAP carries IP; its length excludes padding', () => {
    const payload = join(hex('aaaa03 000000 0800'), IP);
    decode(join(ethernet(payload.length, payload), new Uint8Array(20)));
    expect(talk()).toBe(TALK);
    expect(layers()).toBe('ethernet llc snap ipv4 tcp');
    expect(f).toMatchObject({ etherType: 0x0800, subType: 0, ipLength: 45 });
  });

  test.each([
    ['spanning tree', '424203 0000000000', 0x4242, 'ethernet llc'],
    ['CDP', 'aaaa03 00000c 2000 0201', 0x2000, 'ethernet llc snap'],
    ['an I frame', 'f0f0 0002', 0xf0f0, 'ethernet llc'],
  ])('%s', (_, bytes, subType, stack) => {
    const b = hex(bytes);
    decode(ethernet(b.length, b));
    expect(f).toMatchObject({
      ipVersion: 0,
      etherType: 0,
      subType,
      mac: 4,
      ipLength: 14 + b.length,
      malformed: 0,
    });
    expect(layers()).toBe(stack);
  });

  test.each([
    [
      'ARP',
      ethernet(EtherType.Arp, hex('0001080006040001 020000000001 0a000001 000000000000 0a000002')),
      'ethernet arp',
    ],
    ['LLDP on a VLAN', ethernet(EtherType.Vlan, vlan(9, EtherType.Lldp, SOME)), 'ethernet vlan other'],
    ['PPPoE discovery', ethernet(EtherType.PppoeDiscovery, hex('110900000000')), 'ethernet pppoe_discovery'],
  ])('%s is a conversation of MACs', (_, b, stack) => {
    decode(b);
    expect(f).toMatchObject({ ipVersion: 0, mac: 4, ipLength: b.length, malformed: 0 });
    expect(layers()).toBe(stack);
  });

  test('PPPoE carries IP; bytes beyond its length do not count', () => {
    decode(join(ethernet(EtherType.Pppoe, join(hex('1100 0001'), hex('002f'), hex('0021'), IP)), SOME));
    expect(talk()).toBe(TALK);
    expect(layers()).toBe('ethernet pppoe ppp ipv4 tcp');
    decode(ethernet(EtherType.Pppoe, hex('1100 0001 0006 c021 01010004')));
    expect(f).toMatchObject({ etherType: 0x8864, subType: 0xc021, ipVersion: 0 });
  });

  test.each([
    ['a VN-tag', 0x8926, join(hex('00010002 8100'), vlan(8, 0x0800, IP)), 'ethernet vntag vlan ipv4 tcp'],
    ['an E-tag', 0x893f, join(hex('000100020000 0800'), IP), 'ethernet etag ipv4 tcp'],
    [
      'provider backbone bridging',
      0x88e7,
      join(hex('00000064'), ethernet(0x0800, IP)),
      'ethernet pbb ethernet ipv4 tcp',
    ],
    ['Cisco’s TTag', 0x8988, join(hex('000000000000 0800'), IP), 'ethernet ttag ipv4 tcp'],
    [
      'Arista’s timestamp of 48 bits',
      0xd28b,
      join(hex('0001 0120 0000 00000001 8100'), vlan(8, 0x0800, IP)),
      'ethernet arista_timestamp vlan ipv4 tcp',
    ],
    [
      'Arista’s timestamp of 64 bits, from the R3 series',
      0xd28b,
      join(hex('0001 0011 00000000 00000001 0800'), IP),
      'ethernet arista_timestamp ipv4 tcp',
    ],
    ['HSR', 0x892f, join(hex('0033 0001 0800'), IP), 'ethernet hsr ipv4 tcp'],
    ['an R-tag', 0xf1c1, join(hex('0000 0001 0800'), IP), 'ethernet rtag ipv4 tcp'],
    ['FabricPath', 0x8903, join(hex('0060'), ethernet(0x0800, IP)), 'ethernet fabricpath ethernet ipv4 tcp'],
  ])('%s', (_, type, payload, stack) => {
    const b = ethernet(type, payload);
    decode(b);
    expect([talk(), layers()]).toEqual([TALK, stack]);
    decode(b.subarray(0, 15));
    expect(f).toMatchObject({ ipVersion: 0, malformed: Malformed.FabricTag });
  });

  test.each([
    ['IPv4', join(hex('0fc2 0201 00000101'), IP), 'ethernet nsh ipv4 tcp'],
    [
      'IPv6 behind metadata',
      join(hex('0fc6 0102 00000101'), new Uint8Array(16), ipv6(6, tcp(SOME))),
      'ethernet nsh ipv6 tcp',
    ],
    ['Ethernet', join(hex('0fc2 0203 00000101'), ethernet(0x0800, IP)), 'ethernet nsh ethernet ipv4 tcp'],
    ['NSH again', join(hex('0fc2 0204 00000101 0fc2 0201 00000101'), IP), 'ethernet nsh nsh ipv4 tcp'],
    ['MPLS', join(hex('0fc2 0205 00000101'), mpls(17, 1, IP)), 'ethernet nsh mpls ipv4 tcp'],
    ['something else', join(hex('0fc2 02fe 00000101'), IP), 'ethernet nsh'],
  ])('NSH with %s', (_, payload, stack) => {
    decode(ethernet(EtherType.Nsh, payload));
    expect(layers()).toBe(stack);
    expect(f.malformed).toBe(0);
    expect(talk().startsWith('10.0.0.1') || stack.includes('ipv6') || stack === 'ethernet nsh').toBe(true);
  });

  test('NSH may be cut or of another version', () => {
    decode(ethernet(EtherType.Nsh, hex('0fc6 0101 00000101')));
    expect(f).toMatchObject({ ipVersion: 0, malformed: Malformed.Nsh });
    decode(ethernet(EtherType.Nsh, join(hex('4fc2 0201 00000101'), IP)));
    expect(f).toMatchObject({ ipVersion: 0, malformed: Malformed.Nsh });
  });

  test('MACsec that only authenticates is walked; encrypted, it is a conversation of MACs', () => {
    const signature = new Uint8Array(16).fill(0xaa);
    decode(ethernet(EtherType.Macsec, join(hex('2000 00000001 0200000000010001 0800'), IP, signature)));
    expect([talk(), layers()]).toEqual([TALK, 'ethernet macsec ipv4 tcp']);
    decode(ethernet(EtherType.Macsec, join(hex('0000 00000001 8100'), vlan(5, 0x0800, IP), signature)));
    expect([talk(), layers()]).toEqual([TALK, 'ethernet macsec vlan ipv4 tcp']);
    for (const flags of ['2c', '28', '24']) {
      decode(ethernet(EtherType.Macsec, join(hex(`${flags}00 00000001 0200000000010001 0800`), IP)));
      expect(f).toMatchObject({ ipVersion: 0, etherType: 0x88e5, malformed: 0 });
      expect(layers()).toBe('ethernet macsec');
    }
    decode(ethernet(EtherType.Macsec, hex('2000 00000001 02000000')));
    expect(f.malformed).toBe(Malformed.Macsec);
  });

  test('a tag of Arista’s that is no timestamp is a layer of its own', () => {
    decode(ethernet(EtherType.Arista, join(hex('0009 0120 0000 00000001 0800'), IP)));
    expect(f).toMatchObject({ ipVersion: 0, etherType: 0xd28b, malformed: 0 });
    expect(layers()).toBe('ethernet other');
  });

  test('PPP may have address and control fields, a short protocol field, or LCP', () => {
    decode(join(hex('ff030021'), IP), undefined, FrameKind.Ppp);
    expect(talk()).toBe(TALK);
    expect(f).toMatchObject({ mac: -1, etherType: 0x0800 });
    decode(join(hex('21'), IP), undefined, FrameKind.Ppp);
    expect(talk()).toBe(TALK);
    decode(hex('ff03c02101010004'), undefined, FrameKind.Ppp);
    expect(f).toMatchObject({ ipVersion: 0, etherType: 0x880b, subType: 0xc021, ipLength: 8 });
  });

  test.each([
    ['IPv4', mpls(17, 0, mpls(18, 1, IP)), 'ethernet mpls ipv4 tcp'],
    ['IPv6', mpls(17, 1, ipv6(6, tcp(SOME))), 'ethernet mpls ipv6 tcp'],
    [
      'a pseudowire with control word',
      mpls(17, 1, join(hex('00000000'), ethernet(0x0800, IP))),
      'ethernet mpls ethernet ipv4 tcp',
    ],
    ['a pseudowire without', mpls(17, 1, ethernet(0x0800, IP)), 'ethernet mpls ethernet ipv4 tcp'],
    [
      'a pseudowire whose MAC starts like IPv4',
      mpls(17, 1, ethernet(0x0800, IP, { destination: 0x45aabbccddee })),
      'ethernet mpls ethernet ipv4 tcp',
    ],
    ['an associated channel', mpls(17, 1, hex('1000 0021 00')), 'ethernet mpls'],
  ])('MPLS with %s', (_, b, stack) => {
    decode(ethernet(EtherType.Mpls, b));
    expect(layers()).toBe(stack);
    expect(f.malformed).toBe(0);
  });

  test('Cisco metadata is decoded in Ethernet and as a GRE payload', () => {
    decode(ethernet(EtherType.CiscoMetadata, join(hex('0101 0001 0007 0800'), IP)));
    expect(talk()).toBe(TALK);
    expect(layers()).toBe('ethernet cisco_metadata ipv4 tcp');
    decode(join(hex('0800 0101 0001 0007'), IP), undefined, FrameKind.EtherType, EtherType.CiscoMetadata);
    expect(talk()).toBe(TALK);
  });

  test('802.11 frames to the distribution system, with QoS, protected, and a beacon are decoded', () => {
    const macs = '0a0000000001 0a0000000002 0a0000000003';
    const snap = join(hex('aaaa03 000000 0800'), IP);
    decode(join(hex(`8801 0000 ${macs} 0000 0000`), snap), undefined, FrameKind.Ieee80211);
    expect(talk()).toBe(TALK);
    expect(formatMac(f.bytes, f.mac)).toBe('0a:00:00:00:00:03');
    expect(formatMac(f.bytes, f.macSource)).toBe('0a:00:00:00:00:02');
    decode(join(hex(`0841 0000 ${macs} 0000`), snap), undefined, FrameKind.Ieee80211);
    expect(f).toMatchObject({
      malformed: Malformed.Ieee80211Protected,
      etherType: 0x8200,
      ipVersion: 0,
      mac: 20,
    });
    decode(hex(`8000 0000 ${macs} 0000`), undefined, FrameKind.Ieee80211);
    expect(f).toMatchObject({ malformed: 0, etherType: 0x8200, ipVersion: 0, mac: -1 });
  });

  test('an A-MSDU subframe is as long as its field says, 2048 bytes too', () => {
    const long = ipv4(IpProtocol.Tcp, tcp(new Uint8Array(2000)));
    const b = ethernet(0x0800, join(hex('aaaa03 000000 0800'), long));
    expect(b.length - 14).toBe(0x0800);
    decode(b, undefined, FrameKind.Amsdu);
    expect(talk()).toBe(TALK);
    const frame = join(hex(`8801 0000 0a0000000001 0a0000000002 0a0000000003 0000 8000`), b);
    decode(frame, undefined, FrameKind.Ieee80211);
    expect(layers()).toBe('ieee80211 ethernet llc snap ipv4 tcp');
  });

  test('bare IP may have either version, or an unknown one', () => {
    decode(IP, undefined, FrameKind.Ip);
    expect([talk(), f.mac, f.etherType]).toEqual([TALK, -1, 0x0800]);
    decode(ipv6(6, tcp(SOME)), undefined, FrameKind.Ip);
    expect([talk(), f.etherType]).toEqual(['2001:db8::1 40000 > 2001:db8::2 443 6', 0x86dd]);
    decode(hex('75000000'), undefined, FrameKind.Ip);
    expect(f).toMatchObject({ malformed: Malformed.IpVersion, etherType: 0 });
  });
});
