/**
 * The network service header (EtherType 0x894f, and within VXLAN-GPE; RFC 8300 section 2): version(2) O(1)
 * U(1) TTL(6) length(6, in units of 4 bytes, of the whole header), U(4) metadata type(4), next protocol (1);
 * service path (3) and index (1); metadata.
 */
import { BAD, SHORT, setU16, setU24, u16, u24 } from '../bytes.js';

export const NSH_BASE_LENGTH = 8;
/** The following protocol (RFC 8300 section 2.2; VXLAN-GPE has the same numbers). */
export const NextProtocol = { Ipv4: 1, Ipv6: 2, Ethernet: 3, Nsh: 4, Mpls: 5 } as const;

export class NshHeader {
  version = 0;
  /** 1: a management message. */
  oam = 0;
  unassigned = 0;
  ttl = 63;
  /** Bytes in all: 8 to 252, a multiple of 4. */
  length = NSH_BASE_LENGTH;
  unassigned2 = 0;
  metadataType = 2;
  nextProtocol = 0;
  servicePath = 0;
  serviceIndex = 0;
}

/** @returns the header's length, metadata included; SHORT; BAD for another version, or a length below 8. */
export function parseNsh(b: Uint8Array, o: number, end: number, h: NshHeader): number {
  if (end - o < NSH_BASE_LENGTH) return SHORT;
  const first = u16(b, o);
  h.version = first >>> 14;
  h.oam = (first >>> 13) & 1;
  h.unassigned = (first >>> 12) & 1;
  h.ttl = (first >>> 6) & 0x3f;
  h.length = (first & 0x3f) << 2;
  if (h.version !== 0 || h.length < NSH_BASE_LENGTH) return BAD;
  if (end - o < h.length) return SHORT;
  h.unassigned2 = b[o + 2] >>> 4;
  h.metadataType = b[o + 2] & 0xf;
  h.nextProtocol = b[o + 3];
  h.servicePath = u24(b, o + 4);
  h.serviceIndex = b[o + 7];
  return h.length;
}

/**
 * Writes the first 8 bytes; the caller writes metadata behind them. @returns the header's length in bytes.
 */
export function emitNsh(h: NshHeader, b: Uint8Array, o: number): number {
  setU16(b, o, (h.oam << 13) | (h.unassigned << 12) | (h.ttl << 6) | (h.length >>> 2));
  b[o + 2] = (h.unassigned2 << 4) | h.metadataType;
  b[o + 3] = h.nextProtocol;
  setU24(b, o + 4, h.servicePath);
  b[o + 7] = h.serviceIndex;
  return h.length;
}
