/**
 * What Spectrum switches of Mellanox (NVIDIA) put between GRE with protocol type 0x8949 and the Ethernet frame they mirror: 22 bytes
 * of their own, whose layout is not published. SONiC sets that type for them (MirrorEntry of orchagent/mirrororch.cpp),
 * and its tests step over that many bytes.
 */
import { SHORT } from '../bytes.js';

export const MELLANOX_LENGTH = 22;

/** @returns bytes up to the mirrored frame; SHORT when they do not end before `end`. Nothing of them is read. */
export function parseMellanox(o: number, end: number): number {
  return end - o < MELLANOX_LENGTH ? SHORT : MELLANOX_LENGTH;
}

/** Writes the header as zeros. @returns bytes written. */
export function emitMellanox(b: Uint8Array, o: number): number {
  b.fill(0, o, o + MELLANOX_LENGTH);
  return MELLANOX_LENGTH;
}
