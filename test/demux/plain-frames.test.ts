/** Frames that nothing is around: what their link layers say, and GRE in them. */
import { describe, expect, it } from 'vitest';
import { LinkType } from '../../src/model/batch.js';
import { MirrorType, pointKey } from '../../src/model/mirror-point.js';
import { erspan2, ethernet, gre, ipv4, ipv6, udp } from '../support/frames.js';
import { hex } from '../support/hex.js';
import { join } from '../support/stack.js';
import { Collected, type Seen } from './collect.js';
import { batchOf, type Captured } from './outer.js';

const IP = ipv4('10.0.0.1', '10.0.0.2', 17, udp(5000, 53, new Uint8Array(9)));
const IP6 = ipv6('2001:db8::1', '2001:db8::2', 17, udp(5000, 53, new Uint8Array(9)));
const FRAME = ethernet(0x0800, IP);
const [A, B] = ['192.0.2.1', '192.0.2.2'];

function read(packets: readonly (Uint8Array | Captured)[], origin = 'x.pcap'): Collected {
  const out = new Collected({ lengthsLost: true });
  out.demux.processPlain(
    batchOf(packets.map((p) => (p instanceof Uint8Array ? { bytes: p, linkType: LinkType.Ethernet } : p))),
    MirrorType.Capture,
    origin,
  );
  return out;
}

function only(packet: Uint8Array | Captured): Seen {
  const { frames } = read([packet]);
  expect(frames).toHaveLength(1);
  return frames[0];
}

/** The header of the attribute with the packet. */
function nflogPayload(packet: Uint8Array, little: boolean): Uint8Array {
  const header = new Uint8Array(4);
  const view = new DataView(header.buffer);
  view.setUint16(0, 4 + packet.length, little);
  view.setUint16(2, 9, little);
  return header;
}

describe('plain frames', () => {
  it('have a point without addresses, named after where they come from', () => {
    const out = read([FRAME]);
    expect(out.frames[0]).toMatchObject({
      type: 'capture',
      source: '::',
      target: '::',
      session: 0,
      key: null,
    });
    expect(out.mirrors.points).toMatchObject([{ name: 'x.pcap', origin: 'x.pcap' }]);
    out.demux.processPlain(batchOf([IP]), MirrorType.Capture, 'y.pcap');
    out.demux.processPlain(batchOf([IP]), MirrorType.Span, 'y.pcap');
    out.demux.processPlain(batchOf([IP]), MirrorType.Capture, 'x.pcap');
    expect(out.mirrors.points.map(({ type, origin }) => [type, origin])).toEqual([
      [MirrorType.Capture, 'x.pcap'],
      [MirrorType.Capture, 'y.pcap'],
      [MirrorType.Span, 'y.pcap'],
    ]);
    expect(new Set(out.mirrors.points.map(pointKey)).size).toBe(3);
    expect(out.demux.counters).toMatchObject({ packets: 4, plain: 4, frames: 4, gre: 0, notGre: 0 });
  });

  const LLC = hex('aaaa03 000000 0800');
  const WLAN = hex('0802 0000 020000000101 020000000199 020000000102 1000');
  it.each<[string, number, Uint8Array, Uint8Array, number]>([
    ['Ethernet', LinkType.Ethernet, FRAME.subarray(0, 14), IP, 0x6558],
    ['raw IP', LinkType.Raw, new Uint8Array(0), IP, 0x0800],
    ['raw IP, by the number of OpenBSD', 14, new Uint8Array(0), IP6, 0x0800],
    ['IPv6', LinkType.Ipv6, new Uint8Array(0), IP6, 0x0800],
    ['a cooked header', LinkType.LinuxSll, hex('0000 0001 0006 020000000001 0000 0800'), IP, 0x0800],
    [
      'one of version 2',
      LinkType.LinuxSll2,
      hex('86dd 0000 00000003 0001 00 06 020000000001 0000'),
      IP6,
      0x0800,
    ],
    ['BSD loopback', LinkType.Null, hex('02000000'), IP, 0x0800],
    ['that of OpenBSD', LinkType.Loop, hex('00000018'), IP6, 0x0800],
    ['PPP', LinkType.Ppp, hex('ff03 0021'), IP, 0x880b],
    ['PPP without address and control', LinkType.PppHdlc, hex('0057'), IP6, 0x880b],
    ['802.11', LinkType.Ieee80211, join(WLAN, LLC), IP, 0x8200],
    ['radiotap', LinkType.Radiotap, join(hex('00000a00 00000000 ffff'), WLAN, LLC), IP, 0x8200],
    ['a Prism header', LinkType.Prism, join(hex('44000000 0c000000 ffffffff'), WLAN, LLC), IP, 0x8200],
    ['an AVS header', LinkType.Avs, join(hex('80211001 0000000c ffffffff'), WLAN, LLC), IP, 0x8200],
    ['Cisco HDLC', LinkType.CiscoHdlc, hex('0f00 0800'), IP, 0x0800],
    ['Cisco HDLC and MPLS', LinkType.CiscoHdlc, hex('8f00 8847 00011140'), IP, 0x8847],
    ['Cisco HDLC where PPP is expected', LinkType.PppHdlc, hex('0f00 86dd'), IP6, 0x0800],
    [
      'a log of a firewall, little endian',
      LinkType.Nflog,
      join(hex('02000001 0800 0100 08000300 0600 0a00 61620000'), nflogPayload(IP, true)),
      IP,
      0x0800,
    ],
    [
      'a log of a firewall, big endian',
      LinkType.Nflog,
      join(hex('0a000001 0005 000a 61000000'), nflogPayload(IP6, false)),
      IP6,
      0x0800,
    ],
    ['PPI', LinkType.Ppi, hex('00000c00 01000000 ffffffff 020000000001020000000002 0800'), IP, 0x6558],
    [
      'PPI and radiotap',
      LinkType.Ppi,
      join(hex('00000800 7f000000 0000080000000000'), WLAN, LLC),
      IP,
      0x8200,
    ],
  ])('are found behind %s', (_, linkType, header, ip, protocol) => {
    const seen = only({ bytes: join(header, ip), linkType });
    expect(seen).toMatchObject({ ipVersion: ip[0] >>> 4, protocol: 17, ports: [5000, 53], malformed: '' });
    expect(seen.mirrored.protocol).toBe(protocol);
  });

  it('behind a cooked header without IP keep its EtherType', () => {
    const seen = only({
      bytes: join(hex('0000 0001 0006 020000000001 0000 88cc'), new Uint8Array(20)),
      linkType: LinkType.LinuxSll,
    });
    expect(seen).toMatchObject({ etherType: 0x88cc, ipVersion: 0 });
    expect(seen.mirrored.protocol).toBe(0x88cc);
  });

  it('are refused where their link layer is not known, or cut', () => {
    const out = read([
      { bytes: IP, linkType: 147 },
      { bytes: hex('0000'), linkType: LinkType.LinuxSll },
      { bytes: hex('0100 0800 0000 0000'), linkType: LinkType.Radiotap },
      { bytes: hex('63000000 00'), linkType: LinkType.Null },
      { bytes: hex('0f00 08'), linkType: LinkType.CiscoHdlc },
      { bytes: hex('02000001 0800 0100 08000300'), linkType: LinkType.Nflog },
      { bytes: hex('02000001 0200 0100 08000300'), linkType: LinkType.Nflog },
      { bytes: hex('07000001 0800 0100 08000300'), linkType: LinkType.Nflog },
      { bytes: join(hex('00000800 c0000000'), IP), linkType: LinkType.Ppi },
      { bytes: join(hex('00000800 93000000'), IP), linkType: LinkType.Ppi },
      { bytes: join(hex('00000700 01000000'), IP), linkType: LinkType.Ppi },
    ]);
    expect(out.frames).toEqual([]);
    expect(out.demux.counters).toMatchObject({ packets: 11, plain: 11, unsupportedLinkType: 6 });
    expect(out.malformed).toEqual({ link_header: 5 });
  });

  it('are walked through GRE, and counted where that is a mirror', () => {
    const mirror = ethernet(0x0800, ipv4(A, B, 47, erspan2(1, 0, FRAME)));
    const tunnel = ethernet(0x0800, ipv4(A, B, 47, gre(0x0800, IP)));
    const overlay = ethernet(0x0800, ipv4(A, B, 17, udp(5000, 4789, join(hex('08000000 00000700'), tunnel))));
    const out = read([FRAME, mirror, tunnel, overlay]);
    expect(out.frames.map(({ ports }) => ports)).toEqual([
      [5000, 53],
      [5000, 53],
      [5000, 53],
      [5000, 53],
    ]);
    expect(out.demux.counters).toMatchObject({ heldMirrors: 2, gre: 0 });
  });

  it('are cut where the capture cut them', () => {
    const out = read([{ bytes: FRAME.subarray(0, 40), linkType: LinkType.Ethernet, length: FRAME.length }]);
    expect(out.frames).toMatchObject([{ truncated: true, ipVersion: 4, protocol: 17 }]);
  });
});
