/**
 * HP's encapsulated remote mirroring (ProCurve; UDP port 7932): 12 bytes before the mirrored Ethernet frame.
 * The first eight are not known; then
 *
 *     unknown(8) priority(3) CFI(1) VLAN(12) tagged(1) unknown(7)
 */
import { SHORT, setU32, u32 } from '../bytes.js';

export const ERM_LENGTH = 12;
/** Offset of the word with the VLAN. */
const ERM_VLAN = 8;

export class ErmHeader {
  /** The three parts that are not known. */
  first = 0;
  second = 0;
  third = 0;
  priority = 0;
  cfi = 0;
  /** The VLAN the frame was in. */
  vlan = 0;
  /** 1: the frame had a tag. */
  tagged = 0;
  /** The last seven bits, not known. */
  last = 0;
}

/** @returns the header's length (12), or SHORT. */
export function parseErm(b: Uint8Array, o: number, end: number, h: ErmHeader): number {
  if (end - o < ERM_LENGTH) return SHORT;
  h.first = u32(b, o);
  h.second = u32(b, o + 4);
  const word = u32(b, o + ERM_VLAN);
  h.third = word >>> 24;
  h.priority = (word >>> 21) & 7;
  h.cfi = (word >>> 20) & 1;
  h.vlan = (word >>> 8) & 0xfff;
  h.tagged = (word >>> 7) & 1;
  h.last = word & 0x7f;
  return ERM_LENGTH;
}

export function emitErm(h: ErmHeader, b: Uint8Array, o: number): number {
  setU32(b, o, h.first);
  setU32(b, o + 4, h.second);
  const tag = (h.priority << 21) | (h.cfi << 20) | (h.vlan << 8) | (h.tagged << 7) | h.last;
  setU32(b, o + ERM_VLAN, ((h.third << 24) | tag) >>> 0);
  return ERM_LENGTH;
}
