/**
 * From a packet's first byte to its outer IP header. Tags, labels and PPPoE around the tunnel are walked; which
 * they were is not kept.
 */
import { LinkType } from '../receive/batch.js';
import { u16, u24 } from '../wire/bytes.js';
import { ETHERNET_LENGTH, ETHERNET_TYPE } from '../wire/ethernet.js';
import { EtherType, IEEE8023_MAX_LENGTH } from '../wire/ethertypes.js';
import { LLC_UI, OUI_ETHERNET, SAP_IP, SAP_SNAP, SNAP_LENGTH } from '../wire/llc.js';
import { hasControlWord, MPLS_LENGTH, mplsStackLength } from '../wire/mpls.js';
import { familyEtherType, NULL_LENGTH, NullHeader, parseNull } from '../wire/null-loop.js';
import { PppProtocol } from '../wire/ppp.js';
import { PPPOE_LENGTH } from '../wire/pppoe.js';
import { SLL_LENGTH, SLL2_LENGTH } from '../wire/sll.js';
import { isVlanType, VLAN_LENGTH } from '../wire/vlan.js';

/** Answers of {@link linkLayer} that are not an offset. */
export const LINK_SHORT = -1;
export const LINK_NOT_IP = -2;
export const LINK_UNSUPPORTED = -3;

/** LINKTYPE_RAW is 101, but programs exist that write their system's DLT_RAW: 12, on OpenBSD 14. */
const DLT_RAW = 12;
const DLT_RAW_OPENBSD = 14;
/** Where the cooked headers have their protocol. */
const SLL_PROTOCOL = 14;
const SLL2_PROTOCOL = 0;
/** A cooked header's protocol for 802.2 LLC (Linux: ETH_P_802_2). */
const ETH_P_802_2 = 0x0004;
const LLC_LENGTH = 3;
/** Ethernet within MPLS within Ethernet, and so on: more than anyone does. */
const MAX_NESTING = 4;

const nullHeader = new NullHeader();

/**
 * Finds the outer IP header of a packet captured with a link type, from `o` up to `end`.
 *
 * @returns its offset; LINK_SHORT when the bytes end before it; LINK_NOT_IP for other traffic;
 *   LINK_UNSUPPORTED for a link type that is not known here.
 */
export function linkLayer(b: Uint8Array, o: number, end: number, linkType: number): number {
  switch (linkType) {
    case LinkType.Ethernet:
      return ethernet(b, o, end, 0);
    case LinkType.Raw:
    case DLT_RAW:
    case DLT_RAW_OPENBSD:
    case LinkType.Ipv4:
    case LinkType.Ipv6:
      return ip(b, o, end);
    case LinkType.LinuxSll:
      if (end - o < SLL_LENGTH) return LINK_SHORT;
      return etherType(b, o + SLL_LENGTH, end, u16(b, o + SLL_PROTOCOL), 0);
    case LinkType.LinuxSll2:
      if (end - o < SLL2_LENGTH) return LINK_SHORT;
      return etherType(b, o + SLL2_LENGTH, end, u16(b, o + SLL2_PROTOCOL), 0);
    case LinkType.Null:
    case LinkType.Loop:
      return addressFamily(b, o, end);
    default:
      return LINK_UNSUPPORTED;
  }
}

function ethernet(b: Uint8Array, o: number, end: number, depth: number): number {
  if (end - o < ETHERNET_LENGTH) return LINK_SHORT;
  return etherType(b, o + ETHERNET_LENGTH, end, u16(b, o + ETHERNET_TYPE), depth);
}

/** Walks from behind an EtherType (or 802.3 length) field. */
function etherType(b: Uint8Array, o: number, end: number, first: number, depth: number): number {
  let type = first;
  let p = o;
  while (isVlanType(type)) {
    if (end - p < VLAN_LENGTH) return LINK_SHORT;
    type = u16(b, p + 2);
    p += VLAN_LENGTH;
  }
  if (type === EtherType.Ipv4 || type === EtherType.Ipv6) return ip(b, p, end);
  if (type === EtherType.Mpls || type === EtherType.MplsMulticast) return mpls(b, p, end, depth);
  if (type === EtherType.Pppoe) return pppoe(b, p, end, depth);
  if (type <= IEEE8023_MAX_LENGTH || type === EtherType.JumboLlc || type === ETH_P_802_2) {
    return llc(b, p, end, depth);
  }
  return LINK_NOT_IP;
}

function ip(b: Uint8Array, o: number, end: number): number {
  if (o >= end) return LINK_SHORT;
  const version = b[o] >>> 4;
  return version === 4 || version === 6 ? o : LINK_NOT_IP;
}

/** Nothing says what follows a label stack; its first nibble is the usual hint (RFC 4928). */
function mpls(b: Uint8Array, o: number, end: number, depth: number): number {
  const stack = mplsStackLength(b, o, end);
  if (stack < 0) return end - o < MPLS_LENGTH ? LINK_SHORT : LINK_NOT_IP;
  const p = o + stack;
  const found = ip(b, p, end);
  if (found !== LINK_NOT_IP || depth === MAX_NESTING) return found;
  return ethernet(b, hasControlWord(b, p, end) ? p + MPLS_LENGTH : p, end, depth + 1);
}

function pppoe(b: Uint8Array, o: number, end: number, depth: number): number {
  let p = o + PPPOE_LENGTH;
  if (p >= end) return LINK_SHORT;
  // A protocol of one byte is odd (RFC 1661 section 6.5).
  const compressed = (b[p] & 1) === 1;
  if (!compressed && p + 2 > end) return LINK_SHORT;
  const protocol = compressed ? b[p] : u16(b, p);
  p += compressed ? 1 : 2;
  if (protocol === PppProtocol.Ipv4 || protocol === PppProtocol.Ipv6) return ip(b, p, end);
  if (protocol === PppProtocol.Mpls || protocol === PppProtocol.MplsMulticast) return mpls(b, p, end, depth);
  return LINK_NOT_IP;
}

function llc(b: Uint8Array, o: number, end: number, depth: number): number {
  if (end - o < LLC_LENGTH) return LINK_SHORT;
  if (b[o + 2] !== LLC_UI) return LINK_NOT_IP;
  if (b[o] === SAP_IP && b[o + 1] === SAP_IP) return ip(b, o + LLC_LENGTH, end);
  if (b[o] !== SAP_SNAP || b[o + 1] !== SAP_SNAP) return LINK_NOT_IP;
  const p = o + LLC_LENGTH;
  if (end - p < SNAP_LENGTH) return LINK_SHORT;
  const oui = u24(b, p);
  const type = u16(b, p + 3);
  // A length behind a SNAP header would be another LLC header: nobody sends that.
  if (oui !== OUI_ETHERNET || type <= IEEE8023_MAX_LENGTH || depth === MAX_NESTING) return LINK_NOT_IP;
  return etherType(b, p + SNAP_LENGTH, end, type, depth + 1);
}

function addressFamily(b: Uint8Array, o: number, end: number): number {
  if (end - o < NULL_LENGTH) return LINK_SHORT;
  if (parseNull(b, o, end, nullHeader) < 0 || familyEtherType(nullHeader.family) === 0) return LINK_NOT_IP;
  return ip(b, o + NULL_LENGTH, end);
}
