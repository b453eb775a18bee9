/** The GRE header as the kernel's receivers read it (Linux: gre_parse_header, net/ipv4/gre_demux.c). */
import { u16, u32 } from '../wire/bytes.js';
import { checksum } from '../wire/checksum.js';
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
} from '../wire/gre.js';
import type { OuterPacket } from '../wire/outer.js';
import { isGroMerged } from './gro-merged.js';
import { ETH_HLEN } from './inner-packet.js';

/** ERSPAN's base header: version, VLAN, cos, en, t, session id (Linux: struct erspan_base_hdr). */
const ERSPAN_BASE_LENGTH = 4;

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
 * @returns the header's length, -1 for what the kernel drops without counting it.
 */
export function greParseHeader(p: OuterPacket, tpi: TnlPtkInfo, ipProto: number): number {
  const b = p.bytes;
  const o = p.gre;
  if (o + GRE_BASE_LENGTH > p.end) return -1;
  const flags = u16(b, o);
  if ((flags & (GRE_VERSION | GRE_ROUTING)) !== 0) return -1;
  tpi.flags = flags;
  let hdrLen = GRE_BASE_LENGTH;
  if ((flags & GRE_CSUM) !== 0) hdrLen += 4;
  if ((flags & GRE_KEY) !== 0) hdrLen += 4;
  if ((flags & GRE_SEQ) !== 0) hdrLen += 4;
  if (o + hdrLen > p.end) return -1;
  tpi.proto = u16(b, o + 2);

  let options = o + 4;
  if ((flags & GRE_CSUM) !== 0) {
    // A packet that the capture cut cannot be summed; it is taken for right.
    if (p.end === p.wireEnd && checksum(b, o, p.end) !== 0 && !merged(b, o + hdrLen, p.end, tpi.proto))
      return -1;
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
    if (o + hdrLen + 1 > p.end) return -1;
    tpi.proto = ipProto;
    // WCCPv2 has a redirect header of 4 bytes where version 1 has IPv4 at once.
    if ((b[o + hdrLen] & 0xf0) !== 0x40) hdrLen += 4;
  }
  tpi.hdrLen = hdrLen;

  // ERSPAN II and III carry the tunnel's key as session id; type I (no sequence number) has none.
  if ((proto === GRE_PROTO_ERSPAN && hdrLen !== 4) || proto === GRE_PROTO_ERSPAN3) {
    if (o + hdrLen + ERSPAN_BASE_LENGTH > p.end) return -1;
    tpi.key = u16(b, o + hdrLen + 2) & 0x3ff;
  }
  return hdrLen;
}

/** The kernel has verified the segments of a packet that it put together itself. */
function merged(b: Uint8Array, at: number, end: number, proto: number): boolean {
  const ethernet = proto === GRE_PROTO_TEB;
  if (ethernet && at + ETH_HLEN > end) return false;
  return isGroMerged(b, at, end, ethernet, ethernet ? u16(b, at + 12) : proto);
}
