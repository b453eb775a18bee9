/**
 * E-tag (EtherType 0x893f; IEEE 802.1BR section 7): priority(3) drop-eligible(1) ingress E-CID base(12) |
 * reserved(2) group(2) E-CID base(12) | ingress E-CID extension(8) E-CID extension(8), then the next
 * EtherType.
 */
import { SHORT, setU16, u16 } from '../bytes.js';

/** Bytes from the tag to the next payload. */
export const ETAG_LENGTH = 8;

export class ETag {
  priority = 0;
  dropEligible = 0;
  ingressBase = 0;
  reserved = 0;
  group = 0;
  base = 0;
  ingressExtension = 0;
  extension = 0;
  type = 0;
}

/** @returns the tag's length (8), or SHORT. */
export function parseETag(b: Uint8Array, o: number, end: number, t: ETag): number {
  if (end - o < ETAG_LENGTH) return SHORT;
  const first = u16(b, o);
  const second = u16(b, o + 2);
  t.priority = first >>> 13;
  t.dropEligible = (first >>> 12) & 1;
  t.ingressBase = first & 0xfff;
  t.reserved = second >>> 14;
  t.group = (second >>> 12) & 3;
  t.base = second & 0xfff;
  t.ingressExtension = b[o + 4];
  t.extension = b[o + 5];
  t.type = u16(b, o + 6);
  return ETAG_LENGTH;
}

export function emitETag(t: ETag, b: Uint8Array, o: number): number {
  setU16(b, o, (t.priority << 13) | (t.dropEligible << 12) | t.ingressBase);
  setU16(b, o + 2, (t.reserved << 14) | (t.group << 12) | t.base);
  b[o + 4] = t.ingressExtension;
  b[o + 5] = t.extension;
  setU16(b, o + 6, t.type);
  return ETAG_LENGTH;
}
