import type { Application, Opening } from '../reader.js';

const VERSION = 1;
const HEADER = 24;

/** Of one hop, of several hops, and of the links of a bundle (RFC 5881, 5883, 7130). */
export const BFD: Application = { name: 'bfd', udp: { ports: [3784, 4784, 6784], is: isBfd } };

/** RFC 5880 section 4.1. */
function isBfd({ bytes: b, start: o, end, length }: Opening): boolean {
  return b[o] >> 5 === VERSION && length >= HEADER && end - o >= 4 && b[o + 3] >= HEADER;
}
