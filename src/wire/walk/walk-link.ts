/** Steps of the walk through headers below IP. */

import { BAD, SHORT, u16 } from '../bytes.js';
import { parseIpv4 } from '../ip/ipv4.js';
import { IPV6_LENGTH, parseIpv6 } from '../ip/ipv6.js';
import { parseAristaTimestamp } from '../link/arista-timestamp.js';
import { ARP_BASE_LENGTH } from '../link/arp.js';
import { parseCiscoMetadata } from '../link/cisco-metadata.js';
import { ETHERNET_LENGTH, ETHERNET_TYPE, MAC_LENGTH } from '../link/ethernet.js';
import { ETHERTYPE_MIN, IEEE8023_MAX_LENGTH } from '../link/ethertypes.js';
import {
  AMSDU_HEADER_LENGTH,
  FC_PROTECTED,
  FC_SUBTYPE_NO_DATA,
  IEEE80211_TYPE,
  isAmsdu,
  parseIeee80211,
} from '../link/ieee80211.js';
import {
  LLC_UI,
  OUI_BRIDGE_TUNNEL,
  OUI_ETHERNET,
  parseLlc,
  parseSnap,
  SAP_IP,
  SAP_SNAP,
} from '../link/llc.js';
import { MACSEC_CHANGED, MACSEC_ENCRYPTED, parseMacsec } from '../link/macsec.js';
import { CONTROL_WORD_LENGTH, hasControlWord, mplsStackLength } from '../link/mpls.js';
import { parsePpp } from '../link/ppp.js';
import { PPPOE_SESSION_DATA, parsePppoe } from '../link/pppoe.js';
import { VLAN_LENGTH } from '../link/vlan.js';
import { parseNsh } from '../tunnel/nsh.js';
import type { Frame } from './frame-fields.js';
import {
  ETHER_TYPE_OF_LAYER,
  LAYER_OF_ETHER_TYPE,
  LAYER_OF_NEXT_PROTOCOL,
  LAYER_OF_PPP_PROTOCOL,
} from './layer-table.js';
import { Layer, MAX_VLANS } from './layers.js';
import { Malformed } from './malformed.js';
import { cut, fail, push, Step, type Walk } from './walk-state.js';

export function ethernet(f: Frame, w: Walk): Step {
  const o = w.o;
  if (w.end - o < ETHERNET_LENGTH) return cut(f, w, Malformed.Ethernet);
  push(f, Layer.Ethernet, o);
  w.mac = o;
  w.macSource = o + MAC_LENGTH;
  w.o = o + ETHERNET_LENGTH;
  return typeOrLength(f, w, u16(w.b, o + ETHERNET_TYPE));
}

/** A field that is an EtherType, or an 802.3 length followed by LLC. */
function typeOrLength(f: Frame, w: Walk, value: number): Step {
  if (value > IEEE8023_MAX_LENGTH) return etherType(f, w, value);
  w.wireEnd = Math.min(w.wireEnd, w.o + value);
  w.end = Math.min(w.end, w.wireEnd);
  return Layer.Llc;
}

/** The step for an EtherType, 0 to 65535. */
export function etherType(f: Frame, w: Walk, type: number): Step {
  w.etherType = type;
  w.subType = 0;
  const next = LAYER_OF_ETHER_TYPE[type] as Step;
  if (next === Step.Done) push(f, Layer.Other, w.o);
  return next;
}

export function vlan(f: Frame, w: Walk): Step {
  const o = w.o;
  if (w.end - o < VLAN_LENGTH) return cut(f, w, Malformed.Vlan);
  push(f, Layer.Vlan, o);
  if (f.vlanCount < MAX_VLANS) f.vlanIds[f.vlanCount++] = u16(w.b, o) & 0xfff;
  w.o = o + VLAN_LENGTH;
  return typeOrLength(f, w, u16(w.b, o + 2));
}

/** A switch's tag with the next EtherType in its last two bytes. */
export function fabricTag(f: Frame, w: Walk, layer: Layer, length: number): Step {
  const o = w.o;
  if (w.end - o < length) return cut(f, w, Malformed.FabricTag);
  push(f, layer, o);
  w.o = o + length;
  return typeOrLength(f, w, u16(w.b, o + length - 2));
}

export function aristaTimestamp(f: Frame, w: Walk): Step {
  const o = w.o;
  const n = parseAristaTimestamp(w.b, o, w.end, w.headers.aristaTimestamp);
  if (n === SHORT) return cut(f, w, Malformed.FabricTag);
  if (n === BAD) {
    // Another of Arista's tags, of unknown length.
    push(f, Layer.Other, o);
    return Step.Done;
  }
  push(f, Layer.AristaTimestamp, o);
  w.o = o + n;
  return typeOrLength(f, w, w.headers.aristaTimestamp.type);
}

export function nsh(f: Frame, w: Walk): Step {
  const n = parseNsh(w.b, w.o, w.end, w.headers.nsh);
  if (n === SHORT) return cut(f, w, Malformed.Nsh);
  if (n === BAD) return fail(f, w, Malformed.Nsh);
  push(f, Layer.Nsh, w.o);
  w.o += n;
  return nextProtocol(f, w, w.headers.nsh.nextProtocol);
}

/** The step for a next protocol of NSH and VXLAN-GPE. */
export function nextProtocol(f: Frame, w: Walk, protocol: number): Step {
  const next = LAYER_OF_NEXT_PROTOCOL[protocol] as Step;
  const type = ETHER_TYPE_OF_LAYER[next];
  // Ethernet brings its own.
  return type === 0 || next === Layer.Ethernet ? next : etherType(f, w, type);
}

/** Continues through a frame that is only signed; lengths exclude the signature at its end. */
export function macsec(f: Frame, w: Walk): Step {
  const n = parseMacsec(w.b, w.o, w.end, w.headers.macsec);
  if (n === SHORT) return cut(f, w, Malformed.Macsec);
  if (n === BAD) return fail(f, w, Malformed.Macsec);
  push(f, Layer.Macsec, w.o);
  if ((w.headers.macsec.flags & (MACSEC_ENCRYPTED | MACSEC_CHANGED)) !== 0) return Step.Done;
  const o = w.o + n;
  if (w.end - o < 2) return cut(f, w, Malformed.Macsec);
  w.o = o + 2;
  return typeOrLength(f, w, u16(w.b, o));
}

/** A fabric's header that carries whole Ethernet frames. */
export function fabricHeader(f: Frame, w: Walk, layer: Layer, length: number): Step {
  if (w.end - w.o < length) return cut(f, w, Malformed.FabricTag);
  push(f, layer, w.o);
  w.o += length;
  return Layer.Ethernet;
}

export function llc(f: Frame, w: Walk): Step {
  w.etherType = 0;
  w.subType = 0;
  const n = parseLlc(w.b, w.o, w.end, w.headers.llc);
  if (n < 0) return cut(f, w, Malformed.Llc);
  push(f, Layer.Llc, w.o);
  w.o += n;
  w.subType = (w.headers.llc.dsap << 8) | w.headers.llc.ssap;
  if (w.headers.llc.control !== LLC_UI) return Step.Done;
  if (w.headers.llc.dsap === SAP_IP) return Layer.Ipv4;
  return w.headers.llc.dsap === SAP_SNAP && w.headers.llc.ssap === SAP_SNAP ? snap(f, w) : Step.Done;
}

function snap(f: Frame, w: Walk): Step {
  const n = parseSnap(w.b, w.o, w.end, w.headers.snap);
  if (n < 0) return cut(f, w, Malformed.Llc);
  push(f, Layer.Snap, w.o);
  w.o += n;
  if (w.headers.snap.oui === OUI_ETHERNET || w.headers.snap.oui === OUI_BRIDGE_TUNNEL) {
    return etherType(f, w, w.headers.snap.protocol);
  }
  w.subType = w.headers.snap.protocol;
  return Step.Done;
}

export function arp(f: Frame, w: Walk): Step {
  if (w.end - w.o < ARP_BASE_LENGTH) return cut(f, w, Malformed.Arp);
  push(f, Layer.Arp, w.o);
  return Step.Done;
}

/** A label stack; only the first nibble behind it hints at the payload (RFC 4928). */
export function mpls(f: Frame, w: Walk): Step {
  const { b, end } = w;
  const n = mplsStackLength(b, w.o, end);
  if (n === SHORT) return cut(f, w, Malformed.Mpls);
  if (n === BAD) return fail(f, w, Malformed.Mpls);
  push(f, Layer.Mpls, w.o);
  const o = w.o + n;
  w.o = o;
  if (o >= end) return cut(f, w, Malformed.Mpls);
  switch (b[o] >>> 4) {
    case 1:
      return Step.Done;
    case 4:
      return fitsIpv4(w) ? Layer.Ipv4 : Layer.Ethernet;
    case 6:
      return fitsIpv6(w) ? Layer.Ipv6 : Layer.Ethernet;
    default:
      if (hasControlWord(b, o, end)) w.o += CONTROL_WORD_LENGTH;
      return Layer.Ethernet;
  }
}

/**
 * Whether IP's lengths agree with the frame's: an Ethernet pseudowire may start with a MAC address that looks
 * like a version.
 */
function fitsIpv4(w: Walk): boolean {
  const n = parseIpv4(w.b, w.o, w.end, w.headers.ipv4);
  if (n === BAD) return false;
  return n === SHORT || w.headers.ipv4.totalLength <= w.wireEnd - w.o;
}

function fitsIpv6(w: Walk): boolean {
  const n = parseIpv6(w.b, w.o, w.end, w.headers.ipv6);
  return n === SHORT || w.headers.ipv6.payloadLength + IPV6_LENGTH <= w.wireEnd - w.o;
}

export function pppoe(f: Frame, w: Walk): Step {
  const n = parsePppoe(w.b, w.o, w.end, w.headers.pppoe);
  if (n === SHORT) return cut(f, w, Malformed.Pppoe);
  if (n === BAD || w.headers.pppoe.code !== PPPOE_SESSION_DATA) return fail(f, w, Malformed.Pppoe);
  push(f, Layer.Pppoe, w.o);
  w.o += n;
  w.wireEnd = Math.min(w.wireEnd, w.o + w.headers.pppoe.length);
  w.end = Math.min(w.end, w.wireEnd);
  return Layer.Ppp;
}

export function pppoeDiscovery(f: Frame, w: Walk): Step {
  const n = parsePppoe(w.b, w.o, w.end, w.headers.pppoe);
  if (n === SHORT) return cut(f, w, Malformed.Pppoe);
  if (n === BAD) return fail(f, w, Malformed.Pppoe);
  push(f, Layer.PppoeDiscovery, w.o);
  return Step.Done;
}

export function ppp(f: Frame, w: Walk): Step {
  const n = parsePpp(w.b, w.o, w.end, w.headers.ppp);
  if (n === SHORT) return cut(f, w, Malformed.Ppp);
  if (n === BAD) return fail(f, w, Malformed.Ppp);
  push(f, Layer.Ppp, w.o);
  w.o += n;
  const next = LAYER_OF_PPP_PROTOCOL[w.headers.ppp.protocol] as Step;
  if (next === Step.Done) {
    w.subType = w.headers.ppp.protocol;
    push(f, Layer.Other, w.o);
  }
  return next;
}

export function ciscoMetadata(f: Frame, w: Walk): Step {
  const n = parseCiscoMetadata(w.b, w.o, w.end, w.headers.ciscoMetadata);
  if (n === SHORT) return cut(f, w, Malformed.CiscoMetadata);
  if (n === BAD) return fail(f, w, Malformed.CiscoMetadata);
  push(f, Layer.CiscoMetadata, w.o);
  w.o += n;
  return w.headers.ciscoMetadata.type < ETHERTYPE_MIN
    ? typeOrLength(f, w, w.headers.ciscoMetadata.type)
    : etherType(f, w, w.headers.ciscoMetadata.type);
}

/**
 * An 802.11 frame. Of an A-MSDU only the first subframe is decoded: for all of them, call decodeFrame for
 * each.
 */
export function ieee80211(f: Frame, w: Walk): Step {
  const o = w.o;
  w.etherType = IEEE80211_TYPE;
  const n = parseIeee80211(w.b, o, w.end, w.headers.ieee80211);
  if (n === SHORT) return cut(f, w, Malformed.Ieee80211);
  if (n === BAD && (w.b[o] & 3) !== 0) return fail(f, w, Malformed.Ieee80211);
  push(f, Layer.Ieee80211, o);
  // Management and control frames, and data frames without data, carry no packet.
  if (n === BAD) return Step.Done;
  w.mac = w.headers.ieee80211.destination;
  w.macSource = w.headers.ieee80211.source;
  if ((w.headers.ieee80211.frameControl & FC_SUBTYPE_NO_DATA) !== 0) return Step.Done;
  if ((w.headers.ieee80211.frameControl & FC_PROTECTED) !== 0)
    return fail(f, w, Malformed.Ieee80211Protected);
  w.o = o + n;
  return isAmsdu(w.headers.ieee80211) ? Step.Amsdu : Layer.Llc;
}

/** An A-MSDU subframe: destination, source and length as in 802.3, but the length may exceed 1500 bytes. */
export function amsdu(f: Frame, w: Walk): Step {
  const o = w.o;
  if (w.end - o < AMSDU_HEADER_LENGTH) return cut(f, w, Malformed.Ieee80211);
  push(f, Layer.Ethernet, o);
  w.mac = o;
  w.macSource = o + MAC_LENGTH;
  w.o = o + AMSDU_HEADER_LENGTH;
  w.wireEnd = Math.min(w.wireEnd, w.o + u16(w.b, o + 12));
  w.end = Math.min(w.end, w.wireEnd);
  return Layer.Llc;
}
