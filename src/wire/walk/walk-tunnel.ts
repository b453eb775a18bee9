/**
 * Steps of the walk through tunnels inside a mirrored frame. If a tunnel is not what it should be, its
 * carrier remains as it is.
 */
import { BAD, SHORT } from '../bytes.js';
import { PIM_LENGTH, PIM_NULL_REGISTER, PIM_REGISTER, PIM_REGISTER_LENGTH, parsePim } from '../ip/pim.js';
import { EtherType } from '../link/ethertypes.js';
import { isIeee80211Protocol } from '../link/ieee80211.js';
import { ERSPAN_FT_ETHERNET, ERSPAN_FT_IP, parseErspan } from '../tunnel/erspan.js';
import { ETHERIP_LENGTH, parseEtherIp } from '../tunnel/etherip.js';
import { parseGeneve } from '../tunnel/geneve.js';
import { GRE_PROTO_ERSPAN3, GRE_PROTO_KEEPALIVE, GRE_PROTO_PPP, GRE_SEQ, parseGre } from '../tunnel/gre.js';
import { GTPU_GPDU, parseGtpu } from '../tunnel/gtpu.js';
import { parseMellanox } from '../tunnel/mellanox.js';
import { parseVxlan, VXLAN_FLAG_I } from '../tunnel/vxlan.js';
import { parseVxlanGpe, VXLAN_GPE_P } from '../tunnel/vxlan-gpe.js';
import { parseWccp } from '../tunnel/wccp.js';
import type { Frame } from './frame-fields.js';
import { LAYER_OF_GRE_PROTOCOL } from './layer-table.js';
import { Layer } from './layers.js';
import { Malformed } from './malformed.js';
import { etherType, nextProtocol } from './walk-link.js';
import { cut, fail, push, Step, type Walk } from './walk-state.js';

export function gre(f: Frame, w: Walk): Step {
  const h = w.headers.gre;
  const n = parseGre(w.b, w.o, w.end, h);
  if (n === SHORT) return cut(f, w, Malformed.InnerGre);
  if (n === BAD || h.version > 1) return fail(f, w, Malformed.InnerGre);
  push(f, Layer.Gre, w.o);
  w.o += n;
  if (h.version === 1) return pptp(f, w);
  if (h.protocol === GRE_PROTO_KEEPALIVE) return Step.Done;
  if (isIeee80211Protocol(h.protocol)) return Layer.Ieee80211;
  switch (LAYER_OF_GRE_PROTOCOL[h.protocol]) {
    case Layer.Erspan2:
    case Layer.Erspan3:
      return erspan(f, w);
    case Layer.Mellanox:
      return mellanox(f, w);
    case Layer.Wccp:
      return wccp(f, w);
    default:
      return etherType(f, w, h.protocol);
  }
}

/**
 * Enhanced GRE (RFC 2637 section 4.1): without a sequence number there is no payload, only an acknowledgment.
 */
function pptp(f: Frame, w: Walk): Step {
  if (w.headers.gre.protocol !== GRE_PROTO_PPP) return fail(f, w, Malformed.InnerGre);
  if ((w.headers.gre.flags & GRE_SEQ) === 0) return Step.Done;
  w.wireEnd = Math.min(w.wireEnd, w.o + (w.headers.gre.key >>> 16));
  w.end = Math.min(w.end, w.wireEnd);
  w.etherType = EtherType.Ppp;
  return Layer.Ppp;
}

/** Of any type, behind the GRE header just read. Without a sequence number it is type I. */
function erspan(f: Frame, w: Walk): Step {
  const h = w.headers.erspan;
  const sequenced = w.headers.gre.protocol === GRE_PROTO_ERSPAN3 || (w.headers.gre.flags & GRE_SEQ) !== 0;
  const n = parseErspan(w.b, w.o, w.end, sequenced, h);
  if (n === SHORT) return cut(f, w, Malformed.InnerErspan);
  if (n === BAD) return fail(f, w, Malformed.InnerErspan);
  push(f, Layer.Erspan1 + h.type - 1, w.o);
  w.o += n;
  switch (h.frameType) {
    case ERSPAN_FT_ETHERNET:
      return Layer.Ethernet;
    case ERSPAN_FT_IP:
      return Step.Ip;
    default:
      return Step.Done;
  }
}

function mellanox(f: Frame, w: Walk): Step {
  const n = parseMellanox(w.o, w.end);
  if (n === SHORT) return cut(f, w, Malformed.InnerErspan);
  push(f, Layer.Mellanox, w.o);
  w.o += n;
  return Layer.Ethernet;
}

function wccp(f: Frame, w: Walk): Step {
  const n = parseWccp(w.b, w.o, w.end, w.headers.wccp);
  if (n === SHORT) return cut(f, w, Malformed.InnerGre);
  push(f, Layer.Wccp, w.o);
  w.o += n;
  w.etherType = EtherType.Ipv4;
  return Layer.Ipv4;
}

/**
 * A PIM register: a multicast packet on its way to the rendezvous point. Other messages, and probes, carry
 * none.
 */
export function pimRegister(w: Walk): Step {
  const { b, o } = w;
  if (w.end - o < PIM_REGISTER_LENGTH) return Step.Done;
  if (parsePim(b, o, w.end, w.headers.pim) < 0 || w.headers.pim.version !== 2) return Step.Done;
  if (w.headers.pim.type !== PIM_REGISTER || (b[o + PIM_LENGTH] & PIM_NULL_REGISTER) !== 0) return Step.Done;
  w.o = o + PIM_REGISTER_LENGTH;
  return Step.Ip;
}

export function vxlan(f: Frame, w: Walk): Step {
  const n = parseVxlan(w.b, w.o, w.end, w.headers.vxlan);
  if (n === SHORT) return cut(f, w, Malformed.Vxlan);
  if (n === BAD) return fail(f, w, Malformed.Vxlan);
  push(f, Layer.Vxlan, w.o);
  w.o += n;
  w.vni = w.headers.vxlan.vni;
  return Layer.Ethernet;
}

export function geneve(f: Frame, w: Walk): Step {
  const n = parseGeneve(w.b, w.o, w.end, w.headers.geneve);
  if (n === SHORT) return cut(f, w, Malformed.Geneve);
  if (n === BAD) return fail(f, w, Malformed.Geneve);
  push(f, Layer.Geneve, w.o);
  w.o += n;
  w.vni = w.headers.geneve.vni;
  return etherType(f, w, w.headers.geneve.protocol);
}

export function vxlanGpe(f: Frame, w: Walk): Step {
  const h = w.headers.vxlanGpe;
  const n = parseVxlanGpe(w.b, w.o, w.end, h);
  if (n === SHORT) return cut(f, w, Malformed.Vxlan);
  if (n === BAD) return fail(f, w, Malformed.Vxlan);
  push(f, Layer.VxlanGpe, w.o);
  w.o += n;
  if ((h.flags & VXLAN_FLAG_I) !== 0) w.vni = h.vni;
  return (h.flags & VXLAN_GPE_P) === 0 ? Layer.Ethernet : nextProtocol(f, w, h.nextProtocol);
}

/**
 * One GTP-U message carries a packet, which is IP; with Ethernet, or anything unreadable, the carrier
 * remains.
 */
export function gtpu(f: Frame, w: Walk): Step {
  const h = w.headers.gtpu;
  const o = w.o;
  const n = parseGtpu(w.b, o, w.end, h);
  if (n === SHORT) return cut(f, w, Malformed.Gtpu);
  if (n === BAD) return fail(f, w, Malformed.Gtpu);
  push(f, Layer.Gtpu, o);
  if (h.type !== GTPU_GPDU) return Step.Done;
  w.o = o + n;
  w.teid = h.teid;
  return Step.Ip;
}

export function etherIp(f: Frame, w: Walk): Step {
  const n = parseEtherIp(w.b, w.o, w.end);
  if (n === SHORT) return cut(f, w, Malformed.EtherIp);
  if (n === BAD) return fail(f, w, Malformed.EtherIp);
  push(f, Layer.EtherIp, w.o);
  w.o += ETHERIP_LENGTH;
  return Layer.Ethernet;
}
