/** GRE version 1: the data of PPTP calls, which is PPP (RFC 2637 section 4; Linux: pptp_rcv in pptp.c). */

import { MirrorType } from '../model/mirror-point.js';
import type { OuterPacket } from '../model/outer-packet.js';
import {
  GRE_ACK,
  GRE_CSUM,
  GRE_KEY,
  GRE_PROTO_PPP,
  GRE_ROUTING,
  GRE_SEQ,
  parseGre,
} from '../wire/tunnel/gre.js';
import { FrameKind } from '../wire/walk/frame.js';
import { Malformed } from '../wire/walk/malformed.js';
import type { Dispatch } from './dispatch.js';

/** Every flag but S, A and the version: K must be set, the others clear (RFC 2637 section 4.1). */
const FIXED_FLAGS = 0xffff & ~(GRE_SEQ | GRE_ACK | 0x0007);

export function pptpRcv(inner: Dispatch, packet: OuterPacket): void {
  const gre = inner.gre;
  const length = parseGre(packet.bytes, packet.gre, packet.end, gre);
  if (length < 0) {
    inner.refuse(packet, (gre.flags & (GRE_CSUM | GRE_ROUTING)) === 0 ? Malformed.GreShort : Malformed.Pptp);
    return;
  }
  if ((gre.flags & FIXED_FLAGS) !== GRE_KEY || gre.protocol !== GRE_PROTO_PPP) {
    inner.refuse(packet, Malformed.Pptp);
    return;
  }
  const payload = gre.key >>> 16;
  const start = packet.gre + length;
  if ((gre.flags & GRE_SEQ) === 0 || payload === 0) {
    inner.passEmpty(packet);
    return;
  }
  if (start + payload > packet.wireEnd) {
    inner.refuse(packet, Malformed.Pptp);
    return;
  }
  packet.wireEnd = start + payload;
  packet.end = Math.min(packet.end, packet.wireEnd);
  if (!inner.begin(packet, MirrorType.Pptp, 0)) return;
  inner.mirrored.call = gre.key & 0xffff;
  inner.whole(packet, FrameKind.Ppp, 0, start);
}
