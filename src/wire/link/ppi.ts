/**
 * PPI (CACE Technologies' Per-Packet Information, LINKTYPE_PPI), what some radios' captures have before a
 * frame: version 0 (1), flags (1), length of all of it (2), link type of the frame (4), then fields. Numbers
 * are least significant byte first.
 */
import { BAD, SHORT } from '../bytes.js';

const BASE_LENGTH = 8;
const LENGTH = 2;
const LINK_TYPE = 4;

/** The frame is behind this many bytes. @returns SHORT if the bytes end before; BAD if it is no PPI header */
export function ppiLength(b: Uint8Array, o: number, end: number): number {
  if (end - o < BASE_LENGTH) return SHORT;
  if (b[o] !== 0) return BAD;
  const length = b[o + LENGTH] | (b[o + LENGTH + 1] << 8);
  if (length < BASE_LENGTH) return BAD;
  return end - o < length ? SHORT : length;
}

/** The link type of the frame behind a header that {@link ppiLength} knows; none has more than 16 bits. */
export function ppiLinkType(b: Uint8Array, o: number): number {
  return b[o + LINK_TYPE] | (b[o + LINK_TYPE + 1] << 8);
}
