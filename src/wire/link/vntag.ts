/**
 * VN-tag (EtherType 0x8926; Cisco's port extenders): direction(1) pointer(1) destination interface(14)
 * looped(1) reserved(1) version(2) source interface(12), then the next EtherType.
 */
import { SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

/** Bytes from the tag to the next payload. */
export const VNTAG_LENGTH = 6;

export class VnTag {
  /** 1: from the bridge to the extender. */
  direction = 0;
  /** 1: the destination is a list. */
  pointer = 0;
  destination = 0;
  /** 1: the frame comes back to where it came from. */
  looped = 0;
  reserved = 0;
  version = 0;
  source = 0;
  type = 0;
}

/** @returns the tag's length (6), or SHORT. */
export function parseVnTag(b: Uint8Array, o: number, end: number, t: VnTag): number {
  if (end - o < VNTAG_LENGTH) return SHORT;
  const word = u32(b, o);
  t.direction = word >>> 31;
  t.pointer = (word >>> 30) & 1;
  t.destination = (word >>> 16) & 0x3fff;
  t.looped = (word >>> 15) & 1;
  t.reserved = (word >>> 14) & 1;
  t.version = (word >>> 12) & 3;
  t.source = word & 0xfff;
  t.type = u16(b, o + 4);
  return VNTAG_LENGTH;
}

export function emitVnTag(t: VnTag, b: Uint8Array, o: number): number {
  const high = (t.direction << 15) | (t.pointer << 14) | t.destination;
  setU32(b, o, (high << 16) | (t.looped << 15) | (t.reserved << 14) | (t.version << 12) | t.source);
  setU16(b, o + 4, t.type);
  return VNTAG_LENGTH;
}
