/**
 * The GRE demultiplexer (Linux: gre_demux.c and the gre_rcv of ip_gre.c). Functions that do the same have the
 * kernel's names.
 */

import type { GreReceiver, OuterPacket } from '../model/outer-packet.js';
import { BAD, u16 } from '../wire/bytes.js';
import {
  GRE_BASE_LENGTH,
  GRE_CSUM,
  GRE_KEY,
  GRE_PROTO_ERSPAN,
  GRE_PROTO_ERSPAN3,
  GRE_PROTO_KEEPALIVE,
  GRE_ROUTING,
  GRE_SEQ,
  GRE_VERSION,
  greChecksumOk,
  parseGre,
} from '../wire/tunnel/gre.js';
import { Malformed } from '../wire/walk/malformed.js';
import type { Dispatch } from './dispatch.js';
import { erspanRcv } from './erspan.js';
import { ipgreRcv } from './ipgre.js';
import { pptpRcv } from './pptp.js';

/** Bytes that gre_rcv requires before it looks at the version (pskb_may_pull). */
export const GRE_MIN_LENGTH = 12;
/** The version as gre_rcv reads it: with reserved bits set it is an unknown one. */
const VERSION_MASK = 0x7f;
/** Flags that a tunnel's keepalives may have, like its other packets. */
const KEEPALIVE_FLAGS = GRE_CSUM | GRE_KEY | GRE_SEQ;
const GREPROTO_CISCO = 0;
const GREPROTO_PPTP = 1;

/** Whether a tunnel takes a packet of which no mirror is made: {@link greRcv} without what is observed. */
export function tunnelRcv(packet: OuterPacket, tunnels: GreReceiver): boolean {
  const { bytes: b, gre: o, end, wireEnd, ipVersion } = packet;
  if (end - o < GRE_BASE_LENGTH) return false;
  if (ipVersion === 6) return (b[o + 1] & GRE_VERSION) === GREPROTO_CISCO && tunnels.rcv(packet);
  return wireEnd - o >= GRE_MIN_LENGTH && (b[o + 1] & VERSION_MASK) === GREPROTO_CISCO && tunnels.rcv(packet);
}

/** Linux: gre_rcv of gre_demux.c. */
export function greRcv(inner: Dispatch, packet: OuterPacket, tunnels: GreReceiver | undefined): void {
  const b = packet.bytes;
  const o = packet.gre;
  inner.clearGre();
  // Over IPv6 the kernel has no gre_demux: ip6_gre.c accepts short packets, and reads the three bits of the
  // version.
  if (
    packet.ipVersion === 6 &&
    (b[o + 1] & GRE_VERSION) === GREPROTO_CISCO &&
    tunnels?.rcv(packet) === true
  ) {
    inner.counters.tunnelled++;
    return;
  }
  if (packet.wireEnd - o < GRE_MIN_LENGTH && !isKeepalive(packet)) {
    inner.refuse(packet, Malformed.GreShort);
    return;
  }
  if (packet.end - o < GRE_BASE_LENGTH) {
    inner.refuse(packet, Malformed.GreShort);
    return;
  }
  switch (b[o + 1] & VERSION_MASK) {
    case GREPROTO_CISCO:
      if (packet.ipVersion === 4 && tunnels?.rcv(packet) === true) inner.counters.tunnelled++;
      else ciscoRcv(inner, packet);
      return;
    case GREPROTO_PPTP:
      pptpRcv(inner, packet);
      return;
    default:
      parseGre(b, o, packet.end, inner.gre);
      inner.refuse(packet, Malformed.GreVersion);
  }
}

/** Linux: gre_rcv of ip_gre.c, and gre_parse_header. */
function ciscoRcv(inner: Dispatch, packet: OuterPacket): void {
  const gre = inner.gre;
  const length = parseGre(packet.bytes, packet.gre, packet.end, gre);
  if (length === BAD || (gre.flags & GRE_ROUTING) !== 0) {
    inner.refuse(packet, Malformed.GreRouting);
  } else if (length < 0) {
    inner.refuse(packet, Malformed.GreShort);
  } else if ((gre.flags & GRE_CSUM) !== 0 && !checksumOk(packet)) {
    inner.refuse(packet, Malformed.GreChecksum);
  } else if (gre.protocol === GRE_PROTO_ERSPAN || gre.protocol === GRE_PROTO_ERSPAN3) {
    erspanRcv(inner, packet, packet.gre + length);
  } else {
    ipgreRcv(inner, packet, packet.gre + length);
  }
}

/** A checksum over bytes that the capture cut off cannot be verified. */
function checksumOk(packet: OuterPacket): boolean {
  return packet.end < packet.wireEnd || greChecksumOk(packet.bytes, packet.gre, packet.end);
}

/**
 * The answer to a keepalive is only the GRE header, four bytes of zeros, possibly with the tunnel's key: too
 * short for the kernel, which has no keepalives, but not malformed.
 */
function isKeepalive(packet: OuterPacket): boolean {
  if (packet.end - packet.gre < GRE_BASE_LENGTH) return false;
  const flags = u16(packet.bytes, packet.gre) & ~KEEPALIVE_FLAGS;
  return flags === 0 && u16(packet.bytes, packet.gre + 2) === GRE_PROTO_KEEPALIVE;
}
