import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';

const REQUEST = 1;
const RESPONSE = 2;
const LAST_VERSION = 2;
const HEADER = 4;
const ENTRY = 20;

/** And RIPng (RFC 2080), on the second port. */
export const RIP: Application = { name: 'rip', udp: { ports: [520, 521], is: isRip } };

/** A command, a version, and entries of 20 bytes (RFC 2453 section 4). */
function isRip({ bytes: b, start: o, end, length }: Opening): boolean {
  if (end - o < HEADER || (b[o] !== REQUEST && b[o] !== RESPONSE) || b[o + 1] > LAST_VERSION) return false;
  return u16(b, o + 2) === 0 && (length - HEADER) % ENTRY === 0;
}
