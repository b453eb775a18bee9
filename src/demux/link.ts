/** Finds a packet's outer IP header. Tags, labels and PPPoE before it are skipped, and not recorded. */
import { LinkType } from '../model/batch.js';
import { BAD, SHORT, u16 } from '../wire/bytes.js';
import { CISCO_HDLC_LENGTH, CISCO_HDLC_TYPE, isCiscoHdlc } from '../wire/link/cisco-hdlc.js';
import { EtherType } from '../wire/link/ethertypes.js';
import { nflogLength } from '../wire/link/nflog.js';
import { familyEtherType, NULL_LENGTH, NullHeader, parseNull } from '../wire/link/null-loop.js';
import { ppiLength, ppiLinkType } from '../wire/link/ppi.js';
import { radioLength } from '../wire/link/radio.js';
import { radiotapLength } from '../wire/link/radiotap.js';
import { SLL_LENGTH, SLL2_LENGTH } from '../wire/link/sll.js';
import { Frame, FrameKind, KNOWN_TUNNEL_PORTS, Walk, walkToIp } from '../wire/walk/frame.js';

/** Results of {@link LinkReader.find} that are not offsets. */
export const LINK_SHORT = -1;
export const LINK_NOT_IP = -2;
export const LINK_UNSUPPORTED = -3;

/** LINKTYPE_RAW is 101, but some programs write their system's DLT_RAW: 14 on OpenBSD, 12 elsewhere. */
const DLT_RAW = 12;
const DLT_RAW_OPENBSD = 14;
/** Offsets of the protocol in the cooked headers. */
const SLL_PROTOCOL = 14;
const SLL2_PROTOCOL = 0;
/** A cooked header's protocol for 802.2 LLC (Linux: ETH_P_802_2). */
const ETH_P_802_2 = 0x0004;

/** Reads link layers; it reuses its objects for every packet. */
export class LinkReader {
  /** What {@link begin} found: a FrameKind, and the EtherType for FrameKind.EtherType. */
  kind: number = FrameKind.Ethernet;
  type = 0;
  private readonly header = new NullHeader();
  private readonly walk = new Walk(KNOWN_TUNNEL_PORTS);
  /** Takes the layers, which are not used. */
  private readonly unkept = new Frame();

  /**
   * Reads what a capture puts before a frame, and sets {@link kind} and {@link type} to what the frame begins
   * with.
   *
   * @returns the frame's offset; LINK_SHORT if the bytes end before it; LINK_NOT_IP for an address family
   * other than IP; LINK_UNSUPPORTED for an unknown link type
   */
  begin(b: Uint8Array, o: number, end: number, linkType: number): number {
    switch (linkType) {
      case LinkType.Ethernet:
        this.kind = FrameKind.Ethernet;
        return o;
      case LinkType.Raw:
      case DLT_RAW:
      case DLT_RAW_OPENBSD:
      case LinkType.Ipv4:
      case LinkType.Ipv6:
        this.kind = FrameKind.Ip;
        return o;
      case LinkType.LinuxSll:
        if (end - o < SLL_LENGTH) return LINK_SHORT;
        this.cooked(u16(b, o + SLL_PROTOCOL));
        return o + SLL_LENGTH;
      case LinkType.LinuxSll2:
        if (end - o < SLL2_LENGTH) return LINK_SHORT;
        this.cooked(u16(b, o + SLL2_PROTOCOL));
        return o + SLL2_LENGTH;
      case LinkType.Null:
      case LinkType.Loop:
        if (end - o < NULL_LENGTH) return LINK_SHORT;
        if (parseNull(b, o, end, this.header) < 0 || familyEtherType(this.header.family) === 0)
          return LINK_NOT_IP;
        this.kind = FrameKind.Ip;
        return o + NULL_LENGTH;
      case LinkType.Ppp:
      case LinkType.PppHdlc:
        if (isCiscoHdlc(b, o, end)) return this.ciscoHdlc(b, o, end);
        this.kind = FrameKind.Ppp;
        return o;
      case LinkType.CiscoHdlc:
        return this.ciscoHdlc(b, o, end);
      case LinkType.Nflog: {
        const length = nflogLength(b, o, end);
        this.kind = FrameKind.Ip;
        return length < 0 ? (length === BAD ? LINK_NOT_IP : LINK_SHORT) : o + length;
      }
      case LinkType.Ppi: {
        const length = ppiLength(b, o, end);
        if (length < 0) return LINK_SHORT;
        const type = ppiLinkType(b, o);
        return type === LinkType.Ppi ? LINK_UNSUPPORTED : this.begin(b, o + length, end, type);
      }
      case LinkType.Ieee80211:
        this.kind = FrameKind.Ieee80211;
        return o;
      case LinkType.Radiotap:
        return this.radio(o, radiotapLength(b, o, end));
      case LinkType.Prism:
      case LinkType.Avs:
        return this.radio(o, radioLength(b, o, end));
      default:
        return LINK_UNSUPPORTED;
    }
  }

  /**
   * Finds the outer IP header of a packet captured with a link type, from `o` up to `end`.
   *
   * @param wireEnd where the packet ended on the wire
   * @returns its offset; LINK_SHORT if the bytes end before it; LINK_NOT_IP for other traffic;
   * LINK_UNSUPPORTED for an unknown link type
   */
  find(b: Uint8Array, o: number, end: number, wireEnd: number, linkType: number): number {
    const frame = this.begin(b, o, end, linkType);
    if (frame < 0) return frame;
    const ip = walkToIp(this.walk, this.kind, this.type, b, frame, end, wireEnd, this.unkept);
    return ip >= 0 ? ip : ip === SHORT ? LINK_SHORT : LINK_NOT_IP;
  }

  private ciscoHdlc(b: Uint8Array, o: number, end: number): number {
    if (end - o < CISCO_HDLC_LENGTH) return LINK_SHORT;
    this.kind = FrameKind.EtherType;
    this.type = u16(b, o + CISCO_HDLC_TYPE);
    return o + CISCO_HDLC_LENGTH;
  }

  /** An 802.11 frame behind a radio's header. */
  private radio(o: number, length: number): number {
    this.kind = FrameKind.Ieee80211;
    return length < 0 ? LINK_SHORT : o + length;
  }

  /** What follows a cooked header, whose protocol is an EtherType, except for LLC. */
  private cooked(protocol: number): void {
    this.kind = FrameKind.EtherType;
    this.type = protocol === ETH_P_802_2 ? EtherType.JumboLlc : protocol;
  }
}
