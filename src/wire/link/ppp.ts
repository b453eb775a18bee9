/**
 * PPP (RFC 1661, RFC 1662): address 0xFF and control 0x03, which may be left out, and a protocol of two
 * bytes, or one if it is compressed. The last bit of a compressed protocol is 1; the first byte of a full one
 * ends in 0.
 */
import { BAD, SHORT, u16 } from '../bytes.js';

/** PPP protocol numbers (IANA). */
export const PppProtocol = {
  Ipv4: 0x0021,
  Ipv6: 0x0057,
  VanJacobsonCompressed: 0x002d,
  Multilink: 0x003d,
  Compressed: 0x00fd,
  Mpls: 0x0281,
  MplsMulticast: 0x0283,
  Ipcp: 0x8021,
  Ipv6cp: 0x8057,
  Mplscp: 0x8281,
  Ccp: 0x80fd,
  Lcp: 0xc021,
  Pap: 0xc023,
  Lqr: 0xc025,
  Chap: 0xc223,
  Eap: 0xc227,
} as const;

export class PppHeader {
  protocol = 0;
  /** 1 if address and control are present. */
  addressControl = 0;
  /** 1 if the protocol takes one byte. */
  compressed = 0;
}

/**
 * @returns the header's length (1 to 4); SHORT; BAD for an impossible protocol number (RFC 1661 section 2).
 */
export function parsePpp(b: Uint8Array, o: number, end: number, h: PppHeader): number {
  let p = o;
  h.addressControl = 0;
  if (end - p >= 2 && b[p] === 0xff && b[p + 1] === 0x03) {
    h.addressControl = 1;
    p += 2;
  }
  if (end - p < 1) return SHORT;
  if ((b[p] & 1) === 1) {
    h.compressed = 1;
    h.protocol = b[p];
    return p + 1 - o;
  }
  if (end - p < 2) return SHORT;
  h.compressed = 0;
  h.protocol = u16(b, p);
  return (h.protocol & 1) === 1 ? p + 2 - o : BAD;
}

export function emitPpp(h: PppHeader, b: Uint8Array, o: number): number {
  let p = o;
  if (h.addressControl !== 0) {
    b[p++] = 0xff;
    b[p++] = 0x03;
  }
  if (h.compressed === 0) b[p++] = h.protocol >>> 8;
  b[p++] = h.protocol;
  return p - o;
}
