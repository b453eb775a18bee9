/** Numbers whose low byte comes first, as Microsoft's protocols have them. None of these check bounds. */

export function u16le(b: Uint8Array, o: number): number {
  return b[o] | (b[o + 1] << 8);
}

/** An unsigned 32-bit number, 0 to 4294967295. */
export function u32le(b: Uint8Array, o: number): number {
  return (b[o] | (b[o + 1] << 8) | (b[o + 2] << 16) | (b[o + 3] << 24)) >>> 0;
}

/** An unsigned 64-bit number; beyond 2^53 rounded. */
export function u64le(b: Uint8Array, o: number): number {
  return u32le(b, o + 4) * 0x1_0000_0000 + u32le(b, o);
}
