/** ERSPAN: mirrored frames (Linux: erspan_rcv in ip_gre.c). */

import { MirrorDirection, MirrorType } from '../model/mirror-point.js';
import type { OuterPacket } from '../model/outer-packet.js';
import { BAD } from '../wire/bytes.js';
import { EtherType } from '../wire/link/ethertypes.js';
import {
  ERSPAN_FT_ETHERNET,
  ERSPAN_FT_IP,
  ErspanEncapsulation,
  ErspanHeader,
  erspanPort,
  parseErspan,
} from '../wire/tunnel/erspan.js';
import { GRE_PROTO_ERSPAN3, GRE_SEQ } from '../wire/tunnel/gre.js';
import { type Frame, FrameKind } from '../wire/walk/frame.js';
import { Layer } from '../wire/walk/layers.js';
import { Malformed } from '../wire/walk/malformed.js';
import type { Inner } from './dispatch.js';

const erspan = new ErspanHeader();

/** @param o offset of what follows the GRE header */
export function erspanRcv(inner: Inner, packet: OuterPacket, o: number): void {
  const h = erspan;
  // Type I is 0x88BE without a sequence number; senders of type III exist that leave the number out.
  const headed = (inner.gre.flags & GRE_SEQ) !== 0 || inner.gre.protocol === GRE_PROTO_ERSPAN3;
  const length = parseErspan(packet.bytes, o, packet.end, headed, h);
  if (length < 0) {
    inner.refuse(packet, length === BAD ? Malformed.ErspanVersion : Malformed.ErspanShort);
    return;
  }
  // MirrorType numbers the ERSPAN types as they are called.
  if (!inner.begin(packet, h.type as MirrorType, h.session)) return;
  const m = inner.mirrored;
  m.port = erspanPort(h);
  m.cos = h.cos;
  m.truncated = h.truncated === 1;
  if (h.type === MirrorType.Erspan3) {
    m.direction = h.direction === 0 ? MirrorDirection.Ingress : MirrorDirection.Egress;
    m.hardware = h.hardware;
    m.securityGroup = h.securityGroup;
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

/** The header's VLAN is one of the frame's where the frame does not have it as well. */
function ethernet(inner: Inner, packet: OuterPacket, h: ErspanHeader, start: number): void {
  inner.decode(packet, FrameKind.Ethernet, 0, start, packet.end, packet.wireEnd);
  const f = inner.frame;
  if (h.vlan !== 0 && isBesideTags(h, outermostTag(f))) inner.mirrored.vlan = h.vlan;
  inner.count(packet, start, f.truncated, f.malformed !== Malformed.None);
  inner.hand(packet);
}

/**
 * Whether the header's VLAN is one more than the frame's tags say. Type II says what became of the tag: one
 * that was taken off is not among those left, even of the same number (QinQ); a frame that came without one has
 * the VLAN that the switch put it into, and some switches send it with that tag. Type III does not say: there
 * the frame shows.
 */
function isBesideTags(h: ErspanHeader, outermost: number): boolean {
  if (h.type === MirrorType.Erspan3) return outermost < 0;
  if (h.encapsulation === ErspanEncapsulation.Untagged) return h.vlan !== outermost;
  return h.encapsulation !== ErspanEncapsulation.TagKept;
}

/** The VLAN id in the outermost tag before any IP packet, -1 without one. */
function outermostTag(f: Frame): number {
  for (let i = 0; i < f.layerCount; i++) {
    if (f.layerKind[i] === Layer.Vlan) return f.vlanIds[0];
    if (f.layerKind[i] === Layer.Ipv4 || f.layerKind[i] === Layer.Ipv6) return -1;
  }
  return -1;
}
