import { u16, u32 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';

const HEADER = 20;
const COOKIE = 0x2112a442;
/** The two highest bits of a type are zero. */
const FIRST_BYTES = [0, 1, 2, 3];

const HOW = { is: isStun, firstBytes: FIRST_BYTES };

export const STUN: Application = { name: 'stun', tcp: HOW, udp: HOW };

/** A cookie (RFC 8489 section 5). */
function isStun({ bytes: b, start: o, end, length }: Opening): boolean {
  if (end - o < 8 || b[o] > 3 || u32(b, o + 4) !== COOKIE) return false;
  return length >= HEADER && (u16(b, o + 2) & 3) === 0;
}
