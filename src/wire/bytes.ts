/**
 * Reads and writes network byte order (big endian) in a Uint8Array.
 *
 * None of these check bounds: a codec checks once that its header fits and then reads freely, so that the
 * packet path has one comparison per header and no exceptions.
 */

/** A parser's result if the bytes end before the header does. */
export const SHORT = -1;
/** A parser's result if the header is complete but cannot be what it claims to be. */
export const BAD = -2;

export function u16(b: Uint8Array, o: number): number {
  return (b[o] << 8) | b[o + 1];
}

export function u24(b: Uint8Array, o: number): number {
  return (b[o] << 16) | (b[o + 1] << 8) | b[o + 2];
}

/** An unsigned 32-bit number, 0 to 4294967295. */
export function u32(b: Uint8Array, o: number): number {
  return ((b[o] << 24) | (b[o + 1] << 16) | (b[o + 2] << 8) | b[o + 3]) >>> 0;
}

/** The same 32 bits as a signed number, which V8 stores in a field without boxing. */
export function i32(b: Uint8Array, o: number): number {
  return (b[o] << 24) | (b[o + 1] << 16) | (b[o + 2] << 8) | b[o + 3];
}

export function setU16(b: Uint8Array, o: number, v: number): void {
  b[o] = v >>> 8;
  b[o + 1] = v;
}

export function setU24(b: Uint8Array, o: number, v: number): void {
  b[o] = v >>> 16;
  b[o + 1] = v >>> 8;
  b[o + 2] = v;
}

export function setU32(b: Uint8Array, o: number, v: number): void {
  b[o] = v >>> 24;
  b[o + 1] = v >>> 16;
  b[o + 2] = v >>> 8;
  b[o + 3] = v;
}
