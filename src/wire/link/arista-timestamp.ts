/**
 * Arista's timestamp tag (EtherType 0xd28b; Arista, Overview of Arista timestamps): subtype (2, 1 for a
 * timestamp), timescale (1), format(4) hardware(4), the time in 8 or 6 bytes as the format says, then the
 * next EtherType.
 */
import { BAD, SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

export const ARISTA_TIMESTAMP = 1;
/** 32 bits of seconds and 32 of nanoseconds, or 16 and 32. */
export const ARISTA_FORMAT_64 = 1;
export const ARISTA_FORMAT_48 = 2;

export class AristaTimestamp {
  /** 0: TAI, 1: UTC. */
  timescale = 0;
  format = ARISTA_FORMAT_64;
  /** The switch: 0 for R and R2, 1 for R3. */
  hardware = 0;
  /** Only their last 16 bits in the 48-bit format. */
  seconds = 0;
  nanoseconds = 0;
  type = 0;
}

/** @returns the tag's length (12 or 14); SHORT; BAD for an unknown subtype or format. */
export function parseAristaTimestamp(b: Uint8Array, o: number, end: number, t: AristaTimestamp): number {
  if (end - o < 4) return SHORT;
  t.timescale = b[o + 2];
  t.format = b[o + 3] >>> 4;
  t.hardware = b[o + 3] & 0xf;
  if (u16(b, o) !== ARISTA_TIMESTAMP || (t.format !== ARISTA_FORMAT_64 && t.format !== ARISTA_FORMAT_48))
    return BAD;
  const long = t.format === ARISTA_FORMAT_64;
  const length = long ? 14 : 12;
  if (end - o < length) return SHORT;
  t.seconds = long ? u32(b, o + 4) : u16(b, o + 4);
  t.nanoseconds = u32(b, o + length - 6);
  t.type = u16(b, o + length - 2);
  return length;
}

export function emitAristaTimestamp(t: AristaTimestamp, b: Uint8Array, o: number): number {
  const long = t.format === ARISTA_FORMAT_64;
  const length = long ? 14 : 12;
  setU16(b, o, ARISTA_TIMESTAMP);
  b[o + 2] = t.timescale;
  b[o + 3] = (t.format << 4) | t.hardware;
  if (long) setU32(b, o + 4, t.seconds);
  else setU16(b, o + 4, t.seconds);
  setU32(b, o + length - 6, t.nanoseconds);
  setU16(b, o + length - 2, t.type);
  return length;
}
