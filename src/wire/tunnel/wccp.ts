/**
 * WCCP in GRE (protocol 0x883E): in version 1 the IPv4 packet follows GRE directly, in version 2 after a
 * redirect header of four bytes (draft-wilson-wrec-wccp-v2). As in Linux (net/ipv4/gre_demux.c,
 * gre_parse_header): four more bytes, unless the first nibble is IPv4's version.
 */
import { SHORT } from '../bytes.js';

export const WCCP_REDIRECT_LENGTH = 4;

export class WccpHeader {
  /** 1 if a redirect header is present; without it the rest is 0. */
  redirect = 0;
  /** Dynamic service (0x80), alternative bucket (0x40), and reserved bits. */
  flags = 0;
  serviceId = 0;
  alternativeBucket = 0;
  primaryBucket = 0;
}

/** @returns the redirect header's length (4, or 0 without one), or SHORT. */
export function parseWccp(b: Uint8Array, o: number, end: number, h: WccpHeader): number {
  if (end - o < 1) return SHORT;
  h.redirect = b[o] >>> 4 === 4 ? 0 : 1;
  if (h.redirect === 1 && end - o < WCCP_REDIRECT_LENGTH) return SHORT;
  h.flags = h.redirect === 1 ? b[o] : 0;
  h.serviceId = h.redirect === 1 ? b[o + 1] : 0;
  h.alternativeBucket = h.redirect === 1 ? b[o + 2] : 0;
  h.primaryBucket = h.redirect === 1 ? b[o + 3] : 0;
  return h.redirect === 1 ? WCCP_REDIRECT_LENGTH : 0;
}

export function emitWccp(h: WccpHeader, b: Uint8Array, o: number): number {
  if (h.redirect === 0) return 0;
  b[o] = h.flags;
  b[o + 1] = h.serviceId;
  b[o + 2] = h.alternativeBucket;
  b[o + 3] = h.primaryBucket;
  return WCCP_REDIRECT_LENGTH;
}
