/** Explicit congestion notification across a tunnel (RFC 6040; Linux: include/net/inet_ecn.h). */
import { setU16, u16 } from '../../wire/bytes.js';

export const INET_ECN_MASK = 3;
export const INET_ECN_NOT_ECT = 0;
export const INET_ECN_ECT_1 = 1;
export const INET_ECN_ECT_0 = 2;
export const INET_ECN_CE = 3;

const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;

/** TOS or traffic class of the IP packet at `o`. */
export function dsfield(b: Uint8Array, o: number, protocol: number): number {
  return protocol === ETH_P_IP ? b[o + 1] : (u16(b, o) >>> 4) & 0xff;
}

/** The outer field for an inner one (Linux: INET_ECN_encapsulate): an inner CE becomes ECT(0). */
export function inetEcnEncapsulate(outer: number, inner: number): number {
  const ecn = inner & INET_ECN_MASK;
  return (outer & ~INET_ECN_MASK) | (ecn === INET_ECN_CE ? INET_ECN_ECT_0 : ecn);
}

/**
 * Whether a packet may be accepted (Linux: __INET_ECN_decapsulate).
 *
 * @returns 0 yes; 1 yes, but ECN is broken on the path; 2 no: congestion was marked on a packet that cannot
 * carry the mark.
 */
export function inetEcnDecapsulate(outer: number, inner: number): 0 | 1 | 2 {
  if ((inner & INET_ECN_MASK) !== INET_ECN_NOT_ECT) return 0;
  switch (outer & INET_ECN_MASK) {
    case INET_ECN_NOT_ECT:
      return 0;
    case INET_ECN_CE:
      return 2;
    default:
      return 1;
  }
}

/**
 * Copies an outer congestion mark, and ECT(1), to the IP packet at `o` (INET_ECN_set_ce, INET_ECN_set_ect1).
 */
export function inetEcnCopyInside(outer: number, b: Uint8Array, o: number, protocol: number): void {
  const ecn = outer & INET_ECN_MASK;
  const inner = dsfield(b, o, protocol) & INET_ECN_MASK;
  if (ecn === INET_ECN_CE) setEcn(b, o, protocol, inner, INET_ECN_CE);
  else if (ecn === INET_ECN_ECT_1 && inner === INET_ECN_ECT_0) setEcn(b, o, protocol, inner, INET_ECN_ECT_1);
}

function setEcn(b: Uint8Array, o: number, protocol: number, from: number, to: number): void {
  if (from !== to && from !== INET_ECN_NOT_ECT) changeDsfield(b, o, protocol, ~INET_ECN_MASK, to);
}

/**
 * Keeps the bits of `mask` of the IP packet's TOS or traffic class and sets those of `value` (Linux:
 * ipv4_change_dsfield).
 */
export function changeDsfield(b: Uint8Array, o: number, protocol: number, mask: number, value: number): void {
  const from = dsfield(b, o, protocol);
  const to = ((from & mask) | value) & 0xff;
  if (protocol === ETH_P_IPV6) {
    b[o] = (b[o] & 0xf0) | (to >>> 4);
    b[o + 1] = (b[o + 1] & 0x0f) | ((to & 0x0f) << 4);
    return;
  }
  b[o + 1] = to;
  // RFC 1624: of the words under the checksum only this one changed, in its low byte.
  let sum = (~u16(b, o + 10) & 0xffff) + (~from & 0xffff) + to;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  setU16(b, o + 10, ~sum & 0xffff);
}
