/**
 * What Mellanox (NVIDIA) Spectrum switches put between GRE with protocol type 0x8949 and the mirrored
 * Ethernet frame: 22 bytes whose layout is not published. SONiC sets that type for them (MirrorEntry of
 * orchagent/mirrororch.cpp), and its tests skip that many bytes.
 */
import { SHORT } from '../bytes.js';

export const MELLANOX_LENGTH = 22;

/**
 * @returns bytes up to the mirrored frame; SHORT if they do not end before `end`. Their content is not read.
 */
export function parseMellanox(o: number, end: number): number {
  return end - o < MELLANOX_LENGTH ? SHORT : MELLANOX_LENGTH;
}

/** Writes the header as zeros. @returns bytes written. */
export function emitMellanox(b: Uint8Array, o: number): number {
  b.fill(0, o, o + MELLANOX_LENGTH);
  return MELLANOX_LENGTH;
}
