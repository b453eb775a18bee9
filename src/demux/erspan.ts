/** ERSPAN: mirrored frames (Linux: erspan_rcv in ip_gre.c). */

import { MirrorDirection, MirrorType } from '../model/mirror-point.js';
import type { OuterPacket } from '../model/outer-packet.js';
import { BAD } from '../wire/bytes.js';
import { EtherType } from '../wire/link/ethertypes.js';
import {
  ERSPAN_FT_ETHERNET,
  ERSPAN_FT_IP,
  ErspanEncapsulation,
  type ErspanHeader,
  erspanPort,
  parseErspan,
} from '../wire/tunnel/erspan.js';
import { GRE_PROTO_ERSPAN3, GRE_SEQ } from '../wire/tunnel/gre.js';
import { type Frame, FrameKind } from '../wire/walk/frame.js';
import { Layer } from '../wire/walk/layers.js';
import { Malformed } from '../wire/walk/malformed.js';
import type { Dispatch } from './dispatch.js';

/** @param o offset of what follows the GRE header */
export function erspanRcv(inner: Dispatch, packet: OuterPacket, o: number): void {
  const h = inner.erspan;
  // 0x88BE without a sequence number is type I; some senders of type III leave the number out.
  const headed = (inner.gre.flags & GRE_SEQ) !== 0 || inner.gre.protocol === GRE_PROTO_ERSPAN3;
  const length = parseErspan(packet.bytes, o, packet.end, headed, h);
  if (length < 0) {
    inner.refuse(packet, length === BAD ? Malformed.ErspanVersion : Malformed.ErspanShort);
    return;
  }
  // MirrorType has the numbers of the ERSPAN types.
  if (!inner.begin(packet, h.type as MirrorType, h.session)) return;
  const m = inner.mirrored;
  m.port = erspanPort(h);
  m.cos = h.cos;
  m.truncated = h.truncated === 1;
  if (h.type === MirrorType.Erspan3) {
    m.direction = h.direction === 0 ? MirrorDirection.Ingress : MirrorDirection.Egress;
    m.hardware = h.hardware;
    m.securityGroup = h.securityGroup;
    m.timestamp = h.timestamp;
    m.granularity = h.granularity;
    m.platformId = h.platform === 0 ? -1 : h.platformId;
    m.upperTimestamp = h.upperTimestamp;
    m.switch = h.switch;
    inner.stamp(packet);
  }
  const start = o + length;
  if (h.frameType === ERSPAN_FT_IP) {
    m.protocol = EtherType.Ipv4;
    if (h.vlan !== 0) m.vlan = h.vlan;
    inner.whole(packet, FrameKind.Ip, 0, start);
  } else if (h.frameType === ERSPAN_FT_ETHERNET) {
    m.protocol = EtherType.Teb;
    ethernet(inner, packet, h, start);
  } else {
    inner.opaque(packet, start, Malformed.ErspanFrameType);
  }
}

/** The header's VLAN is added unless the frame has it already. */
function ethernet(inner: Dispatch, packet: OuterPacket, h: ErspanHeader, start: number): void {
  inner.decode(packet, FrameKind.Ethernet, 0, start, packet.end, packet.wireEnd);
  const f = inner.frame;
  if (h.vlan !== 0 && isBesideTags(h, outermostTag(f))) inner.mirrored.vlan = h.vlan;
  inner.count(packet, start, f.truncated, f.malformed !== Malformed.None);
  inner.hand(packet);
}

/**
 * Whether the header's VLAN is to be added to the frame's tags. Type II says what happened to the tag. A
 * removed tag is not among the remaining ones, even if one has the same number (QinQ). A frame that came
 * untagged has the VLAN that the switch assigned, and some switches send it with that tag. Type III does not
 * say, so there the frame decides.
 */
function isBesideTags(h: ErspanHeader, outermost: number): boolean {
  if (h.type === MirrorType.Erspan3) return outermost < 0;
  if (h.encapsulation === ErspanEncapsulation.Untagged) return h.vlan !== outermost;
  return h.encapsulation !== ErspanEncapsulation.TagKept;
}

/** The VLAN id of the outermost tag before any IP packet, -1 without one. */
export function outermostTag(f: Frame): number {
  for (let i = 0; i < f.layerCount; i++) {
    if (f.layerKind[i] === Layer.Vlan) return f.vlanIds[0];
    if (f.layerKind[i] === Layer.Ipv4 || f.layerKind[i] === Layer.Ipv6) return -1;
  }
  return -1;
}
