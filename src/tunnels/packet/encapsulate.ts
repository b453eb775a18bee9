/**
 * Writes the outer headers of a tunnel: IP, GRE and ERSPAN in front of a packet (Linux: ip_tunnel_xmit,
 * __gre_xmit, ip6_tnl_xmit).
 */
import { setU16, setU32 } from '../../wire/bytes.js';
import { foldChecksum, sumWords } from '../../wire/checksum.js';
import { IPV4_BASE_LENGTH, IPV4_DESTINATION, IPV4_DONT_FRAGMENT, IPV4_SOURCE } from '../../wire/ip/ipv4.js';
import { IPV6_DESTINATION, IPV6_LENGTH, IPV6_SOURCE } from '../../wire/ip/ipv6.js';
import {
  ERSPAN2_LENGTH,
  ERSPAN3_LENGTH,
  ErspanEncapsulation,
  ErspanHeader,
  emitErspan,
} from '../../wire/tunnel/erspan.js';
import {
  emitGre,
  GRE_BASE_LENGTH,
  GRE_CSUM,
  GRE_KEY,
  GRE_PROTO_ERSPAN,
  GRE_PROTO_ERSPAN3,
  GRE_PROTO_TEB,
  GRE_SEQ,
  GreHeader,
  greHeaderLength,
} from '../../wire/tunnel/gre.js';
import type { Destination } from '../kernel/destination.js';
import { inetEcnEncapsulate } from '../kernel/inet-ecn.js';
import type { Tunnel } from '../kernel/tunnel.js';
import { ETH_P_IP, ETH_P_IPV6, type InnerPacket } from './inner-packet.js';

const IPPROTO_GRE = 47;
const IPPROTO_DSTOPTS = 60;
/** Destination options with the tunnel encapsulation limit and padding (RFC 2473 section 4.1.1). */
const ENCAP_LIMIT_LENGTH = 8;
const TLV_TNL_ENCAP_LIMIT = 4;
const TLV_PADN = 1;
/** Linux: ip4_dst_hoplimit and ip6_dst_hoplimit, unless a route says otherwise. */
const DEFAULT_TTL = 64;

const gre = new GreHeader();
const erspan = new ErspanHeader();

/** Bytes before GRE's payload, by header. */
export class OuterLayout {
  /** IPv4, or IPv6 with its destination options. */
  readonly ip: number;
  readonly gre: number;
  readonly erspan: number;
  readonly total: number;

  constructor(t: Tunnel) {
    this.ip = t.ipv6
      ? IPV6_LENGTH + (t.config.encapLimit === null ? 0 : ENCAP_LIMIT_LENGTH)
      : IPV4_BASE_LENGTH;
    this.gre = greHeaderLength(greFlags(t));
    this.erspan =
      !t.erspan || t.config.erspanVersion === 0
        ? 0
        : t.config.erspanVersion === 1
          ? ERSPAN2_LENGTH
          : ERSPAN3_LENGTH;
    this.total = this.ip + this.gre + this.erspan;
  }
}

function greFlags(t: Tunnel): number {
  let flags = t.config.ocsum ? GRE_CSUM : 0;
  if (t.config.oseq) flags |= GRE_SEQ;
  // ERSPAN carries the key as its session id (Linux: erspan_xmit clears TUNNEL_KEY).
  if (t.config.okey !== null && !t.erspan) flags |= GRE_KEY;
  return flags;
}

/**
 * Outer TOS or traffic class for an inner packet. Over IPv4, ECN is always copied out (Linux: ip_tunnel_xmit,
 * ip_tunnel_ecn_encap). Over IPv6 the kernel does not treat it separately: it is part of the inherited field,
 * including congestion experienced, or not copied (prepare_ip6gre_xmit_ipv4, __gre6_xmit).
 */
export function outerTos(t: Tunnel, inner: InnerPacket): number {
  const ip = inner.protocol === ETH_P_IP || inner.protocol === ETH_P_IPV6;
  const tos = t.config.tosInherit && ip ? inner.tos : t.config.tos;
  return ip && !t.ipv6 ? inetEcnEncapsulate(tos, inner.tos) : tos;
}

/** Whether the outer IPv4 packet must not be fragmented (Linux: tnl_params->frag_off, tunnel->ignore_df). */
export function outerDf(t: Tunnel, inner: InnerPacket): boolean {
  if (t.ipv6 || t.config.pmtudisc) return true;
  return inner.protocol === ETH_P_IP && inner.df && !t.config.ignoreDf;
}

/**
 * Writes the outer headers at `o`.
 *
 * @param length bytes of payload of GRE (and ERSPAN).
 * @param truncated whether the mirrored frame was cut to fit (ERSPAN).
 * @returns bytes written. The checksum is set later, see {@link setOuterChecksum}.
 */
export function emitOuter(
  t: Tunnel,
  layout: OuterLayout,
  inner: InnerPacket,
  to: Destination,
  length: number,
  truncated: boolean,
  b: Uint8Array,
  o: number,
): number {
  const ip = inner.protocol === ETH_P_IP || inner.protocol === ETH_P_IPV6;
  const ttl = t.config.ttl !== 0 ? t.config.ttl : ip ? inner.ttl : DEFAULT_TTL;
  const tos = outerTos(t, inner);
  if (t.ipv6) {
    const label =
      t.config.flowLabelInherit && inner.protocol === ETH_P_IPV6 ? inner.flowLabel : t.config.flowLabel;
    emitIpv6Outer(t, tos, ttl, label, layout.total - IPV6_LENGTH + length, to, b, o);
  } else {
    b[o] = 0x45;
    b[o + 1] = tos;
    setU16(b, o + 2, layout.total + length);
    // The kernel fills in identification and checksum (raw(7)).
    setU16(b, o + 4, 0);
    setU16(b, o + 6, outerDf(t, inner) ? IPV4_DONT_FRAGMENT : 0);
    b[o + 8] = ttl;
    b[o + 9] = IPPROTO_GRE;
    setU16(b, o + 10, 0);
    for (let i = 0; i < 4; i++) {
      b[o + IPV4_SOURCE + i] = to.source[to.sourceAt + i];
      b[o + IPV4_DESTINATION + i] = to.remote[to.remoteAt + i];
    }
  }
  let p = o + layout.ip;
  gre.flags = greFlags(t);
  gre.protocol = greProtocol(t, inner);
  gre.key = t.config.okey ?? 0;
  gre.sequence = t.oSeqno;
  if (t.config.oseq) t.oSeqno = (t.oSeqno + 1) >>> 0;
  p += emitGre(gre, b, p);
  if (layout.erspan > 0) p += emitErspanOuter(t, inner, truncated, b, p);
  return p - o;
}

function greProtocol(t: Tunnel, inner: InnerPacket): number {
  if (t.erspan) return t.config.erspanVersion === 2 ? GRE_PROTO_ERSPAN3 : GRE_PROTO_ERSPAN;
  return t.ethernet ? GRE_PROTO_TEB : inner.protocol;
}

/** Linux: ip6_tnl_xmit, init_tel_txopt. */
function emitIpv6Outer(
  t: Tunnel,
  tclass: number,
  hopLimit: number,
  label: number,
  payload: number,
  to: Destination,
  b: Uint8Array,
  o: number,
): void {
  const limit = t.config.encapLimit;
  setU32(b, o, 0x60000000 | (tclass << 20) | label);
  setU16(b, o + 4, payload);
  b[o + 6] = limit === null ? IPPROTO_GRE : IPPROTO_DSTOPTS;
  b[o + 7] = hopLimit;
  for (let i = 0; i < 16; i++) {
    b[o + IPV6_SOURCE + i] = to.source[to.sourceAt + i];
    b[o + IPV6_DESTINATION + i] = to.remote[to.remoteAt + i];
  }
  if (limit === null) return;
  const p = o + IPV6_LENGTH;
  b[p] = IPPROTO_GRE;
  b[p + 1] = 0;
  b[p + 2] = TLV_TNL_ENCAP_LIMIT;
  b[p + 3] = 1;
  b[p + 4] = limit;
  b[p + 5] = TLV_PADN;
  b[p + 6] = 1;
  b[p + 7] = 0;
}

/** Linux: erspan_build_header and erspan_build_header_v2. */
function emitErspanOuter(
  t: Tunnel,
  inner: InnerPacket,
  truncated: boolean,
  b: Uint8Array,
  o: number,
): number {
  const h = erspan;
  h.type = t.config.erspanVersion === 1 ? 2 : 3;
  h.vlan = inner.vlanTci < 0 ? 0 : inner.vlanTci & 0xfff;
  h.cos = inner.tos >>> 5;
  h.encapsulation = inner.vlanTci < 0 ? ErspanEncapsulation.Untagged : ErspanEncapsulation.TagKept;
  h.truncated = truncated ? 1 : 0;
  h.session = t.config.okey ?? 0;
  h.index = t.config.erspanIndex;
  if (h.type === 3) {
    // Units of 100 µs, granularity 0.
    h.timestamp = Math.floor(Date.now() * 10) >>> 0;
    h.protocolData = 1;
    h.hardware = t.config.erspanHardware;
    h.direction = t.config.erspanDirection;
  }
  return emitErspan(h, b, o);
}

/**
 * Sets the checksum of GRE at `gre`, whose packet consists of the bytes up to `headEnd`, then those from
 * `body` to `bodyEnd`.
 */
export function setOuterChecksum(
  b: Uint8Array,
  at: number,
  headEnd: number,
  body: number,
  bodyEnd: number,
): void {
  setU16(b, at + GRE_BASE_LENGTH, 0);
  // Heads have an even length, so the sums can be added.
  setU16(b, at + GRE_BASE_LENGTH, foldChecksum(sumWords(b, body, bodyEnd, sumWords(b, at, headEnd))));
}
