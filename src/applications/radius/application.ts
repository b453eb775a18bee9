import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { RadiusReader } from './reader.js';

const HEADER = 20;
const LONGEST = 4096;
/** Codes of access, accounting and status, and of changes that the server asks for (RFC 2865, 2866, 5176). */
const CODE_LIST = [1, 2, 3, 4, 5, 11, 12, 13, 40, 41, 42, 43, 44, 45];
const CODES: ReadonlySet<number> = new Set(CODE_LIST);
const MOST_ATTRIBUTES = 128;

export const RADIUS: Application = {
  name: 'radius',
  newReader: () => new RadiusReader(),
  udp: { ports: [1645, 1646, 1812, 1813, 3799], is: isRadius, elsewhere: addsUp, firstBytes: CODE_LIST },
};

/** A code, a length, and a first attribute that fits (RFC 2865 section 3). */
function isRadius({ bytes: b, start: o, end }: Opening): boolean {
  if (end - o < HEADER || !CODES.has(b[o])) return false;
  const says = u16(b, o + 2);
  if (says < HEADER || says > LONGEST) return false;
  return says === HEADER || end - o < HEADER + 2 || (b[o + 21] >= 2 && HEADER + b[o + 21] <= says);
}

/** The datagram's length, and attributes that make it up. */
function addsUp(m: Opening): boolean {
  const { bytes: b, start: o, end, length } = m;
  if (!isRadius(m) || u16(b, o + 2) !== length || end - o < length) return false;
  let p = o + HEADER;
  for (let i = 0; i < MOST_ATTRIBUTES && p + 2 <= end && b[p] !== 0 && b[p + 1] >= 2; i++) p += b[p + 1];
  return p === end && length > HEADER;
}
