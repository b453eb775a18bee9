import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';

const MARKER = 0xff;
const HEADER = 19;
const LAST_TYPE = 5;

export const BGP: Application = { name: 'bgp', tcp: { is: isBgp, firstBytes: [MARKER] } };

/** RFC 4271 section 4.1: a marker of ones, a length, a type. */
function isBgp({ bytes: b, start: o, end }: Opening): boolean {
  if (end - o < HEADER) return false;
  for (let i = 0; i < 16; i++) if (b[o + i] !== MARKER) return false;
  return u16(b, o + 16) >= HEADER && b[o + 18] >= 1 && b[o + 18] <= LAST_TYPE;
}
