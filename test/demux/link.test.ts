/** A tunnel may have any headers between Ethernet and IP that a mirrored frame may have. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINK_NOT_IP, LINK_SHORT, LinkReader } from '../../src/demux/link.js';
import { LinkType } from '../../src/model/batch.js';
import { EtherType } from '../../src/wire/link/ethertypes.js';
import { decodeFrame, Frame, FrameKind, KNOWN_TUNNEL_PORTS, Walk } from '../../src/wire/walk/frame.js';
import { IP } from '../support/decode.js';
import { hex } from '../support/hex.js';
import { ethernet, join, mpls, vlan } from '../support/stack.js';

const walk = new Walk(KNOWN_TUNNEL_PORTS);
const links = new LinkReader();

/** A payload and the EtherType that announces it. */
interface Announced {
  readonly type: number;
  readonly bytes: Uint8Array;
}

const u16 = (n: number): Uint8Array => Uint8Array.of(n >> 8, n & 0xff);
const whole = (a: Announced): Uint8Array => ethernet(a.type, a.bytes);
/** 802.2 behind an EtherType for frames of any length. */
const llc = (bytes: Uint8Array): Announced => ({ type: EtherType.JumboLlc, bytes });
const snap = (oui: string, a: Announced): Announced => llc(join(hex(`aaaa03 ${oui}`), u16(a.type), a.bytes));
const tag =
  (type: number, header: string) =>
  (a: Announced): Announced => ({ type, bytes: join(hex(header), u16(a.type), a.bytes) });

/** What may surround a payload with an EtherType. */
const AROUND: Record<string, (a: Announced) => Announced> = {
  '802.1Q': (a) => ({ type: EtherType.Vlan, bytes: vlan(7, a.type, a.bytes) }),
  '802.1ad': (a) => ({ type: EtherType.ProviderBridging, bytes: vlan(7, a.type, a.bytes) }),
  'SNAP (RFC 1042)': (a) => snap('000000', a),
  '802.1H': (a) => snap('0000f8', a),
  'a VN-tag': tag(0x8926, '00010002'),
  'an E-tag': tag(0x893f, '000100020000'),
  'Cisco metadata': tag(0x8909, '010100010007'),
  'a TTag': tag(0x8988, '000000000000'),
  HSR: tag(0x892f, '00330001'),
  'an R-tag': tag(0xf1c1, '00000001'),
  'an Arista timestamp': tag(0xd28b, '0001 0120 0000 00000001'),
  'provider backbone bridging': (a) => ({ type: 0x88e7, bytes: join(hex('00000064'), whole(a)) }),
  FabricPath: (a) => ({ type: 0x8903, bytes: join(hex('0060'), whole(a)) }),
  'a pseudowire': (a) => ({ type: EtherType.Mpls, bytes: mpls(17, 1, whole(a)) }),
  NSH: (a) => ({ type: EtherType.Nsh, bytes: join(hex('0fc2 0203 00000101'), whole(a)) }),
};
const plain: Announced = { type: EtherType.Ipv4, bytes: IP };
const pppoe = (code: string): Announced => ({
  type: EtherType.Pppoe,
  bytes: join(hex(`11 ${code} 0001`), u16(2 + IP.length), hex('0021'), IP),
});
/** What may be the last header before IP. */
const LAST: Record<string, Announced> = {
  IPv4: plain,
  MPLS: { type: EtherType.Mpls, bytes: mpls(17, 1, IP) },
  PPPoE: pppoe('00'),
  'PPPoE discovery': pppoe('09'),
  'LLC 06': llc(join(hex('060603'), IP)),
  'LLC 07': llc(join(hex('070603'), IP)),
  'LLC of spanning tree': llc(join(hex('424203'), IP)),
  ARP: { type: EtherType.Arp, bytes: IP },
};

const inner = new Frame();
function both(frame: Uint8Array, captured = frame.length): { outer: number; inner: number } {
  const lead = 5;
  const b = join(new Uint8Array(lead), frame.subarray(0, captured));
  decodeFrame(walk, FrameKind.Ethernet, 0, b, lead, b.length, lead + frame.length, inner);
  return {
    outer: links.find(b, lead, b.length, lead + frame.length, LinkType.Ethernet),
    inner: inner.ipVersion === 0 ? -1 : inner.ip,
  };
}

describe('the way to an outer IP header', () => {
  it.each(Object.keys(AROUND))('leads through %s, as it does in a mirrored frame', (name) => {
    const frame = whole(AROUND[name](plain));
    const at = 5 + frame.length - IP.length;
    expect(both(frame)).toEqual({ outer: at, inner: at });
  });

  it.each(Object.keys(LAST))('ends at %s where it ends in a mirrored frame', (name) => {
    const found = both(whole(LAST[name]));
    expect(found.outer).toBe(found.inner < 0 ? LINK_NOT_IP : found.inner);
  });

  it('is the same as in mirrored frames in any order of tags, also when they are cut', () => {
    const around = fc.array(fc.constantFrom(...Object.values(AROUND)), { maxLength: 5 });
    fc.assert(
      fc.property(around, fc.constantFrom(...Object.values(LAST)), fc.nat(), (tags, last, cut) => {
        const frame = whole(tags.reduceRight((a, surround) => surround(a), last));
        const { outer, inner } = both(frame);
        expect(Math.max(outer, -1)).toBe(inner);
        // If cut before the IP header's first byte there is none; the result depends on the layer that is
        // cut.
        const before = inner < 0 ? frame.length : inner - 5;
        const short = both(frame, cut % (before + 1)).outer;
        expect(inner < 0 ? [LINK_SHORT, LINK_NOT_IP] : [LINK_SHORT]).toContain(short);
      }),
      { numRuns: 2000 },
    );
  });
});
