/**
 * MPLS label stack entries (RFC 3032): label(20) traffic class(3) bottom(1) ttl(8). Nothing says what follows
 * the stack; its first nibble is the usual hint (RFC 4928): 4 and 6 IP, 0 a pseudowire control word (RFC
 * 4385), 1 an associated channel.
 */
import { BAD, SHORT, setU32, u16, u32 } from '../bytes.js';
import { ETHERNET_LENGTH, ETHERNET_TYPE } from './ethernet.js';
import { EtherType } from './ethertypes.js';

export const MPLS_LENGTH = 4;
/** More labels than anyone stacks; a longer run is no label stack. */
export const MPLS_MAX_LABELS = 16;
export const CONTROL_WORD_LENGTH = 4;
/** UDP destination port of MPLS-in-UDP (RFC 7510). */
export const MPLS_IN_UDP_PORT = 6635;

export class MplsLabel {
  label = 0;
  trafficClass = 0;
  /** 1 on the last entry. */
  bottom = 0;
  ttl = 0;
}

/** @returns the entry's length (4), or SHORT. */
export function parseMpls(b: Uint8Array, o: number, end: number, l: MplsLabel): number {
  if (end - o < MPLS_LENGTH) return SHORT;
  const word = u32(b, o);
  l.label = word >>> 12;
  l.trafficClass = (word >>> 9) & 7;
  l.bottom = (word >>> 8) & 1;
  l.ttl = word & 0xff;
  return MPLS_LENGTH;
}

export function emitMpls(l: MplsLabel, b: Uint8Array, o: number): number {
  setU32(b, o, (l.label << 12) | (l.trafficClass << 9) | (l.bottom << 8) | l.ttl);
  return MPLS_LENGTH;
}

/**
 * @returns the length of the whole label stack at `o`; SHORT if it does not end before `end`; BAD if it never
 * does.
 */
export function mplsStackLength(b: Uint8Array, o: number, end: number): number {
  for (let p = o, n = 0; n < MPLS_MAX_LABELS; n++, p += MPLS_LENGTH) {
    if (end - p < MPLS_LENGTH) return SHORT;
    if ((b[p + 2] & 1) === 1) return p + MPLS_LENGTH - o;
  }
  return BAD;
}

/**
 * Whether the Ethernet pseudowire payload at `o` starts with a control word. Its nibble of 0 can also be the
 * start of a MAC address: then a known EtherType at the position without a control word decides.
 */
export function hasControlWord(b: Uint8Array, o: number, end: number): boolean {
  if (b[o] >>> 4 !== 0) return false;
  const withWord = o + CONTROL_WORD_LENGTH;
  if (end - withWord >= ETHERNET_LENGTH && isCommonType(u16(b, withWord + ETHERNET_TYPE))) return true;
  return end - o < ETHERNET_LENGTH || !isCommonType(u16(b, o + ETHERNET_TYPE));
}

function isCommonType(type: number): boolean {
  switch (type) {
    case EtherType.Ipv4:
    case EtherType.Ipv6:
    case EtherType.Arp:
    case EtherType.Vlan:
    case EtherType.ProviderBridging:
    case EtherType.Vlan9100:
    case EtherType.Mpls:
    case EtherType.Pppoe:
    case EtherType.PppoeDiscovery:
    case EtherType.Lldp:
      return true;
    default:
      return false;
  }
}
