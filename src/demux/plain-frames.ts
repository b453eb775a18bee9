/**
 * Frames that are mirrored traffic as they are: those of a SPAN port, and of captures that hold no mirror.
 * Nothing is around them, so GRE in them is a tunnel that the walk goes through like any other.
 */
import type { MirrorPoint } from '../model/mirror-point.js';
import { OuterPacket } from '../model/outer-packet.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import { EtherType } from '../wire/link/ethertypes.js';
import { IEEE80211_TYPE } from '../wire/link/ieee80211.js';
import { GRE_PROTO_TEB } from '../wire/tunnel/gre.js';
import { type Frame, FrameKind, Layer } from '../wire/walk/frame.js';
import { Malformed } from '../wire/walk/malformed.js';
import type { Dispatch } from './dispatch.js';
import { ieee80211Rcv } from './ieee80211.js';
import { LINK_SHORT, type LinkReader } from './link.js';

export class PlainFrames {
  /** What there is of a packet around the frame. */
  private readonly packet = new OuterPacket();

  constructor(
    private readonly inner: Dispatch,
    private readonly link: LinkReader,
  ) {
    this.packet.ipVersion = 0;
  }

  /**
   * Takes a packet captured with a link type, from `o` up to `end`, as a frame of this point.
   *
   * @param wireEnd where it ended on the wire
   * @returns whether GRE was met in it
   */
  take(
    b: Uint8Array,
    o: number,
    end: number,
    wireEnd: number,
    linkType: number,
    sec: number,
    nsec: number,
    point: MirrorPoint,
  ): boolean {
    const { inner, link, packet } = this;
    const frame = link.begin(b, o, end, linkType);
    if (frame < 0) {
      if (frame === LINK_SHORT) inner.counters.malformed[Malformed.LinkHeader]++;
      else inner.counters.unsupportedLinkType++;
      return false;
    }
    packet.bytes = b;
    packet.end = end;
    packet.wireEnd = wireEnd;
    packet.sec = sec;
    packet.nsec = nsec;
    const kind = kindOf(link);
    inner.at(point, protocolOf(kind, link.type));
    if (kind === FrameKind.Ieee80211) ieee80211Rcv(inner, packet, frame);
    else inner.whole(packet, kind, link.type, frame);
    return meetsGre(inner.frame);
  }
}

/** Behind a cooked header, IP is what the frame begins with. */
function kindOf({ kind, type }: LinkReader): number {
  const isIp = kind === FrameKind.EtherType && (type === EtherType.Ipv4 || type === EtherType.Ipv6);
  return isIp ? FrameKind.Ip : kind;
}

/** What a frame begins with, as a GRE protocol type: see {@link Mirrored.protocol}. */
function protocolOf(kind: number, type: number): number {
  switch (kind) {
    case FrameKind.Ethernet:
      return GRE_PROTO_TEB;
    case FrameKind.Ip:
      return EtherType.Ipv4;
    case FrameKind.Ppp:
      return EtherType.Ppp;
    case FrameKind.Ieee80211:
      return IEEE80211_TYPE;
    default:
      return type;
  }
}

function meetsGre(f: Frame): boolean {
  if (f.protocol === IpProtocol.Gre) return true;
  for (let i = 0; i < f.layerCount; i++) if (f.layerKind[i] === Layer.Gre) return true;
  return false;
}
