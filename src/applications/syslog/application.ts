import type { Application } from '../reader.js';
import { isDigit } from '../text.js';

const BEGIN = 0x3c;
const END = 0x3e;

export const SYSLOG: Application = {
  name: 'syslog',
  tcp: {
    ports: [514, 601],
    is: ({ bytes, start, end }) => isPriority(bytes, counted(bytes, start, end), end),
  },
  udp: { ports: [514], is: ({ bytes, start, end }) => isPriority(bytes, start, end) },
};

/** A priority of one to three digits in angle brackets (RFC 5424 section 6.2.1). */
function isPriority(b: Uint8Array, o: number, end: number): boolean {
  if (o + 2 >= end || b[o] !== BEGIN) return false;
  let p = o + 1;
  while (p < end && p < o + 4 && isDigit(b[p])) p++;
  return p > o + 1 && p < end && b[p] === END;
}

/** Over TCP, a length and a space may stand before it (RFC 6587 section 3.4.1). */
function counted(b: Uint8Array, o: number, end: number): number {
  let p = o;
  while (p < end && p < o + 6 && isDigit(b[p])) p++;
  return p > o && p < end && b[p] === 0x20 ? p + 1 : o;
}
