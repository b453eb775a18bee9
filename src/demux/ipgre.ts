/**
 * Plain GRE that no tunnel owns is observed (Linux would give it to a fallback device, or answer protocol
 * unreachable). The mirrors of many vendors are GRE with an IP packet or an Ethernet frame.
 */

import { MirrorType } from '../model/mirror-point.js';
import type { OuterPacket } from '../model/outer-packet.js';
import { parseCiscoMetadata } from '../wire/link/cisco-metadata.js';
import { EtherType } from '../wire/link/ethertypes.js';
import { isIeee80211Protocol } from '../wire/link/ieee80211.js';
import {
  GRE_PROTO_CISCO_METADATA,
  GRE_PROTO_KEEPALIVE,
  GRE_PROTO_MELLANOX,
  GRE_PROTO_PPP,
  GRE_PROTO_TEB,
  GRE_PROTO_WCCP,
} from '../wire/tunnel/gre.js';
import { parseMellanox } from '../wire/tunnel/mellanox.js';
import { parseWccp } from '../wire/tunnel/wccp.js';
import { FrameKind } from '../wire/walk/frame.js';
import { Malformed } from '../wire/walk/malformed.js';
import type { Dispatch } from './dispatch.js';
import { ieee80211Rcv } from './ieee80211.js';

/** @param o offset of what follows the GRE header */
export function ipgreRcv(inner: Dispatch, packet: OuterPacket, o: number): void {
  const protocol = inner.gre.protocol;
  switch (protocol) {
    case GRE_PROTO_KEEPALIVE:
      // The answer to a keepalive is only the GRE header.
      inner.passEmpty(packet);
      return;
    case GRE_PROTO_TEB:
      if (inner.begin(packet, MirrorType.Gretap, 0)) inner.whole(packet, FrameKind.Ethernet, 0, o);
      return;
    case GRE_PROTO_MELLANOX:
      mellanoxRcv(inner, packet, o);
      return;
    case GRE_PROTO_WCCP:
      wccpRcv(inner, packet, o);
      return;
    case GRE_PROTO_CISCO_METADATA:
      metadataRcv(inner, packet, o);
      return;
    case GRE_PROTO_PPP:
      if (inner.begin(packet, MirrorType.Gre, 0)) inner.whole(packet, FrameKind.Ppp, 0, o);
      return;
    default:
      if (!inner.begin(packet, MirrorType.Gre, 0)) return;
      if (isIeee80211Protocol(protocol)) ieee80211Rcv(inner, packet, o);
      else inner.announced(packet, protocol, o);
  }
}

/**
 * WCCP without flags is IPv4; version 2 has a redirect header of four bytes before it (Linux:
 * gre_parse_header).
 */
function wccpRcv(inner: Dispatch, packet: OuterPacket, o: number): void {
  if (inner.gre.flags !== 0) {
    inner.refuse(packet, Malformed.GreProtocol);
    return;
  }
  const length = parseWccp(packet.bytes, o, packet.end, inner.wccp);
  if (length < 0) inner.refuse(packet, Malformed.WccpShort);
  else if (inner.begin(packet, MirrorType.Gre, 0)) {
    inner.mirrored.protocol = EtherType.Ipv4;
    inner.whole(packet, FrameKind.Ip, 0, o + length);
  }
}

function metadataRcv(inner: Dispatch, packet: OuterPacket, o: number): void {
  const length = parseCiscoMetadata(packet.bytes, o, packet.end, inner.metadata);
  if (length < 0) {
    inner.refuse(packet, Malformed.CiscoMetadata);
    return;
  }
  const teb = inner.metadata.type === EtherType.Teb;
  if (!inner.begin(packet, teb ? MirrorType.Gretap : MirrorType.Gre, 0)) return;
  inner.mirrored.securityGroup = inner.metadata.securityGroup;
  inner.mirrored.protocol = inner.metadata.type;
  inner.announced(packet, inner.metadata.type, o + length);
}

/** A mirrored frame behind the metadata of a Spectrum switch; SONiC calls this ERSPAN too. */
function mellanoxRcv(inner: Dispatch, packet: OuterPacket, o: number): void {
  const length = parseMellanox(o, packet.end);
  if (length < 0) inner.refuse(packet, Malformed.ErspanShort);
  else if (inner.begin(packet, MirrorType.Mellanox, 0)) {
    inner.mirrored.protocol = EtherType.Teb;
    inner.whole(packet, FrameKind.Ethernet, 0, o + length);
  }
}
