/** The GRE header as the kernel's receivers read it (Linux: gre_parse_header, net/ipv4/gre_demux.c). */

import type { OuterPacket } from '../../model/outer-packet.js';
import { u16, u32 } from '../../wire/bytes.js';
import { checksum } from '../../wire/checksum.js';
import {
  GRE_BASE_LENGTH,
  GRE_CSUM,
  GRE_KEY,
  GRE_PROTO_ERSPAN,
  GRE_PROTO_ERSPAN3,
  GRE_PROTO_TEB,
  GRE_PROTO_WCCP,
  GRE_ROUTING,
  GRE_SEQ,
  GRE_VERSION,
} from '../../wire/tunnel/gre.js';
import { ETH_HLEN } from './inner-packet.js';
import { findPartialChecksum, PartialChecksum } from './partial-checksum.js';

/** ERSPAN's base header: version, VLAN, cos, en, t, session id (Linux: struct erspan_base_hdr). */
const ERSPAN_BASE_LENGTH = 4;

export const BAD_HEADER = -1;
export const BAD_CHECKSUM = -2;

/** Reused from packet to packet. */
const partial = new PartialChecksum();

/** Linux: struct tnl_ptk_info. Reused from packet to packet. */
export class TnlPtkInfo {
  flags = 0;
  proto = 0;
  key = 0;
  seq = 0;
  /** Bytes up to what GRE carries; more than GRE's own header with WCCPv2. */
  hdrLen = 0;
}

/**
 * Fills in `tpi`.
 *
 * @param ipProto what WCCP carries: the EtherType of the outer IP version.
 * @returns the header's length; negative for packets that the kernel drops uncounted: {@link BAD_HEADER},
 * {@link BAD_CHECKSUM}.
 */
export function greParseHeader(p: OuterPacket, tpi: TnlPtkInfo, ipProto: number): number {
  const b = p.bytes;
  const o = p.gre;
  if (o + GRE_BASE_LENGTH > p.end) return BAD_HEADER;
  const flags = u16(b, o);
  if ((flags & (GRE_VERSION | GRE_ROUTING)) !== 0) return BAD_HEADER;
  tpi.flags = flags;
  let hdrLen = GRE_BASE_LENGTH;
  if ((flags & GRE_CSUM) !== 0) hdrLen += 4;
  if ((flags & GRE_KEY) !== 0) hdrLen += 4;
  if ((flags & GRE_SEQ) !== 0) hdrLen += 4;
  if (o + hdrLen > p.end) return BAD_HEADER;
  tpi.proto = u16(b, o + 2);

  let options = o + 4;
  if ((flags & GRE_CSUM) !== 0) {
    if (!checksumOk(p, o + hdrLen, tpi.proto)) return BAD_CHECKSUM;
    options += 4;
  }
  tpi.key = 0;
  if ((flags & GRE_KEY) !== 0) {
    tpi.key = u32(b, options);
    options += 4;
  }
  tpi.seq = 0;
  if ((flags & GRE_SEQ) !== 0) tpi.seq = u32(b, options);

  const proto = tpi.proto;
  if (flags === 0 && proto === GRE_PROTO_WCCP) {
    if (o + hdrLen + 1 > p.end) return BAD_HEADER;
    tpi.proto = ipProto;
    // WCCPv2 has a redirect header of 4 bytes; version 1 has IPv4 directly.
    if ((b[o + hdrLen] & 0xf0) !== 0x40) hdrLen += 4;
  }
  tpi.hdrLen = hdrLen;

  // ERSPAN II and III have the tunnel's key as session id; type I (no sequence number) has none.
  if ((proto === GRE_PROTO_ERSPAN && hdrLen !== 4) || proto === GRE_PROTO_ERSPAN3) {
    if (o + hdrLen + ERSPAN_BASE_LENGTH > p.end) return BAD_HEADER;
    tpi.key = u16(b, o + hdrLen + 2) & 0x3ff;
  }
  return hdrLen;
}

/**
 * Whether GRE's checksum is right, or not filled in yet. The kernel leaves it to the network card, as 0, if
 * GRE's payload has its own (gre_build_header); if that is left to the card too, GRE's is right once that one
 * is filled in; and for merged segments it is that of one of them, or nothing (gre_gso_segment,
 * gre_gro_complete). The checksum of a packet that the capture cut cannot be verified; it counts as right.
 */
function checksumOk(p: OuterPacket, at: number, proto: number): boolean {
  const b = p.bytes;
  if (p.end !== p.wireEnd || u16(b, p.gre + GRE_BASE_LENGTH) === 0 || checksum(b, p.gre, p.end) === 0)
    return true;
  if (proto !== GRE_PROTO_TEB) return findPartialChecksum(b, at, p.end, proto, partial);
  const network = at + ETH_HLEN;
  return network <= p.end && findPartialChecksum(b, network, p.end, u16(b, network - 2), partial);
}
